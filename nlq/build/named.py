"""The queries that were built, by name: which of them somebody may run, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from nlq.answer import Answer
from nlq.build.inspect import Inspector
from nlq.build.lock import Locked, lock_dir, read_locks
from nlq.build.parameter import QueryParameter
from nlq.catalog import Catalog, Family
from nlq.compiler.intake import normalise
from nlq.encoding import encode
from nlq.engine.cancellation import Cancellation
from nlq.engine.rows import Sink
from nlq.errors import PlanError, PolicyError, RequestError, StoreError, did_you_mean
from nlq.events import Observer, ignore
from nlq.mutations import Outcome
from nlq.mutations.doer import Order
from nlq.plan import Plan
from nlq.policy import Policy, Principal
from nlq.recall import Recalled
from nlq.service import Service
from nlq.store import PlanStore
from nlq.store.files import parse_object

_NEVER = (0, 0)


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: rows, or where it gives one, a row or None."""

    query: Locked
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """The HTTP shape of `/queries/{name}`: `rows` and `truncated`, or `row`; nested where it is."""
        names = [c.name for c in self.answer.columns]
        rows = [{n: encode(v) for n, v in zip(names, row, strict=True)} for row in self.answer.rows]
        if self.query.cardinality == "one":
            return {"row": rows[0] if rows else None}
        return {"rows": rows, "truncated": self.answer.truncated}


@dataclass(frozen=True, slots=True)
class Options:
    """How an instruction is done: as `nlq.mutations.doer.Order` says."""

    preview: bool = False
    approval: str | None = None
    limit: int | None = None
    key: str | None = None


DEFAULTS = Options()


class NamedQueries:
    """Runs queries by name with a service; what was built meanwhile is read again."""

    def __init__(self, service: Service, cache: Path) -> None:
        """`cache` is the directory that holds `queries/` and `plans/`."""
        self._service = service
        self._cache = cache
        self._plans = PlanStore(cache)
        self._lock = Lock()
        self._stamp = _NEVER
        self._locks: dict[str, Locked] = {}
        self._known: tuple[Catalog, Policy] | None = None
        self._inspector: Inspector | None = None
        self._runnable: dict[tuple[str, str], Plan | None] = {}

    def of(self, principal: Principal) -> list[tuple[Locked, Plan]]:
        """The queries that the principal may run, sorted by name, each as its scope runs it."""
        found = []
        for query in self._current().values():
            if (plan := self._plan(query, principal)) is not None:
                found.append((query, plan))
        return found

    def run(
        self,
        name: str,
        principal: Principal,
        given: Mapping[str, Any],
        *,
        read: Callable[[Family, str], object] | None = None,
        observe: Observer = ignore,
        cancellation: Cancellation | None = None,
        flat: bool = False,
        sink: Sink | None = None,
    ) -> Found:
        """What the query of that name finds with these parameters; with `read`, they are texts to be read.

        `flat` gives rows of plain columns, whatever the query says. A `sink` gets those of one that gives
        many.

        Raises `request.not_found` also where the principal may not run it, `request.*` for parameters,
        `request.several_rows`, and all that `Service.ask` raises.
        """
        query, plan = self._require(name, principal, "query")
        answer = self._service.ask(
            query.question,
            principal=principal,
            params=complete(query, _read(plan, given, read)),
            limit=_most(query),
            observe=observe,
            cancellation=cancellation,
            plan=plan,
            paths=() if flat else query.paths,
            sink=sink if query.cardinality != "one" else None,
        )
        require_cardinality(query, len(answer.rows))
        return Found(query, answer)

    def gives_plain_rows(self, name: str) -> bool:
        """Whether that is a query of many rows, none of which holds another."""
        query = self._current().get(name)
        return query is not None and query.cardinality != "one" and not query.paths

    def changes(self, name: str, principal: Principal) -> bool:
        """Whether that is an instruction which the principal may have done; others are unknown to it."""
        query = self._current().get(name)
        return query is not None and query.kind == "mutation" and self._plan(query, principal) is not None

    def change(
        self,
        name: str,
        principal: Principal,
        given: Mapping[str, Any],
        options: Options = DEFAULTS,
        *,
        observe: Observer = ignore,
        cancellation: Cancellation | None = None,
    ) -> Outcome:
        """Do the instruction of that name with these parameters, as it was built.

        Raises as `run` does, and all that `Service.do` raises.
        """
        query, plan = self._require(name, principal, "mutation")
        order = Order(
            query.question, complete(query, given), options.preview, options.approval, options.limit,
            options.key, plan,
        )  # fmt: skip
        return self._service.do(order, principal=principal, observe=observe, cancellation=cancellation)

    def asked(self, kind: str, text: str, parameters: tuple[QueryParameter, ...]) -> Locked | None:
        """The query with these words, if it was built."""
        question = normalise(text)
        return next(
            (
                q
                for q in self._current().values()
                if (q.kind, q.question, q.parameters) == (kind, question, parameters)
            ),
            None,
        )

    def _require(self, name: str, principal: Principal, kind: str) -> tuple[Locked, Plan]:
        query = self._current().get(name)
        plan = self._plan(query, principal) if query is not None else None
        if query is None or plan is None:
            raise RequestError(
                "request.not_found",
                f"there is no query `{name[:80]}`",
                "`GET /queries` lists what you may run",
            )
        if query.kind != kind:
            says = "changes rows" if query.kind == "mutation" else "changes nothing"
            raise RequestError("request.invalid", f"`{name}` {says}", "do it by `change`, or query it")
        return query, plan

    def recall(
        self,
        name: str,
        principal: Principal,
        given: Mapping[str, Any],
        *,
        read: Callable[[Family, str], object] | None = None,
    ) -> tuple[Locked, Recalled] | None:
        """The query and what `run` would run, where all of it is in memory; None otherwise."""
        query = self._current().get(name)
        if query is None or query.kind != "query" or query.paths or not self.is_for(query, principal):
            return None
        scope = self._service.policy.scope(principal)
        plan = self._runnable_now().get((scope, name))
        if plan is None or plan.scope != scope:
            return None
        try:
            params = complete(query, _read(plan, given, read))
        except RequestError:
            return None
        found = self._service.recall(query.question, principal, params, _most(query), plan)
        return (query, found) if found is not None else None

    def _current(self) -> dict[str, Locked]:
        try:
            status = lock_dir(self._cache).stat()
            stamp = (status.st_mtime_ns, status.st_ino)
        except OSError:
            return {}
        with self._lock:
            if stamp != self._stamp:
                self._locks, _damaged = read_locks(self._cache)
                self._stamp = stamp
                self._runnable = {}
            return self._locks

    def _plan(self, query: Locked, principal: Principal) -> Plan | None:
        """The plan as the principal's scope runs it; None where the query is not for it, or not built."""
        if not self.is_for(query, principal):
            return None
        scope, runnable = self._service.policy.scope(principal), self._runnable_now()
        if (scope, query.name) not in runnable:
            runnable[scope, query.name] = self._find(query, principal, scope)
        return runnable[scope, query.name]

    def is_for(self, query: Locked, principal: Principal) -> bool:
        """Whether the query was built for this database and for a role that the principal has."""
        policy = self._service.policy
        if query.dialect != self._service.catalog.dialect:
            return False
        owner = policy.open_to_owner and principal.is_owner
        return not query.roles or owner or bool(policy.effective_roles(principal) & set(query.roles))

    def _runnable_now(self) -> dict[tuple[str, str], Plan | None]:
        """The plans that are known to fit catalog and policy as they are, by scope and name."""
        policy, catalog = self._service.policy, self._service.catalog
        with self._lock:
            # By identity: both are replaced as a whole when they change.
            if self._known is None or self._known[0] is not catalog or self._known[1] is not policy:
                self._known, self._runnable = (catalog, policy), {}
            return self._runnable

    def _inspector_now(self) -> Inspector:
        policy, catalog = self._service.policy, self._service.catalog
        with self._lock:
            known = self._inspector
            if known is None or known.catalog is not catalog or known.policy is not policy:
                known = self._inspector = Inspector(catalog, policy, self._plans.directory)
            return known

    def _find(self, query: Locked, principal: Principal, scope: str) -> Plan | None:
        if (sealed := self._sealed(query, scope)) is not None:
            return sealed
        files = dict.fromkeys((*(a.plan for a in query.access if a.plan), query.plan))
        stored = [p for f in files if isinstance(p := self._plans.get(f.split(".")[-2]), Plan)]
        for plan in [p for p in stored if p.scope == scope]:
            with suppress(PlanError, PolicyError, StoreError):
                self._require_current(plan, principal)
                return plan
        for plan in stored[-1:]:
            with suppress(PlanError, PolicyError, StoreError):
                return self._adopt(plan, principal, scope)
        return None

    def _sealed(self, query: Locked, scope: str) -> Plan | None:
        """The plan whose seal holds for a role of that scope: its SQL is not parsed before it is run."""
        views = self._inspector_now().views
        for access in query.access:
            view = views.get(access.role)
            if access.plan is None or view is None or view.scope != scope:
                continue
            with suppress(OSError, KeyError, TypeError, AttributeError, StoreError):
                content = (self._plans.directory / access.plan).read_bytes()
                raw = parse_object(content)
                if view.seal(content, raw) == access.seal:
                    return Plan.from_json(raw)
        return None

    def _require_current(self, plan: Plan, principal: Principal) -> None:
        if plan.kind == "query":
            self._service.require_current(plan, principal)
        else:
            self._service.mutations.guard(plan, principal)

    def _adopt(self, plan: Plan, principal: Principal, scope: str) -> Plan:
        if plan.kind == "query":
            return self._service.adopt(plan, principal)
        adopted = replace(plan, scope=scope)
        self._service.mutations.guard(adopted, principal)
        return adopted


def require_cardinality(query: Locked, rows: int) -> None:
    """Refuse several rows of a query that gives one.

    Raises `request.several_rows`.
    """
    if query.cardinality == "one" and rows > 1:
        raise RequestError(
            "request.several_rows",
            f"the query `{query.name}` gives one row, and found several",
            "let it ask for what is unique, or make it `:many`",
        )


def _most(query: Locked) -> int | None:
    return 2 if query.cardinality == "one" else None


def _read(
    plan: Plan, given: Mapping[str, Any], read: Callable[[Family, str], object] | None
) -> Mapping[str, Any]:
    if read is None:
        return given
    families = {p.name: p.family for p in plan.parameters}
    return {k: read(families[k], v) if k in families else v for k, v in given.items()}


def complete(query: Locked, given: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each parameter of the query: what was given, else its default, else null where it may be.

    Raises `request.unknown_parameter`, `request.missing_parameter`, `request.bad_parameter`.
    """
    known = {p.name: p for p in query.parameters}
    for name in given:
        if name not in known:
            takes = ", ".join(f"`{n}`" for n in known)
            raise RequestError(
                "request.unknown_parameter",
                f"the query `{query.name}` has no parameter `{name[:80]}`",
                did_you_mean(name, known) or (f"it takes {takes}" if known else "it takes none"),
            )
    complete = {}
    for name, parameter in known.items():
        if name not in given:
            if parameter.required:
                raise RequestError(
                    "request.missing_parameter", f"the parameter `{name}` has no value", f"send `{name}`"
                )
            complete[name] = parameter.default
        elif given[name] is None and not parameter.optional:
            raise RequestError(
                "request.bad_parameter",
                f"the parameter `{name}` cannot be null",
                "send a value, or leave it out",
            )
        else:
            complete[name] = given[name]
    return complete
