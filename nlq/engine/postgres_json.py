"""Rows as JSON that Postgres makes: byte for byte what `nlq.encoding` makes of the same rows in Python.

Each type that we are sure of has an expression. A result with a column of another type (intervals, JSON,
addresses…) is encoded in Python. What is beyond the years of Python's calendar is text, as it is there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

ROW = '"__row"'

_MOST = 40
"""Columns in one call of `concat`, which takes 100 arguments."""

_IS_PLAIN = "{c} >= '0001-01-01' AND {c} < '10000-01-01'"
_SIX = "CASE WHEN strpos({t}, '.') > 0 THEN rpad({t}, {width}, '0') ELSE {t} END"
_QUOTED = "'\"' || {t} || '\"'"

_INTEGER = "{c}::text"
_TEXT = "to_json({c})::text"
# 2^53: what is beyond it, readers of JSON would round.
_BIGINT = """CASE WHEN {c} BETWEEN -9007199254740992 AND 9007199254740992 THEN {c}::text
    ELSE '"' || {c} || '"' END"""
# Python writes `1.0` for a whole number, and an exponent from 1e16 on, where Postgres does from 1e15 on.
_FLOAT = """CASE
    WHEN {c} IN ('NaN', 'Infinity', '-Infinity') THEN '"' || {c} || '"'
    WHEN abs({c}) >= 1e15 AND abs({c}) < 1e16 THEN
      CASE WHEN {c} < 0 THEN '-' ELSE '' END
      || left(rpad(translate(split_part({c}::text, 'e', 1), '-.', ''), 16, '0'), 16) || '.'
      || coalesce(nullif(substr(translate(split_part({c}::text, 'e', 1), '-.', ''), 17), ''), '0')
    WHEN {c}::text ~ '[.e]' THEN {c}::text
    ELSE {c}::text || '.0' END"""
_DIGITS = "ltrim(translate({c}::text, '-.', ''), '0')"
# Up to 15 digits are a number, and more are text: exact, and with an exponent where `Decimal` has one.
_NUMERIC = f"""CASE
    WHEN abs({{c}}) < 1e11 AND scale({{c}}) <= 4 THEN trim_scale({{c}})::text
    WHEN {{c}} IN ('NaN', 'Infinity', '-Infinity') THEN '"' || {{c}} || '"'
    WHEN length({_DIGITS}) <= 15 AND (abs({{c}}) >= 0.0001 OR {{c}} = 0) THEN trim_scale({{c}})::text
    WHEN length({_DIGITS}) <= 15 THEN CASE WHEN abs({{c}}) > 1e-300 THEN {{c}}::float8::text ELSE '0.0' END
    WHEN abs({{c}}) >= 0.000001 THEN '"' || {{c}} || '"'
    WHEN {{c}} IS NOT NULL THEN '"' || CASE WHEN {{c}} < 0 THEN '-' ELSE '' END
      || left({_DIGITS}, 1) || '.' || substr({_DIGITS}, 2)
      || 'E-' || (length(substring({{c}}::text FROM '^-?0\\.(0*)')) + 1) || '"' END"""
_TIME = _QUOTED.format(t="(" + _SIX.format(t="{c}::text", width=15) + ")")
_TIMESTAMP = (
    f"CASE WHEN {_IS_PLAIN} THEN "
    + _QUOTED.format(t="(" + _SIX.format(t="replace({c}::text, ' ', 'T')", width=26) + ")")
    + " ELSE to_json({c}::text)::text END"
)
_TIMESTAMPTZ = (
    f"CASE WHEN NOT ({_IS_PLAIN}) THEN to_json({{c}}::text)::text"
    " WHEN strpos(to_json({c})::text, '.') = 0 THEN to_json({c})::text"
    " ELSE left(to_json({c})::text, 21) || to_char({c}, 'US')"
    " || substring(to_json({c})::text FROM '[+-][0-9:]+\"$') END"
)

EXPRESSIONS: dict[int, str] = {
    16: _TEXT,  # bool
    17: "'\"' || translate(encode({c}, 'base64'), E'\\n', '') || '\"'",  # bytea
    19: _TEXT,  # name
    20: _BIGINT,
    21: _INTEGER,
    23: _INTEGER,
    25: _TEXT,
    26: _INTEGER,  # oid
    700: _FLOAT.replace("{c}", "{c}::text::float8"),
    701: _FLOAT,
    1000: _TEXT,  # bool[]
    1005: _TEXT,
    1007: _TEXT,
    1009: _TEXT,  # text[]
    1015: _TEXT,
    1042: _TEXT,  # char(n)
    1043: _TEXT,
    1082: _QUOTED.format(t="{c}"),  # date
    1083: _TIME,
    1114: _TIMESTAMP,
    1184: _TIMESTAMPTZ,
    1700: _NUMERIC,
    2950: _TEXT,  # uuid
}
"""How the text of a value's JSON is made, by the OID of its type, of a value that is not NULL."""

ENUM = "to_json(textin(enum_out({c})))::text"


def select_json(
    sql: str, columns: Sequence[tuple[str, int]], *, enums: frozenset[int] = frozenset(), limit: int = 0
) -> str | None:
    """SQL whose first column is the JSON of each row of `sql`; None where a column has no expression.

    The columns of `sql` follow, always NULL: so Postgres refuses what was prepared once one of them has
    another type than it had then. `limit` is the parameter that bounds the rows, if one has to.
    """
    names = [name for name, _ in columns]
    if len(set(names)) != len(names) or any(
        oid not in EXPRESSIONS and oid not in enums for _, oid in columns
    ):
        return None
    parts = [_member(i, name, oid) for i, (name, oid) in enumerate(columns)]
    calls = [f"concat({', '.join(parts[i : i + _MOST])})" for i in range(0, len(parts), _MOST)]
    aliases = [f"c{i}" for i in range(len(names))]
    kept = "".join(f", CASE WHEN false THEN {ROW}.{alias} END" for alias in aliases)
    bound = f" LIMIT ${limit}" if limit else ""
    return (
        f"SELECT {' || '.join(calls)} || '}}'{kept}"  # noqa: S608  # made of constants; names are literals
        f" FROM ({sql}) AS {ROW} ({', '.join(aliases)}){bound}"
    )


def _member(index: int, name: str, oid: int) -> str:
    key = ("," if index else "{") + json.dumps(name, ensure_ascii=False) + ":"
    value = EXPRESSIONS.get(oid, ENUM).replace("{c}", f"{ROW}.c{index}")
    return f"{_literal(key)}, coalesce({value}, 'null')"


def _literal(text: str) -> str:
    # With E, it means the same whatever `standard_conforming_strings` says.
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
