"""A query to its plans: one SQL, checked for each role that it is for; the model only where it must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nlq.build.examples import Example, nearest
from nlq.build.inspect import Inspected, Inspector
from nlq.build.lock import EFFECTS, Access, Locked, Pin
from nlq.build.nested import paths_of
from nlq.build.place import BuildError
from nlq.build.roles import Audience
from nlq.build.source import Query
from nlq.compiler import Declared
from nlq.compiler.declared import declare_types
from nlq.engine.cancellation import Cancellation
from nlq.errors import CompileError, EngineError, NlqError, StoreError
from nlq.events import Observer, ignore
from nlq.plan import HAND, Plan
from nlq.plan.nested import Path as ResultPath
from nlq.policy import Decision, decide_columns, decide_read
from nlq.service import Service
from nlq.store import PlanStore
from nlq.store.files import read_object

_NO_MODEL = ("compile.unavailable", "compile.frozen", "compile.busy")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A query with its plans, by the role that each is for, and who may not read what it reads.

    `base` is the plan that the others were adopted from; `known` where no model was called for it.
    `paths` say how its result is nested.
    """

    query: Query
    base: Plan
    plans: tuple[tuple[Audience, Plan], ...]
    denied: tuple[tuple[Audience, NlqError], ...]
    known: bool
    paths: tuple[ResultPath, ...] = ()


class Resolver:
    """Resolves queries with a service, and the plans in its cache."""

    def __init__(self, service: Service, inspector: Inspector, plans: PlanStore) -> None:
        self.inspector = inspector
        self._service = service
        self._plans = plans

    def example(self, locked: Locked) -> Example | None:
        """What others may learn from it; None where no person approves of its SQL."""
        plans = {}
        for access in locked.access:
            with suppress(StoreError, OSError):
                plans[access.role] = Plan.from_json(
                    read_object(self._plans.directory / (access.plan or ""))
                )
        kept = [p for p in plans.values() if p.kind == "query" and is_kept(locked, p)]
        return Example(locked.question, plans) if kept else None

    def stored(self, locked: Locked) -> Plan | None:
        """The plan that was built, if its file is whole: as a person left it, where one edited it.

        One that was edited is taken before the others, whatever role it is for.
        """
        whole: Plan | None = None
        for file in dict.fromkeys((locked.plan, *(a.plan for a in locked.access if a.plan))):
            with suppress(StoreError, OSError):
                raw = read_object(self._plans.directory / file)
                try:
                    found = Plan.from_json(raw)
                except StoreError:
                    return _edited(raw)
                whole = whole or found
        return whole

    def is_plan(self, file: str) -> bool:
        """Whether that file of a plan is one, perhaps edited."""
        with suppress(StoreError, OSError):
            raw = read_object(self._plans.directory / file)
            try:
                Plan.from_json(raw)
            except StoreError:
                _edited(raw)
            return True
        return False

    def verify(self, inspected: Inspected) -> Resolved | None:
        """The query by the SQL that it has, without the model; None where that does not do any more.

        Raises `build.pinned` where it does not, and a person wants it to stay; `build.denied`, and
        `build.nested`.
        """
        locked = inspected.locked
        base = self.stored(locked) if locked else None
        if locked is None or base is None:
            return None
        resolved = self._spread(inspected.query, base, inspected.audiences, known=True)
        if trouble := self._trouble(resolved):
            if is_kept(locked, base):
                raise _kept(inspected.query, base, trouble)
            return None
        return resolved

    def compile(
        self,
        inspected: Inspected,
        observe: Observer = ignore,
        cancellation: Cancellation | None = None,
        examples: Sequence[Example] = (),
    ) -> Resolved:
        """The query by a plan that is found or compiled; the model is shown the nearest of `examples`.

        Raises `build.denied` where a role that the query names may not read what every draft reads, and
        all that `Service.compile` raises.
        """
        turn = self._in_turn(inspected.query, inspected.audiences)
        try:
            return self._compile_for(turn[0], inspected, observe, cancellation, examples)
        except (BuildError, CompileError) as error:
            if len(turn) == 1 or not inspected.query.roles or error.code in _NO_MODEL:
                raise
            # Perhaps the one who sees the least sees too little: what another would read says of what.
            try:
                return self._compile_for(turn[-1], inspected, observe, cancellation, examples)
            except CompileError:
                raise error from None

    def _compile_for(
        self,
        audience: Audience,
        inspected: Inspected,
        observe: Observer,
        cancellation: Cancellation | None,
        examples: Sequence[Example],
    ) -> Resolved:
        query = inspected.query
        declared = tuple(Declared(p.name, p.family, p.optional) for p in query.parameters)
        params = {p.name: p.default for p in query.parameters}
        if query.kind == "mutation":
            request = self._service.mutations.read(query.question, params, audience.principal)
            plan, known = self._service.mutations.find_or_compile(request, audience.principal, observe)
            declare_types(plan.parameters, declared, plan.dialect)
        else:
            plan, known = self._service.compile(
                query.question,
                principal=audience.principal,
                params=params,
                declared=declared,
                examples=nearest(query.question, audience.role, examples),
                observe=observe,
                cancellation=cancellation,
            )
        resolved = self._spread(query, plan, inspected.audiences, known=known)
        if (trouble := self._trouble(resolved)) is None:
            return resolved
        if not known:
            self._plans.remove(plan)
        raise trouble

    def adopt(self, plan: Plan, audience: Audience) -> Plan:
        """What the plan says, as a plan of the role's scope, checked for it.

        Raises `plan.*`, `policy.*`, `store.stale` for a mutation of which something changed.
        """
        if plan.kind == "query":
            return self._service.adopt(plan, audience.principal)
        adopted = replace(plan, scope=self.inspector.view(audience.role).scope)
        self._service.mutations.guard(adopted, audience.principal)
        return adopted

    def lock(self, resolved: Resolved, pinned: Pin | None) -> Locked:
        """The lockfile's content, once the plans are stored."""
        query = resolved.query
        base = self._plans.path(resolved.base)
        access = []
        for audience, plan in resolved.plans:
            effects, reasons = self._effects(plan, audience)
            access.append(Access(audience.role, effects, reasons, self._plans.path(plan).name,
                                 self._seal(self._plans.path(plan), audience)))  # fmt: skip
        for audience, _ in resolved.denied:
            reason = f"may not read {', '.join(self._unseen(resolved.base, audience)) or 'it so'}"
            access.append(Access(audience.role, ("denied",), (reason,), None, self._seal(base, audience)))
        return Locked(
            name=query.name,
            kind=query.kind,
            cardinality=query.cardinality,
            question=query.question,
            parameters=query.parameters,
            notes=query.notes,
            roles=query.roles,
            source=query.place.file,
            dialect=resolved.base.dialect,
            plan=base.name,
            access=tuple(sorted(access, key=lambda a: a.role)),
            pinned=pinned,
            nested=query.nested,
            paths=resolved.paths,
        )

    def _seal(self, path: Path, audience: Audience) -> str:
        return self.inspector.view(audience.role).seal(path.read_bytes(), read_object(path))

    def _spread(self, query: Query, base: Plan, whom: Sequence[Audience], *, known: bool) -> Resolved:
        plans: list[tuple[Audience, Plan]] = []
        denied: list[tuple[Audience, NlqError]] = []
        made: dict[str, Plan | NlqError] = {}
        for audience in whom:
            scope = self.inspector.view(audience.role).scope
            if (found := made.get(scope)) is None:
                try:
                    found = self.adopt(base, audience)
                except EngineError:
                    raise
                except NlqError as error:
                    found = error
                made[scope] = found
            if isinstance(found, Plan):
                plans.append((audience, found))
            else:
                denied.append((audience, found))
        # Of plans with the same SQL, always the same one names the others: files then change for a reason.
        by_role = {audience.role: plan for audience, plan in plans}
        turn = [by_role[a.role] for a in self._in_turn(query, whom) if a.role in by_role]
        first = turn[0] if turn else base
        paths = paths_of(query, first, self.inspector.catalog)
        return Resolved(query, first, tuple(plans), tuple(denied), known, paths)

    def _trouble(self, resolved: Resolved) -> BuildError | None:
        """Why the plans will not do: somebody is left out who should not be."""
        query = resolved.query
        needed = resolved.denied if query.roles else resolved.denied[:0]
        if not query.roles:
            everyone = [a for a, _ in (*resolved.plans, *resolved.denied)]
            most = self._in_turn(query, everyone)[0]
            needed = tuple(d for d in resolved.denied if d[0] == most)
        for audience, error in needed:
            unseen = self._unseen(resolved.base, audience)
            if unseen and query.roles:
                return BuildError(
                    "build.denied",
                    f"`{query.name}` is for `{audience.role}`, who may not read {', '.join(unseen)}",
                    "change its roles, its words or the policy",
                    query.place,
                )
            return BuildError("build.failed", error.message, error.hint, query.place)
        return None

    def _in_turn(self, query: Query, whom: Sequence[Audience]) -> list[Audience]:
        """Whom to compile for: what is for named roles has to do for the one that sees the least."""

        def sees(audience: Audience) -> int:
            return sum(len(r.columns) for r in self.inspector.view(audience.role).seen)

        return sorted(whom, key=sees, reverse=not query.roles)

    def _unseen(self, plan: Plan, audience: Audience) -> list[str]:
        """What the plan reads and the role may not see, in words for those who keep the policy."""
        seen = self.inspector.view(audience.role).seen
        found = []
        for dependency in plan.depends:
            relation = seen.relation(dependency.relation)
            if relation is None:
                found.append(f"`{dependency.relation.name}`")
                continue
            have = {c.name for c in relation.columns}
            found += [f"`{dependency.relation.name}.{c}`" for c, _ in dependency.columns if c not in have]
        return found

    def _effects(self, plan: Plan, audience: Audience) -> tuple[tuple, tuple[str, ...]]:  # type: ignore[type-arg]
        decisions = sorted(
            (d for d in self._decisions(plan, audience) if d.effect != "allowed"),
            key=lambda d: (d.relation, d.column or ""),
        )
        effects = {d.effect for d in decisions} or {"allowed"}
        return (
            tuple(e for e in EFFECTS if e in effects),
            tuple(f"{d.relation.name}: {d.reason}" for d in decisions),
        )

    def _decisions(self, plan: Plan, audience: Audience) -> Iterator[Decision]:
        if plan.kind == "mutation":
            yield from self._service.mutations.guard(plan, audience.principal).decisions
            return
        policy, catalog = self.inspector.policy, self.inspector.catalog
        for dependency in plan.depends:
            yield decide_read(policy, audience.principal, dependency.relation).decision
            read = {column for column, _ in dependency.columns}
            if relation := catalog.relation(dependency.relation):
                decided = decide_columns(policy, audience.principal, relation)
                yield from (d for d in decided if d.column in read)


def _edited(raw: Mapping[str, Any]) -> Plan:
    """The plan of a file whose SQL a person wrote; the steps of a mutation say more than their text."""
    plan = Plan.from_edited(raw)
    if plan.kind == "mutation":
        raise StoreError(
            "store.invalid", "a mutation cannot be edited in its plan", "say it in other words"
        )
    return plan


def is_kept(locked: Locked, base: Plan) -> bool:
    """Whether a person wants the SQL to stay: it is pinned, or written by hand."""
    return locked.pinned is not None or base.provenance.model == HAND


def _kept(query: Query, base: Plan, trouble: BuildError) -> BuildError:
    whose = "written by hand" if base.provenance.model == HAND else "pinned"
    return BuildError(
        "build.pinned",
        f"the SQL of `{query.name}` is {whose} and does not do: {trouble.what}",
        f"correct it in its plan, or let it go: `nlq build --recompile {query.name}`",
        query.place,
    )
