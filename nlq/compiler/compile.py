"""The compiler's loop: a draft is asked for, mended, checked and prepared; repaired at most twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from nlq.catalog import Catalog, RelationName
from nlq.compiler.declared import declare_types
from nlq.compiler.draft import extract_draft
from nlq.compiler.intake import PARAMETER, Request, intake
from nlq.compiler.missing import find_missing
from nlq.compiler.prompts import Prompts
from nlq.compiler.readings import AmbiguousError, find_readings
from nlq.compiler.schema_text import Samples, fit_comments, schema_text
from nlq.compiler.select import select_relations
from nlq.compiler.untrusted import Examiner, Here, Untrusted
from nlq.compiler.values import Match, hints_text
from nlq.compiler.vote import Candidate, Try, are_agreed, candidate, confidence, elect, link_strength
from nlq.errors import CompileError, ModelError, PlanError
from nlq.events import Drafted, Drafting, DraftMended, DraftRefused, Observer, ignore
from nlq.plan import Parameter, Plan, Provenance, ResultColumn
from nlq.plan.syntax import display

DIALECT_NAMES = {"duckdb": "DuckDB", "postgres": "PostgreSQL", "sqlite": "SQLite"}


Turns = tuple[tuple[Literal["system", "user", "assistant"], str], ...]
"""A prompt: who speaks and what they say, the system first."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A model's reply and what it cost, as far as the compiler cares; `certainty` is as in `Reply`."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    cost_usd: float
    from_cache: bool
    certainty: float | None = None

    def as_event(self, attempt: int) -> Drafted:
        """What is told of it."""
        return Drafted(
            attempt,
            self.prompt_tokens,
            self.completion_tokens,
            self.seconds,
            self.from_cache,
            self.cost_usd,
        )


class Complete(Protocol):
    """Asks the model."""

    def __call__(self, turns: Turns, *, max_tokens: int, temperature: float, seed: int) -> Answered:
        """The reply; raises `model.*`."""


TEMPERATURE = 0.7
"""Of drafts that are to differ from the first."""

_NUMBER = re.compile(r"(?<![\w.{:-])\d[\d,]*\d(?![\w%])")

Describe = Callable[[Plan], tuple[ResultColumn, ...]]
"""The engine's own prepare, behind the guard: the columns of the result, or `plan.invalid`."""


Read = Callable[[str, "Asked", Provenance], Plan]
"""Makes a plan of a reply; raises `plan.*`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a compilation needs: what is asked, and what may be known and used to answer it.

    `read` makes a plan of a reply, where that is not one SELECT. With `asks_back`, a question that may mean
    several things is not answered.
    """

    request: Request
    catalog: Catalog
    scope: str
    model: str
    complete: Complete
    describe: Describe
    prompts: Prompts
    observe: Observer
    attempts: int = 3
    prompt_tokens: int = 3000
    samples: Samples = field(default_factory=dict)
    matches: tuple[Match, ...] = ()
    examiner: Examiner = field(default_factory=Here)
    find: Try | None = None
    read: Read | None = None
    asks_back: bool = False


def nothing_to_see() -> CompileError:
    """What is said to who may see no relation."""
    return CompileError("compile.refused", "there is no relation that you may see", "ask for access")


def compile_query(asked: Asked) -> Plan:
    """The plan of a question: of the first draft that is valid, or where that is doubtful, of several.

    Raises `compile.failed` with the last finding, `compile.ambiguous`, `compile.refused`, or `model.*`.
    """
    if not asked.catalog.relations:
        raise nothing_to_see()
    if not asked.request.names and (
        missing := find_missing(asked.request.question, asked.catalog, asked.samples)
    ):
        raise CompileError(
            "compile.refused",
            f"nothing that you may see speaks of {', '.join(f'`{word}`' for word in missing)}",
            "ask about the relations of this database: `nlq schema` or `GET /schema` lists them",
        )
    turns: Turns = first_turns(asked)
    first, spent, reply = _first_valid(asked, turns)
    candidates = [first]
    while spent.attempts < asked.attempts and _needs_another(asked, candidates, spent):
        attempt = spent.attempts + 1
        try:
            if first.forgets and attempt == 2:
                forgotten = f"the SQL does not use {' or '.join(_forgotten(first, asked))} of the question"
                asked.observe(
                    DraftRefused(1, "plan.invalid", "the SQL does not use each number of the question")
                )
                answered = _draft(asked, _repair(asked, turns, reply, forgotten), attempt, 0.0)
            else:
                answered = _draft(asked, turns, attempt, TEMPERATURE)
        except ModelError:
            break
        spent = _add(spent, attempt, answered)
        try:
            candidates.append(_candidate(asked, answered, spent))
        except (PlanError, CompileError) as error:
            asked.observe(DraftRefused(spent.attempts, error.code, error.message))
    kept = elect(candidates)
    made = replace(spent, mended=kept.plan.provenance.mended, confidence=confidence(kept, candidates))
    plan = replace(kept.plan, provenance=made)
    plan = _decide_reading(plan, asked)
    if not kept.forgets:
        return plan
    doubt = (
        f"{' and '.join(_forgotten(kept, asked))} of the question is not used: look whether that is right"
    )
    return replace(plan, assumptions=(*plan.assumptions, doubt))


def _decide_reading(plan: Plan, asked: Asked) -> Plan:
    """The plan, where the question may mean nothing else, or nobody is to be asked.

    Raises `compile.ambiguous`.
    """
    if asked.find is None or asked.request.names or asked.read is not None:
        return plan

    def make(sql: str, question: str) -> Plan:
        request = replace(intake(question), slots=(), spans=())
        return plan_from_draft(sql, replace(asked, request=request, observe=ignore), plan.provenance)

    sql = display(plan.sql, asked.request.arguments(plan.parameters))
    readings = find_readings(sql, asked.request.question, asked.catalog, asked.samples, make, asked.find)
    if not readings:
        return plan
    if asked.asks_back:
        raise AmbiguousError(readings)
    other = " or ".join(f"“{reading.template}”" for reading in readings[1:])
    return replace(plan, assumptions=(*plan.assumptions, f"It may also mean {other}"))


def _needs_another(asked: Asked, candidates: Sequence[Candidate], spent: Provenance) -> bool:
    """True while the first is doubtful and no two agree; what cannot be tried cannot be compared."""
    first = candidates[0]
    if asked.find is None:
        return first.forgets and spent.attempts == 1
    return first.is_doubtful and not are_agreed(candidates)


def _forgotten(one: Candidate, asked: Asked) -> tuple[str, ...]:
    return unused_numbers(asked.request.question, one.plan.sql, one.plan.parameters)


def _repair(asked: Asked, turns: Turns, reply: str, finding: str) -> Turns:
    """The first prompt, what the model made of it, and what is wrong with that."""
    told = asked.prompts.repair.substitute(finding=finding)
    return (*_first(asked, turns), ("assistant", reply[:2000]), ("user", told))


def _first(asked: Asked, turns: Turns) -> Turns:
    """The first prompt, without what came of it."""
    return turns[: 2 + 2 * len(asked.request.examples)]


def _first_valid(asked: Asked, turns: Turns) -> tuple[Candidate, Provenance, str]:
    """The first draft that is valid, mended or repaired by the model; what it cost; the reply."""
    spent = Provenance(model=asked.model, prompt_hash=asked.prompts.hash)
    finding: PlanError | None = None
    for attempt in range(1, asked.attempts + 1):
        # The last attempt starts afresh and warmer: a model repeats its own errors.
        fresh = attempt > 2
        answered = _draft(
            asked, _first(asked, turns) if fresh else turns, attempt, TEMPERATURE if fresh else 0.0
        )
        spent = _add(spent, attempt, answered)
        try:
            one = _candidate(asked, answered, spent)
            return replace(one, is_repaired=attempt > 1), spent, answered.text
        except PlanError as error:
            finding = error
            asked.observe(DraftRefused(attempt, error.code, error.message))
            turns = _repair(asked, turns, answered.text, str(error).replace("\nhint:", ";"))
    raise CompileError(
        "compile.failed",
        f"no valid SQL came of this question in {asked.attempts} attempts; the last one: "
        f"{finding.message if finding else 'nothing was tried'}",
        "say it in other words, name the relations that you mean, or write the SQL yourself",
    )


def _read_select(reply: str, asked: Asked, spent: Provenance) -> Plan:
    return plan_from_draft(extract_draft(reply), asked, spent)


def _candidate(asked: Asked, answered: Answered, spent: Provenance) -> Candidate:
    plan = (asked.read or _read_select)(answered.text, asked, spent)
    one = candidate(plan, asked.find)
    # That nothing is found for the caller's own values says nothing of the draft.
    is_empty = one.is_empty and not asked.request.names
    strength = link_strength(asked.request.question, plan.sql, plan.parameters)
    return replace(
        one,
        is_empty=is_empty,
        forgets=bool(_forgotten(one, asked)),
        strength=strength,
        certainty=answered.certainty,
    )


def _draft(asked: Asked, turns: Turns, attempt: int, temperature: float) -> Answered:
    """The model's reply."""
    asked.observe(Drafting(attempt, asked.model))
    answered = asked.complete(
        turns, max_tokens=asked.prompts.max_tokens, temperature=temperature, seed=attempt
    )
    asked.observe(answered.as_event(attempt))
    return answered


def first_turns(asked: Asked) -> Turns:
    """The prompt: instructions and schema first, then examples, the question last."""
    matched: Iterable[RelationName] = {m.relation for m in asked.matches}
    budget = asked.prompt_tokens
    _, cost = fit_comments(asked.catalog, asked.samples, budget)
    if sum(cost.values()) > budget:
        # A prompt that differs for each question is read anew each time, which on two cores takes longer
        # than the answer; one that holds the whole catalog is read once.
        budget //= 2
    chosen = select_relations(asked.catalog, asked.request.question, matched, cost, budget)
    comments, _ = fit_comments(chosen, asked.samples, budget)
    system = asked.prompts.system.substitute(
        dialect=DIALECT_NAMES[asked.catalog.dialect], schema=schema_text(chosen, asked.samples, comments)
    )
    question = _with_colons(asked.request.question)
    beside = [f":{name}" for name in asked.request.names if f":{name}" not in question]
    if beside:
        question = f"Parameters: {', '.join(beside)}\n{question}"
    user = asked.prompts.user.substitute(hints=hints_text(asked.matches, chosen), question=question)
    shown: list[tuple[Literal["user", "assistant"], str]] = []
    for known, sql in asked.request.examples:
        written = asked.prompts.user.substitute(hints="", question=_with_colons(known))
        shown += [("user", written), ("assistant", f"```sql\n{sql}\n```")]
    return (("system", system), *shown, ("user", user))


def _with_colons(question: str) -> str:
    """The question with its parameters as SQL writes them.

    >>> _with_colons("users of {country}")
    'users of :country'
    """
    return PARAMETER.sub(r":\1", question)


def plan_from_draft(draft: str, asked: Asked, provenance: Provenance) -> Plan:
    """The draft as a plan, described by the engine.

    Raises `plan.*`.
    """
    request = asked.request
    examined = asked.examiner.examine(
        Untrusted(draft, request.names, request.question, request.slots, request.optional, asked.samples),
        asked.catalog,
    )
    checked, changes = examined.checked, examined.mended
    if changes:
        asked.observe(DraftMended(changes))
    parameters = declare_types(checked.parameters, request.declared, asked.catalog.dialect)
    plan = Plan(
        kind="query",
        template=request.template(frozenset(p.name for p in checked.parameters)),
        dialect=asked.catalog.dialect,
        scope=asked.scope,
        sql=checked.sql,
        parameters=parameters,
        columns=(),
        depends=checked.depends,
        explanation=checked.explanation,
        assumptions=tuple(_capital(c) for c in changes),
        provenance=replace(provenance, mended=changes),
    )
    return replace(plan, columns=asked.describe(plan))


def unused_numbers(question: str, sql: str, parameters: tuple[Parameter, ...]) -> tuple[str, ...]:
    """Numbers of two digits or more that the question has and the SQL does not.

    >>> unused_numbers("orders of 2025 over 100", "SELECT 1 FROM o WHERE total > 100", ())
    ('2025',)
    """
    used = " ".join((sql, *(str(p.example) for p in parameters)))
    asked = (n.replace(",", "") for n in _NUMBER.findall(question))
    return tuple(n for n in dict.fromkeys(asked) if n not in used)


def _add(spent: Provenance, attempt: int, answered: Answered) -> Provenance:
    return replace(
        spent,
        attempts=attempt,
        prompt_tokens=spent.prompt_tokens + answered.prompt_tokens,
        completion_tokens=spent.completion_tokens + answered.completion_tokens,
        seconds=round(spent.seconds + answered.seconds, 3),
        cost_usd=spent.cost_usd + answered.cost_usd,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
