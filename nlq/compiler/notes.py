"""What notes behind a question say: `women refers to sex = 'F'; rate = DIVIDE(free, enrolled)`.

Public sets call them evidence; who asks may write some, in brackets. What they say in SQL is read as SQL
over the catalog, and what is none says nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sqlglot import exp

from nlq.catalog import Catalog, Relation
from nlq.compiler.draft import quote_names
from nlq.compiler.mend.dialect import speak_dialect
from nlq.compiler.pseudo import blank_out, spell_out_where, write_out
from nlq.compiler.words import notes_of, words
from nlq.errors import PlanError
from nlq.plan.allow import require_allowed
from nlq.plan.syntax import parse

_CLAUSE = re.compile(r"[;\n]|[,.]\s+(?=[^,;.]*\b(?:refers? to|stands for|represents)\b|[\w %]+ = \w+\()")
_SAYS = re.compile(
    r"\s+(?:refers? to|stands? for|represents?|means?|indicates?|is represented by|contains the data of"
    r"|is)\s+|\s*:\s+",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^=<>\"`;]+")
_EQUALS = re.compile(r"\s*=\s*")
_HUNDRED = re.compile(r"(?<=\d)\s*%(?=\s*(?:[;,)]|\Z))")
_WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
MOST_CLAUSES, MOST_CHARS, MOST_SPLITS = 30, 600, 4
"""What is read of notes: each way to read a clause is parsed, and who asks may write anything."""


@dataclass(frozen=True, slots=True)
class Note:
    """What `said` means: expressions over columns of the catalog, whose relations may not be named."""

    said: str
    means: tuple[exp.Expr, ...]


def read_notes(question: str, catalog: Catalog) -> tuple[Note, ...]:
    """The notes of a question that can be read as SQL over the catalog, in their order."""
    clauses = islice(_clauses(notes_of(question)), MOST_CLAUSES)
    return tuple(note for clause in clauses if len(clause) <= MOST_CHARS for note in _read(clause, catalog))


def conditions(note: Note) -> Iterator[exp.Expr]:
    """What must hold of rows, by the note, part by part."""
    for one in note.means:
        for part in one.flatten() if isinstance(one, exp.And) else [one]:
            if isinstance(part.unnest(), exp.Predicate | exp.Or | exp.Not | exp.Is):
                yield part.unnest()


def owners(column: exp.Column, catalog: Catalog) -> list[tuple[Relation, str]]:
    """The relations that have the column of a note, and how they spell it."""
    table = column.table.casefold()
    return [
        (relation, found.name)
        for relation in catalog
        if table in ("", relation.name.name.casefold())
        and (found := relation.column(column.name)) is not None
    ]


def _clauses(text: str) -> Iterator[str]:
    hidden, start = blank_out(text), 0
    for found in _CLAUSE.finditer(hidden):
        yield text[start : found.start()].strip(" ,.")
        start = found.end()
    yield text[start:].strip(" ,.")


def _read(clause: str, catalog: Catalog) -> Iterator[Note]:
    """The note of a clause, whichever of its sides is SQL."""
    hidden = blank_out(clause)
    places = (*islice(_SAYS.finditer(hidden), MOST_SPLITS), *islice(_EQUALS.finditer(hidden), MOST_SPLITS))
    for says in places:
        left, right = clause[: says.start()].strip(), clause[says.end() :].strip()
        if says[0].strip() == "=" and _expressions(left, catalog):
            # `sex = 'F'`, which nothing is said of.
            return
        for said, sql in ((left, right), (right, left)):
            if _WORDS.fullmatch(said) and (means := _expressions(sql, catalog)):
                yield Note(said, means)
                return


def _expressions(text: str, catalog: Catalog) -> tuple[exp.Expr, ...]:
    """The text as SQL; nothing where it is none, or speaks of columns that are none."""
    if not text:
        return ()
    where = _WHERE.search(blank_out(text))
    if where is not None:
        first = _expressions(text[: where.start()].strip(), catalog)
        second = _expressions(text[where.end() :].strip(), catalog)
        return (*first, *second) if first and second else ()
    sql = _HUNDRED.sub("", spell_out_where(quote_names(text.replace("“", '"').replace("”", '"'), catalog)))
    try:
        tree = parse(f"SELECT {_with_commas(sql)}", catalog.dialect)
        write_out(tree)
        speak_dialect(tree, catalog.dialect)
        # What would be refused in a draft is no reason to refuse the draft.
        require_allowed(tree, catalog.dialect)
    except PlanError:
        return ()
    if not isinstance(tree, exp.Select) or any(
        tree.args.get(k) for k in ("from_", "where", "group", "order")
    ):
        return ()
    _count_what_holds(tree)
    found = [part for item in tree.expressions for part in _columns_apart(item)]
    columns = [c for item in found for c in item.find_all(exp.Column)]
    if not columns or any(isinstance(item, exp.Alias) or item.find(exp.Select) for item in found):
        return ()
    return tuple(found) if all(owners(column, catalog) for column in columns) else ()


def _with_commas(sql: str) -> str:
    """`DIVIDE(a; b)` is a slip that is common."""
    return sql.replace(";", ",") if "(" in sql else sql


def _columns_apart(item: exp.Expr) -> list[exp.Expr]:
    """`forename and surname` are two columns; `a = b = c` says two things."""
    if isinstance(item, exp.And) and all(isinstance(part, exp.Column) for part in item.flatten()):
        return list(item.flatten())
    if isinstance(item, exp.EQ) and isinstance(item.this, exp.EQ):
        *before, last = _columns_apart(item.this)
        return [*before, last, exp.EQ(this=last.expression.copy(), expression=item.expression)]
    return [item]


def _count_what_holds(tree: exp.Expr) -> None:
    """`SUM(sex = 'F')`, and so COUNT: rows of which it holds are counted."""
    for aggregate in list(tree.find_all(exp.Sum, exp.Count)):
        condition = aggregate.this
        if isinstance(condition, exp.Predicate | exp.And | exp.Or):
            case = exp.Case().when(condition.copy(), "1").else_("0")
            aggregate.replace(exp.Sum(this=case))


def is_said(note: Note, asked: str) -> bool:
    """Whether the question itself has all the words of what the note explains."""
    said = set(words(note.said))
    return bool(said) and said <= set(words(asked))
