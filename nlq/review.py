"""The rules of a policy with what they were compiled to: for doors where people review them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlq.errors import NlqError, RequestError, SettingsError
from nlq.settings import Settings

if TYPE_CHECKING:
    from nlq.catalog import Catalog, Relation
    from nlq.compiler.rules import Asking, EnglishRule, RuleCompiler, Written
    from nlq.engine.examples import Examples
    from nlq.policy import Policy
    from nlq.policy.english import Grant
    from nlq.store import Review, RuleStore


@dataclass(frozen=True, slots=True)
class State:
    """A rule and how it stands.

    `status`: `sql` needs no review; `reviewed`; `new` is compiled and waits for one; `changed` was, until
    its file or a column changed; `missing` was not; `ambiguous`, with its `readings`, `not_understood` and
    `unsupported` are for a person to say in other words. `finding` says why.
    """

    written: Written
    status: str
    rule: EnglishRule | None = None
    review: Review | None = None
    readings: tuple[EnglishRule, ...] = ()
    finding: NlqError | None = None

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What the rule lets through, under the roles that the policy gives it."""
        return with_roles(self.rule, self.written) if self.rule else ()

    def to_json(self) -> dict[str, Any]:
        """The rule for programs."""
        rule = self.rule
        return {
            "name": self.written.name,
            "relation": str(self.written.relation),
            "action": self.written.action,
            "roles": sorted(self.written.roles),
            "english": self.written.english,
            "status": self.status,
            "id": rule.id if rule and self.written.english else None,
            "grants": [{"roles": sorted(g.roles), "predicate": g.sql} for g in self.grants],
            "explanation": rule.explanation if rule else None,
            "assumptions": list(rule.assumptions) if rule else [],
            "made_by": rule.made_by if rule and self.written.english else None,
            "reviewed": {"by": self.review.by, "at": self.review.at} if self.review else None,
            "readings": [
                {
                    "grants": [{"roles": sorted(g.roles), "predicate": g.sql} for g in r.grants],
                    "explanation": r.explanation,
                }
                for r in self.readings
            ],
            "finding": None
            if self.finding is None
            else {
                "code": self.finding.code,
                "message": self.finding.message,
                "hint": self.finding.hint,
            },
        }


def with_roles(rule: EnglishRule, written: Written) -> tuple[Grant, ...]:
    """The grants of the rule, for the roles of the policy where it names some."""
    from nlq.policy.english import Grant

    return tuple(Grant(written.roles or g.roles, g.sql) for g in rule.grants)


@dataclass(frozen=True, slots=True)
class RuleDesk:
    """A policy's rules, its catalog, and where compiled rules are kept."""

    catalog: Catalog
    policy: Policy
    written: tuple[Written, ...]
    compiler: RuleCompiler
    store: RuleStore

    def states(self, names: list[str] | None = None) -> tuple[State, ...]:
        """How each rule stands; of those names alone, where some are given.

        Raises `request.not_found`.
        """
        known = {w.name for w in self.written}
        for name in names or ():
            if name not in known:
                listed = ", ".join(f"`{n}`" for n in sorted(known))
                raise RequestError(
                    "request.not_found", f"there is no rule `{name}`", f"there are {listed or 'none'}"
                )
        return tuple(self.state(w) for w in self.written if not names or w.name in names)

    def state(self, written: Written) -> State:
        """How one rule stands."""
        from nlq.compiler.rules import changed
        from nlq.errors import StoreError
        from nlq.store import Finding

        relation = self.relation(written)
        if written.english is None:
            return self._of_sql(written, relation)
        found = self.store.find(written.relation, written.action, written.english, self.catalog.dialect)
        if found is None:
            return self._missing(written, relation)
        if isinstance(found, Finding):
            return State(written, "changed", finding=found.error)
        rule = self._effective(found.rule, written, relation)
        if (what := changed(found.rule, self.catalog)) is not None:
            error = StoreError("store.stale", what, "`nlq rules compile` compiles it again")
            return State(written, "changed", rule, finding=error)
        return State(written, "reviewed" if found.review else "new", rule, found.review)

    def _effective(self, rule: EnglishRule, written: Written, relation: Relation) -> EnglishRule:
        """The rule as it reads under the roles that the policy gives it; its id stays that of the file."""
        if not written.roles:
            return rule
        try:
            grants = with_roles(rule, written)
            said = self.compiler.check(rule.english, relation, rule.action, grants, ())
        except NlqError:
            return rule
        return replace(rule, explanation=said.explanation)

    def _of_sql(self, written: Written, relation: Relation) -> State:
        from nlq.policy.english import Grant

        try:
            grants = (Grant(written.roles, written.sql),)
            rule = self.compiler.check("", relation, written.action, grants, (), "sql")
        except NlqError as error:
            return State(written, "unsupported", finding=error)
        return State(written, "sql", rule)

    def _missing(self, written: Written, relation: Relation) -> State:
        from nlq.compiler.rules import ambiguous

        english = written.english or ""
        try:
            readings = self.compiler.readings(english, relation, written.action)
        except NlqError as error:
            status = "ambiguous" if error.code == "policy.ambiguous" else "unsupported"
            return State(written, status, finding=error)
        if len(readings) > 1:
            return State(written, "ambiguous", readings=readings, finding=ambiguous(english, readings))
        return State(written, "missing")

    def relation(self, written: Written) -> Relation:
        """The relation that a rule is for."""
        from nlq.errors import PolicyError

        found = self.catalog.relation(written.relation)
        if found is None:
            raise PolicyError("policy.invalid", f"there is no relation `{written.relation}`")
        return found

    def compile(self, names: list[str] | None, ask: Callable[[], Asking | None]) -> tuple[State, ...]:
        """How each rule stands after those that are missing or changed were compiled.

        The model is asked, if there is one, only for what the grammar does not understand.
        """
        states = []
        asking: list[Asking | None] = []
        for state in self.states(names):
            if state.status not in ("missing", "changed"):
                states.append(state)
                continue
            written = state.written
            english, relation = written.english or "", self.relation(written)
            try:
                readings = self.compiler.readings(english, relation, written.action)
                if not readings and not asking:
                    asking.append(ask())
                model = asking[0] if asking and not readings else None
                self.store.put(self.compiler.compile(english, relation, written.action, model))
                states.append(self.state(written))
            except NlqError as error:
                status = {"policy.ambiguous": "ambiguous", "policy.unsupported": "unsupported"}
                readings = () if error.code != "policy.ambiguous" else readings
                said = status.get(error.code, "not_understood")
                states.append(State(written, said, readings=readings, finding=error))
        return tuple(states)

    def approve(self, names: list[str] | None, review: Review) -> tuple[State, ...]:
        """The rules that were approved of now: those of the names, else all that wait for it.

        Raises `policy.unreviewed` for a named rule that cannot be approved of as it is.
        """
        from nlq.errors import PolicyError
        from nlq.store import StoredRule

        approved = []
        for state in self.states(names):
            if state.status == "new" and state.written.english is not None:
                written = state.written
                found = self.store.find(
                    written.relation, written.action, written.english or "", self.catalog.dialect
                )
                if isinstance(found, StoredRule):
                    self.store.put(found.rule, review)
                    approved.append(self.state(written))
            elif names and state.status not in ("reviewed", "sql"):
                raise PolicyError(
                    "policy.unreviewed",
                    f"the rule `{state.written.name}` cannot be approved of: it is {state.status}",
                    state.finding.hint if state.finding else "`nlq rules compile` compiles it",
                )
        return tuple(approved)


@contextmanager
def open_desk(settings: Settings) -> Iterator[RuleDesk]:
    """The rules of the policy that the settings name. No service is opened: frozen would refuse to.

    Raises `settings.invalid`, `policy.invalid`, `engine.*`.
    """
    from nlq.engine import open_engine

    if not settings.db or not (settings.policy or settings.models):
        missing = "database" if not settings.db else "policy"
        raise SettingsError(
            "settings.invalid",
            f"no {missing} is named",
            "use `--db URL` and `--policy FILE`, or `nlq.toml`",
        )
    engine = open_engine(settings.db, settings)
    try:
        catalog = engine.introspect()
    finally:
        engine.close()
    yield desk_for(settings, catalog)


def desk_for(settings: Settings, catalog: Catalog) -> RuleDesk:
    """The rules of the policy that the settings name, over a catalog that is known.

    Raises `settings.invalid`, `policy.invalid`.
    """
    from nlq.compiler.rules import RuleCompiler, written_rules
    from nlq.store import RuleStore
    from nlq.wire import read_policy

    policy = read_policy(settings, catalog)
    store = RuleStore(Path(settings.cache_dir))
    return RuleDesk(catalog, policy, written_rules(policy), RuleCompiler.of(policy, catalog), store)


def examples_of(desk: RuleDesk, state: State) -> Examples | None:
    """Rows that tell apart who sees them, for each reading of a rule; none where no predicate is there."""
    from nlq.engine.examples import make_examples

    rules = state.readings or ((state.rule,) if state.rule is not None else ())
    if not rules:
        return None
    readings = [with_roles(rule, state.written) for rule in rules]
    relation = desk.relation(state.written)
    try:
        return make_examples(readings, relation, desk.catalog, desk.compiler.known, desk.policy.claims)
    except NlqError:
        return None  # the rule is out of date, which its status says


def examples_to_json(examples: Examples) -> dict[str, Any]:
    """The examples for programs: each row, and for each reading which of the callers see it."""
    from nlq.encoding import encode

    return {
        "columns": list(examples.columns),
        "callers": list(examples.callers),
        "rows": [
            {
                "row": {c: encode(v) for c, v in zip(examples.columns, row, strict=True)},
                "sees": [list(reading[n]) for reading in examples.sees],
            }
            for n, row in enumerate(examples.rows)
        ],
    }
