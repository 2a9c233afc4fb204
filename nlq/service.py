"""The pipeline, on one screen: Request -> Plan -> Statement -> Rows -> Answer.

Everything that does I/O is handed in. Safe to use from several threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Literal

from nlq.answer import Answer, Typed, shape_rows, with_values
from nlq.audit import NO_AUDIT, Account, Audit, Kind, keep_account
from nlq.catalog import Catalog, Dialect
from nlq.compilations import NO_PEERS, Peers
from nlq.compiler import Declared, Prompts, Request, intake
from nlq.compiler.adopt import adopt
from nlq.compiler.follow import FollowUp
from nlq.compiler.intake import spell
from nlq.compiler.prompts import load_mutation_prompts
from nlq.compiler.untrusted import Examiner, Here, Untrusted
from nlq.compiling import Compiling
from nlq.database import Database
from nlq.engine.base import Engine
from nlq.engine.cancellation import Cancellation, was_cancelled
from nlq.engine.rows import Sink
from nlq.engine.writing import Changed
from nlq.errors import CatalogError, EngineError, RequestError
from nlq.events import Event, Observer, Ran, Running, ignore
from nlq.find import Finder
from nlq.keeping import Keeping
from nlq.known import STATEMENTS
from nlq.model.base import Model
from nlq.mutations import Mutations, Outcome
from nlq.mutations.doer import Order
from nlq.outbox import Worker, open_deliverer
from nlq.plan import Plan, Provenance
from nlq.plan.nested import Path
from nlq.plan.syntax import display
from nlq.policy import OWNER, Policy, Principal
from nlq.recall import Recalled, Recipes
from nlq.settings import Settings
from nlq.store.plans import PlanStore


class Service:
    """Answers questions about one database under one policy."""

    def __init__(
        self,
        *,
        engine: Engine,
        policy: Callable[[Catalog], Policy],
        plans: PlanStore,
        prompts: Prompts,
        settings: Settings,
        model: Callable[[Observer], Model] | None,
        audit: Audit = NO_AUDIT,
        examiner: Examiner | None = None,
        peers: Peers = NO_PEERS,
    ) -> None:
        """`policy` makes the policy once the catalog is known. Without a `model` nothing is compiled.

        `audit` is told of every request before its answer or its error is given. Untrusted SQL is checked
        by the `examiner`; without one, here. What is compiled is told to `peers`, who tell it to `hear`.
        """
        self.settings = settings
        self.audit = audit
        self._plans = plans
        self._recipes = Recipes(plans, engine.dialect, settings.question_limit)
        self._examiner = examiner or Here()
        self._database = Database(engine, policy, settings)
        self._finder = Finder(self._database, plans)
        self._compiling = Compiling(
            database=self._database, finder=self._finder, plans=plans, prompts=prompts, model=model,
            examiner=self._examiner, peers=peers,
        )  # fmt: skip
        self.hear = self._compiling.hear
        self._peers = peers
        self._keeping = Keeping(self._database, self._finder, plans, self._examiner)
        self.mutations = Mutations(
            engine=engine, settings=settings, plans=plans, prompts=load_mutation_prompts,
            known=lambda: self._database.known, compile_=self._compiling.compile_mutation,
        )  # fmt: skip
        self.outbox = Worker(self._database, open_deliverer(settings))

    @property
    def engine(self) -> Engine:
        """The database's."""
        return self._database.engine

    @property
    def catalog(self) -> Catalog:
        """The whole catalog, as it was last read."""
        return self._database.known.catalog

    @property
    def policy(self) -> Policy:
        """The policy, as it was last read."""
        return self._database.known.policy

    # doors call these

    def ask(
        self,
        question: str,
        *,
        principal: Principal = OWNER,
        params: Mapping[str, Any] | None = None,
        limit: int | None = None,
        observe: Observer = ignore,
        cancellation: Cancellation | None = None,
        kind: Literal["query", "eval"] = "query",
        plan: Plan | None = None,
        paths: tuple[Path, ...] = (),
        follows: str | None = None,
        sink: Sink | None = None,
    ) -> Answer:
        """The answer to a question in English; compiled if it is not known yet. `kind` is for the record.

        With a `plan`, that one answers, checked anew for what the principal may see, nested by `paths`.
        What `follows` another question becomes one that stands alone, and that is answered. A `sink` gets
        the rows, which the answer then is without; it may give them out once the answer is there. Raises
        any `NlqError`.
        """
        with self._account(kind, question, principal, params, observe) as account:
            if follows is not None:
                watch = _until(cancellation, account.watch)
                question, params = self._follow(question, follows, params or {}, principal, watch)
            request = intake(question, params, limit=self.settings.question_limit)
            try:
                answer = self._answer(request, principal, limit, account, cancellation, plan, paths, sink)
            except EngineError as error:
                # The plan was valid for the catalog that we knew, which may have changed since.
                if error.code != "engine.failed" or not self._database.refresh_if_changed():
                    raise
                answer = self._answer(request, principal, limit, account, cancellation, plan, paths, sink)
            if follows is None:
                return answer
            return replace(answer, question=request.question, model_calls=account.model_calls)

    def _follow(
        self,
        text: str,
        question: str,
        params: Mapping[str, Any],
        principal: Principal,
        observe: Observer,
    ) -> tuple[str, Mapping[str, Any]]:
        """The question that a follow-up becomes, and those of the parameters that it still takes."""
        limit = self.settings.question_limit
        follow_up = FollowUp(spell(text, limit=limit), spell(question, limit=limit))
        whole = self._compiling.complete(follow_up, principal, observe)
        left_out = follow_up.left_out(whole)
        return whole, {name: value for name, value in params.items() if name not in left_out}

    def _answer(
        self,
        request: Request,
        principal: Principal,
        limit: int | None,
        account: Account,
        cancellation: Cancellation | None,
        given: Plan | None = None,
        paths: tuple[Path, ...] = (),
        sink: Sink | None = None,
    ) -> Answer:
        started = time.perf_counter()
        observe, cached = _until(cancellation, account.watch), True
        plan = (
            self._adopt_once(given, principal) if given else self._finder.find(request, principal, observe)
        )
        read = None
        # An evaluation is of the model: what it wrote for another question is no answer to this one.
        if plan is None and account.kind == "query":
            plan, read = self._finder.reread(request, principal, observe) or (None, None)
        if plan is None:
            plan, cached = self._compiling.compile(request, principal, observe)
        planned = time.perf_counter()
        answer = self._run(
            plan, (read or request).arguments(plan.parameters), principal, limit, account, cancellation,
            cached=cached, timings={"plan": (planned - started) * 1000}, started=started, paths=paths,
            sink=sink,
        )  # fmt: skip
        if read is None:
            return answer
        said = f"Read as the known question `{read.question}`"
        return replace(answer, assumptions=(said, *answer.assumptions))

    def recall(
        self,
        question: str,
        principal: Principal,
        params: Mapping[str, Any],
        limit: int | None,
        plan: Plan | None = None,
    ) -> Recalled | None:
        """What `ask` would run for a known question, where all of it is in memory; None otherwise.

        Nothing is run, and no account is kept: that is for the caller to do, before anything is given out.
        """
        known = self._database.known
        recipe = self._recipes.find(question, params, known.policy.scope(principal), known.statements, plan)
        arguments = recipe.arguments(params) if recipe is not None else None
        if recipe is None or arguments is None:
            return None
        bound = self._database.bind(recipe.statement, arguments, principal)
        most = _capped(limit, self.settings.row_limit)
        return Recalled(recipe.plan, recipe.statement, arguments, bound, known.identity(principal), most)

    def sql(
        self,
        sql: str,
        *,
        principal: Principal = OWNER,
        params: Mapping[str, Any] | None = None,
        limit: int | None = None,
        observe: Observer = ignore,
        cancellation: Cancellation | None = None,
        sink: Sink | None = None,
    ) -> Answer:
        """The answer to SQL written by hand, through the same check and guard. `:name` takes `params`."""
        with self._account("sql", sql, principal, params, observe) as account:
            started = time.perf_counter()
            plan = self._plan_by_hand(sql, principal, dict(params or {}))
            planned = time.perf_counter()
            request = Request("query", sql, (), (), tuple(params or ()), dict(params or {}))
            return self._run(
                plan, request.arguments(plan.parameters), principal, limit, account, cancellation,
                cached=False, timings={"plan": (planned - started) * 1000}, started=started, sink=sink,
            )  # fmt: skip

    def check(
        self, sql: str, *, principal: Principal = OWNER, params: Mapping[str, Any] | None = None
    ) -> Plan:
        """The plan that SQL written by hand would run as. Nothing is run, nothing stored."""
        with self._account("compile", sql, principal, params, ignore) as account:
            account.plan = self._plan_by_hand(sql, principal, dict(params or {}))
            return account.plan

    def keep(
        self,
        question: str,
        sql: str,
        *,
        principal: Principal = OWNER,
        params: Mapping[str, Any] | None = None,
        seen: str | None = None,
    ) -> Plan:
        """The plan of SQL written by hand, which answers the question from now on: see `Keeping.keep`."""
        with self._account("compile", question, principal, params, ignore) as account:
            request = intake(question, params, limit=self.settings.question_limit)
            account.plan = self._keeping.keep(request, sql, principal, seen)
            return account.plan

    def _plan_by_hand(self, sql: str, principal: Principal, named: Mapping[str, Any]) -> Plan:
        seen = self.catalog_for(principal)
        checked = self._examiner.examine(Untrusted(sql, tuple(named)), seen).checked
        scope = self.policy.scope(principal)
        plan = Plan("query", sql, seen.dialect, scope, checked.sql, checked.parameters, (), checked.depends,
                    checked.explanation, provenance=Provenance())  # fmt: skip
        return replace(plan, columns=self._database.describe_as(principal)(plan))

    def do(
        self,
        order: Order,
        *,
        principal: Principal = OWNER,
        observe: Observer = ignore,
        cancellation: Cancellation | None = None,
    ) -> Outcome:
        """Change what an instruction in English says, or show what would be changed.

        Raises any `NlqError`: then nothing was changed.
        """
        with self._account("mutation", order.instruction, principal, order.params, observe) as account:
            done = self.mutations.do(order, principal, account, cancellation)
        if done.messages:
            self.outbox.wake()
        return done

    def undo(self, id: str, *, principal: Principal = OWNER) -> Changed:
        """Put back what a change changed. Raises `change.*`."""
        with self._account("undo", f"undo {id}", principal, {}, ignore) as account:
            done = self.mutations.undo(id, principal)
            account.rows = done.count
            return done

    def read_ddl(self, ddl: str, dialect: Dialect | None = None) -> Catalog:
        """The catalog that DDL of a stranger describes, in the dialect of the database where none is named.

        Raises `catalog.*`, and `plan.too_complex` where reading takes too much.
        """
        catalog = self._examiner.read_ddl(ddl, dialect or self.engine.dialect)
        if not catalog.relations:
            raise CatalogError(
                "catalog.invalid", "`schema` defines no relation", "send CREATE TABLE statements"
            )
        return catalog

    def compile(
        self,
        question: str,
        *,
        principal: Principal = OWNER,
        params: Mapping[str, Any] | None = None,
        catalog: Catalog | None = None,
        declared: tuple[Declared, ...] = (),
        examples: tuple[tuple[str, str], ...] = (),
        observe: Observer = ignore,
        cancellation: Cancellation | None = None,
    ) -> tuple[Plan, bool]:
        """The plan of a question and whether it was known; nothing is run.

        `declared` says more of its parameters, `examples` are questions with SQL to show the model. With
        `catalog`, the question is about that catalog, which no engine serves: the plan is not stored, and
        the types of its result are not known.
        """
        with self._account("compile", question, principal, params, observe) as account:
            request = intake(question, params, limit=self.settings.question_limit, declared=declared)
            request = replace(request, examples=examples)
            watch = _until(cancellation, account.watch)
            if catalog is None:
                account.plan, cached = self._compiling.find_or_compile(request, principal, watch)
                return account.plan, cached
            account.plan = self._compiling.compile_for(catalog, request, principal, watch)
            return account.plan, False

    def adopt(self, plan: Plan, principal: Principal) -> Plan:
        """The plan's SQL as a plan of the principal's scope, checked as a draft is. It is not stored.

        Raises `plan.*`, and `policy.*` where a rule cannot be applied.
        """
        seen = self.catalog_for(principal)
        untrusted = Untrusted(plan.sql, tuple(p.name for p in plan.parameters))
        checked = self._examiner.examine(untrusted, seen).checked
        adopted = adopt(plan, checked, self.policy.scope(principal), seen.dialect)
        return replace(adopted, columns=self._database.describe_as(principal)(adopted))

    def _adopt_once(self, plan: Plan, principal: Principal) -> Plan:
        """The plan itself where the principal can run it, else adopted; kept as statements are."""
        known = self._database.known
        scope = known.policy.scope(principal)
        if plan.scope == scope and self._finder.is_current(plan, principal):
            return plan
        if (adopted := known.adopted.get((plan.id, scope))) is None:
            if len(known.adopted) >= STATEMENTS:
                known.adopted.clear()
            adopted = known.adopted[plan.id, scope] = self.adopt(plan, principal)
        return adopted

    def catalog_for(self, principal: Principal) -> Catalog:
        """What the principal may know of the database."""
        return self._database.known.visible(principal)

    def require_current(self, plan: Plan, principal: Principal) -> None:
        """Refuse a plan that the principal cannot run now.

        Raises `store.stale` or `store.invalid`, and `policy.*` where a rule cannot be applied.
        """
        if plan.kind == "mutation":
            self.mutations.guard(plan, principal)
        else:
            self._database.known.statement(plan, principal)

    def require_ready(self) -> None:
        """Look at the database: a catalog that has changed is read again.

        Raises `engine.unreachable`, `catalog.empty` where nothing is there to ask about, and
        `engine.undefended` where the database must enforce the policy and does not.
        """
        self._database.require_ready()

    def plans_for(self, principal: Principal) -> Iterator[Plan]:
        """Stored plans of the principal's scope that are valid for what it may see now."""
        return self._finder.all_for(principal)

    def plan(self, plan_id: str, principal: Principal) -> Plan:
        """A stored plan by id; one of another scope is as unknown as one that does not exist.

        Raises `request.not_found`.
        """
        if (plan := self._finder.get(plan_id, principal)) is not None:
            return plan
        raise RequestError("request.not_found", f"there is no plan `{plan_id}`", "`nlq plans` lists them")

    def refresh(self) -> None:
        """Read the catalog again, and forget what was derived from the old one."""
        self._database.refresh()

    def close(self) -> None:
        """Stop the model and give back the engine's connections."""
        self._peers.close()
        self._compiling.close()
        self._examiner.close()
        self.engine.close()
        self.audit.close()

    def _account(
        self,
        kind: Kind,
        text: str,
        principal: Principal,
        params: Mapping[str, Any] | None,
        observe: Observer,
    ) -> AbstractContextManager[Account]:
        scope = self.policy.scope(principal)
        return keep_account(self.audit, kind, text, principal, scope, params or {}, observe)

    def _run(
        self,
        plan: Plan,
        arguments: Mapping[str, Any],
        principal: Principal,
        limit: int | None,
        account: Account,
        cancellation: Cancellation | None,
        *,
        cached: bool,
        timings: dict[str, float],
        started: float,
        paths: tuple[Path, ...] = (),
        sink: Sink | None = None,
    ) -> Answer:
        account.plan, account.arguments = plan, arguments
        statement = self._database.known.statement(plan, principal, paths)
        account.decisions = statement.decisions
        guarded = time.perf_counter()
        account.watch(Running(plan.id))
        rows = self._database.run(
            statement,
            arguments,
            principal,
            limit=_capped(limit, self.settings.row_limit),
            timeout_s=self.settings.statement_timeout_s,
            cancellation=cancellation,
            sink=sink and Typed(sink, plan),
        )
        account.rows, account.truncated = len(rows.rows) + rows.handed_on, rows.truncated
        account.watch(Ran(account.rows, rows.seconds))
        ended = time.perf_counter()
        timings |= {
            "guard": (guarded - started) * 1000 - timings["plan"],
            "engine": rows.seconds * 1000,
            "total": (ended - started) * 1000,
        }
        columns, values = shape_rows(rows, plan, statement)
        return Answer(
            columns=columns,
            rows=values,
            truncated=rows.truncated,
            sql=display(plan.sql, arguments),
            explanation=with_values(plan.explanation, arguments),
            assumptions=plan.assumptions,
            plan=plan,
            cached=cached,
            model_calls=0 if cached else plan.provenance.attempts,
            decisions=statement.decisions,
            timings=timings,
        )


def _until(cancellation: Cancellation | None, observe: Observer) -> Observer:
    """The observer, which also ends a compilation between two of its steps once the caller has gone."""
    if cancellation is None:
        return observe

    def observe_or_stop(event: Event) -> None:
        if cancellation.cancelled:
            raise was_cancelled()
        observe(event)

    return observe_or_stop


def _capped(limit: int | None, most: int) -> int:
    if limit is not None and limit < 1:
        raise RequestError("request.invalid", f"the limit cannot be `{limit}`", "use 1 or more")
    return min(limit or most, most)
