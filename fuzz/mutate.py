"""Mutations of SQL by token: what mutations of bytes find late, such as deeper nests or other functions."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from nlq.plan.allow import ANONYMOUS, FUNCTIONS

TOKEN = re.compile(
    r"\s+|\w+|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|::|<=|>=|<>|!=|\|\||->>?|.", re.S
)
WORDS = """
SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET FETCH FIRST ROWS ONLY WITH TIES RECURSIVE AS NOT
MATERIALIZED UNION ALL INTERSECT EXCEPT DISTINCT ON USING JOIN LEFT RIGHT FULL OUTER INNER CROSS NATURAL
ANTI SEMI ASOF POSITIONAL STRAIGHT_JOIN LATERAL UNNEST VALUES TABLE TABLESAMPLE PIVOT UNPIVOT QUALIFY
WINDOW OVER PARTITION RANGE BETWEEN UNBOUNDED PRECEDING FOLLOWING CURRENT ROW EXCLUDE REPLACE COLUMNS
FILTER WITHIN IGNORE NULLS LAST CASE WHEN THEN ELSE END CAST TRY_CAST AT TIME ZONE INTERVAL DAY MONTH
EXTRACT EPOCH COLLATE ESCAPE LIKE ILIKE SIMILAR TO IN EXISTS ANY SOME IS NULL TRUE FALSE AND OR XOR INTO
FOR UPDATE SHARE RETURNING INSERT DELETE COPY ATTACH PRAGMA SET CALL EXPLAIN DESCRIBE SUMMARIZE ARRAY
STRUCT MAP LIST ROW GROUPING SETS ROLLUP CUBE COLLATION OVERLAPS SYMMETRIC GLOB REGEXP RLIKE ISNULL
NOTNULL DEFAULT INDEXED OPERATOR VARIADIC LOCALTIME DECIMAL VARCHAR TIMESTAMPTZ DOUBLE PRECISION CHARACTER
VARYING NUMERIC BIT JSON BLOB UUID ENUM
""".split()
NAMES = """
users posts teams vault id name email team_id author_id likes price at open born u p t code u.* * COUNT(*)
main public temp information_schema pg_catalog sqlite_master duckdb_tables read_csv __pol __limit rowid
ctid xmin oid
""".split()
MARKS = """
( ) [ ] { } , ; . : :: ? $1 :p1 :p2 :me.id @x @@x # $$ $a$ `x` \\ -- /* */ + - * / // % ^ ** & | || && << >>
~ !~ ~~ ~* = == <> != < > <= >= <=> -> ->> #> #>> => := ! !! @> <@ ?| ?& 0 1 100 1.5 .5 1e9 1e-9 0x1F 1_000
'' 'open' 'a''b' E'\\n' N'x' B'1' X'1F' "" "a""b" é
""".split()
ALL = [
    *WORDS,
    '"Full Name"',
    "\xa0",
    "\u200b",
    "\u2028",
    "\0",
    *NAMES,
    *MARKS,
    *sorted(ANONYMOUS["duckdb"] | ANONYMOUS["postgres"] | ANONYMOUS["sqlite"]),
]
FUNCTION_NAMES = sorted({re.sub(r"(?<=[a-z])(?=[A-Z])", "_", f).lower() for f in FUNCTIONS})
LONGEST = 24_000

Tokens = list[str]


def mutate(text: str, others: Sequence[str], chance: random.Random) -> str:
    """The text after one to four changes; parts may come from `others`."""
    tokens = TOKEN.findall(text)
    for _ in range(chance.choice((1, 1, 2, 3, 4))):
        tokens = chance.choice(_WAYS)(tokens, others, chance)
    return "".join(tokens)[:LONGEST]


def _drop(tokens: Tokens, _others: Sequence[str], chance: random.Random) -> Tokens:
    at, many = _place(tokens, chance), chance.choice((1, 1, 1, 2, 5))
    return tokens[:at] + tokens[at + many :]


def _put(tokens: Tokens, _others: Sequence[str], chance: random.Random) -> Tokens:
    at = _place(tokens, chance)
    return [*tokens[:at], " ", chance.choice(ALL), " ", *tokens[at:]]


def _change(tokens: Tokens, _others: Sequence[str], chance: random.Random) -> Tokens:
    at = _place(tokens, chance)
    return [*tokens[:at], chance.choice(ALL), *tokens[at + 1 :]]


def _swap(tokens: Tokens, _others: Sequence[str], chance: random.Random) -> Tokens:
    one, other = sorted((_place(tokens, chance), _place(tokens, chance)))
    if other >= len(tokens):
        return tokens
    tokens = list(tokens)
    tokens[one], tokens[other] = tokens[other], tokens[one]
    return tokens


def _repeat(tokens: Tokens, _others: Sequence[str], chance: random.Random) -> Tokens:
    """A part again and again: chains and nests that parsers take long for."""
    at, size = _place(tokens, chance), chance.randint(1, 8)
    times = chance.choice((1, 2, 5, 30, 120, 600))
    return tokens[:at] + tokens[at : at + size] * times + tokens[at:]


def _nest(tokens: Tokens, _others: Sequence[str], chance: random.Random) -> Tokens:
    one, other = sorted((_place(tokens, chance), _place(tokens, chance)))
    opening, closing = chance.choice(
        (("(", ")"), ("(SELECT ", ")"), ("CASE WHEN 1=1 THEN ", " END"), ("NOT ", ""), ("- ", ""),
         ("[", "]"), ("CAST(", " AS TEXT)"), ("(SELECT * FROM (", ") AS x)"), ("EXISTS(", ")"),
         ("{'a': ", "}"), (f"{chance.choice(FUNCTION_NAMES)}(", ")"), ("ARRAY[", "]"),
         ("a.", ""), ("x -> ", ""),
         ("STRUCT<a ", ">"), ("DECIMAL(", ")"), ("INTERVAL ", ""), ("COALESCE(", ", 1)"), ("/*", "*/"))
    )  # fmt: skip
    times = chance.choice((1, 1, 2, 6, 20, 39, 45, 200))
    return [*tokens[:one], *[opening] * times, *tokens[one:other], *[closing] * times, *tokens[other:]]


def _call(tokens: Tokens, _others: Sequence[str], chance: random.Random) -> Tokens:
    at, size = _place(tokens, chance), chance.randint(0, 3)
    name = chance.choice(FUNCTION_NAMES)
    more = chance.choice(("", ", 1", ", 'day'", ", NULL", ", likes, name", " ORDER BY 1", " FROM name"))
    return [*tokens[:at], f"{name}(", *tokens[at : at + size], more, ")", *tokens[at + size :]]


def _splice(tokens: Tokens, others: Sequence[str], chance: random.Random) -> Tokens:
    """A part of another text in place of a part of this one."""
    if not others:
        return tokens
    other = TOKEN.findall(chance.choice(others))
    start = _place(other, chance)
    part = other[start : start + chance.randint(1, 40)]
    at = _place(tokens, chance)
    return tokens[:at] + part + tokens[at + chance.choice((0, 0, len(part))) :]


def _combine(tokens: Tokens, others: Sequence[str], chance: random.Random) -> Tokens:
    """Two texts as one: as a set operation, a subquery or a WITH query."""
    if not others:
        return tokens
    other, text = chance.choice(others), "".join(tokens)
    return TOKEN.findall(
        chance.choice(
            (f"{text} UNION ALL {other}", f"({text}) EXCEPT ({other})", f"WITH c AS ({other}) {text}",
             f"SELECT * FROM ({text}) AS a JOIN ({other}) AS b USING (id)", f"{text} ; {other}",  # noqa: S608  # hostile on purpose
             f"SELECT ({other}) AS v, x.* FROM ({text}) AS x", f"SELECT 1 WHERE EXISTS ({text})")  # noqa: S608  # hostile on purpose
        )
    )  # fmt: skip


_WAYS: tuple[Callable[[Tokens, Sequence[str], random.Random], Tokens], ...] = (
    _drop, _put, _change, _change, _swap, _repeat, _nest, _call, _splice, _splice, _combine,
)  # fmt: skip


def _place(tokens: Tokens, chance: random.Random) -> int:
    return chance.randint(0, len(tokens))
