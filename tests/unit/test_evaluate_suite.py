"""Suites are read strictly: a misspelt key is an error that names the case."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nlq.errors import EvalError
from nlq.evaluate import Case, Expected, Gold, Suite, load_jsonl, load_spider, load_suite
from nlq.evaluate.choose import parse_shard, sample_cases, take_shard
from nlq.evaluate.public import find_descriptions, load_public

ROOT = Path(__file__).parents[2]


def _written(directory: Path, text: str) -> Path:
    path = directory / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_suite(tmp_path: Path) -> None:
    path = _written(
        tmp_path,
        """
        name = "shop"
        database = "demo"
        [[case]]
        question = " How many users are there? "
        gold = "SELECT count(*) FROM users"
        class = "count"
        difficulty = "easy"
        [[case]]
        question = "How old is the oldest order?"
        gold = { duckdb = "SELECT 1", postgres = "SELECT 2" }
        """,
    )
    suite = load_suite(path)
    assert suite == Suite(
        "shop",
        (
            Case(1, "How many users are there?", (Gold("SELECT count(*) FROM users"),), "count", "easy"),
            Case(
                2,
                "How old is the oldest order?",
                (Gold("SELECT 1", "duckdb"), Gold("SELECT 2", "postgres")),
            ),
        ),
        "demo",
    )
    assert [suite.cases[n].gold_sql(d) for n in (0, 1) for d in ("duckdb", "postgres")] == [
        ("SELECT count(*) FROM users",),
        ("SELECT count(*) FROM users",),
        ("SELECT 1",),
        ("SELECT 2",),
    ]
    with pytest.raises(EvalError) as raised:
        suite.cases[1].gold_sql("sqlite")
    assert raised.value.message == "case 2 has no gold SQL for `sqlite`"


def test_a_suite_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    suite = load_suite(_written(tmp_path, '[[case]]\nquestion = "q"\ngold = "SELECT 1"'))
    assert (suite.name, suite.database) == ("mine", "")


CASE = '[[case]]\nquestion = "q"\ngold = "SELECT 1"\n'
GOLD_HINT = 'write `gold = "SELECT …"`, or `gold = { duckdb = "SELECT …", postgres = "SELECT …" }`'
DIALECT_HINT = "use `duckdb`, `postgres` or `sqlite`"
INVALID = [
    ("no cases", 'name = "x"', "`mine.toml` has no cases", "add a `[[case]]`"),
    ("empty file", "", "`mine.toml` has no cases", "add a `[[case]]`"),
    ("cases are no list", "case = 3", "`mine.toml` has no cases", "add a `[[case]]`"),
    ("case is no table", "case = [3]", "case 1 of `mine.toml` is not a table", "write `[[case]]` above it"),
    (
        "unknown key",
        f'{CASE}golds = "x"',
        "case 1 of `mine.toml`: unknown key `golds`",
        "did you mean `gold`?",
    ),
    (
        "unknown key of the suite",
        f"nam = 3\n{CASE}",
        "`mine.toml`: unknown key `nam`",
        "did you mean `name`?",
    ),
    ("no question", f'{CASE}[[case]]\ngold = "x"', "case 2 of `mine.toml`: `question` is missing", None),
    (
        "empty question",
        '[[case]]\nquestion = ""\ngold = "x"',
        "case 1 of `mine.toml`: `question` is empty",
        None,
    ),
    (
        "question is no text",
        '[[case]]\nquestion = 3\ngold = "x"',
        "case 1 of `mine.toml`: `question` is not text",
        None,
    ),
    ("no gold", '[[case]]\nquestion = "q"', "case 1 of `mine.toml` has no gold SQL", GOLD_HINT),
    (
        "empty gold",
        '[[case]]\nquestion = "q"\ngold = " "',
        "case 1 of `mine.toml` has no gold SQL",
        GOLD_HINT,
    ),
    (
        "gold of no dialect",
        '[[case]]\nquestion = "q"\ngold = {}',
        "case 1 of `mine.toml` has no gold SQL",
        GOLD_HINT,
    ),
    (
        "unknown dialect",
        '[[case]]\nquestion = "q"\ngold = { mysql = "x" }',
        "case 1 of `mine.toml`: unknown dialect `mysql`",
        DIALECT_HINT,
    ),
    (
        "gold is no text",
        '[[case]]\nquestion = "q"\ngold = { duckdb = 3 }',
        "case 1 of `mine.toml`: `duckdb` is not text",
        None,
    ),
    (
        "unknown difficulty",
        f'{CASE}difficulty = "tricky"',
        "case 1 of `mine.toml`: unknown difficulty `tricky`",
        "use `easy`, `medium`, `hard`",
    ),
    ("asked twice", CASE + CASE, "cases 1 and 2 of `mine.toml` ask the same question", None),
]


@pytest.mark.parametrize(("text", "message", "hint"), [c[1:] for c in INVALID], ids=[c[0] for c in INVALID])
def test_what_cannot_be_read(tmp_path: Path, text: str, message: str, hint: str | None) -> None:
    with pytest.raises(EvalError) as raised:
        load_suite(_written(tmp_path, text))
    assert raised.value.to_json() == {
        "code": "eval.invalid",
        "message": message,
        "hint": hint,
        "span": None,
    }


def test_what_is_not_toml(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"`mine\.toml` is not TOML"):
        load_suite(_written(tmp_path, "[[case"))
    (tmp_path / "mine.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(EvalError, match=r"`mine\.toml` is not TOML"):
        load_suite(tmp_path / "mine.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EvalError) as raised:
        load_suite(tmp_path / "absent.toml")
    assert raised.value.message == f"the suite `{tmp_path / 'absent.toml'}` cannot be read"


@pytest.mark.parametrize("path", sorted((ROOT / "evals").glob("*.toml")), ids=lambda path: path.stem)
def test_our_own_suites_are_sound(path: Path) -> None:
    suite = load_suite(path)
    assert suite.name == path.stem
    assert {(case.kind != "", case.difficulty != "") for case in suite.cases} == {(True, True)}


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    lines: list[dict[str, Any]] = [
        {"db_id": "zoo", "question": "a?", "gold_sql": "SELECT 1", "id": "x-1", "evidence": None},
        {"db_id": "zoo", "question": "b?", "gold_sql": "SELECT 2", "gold_ok": False},
        {"db_id": "sea", "question": "c?", "gold_sqls": ["SELECT 3", "SELECT 4"], "gold_sql": "SELECT 3"},
        {"db_id": "sea", "question": "d?", "gold_sql": "SELECT 5", "evidence": "a whale is no fish"},
    ]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    for name in ("zoo", "sea"):
        (tmp_path / "databases" / name).mkdir(parents=True)
        (tmp_path / "databases" / name / f"{name}.sqlite").touch()
    return tmp_path


def test_a_public_benchmark(layout: Path) -> None:
    def url(name: str) -> str:
        return f"sqlite:///{layout}/databases/{name}/{name}.sqlite"

    one, two, five = Gold("SELECT 1", "sqlite"), Gold("SELECT 3", "sqlite"), Gold("SELECT 5", "sqlite")
    suite = load_jsonl(layout)
    assert suite == Suite(
        layout.name,
        (
            Case(1, "a?", (one,), "zoo", "easy", database=url("zoo")),
            Case(3, "c?", (two, Gold("SELECT 4", "sqlite")), "sea", "easy", database=url("sea")),
            Case(4, "d?", (five,), "sea", "easy", database=url("sea"), evidence="a whale is no fish"),
        ),
        lenient=True,
    )
    assert suite.cases[2].full_question == "d? (a whale is no fish)"


def test_a_sample_is_the_same_for_the_same_seed(layout: Path) -> None:
    suite = load_jsonl(layout)

    def draw(seed: int) -> tuple[int, ...]:
        return tuple(c.number for c in sample_cases(suite, 2, seed).cases)

    drawn = {seed: draw(seed) for seed in range(8)}
    assert drawn == {seed: draw(seed) for seed in range(8)}
    assert len(set(drawn.values())) > 1
    assert {numbers == tuple(sorted(numbers)) for numbers in drawn.values()} == {True}
    assert sample_cases(suite, 99) == suite


def test_shards_are_disjoint_and_hold_all(layout: Path) -> None:
    suite = load_jsonl(layout)
    shards = [[c.number for c in take_shard(suite, *parse_shard(f"{n}/2")).cases] for n in (1, 2)]
    assert shards == [[1, 4], [3]]


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(EvalError) as raised:
        parse_shard(text)
    assert raised.value.message == f"`{text}` is no shard"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1 of `{}` is not JSON"),
        ("3", "line 1 of `{}` is not an object"),
        ('{"db_id": "x", "question": "a?"}', "line 1 of `{}` has no gold SQL"),
        ('{"db_id": "x", "question": "a?", "gold_sql": "y"}', "line 1 of `{}`: there is no database `x`"),
        ('{"question": "a?", "gold_sql": "y"}', "line 1 of `{}`: `db_id` is missing"),
        ('{"gold_ok": false}', "`{}` has no cases"),
    ],
)
def test_a_benchmark_that_cannot_be_read(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "questions.jsonl").write_text(line)
    with pytest.raises(EvalError) as raised:
        load_jsonl(tmp_path)
    assert raised.value.message.startswith(message.format(tmp_path.name))


def test_spider_and_bird(layout: Path) -> None:
    listed = [
        {"db_id": "zoo", "question": "a?", "query": "SELECT 1"},
        {"db_id": "sea", "question": "b?", "SQL": "SELECT 2", "evidence": "e", "difficulty": "moderate"},
    ]
    (layout / "dev.json").write_text(json.dumps(listed), "utf-8")
    (layout / "databases").rename(layout / "database")
    urls = [f"sqlite:///{layout}/database/{name}/{name}.sqlite" for name in ("zoo", "sea")]
    assert load_spider(layout / "dev.json").cases == (
        Case(1, "a?", (Gold("SELECT 1", "sqlite"),), "zoo", "easy", urls[0]),
        Case(2, "b?", (Gold("SELECT 2", "sqlite"),), "sea", "medium", urls[1], "e"),
    )


def test_the_training_set_of_bird_beside_its_schemas(layout: Path) -> None:
    (layout / "databases").rename(layout / "train_databases")
    described = layout / "train_databases" / "sea" / "database_description"
    described.mkdir()
    (layout / "questions.jsonl").rename(layout / "dev_tables.json")
    listed = [{"db_id": name, "question": "a?", "SQL": "SELECT 1"} for name in ("zoo", "sea")]
    (layout / "train.json").write_text(json.dumps(listed), "utf-8")
    zoo, sea = load_public(layout).cases
    assert (find_descriptions(zoo.database), find_descriptions(sea.database)) == ("", str(described))


def test_a_database_is_not_looked_for_outside(layout: Path) -> None:
    (layout / "databases" / "x.sqlite").touch()
    raw = [{"db_id": "../databases", "question": "a?", "query": "SELECT 1"}]
    (layout / "dev.json").write_text(json.dumps(raw), "utf-8")
    with pytest.raises(EvalError) as raised:
        load_spider(layout / "dev.json")
    assert raised.value.message == "question 1 of `dev.json`: there is no database `../databases`"


def test_what_must_hold_besides_gold(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").touch()
    (tmp_path / "shop.sql").touch()
    path = _written(
        tmp_path,
        """
        fixture = "shop.sql"
        policy = "policy.toml"
        canaries = ["4111-1111"]
        [[case]]
        question = "a?"
        as = "ana"
        gold = ["SELECT 1", "SELECT 2"]
        canaries = "Zoe"
        must_pass = true
        [[case]]
        question = "a?"
        as = { id = 7, roles = ["analyst"] }
        rows = [["Ana", 2026-01-02], ["Bo", 2026-01-03]]
        ordered = true
        [[case]]
        question = "b?"
        expect = ["denied", "unanswerable"]
        [[case]]
        question = "c?"
        rows = []
        """,
    )
    assert load_suite(path) == Suite(
        "mine",
        (
            Case(1, "a?", (Gold("SELECT 1"), Gold("SELECT 2")), asked_by="ana",
                 canaries=("4111-1111", "Zoe"), must_pass=True),
            Case(2, "a?", asked_by='{"id": 7, "roles": ["analyst"]}', canaries=("4111-1111",),
                 rows=Expected((("Ana", date(2026, 1, 2)), ("Bo", date(2026, 1, 3))), ordered=True)),
            Case(3, "b?", expect=("denied", "unanswerable"), canaries=("4111-1111",)),
            Case(4, "c?", rows=Expected(()), canaries=("4111-1111",)),
        ),
        policy=str(tmp_path / "policy.toml"),
        fixture=(str(tmp_path / "shop.sql"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('expect = "refused"', "nothing can be expected as `refused`"),
        ("expect = []", "`expect` is empty"),
        ("rows = [1]", "`rows` is not a list of rows"),
        ("rows = [[1], [1, 2]]", "`rows` differ in length"),
        ("rows = [[[1]]]", "`rows` hold `[1]`, which is no value"),
        ("ordered = true", "`ordered` is for `rows`"),
        ("as = 7", "`as` names nobody"),
        ('must_pass = "yes"', "`must_pass` is neither `true` nor `false`"),
        ('canaries = "q"', "the question holds the canary `q`"),
        ("canaries = [3]", "`canaries` is neither text nor a list of texts"),
    ],
)
def test_what_cannot_hold(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(EvalError) as raised:
        load_suite(_written(tmp_path, f"{CASE}{line}"))
    assert raised.value.message == f"case 1 of `mine.toml`: {message}"


def test_a_key_stays_when_cases_come_and_go_and_databases_move() -> None:
    here = Case(1, "q", database="sqlite:////home/ana/zoo.sqlite")
    there = Case(9, "q", (Gold("SELECT 1"),), database="sqlite:///elsewhere/zoo.sqlite", must_pass=True)
    others = [Case(1, "r"), Case(1, "q", asked_by="bo"), Case(1, "q", evidence="e"), Case(1, "q")]
    assert here.key == there.key
    assert len({here.key, *(case.key for case in others)}) == 5
