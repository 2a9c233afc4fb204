"""Reads public benchmarks as they are published: Spider, BIRD, and JSON lines beside SQLite files.

The suites are lenient: public sets hold golds that do not fit their databases.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nlq.errors import EvalError
from nlq.evaluate.read import read_text
from nlq.evaluate.suite import Case, Gold, Suite

_FOLDERS = ("databases", "database", "dev_databases", "train_databases", "test_database")
_SPIDER = ("dev.json", "test.json", "train.json")
_DESCRIPTIONS = "database_description"
_BIRD_DIFFICULTY = {"simple": "easy", "moderate": "medium", "challenging": "hard"}


def load_public(path: Path) -> Suite:
    """The suite of a directory: `questions.jsonl`, or the `dev.json` of Spider or BIRD.

    Raises `eval.invalid`.
    """
    if (path / "questions.jsonl").is_file():
        return load_jsonl(path)
    # `dev_tables.json` holds schemas, which the databases know better.
    others = sorted(p.name for p in path.glob("*dev*.json") if "tables" not in p.name)
    for name in (*_SPIDER, *others):
        if (path / name).is_file():
            return load_spider(path / name)
    raise EvalError(
        "eval.invalid",
        f"`{path.name}` holds no benchmark",
        "it needs `questions.jsonl`, or `dev.json` as Spider and BIRD have it",
    )


def load_jsonl(path: Path) -> Suite:
    """The suite in a directory of `questions.jsonl` and `databases/<db_id>/<db_id>.sqlite`.

    A line has `db_id`, `question`, `gold_sql` or `gold_sqls`, perhaps `evidence` and `difficulty`. Lines
    that say `"gold_ok": false` are left out, and numbers are those of the lines. Raises `eval.invalid`,
    naming the line.
    """
    try:
        lines = (path / "questions.jsonl").read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError("eval.invalid", f"the suite `{path}` cannot be read") from error

    def read() -> Iterator[Case]:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"line {number} of `{path.name}`"
            try:
                raw = json.loads(line)
            except ValueError as error:
                raise EvalError("eval.invalid", f"{where} is not JSON: {error}") from error
            raw = _require_object(raw, where)
            if raw.get("gold_ok") is not False:
                yield _read_entry(number, raw, path, where)

    return _suite(path.name, tuple(read()))


def load_spider(path: Path) -> Suite:
    """The suite in Spider's or BIRD's file of questions; the databases are in a folder beside it.

    Spider has `query`; BIRD `SQL`, `evidence` and `difficulty`, whose three names become ours. A Spider
    question has the difficulty that its SQL shows (`hardness`). `tables.json` is not needed: the
    databases say more. Raises `eval.invalid`, naming the question.
    """
    try:
        listed = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EvalError("eval.invalid", f"the suite `{path}` cannot be read") from error
    if not isinstance(listed, list):
        raise EvalError("eval.invalid", f"`{path.name}` is not a list of questions")

    def read() -> Iterator[Case]:
        for number, raw in enumerate(listed, start=1):
            where = f"question {number} of `{path.name}`"
            yield _read_entry(number, _require_object(raw, where), path.parent, where)

    return _suite(path.parent.name, tuple(read()))


def _suite(name: str, cases: tuple[Case, ...]) -> Suite:
    if not cases:
        raise EvalError("eval.invalid", f"`{name}` has no cases")
    return Suite(name, cases, lenient=True)


def _require_object(raw: object, where: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise EvalError("eval.invalid", f"{where} is not an object")
    return raw


def _read_entry(number: int, raw: Mapping[str, Any], directory: Path, where: str) -> Case:
    # Some sets list other ways to put it, some list other meanings: each is accepted.
    one = (raw.get(key) for key in ("gold_sql", "SQL", "query"))
    texts = [*one, *(raw.get("gold_sqls") or ()), *(raw.get("gold_alternatives") or ())]
    golds = tuple(
        dict.fromkeys(Gold(sql, "sqlite") for sql in texts if isinstance(sql, str) and sql.strip())
    )
    if not golds:
        raise EvalError("eval.invalid", f"{where} has no gold SQL")
    db_id = read_text(raw, "db_id", where)
    difficulty = str(raw.get("difficulty") or "")
    return Case(
        number=number,
        question=read_text(raw, "question", where),
        golds=golds,
        kind=db_id,
        difficulty=_BIRD_DIFFICULTY.get(difficulty, difficulty) or hardness(golds[0].sql),
        database=f"sqlite:///{_find_database(directory, db_id, where)}",
        evidence=raw.get("evidence") or "",
    )


def _find_database(directory: Path, db_id: str, where: str) -> Path:
    # The name comes from a file that somebody else wrote.
    if Path(db_id).name == db_id:
        for folder in _FOLDERS:
            path = directory / folder / db_id / f"{db_id}.sqlite"
            if path.is_file():
                return path
    raise EvalError("eval.invalid", f"{where}: there is no database `{db_id}`")


def find_descriptions(database: str) -> str:
    """The directory in which BIRD describes the columns of a database, by its URL; empty without one."""
    path = Path(database.removeprefix("sqlite:///")).parent / _DESCRIPTIONS
    return str(path) if database and path.is_dir() else ""


def hardness(sql: str) -> str:
    """How hard the SQL is, by what it is made of: easy, medium or hard; empty where it cannot be parsed.

    A feel that sorts reports, coarser than Spider's own grades, which count the same things.

    >>> hardness("SELECT a FROM t"), hardness("SELECT a FROM t JOIN s USING (b) WHERE c = 1 ORDER BY d")
    ('easy', 'medium')
    >>> hardness("SELECT a FROM t WHERE b IN (SELECT b FROM s)")
    'hard'
    """
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(sql, dialect="sqlite")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return ""
    if len(list(tree.find_all(exp.Select))) > 1:
        return "hard"
    parts = len(list(tree.find_all(exp.Join, exp.Group, exp.Having, exp.Order, exp.Or, exp.And)))
    return "easy" if parts <= 1 else "medium" if parts <= 3 else "hard"
