"""Values of the database that a prompt may show: of which columns, and how they are fetched.

They are fetched as any answer is, through the check and the guard, as the one who asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
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
    """Whether a plan holds one of the values, or a part of one, that its question does not.

    As a text or a name: a model that was shown them may write them wherever it likes.
    """
    asked, shown = question.casefold(), [value.casefold() for value in values]
    tree = parse(plan.sql, plan.dialect)
    said = [node.name for node in tree.find_all(exp.Literal) if node.is_string]
    said += [node.alias for node in tree.find_all(exp.Alias)]
    for text in (one.strip("%_ ").casefold() for one in said):
        if text and text not in asked and any(_are_alike(text, value) for value in shown):
            return True
    return False


def _are_alike(text: str, value: str) -> bool:
    short, long = sorted((text, value), key=len)
    return short == long or (len(short) >= PART and short in long)


def select_values(relation: RelationName, column: str) -> str:
    """SQL that finds values of the column."""
    name, table = _quote(column), f"{_quote(relation.schema)}.{_quote(relation.name)}"
    return (
        f"SELECT DISTINCT v.{name} FROM (SELECT {name} FROM {table} LIMIT {SAMPLE_ROWS}) AS v "  # noqa: S608  # checked and guarded
        f"WHERE v.{name} IS NOT NULL ORDER BY 1"
    )


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
