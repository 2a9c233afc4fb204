"""The three sources of a catalog agree: models, the DDL of their database, and the database itself."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

import pytest

from nlq.catalog import Catalog, Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.catalog.emit import ddl_from_catalog
from nlq.catalog.models import Model, catalog_from_models, field
from nlq.engine import Engine

OpenDatabase = Callable[..., Engine]


class Role(enum.Enum):
    READER = "reader"
    EDITOR = "chief editor"


class Team(Model):
    """Groups of users that work together."""

    id: int = field(primary_key=True, generated=True, description="team number")
    name: str = field(unique=True, max_length=40, description="display name, such as “Nord & Süd”")
    users: list[User]


class User(Model, table="users"):
    """People with an account; it's what they log in with."""

    id: int = field(primary_key=True)
    role: Role = Role.READER
    team: Team | None
    invited_by: User | None = field(column="invited by")
    full_name: str = field(column="Full Name")
    joined_at: dt.datetime = field(default_sql="now()")
    is_active: bool = True


class Post(Model, table="order", unique=[("author", "title")]):
    id: int = field(primary_key=True, type="BIGINT")
    title: str = field(column="größe")
    status: Literal["draft", "published"] = "draft"
    author: User
    score: Decimal = field(precision=10, scale=2, default=Decimal("0.00"))
    published_on: dt.date | None = None
    rating: float | None
    extra: dict[str, Any] | None
    access = {"read": "anyone if published, otherwise just the author"}  # noqa: RUF012 -- never changed


MODELS = (Team, User, Post)

BY_HAND: dict[Dialect, str] = {
    "duckdb": """
        CREATE TYPE role AS ENUM ('reader', 'chief editor');
        CREATE SEQUENCE team_ids;
        CREATE TABLE team (id INT PRIMARY KEY DEFAULT nextval('team_ids'), name VARCHAR NOT NULL UNIQUE);
        CREATE TABLE users (
            id INTEGER PRIMARY KEY,
            role role NOT NULL DEFAULT 'reader',
            team_id INTEGER REFERENCES team,
            "invited by" INTEGER REFERENCES users (id),
            "Full Name" VARCHAR NOT NULL,
            joined_at TIMESTAMP NOT NULL DEFAULT now(),
            is_active BOOLEAN NOT NULL DEFAULT true
        );
        CREATE TABLE "order" (
            id BIGINT, "größe" TEXT NOT NULL,
            status VARCHAR DEFAULT 'draft' NOT NULL CHECK (status IN ('draft', 'published')),
            author_id INTEGER NOT NULL,
            score DECIMAL(10, 2) NOT NULL DEFAULT 0.00, published_on DATE, rating DOUBLE, extra JSON,
            PRIMARY KEY (id), UNIQUE (author_id, "größe"), FOREIGN KEY (author_id) REFERENCES users (id)
        );
    """,
    "postgres": """
        CREATE TYPE role AS ENUM ('reader', 'chief editor');
        CREATE TABLE Team (id SERIAL PRIMARY KEY, name character varying(40) NOT NULL);
        CREATE UNIQUE INDEX ON team (name);
        CREATE TABLE users (
            id integer, role role DEFAULT 'reader'::role NOT NULL, team_id int,
            "invited by" int, "Full Name" text NOT NULL,
            joined_at timestamp without time zone NOT NULL DEFAULT current_timestamp,
            is_active bool NOT NULL DEFAULT 't'
        );
        ALTER TABLE ONLY users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
        ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES team,
                          ADD FOREIGN KEY ("invited by") REFERENCES users;
        CREATE TABLE "order" (
            id int8 PRIMARY KEY, "größe" text NOT NULL,
            status text DEFAULT 'draft' NOT NULL CHECK (status = 'draft' OR status = 'published'),
            author_id int NOT NULL REFERENCES users,
            score numeric(10, 2) NOT NULL DEFAULT 0.00, published_on date, rating float8, extra jsonb,
            UNIQUE (author_id, "größe")
        );
    """,
    "sqlite": """
        CREATE TABLE team (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) NOT NULL UNIQUE);
        CREATE TABLE users (
            id INTEGER PRIMARY KEY,
            role TEXT NOT NULL DEFAULT 'reader' CHECK (role IN ('reader', 'chief editor')),
            team_id INTEGER REFERENCES team,
            [invited by] INTEGER REFERENCES users (id),
            `Full Name` TEXT NOT NULL,
            joined_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
            is_active BOOLEAN NOT NULL DEFAULT TRUE
        );
        CREATE TABLE "order" (
            id INTEGER PRIMARY KEY, "größe" TEXT NOT NULL,
            status TEXT DEFAULT "draft" NOT NULL CHECK (status IN ('draft', 'published')),
            author_id INT NOT NULL REFERENCES users,
            score NUMERIC(10, 2) NOT NULL DEFAULT 0.00, published_on DATE, rating DOUBLE, extra JSON,
            UNIQUE (author_id, "größe")
        );
    """,
}


@pytest.fixture(params=("duckdb", "postgres", "sqlite"))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


def without_comments(catalog: Catalog) -> Catalog:
    return Catalog.of(
        catalog.dialect,
        (
            replace(r, comment=None, columns=tuple(replace(c, comment=None) for c in r.columns))
            for r in catalog
        ),
    )


def test_a_database_made_from_models_is_what_they_declare(
    open_database: OpenDatabase, dialect: Dialect
) -> None:
    declared = catalog_from_models(MODELS, dialect)
    script = ddl_from_catalog(declared)
    assert catalog_from_ddl(script, dialect) == declared
    introspected = open_database(dialect, script).introspect()
    if dialect == "sqlite":  # its comments are in the text of the DDL only
        declared, introspected = without_comments(declared), without_comments(introspected)
    assert introspected == declared


def test_ddl_written_by_hand_says_the_same(open_database: OpenDatabase, dialect: Dialect) -> None:
    declared = without_comments(catalog_from_models(MODELS, dialect))
    assert catalog_from_ddl(BY_HAND[dialect], dialect) == declared
    assert open_database(dialect, BY_HAND[dialect]).introspect() == declared
