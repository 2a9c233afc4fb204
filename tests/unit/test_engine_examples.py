"""Examples of who sees a row: made up, evaluated by an engine, and the same in every dialect."""

from __future__ import annotations

from typing import Any

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.engine.examples import make_examples
from nlq.policy import ClaimType
from nlq.policy.english import Grant, Words, guess_principals, read_rule

DDL = """
CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES users (id), account_id INTEGER NOT NULL,
    public BOOLEAN NOT NULL, made_on DATE NOT NULL
);
"""
CLAIMS = {"account_id": ClaimType("integer")}


def examples(dialect: Any, phrase: str) -> Any:
    catalog = catalog_from_ddl(DDL, dialect)
    posts = catalog.find("posts")[0]
    words = Words(guess_principals(catalog), frozenset({"admin"}), CLAIMS)
    readings = [r.grants for r in read_rule(phrase, posts, "read", catalog, words)]
    return make_examples(readings, posts, catalog, words, CLAIMS)


def told(made: Any) -> dict[tuple[Any, ...], str]:
    """For each row, without its key, which callers see it."""
    (reading,) = made.sees
    return {
        row[1:]: "".join("+" if sees else "-" for sees in who)
        for row, who in zip(made.rows, reading, strict=True)
    }


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_callers_are_told_apart_in_every_dialect(dialect: str) -> None:
    made = examples(dialect, "anyone if public, otherwise the author or an admin")
    assert made.callers == ("id 1", "id 2", "id 3", "id 4, role admin", "anonymous")
    assert told(made) == {
        (1, True): "+++++",
        (1, False): "+--+-",
        (2, False): "-+-+-",
        (3, False): "--++-",
    }


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_teams_and_claims_of_callers_are_shown(dialect: str) -> None:
    made = examples(dialect, "members of the same team")
    assert made.callers == ("id 1, team_id 1", "id 2, team_id 1", "id 3, team_id 2", "anonymous")
    assert told(made) == {(1,): "++--", (3,): "--+-"}
    assert told(examples(dialect, "rows of the caller's account")) == {(1,): "++--", (2,): "--+-"}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_days_are_counted_by_the_engine(dialect: str) -> None:
    made = examples(dialect, "posts made within the last 30 days")
    assert sorted(told(made).values()) == ["++++", "----"]


def test_rows_in_which_readings_differ_come_first() -> None:
    catalog = catalog_from_ddl(DDL, "duckdb")
    posts = catalog.find("posts")[0]
    words = Words(guess_principals(catalog))
    readings = [(Grant(frozenset(), sql),) for sql in ("author_id = :me.id", "account_id = :me.id")]
    made = make_examples(readings, posts, catalog, words, {})
    differing = [n for n in range(len(made.rows)) if made.sees[0][n] != made.sees[1][n]]
    assert len(differing) >= 2


def test_nobody_sees_nothing() -> None:
    assert set(told(examples("duckdb", "nobody")).values()) == {"----"}
