"""Values of the database that a prompt may show: of which columns, and how they are fetched.

They are fetched as any answer is, through the check and the guard, as the one who asks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from sqlglot import exp

from nlq.catalog import Catalog, Relation, RelationName
from nlq.compiler.schema_text import Samples
from nlq.compiler.select import score_relations
from nlq.compiler.values import MOST_VALUES, sampled_columns
from nlq.engine.rows import Rows
from nlq.errors import EngineError, PlanError
from nlq.plan import Plan
from nlq.plan.syntax import parse

SAMPLE_ROWS = 20_000
SAMPLE_VALUES = MOST_VALUES
SAMPLE_RELATIONS = 30
SAMPLE_SECONDS = 5.0
SAMPLE_LENGTH = 80

PART = 3
"""Letters of a value by which it is known."""

_BETWEEN = re.compile(r"[\W_]+")

Run = Callable[[str, float], Rows]
"""Gives at most `SAMPLE_VALUES` rows of some SQL, in so many seconds."""


def choose_columns(seen: Catalog, question: str, *, every_text: bool) -> list[tuple[Relation, str]]:
    """The columns whose values would help: of the relations nearest to the question."""
    scores = score_relations(seen, question, ())
    nearest = set(sorted(scores, key=lambda n: (-scores[n], n))[:SAMPLE_RELATIONS])
    return [(r, c) for r, c in sampled_columns(seen, every_text=every_text) if r.name in nearest]


def fetch_samples(columns: list[tuple[Relation, str]], run: Run) -> Samples:
    """Values of the columns, as far as they can be had in time; long texts are left out."""
    samples: dict[tuple[RelationName, str], tuple[str, ...]] = {}
    deadline = time.monotonic() + SAMPLE_SECONDS
    for relation, column in columns:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        with suppress(PlanError, EngineError):
            rows = run(select_values(relation.name, column), left)
            values = tuple(str(r[0]) for r in rows.rows if isinstance(r[0], str))
            if values and sum(map(len, values)) / len(values) <= SAMPLE_LENGTH:
                samples[relation.name, column] = values
    return samples


def tells_of(plan: Plan, question: str, values: Iterable[str]) -> bool:
    """Whether a plan holds one of the values, or a part in a pattern, that its question does not say.

    As a text or a name: a model that was shown them may write them wherever it likes.
    """
    asked, shown = _plain(question), [_plain(value) for value in values]
    for text, is_pattern in _texts(parse(plan.sql, plan.dialect)):
        if text and f" {text} " not in f" {asked} " and any(_has(text, v, is_pattern) for v in shown):
            return True
    return False


def _texts(tree: exp.Expr) -> Iterator[tuple[str, bool]]:
    for node in tree.find_all(exp.Literal, exp.Alias):
        if isinstance(node, exp.Alias):
            yield _plain(node.alias), False
        elif node.is_string:
            yield _plain(node.name), isinstance(node.parent, exp.Like | exp.ILike)


def _has(text: str, value: str, is_pattern: bool) -> bool:
    return bool(value) and (
        f" {value} " in f" {text} " or (is_pattern and len(text) >= PART and text in value)
    )


def _plain(text: str) -> str:
    return _BETWEEN.sub(" ", text.casefold()).strip()


def select_values(relation: RelationName, column: str) -> str:
    """SQL that finds values of the column."""
    name, table = _quote(column), f"{_quote(relation.schema)}.{_quote(relation.name)}"
    return (
        f"SELECT DISTINCT v.{name} FROM (SELECT {name} FROM {table} LIMIT {SAMPLE_ROWS}) AS v "  # noqa: S608  # checked and guarded
        f"WHERE v.{name} IS NOT NULL ORDER BY 1"
    )


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
