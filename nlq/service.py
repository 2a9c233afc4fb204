"""The pipeline, on one screen: Request -> Plan -> Statement -> Rows -> Answer.

Everything that does I/O is handed in. Safe to use from several threads.
"""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Any, Literal

from nlq.answer import Answer, with_values
from nlq.audit import NO_AUDIT, Account, Audit, Kind, keep_account
from nlq.audit.redact import redact_question
from nlq.catalog import Catalog, Dialect
from nlq.catalog.fingerprint import digest
from nlq.compilations import Compilations
from nlq.compiler import Asked, Declared, Prompts, Request, compile_query, intake
from nlq.compiler.adopt import adopt
from nlq.compiler.compile import Answered, Describe, Turns
from nlq.compiler.prompts import load_mutation_prompts
from nlq.compiler.schema_text import Samples
from nlq.compiler.untrusted import Examiner, Here, Untrusted
from nlq.compiler.values import match_values
from nlq.compiler.vote import Try
from nlq.engine.base import Cancellation, Engine, Rows, was_cancelled
from nlq.engine.change import Changed
from nlq.errors import (
    CatalogError,
    CompileError,
    EngineError,
    ModelError,
    NlqError,
    RequestError,
    SettingsError,
    StoreError,
)
from nlq.events import Event, Observer, PlanFound, PlanMade, PlanRejected, Ran, Running, ignore
from nlq.guard import Statement
from nlq.guard.lists import bind_claims
from nlq.guard.mask import HASH_KEY
from nlq.known import STATEMENTS, know
from nlq.model.base import Call, Message, Model
from nlq.mutation import Mutations, Outcome
from nlq.mutation.doer import Order
from nlq.plan import Plan, Provenance, ResultColumn, check, lookup_key
from nlq.plan.syntax import display
from nlq.policy import ANONYMOUS, OWNER, Policy, Principal
from nlq.recall import Recalled, recall, recall_plan
from nlq.sampling import SAMPLE_VALUES, choose_columns, fetch_samples
from nlq.settings import Settings
from nlq.store.paraphrases import Paraphrases
from nlq.store.plans import PlanStore

SAMPLES = 100
"""Sets of samples kept in memory, one for each principal and part of the catalog."""

TRIED_ROWS, TRIED_SECONDS = 1_000, 5.0
"""How far a draft is run to compare it with others."""


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
    ) -> None:
        """`policy` makes the policy once the catalog is known. Without a `model` nothing is compiled.

        `audit` is told of every request before its answer or its error is given. Untrusted SQL is checked
        by the `examiner`; without one, here.
        """
        self.engine = engine
        self.settings = settings
        self._make_policy = policy
        self._plans = plans
        self._paraphrases = Paraphrases(plans)
        self._prompts = prompts
        self._open_model = model
        self.audit = audit
        self._examiner = examiner or Here()
        self._model: Model | None = None
        self._asking = threading.local()
        self._lock = threading.Lock()
        self._compilations = Compilations(plans.directory.parent / "local" / "compiling" if model else None)
        self.mutations = Mutations(
            engine=engine, settings=settings, plans=plans, prompts=load_mutation_prompts,
            known=lambda: (self.catalog, self.policy), compile_=self._compile_mutation,
        )  # fmt: skip
        self.refresh()

    @property
    def catalog(self) -> Catalog:
        """The whole catalog, as it was last read."""
        return self._known.catalog

    @property
    def policy(self) -> Policy:
        """The policy, as it was last read."""
        return self._known.policy

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
    ) -> Answer:
        """The answer to a question in English; compiled if it is not known yet. `kind` is for the record.

        With a `plan`, that one answers, checked anew for what the principal may see. Raises any `NlqError`.
        """
        with self._account(kind, question, principal, params, observe) as account:
            request = intake(question, params, limit=self.settings.question_limit)
            try:
                return self._answer(request, principal, limit, account, cancellation, plan)
            except EngineError as error:
                # The plan was valid for the catalog that we knew, which may have changed since.
                if error.code != "engine.failed" or not self._refresh_if_changed():
                    raise
                return self._answer(request, principal, limit, account, cancellation, plan)

    def _answer(
        self,
        request: Request,
        principal: Principal,
        limit: int | None,
        account: Account,
        cancellation: Cancellation | None,
        given: Plan | None = None,
    ) -> Answer:
        started = time.perf_counter()
        observe, cached = _until(cancellation, account.watch), True
        plan = self._adopt_once(given, principal) if given else self._find(request, principal, observe)
        read = None
        # An evaluation is of the model: what it wrote for another question is no answer to this one.
        if plan is None and account.kind == "query":
            plan, read = self._reread(request, principal, observe) or (None, None)
        if plan is None:
            plan, cached = self._compile_once(request, principal, observe)
        planned = time.perf_counter()
        answer = self._run(
            plan, (read or request).arguments(plan.parameters), principal, limit, account, cancellation,
            cached=cached, timings={"plan": (planned - started) * 1000}, started=started,
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
        known = self._known
        scope = known.policy.scope(principal)
        try:
            request = intake(question, params, limit=self.settings.question_limit)
        except RequestError:
            return None
        found = (
            recall(request, self.engine.dialect, scope, self._plans.find_each, known.statements)
            if plan is None
            else recall_plan(plan, request, scope, known.statements)
        )
        if found is None:
            return None
        plan, statement, arguments = found
        bound, most = self._bound(statement, arguments, principal), _capped(limit, self.settings.row_limit)
        return Recalled(plan, statement, arguments, bound, self._known.identity(principal), most)

    def sql(
        self,
        sql: str,
        *,
        principal: Principal = OWNER,
        params: Mapping[str, Any] | None = None,
        limit: int | None = None,
        observe: Observer = ignore,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """The answer to SQL written by hand, through the same check and guard. `:name` takes `params`."""
        with self._account("sql", sql, principal, params, observe) as account:
            started = time.perf_counter()
            plan = self._plan_by_hand(sql, principal, dict(params or {}))
            planned = time.perf_counter()
            request = Request("query", sql, (), (), tuple(params or ()), dict(params or {}))
            return self._run(
                plan, request.arguments(plan.parameters), principal, limit, account, cancellation,
                cached=False, timings={"plan": (planned - started) * 1000}, started=started,
            )  # fmt: skip

    def check(
        self, sql: str, *, principal: Principal = OWNER, params: Mapping[str, Any] | None = None
    ) -> Plan:
        """The plan that SQL written by hand would run as. Nothing is run, nothing stored."""
        with self._account("compile", sql, principal, params, ignore) as account:
            account.plan = self._plan_by_hand(sql, principal, dict(params or {}))
            return account.plan

    def _plan_by_hand(self, sql: str, principal: Principal, named: Mapping[str, Any]) -> Plan:
        seen = self.catalog_for(principal)
        checked = self._examiner.examine(Untrusted(sql, tuple(named)), seen).checked
        scope = self.policy.scope(principal)
        plan = Plan("query", sql, seen.dialect, scope, checked.sql, checked.parameters, (), checked.depends,
                    checked.explanation, provenance=Provenance())  # fmt: skip
        return replace(plan, columns=self._describe(principal)(plan))

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
            return self.mutations.do(order, principal, account, cancellation)

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
                account.plan, cached = self._find_or_compile(request, principal, watch)
                return account.plan, cached
            with self._compilations.place(principal):
                account.plan = self._compile(
                    request, catalog, "schema", _describe_nothing, {}, principal, watch
                )
                return account.plan, False

    def adopt(self, plan: Plan, principal: Principal) -> Plan:
        """The plan's SQL as a plan of the principal's scope, checked as a draft is. It is not stored.

        Raises `plan.*`, and `policy.*` where a rule cannot be applied.
        """
        seen = self.catalog_for(principal)
        untrusted = Untrusted(plan.sql, tuple(p.name for p in plan.parameters))
        checked = self._examiner.examine(untrusted, seen).checked
        adopted = adopt(plan, checked, self.policy.scope(principal), seen.dialect)
        return replace(adopted, columns=self._describe(principal)(adopted))

    def _adopt_once(self, plan: Plan, principal: Principal) -> Plan:
        """The plan itself where the principal can run it, else adopted; kept as statements are."""
        known = self._known
        scope = known.policy.scope(principal)
        if plan.scope == scope and self._is_current(plan, principal):
            return plan
        if (adopted := known.adopted.get((plan.id, scope))) is None:
            if len(known.adopted) >= STATEMENTS:
                known.adopted.clear()
            adopted = known.adopted[plan.id, scope] = self.adopt(plan, principal)
        return adopted

    def catalog_for(self, principal: Principal) -> Catalog:
        """What the principal may know of the database."""
        return self._known.visible(principal)

    def require_current(self, plan: Plan, principal: Principal) -> None:
        """Refuse a plan that the principal cannot run now.

        Raises `store.stale` or `store.invalid`, and `policy.*` where a rule cannot be applied.
        """
        self._known.statement(plan, principal)

    def require_ready(self) -> None:
        """Look at the database: a catalog that has changed is read again.

        Raises `engine.unreachable`, `catalog.empty` where nothing is there to ask about, and
        `engine.undefended` where the database must enforce the policy and does not.
        """
        self._refresh_if_changed()
        if self._known.fingerprint:
            nothing = Statement("SELECT 1 AS ready", self.engine.dialect, (), "ready", ())
            self.engine.describe(nothing, self._known.identity(ANONYMOUS))
        if not self.catalog.relations:
            raise CatalogError(
                "catalog.empty", f"the database `{self.engine.name}` has no relation", "create a table"
            )

    def plans_for(self, principal: Principal) -> Iterator[Plan]:
        """Stored plans of the principal's scope that are valid for what it may see now."""
        scope = self.policy.scope(principal)
        for found in self._plans.all():
            if isinstance(found, Plan) and found.scope == scope and self._is_current(found, principal):
                yield found

    def plan(self, plan_id: str, principal: Principal) -> Plan:
        """A stored plan by id; one of another scope is as unknown as one that does not exist.

        Raises `request.not_found`.
        """
        for plan in self.plans_for(principal):
            if plan.id == plan_id:
                return plan
        raise RequestError("request.not_found", f"there is no plan `{plan_id}`", "`nlq plans` lists them")

    def refresh(self) -> None:
        """Read the catalog again, and forget what was derived from the old one."""
        catalog = self.engine.introspect()
        self._known = know(catalog, self._make_policy(catalog), self.settings)

    def close(self) -> None:
        """Stop the model and give back the engine's connections."""
        if self._model is not None:
            self._model.close()
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

    # find

    def _find_or_compile(
        self, request: Request, principal: Principal, observe: Observer
    ) -> tuple[Plan, bool]:
        if (plan := self._find(request, principal, observe)) is not None:
            return plan, True
        return self._compile_once(request, principal, observe)

    def _compile_once(self, request: Request, principal: Principal, observe: Observer) -> tuple[Plan, bool]:
        scope = self.policy.scope(principal)
        # Identical questions that arrive together are compiled once; the others find the plan.
        key = digest([request.question, self.engine.dialect, scope])
        with self._compilations.place(principal), self._compilations.alone(key):
            if (plan := self._find(request, principal, observe)) is not None:
                return plan, True
            self._refresh_if_changed()
            samples = self._samples_for(principal, request)
            seen, describe = self.catalog_for(principal), self._describe(principal)
            # Asked again: with another policy, the principal may be of another scope.
            scope = self.policy.scope(principal)
            plan = self._compile(request, seen, scope, describe, samples, principal, observe)
            with suppress(StoreError):
                # A directory that cannot be written costs a compilation next time, not this answer.
                self._plans.put(plan)
        return plan, False

    def _find(self, request: Request, principal: Principal, observe: Observer) -> Plan | None:
        """A stored plan that is valid and takes the request's literals.

        Raises `request.bad_parameter` where one would do but for a parameter that the caller sent: no
        other plan is compiled for the wrong value.
        """
        scope = self.policy.scope(principal)
        unfit: RequestError | None = None
        for template, lifted in request.templates():
            lookup = lookup_key("query", template, self.engine.dialect, scope)
            for found in self._plans.find(lookup):
                if not isinstance(found, Plan):
                    observe(PlanRejected(str(found.path.name), found.error.code, found.error.message))
                    continue
                if not request.is_answered_by(found, lifted):
                    continue
                try:
                    self._known.statement(found, principal)
                    request.arguments(found.parameters)
                except NlqError as error:
                    observe(PlanRejected(found.id, error.code, error.message))
                    unfit = unfit or _unfit(request, found, error)
                    continue
                observe(PlanFound(found.id))
                return found
        if unfit is not None:
            raise unfit
        return None

    def _reread(
        self, request: Request, principal: Principal, observe: Observer
    ) -> tuple[Plan, Request] | None:
        """A stored plan whose question says the same in other words, and the request in those words.

        None where several would do and differ: it is not for us to choose.
        """
        if not self.settings.paraphrases:
            return None
        scope, vocabulary = self.policy.scope(principal), self._known.vocabulary(principal)
        usable: dict[str, tuple[Plan, Request]] = {}
        for plan, read in self._paraphrases.find(request, self.engine.dialect, scope, vocabulary):
            with suppress(NlqError):
                self._known.statement(plan, principal)
                usable.setdefault(display(plan.sql, read.arguments(plan.parameters)), (plan, read))
        if len(usable) != 1:
            return None
        [(plan, read)] = usable.values()
        observe(PlanFound(plan.id))
        return plan, read

    # compile

    def _compile(
        self,
        request: Request,
        catalog: Catalog,
        scope: str,
        describe: Describe,
        samples: Samples,
        principal: Principal,
        observe: Observer,
        compile_: Callable[[Asked], Plan] = compile_query,
    ) -> Plan:
        model = self._require_model(request, principal)

        def complete(turns: Turns, *, max_tokens: int, temperature: float, seed: int) -> Answered:
            messages = tuple(Message(role, text) for role, text in turns)
            self._asking.observe = observe
            reply = model.complete(Call(messages, max_tokens, temperature, seed))
            return Answered(reply.text, reply.prompt_tokens, reply.completion_tokens, reply.seconds,
                            reply.cost_usd, reply.from_cache, reply.certainty)  # fmt: skip

        asked = Asked(
            request=request,
            catalog=catalog,
            scope=scope,
            model=model.name,
            complete=complete,
            describe=describe,
            prompts=self._prompts,
            observe=observe,
            attempts=self.settings.attempts,
            prompt_tokens=self.settings.prompt_tokens,
            samples=samples,
            matches=match_values(request.question, samples, catalog),
            examiner=self._examiner,
            find=None if describe is _describe_nothing else self._finder(request, principal),
        )
        try:
            plan = compile_(asked)
        except ModelError as error:
            raise self._unavailable(error, request, principal) from error
        observe(PlanMade(plan.id))
        return plan

    def _finder(self, request: Request, principal: Principal) -> Try:
        """Runs a plan that is not chosen yet, as the principal, to compare what drafts find."""

        def find(plan: Plan) -> Sequence[Sequence[Any]] | None:
            with suppress(NlqError):
                statement = self._known.guard(plan, principal)
                bound = self._bound(statement, request.arguments(plan.parameters), principal)
                limit_s = self.settings.statement_timeout_s or TRIED_SECONDS
                return self.engine.run(
                    statement, bound, limit=TRIED_ROWS, timeout_s=min(limit_s, TRIED_SECONDS),
                    identity=self._known.identity(principal),
                ).rows  # fmt: skip
            return None

        return find

    def _compile_mutation(
        self,
        request: Request,
        catalog: Catalog,
        scope: str,
        describe: Describe,
        principal: Principal,
        observe: Observer,
        compile_: Callable[[Asked], Plan],
    ) -> Plan:
        with self._compilations.place(principal):
            return self._compile(request, catalog, scope, describe, {}, principal, observe, compile_)

    def _require_model(self, request: Request, principal: Principal) -> Model:
        if self._open_model is None:
            raise CompileError(
                "compile.frozen",
                "this question is not compiled, and nothing is compiled here",
                self._nearest(request, principal),
            )
        with self._lock:
            if self._model is None:
                try:
                    self._model = self._open_model(self._observe_model)
                except (ModelError, SettingsError) as error:
                    raise self._unavailable(error, request, principal) from error
        return self._model

    def _observe_model(self, event: Event) -> None:
        """Tell the request that asks the model in this thread: a model outlives the one that opened it."""
        getattr(self._asking, "observe", ignore)(event)

    def _unavailable(self, error: NlqError, request: Request, principal: Principal) -> CompileError:
        return CompileError(
            "compile.unavailable",
            f"this question is not compiled yet, and {error.message}",
            _join(error.hint, self._nearest(request, principal)),
        )

    def _nearest(self, request: Request, principal: Principal) -> str | None:
        """A hint naming the questions nearest to the one asked, of those that the principal can ask now."""
        scope = self.policy.scope(principal)
        known = {p.template: p for p in self._plans.all() if isinstance(p, Plan) and p.scope == scope}
        near = difflib.get_close_matches(request.question, known, n=9, cutoff=0.3)
        # A plan that is out of date may speak of what has been hidden since.
        current = [n for n in near if self._is_current(known[n], principal)]
        if not principal.is_owner:
            # Who asked first may have other claims: what they asked for is no matter of this principal.
            current = [n for n in current if redact_question(n, known[n]) == n]
        return "known questions: " + "; ".join(f"`{n}`" for n in current[:3]) if current else None

    def _is_current(self, plan: Plan, principal: Principal) -> bool:
        with suppress(NlqError):
            self._known.statement(plan, principal)
            return plan.dialect == self.engine.dialect
        return False

    def _samples_for(self, principal: Principal, request: Request) -> Samples:
        """Values that the prompt may show, fetched through the guard as the principal."""
        mode = self.settings.sample
        if mode == "never" or self._open_model is None:
            return {}
        seen = self.catalog_for(principal)
        # Unasked, values are shown only to the owner's own model on the owner's own machine.
        trusted = mode == "auto" and principal.is_owner
        every_text = trusted and self._require_model(request, principal).is_local
        wanted = choose_columns(seen, request.question, every_text=every_text)
        who = [self.policy.scope(principal), repr(principal.id), repr(sorted(principal.claims.items()))]
        key = digest([who, [[str(r.name), c] for r, c in wanted]])
        known = self._known.samples
        if (samples := known.get(key)) is None:
            samples = fetch_samples(wanted, lambda sql, left: self._run_unplanned(sql, principal, left))
            if len(known) >= SAMPLES:
                known.clear()
            known[key] = samples
        return samples

    def _run_unplanned(self, sql: str, principal: Principal, timeout_s: float) -> Rows:
        seen = self.catalog_for(principal)
        checked = check(sql, seen)
        plan = Plan("query", sql, seen.dialect, self.policy.scope(principal), checked.sql, (), (),
                    checked.depends, checked.explanation)  # fmt: skip
        statement = self._known.statement(plan, principal)
        return self.engine.run(
            statement,
            self._bound(statement, {}, principal),
            limit=SAMPLE_VALUES,
            timeout_s=max(timeout_s, 0.1),
            identity=self._known.identity(principal),
        )

    def _refresh_if_changed(self) -> bool:
        """Read catalog and policy again, and say whether one changed: little beside a compilation."""
        known = self._known
        catalog = self.engine.introspect()
        policy = self._make_policy(catalog)
        if (catalog, policy) == (known.catalog, known.policy):
            return False
        self._known = know(catalog, policy, self.settings)
        return True

    # guard and run

    def _bound(
        self, statement: Statement, arguments: Mapping[str, Any], principal: Principal
    ) -> dict[str, Any]:
        """A value for each argument of the statement: the request's parameters, the principal's claims."""
        claims = bind_claims(statement.arguments, principal)
        return {**arguments, **claims, HASH_KEY: self.settings.hash_key}

    def _describe(self, principal: Principal) -> Describe:
        return lambda plan: self.engine.describe(
            self._known.guard(plan, principal), self._known.identity(principal)
        )

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
    ) -> Answer:
        account.plan, account.arguments = plan, arguments
        statement = self._known.statement(plan, principal)
        account.decisions = statement.decisions
        guarded = time.perf_counter()
        account.watch(Running(plan.id))
        rows = self.engine.run(
            statement,
            self._bound(statement, arguments, principal),
            limit=_capped(limit, self.settings.row_limit),
            timeout_s=self.settings.statement_timeout_s,
            cancellation=cancellation,
            identity=self._known.identity(principal),
        )
        account.rows, account.truncated = len(rows.rows), rows.truncated
        account.watch(Ran(len(rows.rows), rows.seconds))
        ended = time.perf_counter()
        timings |= {
            "guard": (guarded - started) * 1000 - timings["plan"],
            "engine": rows.seconds * 1000,
            "total": (ended - started) * 1000,
        }
        return Answer(
            columns=tuple(
                replace(c, type=p.type) if p.type != "UNKNOWN" else c
                for c, p in zip(rows.columns, plan.columns or rows.columns, strict=True)
            ),
            rows=rows.rows,
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


def _unfit(request: Request, plan: Plan, error: NlqError) -> RequestError | None:
    """The error, if it is about a parameter that the caller sent rather than a literal of the question."""
    if isinstance(error, RequestError):
        try:
            request.arguments(tuple(p for p in plan.parameters if p.name in request.names))
        except RequestError as sent:
            return sent
    return None


def _until(cancellation: Cancellation | None, observe: Observer) -> Observer:
    """The observer, which also ends a compilation between two of its steps once the caller has gone."""
    if cancellation is None:
        return observe

    def observe_or_stop(event: Event) -> None:
        if cancellation.cancelled:
            raise was_cancelled()
        observe(event)

    return observe_or_stop


def _describe_nothing(plan: Plan) -> tuple[ResultColumn, ...]:
    """The result's names, for a catalog that no engine serves."""
    import sqlglot

    names = sqlglot.parse_one(plan.sql, read=plan.dialect).named_selects  # type: ignore[attr-defined]  # a query
    return tuple(ResultColumn(name, "UNKNOWN") for name in names)


def _capped(limit: int | None, most: int) -> int:
    if limit is not None and limit < 1:
        raise RequestError("request.invalid", f"the limit cannot be `{limit}`", "use 1 or more")
    return min(limit or most, most)


def _join(*hints: str | None) -> str | None:
    return "; ".join(h for h in hints if h) or None
