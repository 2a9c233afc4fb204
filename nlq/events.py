"""Everything that the system can report while it works, as values.

The pipeline calls an `Observer`; logger, progress display and event stream each choose
what to show. Nothing here holds a row or a value of the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanFound:
    """A compiled plan was found; no model will be called."""

    plan_id: str


@dataclass(frozen=True, slots=True)
class PlanRejected:
    """A plan file was found but may not be used; `code` and `message` say why."""

    path: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Queued:
    """The question waits while others are compiled: `ahead` of them came before it."""

    ahead: int


@dataclass(frozen=True, slots=True)
class ModelLoading:
    """The language model is being started (seconds, once a process)."""

    model: str


@dataclass(frozen=True, slots=True)
class Following:
    """The model is asked to make a follow-up a question that stands alone."""

    model: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A follow-up became a question that stands alone, for so many calls of the model."""

    question: str
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Drafting:
    """The model is asked for a draft; `attempt` counts from 1."""

    attempt: int
    model: str


@dataclass(frozen=True, slots=True)
class Drafted:
    """The model replied. `cost_usd` is 0 where unknown."""

    attempt: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    from_cache: bool
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class DraftMended:
    """A draft that did not bind was mended without the model; `what` lists the changes."""

    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftRefused:
    """A draft failed its check and goes back to the model, if attempts are left."""

    attempt: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PlanMade:
    """A draft became a plan."""

    plan_id: str


@dataclass(frozen=True, slots=True)
class Running:
    """The statement is sent to the database."""

    plan_id: str


@dataclass(frozen=True, slots=True)
class Ran:
    """The database answered."""

    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Downloading:
    """Bytes of the embedded model that are on this machine, of `total`."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class DemoFilled:
    """A relation of the demo database was filled."""

    relation: str
    rows: int


Event = (
    PlanFound
    | PlanRejected
    | Queued
    | ModelLoading
    | Following
    | Followed
    | Drafting
    | Drafted
    | DraftMended
    | DraftRefused
    | PlanMade
    | Running
    | Ran
    | Downloading
    | DemoFilled
)

Observer = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The observer that shows nothing."""
