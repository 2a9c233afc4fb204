"""Parameters that a question declares: their types hold, and the optional ones may be left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from nlq.compiler import Declared
from nlq.errors import CompileError, NlqError
from nlq.events import DraftRefused, Event
from nlq.plan import Parameter
from nlq.policy import ANONYMOUS, Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

PEOPLE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT, born DATE, email TEXT);
INSERT INTO people VALUES (1, 'Ana', 'Portugal', '1990-05-01', 'a@x'),
    (2, 'Bo', 'Denmark', '1985-01-01', NULL),
    (3, 'Caio', 'Portugal', '1970-12-31', NULL), (4, 'Di', NULL, NULL, NULL);
"""

POLICY = """
[relations.people]
read = [{ roles = ["staff"] }, { roles = ["guest"], sql = "country = 'Portugal'" }]

[relations.people.columns]
email = { hidden = true, except = ["staff"] }
"""

COUNTRY = Declared("country", "text", optional=True)
SINCE = Declared("since", "date", optional=True)
QUESTION = "people of {country} born since {since}"
DRAFT = "SELECT id FROM people WHERE country = :country AND born >= :since ORDER BY id"


@pytest.fixture(params=["duckdb", "postgres", "sqlite"])
def people(request: pytest.FixtureRequest, make_database: Any, model: Any, tmp_path: Path) -> Any:
    """Opens a service over people, whose model answers each question with the draft."""
    opened: list[Service] = []

    def open_(replies: Mapping[str, str], policy: str = "") -> Service:
        model.replies = replies
        if policy:
            (tmp_path / "policy.toml").write_text(policy)
        opened.append(
            open_service(
                Settings(
                    db=make_database(request.param, PEOPLE),
                    policy=str(tmp_path / "policy.toml") if policy else "",
                    cache_dir=str(tmp_path / "cache"),
                    sample="never",
                ),
                model=model,
            )
        )
        return opened[-1]

    yield open_
    for service in opened:
        service.close()


@pytest.mark.parametrize(
    "draft",
    [
        DRAFT,
        "SELECT p.id FROM people AS p JOIN people AS q ON p.id = q.id AND q.country = :country"
        " WHERE q.born >= :since ORDER BY p.id",
        "SELECT id FROM people WHERE (:country IS NULL OR country = :country) AND NOT born < :since"
        " ORDER BY id",
        "SELECT id FROM people WHERE id IN (SELECT id FROM people WHERE country = :country)"
        " AND born >= :since ORDER BY id",
    ],
    ids=["where", "join", "its own words", "subquery"],
)  # fmt: skip
def test_what_is_left_out_filters_nothing(people: Callable[..., Service], draft: str) -> None:
    service = people({"people of :country born since :since": draft})
    params: dict[str, Any] = {"country": None, "since": None}
    plan, known = service.compile(QUESTION, params=params, declared=(COUNTRY, SINCE))
    again = service.compile(QUESTION, params=params, declared=(COUNTRY, SINCE))
    assert (known, again) == (False, (plan, True))
    found = {
        (country, since): [
            row[0] for row in service.ask(QUESTION, params={"country": country, "since": since}).rows
        ]
        for country in ("Portugal", "Denmark", None)
        for since in ("1980-01-01", None)
    }
    assert found == {
        ("Portugal", "1980-01-01"): [1],
        ("Portugal", None): [1, 3],
        ("Denmark", "1980-01-01"): [2],
        ("Denmark", None): [2],
        (None, "1980-01-01"): [1, 2],
        (None, None): [1, 2, 3, 4],
    }


def test_what_is_not_optional_is_compiled_apart(people: Callable[..., Service]) -> None:
    service = people({"people of :country born since :since": DRAFT})
    params = {"country": None, "since": None}
    plain, _ = service.compile(QUESTION, params=params)
    optional, known = service.compile(QUESTION, params=params, declared=(COUNTRY, SINCE))
    assert (known, ":country IS NULL" in plain.sql, ":country IS NULL" in optional.sql) == (
        False,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("declared", "sql", "parameter"),
    [
        ("integer", "id > :x", Parameter("x", "integer")),
        ("text", "name = :x", Parameter("x", "text")),
        ("date", "born > :x", Parameter("x", "date")),
        (None, "id > :x", Parameter("x", "integer")),
        ("decimal", "length(name) * 1.5 > :x", Parameter("x", "decimal")),
    ],
)
def test_the_declared_type_is_the_plans(
    people: Callable[..., Service], declared: Any, sql: str, parameter: Parameter
) -> None:
    service = people({"people with :x": f"SELECT id FROM people WHERE {sql}"})
    plan, _ = service.compile("people with {x}", params={"x": None}, declared=(Declared("x", declared),))
    assert plan.parameters == (parameter,)


@pytest.mark.parametrize(
    ("declared", "sql", "message"),
    [
        (Declared("x", "text"), "id > :x", "`:x` is text, and the SQL compares it with integer"),
        (Declared("x", "decimal"), "id > :x", "`:x` is decimal, and the SQL compares it with integer"),
        (Declared("x", "integer", optional=True), "id > 1 LIMIT :x", "`:x` is used outside of a condition"),
    ],
    ids=["text", "wider", "optional-limit"],
)  # fmt: skip
def test_a_draft_that_takes_something_else_is_refused(
    people: Callable[..., Service], declared: Declared, sql: str, message: str
) -> None:
    service = people({"people with :x": f"SELECT id FROM people WHERE {sql}"})
    events: list[Event] = []
    with pytest.raises(CompileError) as caught:
        service.compile("people with {x}", params={"x": None}, declared=(declared,), observe=events.append)
    assert caught.value.code == "compile.failed"
    refused = [e.message for e in events if isinstance(e, DraftRefused)]
    assert message in refused[0]


def test_a_plan_answers_other_roles_as_far_as_they_may_see(people: Callable[..., Service]) -> None:
    replies = {
        "ids of people": "SELECT id FROM people ORDER BY id",
        "addresses": "SELECT email FROM people",
    }
    service = people(replies, POLICY)
    staff, guest = Principal(roles=frozenset({"staff"})), Principal(roles=frozenset({"guest"}))
    ids, _ = service.compile("ids of people", principal=staff)
    rows = {who.roles: service.ask("ids of people", principal=who, plan=ids).rows for who in (staff, guest)}
    assert rows == {staff.roles: ((1,), (2,), (3,), (4,)), guest.roles: ((1,), (3,))}
    assert service.adopt(ids, staff) == ids
    assert service.adopt(ids, guest).scope == "roles:guest"
    addresses, _ = service.compile("addresses", principal=staff)
    errors = []
    for who in (guest, ANONYMOUS):
        with pytest.raises(NlqError) as caught:
            service.ask("addresses", principal=who, plan=addresses)
        errors.append(caught.value.code)
    assert errors == ["plan.unknown_column", "plan.unknown_relation"]
