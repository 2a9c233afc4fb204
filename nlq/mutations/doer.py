"""An instruction's way: Request -> Plan -> Change -> Outcome. Undo and history beside it."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from nlq.answer import with_values
from nlq.audit import Account
from nlq.catalog import Catalog, RelationName
from nlq.catalog.fingerprint import digest
from nlq.compiler import Prompts, Request
from nlq.compiler.compile import Asked, Describe
from nlq.compiler.doubt.find import DOUBT, doubts_of
from nlq.compiler.intake import intake_instruction, normalise
from nlq.compiler.mutation import compile_mutation
from nlq.encoding import encode
from nlq.engine.base import Engine
from nlq.engine.cancellation import Cancellation
from nlq.engine.journal import Entry
from nlq.engine.outbox import KEY, Send
from nlq.engine.work import History, Make, Undo
from nlq.engine.writing import Approval, Changed, Terms, only_read
from nlq.errors import ChangeError, NlqError, PolicyError, RequestError, StoreError
from nlq.events import Observer
from nlq.find import find_stored, unfit
from nlq.guard.change import Change, guard_change
from nlq.guard.fill import fill_of
from nlq.guard.lists import bind_claims
from nlq.guard.mask import HASH_KEY
from nlq.guard.rows import target_of
from nlq.guard.statement import Statement
from nlq.known import Known
from nlq.mutations.effects import Wanted, explain_send, find_sends, split_effect
from nlq.mutations.outcome import Outcome, changes_of
from nlq.plan import Plan, check
from nlq.plan.bind_steps import key_of
from nlq.plan.inputs import require_inputs
from nlq.plan.syntax import display
from nlq.policy import Policy, Principal, decide
from nlq.policy.english.nouns import guess_principals
from nlq.settings import Settings
from nlq.store.plans import PlanStore

Compile = Callable[[Request, Catalog, str, Describe, Principal, Observer, Callable[[Asked], Plan]], Plan]
"""Asks the model of a service; raises `compile.*`."""

KEPT = 10_000
"""Changes kept in memory; all are forgotten when there are more."""

ENTRY_BYTES = 2000
"""Characters of an instruction that the journal keeps."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller wants: `preview` shows and changes nothing, `approval` makes what a preview showed.

    `limit` is how many rows may be changed at most, `key` an idempotency key. With a `plan`, that one is
    made: it was built ahead, and whoever reviewed it has approved of what it says, so it is not doubted.
    """

    instruction: str
    params: Mapping[str, Any]
    preview: bool = False
    approval: str | None = None
    limit: int | None = None
    key: str | None = None
    plan: Plan | None = None


class Mutations:
    """Makes mutations of one database. `known` gives its catalog and policy, as they are now."""

    def __init__(
        self,
        *,
        engine: Engine,
        settings: Settings,
        plans: PlanStore,
        prompts: Callable[[], Prompts],
        known: Callable[[], Known],
        compile_: Compile,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self._plans = plans
        self._prompts = prompts
        self._known = known
        self._compile = compile_
        self._effects = frozenset(re.findall(r"\w+", settings.effects.lower()))
        self._guarded: tuple[Known | None, dict[tuple[str, str], Change]] = (None, {})

    def do(
        self, order: Order, principal: Principal, account: Account, cancellation: Cancellation | None
    ) -> Outcome:
        """Make what the instruction says, or show it.

        What cannot be shown to be what it says is not made, but comes with doubts and an approval, as a
        preview does. Raises any `NlqError`: then nothing was changed.
        """
        self._require_on()
        started = time.perf_counter()
        said, wanted = split_effect(order.instruction, self._effects, self.visible(principal))
        request = intake_instruction(said, order.params, limit=self.settings.question_limit)
        scope = self._known().policy.scope(principal)
        given = sorted((k, repr(v)) for k, v in order.params.items())
        asked = digest([request.question, given, scope, *(astuple(wanted) if wanted else ())])
        if order.key and principal.id is None and not principal.is_owner:
            raise RequestError(
                "request.invalid", "an idempotency key belongs to somebody", "say who you are"
            )
        who = who_is(principal)
        if order.plan is not None:
            plan, cached = order.plan, True
        else:
            plan, cached = self.find_or_compile(request, principal, account.watch)
        arguments = request.arguments(plan.parameters)
        require_inputs(plan.inputs, arguments)
        account.plan, account.arguments = plan, arguments
        planned = time.perf_counter()
        change = self.guard(plan, principal)
        sends = self._sends(wanted, change, principal) if wanted else ()
        account.decisions = change.decisions
        doubts = doubts_of(plan)
        commit = order.approval is not None or not (order.preview or (doubts and order.plan is None))
        token = order.approval or secrets.token_urlsafe(18)
        terms = Terms(
            limit=self._limit(order.limit, principal),
            timeout_s=self.settings.statement_timeout_s,
            now=datetime.now(UTC).replace(tzinfo=None),
            keep_h=self.settings.journal_h,
            commit=commit,
            approval=Approval(token, asked, plan.id) if order.approval or not commit else None,
            id=secrets.token_hex(8),
            who=who,
            entry=_entry(order.instruction, plan, arguments),
            repeat=(order.key, asked) if order.key else None,
        )
        named = change.arguments.union(*(s.through.arguments for s in sends if s.through))
        bound = {**arguments, **bind_claims(named, principal), HASH_KEY: self.settings.hash_key}
        done = self.engine.write(
            Make(change, bound, sends), terms, cancellation, self._known().identity(principal)
        )
        assert isinstance(done, Changed)
        if commit and doubts and order.plan is None and principal.is_owner:
            plan = self._confirm(plan)
        account.rows = done.count
        ended = time.perf_counter()
        return Outcome(
            committed=commit,
            changes=changes_of(done.effects, self.visible(principal)),
            sql=display(plan.sql, arguments),
            explanation=" ".join((with_values(plan.explanation, arguments), *map(explain_send, sends))),
            assumptions=tuple(a for a in plan.assumptions if not a.startswith(DOUBT)),
            doubts=() if commit else doubts,
            plan=plan,
            cached=cached,
            model_calls=0 if cached else plan.provenance.attempts,
            decisions=change.decisions,
            undo=done.id if commit and done.effects else None,
            approval=None if commit else token,
            repeated=done.repeated,
            messages=done.messages,
            timings={
                "plan": (planned - started) * 1000,
                "engine": (ended - planned) * 1000,
                "total": (ended - started) * 1000,
            },
        )

    def undo(self, id: str, principal: Principal, cancellation: Cancellation | None = None) -> Changed:
        """Put back what a change changed, where it is still as the change left it.

        One's own changes; the owner's are all. Raises `change.not_found`, `change.later`.
        """
        self._require_on()
        who = self._somebody(principal)
        terms = Terms(
            limit=self.settings.change_limit,
            timeout_s=self.settings.statement_timeout_s,
            now=datetime.now(UTC).replace(tzinfo=None),
            keep_h=self.settings.journal_h,
            id=secrets.token_hex(8),
            who=who,
            entry={"instruction": f"undo {id}", "undoes": id},
        )
        known = self._known()
        catalog, policy = known.catalog, known.policy
        # Who may do nothing to the rows of a relation any more may not undo what they once did to them.
        targets = {
            (r.name.schema, r.name.name): target_of(r, key_of(r), None, catalog.dialect, known.role)
            for r in catalog
            if key_of(r) and _may_change(policy, principal, r.name)
        }
        done = self.engine.write(
            Undo(id, targets, principal.is_owner), terms, cancellation, known.identity(principal)
        )
        assert isinstance(done, Changed)
        return done

    def history(self, principal: Principal) -> tuple[Entry, ...]:
        """The changes that the principal made, the newest first; of everybody, to the owner."""
        self._require_on()
        who = "" if principal.is_owner else self._somebody(principal)
        terms = Terms(
            1, self.settings.statement_timeout_s, datetime.now(UTC).replace(tzinfo=None), commit=False
        )
        done = self.engine.write(History(who), terms, identity=self._known().identity(principal))
        assert not isinstance(done, Changed)
        return tuple(e for e in done if isinstance(e, Entry))

    def visible(self, principal: Principal) -> Catalog:
        """What the principal may know of the database."""
        return self._known().visible(principal)

    def guard(self, plan: Plan, principal: Principal) -> Change:
        """The plan as this principal may run it, kept per plan and scope."""
        known = self._known()
        if self._guarded[0] is not known:
            # INVARIANT: nothing made under an old policy outlives it.
            self._guarded = (known, {})
        changes = self._guarded[1]
        key = (plan.id, known.policy.scope(principal))
        if (change := changes.get(key)) is None:
            change = guard_change(
                plan, known.policy, principal, known.catalog, known.visible(principal), db_role=known.role
            )
            if len(changes) >= KEPT:
                changes.clear()
            changes[key] = change
        return change

    def _sends(self, wanted: Wanted, change: Change, principal: Principal) -> tuple[Send, ...]:
        known = self._known()
        seen = known.visible(principal)

        def guard_sql(sql: str) -> Statement:
            checked = check(sql, seen, named=(KEY,))
            plan = Plan("query", wanted.effect, seen.dialect, known.policy.scope(principal), checked.sql,
                        checked.parameters, (), checked.depends, checked.explanation)  # fmt: skip
            return known.guard(plan, principal)

        return find_sends(wanted, [s.target.name for s in change.steps], seen, guard_sql)

    # find and compile

    def read(self, instruction: str, params: Mapping[str, Any], principal: Principal) -> Request:
        """What an instruction asks to be changed, without what is to be sent of it."""
        said, _ = split_effect(instruction, self._effects, self.visible(principal))
        return intake_instruction(said, params, limit=self.settings.question_limit)

    def find_or_compile(
        self, request: Request, principal: Principal, observe: Observer
    ) -> tuple[Plan, bool]:
        """The plan of an instruction, and whether it was known."""
        if (plan := self._find(request, principal, observe)) is not None:
            return plan, True
        known = self._known()
        catalog, policy, seen = known.catalog, known.policy, known.visible(principal)
        scope = policy.scope(principal)
        fill = fill_of(policy, principal, catalog, policy.principals_are or guess_principals(catalog))

        def describe(plan: Plan) -> tuple[()]:
            change = self.guard(plan, principal)
            for statement in (*change.conditions, *(s.query for s in change.steps)):
                self.engine.describe(statement, known.identity(principal))
            return ()

        def compile_(asked: Asked) -> Plan:
            return compile_mutation(replace(asked, prompts=self._prompts()), fill)

        plan = self._compile(request, seen, scope, describe, principal, observe, compile_)
        with suppress(StoreError):
            self._plans.put(plan)
        self._require_given(request, plan)
        return plan, False

    def _find(self, request: Request, principal: Principal, observe: Observer) -> Plan | None:
        def answers(plan: Plan, lifted: frozenset[str]) -> bool:
            return lifted | set(request.params) <= {p.name for p in plan.parameters}

        def refuse(plan: Plan, error: NlqError) -> NlqError | None:
            # What the policy forbids, no other plan would be for this principal.
            return error if isinstance(error, PolicyError) else unfit(request, plan, error)

        scope = self._known().policy.scope(principal)
        found = find_stored(
            self._plans, request, (self.engine.dialect, scope), answers,
            lambda plan: self.guard(plan, principal), refuse, observe,
        )  # fmt: skip
        if found is not None:
            self._require_given(request, found)
        return found

    def _require_given(self, request: Request, plan: Plan) -> None:
        given = {s.name for s in request.slots} | set(request.params)
        missing = [p.name for p in plan.parameters if p.name not in given]
        if missing:
            names = ", ".join(f"`{n}`" for n in missing)
            raise RequestError(
                "request.missing_parameter",
                f"this takes {names}, which {'has' if len(missing) == 1 else 'have'} no value",
                f'send "params": {{"{missing[0]}": …}}',
            )

    def _confirm(self, plan: Plan) -> Plan:
        """The plan without doubts, for the owner has looked at what it does.

        INVARIANT: nobody else's approval is more than their own: others of the scope would not be asked.
        """
        kept = tuple(a for a in plan.assumptions if not a.startswith(DOUBT))
        confirmed = replace(plan, assumptions=kept)
        with suppress(StoreError):
            self._plans.put(confirmed)
        return confirmed

    def _limit(self, asked: int | None, principal: Principal) -> int:
        most = self.settings.change_limit
        if asked is None:
            return most
        if asked < 1 or (asked > most and not principal.is_owner):
            raise RequestError(
                "request.invalid", f"the limit cannot be `{asked}`", f"use 1 to {most}, or have it raised"
            )
        return asked

    def _require_on(self) -> None:
        if not self.settings.mutations:
            raise ChangeError(
                "change.off",
                "mutations are not switched on",
                "put `mutations = true` into `nlq.toml`, or set `NLQ_MUTATIONS=1`",
            )
        if self.engine.dialect == "sqlite":  # known before a model is asked for anything
            raise only_read()

    def _somebody(self, principal: Principal) -> str:
        if principal.id is None and not principal.is_owner:
            raise ChangeError("change.not_found", "who is nobody has no changes", "say who you are")
        return who_is(principal)


def who_is(principal: Principal) -> str:
    """The principal as the journal knows it: `owner`, or its id as JSON."""
    return "owner" if principal.is_owner else json.dumps(principal.id)


def _may_change(policy: Policy, principal: Principal, name: RelationName) -> bool:
    return any(
        decide(policy, principal, name, action).predicates != ()
        for action in ("create", "update", "delete")
    )


def _entry(instruction: str, plan: Plan, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "instruction": normalise(instruction)[:ENTRY_BYTES],
        "plan": plan.id,
        "arguments": {k: encode(v) for k, v in arguments.items()},
    }
