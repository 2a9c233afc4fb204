"""What DuckDB's own parser sees in a statement, compared with what the guard put there.

Two parsers may read one text differently, and only one of them runs it. So its reading is asked for, as
JSON, and looked at: one query, over relations that the guard named and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from nlq.catalog import RelationName
from nlq.engine import failure
from nlq.errors import EngineError
from nlq.guard.statement import Statement

_SOURCES = frozenset({"EMPTY", "BASE_TABLE", "JOIN", "SUBQUERY"})
"""Where rows may come from: no file, no catalog, no list of values; of functions, the series."""
_SERIES = frozenset({"generate_series", "range"})

_OUTSIDE = frozenset(
    """
    getenv current_setting getvariable nextval currval setseed random uuid gen_random_uuid query query_table
    read_text read_blob read_csv read_csv_auto read_json read_json_auto read_parquet parquet_scan glob
    sniff_csv json_execute_serialized_sql json_serialize_sql json_deserialize_sql json_serialize_plan
    in_search_path current_query current_database current_schema current_schemas current_user session_user
    txid_current write_log add_parquet_key
    """.split()
)
"""Functions that look beyond the rows: the second lock on a door whose first is the allow-list."""


def read_macros(cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The names of functions that somebody defined in the database, in lower case."""
    found = cursor.execute("SELECT function_name FROM system.main.duckdb_functions() WHERE NOT internal")
    return frozenset(str(name).casefold() for (name,) in found.fetchall())


def require_same_reads(
    cursor: duckdb.DuckDBPyConnection, statement: Statement, macros: frozenset[str]
) -> None:
    """Refuse the statement unless DuckDB reads in it what the guard wrote.

    That is so of functions, too: a macro is found before the function of DuckDB that has its name, and may
    read anything.

    Raises `engine.failed`.
    """
    found = cursor.execute("SELECT system.main.json_serialize_sql(?)", [statement.sql]).fetchone()
    try:
        read = json.loads(found[0]) if found is not None else {}
    except RecursionError:
        raise EngineError(*failure.UNSUPPORTED) from None
    statements = read.get("statements", ())
    if read.get("error"):
        raise EngineError(*failure.NOT_A_READ)
    if len(statements) != 1:
        raise EngineError(*failure.READS_OTHERWISE)
    relations = frozenset(_relations(statements[0]["node"], macros))
    if statement.reads is not None and relations != statement.reads:
        raise EngineError(*failure.READS_OTHERWISE)


def _relations(root: object, macros: frozenset[str]) -> Iterator[RelationName]:
    """Each relation that is read, but for WITH queries.

    Raises `engine.failed` where rows come from anything else, or a function looks beyond them.
    """
    # A stack of our own: the tree is as deep as the longest chain of operators.
    stack: list[tuple[object, frozenset[str]]] = [(root, frozenset())]
    while stack:
        node, named = stack.pop()
        if isinstance(node, list):
            stack += ((child, named) for child in node)
            continue
        if not isinstance(node, dict):
            continue
        if node.get("cte_map"):
            named |= {entry["key"].casefold() for entry in node["cte_map"]["map"]}
        function = str(node.get("function_name", "")).casefold()
        if function in _OUTSIDE:
            raise EngineError(*failure.SWITCHED_OFF)
        if function in macros:
            raise EngineError(*failure.MACRO)
        if "sample" in node and "alias" in node:
            yield from _relation(node, named)
        stack += ((child, named) for child in node.values())


def _relation(source: Mapping[str, Any], named: frozenset[str]) -> Iterator[RelationName]:
    series = source["type"] == "TABLE_FUNCTION" and source["function"]["function_name"] in _SERIES
    if not (series or source["type"] in _SOURCES) or source["sample"] is not None:
        raise EngineError(*failure.READS_OTHERWISE)
    if source["type"] != "BASE_TABLE":
        return
    if source["catalog_name"] or source["at_clause"] is not None:
        raise EngineError(*failure.READS_OTHERWISE)
    if source["schema_name"] or source["table_name"].casefold() not in named:
        yield RelationName(source["schema_name"], source["table_name"])
