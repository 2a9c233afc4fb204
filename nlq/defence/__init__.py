"""The policy once more, as what a Postgres database enforces itself: roles, row-level security, views.

Pure: `make_defence` gives the objects, `write_migration` their SQL, `expect_facts` and `compare` say where
a database differs. `nlq.engine.postgres` reads the facts and runs requests as the reader.
"""

from nlq.defence.drift import Drift, Fact, compare, expect_facts
from nlq.defence.identity import Identity, fingerprint, identify
from nlq.defence.make import Defence, make_defence, require_enforceable
from nlq.defence.names import Names
from nlq.defence.sql import write_migration

__all__ = [
    "Defence",
    "Drift",
    "Fact",
    "Identity",
    "Names",
    "compare",
    "expect_facts",
    "fingerprint",
    "identify",
    "make_defence",
    "require_enforceable",
    "write_migration",
]
