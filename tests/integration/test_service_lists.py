"""Claims that are lists, on every engine, through the whole service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nlq.errors import NlqError
from nlq.policy import Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

MakeDatabase = Callable[[str, str], str]

TABLES = "".join(
    f"CREATE TABLE {name} (id INTEGER, team INTEGER, word TEXT);"
    f"INSERT INTO {name} VALUES (1, 1, 'a'), (2, 2, 'it''s'), (3, 3, '\"'), (4, NULL, NULL);"
    for name in ("among", "any_of", "none_of", "not_among", "words", "undeclared", "mixed")
)
POLICY = """
[claims]
teams = ["integer"]
words = ["text"]
"odd name" = ["integer"]
[relations.among]
read = { sql = "team IN (:me.teams)" }
[relations.any_of]
read = { sql = "team = ANY(:me.teams)" }
[relations.none_of]
read = { sql = "team <> ALL(:me.teams)" }
[relations.not_among]
read = { sql = "NOT team IN (:me.teams)" }
[relations.words]
read = { sql = "word IN (:me.words)" }
[relations.undeclared]
read = { sql = "team = ANY(:me.others)" }
[relations.mixed]
read = [
    { sql = "team IN (:me.teams) AND NOT (word IN (:me.words))" },
    { sql = 'id IN (:me."odd name")' },
]
"""


@pytest.fixture(scope="module", params=["duckdb", "postgres", "sqlite"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_database: MakeDatabase
) -> Iterator[Service]:
    directory = tmp_path_factory.mktemp("lists")
    policy = directory / "policy.toml"
    policy.write_text(POLICY)
    url = shared_database(request.param, TABLES)
    service = open_service(
        Settings(db=url, policy=str(policy), cache_dir=str(directory / "cache"), frozen=True)
    )
    yield service
    service.close()


CASES: list[tuple[str, dict[str, Any], list[int]]] = [
    ("among", {"teams": (1, 3)}, [1, 3]),
    ("among", {"teams": ()}, []),
    ("among", {}, []),
    ("among", {"teams": None}, []),
    ("any_of", {"teams": (1, 3)}, [1, 3]),
    ("any_of", {"teams": ()}, []),
    ("any_of", {}, []),
    ("none_of", {"teams": (1, 3)}, [2]),
    ("none_of", {"teams": ()}, [1, 2, 3, 4]),
    ("none_of", {}, []),
    ("not_among", {"teams": (2,)}, [1, 3]),
    ("not_among", {}, []),
    ("words", {"words": ("it's", '"', "\\")}, [2, 3]),
    ("words", {"words": ()}, []),
    ("undeclared", {"others": (2, 2)}, [2]),
    ("undeclared", {}, []),
    ("mixed", {"teams": (1, 2), "words": ("a",), "odd name": (4,)}, [2, 4]),
]


@pytest.mark.parametrize(("relation", "claims", "ids"), CASES, ids=[f"{n} {c}" for n, c, _ in CASES])
def test_rows_of_a_list(service: Service, relation: str, claims: dict[str, Any], ids: list[int]) -> None:
    principal = Principal(id=1, claims=claims)
    found = service.sql(f"SELECT id FROM {relation} ORDER BY id", principal=principal)
    assert [row[0] for row in found.rows] == ids


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("team = :me.teams", "the claim `teams` is a list"),
        ("team IN (:me.teams, 1)", "the claim `teams` is a list"),
        (":me.teams IS NULL", "the claim `teams` is a list"),
        ("team = ANY(:me.team)", "the claim `team` is not a list"),
        ("team > ANY(:me.teams)", "a list can only be searched for a value"),
        ("team <> ANY(:me.teams)", "a list can only be searched for a value"),
    ],
)
def test_rules_that_no_list_fits(
    rule: str, why: str, shared_database: MakeDatabase, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        f'[claims]\nteams = ["integer"]\nteam = "integer"\n[relations.among]\nread = {{ sql = "{rule}" }}'
    )
    with pytest.raises(NlqError) as caught:
        open_service(Settings(db=shared_database("duckdb", TABLES), policy=str(policy)))
    assert caught.value.code == "policy.invalid"
    assert caught.value.message == f"the read rule `{rule}` of `among` cannot be applied: {why}"
