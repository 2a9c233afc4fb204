"""One attack, sent as its writer would send it, and all that came back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from nlq.answer import Answer
from nlq.errors import NlqError
from nlq.policy import Principal
from nlq.service import Service

LONG_S = 3.0
"""What takes longer is asked twice before it is believed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What whoever sent it learned. `shown` is all text that reached them or a log; `rows` have no order.

    `cpu_s` is what it cost this thread, however busy the machine was.

    `refused`: nothing ran. `failed`: the database was asked and gave an error. `crashed`: a bug.
    """

    kind: Literal["refused", "failed", "answered", "crashed"]
    code: str
    shown: str
    rows: tuple[tuple[Any, ...], ...] = ()
    seconds: float = 0.0
    cpu_s: float = 0.0

    @property
    def learned(self) -> tuple[object, ...]:
        """What may not depend on anything that is hidden: the error, or the rows as a bag."""
        if self.kind == "answered":
            return ("answered", sorted(repr([_rounded(v) for v in row]) for row in self.rows))
        return (self.kind, self.code, self.shown)


def _rounded(value: Any) -> Any:
    # The order of additions may differ, and with it the last digits.
    return f"{value:.9g}" if isinstance(value, float) else value


def send_sql(service: Service, principal: Principal, sql: str) -> Outcome:
    """What comes of `sql` when the principal sends it by hand."""
    return attempt(lambda: service.sql(sql, principal=principal))


def attempt(ask: Callable[[], Answer]) -> Outcome:
    """What comes of asking. Never raises: what is no `NlqError` is an outcome too, and a bug.

    What took long is asked again, and the shorter time is told: a machine may have stalled meanwhile.
    """
    outcome = _timed(ask)
    if outcome.seconds > LONG_S:
        return replace(outcome, seconds=min(outcome.seconds, _timed(ask).seconds))
    return outcome


def _timed(ask: Callable[[], Answer]) -> Outcome:
    with _logged() as logs:
        started, cpu = time.perf_counter(), time.thread_time()
        outcome = _ended(ask)
        seconds, cpu_s = time.perf_counter() - started, time.thread_time() - cpu
    return replace(outcome, shown="\n".join([outcome.shown, *logs]), seconds=seconds, cpu_s=cpu_s)


def _ended(ask: Callable[[], Answer]) -> Outcome:
    try:
        answer = ask()
    except NlqError as error:
        kind: Literal["refused", "failed"] = "failed" if error.code.startswith("engine.") else "refused"
        return Outcome(kind, error.code, "\n".join([error.code, error.message, error.hint or ""]))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what we are looking for
        return Outcome("crashed", type(error).__name__, repr(error))
    shown = [repr(answer.columns), repr(answer.rows), answer.sql, answer.explanation,
             repr(answer.assumptions), repr(answer.decisions)]  # fmt: skip
    return Outcome("answered", "", "\n".join(shown), answer.rows)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _logged() -> Iterator[list[str]]:
    handler = _Lines()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
