"""What evaluations write and read back: run files, baselines; and the gate."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nlq.errors import EvalError
from nlq.evaluate import Case, Gold, Outcome, Report, Score, Suite
from nlq.evaluate.baseline import load_baseline, save_baseline
from nlq.evaluate.compare import Compared, Comparison
from nlq.evaluate.gate import Gate, find_failures
from nlq.evaluate.journal import Journal
from nlq.evaluate.report import Made

CASES = tuple(Case(n, f"question {n}", (Gold("SELECT 1"),)) for n in range(1, 11))
SUITE = Suite("mine", CASES)
RUN_OF = {"model": "m", "prompt": "p"}


def outcome(case: Case, *, right: bool = True, **changes: object) -> Outcome:
    score = Score(True, "equal") if right else Score(False, "wrong rows", "1 of 1 differ")
    return replace(Outcome(case, "duckdb", score, "SELECT 1", 0.5), **changes)


def report(rights: str, **changes: object) -> Report:
    """A report of the first cases: `x` is a right one."""
    outcomes = (outcome(c, right=r == "x", **changes) for c, r in zip(CASES, rights, strict=False))
    return Report("mine", tuple(outcomes), made=Made("m", "p"))


def test_a_run_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "run.jsonl"
    journal = Journal(path, RUN_OF)
    assert journal.done(SUITE) == {}
    first, second = outcome(CASES[0]), outcome(CASES[1], right=False)
    journal.add("mine", first)
    journal.add("mine", second)
    journal.add("mine", outcome(CASES[2], right=False, error_code="compile.unavailable"))
    journal.close()
    with path.open("a") as file:
        file.write('{"suite": "mine", "key": "torn')
    again = Journal(path, RUN_OF)
    assert again.done(SUITE) == {first.case.key: first, second.case.key: second}
    assert again.done(replace(SUITE, name="other")) == {}
    again.add("mine", outcome(CASES[3]))
    again.close()
    assert [json.loads(line).get("number") for line in path.read_text().splitlines()] == [None, 1, 2, 3, 4]


def test_a_run_file_of_another_run(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    Journal(path, RUN_OF).close()
    with pytest.raises(EvalError) as raised:
        Journal(path, {**RUN_OF, "model": "n"})
    assert raised.value.message == (f"the run file `{path}` is of another run: `model` was `m` and is `n`")


@pytest.mark.parametrize("text", ["[]\n", "{}\nx\n", '"a"\n', "\n"])
def test_what_is_no_run_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(text)
    with pytest.raises(EvalError):
        Journal(path, RUN_OF)
    assert path.read_text() == text


def test_a_baseline(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    save_baseline(path, [report("xx.")])
    save_baseline(path, [Report("other", (outcome(CASES[0]),))])
    assert path.read_text().splitlines() == [
        '{"format": "nlq eval baseline 1", "suites": {',
        '  "mine": {"made_by": "m, p", "cases": [',
        f'   {{"key": "{CASES[0].key}", "right": true, "question": "question 1"}},',
        f'   {{"key": "{CASES[1].key}", "right": true, "question": "question 2"}},',
        f'   {{"key": "{CASES[2].key}", "right": false, "question": "question 3"}}',
        "  ]},",
        '  "other": {"made_by": "", "cases": [',
        f'   {{"key": "{CASES[0].key}", "right": true, "question": "question 1"}}',
        "  ]}",
        "}}",
    ]
    now = report("x.xx")
    expected = Comparison((CASES[2].key,), (CASES[1].key,), common=3, before=2)
    assert load_baseline(path).compare(now) == Compared(now, expected)
    third = replace(now, suite="third")
    assert load_baseline(path).compare(third) == Compared(third, None)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "nlq eval baseline 1", "suites": {"a": 3}}'])
def test_what_is_no_baseline(tmp_path: Path, text: str) -> None:
    path = tmp_path / "base.json"
    path.write_text(text)
    with pytest.raises(EvalError) as raised:
        load_baseline(path)
    assert raised.value.message == f"`{path}` is not a baseline"


WORSE = Comparison((), ("k",) * 6, common=10, before=10)
UNLUCKY = Comparison((), ("k",) * 5, common=10, before=10)
MUST_PASS = Report("mine", (outcome(replace(CASES[0], must_pass=True), right=False), outcome(CASES[1])))


@pytest.mark.parametrize(
    ("gate", "compared", "failures"),
    [
        (Gate(0.75), Compared(report("xxx.")), ()),
        (Gate(0.75), Compared(report("xx..")), ("mine: 50.0% are right, less than 75.0%",)),
        (Gate(0.0), Compared(Report("mine", ())), ("mine: no case was asked",)),
        (Gate(), Compared(report("...."), WORSE), ()),
        (
            Gate(fail_on_regression=True),
            Compared(report("...."), WORSE),
            ("mine: worse than the baseline: 6 lost and 0 gained (p = 0.0312)",),
        ),
        (Gate(fail_on_regression=True), Compared(report("...."), UNLUCKY), ()),
        (Gate(), Compared(MUST_PASS), ("mine: case 1 must pass, and is wrong: question 1",)),
        (Gate(max_cost=0.02), Compared(report("xx", cost_usd=0.01)), ()),
        (
            Gate(max_cost=0.02),
            Compared(report("xxx", cost_usd=0.01)),
            ("the model cost 0.0300 USD, more than 0.0200 USD",),
        ),
        (
            Gate(),
            Compared(report("x", leaked=("4111",))),
            ("mine: case 1 leaked 1 of its canaries",),
        ),
    ],
    ids="enough few none off regression chance must-pass cheap dear leak".split(),
)
def test_the_gate(gate: Gate, compared: Compared, failures: tuple[str, ...]) -> None:
    assert find_failures(gate, [compared]) == failures
