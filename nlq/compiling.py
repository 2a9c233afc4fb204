"""What a plan is compiled with: a model, values it may be shown, a place among those who compile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from nlq.catalog import Catalog
from nlq.catalog.fingerprint import digest
from nlq.compilations import Compilations, Peers
from nlq.compiler import Asked, Prompts, Request, compile_query
from nlq.compiler.compile import Answered, Complete, Describe, Turns, nothing_to_see
from nlq.compiler.follow import FollowUp, complete_question, rewrite
from nlq.compiler.prompts import load_follow_prompts
from nlq.compiler.readings import AmbiguousError
from nlq.compiler.schema_text import Samples
from nlq.compiler.untrusted import Examiner
from nlq.compiler.values import match_values
from nlq.compiler.vote import Try
from nlq.database import Database
from nlq.engine.rows import Rows
from nlq.errors import CompileError, ModelError, NlqError, SettingsError, StoreError
from nlq.events import Event, Followed, Following, Observer, PlanMade, ignore
from nlq.find import Finder
from nlq.guard import Statement
from nlq.guard.lists import AS_JSON, CLAIM
from nlq.model.base import Call, Message, Model
from nlq.plan import HAND, Plan, ResultColumn, check
from nlq.policy import Principal
from nlq.sampling import SAMPLE_VALUES, choose_columns, fetch_samples, select_values, tells_of
from nlq.store.plans import PlanStore

SAMPLES = 100
"""Sets of samples kept in memory, one for each principal and part of the catalog."""

KEPT_MISFITS = "The SQL that a person kept for this question does not fit this database: see `nlq plans`"

_LOG = logging.getLogger("nlq.compiling")

TRIED_ROWS, TRIED_SECONDS = 1_000, 5.0
"""How far a draft is run to compare it with others."""


class Compiling:
    """Has plans compiled by a model that is opened when it is first needed."""

    def __init__(
        self,
        *,
        database: Database,
        finder: Finder,
        plans: PlanStore,
        prompts: Prompts,
        model: Callable[[Observer], Model] | None,
        examiner: Examiner,
        peers: Peers,
    ) -> None:
        """Without a `model` nothing is compiled. What is compiled goes into `plans`, and to `peers`."""
        self._database = database
        self._finder = finder
        self._plans = plans
        self._prompts = prompts
        self._open_model = model
        self._examiner = examiner
        self._model: Model | None = None
        self._asking = threading.local()
        self._lock = threading.Lock()
        self._peers = peers
        directory = plans.directory.parent / "local" / "compiling" if model else None
        self._compilations = Compilations(directory, peers)
        database.on_change = lambda: peers.tell({"changed": True})

    def find_or_compile(
        self, request: Request, principal: Principal, observe: Observer
    ) -> tuple[Plan, bool]:
        """The plan of a question, and whether it was known. Raises `compile.*` and `request.*`."""
        if (plan := self._finder.find(request, principal, observe)) is not None:
            return plan, True
        return self.compile(request, principal, observe)

    def compile(self, request: Request, principal: Principal, observe: Observer) -> tuple[Plan, bool]:
        """The plan of a question that is not known, and whether somebody else has just compiled it."""
        scope = self._database.known.policy.scope(principal)
        # Identical questions that arrive together are compiled once; the others find the plan.
        key = digest([request.question, self._database.dialect, scope])
        with self._compilations.place(principal, observe) as watch, self._compilations.alone(key):
            self._plans.look_again()
            if (plan := self._finder.find(request, principal, watch)) is not None:
                return plan, True
            self._database.refresh_if_changed()
            samples = self._samples_for(principal, request)
            # Asked again: with another policy, the principal may be of another scope.
            known = self._database.known
            try:
                plan = self._compile(
                    request, known.visible(principal), known.policy.scope(principal),
                    self._database.describe_as(principal), principal, watch,
                    samples=samples, find=self._try_as(principal, request),
                )  # fmt: skip
            except AmbiguousError as error:
                # Whoever chooses a reading asks its question next.
                for reading in error.plans:
                    self._share(reading, request, samples, principal)
                raise
            if any(p.provenance.model == HAND for p in self._finder.looked_at(request, principal)):
                plan = replace(plan, assumptions=(*plan.assumptions, KEPT_MISFITS))
            self._share(plan, request, samples, principal)
        return plan, False

    def _share(self, plan: Plan, request: Request, samples: Samples, principal: Principal) -> None:
        """Store the plan for all of the principal's scope, unless it tells them of the principal's rows."""
        if not tells_of(plan, request.question, self._own(samples, principal)):
            self._store(plan)

    def _store(self, plan: Plan) -> None:
        # A directory that cannot be written costs a compilation next time, not this answer.
        try:
            self._plans.put(plan)
        except StoreError as error:
            _LOG.warning("a plan cannot be kept, and is compiled again each time: %s", error.hint)
        self._peers.tell({"plan": plan.to_json()})

    def hear(self, message: Mapping[str, Any]) -> None:
        """What is told: a plan that another server compiled, one that was removed, that something changed.

        A plan is checked as any other, each time that it is used. A server that is frozen takes none.
        """
        try:
            if "plan" in message and self._open_model is not None:
                self._plans.put(Plan.from_json(message["plan"]))
            elif "removed" in message:
                plan = self._plans.get(str(message["removed"]))
                if isinstance(plan, Plan):
                    self._plans.remove(plan)
            elif "changed" in message:
                self._database.refresh_if_changed(tell=False)
        except NlqError as error:
            _LOG.warning("what another server told cannot be used: %s", error.code)

    def complete(self, follow_up: FollowUp, principal: Principal, observe: Observer) -> str:
        """The follow-up as a question that stands alone. Raises `compile.*`."""
        self._require_reader(principal)
        if (question := rewrite(follow_up)) is not None:
            observe(Followed(question))
            return question
        if self._open_model is None:
            raise CompileError(
                "compile.frozen",
                "a follow-up becomes a question by the model, and none is called here",
                "ask the whole question",
            )
        request = Request("query", follow_up.text, (), (), (), {})
        with self._compilations.place(principal, observe) as watch:
            model = self._require_model(request, principal)
            watch(Following(model.name))
            try:
                question, replies = complete_question(
                    follow_up, load_follow_prompts(), self._completion(model, watch)
                )
            except ModelError as error:
                raise self._unavailable(error, request, principal) from error
        observe(
            Followed(
                question, len(replies), sum(r.prompt_tokens for r in replies),
                sum(r.completion_tokens for r in replies), sum(r.seconds for r in replies),
                sum(r.cost_usd for r in replies),
            )
        )  # fmt: skip
        return question

    def _require_reader(self, principal: Principal) -> None:
        """Refuse who may read nothing here: the model works for those who may.

        Raises `compile.refused`.
        """
        if not (principal.is_owner or self._database.known.visible(principal).relations):
            raise nothing_to_see()

    def compile_for(
        self, catalog: Catalog, request: Request, principal: Principal, observe: Observer
    ) -> Plan:
        """The plan of a question about a catalog that no engine serves. It is not stored."""
        self._require_reader(principal)
        with self._compilations.place(principal, observe) as watch:
            return self._compile(request, catalog, "schema", _describe_nothing, principal, watch)

    def compile_mutation(
        self,
        request: Request,
        catalog: Catalog,
        scope: str,
        describe: Describe,
        principal: Principal,
        observe: Observer,
        compile_: Callable[[Asked], Plan],
    ) -> Plan:
        """The plan of an instruction, which `compile_` makes of what is asked. It is not stored."""
        with self._compilations.place(principal, observe) as watch:
            find = self._try_as(principal, request)
            return self._compile(
                request, catalog, scope, describe, principal, watch, find=find, compile_=compile_
            )

    def close(self) -> None:
        """Stop the model."""
        if self._model is not None:
            self._model.close()

    def _compile(
        self,
        request: Request,
        catalog: Catalog,
        scope: str,
        describe: Describe,
        principal: Principal,
        observe: Observer,
        *,
        samples: Samples | None = None,
        find: Try | None = None,
        compile_: Callable[[Asked], Plan] = compile_query,
    ) -> Plan:
        model = self._require_model(request, principal)
        samples = samples or {}
        asked = Asked(
            request=request,
            catalog=catalog,
            scope=scope,
            model=model.name,
            complete=self._completion(model, observe),
            describe=describe,
            prompts=self._prompts,
            observe=observe,
            attempts=self._database.settings.attempts,
            prompt_tokens=self._database.settings.prompt_tokens,
            samples=samples,
            matches=match_values(request.question, samples, catalog),
            examiner=self._examiner,
            find=find,
            asks_back=self._database.settings.ambiguous == "ask",
        )
        try:
            plan = compile_(asked)
        except ModelError as error:
            raise self._unavailable(error, request, principal) from error
        observe(PlanMade(plan.id))
        return plan

    def _completion(self, model: Model, observe: Observer) -> Complete:
        ask = completion(model)

        def complete(turns: Turns, *, max_tokens: int, temperature: float, seed: int) -> Answered:
            self._asking.observe = observe
            return ask(turns, max_tokens=max_tokens, temperature=temperature, seed=seed)

        return complete

    def _try_as(self, principal: Principal, request: Request) -> Try:
        """Runs a plan that is not chosen yet, as the principal, to compare what drafts find."""

        def find(plan: Plan) -> Sequence[Sequence[Any]] | None:
            with suppress(NlqError):
                statement = self._database.known.guard(plan, principal)
                limit_s = self._database.settings.statement_timeout_s or TRIED_SECONDS
                return self._database.run(
                    statement, request.arguments(plan.parameters), principal,
                    limit=TRIED_ROWS, timeout_s=min(limit_s, TRIED_SECONDS),
                ).rows  # fmt: skip
            return None

        return find

    def _require_model(self, request: Request, principal: Principal) -> Model:
        if self._open_model is None:
            raise CompileError(
                "compile.frozen",
                "this question is not compiled, and nothing is compiled here",
                self._finder.nearest(request, principal),
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
        hints = (error.hint, self._finder.nearest(request, principal))
        return CompileError(
            "compile.unavailable",
            f"this question is not compiled yet, and {error.message}",
            "; ".join(h for h in hints if h) or None,
        )

    def _samples_for(self, principal: Principal, request: Request) -> Samples:
        """Values that the prompt may show, fetched through the guard as the principal."""
        mode = self._database.settings.sample
        if mode == "never" or self._open_model is None:
            return {}
        known = self._database.known
        # Unasked, values are shown only to the owner's own model on the owner's own machine.
        trusted = mode == "auto" and principal.is_owner
        every_text = trusted and self._require_model(request, principal).is_local
        wanted = choose_columns(known.visible(principal), request.question, every_text=every_text)
        who = [known.policy.scope(principal), repr(principal.id), repr(sorted(principal.claims.items()))]
        key = digest([who, [[str(r.name), c] for r, c in wanted]])
        if (samples := known.samples.get(key)) is None:
            samples = fetch_samples(wanted, lambda sql, left: self._run_unplanned(sql, principal, left))
            if len(known.samples) >= SAMPLES:
                known.samples.clear()
            known.samples[key] = samples
        return samples

    def _own(self, samples: Samples, principal: Principal) -> Iterator[str]:
        """The values that others of the principal's scope may not see: their claims find other rows."""
        for (relation, column), values in samples.items():
            try:
                takes = self._guard_unplanned(select_values(relation, column), principal).arguments
            except NlqError:
                yield from values  # policy or catalog have changed since: they may be others' no more
                continue
            if any(name.removeprefix(AS_JSON).startswith(CLAIM) for name in takes):
                yield from values

    def _run_unplanned(self, sql: str, principal: Principal, timeout_s: float) -> Rows:
        statement = self._guard_unplanned(sql, principal)
        return self._database.run(
            statement, {}, principal, limit=SAMPLE_VALUES, timeout_s=max(timeout_s, 0.1)
        )

    def _guard_unplanned(self, sql: str, principal: Principal) -> Statement:
        known = self._database.known
        seen = known.visible(principal)
        checked = check(sql, seen)
        plan = Plan("query", sql, seen.dialect, known.policy.scope(principal), checked.sql, (), (),
                    checked.depends, checked.explanation)  # fmt: skip
        return known.statement(plan, principal)


def completion(model: Model) -> Complete:
    """Asks the model for the compiler."""

    def complete(turns: Turns, *, max_tokens: int, temperature: float, seed: int) -> Answered:
        messages = tuple(Message(role, text) for role, text in turns)
        reply = model.complete(Call(messages, max_tokens, temperature, seed))
        return Answered(reply.text, reply.prompt_tokens, reply.completion_tokens, reply.seconds,
                        reply.cost_usd, reply.from_cache, reply.certainty)  # fmt: skip

    return complete


def _describe_nothing(plan: Plan) -> tuple[ResultColumn, ...]:
    """The result's names, for a catalog that no engine serves."""
    import sqlglot

    names = sqlglot.parse_one(plan.sql, read=plan.dialect).named_selects  # type: ignore[attr-defined]  # a query
    return tuple(ResultColumn(name, "UNKNOWN") for name in names)
