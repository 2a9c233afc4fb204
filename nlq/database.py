"""A database with its catalog and policy as they are now; statements are run on it as somebody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nlq.catalog import Catalog, Dialect
from nlq.compiler.compile import Describe
from nlq.described import describe_columns
from nlq.engine.base import Engine
from nlq.engine.cancellation import Cancellation
from nlq.engine.rows import Rows, Sink
from nlq.errors import CatalogError
from nlq.guard import Statement
from nlq.guard.lists import bind_claims
from nlq.guard.mask import HASH_KEY
from nlq.known import Known, know
from nlq.policy import ANONYMOUS, Policy, Principal
from nlq.settings import Settings


class Database:
    """An engine, and what is known of it at this moment. Safe to use from several threads."""

    def __init__(self, engine: Engine, policy: Callable[[Catalog], Policy], settings: Settings) -> None:
        """`policy` makes the policy once the catalog is known. Raises as `refresh` does."""
        self.engine = engine
        self.settings = settings
        self._make_policy = policy
        self.on_change: Callable[[], object] = lambda: None
        self.refresh()

    @property
    def known(self) -> Known:
        """Catalog, policy and what was derived from them: all of one moment, so ask once and keep it."""
        return self._known

    @property
    def dialect(self) -> Dialect:
        """The SQL that the engine speaks."""
        return self.engine.dialect

    def refresh(self) -> None:
        """Read catalog and policy again, and forget what was derived from the old ones.

        Raises `engine.*`, `policy.*` and `settings.invalid`.
        """
        catalog = self._introspect()
        self._known = know(catalog, self._make_policy(catalog), self.settings)

    def _introspect(self) -> Catalog:
        return describe_columns(self.engine.introspect(), self.settings.descriptions)

    def refresh_if_changed(self, *, tell: bool = True) -> bool:
        """Read catalog and policy again, and say whether one changed: little beside a compilation.

        Whoever is to hear of changes is told, unless they said so themselves.
        """
        known = self._known
        catalog = self._introspect()
        policy = self._make_policy(catalog)
        if (catalog, policy) == (known.catalog, known.policy):
            return False
        self._known = know(catalog, policy, self.settings)
        if tell:
            self.on_change()
        return True

    def require_ready(self) -> None:
        """Look at the database: a catalog that has changed is read again.

        Raises `engine.unreachable`, `catalog.empty` where nothing is there to ask about, and
        `engine.undefended` where the database must enforce the policy and does not.
        """
        self.refresh_if_changed()
        if self._known.fingerprint:
            nothing = Statement("SELECT 1 AS ready", self.dialect, (), "ready", ())
            self.engine.describe(nothing, self._known.identity(ANONYMOUS))
        if not self._known.catalog.relations:
            raise CatalogError(
                "catalog.empty", f"the database `{self.engine.name}` has no relation", "create a table"
            )

    def bind(
        self, statement: Statement, arguments: Mapping[str, Any], principal: Principal
    ) -> dict[str, Any]:
        """A value for each argument of the statement: the request's parameters, the principal's claims."""
        claims = bind_claims(statement.arguments, principal)
        return {**arguments, **claims, HASH_KEY: self.settings.hash_key}

    def describe_as(self, principal: Principal) -> Describe:
        """Tells the columns of a plan's result, as the principal would run it."""
        return lambda plan: self.engine.describe(
            self._known.guard(plan, principal), self._known.identity(principal)
        )

    def run(
        self,
        statement: Statement,
        arguments: Mapping[str, Any],
        principal: Principal,
        *,
        limit: int,
        timeout_s: float,
        cancellation: Cancellation | None = None,
        sink: Sink | None = None,
    ) -> Rows:
        """At most `limit` rows of the statement, within `timeout_s`, for the `sink` if any.

        Raises `engine.*`.
        """
        return self.engine.run(
            statement,
            self.bind(statement, arguments, principal),
            limit=limit,
            timeout_s=timeout_s,
            cancellation=cancellation,
            identity=self._known.identity(principal),
            sink=sink,
        )
