"""What becomes known of one request while it is answered, and who is told of it in the end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from nlq.errors import NlqError
from nlq.events import Drafted, Event, Followed, Observer, ignore
from nlq.plan import Plan
from nlq.policy import Decision, Principal

Kind = Literal["query", "sql", "compile", "eval", "mutation", "undo"]


@dataclass(slots=True)
class Account:
    """One request. The service fills it in as it goes, so that it is true of a failure too.

    `text` is what was asked, whole; `ms` wall time. INVARIANT: it is handed on before a row is given out.
    """

    kind: Kind
    text: str
    principal: Principal
    scope: str
    observe: Observer = ignore
    plan: Plan | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    outcome: str = "ok"
    rows: int = 0
    truncated: bool = False
    model_calls: int = 0
    ms: float = 0.0

    def watch(self, event: Event) -> None:
        """Take note of an event, and pass it on."""
        if isinstance(event, Drafted):
            self.model_calls += 1
        elif isinstance(event, Followed):
            # From here on it is the question that is answered, and so the one that is on record.
            self.text = event.question
            self.model_calls += event.calls
        self.observe(event)


class Audit(Protocol):
    """Who keeps accounts. Safe to call from several threads."""

    @property
    def is_troubled(self) -> bool:
        """Whether an account could not be kept, so that `require_writable` has something to do."""

    @property
    def is_slow(self) -> bool:
        """Whether keeping an account waits for the disk: not for an event loop."""

    def require_writable(self) -> None:
        """Look whether an account could be kept now, before anything is done that should be in one.

        Raises `audit.unwritable` or `audit.broken`.
        """

    def record(self, account: Account) -> None:
        """Keep the account. Raises as `require_writable` does: then nothing may be given out."""

    def record_all(self, accounts: Sequence[Account]) -> None:
        """Keep all of them or none, in their order, for little more than one costs. Raises as `record`."""

    def begin(self, accounts: Sequence[Account]) -> Begun | None:
        """The same, but for the wait for the disk. None where even this would wait: nothing was done."""

    def close(self) -> None:
        """Give back what is open."""


class Begun(Protocol):
    """Accounts that are written and may be lost with the power. Nothing else is written until the end."""

    @property
    def descriptor(self) -> int:
        """The open file that `flush` flushes, for who does it otherwise."""

    def flush(self) -> OSError | None:
        """Wait for the disk, in any thread; what went wrong."""

    def end(self, error: OSError | None) -> None:
        """Count them as kept, unless there was an error. Raises as `Audit.record` does."""


class _NoAudit:
    """Keeps nothing."""

    def require_writable(self) -> None:
        """Always."""

    is_troubled = False
    is_slow = False

    def record(self, account: Account) -> None:
        """Forget it."""

    def record_all(self, accounts: Sequence[Account]) -> None:
        """Forget them."""

    def begin(self, accounts: Sequence[Account]) -> None:
        """There is nothing to wait for."""

    def close(self) -> None:
        """Nothing is open."""


NO_AUDIT: Audit = _NoAudit()


@contextmanager
def keep_account(
    audit: Audit,
    kind: Kind,
    text: str,
    principal: Principal,
    scope: str,
    arguments: Mapping[str, Any],
    observe: Observer = ignore,
) -> Iterator[Account]:
    """An account that is kept when the block ends, however it ends.

    What the block returns must be given out only afterwards. Raises `audit.*` where it cannot be kept:
    instead of the block's own error too, for that also tells its reader something.
    """
    audit.require_writable()
    account = Account(kind, text, principal, scope, observe, arguments=arguments)
    started = time.perf_counter()
    try:
        yield account
    except BaseException as error:
        account.outcome = error.code if isinstance(error, NlqError) else "internal.error"
        account.rows, account.truncated = 0, False
        raise
    finally:
        account.ms = (time.perf_counter() - started) * 1000
        audit.record(account)
