"""Which of several drafts is kept, and how far it is trusted."""

from __future__ import annotations

import pytest

from nlq.compiler.vote import Candidate, are_agreed, candidate, confidence, elect, name_rows
from nlq.plan import Plan, Provenance


def drafted(name: str, found: str | None = None, **given: object) -> Candidate:
    mended = ("joined it",) if given.pop("mended", False) else ()
    plan = Plan("query", "q", "duckdb", "owner", name, (), (), (), "", provenance=Provenance(mended=mended))
    return Candidate(plan, found, **given)  # type: ignore[arg-type]


FIRST, SAME, OTHER = drafted("a", "1"), drafted("b", "1"), drafted("c", "2")
MENDED, EMPTY = drafted("d", "3", mended=True), drafted("e", "4", is_empty=True)
FORGETFUL = drafted("f", "5", forgets=True)


@pytest.mark.parametrize(
    ("candidates", "kept"),
    [
        pytest.param([FIRST], "a", id="one"),
        pytest.param([FIRST, OTHER], "a", id="the first of two"),
        pytest.param([OTHER, FIRST, SAME], "a", id="what two find"),
        pytest.param([MENDED, FIRST], "a", id="what bound at once"),
        pytest.param([EMPTY, MENDED], "d", id="what finds something"),
        pytest.param([EMPTY, FIRST, EMPTY], "a", id="two that find nothing"),
        pytest.param([FORGETFUL, MENDED], "d", id="what uses each number"),
        pytest.param([drafted("x"), drafted("y"), drafted("y")], "y", id="the same SQL, not tried"),
    ],
)
def test_what_is_kept(candidates: list[Candidate], kept: str) -> None:
    assert elect(candidates).plan.sql == kept


@pytest.mark.parametrize(
    ("one", "doubtful"),
    [
        pytest.param(FIRST, False, id="plain"),
        pytest.param(MENDED, False, id="mended"),
        pytest.param(EMPTY, True, id="finds nothing"),
        pytest.param(FORGETFUL, True, id="forgets a number"),
    ],
)
def test_what_is_doubtful(one: Candidate, doubtful: bool) -> None:
    assert one.is_doubtful is doubtful


def test_what_is_not_in_the_sql_lowers_confidence() -> None:
    loose = drafted("x", "1", strength=0.3)
    assert confidence(loose, [loose]) < confidence(FIRST, [FIRST])
    assert elect([loose, OTHER]) is OTHER


def test_two_agree() -> None:
    assert are_agreed([OTHER, FIRST, SAME]) and not are_agreed([FIRST, OTHER])


def test_confidence_ranks_what_speaks_for_a_draft() -> None:
    repaired, loose = drafted("x", "1", is_repaired=True), drafted("z", "1", strength=0.3)
    likely, unlikely = drafted("v", "1", certainty=0.8), drafted("w", "1", certainty=0.001)
    told = [
        confidence(likely, [likely]),
        confidence(FIRST, [FIRST]),
        confidence(FIRST, [FIRST, OTHER]),
        confidence(unlikely, [unlikely]),
        confidence(repaired, [repaired]),
        confidence(loose, [loose]),
        confidence(FORGETFUL, [FORGETFUL, MENDED, OTHER]),
        confidence(EMPTY, [EMPTY]),
    ]
    assert told == [0.95, 0.9, 0.85, 0.69, 0.76, 0.75, 0.56, 0.15]


def test_results_are_the_same_whatever_the_order_of_rows_and_columns() -> None:
    assert name_rows([(1, "a"), (2, None)]) == name_rows([(None, 2), ("a", 1)])
    assert name_rows([(1,), (1,)]) != name_rows([(1,)])


@pytest.mark.parametrize(
    ("rows", "is_empty"),
    [([], True), ([(None,)], True), ([(0,)], False)],
    ids=["no rows", "nothing in it", "a zero"],
)
def test_an_empty_result(rows: list[tuple[object, ...]], is_empty: bool) -> None:
    assert candidate(FIRST.plan, lambda plan: rows).is_empty is is_empty


def test_what_cannot_be_tried_is_compared_by_its_sql() -> None:
    assert candidate(FIRST.plan, lambda plan: None).found is None
    assert candidate(FIRST.plan, None).found is None
