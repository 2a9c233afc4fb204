"""Descriptions of columns that people wrote beside a database, as CSV. Pure: texts in, comments out.

The layout is that of BIRD's `database_description`, read as leniently as such files are written.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from nlq.catalog.relation import Column, Relation
from nlq.catalog.value import Catalog
from nlq.catalog.words import words

MOST_CHARS = 1_000
"""Of one comment; a prompt shows less of it."""

_NAME = "original_column_name"
_FILLER = frozenset(
    """
    a an and column field for identification identifier identify identifying in is key name number numb of
    or primary record references refer row table that the this to unique which id
    """.split()
)
_NOISE = re.compile(r"commonsense (?:evidence|reasoning)\s*[:.]?", re.IGNORECASE)
_BULLET = re.compile(r"(?:^|(?<=\s))[•*·▪-](?=\s)")
_NOT_IN_NAMES = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of one column: its name in full, what it holds, what its values mean."""

    name: str = ""
    text: str = ""
    values: str = ""


Descriptions = Mapping[str, Mapping[str, Description]]
"""By relation and column, as those who wrote the files spell them."""


def read_descriptions(text: str) -> dict[str, Description]:
    """The descriptions in one file, by column; none where it has no column `original_column_name`.

    >>> read_descriptions("original_column_name,column_name\\nA11,average salary\\n")
    {'A11': Description(name='average salary', text='', values='')}
    """
    lines = list(_lines(text))
    header = [_NOT_IN_NAMES.sub("_", cell.strip().casefold()) for cell in (lines[0] if lines else ())]
    if _NAME not in header:
        return {}
    found: dict[str, Description] = {}
    for line in lines[1:]:
        # A comma that nobody quoted is part of the last column, which is prose.
        cells = [*line[: len(header) - 1], ", ".join(c for c in line[len(header) - 1 :] if c)]
        row = {key: cell.strip() for key, cell in zip(header, cells, strict=False)}
        if name := row.get(_NAME):
            found[name] = Description(
                row.get("column_name", ""),
                row.get("column_description", ""),
                row.get("value_description", ""),
            )
    return found


def _lines(text: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text.replace("\0", ""), newline=""), skipinitialspace=True)
    except csv.Error:
        # What was read before the broken line is as good as it was.
        return


def with_comments(catalog: Catalog, descriptions: Descriptions) -> Catalog:
    """The catalog, its columns commented as is described; names may differ in case and in punctuation."""
    files = {_fold(name): columns for name, columns in descriptions.items()}

    def describe(relation: Relation) -> Relation:
        columns = files.get(_fold(str(relation.name))) or files.get(_fold(relation.name.name))
        if not columns:
            return relation
        known = {_fold(name): description for name, description in columns.items()}
        return replace(
            relation,
            columns=tuple(
                _with_comment(c, relation, columns.get(c.name) or known.get(_fold(c.name)))
                for c in relation.columns
            ),
        )

    return Catalog.of(catalog.dialect, map(describe, catalog))


def _with_comment(column: Column, relation: Relation, description: Description | None) -> Column:
    told = comment_of(column.name, relation.name.name, description) if description else ""
    return replace(column, comment=told) if told else column


def comment_of(column: str, relation: str, description: Description) -> str:
    """What the description says that the names do not: empty where that is nothing.

    >>> comment_of("W5", "ward", Description("type of ward", "Type of ward", '"S": surgical'))
    'Type of ward; "S": surgical'
    >>> comment_of("drug_id", "drug", Description("", "the unique identifier of the drug"))
    ''
    """
    own = {*words(column), *words(relation)}
    name, text, values = _plain(description.name), _plain(description.text), _plain(description.values)
    # `W2` may be called `ward name`, which is news; `drug_id` is the identifier of the drug, which is none.
    parts = [name] if not own.issuperset(words(name)) else []
    if not {*own, *_FILLER}.issuperset(words(text)):
        parts = [text] if set(words(name)) <= set(words(text)) else [*parts, text]
    if values and set(words(values)) - own - set(words(" ".join(parts))):
        parts.append(values)
    return "; ".join(parts)[:MOST_CHARS].strip()


def _plain(text: str) -> str:
    lines = (" ".join(_BULLET.sub(" ", line).split()).strip(" ;.") for line in _unmarked(text))
    return "; ".join(line for line in lines if line).replace(":;", ":")


def _unmarked(text: str) -> Iterable[str]:
    return _NOISE.sub(" ", text).splitlines()


def _fold(name: str) -> str:
    """The name without what people spell now so, now so.

    >>> _fold("Exam Date ") == _fold("exam_date")
    True
    """
    return _NOT_IN_NAMES.sub("", name.casefold())
