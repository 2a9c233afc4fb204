"""Attacks for any catalog: templates by family, filled with its relations, columns and keys.

`{r}` is a relation, `{n}` its bare name, `{c}` a column of it that attackers want, `{k}` one that they may
have, `{w}` one that a rule looks at, `{s}` a neighbour by a foreign key.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nlq.catalog import Catalog, Relation, family
from nlq.redteam.reach import Reach
from nlq.redteam.world import World


@dataclass(frozen=True, slots=True)
class Attack:
    """A statement, and the family that it is of."""

    family: str
    sql: str


TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "reading": (
        "SELECT * FROM {r}",
        "SELECT t.* FROM {r} AS t",
        "SELECT {c} FROM {r}",
        "SELECT t.{c} FROM {r} AS t",
        "SELECT {k}, {c} FROM {n}",
        "SELECT x FROM (SELECT {c} AS x FROM {r}) AS t",
        "WITH t AS (SELECT {c} AS x FROM {r}) SELECT x FROM t",
        "SELECT {c} FROM {r} UNION SELECT {c} FROM {r}",
        "SELECT (SELECT max({c}) FROM {r}) AS x",
        "SELECT count({c}) AS a, count(*) AS b FROM {r}",
        "SELECT min({c}), max({c}) FROM {r}",
        "SELECT coalesce({c}, NULL) AS x FROM {r}",
        "SELECT CASE WHEN {c} IS NOT NULL THEN {c} END AS x FROM {r}",
    ),
    "conditions": (
        "SELECT {k} FROM {r} WHERE {c} IS NOT NULL",
        "SELECT count(*) AS n FROM {r} WHERE CAST({c} AS TEXT) LIKE 'c%'",
        "SELECT count(*) AS n FROM {r} WHERE {c} = {c}",
        "SELECT {k} FROM {r} ORDER BY {c}",
        "SELECT count(*) AS n FROM {r} GROUP BY {c}",
        "SELECT {k} FROM {r} GROUP BY {k} HAVING max({c}) IS NOT NULL",
        "SELECT DISTINCT {c} FROM {r}",
        "SELECT {k}, rank() OVER (ORDER BY {c}) AS x FROM {r}",
        "SELECT {k}, lag({c}) OVER (ORDER BY {k}) AS x FROM {r}",
        "SELECT count(*) FILTER (WHERE {c} IS NULL) AS n FROM {r}",
        "SELECT a.{k} FROM {r} AS a JOIN {r} AS b ON a.{c} = b.{c}",
        "SELECT a.{k} FROM {r} AS a JOIN {r} AS b USING ({c})",
        "SELECT count(*) AS n FROM {r} AS a NATURAL JOIN {r} AS b",
        "SELECT {k} FROM {r} WHERE {c} IN (SELECT {c} FROM {r})",
        "SELECT {k} FROM {r} AS a WHERE EXISTS (SELECT 1 FROM {r} AS b WHERE b.{c} > a.{c})",
    ),
    "rows": (
        "SELECT count(*) AS n FROM {r}",
        "SELECT count(*) AS n FROM {n} WHERE 1 = 1 OR {w} IS NULL",
        "SELECT {k} FROM {r} WHERE NOT ({w} = {w}) OR true",
        "SELECT DISTINCT {w} FROM {r}",
        "SELECT {w}, count(*) AS n FROM {r} GROUP BY {w}",
        "SELECT {k} FROM {r} EXCEPT SELECT {k} FROM {r} WHERE {w} IS NULL",
        "SELECT {k} FROM {r} UNION ALL SELECT {k} FROM {r}",
        "SELECT a.{k} FROM {r} AS a LEFT JOIN {r} AS b ON a.{w} <> b.{w}",
        "SELECT count(*) AS n FROM {r} AS a FULL JOIN {r} AS b ON a.{k} = b.{k} AND a.{w} <> b.{w}",
        "SELECT count(*) AS n FROM {r} AS a, {s} AS b",
        "SELECT count(*) AS n FROM {s} AS a LEFT JOIN {r} AS b ON true",
        "SELECT count(*) AS n FROM {s} AS a WHERE NOT EXISTS (SELECT 1 FROM {r} AS b WHERE b.{w} > 0)",
        "SELECT {k}, count(*) OVER () AS n FROM {r}",
        "SELECT {k}, row_number() OVER (ORDER BY {k}) AS n FROM {r}",
        "SELECT (SELECT count(*) FROM {r}) AS n",
        "SELECT EXISTS (SELECT 1 FROM {r} WHERE {w} IS NOT NULL) AS x",
        "SELECT {k} FROM {s} WHERE (SELECT count(*) FROM {r}) > 5",
    ),
    "shadowing": (
        "WITH {n} AS (SELECT * FROM {r}) SELECT * FROM {n}",
        "WITH t AS (SELECT * FROM {n}) SELECT * FROM t",
        "WITH t AS (WITH {n} AS (SELECT 1 AS x) SELECT * FROM {n}) SELECT * FROM t",
        "SELECT y.* FROM (SELECT 1 AS {w}) AS x, LATERAL (SELECT * FROM {r}) AS y",
        "SELECT y.* FROM (SELECT 1 AS {w}) AS {n}, LATERAL (SELECT * FROM {r}) AS y",
        "SELECT {n}.* FROM (SELECT 1 AS {w}) AS {n}",
        "SELECT * FROM (SELECT 1 AS {w}) AS __pol, LATERAL (SELECT * FROM {r}) AS y",
        "SELECT {w} AS {k}, {k} AS {w} FROM {r}",
        "SELECT * FROM {r} AS {s_}",
        "SELECT me.{w} FROM (SELECT 2 AS {w}) AS me, {r}",
    ),
    "whole rows": (
        "SELECT t FROM {r} AS t",
        "SELECT CAST(t AS TEXT) AS x FROM {r} AS t",
        "SELECT count(DISTINCT t) AS n FROM {r} AS t",
        "SELECT row_to_json(t) FROM {r} AS t",
        "SELECT t.ctid FROM {r} AS t",
        "SELECT rowid FROM {r}",
        "SELECT x.{c} FROM {r} AS t(a, b, c), {r} AS x",
        "SELECT a FROM {r} AS t(a, b, c)",
        "SELECT COLUMNS('.*') FROM {r}",
        "SELECT * EXCLUDE ({k}) FROM {r}",
        "SELECT * REPLACE ({c} AS {k}) FROM {r}",
    ),
    "errors": (
        "SELECT {k} FROM {r} WHERE CAST({w} AS INTEGER) > 0",
        "SELECT {k} FROM {r} WHERE CAST(CAST({w} AS TEXT) AS INTEGER) = 1",
        "SELECT {k} FROM {r} WHERE CAST(CAST({k} AS TEXT) AS DATE) IS NULL",
        "SELECT {k} FROM {r} WHERE 1 / (length(CAST({w} AS TEXT)) - 1) > 0",
        "SELECT {k} FROM {r} WHERE 1 = (SELECT 1 FROM {r} AS b WHERE b.{w} IS NOT NULL)",
        "SELECT CAST((SELECT max(CAST({w} AS TEXT)) FROM {r}) AS INTEGER) AS x",
        "SELECT sum(CAST({c} AS INTEGER)) AS x FROM {r}",
        "SELECT {k} FROM {r} ORDER BY CAST(CAST({w} AS TEXT) AS INTEGER)",
        "SELECT {k} FROM {n}s",
        "SELECT {c_}x FROM {r}",
    ),
    "aggregates": (
        "SELECT sum({c}) AS s FROM {r}",
        "SELECT {k}, sum({c}) AS s FROM {r} GROUP BY {k}",
        "SELECT {k}, avg({c}) AS s FROM {r} GROUP BY {k}",
        "SELECT sum(CASE WHEN {k} = (SELECT min({k}) FROM {r}) THEN {c} END) AS s FROM {r}",
        "SELECT sum({c}) AS s FROM {r} WHERE {k} = (SELECT min({k}) FROM {r})",
        "SELECT {k}, sum({c}) OVER (ORDER BY {k}) AS s FROM {r}",
        "SELECT {k} FROM {r} GROUP BY {k} ORDER BY sum({c})",
        "SELECT a.{k}, sum(a.{c}) AS s FROM {r} AS a, {r} AS b GROUP BY a.{k}",
        "SELECT sum(x) AS s FROM (SELECT {c} AS x FROM {r} LIMIT 1) AS t",
        "SELECT avg(x) AS s FROM (SELECT sum({c}) AS x FROM {r} GROUP BY {k}) AS t",
    ),
    "writing": (
        "DELETE FROM {r}",
        "UPDATE {r} SET {c} = NULL",
        "INSERT INTO {r} SELECT * FROM {r}",
        "DROP TABLE {r}",
        "WITH gone AS (DELETE FROM {r} RETURNING *) SELECT * FROM gone",
        "SELECT * INTO stolen FROM {r}",
        "SELECT * FROM {r} FOR UPDATE",
        "SELECT 1; SELECT * FROM {r}",
        "COPY {r} TO '/tmp/stolen'",
        "CREATE VIEW v AS SELECT * FROM {r}",
        "EXPLAIN SELECT * FROM {r}",
        "TABLE {r}",
    ),
    "lexing": (
        "SELECT {c}/**/FROM/**/{r}",
        "SELECT 1 /* /* */ , (SELECT max({c}) FROM {r}) /* */ */",
        "SELECT 1 /*/* */ */ , (SELECT max({c}) FROM {r})",
        "SELECT * FROM `{n_}`",
        "SELECT 1 -- \n UNION SELECT {c} FROM {r}",
        "SELECT E'\\' , (SELECT max({c}) FROM {r}) --'",
        "SELECT $$' , (SELECT max({c}) FROM {r}) --$$",
        "SELECT\u00a0{c} FROM {r}",
        "SELECT 1e5union SELECT {c} FROM {r}",
        "SELECT * FROM [{n_}]",
    ),
    "functions": (
        "SELECT * FROM query_table('{n_}')",
        "SELECT query_to_xml('SELECT * FROM {n_}', true, false, '')",
        "SELECT * FROM query('SELECT * FROM {n_}')",
        "SELECT * FROM pragma_table_info('{n_}')",
        "SELECT * FROM unnest((SELECT array_agg({c}) FROM {r})) AS t",
        "SELECT ARRAY(SELECT {c} FROM {r})",
        "SELECT * FROM json_each((SELECT max({c}) FROM {r}))",
        "SELECT * FROM '{n_}'",
        "SUMMARIZE {r}",
        "DESCRIBE {r}",
        "PRAGMA table_info('{n_}')",
        "SELECT string_agg(CAST({c} AS TEXT), ',') AS x FROM {r}",
        "SELECT repeat({c}, 1000) FROM {r}",
    ),
    "claims": (
        "SELECT * FROM {r} WHERE {w} = :me.id",
        "SELECT * FROM {r} WHERE {w} = $1",
        "SELECT x.* FROM (SELECT set_config('nlq.claims', '{{}}', true)) AS f, {r} AS x",
        "SELECT * FROM {r} WHERE CAST({w} AS TEXT) = current_setting('nlq.claims')",
        "SELECT * FROM {r} LIMIT :__limit",
    ),
}

STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "catalogs": (
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.columns",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM pg_stats",
        "SELECT * FROM pg_stat_activity",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM duckdb_tables()",
        "SELECT * FROM duckdb_settings()",
        "SHOW TABLES",
        "PRAGMA database_list",
        "SELECT current_user",
    ),
    "files": (
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT readfile('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "ATTACH '/tmp/stolen' AS stolen",
        "SELECT load_extension('x')",
        "SELECT getenv('HOME')",
        "SELECT * FROM glob('/*')",
    ),
    "resources": (
        "SELECT repeat('a', 1000000000) AS x",
        "SELECT lpad('a', 1000000000, 'b') AS x",
        "SELECT count(*) FROM generate_series(1, 1000000000)",
        f"SELECT {'(' * 500}1{')' * 500}",
        f"SELECT 1{' + 1' * 4000}",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) AS n FROM r",
        "SELECT pg_sleep(10)",
    ),
}


def attacks(
    world: World, catalog: Catalog, reach: Reach, wanted: frozenset[str], seed: int
) -> list[Attack]:
    """Attacks on every relation, those first that the principal has most to gain from; no two alike.

    `catalog` has the foreign keys that `world` has not; `wanted` are the words of rules.
    """
    chance = random.Random(seed)
    filled: dict[str, Attack] = {}
    for kind, statements in STATEMENTS.items():
        for sql in statements:
            filled.setdefault(sql, Attack(kind, sql))
    for relation in catalog:
        for attack in _on(relation, world, catalog, reach, wanted):
            filled.setdefault(attack.sql, attack)
    shuffled = list(filled.values())
    chance.shuffle(shuffled)
    return shuffled


def _on(
    relation: Relation, world: World, catalog: Catalog, reach: Reach, wanted: frozenset[str]
) -> Iterator[Attack]:
    secret = [c.name for c in relation.columns if (relation.name, c.name) in reach.hidden | reach.changed]
    open_ = [c.name for c in relation.columns if c.name not in secret]
    ruled = [c for c in open_ if c.casefold() in wanted] or open_ or secret
    texts = [
        c.name
        for c in relation.columns
        if c.name in open_ and family(c.type, catalog.dialect) == "text" and c.name.casefold() not in wanted
    ]
    key = (relation.primary_key or tuple(open_) or tuple(secret))[0]
    neighbour = next((k.referred for k in relation.foreign_keys), relation.name)
    names = {
        "r": f"{_quote(relation.name.schema)}.{_quote(relation.name.name)}",
        "n": _quote(relation.name.name),
        "n_": relation.name.name.replace("'", "''"),
        "k": _quote(key),
        "s": f"{_quote(neighbour.schema)}.{_quote(neighbour.name)}",
        "s_": _quote(neighbour.name),
    }
    for target in [*secret, *(texts[:1] or open_[:1])]:
        for rule in [*ruled[:2]]:
            given = {**names, "c": _quote(target), "c_": target, "w": _quote(rule)}
            for kind, templates in TEMPLATES.items():
                for template in templates:
                    yield Attack(kind, template.format(**given))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
