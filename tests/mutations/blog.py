"""A small blog with rules for writing, and drafts that are made into changes of it."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nlq.catalog import Catalog
from nlq.catalog.ddl import catalog_from_ddl
from nlq.defence import Names, fingerprint, identify, make_defence, write_migration
from nlq.engine import Engine, open_engine
from nlq.engine.work import Make
from nlq.engine.writing import Changed, Terms
from nlq.guard.change import guard_change
from nlq.guard.lists import bind_claims
from nlq.plan import Plan
from nlq.plan.bind_steps import bind_steps
from nlq.plan.dml import read_steps
from nlq.plan.inputs import input_schema
from nlq.plan.mutation import assigned, check_mutation
from nlq.policy import OWNER, Policy, Principal, visible
from nlq.policy.load import load_policy
from nlq.policy.rules import OPEN
from nlq.settings import Settings

BLOG = """
CREATE TYPE post_status AS ENUM ('draft', 'published', 'archived');
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, team INTEGER);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES users (id), title TEXT NOT NULL,
    status post_status NOT NULL DEFAULT 'draft', views INTEGER NOT NULL DEFAULT 0 CHECK (views >= 0),
    price DECIMAL(8, 2), secret TEXT, created_at TIMESTAMP NOT NULL
);
CREATE TABLE likes (
    user_id INTEGER NOT NULL REFERENCES users (id), post_id INTEGER NOT NULL REFERENCES posts (id),
    PRIMARY KEY (user_id, post_id)
);
CREATE TABLE tags (post_id INTEGER NOT NULL, word TEXT NOT NULL);
INSERT INTO users VALUES (1, 'Ana', 'ana@example.org', 1), (2, 'Bo', 'bo@example.org', 1), (3, 'Cy',
NULL, 2); INSERT INTO posts VALUES
    (1, 1, 'One', 'published', 5, 1.50, 'plugh', TIMESTAMP '2020-01-01 00:00:00'),
    (2, 1, 'Two', 'draft', 0, NULL, 'plugh', TIMESTAMP '2024-01-01 12:30:00.25'),
    (3, 2, 'Three', 'published', 7, 0.05, NULL, TIMESTAMP '2024-02-01 00:00:00'),
    (4, 3, 'Four', 'draft', 1, 9.99, NULL, TIMESTAMP '2024-03-01 00:00:00');
INSERT INTO likes VALUES (1, 3), (2, 1);
"""

POLICY = """
[principals.ana]
id = 1
roles = ["author"]

[principals.root]
id = 9
roles = ["admin"]

[relations.users]
read = true
update = { sql = "id = :me.id" }
create = { roles = ["admin"] }
delete = { roles = ["admin"] }

[relations.users.columns]
email = { mask = "partial", except = ["admin"] }
team = { writable = false }

[relations.posts]
read = [{ sql = "status = 'published' OR author_id = :me.id" }, { roles = ["admin"] }]
create = [{ sql = "author_id = :me.id" }, { roles = ["admin"] }]
update = [{ sql = "author_id = :me.id" }, { roles = ["admin"] }]
delete = [{ sql = "author_id = :me.id AND status = 'draft'" }, { roles = ["admin"] }]

[relations.posts.columns]
secret = "hidden"
views = { writable = false }

[relations.likes]
read = true
create = { sql = "user_id = :me.id" }
delete = { sql = "user_id = :me.id" }

[relations.tags]
read = true
create = true
"""

ANA = Principal(1, frozenset({"author"}))
ROOT = Principal(9, frozenset({"admin"}))
_numbers = itertools.count(1)
ROLE = f"nlq_blog{os.getpid()}"
NOW = datetime(2026, 1, 2, 3, 4, 5)
FILL = {"posts": {"author_id": "me.id"}, "likes": {"user_id": "me.id"}}


def defended_blog() -> str:
    """The blog and the migration of its policy. Roles are of the cluster: each process has its own."""
    catalog = catalog_from_ddl(BLOG.partition("INSERT INTO")[0], "postgres")
    made = make_defence(load_policy(POLICY, catalog), catalog, ROLE, writes=True)
    members = ", ".join((ROLE, *made.names.writing))
    return f"""{BLOG}
        {write_migration(made)}
        CREATE ROLE {ROLE}_login LOGIN NOINHERIT;
        GRANT {members} TO {ROLE}_login WITH INHERIT FALSE, SET TRUE;
    """


@dataclass
class Blog:
    """An engine for a blog, and its policy; `owner` reads everything.

    `names` are those of the roles of a database that enforces the policy too, `enforced` names its rules.
    """

    engine: Engine
    policy: Policy
    owner: Engine
    names: Names | None = None
    enforced: str = ""

    @classmethod
    def open(cls, url: str, **settings: Any) -> Blog:
        engine = open_engine(url, Settings(**{"threads": 1, **settings}))
        return cls(engine, load_policy(POLICY, engine.introspect()), engine)

    @classmethod
    def defended(cls, url: str) -> Blog:
        """With a Postgres database that `defended_blog` was run in."""
        engine = open_engine(url.replace("postgres@", f"{ROLE}_login@"), Settings(db_role=ROLE))
        owner = open_engine(url, Settings())
        policy = load_policy(POLICY, engine.introspect())
        return cls(engine, policy, owner, Names(ROLE), fingerprint(policy, writes=True))

    def close(self) -> None:
        self.engine.close()
        self.owner.close()

    @property
    def catalog(self) -> Catalog:
        return self.engine.introspect()

    def plan(self, draft: str, principal: Principal, instruction: str | None = None) -> Plan:
        catalog = self.catalog
        policy = OPEN if principal is OWNER else self.policy
        seen = visible(policy, principal, catalog)
        fill = {r.name: FILL[r.name.name] for r in seen if r.name.name in FILL and principal is not OWNER}
        found = check_mutation(draft, seen, instruction=instruction, fill=fill).checked
        steps, _ = bind_steps(read_steps(found.sql, seen.dialect), seen)
        inputs = input_schema(found.parameters, assigned(steps), seen)
        return Plan("mutation", draft, seen.dialect, policy.scope(principal), found.sql, found.parameters,
                    (), found.depends, found.explanation, inputs=inputs)  # fmt: skip

    def make(
        self,
        draft: str,
        principal: Principal = ANA,
        params: Mapping[str, Any] | None = None,
        instruction: str | None = None,
        **terms: Any,
    ) -> Changed:
        """Make the change that a draft says."""
        policy = OPEN if principal is OWNER else self.policy
        plan = self.plan(draft, principal, instruction)
        catalog = self.catalog
        role = self.names.reader if self.names else ""
        seen = visible(policy, principal, catalog)
        change = guard_change(plan, policy, principal, catalog, seen, db_role=role)
        arguments = {**(params or {}), **bind_claims(change.arguments, principal)}
        given = {
            "limit": 100,
            "timeout_s": 60.0,
            "now": NOW,
            "id": f"c{next(_numbers)}",
            "who": repr(principal.id),
            **terms,
        }
        identity = identify(policy, principal, self.enforced) if self.names else None
        done = self.engine.write(Make(change, arguments), Terms(**given), identity=identity)
        assert isinstance(done, Changed)
        return done

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the owner reads."""
        from nlq.guard import Statement

        if self.owner.dialect == "postgres":  # whose connections know no schema of the application
            sql = re.sub(r"FROM (\w+)", r"FROM public.\1", sql)
        statement = Statement(sql, self.engine.dialect, (), "", ())
        return list(self.owner.run(statement, {}, limit=100, timeout_s=60).rows)
