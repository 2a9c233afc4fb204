"""A model that is hostile, and the services that it writes drafts for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlq.catalog import Dialect
from nlq.engine import Engine, Rows
from nlq.guard import Statement
from nlq.model import Call, Reply
from nlq.policy import Principal
from nlq.service import Service

TIMEOUT_S = 0.2

QUICK = os.environ.get("NLQ_ATTACKS") != "all"
"""Unless all is wanted (`make attacks`), what is meant for several engines is sent to one in turn."""


@dataclass(slots=True)
class Hostile:
    """A model that answers whatever it is asked with `draft`, and keeps what it was shown."""

    draft: str = ""
    prompts: list[str] = field(default_factory=list)
    name: str = "hostile"
    is_local: bool = True

    def complete(self, call: Call) -> Reply:
        self.prompts.append("\n".join(m.content for m in call.messages))
        return Reply(self.draft, 100, 20, 0.1)

    def close(self) -> None:
        pass


@dataclass(slots=True)
class Overheard:
    """An engine of which is known what it was given to run last."""

    engine: Engine
    last: tuple[Statement, Mapping[str, Any], dict[str, Any]] | None = None

    def run(self, statement: Statement, arguments: Mapping[str, Any], **how: Any) -> Rows:
        self.last = (statement, arguments, how)
        return self.engine.run(statement, arguments, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@dataclass(frozen=True, slots=True)
class Worlds:
    """One engine: the world with canaries, its twin without, and a model that is hostile."""

    dialect: Dialect
    world: Service
    overheard: Overheard
    twin: Engine
    model: Hostile
    mallory: Principal
    file: Path
