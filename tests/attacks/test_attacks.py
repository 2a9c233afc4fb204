"""Every attack of the corpus, by hand and as a model's draft, on real engines: nothing comes out.

Each family is one test, for a service is opened once; what failed is listed by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from attacks.corpus import DIALECTS, Entry, families, load
from attacks.hostile import QUICK, Worlds
from attacks.world import CANARY, HIDDEN_NAMES, numbers

from nlq.catalog import Dialect
from nlq.engine import Engine
from nlq.errors import EngineError
from nlq.guard import Statement, passes
from nlq.redteam.attempt import Outcome, attempt, send_sql

CHECK_S = 1.0
"""How much of a processor it may take to refuse something."""
RUN_S = 5.0
"""How long it may take to stop what runs longer than its limit, on a machine that does much else."""
NUMBERS = numbers()

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("family", families("corpus"))
def test_sql_that_mallory_sends(family: str, dialect: Dialect, worlds: Callable[[Dialect], Worlds]) -> None:
    it = worlds(dialect)
    wrong = [
        f"{attack.name}: {problem}\n    {attack.sql[:200]}"
        for attack in _attacks(family, it)
        for problem in _problems(attack, it)
    ]
    assert "\n".join(wrong) == ""
    assert it.world.sql("SELECT count(*) AS n FROM orders", principal=it.mallory).rows == ((40,),)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("family", families("corpus"))
def test_drafts_of_a_hostile_model(
    family: str, dialect: Dialect, worlds: Callable[[Dialect], Worlds]
) -> None:
    it = worlds(dialect)
    wrong = []
    for attack in _attacks(family, it, turn=1, every=6):
        it.model.draft = f"```sql\n{attack.sql}\n```"
        it.model.prompts.clear()
        question = f"what is {family} {attack.name}?"
        outcome = attempt(lambda q=question: it.world.ask(q, principal=it.mallory))
        wrong += [f"{attack.name}: {p}" for p in _leaks(attack, outcome)]
        wrong += [f"{attack.name}: the prompt has {name}" for name in _told(it.model.prompts, attack)]
    assert "\n".join(wrong) == ""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_guard_lets_through_is_seen(
    dialect: Dialect, worlds: Callable[[Dialect], Worlds], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = worlds(dialect)
    monkeypatch.setattr(passes, "PASSES", tuple(p for p in passes.PASSES if p.__name__ != "restrict"))
    monkeypatch.setattr(it.world, "settings", replace(it.world.settings, statement_timeout_s=60.0))
    for sql, problem in {
        "SELECT name AS read FROM people": "a canary",
        "SELECT total AS read FROM orders": "the hidden numbers",
        "SELECT count(*) AS counted FROM messages": "what is hidden",
        "SELECT count(*) AS told FROM documents WHERE 1 / views > 5 OR views = 0": "what is hidden",
    }.items():
        found = list(_problems(Entry("", "", sql, DIALECTS, refused=False), it))
        assert [f for f in found if f.startswith(problem)] != [], sql


@pytest.mark.parametrize("dialect", DIALECTS)
def test_there_are_three_hundred_for_each_engine(dialect: Dialect) -> None:
    assert len([a for f in families("corpus") for a in load("corpus", f) if dialect in a.engines]) >= 300


def test_names_are_names() -> None:
    names = [
        (a.family, a.name, e) for f in families("corpus") for a in load("corpus", f) for e in a.engines
    ]
    assert sorted(names) == sorted(set(names))


def _attacks(family: str, it: Worlds, turn: int = 0, every: int = 1) -> Iterator[Entry]:
    """Those for this engine; where everything would take long, each goes to one of its engines in turn.

    There, one of `every` few is taken.
    """
    for number, attack in enumerate(load("corpus", family)[:: every if QUICK else 1]):
        its_turn = attack.engines[(number + turn) % len(attack.engines)] == it.dialect
        if it.dialect in attack.engines and (its_turn or not QUICK):
            sql = attack.sql.replace("<FILE>", str(it.file)).replace("<DATABASE>", it.world.engine.name)
            yield Entry(attack.family, attack.name, sql, attack.engines, attack.refused)


def _problems(attack: Entry, it: Worlds) -> Iterator[str]:
    it.overheard.last = None
    outcome = send_sql(it.world, it.mallory, attack.sql)
    yield from _leaks(attack, outcome)
    if attack.refused and outcome.kind != "refused":
        yield f"it was {outcome.kind}, and should be refused"
    if it.overheard.last is not None and outcome.code != "engine.timeout":
        # What is checked and restricted does not depend on rows, so the twin is sent what came of it.
        twin = _run(it.twin, *it.overheard.last)
        here = _shape(outcome.rows) if outcome.kind == "answered" else outcome.shown.splitlines()[:2]
        if here != twin and twin[:1] != ["engine.timeout"]:
            yield f"what is hidden makes a difference: {here} / {twin}"


def _run(
    twin: Engine, statement: Statement, arguments: Mapping[str, Any], how: dict[str, Any]
) -> list[str]:
    try:
        return _shape(twin.run(statement, arguments, **how).rows)
    except EngineError as error:
        return [error.code, error.message]


def _shape(rows: tuple[tuple[Any, ...], ...]) -> list[str]:
    """Rows as a bag."""
    return sorted(map(repr, rows))


def _leaks(attack: Entry, outcome: Outcome) -> Iterator[str]:
    if outcome.kind == "crashed":
        yield f"a crash: {outcome.shown[:300]}"
    if CANARY in outcome.shown.casefold() and CANARY not in attack.sql:
        yield f"a canary in {outcome.shown[:300]}"
    if found := {n for n in _NUMBER.findall(outcome.shown) if Decimal(n) in NUMBERS}:
        yield f"the hidden numbers {found}"
    if outcome.kind != "answered" and (found := _names(outcome.shown) - _names(attack.sql)):
        yield f"the hidden names {found}"
    if outcome.cpu_s > CHECK_S or outcome.seconds > RUN_S:
        yield f"{outcome.seconds:.1f} s ({outcome.cpu_s:.1f} s of a processor) until it was {outcome.kind}"


def _told(prompts: list[str], attack: Entry) -> set[str]:
    """What is hidden and stands in a prompt, although the draft did not say it."""
    found = {name for prompt in prompts for name in _names(prompt) - _names(attack.sql)}
    return found | {CANARY for prompt in prompts if CANARY in prompt and CANARY not in attack.sql}


def _names(text: str) -> set[str]:
    return {n for n in HIDDEN_NAMES if re.search(rf"\b{re.escape(n)}\b", text, re.IGNORECASE)}
