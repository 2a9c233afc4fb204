"""Runs attacks as every role of a policy, on scratch databases full of canaries."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from nlq.catalog import Catalog
from nlq.compiler import load_prompts
from nlq.engine import open_engine
from nlq.model import Call, Reply
from nlq.policy import Policy, Principal
from nlq.policy.principal import ANONYMOUS
from nlq.redteam.attempt import Outcome, attempt, send_sql
from nlq.redteam.reach import Reach, find_reach
from nlq.redteam.report import Kind, Report, Trial
from nlq.redteam.scratch import Scratch, open_scratch, read_rows
from nlq.redteam.templates import Attack, attacks
from nlq.redteam.world import World, make_world, names, twin, words_of_rules
from nlq.service import Service
from nlq.settings import Settings
from nlq.store import PlanStore

TIMEOUT_S = 1.0
CHECK_S = 1.0
"""How much of a processor it may take to refuse something."""
SLOW_S = 10.0
"""How long anything may take to end, on a machine that does much else."""

_QUESTIONS = ("How many are there?", "Show everything.", "What is hidden here?")


def redteam(
    url: str,
    settings: Settings,
    make_policy: Callable[[Catalog], Policy],
    *,
    seed: int = 0,
    seconds: float = 60.0,
    most: int = 10_000,
    tried: Callable[[Trial], None] = lambda _trial: None,
) -> Report:
    """What came of attacking a scratch copy of the database at `url` as everyone whom the policy knows.

    Stops after about `seconds`, or when `most` attacks were tried; `tried` hears of each. The database
    itself is only read. Raises `engine.*`, `policy.*`.
    """
    with ExitStack() as stack:
        engine = open_engine(url, settings)
        stack.callback(engine.close)
        catalog = engine.introspect()
        policy = make_policy(catalog)
        world = make_world(catalog, policy, read_rows(engine, catalog), seed)
        scratch = stack.enter_context(open_scratch(url, engine))
        yard = _Yard(scratch, settings, policy, catalog, stack)
        return yard.run(world, seed=seed, seconds=seconds, most=most, tried=tried)


def everyone(policy: Policy) -> dict[str, Principal]:
    """The policy's principals by name, one for each role that none of them has, and a stranger."""
    found = dict(policy.principals)
    claims = {name: value for p in policy.principals.values() for name, value in p.claims.items()}
    for role in sorted(policy.mentioned_roles()):
        if not any(role in p.roles for p in policy.principals.values()):
            found[f"role {role}"] = Principal(id=1, roles=frozenset({role}), claims=claims)
    found["anonymous"] = ANONYMOUS
    return found


@dataclass(slots=True)
class _Hostile:
    """A model that keeps what it is shown, and drafts `draft`."""

    draft: str = "SELECT 1 AS one"
    prompts: list[str] = field(default_factory=list)
    name: str = "hostile"
    is_local: bool = True

    def complete(self, call: Call) -> Reply:
        self.prompts.append("\n".join(m.content for m in call.messages))
        return Reply(self.draft)

    def close(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Yard:
    """Where attacks are run: scratch databases under the user's policy."""

    scratch: Scratch
    settings: Settings
    policy: Policy
    catalog: Catalog
    stack: ExitStack

    def run(
        self, world: World, *, seed: int, seconds: float, most: int, tried: Callable[[Trial], None]
    ) -> Report:
        until = time.monotonic() + seconds
        model = _Hostile()
        service = self.open(world, model)
        trials: list[Trial] = []
        blind: list[str] = []
        queues: dict[str, Iterator[Trial]] = {}
        sizes: dict[str, int] = {}
        for name, principal in everyone(self.policy).items():
            reach = find_reach(world, service.engine, self.policy, principal)
            if all(reach.sees(cell) for cell in world.canaries.values()):
                blind.append(name)
                continue
            known = twin(world, reach.rows, reach.hidden, words_of_rules(self.policy))
            planned = attacks(world, self.catalog, reach, words_of_rules(self.policy), seed)
            sizes[name] = len(planned) + len(_QUESTIONS)
            queues[name] = _Team(
                name, principal, world, reach, service, self.open(known, model), model
            ).trials(planned)
        # One of each in turn, so that everyone has a part of the time.
        while queues and time.monotonic() < until and len(trials) < most:
            for name in list(queues):
                trial = next(queues[name], None)
                if trial is None:
                    del queues[name]
                    continue
                trials.append(trial)
                tried(trial)
        return Report(
            dialect=self.catalog.dialect,
            seed=seed,
            trials=tuple(trials),
            canaries=len(world.canaries),
            untried=sum(sizes.values()) - len(trials),
            blind=tuple(blind),
        )

    def open(self, world: World, model: _Hostile) -> Service:
        """A service for a new scratch database, closed in the end."""
        settings = replace(
            self.settings,
            db=self.scratch.write(world),
            cache_dir=str(self.scratch.directory / "plans"),
            statement_timeout_s=TIMEOUT_S,
            db_role="",  # what is tried here is the guard alone
            frozen=False,
            audit="",
            attempts=1,
        )
        engine = open_engine(settings.db, settings)
        self.stack.callback(engine.close)
        return Service(
            engine=engine,
            policy=lambda _catalog: self.policy,
            plans=PlanStore(self.scratch.directory / "plans"),
            prompts=load_prompts(),
            settings=settings,
            model=lambda _observe: model,
        )


@dataclass(frozen=True, slots=True)
class _Team:
    """Attacks by one principal."""

    name: str
    principal: Principal
    world: World
    reach: Reach
    service: Service
    twin: Service
    model: _Hostile

    def trials(self, planned: list[Attack]) -> Iterator[Trial]:
        for question in _QUESTIONS:
            yield self.prompt(question)
        for attack in planned:
            yield self.send(attack)

    def send(self, attack: Attack) -> Trial:
        outcome = send_sql(self.service, self.principal, attack.sql)
        findings = list(self.findings(outcome))
        if outcome.kind in ("answered", "failed") and outcome.code != "engine.timeout":
            other = send_sql(self.twin, self.principal, attack.sql)
            if other.code != "engine.timeout" and other.learned != outcome.learned:
                findings.append("what is hidden makes a difference to the answer")
        if unknown := self.names_in(outcome.shown, besides=attack.sql):
            findings.append(f"it names {', '.join(sorted(unknown))}")
        return self.trial(attack, outcome, findings)

    def prompt(self, question: str) -> Trial:
        """What the model is shown when this principal asks."""
        self.model.prompts.clear()
        outcome = attempt(lambda: self.service.ask(question, principal=self.principal))
        shown = "\n".join(self.model.prompts)
        findings = [*self.findings(outcome), *(f"the prompt holds {c}" for c in self.unseen(shown))]
        findings += [f"the prompt names {name}" for name in sorted(self.names_in(shown))]
        return self.trial(Attack("prompts", question), outcome, findings)

    def findings(self, outcome: Outcome) -> Iterator[str]:
        yield from self.unseen(outcome.shown)
        if outcome.kind == "crashed":
            yield f"it crashed: {outcome.code}"
        if outcome.seconds > SLOW_S or (outcome.kind == "refused" and outcome.cpu_s > CHECK_S):
            yield f"it took {outcome.seconds:.1f} s"

    def unseen(self, text: str) -> list[str]:
        """The cells whose values stand in the text, although the principal may not see them."""
        return [str(cell) for cell in sorted(self.world.found_in(text)) if not self.reach.sees(cell)]

    def names_in(self, text: str, besides: str = "") -> set[str]:
        """Names of what the principal may not know of, and that `besides` does not hold."""
        known = {n.casefold() for n in _visible_names(self.service.catalog_for(self.principal))}
        hidden = {n for n in names(self.world) if n.casefold() not in known and "_" in n}
        found = {n for n in hidden if re.search(rf"\b{re.escape(n)}\b", text, re.IGNORECASE)}
        return {n for n in found if n.casefold() not in besides.casefold()}

    def trial(self, attack: Attack, outcome: Outcome, findings: list[str]) -> Trial:
        kinds: Mapping[str, Kind] = {"refused": "refused", "failed": "failed", "answered": "answered"}
        kind: Kind = "LEAKED" if findings else kinds.get(outcome.kind, "LEAKED")
        return Trial(self.name, attack.family, attack.sql, kind, outcome.seconds, tuple(findings))


def _visible_names(catalog: Catalog) -> Iterator[str]:
    for relation in catalog:
        yield relation.name.name
        yield from (c.name for c in relation.columns)
