"""nlq: plain English in, permission-checked SQL out; compiled once, run for ever.

    import nlq

    nlq.ask("How many orders are there?", db="duckdb:///shop.duckdb").rows

    with nlq.open("duckdb:///shop.duckdb", policy="policy.toml", principal="ana") as shop:
        shop.ask("How many orders are there?").rows

Importing this is cheap: databases, models and parsers are imported when something is opened.
"""

from __future__ import annotations

import atexit as _atexit
import os as _os
from collections.abc import Mapping as _Mapping
from pathlib import Path as _Path
from threading import Lock as _Lock
from types import TracebackType as _TracebackType
from typing import TYPE_CHECKING, Any

from nlq.errors import NlqError
from nlq.release import VERSION

if TYPE_CHECKING:
    from nlq.answer import Answer
    from nlq.build.named import Found, NamedQueries
    from nlq.catalog import Catalog
    from nlq.engine.cancellation import Cancellation
    from nlq.events import Observer
    from nlq.model import Model
    from nlq.mutations import Outcome
    from nlq.plan import Plan
    from nlq.policy import Principal
    from nlq.service import Service

__version__ = VERSION

__all__ = [
    "Answer", "Catalog", "Database", "NlqError", "Plan", "Principal", "__version__", "ask", "mutation",
    "open", "query",
]  # fmt: skip


class Database:
    """A database that can be asked, as one principal. Close it, or use `with`. Threads may share it."""

    def __init__(self, service: Service, principal: Principal) -> None:
        """`nlq.open` makes one."""
        self.principal = principal
        self._service = service
        self._named: NamedQueries | None = None

    def ask(
        self,
        question: str,
        *,
        params: _Mapping[str, Any] | None = None,
        limit: int | None = None,
        follows: str | None = None,
        observe: Observer | None = None,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """The answer to a question in English; compiled if it is not known yet.

        What `follows` another question becomes one that stands alone: `question` of the answer.
        `observe` is told what happens meanwhile; `cancellation` lets another thread stop it.
        Raises `NlqError`.
        """
        from nlq.events import ignore

        return self._service.ask(
            question,
            principal=self.principal,
            params=params,
            limit=limit,
            observe=observe or ignore,
            cancellation=cancellation,
            follows=follows,
        )

    def sql(
        self,
        sql: str,
        *,
        params: _Mapping[str, Any] | None = None,
        limit: int | None = None,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """The answer to SQL written by hand, checked and restricted as the model's is.

        `:name` in it takes `params`. Raises `NlqError`.
        """
        return self._service.sql(
            sql, principal=self.principal, params=params, limit=limit, cancellation=cancellation
        )

    def query(self, name: str, params: _Mapping[str, Any] | None = None) -> Found:
        """What the query of that name finds, as `nlq build` built it.

        Raises `NlqError`.
        """
        return self._queries().run(name, self.principal, params or {})

    def change(
        self,
        name: str,
        params: _Mapping[str, Any] | None = None,
        *,
        preview: bool = False,
        approval: str | None = None,
        limit: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Do the instruction of that name, as `nlq build` built it; with `preview`, show what it would do.

        `approval` makes what a preview showed, `limit` is how many rows may be changed at most, and what
        has the same `key` is done once. Raises `NlqError`.
        """
        from nlq.build.named import Options

        options = Options(preview, approval, limit, key)
        return self._queries().change(name, self.principal, params or {}, options)

    def _queries(self) -> NamedQueries:
        if self._named is None:
            from nlq.build.named import NamedQueries

            self._named = NamedQueries(self._service, _Path(self._service.settings.cache_dir))
        return self._named

    def compile(self, question: str, *, params: _Mapping[str, Any] | None = None) -> Plan:
        """The plan of a question; nothing is run.

        Raises `NlqError`.
        """
        plan, _known = self._service.compile(question, principal=self.principal, params=params)
        return plan

    @property
    def catalog(self) -> Catalog:
        """What the principal may know of the database."""
        return self._service.catalog_for(self.principal)

    def close(self) -> None:
        """Stop the model and give back connections."""
        self._service.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: _TracebackType | None,
    ) -> None:
        self.close()


def open(
    db: str | None = None,
    *,
    policy: str | _Path | None = None,
    principal: Principal | _Mapping[str, Any] | str | None = None,
    model: Model | str | None = None,
    **settings: object,
) -> Database:
    """The database of that URL, else the one that `nlq.toml` here or `NLQ_DB` names.

    `principal` is a name of the policy, a mapping such as `{"id": 7, "roles": ["analyst"]}`, or a value;
    without one it is the owner where there is no policy, and nobody where there is one. `settings` are
    those of `docs/settings.md`. Raises `NlqError`.
    """
    from nlq.demo.named import find_demo
    from nlq.settings import load
    from nlq.wire import open_service

    flags = {
        **settings,
        "db": db,
        "policy": None if policy is None else str(policy),
        "model": model if isinstance(model, str) else None,
    }
    loaded = find_demo(load(_Path.cwd(), _os.environ, flags))
    service = open_service(loaded, model=None if isinstance(model, str) else model)
    try:
        return Database(service, _choose(principal, service))
    except NlqError:
        service.close()
        raise


def ask(
    question: str,
    db: str | None = None,
    *,
    params: _Mapping[str, Any] | None = None,
    limit: int | None = None,
    policy: str | _Path | None = None,
    principal: Principal | _Mapping[str, Any] | str | None = None,
    model: Model | str | None = None,
    **settings: object,
) -> Answer:
    """The answer to one question. To ask more than one, `open` the database: it is read only once then.

    Raises `NlqError`.
    """
    with open(db, policy=policy, principal=principal, model=model, **settings) as database:
        return database.ask(question, params=params, limit=limit)


def query(
    question: str, params: _Mapping[str, Any] | None = None, *, database: Database | None = None
) -> list[dict[str, Any]]:
    """The rows of a question that stands in a program, where `nlq build` finds it; each by column, nested
    where it is.

    It declares its parameters as a query file does: `{country: text?}`. Without a `database` it is asked of
    the one that `nlq.toml` here names, which is opened once. Raises `NlqError`.
    """
    from nlq.build.asked import ask_declared

    asked = database or _default()
    answer = ask_declared(asked._service, asked._queries(), asked.principal, question, params or {})
    names = [c.name for c in answer.columns]
    return [dict(zip(names, row, strict=True)) for row in answer.rows]


def mutation(
    instruction: str,
    params: _Mapping[str, Any] | None = None,
    *,
    database: Database | None = None,
    preview: bool = False,
    approval: str | None = None,
    limit: int | None = None,
    key: str | None = None,
) -> Outcome:
    """Do an instruction that stands in a program, where `nlq build` finds it, as `Database.change` does.

    It declares its parameters, and finds its database, as `query` does. Raises `NlqError`.
    """
    from nlq.build.asked import do_declared
    from nlq.build.named import Options

    asked = database or _default()
    options = Options(preview, approval, limit, key)
    return do_declared(
        asked._service, asked._queries(), asked.principal, instruction, params or {}, options
    )


_defaults: list[Database] = []
_opening = _Lock()


def _default() -> Database:
    with _opening:
        if not _defaults:
            _defaults.append(open())
            _atexit.register(_defaults[0].close)
        return _defaults[0]


def _choose(principal: Principal | _Mapping[str, Any] | str | None, service: Service) -> Principal:
    from nlq.policy import OWNER
    from nlq.policy.claims import require_claims
    from nlq.policy.load import choose_principal, parse_principal
    from nlq.policy.principal import ANONYMOUS

    match principal:
        case None:
            return OWNER if service.policy.open_to_owner else ANONYMOUS
        case str():
            return require_claims(choose_principal(principal, service.policy), service.policy)
        case _Mapping():
            return require_claims(parse_principal(principal, "principal"), service.policy)
        case _:
            return principal


def __getattr__(name: str) -> Any:
    """The types that callers name, imported when they are."""
    match name:
        case "Answer":
            from nlq.answer import Answer

            return Answer
        case "Catalog":
            from nlq.catalog import Catalog

            return Catalog
        case "Plan":
            from nlq.plan import Plan

            return Plan
        case "Principal":
            from nlq.policy import Principal

            return Principal
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
