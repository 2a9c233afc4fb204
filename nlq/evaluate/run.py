"""Runs a suite: every gold first, then every question, each scored as soon as it is answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace

from nlq.answer import Answer
from nlq.catalog import Dialect
from nlq.engine.cancellation import Cancellation
from nlq.errors import EvalError, NlqError
from nlq.evaluate.distinguish import OpenLuck
from nlq.evaluate.fault import find_fault, nearest_gold
from nlq.evaluate.gold import RunGold, run_gold_on, run_golds
from nlq.evaluate.judge import (
    Wanted,
    answer_texts,
    error_texts,
    find_canaries,
    judge_answer,
    judge_refusal,
)
from nlq.evaluate.outcome import Outcome, shorten
from nlq.evaluate.report import Report, Unusable
from nlq.evaluate.score import Score
from nlq.evaluate.suite import Case, Suite
from nlq.events import Drafted, Event, Observer
from nlq.policy import OWNER, Principal
from nlq.policy.claims import require_claims
from nlq.policy.load import choose_principal
from nlq.policy.principal import ANONYMOUS
from nlq.service import Service

Ask = Callable[[Case, Observer], Answer]
Luck = Callable[[Case, Sequence[Wanted]], str]
"""As `FindLuck`, for the one who asks the case."""

POLL_S = 0.2
"""How soon a run stops that was cancelled."""


def evaluate(
    suite: Suite,
    open_service: Callable[[str], Service],
    *,
    principal: Principal | None = None,
    observe: Callable[[Outcome], None] | None = None,
    jobs: int = 1,
    done: Mapping[str, Outcome] | None = None,
    open_luck: OpenLuck | None = None,
    cancellation: Cancellation | None = None,
) -> Report:
    """The report of the whole suite.

    `open_service` is given the database of a case as the suite names it: empty where it names none. The
    engine is closed when its cases are done; the model is not, for it may serve the next database.
    Results longer than the service's row limit are cut and so wrong: open it with a generous one.

    `principal` asks what no case says who asks; without one, the owner does where there is no policy, and
    else nobody in particular. `jobs` questions are asked at once. Cases that are `done` are not asked
    again. Raises `eval.invalid` where a gold does not run or finds nothing, before any question of its
    database is asked, unless the suite is lenient.
    """
    outcomes: list[Outcome] = []
    unusable: list[Unusable] = []
    for database, cases in _by_database(suite):
        left = tuple(case for case in cases if case.key not in (done or {}))
        outcomes += [done[case.key] for case in cases if done and case.key in done]
        if not left or (cancellation is not None and cancellation.cancelled):
            continue
        service = open_service(database)
        try:
            part = replace(suite, cases=left)
            with open_desk(service, part, principal, open_luck) as desk:
                run = run_suite(
                    part, service.engine.dialect, desk.ask, run_gold_on(service.engine), observe, jobs=jobs,
                    find_luck=desk.find_luck, cancellation=cancellation,
                )  # fmt: skip
            outcomes += run.outcomes
            unusable += run.unusable
        finally:
            service.engine.close()
    ordered = sorted(outcomes, key=lambda o: o.case.number)
    return Report(suite.name, tuple(ordered), tuple(sorted(unusable, key=lambda u: u.number)))


def run_suite(
    suite: Suite,
    dialect: Dialect,
    ask: Ask,
    run_gold: RunGold,
    observe: Callable[[Outcome], None] | None = None,
    *,
    jobs: int = 1,
    find_luck: Luck | None = None,
    cancellation: Cancellation | None = None,
) -> Report:
    """The report of a suite whose cases share one database; `observe` is called from this thread.

    Raises `eval.invalid` where a gold does not run or finds nothing, unless the suite is lenient.
    """
    wanted: dict[Case, tuple[Wanted, ...]] = {}
    unusable = []
    for case in suite.cases:
        try:
            wanted[case] = run_golds(case, dialect, run_gold)
        except EvalError as error:
            if not suite.lenient:
                raise
            unusable.append(Unusable(case.number, error.message))

    def run(case: Case) -> Outcome:
        return run_case(case, dialect, wanted[case], ask, find_luck)

    outcomes = []
    for outcome in _run_all(list(wanted), run, jobs, cancellation):
        outcomes.append(outcome)
        if observe is not None:
            observe(outcome)
    return Report(suite.name, tuple(sorted(outcomes, key=lambda o: o.case.number)), tuple(unusable))


def run_case(
    case: Case, dialect: Dialect, wanted: Sequence[Wanted], ask: Ask, find_luck: Luck | None = None
) -> Outcome:
    """What comes of one case. Errors of `nlq` are outcomes; others are bugs, and raised."""
    drafts: list[Drafted] = []

    def listen(event: Event) -> None:
        if isinstance(event, Drafted):
            drafts.append(event)

    golds = case.gold_sql(dialect)
    answer: Answer | None = None
    met: tuple[Wanted, ...] = ()
    code = ""
    started = time.perf_counter()
    try:
        answer = ask(case, listen)
        seconds = time.perf_counter() - started
        score, met = judge_answer(case, wanted, answer)
        leaked = find_canaries(case.canaries, answer_texts(answer))
        if met and find_luck is not None and (told := find_luck(case, met)):
            score, met = Score(False, "right by luck", told), ()
    except NlqError as error:
        seconds = time.perf_counter() - started
        code, score = error.code, judge_refusal(case, error)
        leaked = find_canaries(case.canaries, error_texts(error))
    if leaked:
        score, met = Score(False, "leak", f"{len(leaked)} of its canaries were seen"), ()
    sql = answer.sql if answer else ""
    gold = met[0].sql if met else nearest_gold(sql, golds, dialect)
    shown = next((w for w in wanted if w.sql == gold), wanted[0] if wanted else None)
    wrong = not score.correct
    paid = [d for d in drafts if not d.from_cache]
    return Outcome(
        case=case,
        dialect=dialect,
        score=score,
        sql=sql,
        seconds=seconds,
        error_code=code,
        drafts=len(drafts),
        model_calls=len(paid),
        prompt_tokens=sum(d.prompt_tokens for d in drafts),
        completion_tokens=sum(d.completion_tokens for d in drafts),
        cost_usd=sum(d.cost_usd for d in paid),
        cached=answer is not None and answer.cached,
        fault=find_fault(score, code, sql, golds, dialect),
        leaked=leaked,
        gold_sql=gold,
        confidence=answer.plan.provenance.confidence if answer is not None else 0.0,
        # What leaked is not shown again: reports are kept and sent around.
        ours=shorten(answer) if wrong and answer and not leaked else None,
        wanted=shorten(shown.result) if wrong and shown and not leaked else None,
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the cases of one database are asked, each by the one who asks it."""

    ask: Ask
    find_luck: Luck | None


@contextmanager
def open_desk(
    service: Service, suite: Suite, principal: Principal | None = None, open_luck: OpenLuck | None = None
) -> Iterator[Desk]:
    """A desk for all cases of the suite. Raises `policy.*` for an asker who is not known."""
    askers = {case.key: _asker(case, service, principal) for case in suite.cases}

    def ask(case: Case, listen: Observer) -> Answer:
        who = askers[case.key]
        return service.ask(case.full_question, principal=who, observe=listen, kind="eval")

    if open_luck is None:
        yield Desk(ask, None)
        return
    with open_luck(service, suite) as find:
        yield Desk(ask, lambda case, met: find(case, met, askers[case.key]))


def _asker(case: Case, service: Service, principal: Principal | None) -> Principal:
    if case.asked_by:
        return require_claims(choose_principal(case.asked_by, service.policy), service.policy)
    if principal is not None:
        return principal
    return OWNER if service.policy.open_to_owner else ANONYMOUS


def _run_all(
    cases: Sequence[Case], run: Callable[[Case], Outcome], jobs: int, cancellation: Cancellation | None
) -> Iterator[Outcome]:
    """The outcomes as they come. After a cancellation, those that are under way are still waited for."""

    def stopped() -> bool:
        return cancellation is not None and cancellation.cancelled

    if jobs == 1:
        for case in cases:
            if stopped():
                return
            yield run(case)
        return
    with ThreadPoolExecutor(jobs) as pool:
        waiting: set[Future[Outcome]] = {pool.submit(run, case) for case in cases}
        try:
            while waiting and not stopped():
                ready, waiting = wait(waiting, timeout=POLL_S, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ready)
        finally:
            for future in waiting:
                future.cancel()


def _by_database(suite: Suite) -> list[tuple[str, list[Case]]]:
    groups: dict[str, list[Case]] = {}
    for case in suite.cases:
        groups.setdefault(case.database or suite.database, []).append(case)
    return list(groups.items())
