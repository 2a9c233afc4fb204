"""Columns that are masked, given in groups, or only shown: on every engine, through the whole service."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nlq.errors import NlqError, SettingsError
from nlq.policy import OWNER, Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

MakeDatabase = Callable[[str, str], str]

STAFF = """
CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL, floor INTEGER);
CREATE TABLE people (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, card TEXT, token TEXT, phone TEXT, age INTEGER,
    born DATE, salary INTEGER, team_id INTEGER REFERENCES teams (id)
);
INSERT INTO teams VALUES (1, 'red', 1), (2, 'blue', 1);
INSERT INTO people VALUES
    (1, 'Ana', 'ana@example.org', '4111222233334444', 't1', '555-1', 37, '1989-05-17', 100, 1),
    (2, 'Bo', 'b', '42', 't2', '555-2', 20, '2006-01-02', 200, 1),
    (3, 'Caio', NULL, NULL, 't1', NULL, NULL, NULL, 300, 1),
    (4, 'Di', 'di@example.org', '4999', NULL, '555-4', 64, '1962-12-31', 1000, 2);
"""
POLICY = """
[relations.teams]
read = true
[relations.people]
read = true
[relations.people.columns]
email  = { mask = "partial", except = ["hr"] }
card   = { mask = "partial", first = 0, last = 4 }
token  = { mask = "hash" }
phone  = { filterable = false }
age    = { mask = "rounded", to = 10 }
born   = { mask = "rounded", to = "year" }
salary = { aggregate = 3, except = ["hr"] }
"""
KEY = "sixteen characters or more"
ANYONE = Principal(id=9)
HR = Principal(id=8, roles=frozenset({"hr"}))


@pytest.fixture(scope="module", params=["duckdb", "postgres", "sqlite"])
def staff(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_database: MakeDatabase
) -> Iterator[Service]:
    directory = tmp_path_factory.mktemp("staff")
    policy = directory / "policy.toml"
    policy.write_text(POLICY)
    url = shared_database(request.param, STAFF)
    service = open_service(
        Settings(db=url, policy=str(policy), hash_key=KEY, cache_dir=str(directory / "cache"), frozen=True)
    )
    yield service
    service.close()


def rows(service: Service, sql: str, principal: Principal = ANYONE) -> list[tuple[Any, ...]]:
    return [tuple(_plain(v) for v in row) for row in service.sql(sql, principal=principal).rows]


def _plain(value: object) -> object:
    """Equal numbers and dates alike, whatever types the engine has for them."""
    return str(value) if isinstance(value, date) else value


def hashed(value: str) -> str:
    return hashlib.sha256(f"{KEY}:{value}".encode()).hexdigest()


MASKED = [
    pytest.param("email", ["a***", "***", None, "d***"], id="partial"),
    pytest.param("card", ["***4444", "***", None, "***"], id="the last four, or stars"),
    pytest.param("token", [hashed("t1"), hashed("t2"), hashed("t1"), None], id="equal hashes"),
    pytest.param("age", [30, 20, None, 60], id="to a multiple"),
    pytest.param("born", ["1989-01-01", "2006-01-01", None, "1962-01-01"], id="to the year"),
    pytest.param("phone", ["555-1", "555-2", None, "555-4"], id="only shown"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "shown"), MASKED)
def test_what_is_shown_of_a_column(staff: Service, column: str, shown: list[object]) -> None:
    assert rows(staff, f"SELECT id, {column} FROM people ORDER BY id") == list(enumerate(shown, start=1))


def test_a_mask_is_all_that_a_condition_sees(staff: Service) -> None:
    assert rows(staff, "SELECT id FROM people WHERE email = 'ana@example.org'") == []
    assert rows(staff, "SELECT id FROM people WHERE email = 'a***'") == [(1,)]
    assert rows(staff, "SELECT id FROM people WHERE age = 37") == []
    assert rows(staff, "SELECT id FROM people WHERE email LIKE '%example%' OR card LIKE '4%'") == []


def test_who_is_exempt_sees_all(staff: Service) -> None:
    assert rows(staff, "SELECT email, salary FROM people WHERE id = 1", HR) == [("ana@example.org", 100)]
    assert rows(staff, "SELECT card FROM people WHERE id = 1", HR) == [("***4444",)]
    assert staff.policy.scope(HR) != staff.policy.scope(ANYONE)


def test_decisions_say_what_is_masked_where_it_is_read(staff: Service) -> None:
    answer = staff.sql("SELECT p.email, avg(p.salary) AS s FROM people AS p GROUP BY 1", principal=ANYONE)
    assert [(d.relation.name, d.column, d.effect) for d in answer.decisions] == [
        ("people", None, "allowed"),
        ("people", "email", "masked"),
        ("people", "salary", "aggregated"),
    ]
    assert [d.effect for d in staff.sql("SELECT id FROM people", principal=ANYONE).decisions] == ["allowed"]


def test_a_star_leaves_out_what_is_given_in_groups(staff: Service) -> None:
    answer = staff.sql("SELECT * FROM people ORDER BY id LIMIT 1", principal=ANYONE)
    assert [c.name for c in answer.columns] == [
        "id", "name", "email", "card", "token", "phone", "age", "born", "team_id",
    ]  # fmt: skip
    inner = staff.sql("SELECT * FROM (SELECT * FROM people) AS p ORDER BY id LIMIT 1", principal=ANYONE)
    assert "phone" not in [c.name for c in inner.columns]


GROUPS = [
    pytest.param("SELECT avg(salary) FROM people", [(400.0,)], id="all"),
    pytest.param("SELECT sum(salary) FROM people WHERE team_id = 1", [(600.0,)], id="just enough"),
    pytest.param("SELECT sum(salary) FROM people WHERE id < 3", [(None,)], id="too few"),
    pytest.param("SELECT count(salary) FROM people WHERE id < 3", [(None,)], id="not even how many"),
    pytest.param("SELECT count(*) FROM people WHERE id < 3", [(2,)], id="rows are counted"),
    pytest.param("SELECT sum(salary) FILTER (WHERE id > 1) FROM people", [(1500.0,)], id="filter"),
    pytest.param("SELECT sum(salary) FILTER (WHERE id > 2) FROM people", [(None,)], id="filter of too few"),
    pytest.param(
        "SELECT t.name, avg(p.salary) FROM people p JOIN teams t ON t.id = p.team_id GROUP BY 1 ORDER BY 1",
        [("blue", None), ("red", 200.0)],
        id="joined by key",
    ),
    pytest.param(
        "SELECT t.name FROM teams t JOIN people p ON p.team_id = t.id GROUP BY 1 HAVING avg(p.salary) > 1",
        [("red",)],
        id="having",
    ),
    pytest.param(
        "SELECT a.name, (SELECT sum(salary) FROM people b WHERE b.id = a.id) FROM people a WHERE a.id = 1",
        [("Ana", None)],
        id="a subquery for each row",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "found"), GROUPS)
def test_groups_of_enough_rows(staff: Service, sql: str, found: list[tuple[object, ...]]) -> None:
    assert rows(staff, sql) == found


REFUSED = [
    ("SELECT salary FROM people", "plan.only_aggregated"),
    ("SELECT name FROM people WHERE salary > 150", "plan.only_aggregated"),
    ("SELECT name FROM people ORDER BY salary", "plan.only_aggregated"),
    ("SELECT max(salary) FROM people", "plan.only_aggregated"),
    ("SELECT min(salary) FROM people", "plan.only_aggregated"),
    ("SELECT sum(salary * 2) FROM people", "plan.only_aggregated"),
    ("SELECT sum(DISTINCT salary) FROM people", "plan.only_aggregated"),
    ("SELECT sum(CASE WHEN id = 1 THEN salary ELSE 0 END) FROM people", "plan.only_aggregated"),
    ("SELECT sum(salary) FILTER (WHERE salary > 1) FROM people", "plan.only_aggregated"),
    ("SELECT sum(salary) OVER (PARTITION BY id) FROM people", "plan.only_aggregated"),
    ("SELECT sum(s) FROM (SELECT salary AS s FROM people) AS x", "plan.only_aggregated"),
    ("WITH x AS (SELECT id, salary FROM people) SELECT sum(salary) FROM x", "plan.only_aggregated"),
    ("SELECT sum(p.salary) FROM people p JOIN people q ON q.team_id = p.team_id", "plan.only_aggregated"),
    ("SELECT sum(p.salary) FROM people p, teams t", "plan.only_aggregated"),
    ("SELECT sum(p.salary) FROM people p JOIN teams t ON t.floor = 1", "plan.only_aggregated"),
    (
        "SELECT sum(p.salary) FROM people p JOIN (SELECT 1 AS x UNION ALL SELECT 1) AS y ON p.id = 1",
        "plan.only_aggregated",
    ),
    ("SELECT p.id FROM people p JOIN people q USING (salary)", "plan.only_aggregated"),
    ("SELECT count(*) FROM people GROUP BY salary", "plan.only_aggregated"),
    ("SELECT name FROM people WHERE phone = '555-1'", "plan.not_filterable"),
    ("SELECT phone FROM people ORDER BY phone", "plan.not_filterable"),
    ("SELECT phone FROM people ORDER BY 1", "plan.not_filterable"),
    ("SELECT phone AS p FROM people ORDER BY p", "plan.not_filterable"),
    ("SELECT phone, count(*) FROM people GROUP BY 1", "plan.not_filterable"),
    ("SELECT DISTINCT phone FROM people", "plan.not_filterable"),
    ("SELECT max(phone) FROM people", "plan.not_filterable"),
    ("SELECT upper(phone) FROM people", "plan.not_filterable"),
    ("SELECT x.phone FROM (SELECT phone FROM people) AS x", "plan.not_filterable"),
    ("SELECT phone FROM people UNION SELECT name FROM people", "plan.not_filterable"),
    ("SELECT a.name FROM people a JOIN people b ON a.phone = b.name", "plan.not_filterable"),
    ("SELECT a.name FROM people a JOIN people b USING (phone)", "plan.not_filterable"),
    ("SELECT phone, row_number() OVER (ORDER BY phone) FROM people", "plan.not_filterable"),
]


@pytest.mark.parametrize(("sql", "code"), REFUSED, ids=[s for s, _ in REFUSED])
def test_what_would_tell_of_single_values_is_refused(staff: Service, sql: str, code: str) -> None:
    with pytest.raises(NlqError) as caught:
        staff.sql(sql, principal=ANYONE)
    assert caught.value.code == code


def test_grouping_sets_are_refused_for_what_is_given_in_groups(staff: Service) -> None:
    if staff.engine.dialect == "sqlite":
        pytest.skip("SQLite has no ROLLUP")
    with pytest.raises(NlqError) as caught:
        staff.sql("SELECT team_id, sum(salary) FROM people GROUP BY ROLLUP (team_id)", principal=ANYONE)
    assert caught.value.code == "plan.only_aggregated"


def test_hashing_needs_a_key(shared_database: MakeDatabase, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    settings = Settings(db=shared_database("duckdb", STAFF), policy=str(policy), hash_key="short")
    with pytest.raises(SettingsError, match="`hash_key` is not of 16 characters"):
        open_service(settings)


def test_the_owner_without_a_policy_sees_all(shared_database: MakeDatabase) -> None:
    service = open_service(Settings(db=shared_database("duckdb", STAFF), frozen=True))
    found = rows(service, "SELECT salary, phone FROM people ORDER BY salary DESC LIMIT 1", OWNER)
    service.close()
    assert found == [(1000, "555-4")]
