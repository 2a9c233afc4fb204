"""What engines say of a database equals what was said when it was made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from nlq.catalog import Catalog, Column, Dialect, ForeignKey, Relation, RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.engine import Engine, open_engine
from nlq.settings import Settings

SCRIPTS = Path(__file__).parents[1] / "fixtures" / "engines"
DIALECTS: tuple[Dialect, ...] = ("duckdb", "postgres", "sqlite")
OpenDatabase = Callable[..., Engine]

PLAN = ("free", "paid")
MOOD = ("happy", "it's", "ok, fine")


def selected(schema: str, *, real: str, integer: str = "INT") -> Relation:
    return Relation(
        RelationName(schema, "Sel ect"),
        (
            Column("from", integer, nullable=False),
            Column('a"b', "TEXT", nullable=False),
            Column("größe", real),
        ),
        primary_key=('a"b', "from"),
    )


def entries(
    schema: str, *more: Column, integer: str = "INT", keys: tuple[ForeignKey, ...] = ()
) -> Relation:
    own = ForeignKey(("code", "line"), RelationName(schema, "Sel ect"), ('a"b', "from"))
    return Relation(
        RelationName(schema, "entries"),
        (Column("line", integer), Column("code", "TEXT"), *more),
        unique=(("line",),),
        foreign_keys=(own, *keys),
    )


EXPECTED = {
    "duckdb": Catalog.of(
        "duckdb",
        (
            selected("Audit Log", real="DOUBLE"),
            entries("Audit Log"),
            Relation(
                RelationName("main", "teams"),
                (
                    Column("id", "INT", nullable=False),
                    Column("name", "TEXT", nullable=False),
                    Column("plan", "TEXT", False, "'free'", comment="What they pay for", enum=PLAN),
                ),
                primary_key=("id",),
                unique=(("name",),),
                comment="Who works together",
            ),
            Relation(
                RelationName("main", "members"),
                (
                    Column("id", "BIGINT", nullable=False, generated=True),
                    Column("team_id", "INT", nullable=False),
                    Column("first", "TEXT"),
                    Column("last", "TEXT"),
                    Column("mood", "ENUM", default="'happy'", enum=MOOD),
                    Column("score", "DECIMAL(10, 2)", default="0"),
                    Column("joined", "TIMESTAMPTZ", nullable=False, default="CURRENT_TIMESTAMP"),
                    Column("tags", "TEXT[]"),
                    Column("half", "DOUBLE", generated=True),
                ),
                primary_key=("id",),
                unique=(("last", "first"),),
                foreign_keys=(ForeignKey(("team_id",), RelationName("main", "teams"), ("id",)),),
            ),
            Relation(
                RelationName("main", "names"),
                (Column("name", "TEXT"), Column("team_id", "INT")),
                kind="view",
                comment="For the front page",
            ),
        ),
    ),
    "postgres": Catalog.of(
        "postgres",
        (
            selected("Audit Log", real="DOUBLE PRECISION"),
            entries(
                "Audit Log",
                Column("team", "INT"),
                keys=(ForeignKey(("team",), RelationName("public", "teams"), ("id",)),),
            ),
            Relation(
                RelationName("public", "teams"),
                (
                    Column("id", "INT", nullable=False, generated=True),
                    Column("name", "VARCHAR(30)", nullable=False),
                    Column("plan", "TEXT", False, "'free'", comment="What they pay for", enum=PLAN),
                ),
                primary_key=("id",),
                unique=(("name",),),
                comment="Who works together",
            ),
            Relation(
                RelationName("public", "members"),
                (
                    Column("id", "BIGINT", nullable=False, generated=True),
                    Column("team_id", "INT", nullable=False),
                    Column("first", "TEXT"),
                    Column("last", "TEXT"),
                    Column("mood", "ENUM", default="'happy'", enum=("first of all", *MOOD)),
                    Column("score", "DECIMAL(10, 2)", default="0"),
                    Column("joined", "TIMESTAMPTZ", nullable=False, default="CURRENT_TIMESTAMP"),
                    Column("tags", "TEXT[]"),
                    Column("half", "DECIMAL", generated=True),
                ),
                primary_key=("id",),
                unique=(("last", "first"),),
                foreign_keys=(ForeignKey(("team_id",), RelationName("public", "teams"), ("id",)),),
            ),
            Relation(
                RelationName("public", "visits"),
                (Column("at", "DATE", nullable=False), Column("page", "TEXT", nullable=False)),
                primary_key=("at", "page"),
            ),
            Relation(
                RelationName("public", "names"),
                (Column("name", "TEXT"), Column("team_id", "INT")),
                kind="view",
                comment="For the front page",
            ),
            Relation(
                RelationName("public", "busy"),
                (Column("page", "TEXT"), Column("times", "BIGINT")),
                kind="view",
                unique=(("page",),),
            ),
        ),
    ),
    "sqlite": Catalog.of(
        "sqlite",
        (
            selected("main", real="REAL", integer="INTEGER"),
            entries("main", integer="INTEGER"),
            Relation(
                RelationName("main", "settings"),
                (Column("id", "INTEGER", nullable=False), Column("value", "TEXT")),
                primary_key=("id",),
            ),
            Relation(
                RelationName("main", "teams"),
                (
                    Column("id", "INTEGER", nullable=False, generated=True),
                    Column("name", "TEXT", nullable=False),
                    Column("plan", "TEXT", nullable=False, default="'free'", enum=PLAN),
                ),
                primary_key=("id",),
                unique=(("name",),),
            ),
            Relation(
                RelationName("main", "members"),
                (
                    Column("id", "INTEGER", nullable=False),
                    Column("team_id", "INTEGER", nullable=False),
                    Column("first", "TEXT"),
                    Column("last", "TEXT"),
                    Column("score", "REAL", default="0"),
                    Column("joined", "TIMESTAMP", nullable=False, default="CURRENT_TIMESTAMP"),
                    Column("half", "REAL", generated=True),
                    Column("anything", "BLOB"),
                ),
                primary_key=("id",),
                unique=(("last", "first"),),
                foreign_keys=(ForeignKey(("team_id",), RelationName("main", "teams"), ("id",)),),
            ),
            Relation(
                RelationName("main", "names"),
                (Column("name", "UNKNOWN"), Column("team_id", "INTEGER")),
                kind="view",
            ),
        ),
    ),
}


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


def script_of(dialect: Dialect) -> str:
    return (SCRIPTS / f"{dialect}.sql").read_text("utf-8")


def test_a_database_is_read_as_it_was_made(open_database: OpenDatabase, dialect: Dialect) -> None:
    assert open_database(dialect, script_of(dialect)).introspect() == EXPECTED[dialect]


def test_it_equals_what_its_script_says(open_database: OpenDatabase, dialect: Dialect) -> None:
    script = script_of(dialect)
    assert catalog_from_ddl(script, dialect) == open_database(dialect, script).introspect()


def test_a_change_is_seen_at_once(make_database: Callable[[str, str], str]) -> None:
    url = make_database("postgres", "CREATE TABLE t (a integer)")
    engine = open_engine(url, Settings())
    try:
        before = engine.introspect()
        with psycopg.connect(url) as connection:
            connection.execute("ALTER TABLE t ADD b text; COMMENT ON TABLE t IS 'new'")
        after = engine.introspect()
    finally:
        engine.close()
    name = RelationName("public", "t")
    assert (before.relations, after.relations) == (
        (Relation(name, (Column("a", "INT"),)),),
        (Relation(name, (Column("a", "INT"), Column("b", "TEXT")), comment="new"),),
    )


def test_postgres_shows_only_what_its_user_may_read(make_database: Callable[[str, str], str]) -> None:
    url = make_database(
        "postgres",
        """
        CREATE TABLE open (id integer PRIMARY KEY);
        CREATE TABLE half (id integer PRIMARY KEY, secret text UNIQUE, open_id integer REFERENCES open);
        CREATE TABLE closed (id integer PRIMARY KEY);
        ALTER TABLE open ADD closed_id integer REFERENCES closed;
        CREATE SCHEMA inner_room; CREATE TABLE inner_room.t (a integer);
        DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT SELECT ON open, inner_room.t TO reader;
        GRANT SELECT (id, open_id) ON half TO reader;
        """,
    )
    engine = open_engine(url.replace("postgres@", "reader@"), Settings())
    try:
        found = engine.introspect()
    finally:
        engine.close()
    assert found.relations == (
        Relation(
            RelationName("public", "half"),
            (Column("id", "INT", nullable=False), Column("open_id", "INT")),
            primary_key=("id",),
            foreign_keys=(ForeignKey(("open_id",), RelationName("public", "open"), ("id",)),),
        ),
        Relation(
            RelationName("public", "open"),
            (Column("id", "INT", nullable=False), Column("closed_id", "INT")),
            primary_key=("id",),
        ),
    )


def test_postgres_domains_are_the_types_beneath_them(open_database: OpenDatabase) -> None:
    engine = open_database(
        "postgres",
        """
        CREATE TYPE size AS ENUM ('s', 'm');
        CREATE DOMAIN money_amount AS numeric(12, 2) NOT NULL DEFAULT 1;
        CREATE DOMAIN price AS money_amount;
        CREATE DOMAIN fit AS size;
        CREATE TYPE pair AS (a integer, b integer);
        CREATE TABLE goods (price price, fit fit, sizes size[], pair pair);
        """,
    )
    assert engine.introspect().relations == (
        Relation(
            RelationName("public", "goods"),
            (
                Column("price", "DECIMAL(12, 2)", nullable=False, default="1"),
                Column("fit", "ENUM", enum=("s", "m")),
                Column("sizes", "size[]"),
                Column("pair", "pair"),
            ),
        ),
    )


def test_sqlite_virtual_tables_have_columns_and_no_shadows(open_database: OpenDatabase) -> None:
    engine = open_database("sqlite", "CREATE VIRTUAL TABLE notes USING fts5(title, body)")
    assert engine.introspect().relations == (
        Relation(RelationName("main", "notes"), (Column("title", "BLOB"), Column("body", "BLOB"))),
    )


def test_a_thousand_tables_are_read(open_database: OpenDatabase, dialect: Dialect) -> None:
    check = "CHECK (status IN ('new', 'open', 'done'))"
    script = "".join(
        f"CREATE TABLE t{n} (id integer PRIMARY KEY, status varchar(10) DEFAULT 'new' {check}, "
        f"c1 integer, c2 varchar(20), c3 date, c4 timestamp, c5 numeric(10, 2), c6 text, "
        f"parent integer REFERENCES t{max(n - 1, 0)} (id));"
        for n in range(1000)
    )
    engine = open_database(dialect, script)
    assert len(engine.introspect().relations) == 1000
