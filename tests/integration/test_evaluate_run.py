"""A suite run through the real service on DuckDB, with a model whose replies are written here."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from nlq.cli.app import run
from nlq.errors import EvalError, ModelError
from nlq.evaluate import Case, Expected, Gold, Outcome, Score, Suite, evaluate
from nlq.evaluate.bench import Bench
from nlq.evaluate.report import Abstention, Unusable
from nlq.model import Call, Reply
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO customers VALUES (1, 'Ana'), (2, 'Bo'), (3, 'Caio');
"""

REPLIES = {
    "How many customers are there?": "SELECT count(*) FROM customers",
    "Show the names from A to Z": "SELECT name FROM customers ORDER BY name DESC",
    "Which customer has the number 2?": "SELECT id, name FROM customers WHERE id = 2",
    "What is the weather like?": "CANNOT",
}


@dataclass
class Written:
    """Answers what is written above, whatever the schema."""

    name: str = "written"
    is_local: bool = True
    closed: bool = False

    def complete(self, call: Call) -> Reply:
        question = call.messages[1].content.strip().splitlines()[-1]
        if question not in REPLIES:
            raise ModelError("model.timeout", "the language model took too long")
        return Reply(REPLIES[question], prompt_tokens=100, completion_tokens=7, seconds=0.5)

    def close(self) -> None:
        self.closed = True


CASES = (
    Case(1, "How many customers are there?", (Gold("SELECT 3"),), "count", "easy"),
    Case(
        2,
        "Show the names from A to Z",
        (Gold("SELECT name FROM customers ORDER BY name"),),
        "order",
        "easy",
    ),
    Case(
        3,
        "Which customer has the number 2?",
        (Gold("SELECT 'Bo'"), Gold("SELECT 'Bo', 2")),
        "filter",
        "hard",
    ),
    Case(4, "What is the weather like?", (Gold("SELECT 1"),), "filter", "hard"),
    Case(5, "Is anybody there?", (Gold("SELECT 1"),), "filter", "hard"),
)

OpenService = Callable[[str], Service]


@pytest.fixture
def model() -> Written:
    return Written()


@pytest.fixture
def open_shop(tmp_path: Path, model: Written, make_database: Callable[[str, str], str]) -> OpenService:
    shop = make_database("duckdb", SHOP)

    def open_(database: str) -> Service:
        settings = Settings(db=database or shop, cache_dir=str(tmp_path / "cache"))
        return open_service(settings, model=model)

    return open_


def test_outcomes(open_shop: OpenService, model: Written) -> None:
    seen: list[Outcome] = []
    report = evaluate(Suite("shop", CASES), open_shop, observe=seen.append)
    assert tuple(seen) == report.outcomes
    assert all(outcome.seconds > 0 for outcome in seen)
    assert [(o.case.number, o.score, o.error_code, o.drafts, o.prompt_tokens) for o in report.outcomes] == [
        (1, Score(True, "equal"), "", 1, 100),
        (2, Score(False, "wrong order"), "", 1, 100),
        (3, Score(True, "equal"), "", 1, 100),
        (4, Score(False, "error", report.outcomes[3].score.detail), "compile.refused", 1, 100),
        (5, Score(False, "error", report.outcomes[4].score.detail), "compile.unavailable", 0, 0),
    ]
    assert (report.right, model.closed) == (2, False)


def test_asked_again_no_model_is_called(open_shop: OpenService) -> None:
    suite = Suite("shop", CASES[:1])
    first, second = (evaluate(suite, open_shop).outcomes[0] for _ in range(2))
    assert (first.model_calls, second.model_calls, second.drafts, second.score) == (1, 0, 0, first.score)


def test_each_database_is_opened_once(
    open_shop: OpenService, make_database: Callable[[str, str], str]
) -> None:
    other = make_database("duckdb", SHOP + "INSERT INTO customers VALUES (4, 'Dua')")
    opened: list[str] = []

    def open_(database: str) -> Service:
        opened.append(database)
        return open_shop(database)

    gold = (Gold("SELECT count(*) FROM customers"),)
    cases = (
        CASES[0],
        Case(2, "How many customers are there?", gold, database=other),
        replace(CASES[2], number=3),
    )
    report = evaluate(Suite("two", cases), open_)
    assert opened == ["", other]
    assert [(o.case.number, o.score.correct) for o in report.outcomes] == [(1, True), (2, True), (3, True)]


def test_a_gold_that_does_not_run_stops_all_before_a_question_is_asked(open_shop: OpenService) -> None:
    seen: list[Outcome] = []
    cases = (*CASES, Case(6, "What is broken?", (Gold("SELECT nothing FROM customers"),)))
    with pytest.raises(EvalError) as raised:
        evaluate(Suite("shop", cases), open_shop, observe=seen.append)
    assert (raised.value.code, raised.value.hint, seen) == (
        "eval.invalid",
        "it answers `What is broken?`",
        [],
    )
    assert raised.value.message.startswith("the gold SQL of case 6 does not run: ")


def test_a_suite_for_another_dialect(open_shop: OpenService) -> None:
    cases = (Case(1, "How many customers are there?", (Gold("SELECT 3", "postgres"),)),)
    with pytest.raises(EvalError) as raised:
        evaluate(Suite("shop", cases), open_shop)
    assert raised.value.message == "case 1 has no gold SQL for `duckdb`"


def test_a_lenient_suite_leaves_out_what_has_no_gold(open_shop: OpenService) -> None:
    cases = (
        CASES[0],
        Case(2, "What is broken?", (Gold("SELECT nothing FROM customers"),)),
        replace(CASES[2], number=3),
    )
    report = evaluate(Suite("shop", cases, lenient=True), open_shop)
    assert [o.case.number for o in report.outcomes] == [1, 3]
    assert [u.number for u in report.unusable] == [2]


POLICY = """
[principals.ana]
id = 1
roles = ["clerk"]
[principals.eve]
id = 2
[relations.customers]
read = { roles = ["clerk"], sql = "id <= :me.id" }
"""

EVERY_KIND = (
    Case(1, "How many customers are there?", (Gold("SELECT 1"),), asked_by="ana"),
    Case(2, "How many customers are there?", expect=("denied",), asked_by="eve"),
    Case(3, "Show the names from A to Z", rows=Expected((("Ana",),)), asked_by="ana", canaries=("Caio",)),
    Case(4, "What is the weather like?", expect=("unanswerable",), asked_by="ana"),
    Case(5, "Which customer has the number 2?", expect=("denied", "unanswerable"), asked_by="ana"),
    Case(6, "Show the names from A to Z", (Gold("SELECT 'Bo'"),), asked_by='{"id": 3, "roles": ["clerk"]}',
         canaries=("CAIO",)),
)  # fmt: skip


@pytest.mark.parametrize("jobs", [1, 4])
def test_what_must_hold_besides_gold(
    tmp_path: Path, model: Written, make_database: Callable[[str, str], str], jobs: int
) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    settings = Settings(
        db=make_database("duckdb", SHOP),
        cache_dir=str(tmp_path / "c"),
        policy=str(tmp_path / "policy.toml"),
    )
    report = evaluate(Suite("shop", EVERY_KIND), lambda _: open_service(settings, model=model), jobs=jobs)
    assert [(o.case.number, o.score.correct, o.score.reason, o.leaked) for o in report.outcomes] == [
        (1, True, "equal", ()),
        (2, True, "refused", ()),
        (3, True, "equal", ()),
        (4, True, "refused", ()),
        (5, False, "answered", ()),
        (6, False, "leak", ("CAIO",)),
    ]
    assert report.outcomes[5].ours is None, "what leaked is not shown again"
    assert report.abstention == Abstention(refused=2, due=3, both=2)


def test_a_gold_that_finds_nothing_says_nothing(open_shop: OpenService) -> None:
    cases = (Case(1, "How many customers are there?", (Gold("SELECT 1 WHERE 1 = 2"),)),)
    with pytest.raises(EvalError) as raised:
        evaluate(Suite("shop", cases), open_shop)
    assert raised.value.message == ("the gold SQL of case 1 finds no rows, as many a wrong answer would")
    report = evaluate(Suite("shop", cases, lenient=True), open_shop)
    assert (report.outcomes, report.unusable) == ((), (Unusable(1, raised.value.message),))


def test_what_is_done_is_not_asked_again(open_shop: OpenService) -> None:
    first = evaluate(Suite("shop", CASES[:2]), open_shop)
    asked: list[Outcome] = []
    done = {o.case.key: o for o in first.outcomes}
    again = evaluate(Suite("shop", CASES[:3]), open_shop, observe=asked.append, done=done)
    assert [o.case.number for o in asked] == [3]
    assert again.outcomes == (*first.outcomes, *asked)


LUCKY = (
    Case(1, "How many customers are there?", (Gold("SELECT count(*) FROM customers"),)),
    Case(2, "How many are called Bo?", (Gold("SELECT count(*) FROM customers WHERE name = 'Bo'"),)),
)


def test_an_answer_that_is_right_by_luck_is_found_out(
    tmp_path: Path, model: Written, make_database: Callable[[str, str], str]
) -> None:
    REPLIES["How many are called Bo?"] = "SELECT count(*) FROM customers WHERE id = 2"
    settings = Settings(db=make_database("duckdb", SHOP), model="written")
    with Bench(settings, model=model) as bench:
        suite = Suite("shop", LUCKY)
        plain, strict = bench.run(suite), bench.run(suite, variants=4, seed=7)
    assert [o.score.reason for o in plain.outcomes] == ["equal", "equal"]
    assert [o.score.reason for o in strict.outcomes] == ["equal", "right by luck"]
    assert (strict.outcomes[1].fault, strict.made.model) == ("wrong filter", "written")


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_a_fixture_is_made_for_each_engine(tmp_path: Path, model: Written, dialect: Any) -> None:
    (tmp_path / "shop.sql").write_text(SHOP)
    suite = Suite("shop", LUCKY[:1], fixture=(str(tmp_path / "shop.sql"),))
    with Bench(Settings(), model=model, dialect=dialect) as bench:
        report = bench.run(suite)
    assert [(o.dialect, o.score.correct) for o in report.outcomes] == [(dialect, True)]


def test_a_fixture_that_does_not_run(tmp_path: Path, model: Written) -> None:
    (tmp_path / "shop.sql").write_text("CREATE TABLE (")
    suite = Suite("shop", LUCKY[:1], fixture=(str(tmp_path / "shop.sql"),))
    with Bench(Settings(), model=model) as bench, pytest.raises(EvalError) as raised:
        bench.run(suite)
    assert raised.value.message.startswith("the fixture `shop.sql` does not run: ")


def test_what_bird_says_of_columns(
    tmp_path: Path, model: Written, make_database: Callable[[str, str], str]
) -> None:
    url = make_database("sqlite", SHOP)
    folder = Path(url.removeprefix("sqlite:///")).parent / "database_description"
    folder.mkdir()
    (folder / "Customers.csv").write_text("original_column_name,column_name\nname,who buys\n")
    with Bench(Settings(), model=model) as bench:
        service = bench.open(Suite("shop", LUCKY), url)
        (relation,) = [r for r in service.catalog if r.name.name == "customers"]
        service.engine.close()
    assert {c.name: c.comment for c in relation.columns}["name"] == "who buys"


def test_rules_in_english_hold_as_they_were_reviewed(
    tmp_path: Path,
    model: Written,
    make_database: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(db=make_database("duckdb", SHOP), policy="policy.toml", model="written")
    Path("policy.toml").write_text("[relations.customers]\nread = 'everyone'\n")
    Path("nlq.toml").write_text(f'db = "{settings.db}"\npolicy = "policy.toml"\n')
    suite = Suite("shop", LUCKY[:1])
    with Bench(settings, model=model) as bench:
        waiting = bench.run(suite)
    assert [run(["rules", "compile"]), run(["rules", "approve", "--all", "--by", "ana"])] == [1, 0]
    with Bench(settings, model=model) as bench:
        reviewed = bench.run(suite)
    assert [o.score.correct for r in (waiting, reviewed) for o in r.outcomes] == [False, True]


def test_who_asks_needs_a_policy(model: Written) -> None:
    suite = Suite("shop", (replace(LUCKY[0], asked_by="ana"),))
    with Bench(Settings(), model=model) as bench, pytest.raises(EvalError) as raised:
        bench.run(suite)
    assert raised.value.message == "case 1 of `shop` names who asks, and there is no policy"
