"""A catalog as text for a prompt: CREATE TABLE statements with comments, keys and example values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.compiler.join import implied_keys

Samples = Mapping[tuple[RelationName, str], tuple[str, ...]]
"""Values that may be shown, by relation and column name."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_RESERVED = frozenset(
    """
    all and any as asc between by case cast check column create cross current_date default desc distinct
    else end except exists false for foreign from full group having in inner intersect into is join left
    like limit natural not null offset on or order outer primary references right select table then to
    true union unique user using values when where window with
    """.split()
)
MAX_EXAMPLES = 3
CATEGORIES = 30
FEW_VALUES, FEW_CHARS = 10, 250
"""Values of a column that are all shown: so many, in so many characters."""
MAX_LABELS = 12
MAX_VALUE = 40
MAX_COMMENT = 120
COMMENTS = (MAX_COMMENT, 60, 30)
"""Characters that are shown of a column's comment: the first that lets the whole catalog into a prompt."""


def schema_text(catalog: Catalog, samples: Samples, comments: int = MAX_COMMENT) -> str:
    """All relations, separated by blank lines, and columns that join them where no key says so.

    Of what columns are said to be, `comments` characters are shown.
    """
    texts = [relation_text(r, catalog, samples, comments) for r in catalog]
    equal = [
        " = ".join(f"{name_text(name, catalog)}.{quote(column)}" for name, column in group)
        for group in implied_keys(catalog)
    ]
    joins = ["-- These columns join:\n" + "\n".join(f"-- {line}" for line in equal)] if equal else []
    return "\n\n".join((*texts, *joins))


def relation_text(
    relation: Relation, catalog: Catalog, samples: Samples, comments: int = MAX_COMMENT
) -> str:
    """One relation as a CREATE TABLE statement, for reading, not for running."""
    comment = f" -- {_cut(one_line(relation.comment), MAX_COMMENT)}" if relation.comment else ""
    kind = "VIEW" if relation.kind == "view" else "TABLE"
    single = relation.primary_key if len(relation.primary_key) == 1 else ()
    lines = [
        (
            f"  {quote(column.name)} {_type(column, samples.get((relation.name, column.name), ()))}"
            + (" PRIMARY KEY" if column.name in single else ""),
            _notes(column, samples.get((relation.name, column.name), ()), comments),
        )
        for column in relation.columns
    ]
    if len(relation.primary_key) > 1:
        lines.append((f"  PRIMARY KEY ({', '.join(map(quote, relation.primary_key))})", ""))
    for key in relation.foreign_keys:
        target = name_text(key.referred, catalog)
        own, other = ", ".join(map(quote, key.columns)), ", ".join(map(quote, key.referred_columns))
        lines.append((f"  FOREIGN KEY ({own}) REFERENCES {target} ({other})", ""))
    body = [
        text + ("," if i < len(lines) - 1 else "") + (f" -- {notes}" if notes else "")
        for i, (text, notes) in enumerate(lines)
    ]
    return "\n".join([f"CREATE {kind} {name_text(relation.name, catalog)} ({comment}", *body, ");"])


def fit_comments(catalog: Catalog, samples: Samples, budget: int) -> tuple[int, dict[RelationName, int]]:
    """How much of comments to show, and what each relation then costs, for `budget` tokens in all."""
    # Where there is nothing to cut, the texts would only be made again.
    longest = max((len(one_line(c.comment)) for r in catalog for c in r.columns if c.comment), default=0)
    for comments in COMMENTS:
        cost = {r.name: tokens(relation_text(r, catalog, samples, comments)) for r in catalog}
        if sum(cost.values()) <= budget or longest <= COMMENTS[-1]:
            break
    return comments, cost


def column_tokens(column: Column) -> int:
    """About how many tokens the column costs, without examples of its values."""
    return tokens(f"  {quote(column.name)} {_type(column, ())}, -- {_notes(column, ())}")


def name_text(name: RelationName, catalog: Catalog) -> str:
    """The relation's name as a draft should write it: with its schema where that is not the default."""
    bare = quote(name.name)
    return bare if name.schema == catalog.default_schema else f"{quote(name.schema)}.{bare}"


def quote(name: str) -> str:
    """The name, in double quotes where it needs them, on one line.

    >>> quote("users"), quote("Unit Price"), quote("order")
    ('users', '"Unit Price"', '"order"')
    """
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + one_line(name).replace('"', '""') + '"'


def quote_value(text: str, length: int = MAX_VALUE) -> str:
    """The text as SQL writes it, on one line, cut to `length` characters.

    >>> quote_value("it's")
    "'it''s'"
    """
    return "'" + _cut(one_line(text), length).replace("'", "''") + "'"


def one_line(text: str) -> str:
    """The text without what could end its line or its block: it comes from the database, not from us."""
    printable = "".join(c if c.isprintable() else " " for c in text.replace("```", "'''"))
    return " ".join(printable.split())


def tokens(text: str) -> int:
    """About how many tokens a model makes of the text; on the high side for SQL and English."""
    return len(text) // 3 + 1


def _type(column: Column, samples: tuple[str, ...]) -> str:
    # A column of SQLite may hold text although it says otherwise.
    return "TEXT" if column.enum or (samples and column.type == "BLOB") else one_line(column.type)


def _notes(column: Column, samples: tuple[str, ...], comments: int = MAX_COMMENT) -> str:
    notes = []
    samples = tuple(v for v in samples if v.strip())
    if column.comment and comments:
        notes.append(_cut(one_line(column.comment), comments))
    if column.enum:
        notes.append("one of " + ", ".join(quote_value(v) for v in column.enum[:MAX_LABELS]))
    elif _are_few(samples):
        notes.append("one of " + ", ".join(quote_value(v) for v in samples))
    elif samples:
        # Names and numbers are told by one of their kind; of a few categories, several say more.
        shown = samples[: MAX_EXAMPLES if len(samples) <= CATEGORIES else 1]
        notes.append("e.g. " + ", ".join(quote_value(v) for v in shown))
    if column.group:
        notes.append("only as the argument of SUM, AVG or COUNT")
    elif not column.filterable:
        notes.append("only in the SELECT list")
    return "; ".join(notes)


def _are_few(samples: tuple[str, ...]) -> bool:
    """True for the categories of something; not for numbers, of which more will come."""
    few = 1 < len(samples) <= FEW_VALUES and sum(map(len, samples)) <= FEW_CHARS
    return few and all(any(map(str.isalpha, value)) for value in samples)


def _cut(line: str, length: int) -> str:
    return line if len(line) <= length else line[: length - 1] + "…"
