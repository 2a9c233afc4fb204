"""Rules in English on every engine, through the whole service: compiled, reviewed, enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nlq.errors import NlqError
from nlq.policy import ANONYMOUS, Principal
from nlq.review import open_desk
from nlq.service import Service
from nlq.settings import Settings
from nlq.store import Review
from nlq.wire import open_service

PHRASES = {
    "known": "signed-in users",
    "own": "only the author",
    "others": "everyone except the author",
    "checked": "everyone except the checker",
    "mates": "members of the author's team",
    "strangers": "everyone except members of the author's team",
    "mixed": "signed-in users if public, otherwise everyone except the checker, "
    "or members of the author's team",
    "unaccounted": "everyone except people in the same account",
    "public": "anyone if public, otherwise the author or an admin",
    "hidden": "anyone if not public",
    "recent": "anyone if made within the last 30 days",
    "old": "anyone if made more than 2 weeks ago",
    "ledgers": "rows of the caller's account",
}
TABLES = """
    CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER);
    INSERT INTO users VALUES (1, 1), (2, 1), (3, 2), (4, NULL);
    """ + "".join(
    f"""
        CREATE TABLE {name} (
            id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES users (id),
            checker_id INTEGER REFERENCES users (id), public BOOLEAN, made_on DATE NOT NULL,
            account_id INTEGER NOT NULL
        );
        INSERT INTO {name} VALUES
            (1, 1, 2, true, CURRENT_DATE, 7), (2, 2, NULL, false, '2001-02-03', 8),
            (3, 3, 1, NULL, CURRENT_DATE, 7), (4, 4, 4, false, '2001-02-03', 9);
        """
    for name in PHRASES
)
POLICY = (
    'principals_are = "users"\n[claims]\naccount_id = "integer"\nid = "integer"\n[roles]\nadmin = {}\n'
    + "".join(f"[relations.{name}]\nread = '''{phrase}'''\n" for name, phrase in PHRASES.items())
)


@pytest.fixture(scope="module", params=["duckdb", "postgres", "sqlite"])
def service(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    shared_database: Callable[[str, str], str],
) -> Iterator[Service]:
    directory = tmp_path_factory.mktemp("rules")
    (directory / "policy.toml").write_text(POLICY)
    settings = Settings(
        db=shared_database(request.param, TABLES),
        policy=str(directory / "policy.toml"),
        cache_dir=str(directory / "cache"),
        frozen=True,
    )
    with open_desk(settings) as desk:
        states = desk.compile(None, lambda: None)
        assert {s.written.name: s.status for s in states} == {f"{name}.read": "new" for name in PHRASES}
        desk.approve(None, Review("ana", "2026-01-01T00:00:00+00:00"))
    service = open_service(settings)
    yield service
    service.close()


ANN = Principal(id=1, claims={"account_id": 7})
DAN = Principal(id=4, claims={"account_id": 8}, roles=frozenset({"admin"}))
EVA = Principal(id=99)

CASES: dict[str, tuple[list[int], list[int], list[int], list[int]]] = {
    # what ann, dan, eva and nobody known may read
    "known": ([1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], []),
    "own": ([1], [4], [], []),
    "others": ([2, 3, 4], [1, 2, 3], [1, 2, 3, 4], []),
    "checked": ([1, 2, 4], [1, 2, 3], [1, 2, 3, 4], []),
    "mates": ([1, 2], [], [], []),
    "strangers": ([3, 4], [1, 2, 3, 4], [1, 2, 3, 4], []),
    "mixed": ([1, 2, 4], [1, 2, 3], [1, 2, 3, 4], []),
    "unaccounted": ([2, 4], [1, 3, 4], [], []),
    "public": ([1], [1, 2, 3, 4], [1], [1]),
    "hidden": ([2, 3, 4], [2, 3, 4], [2, 3, 4], [2, 3, 4]),
    "recent": ([1, 3], [1, 3], [1, 3], [1, 3]),
    "old": ([2, 4], [2, 4], [2, 4], [2, 4]),
    "ledgers": ([1, 3], [2], [], []),
}


@pytest.mark.parametrize("name", PHRASES)
def test_each_caller_sees_what_the_english_says(service: Service, name: str) -> None:
    seen = []
    for who in (ANN, DAN, EVA, ANONYMOUS):
        rows = service.sql(f"SELECT id FROM {name} ORDER BY id", principal=who).rows
        seen.append([row[0] for row in rows])
    assert tuple(seen) == CASES[name]


def test_users_without_a_rule_are_nobodys_business(service: Service) -> None:
    with pytest.raises(NlqError) as caught:
        service.sql("SELECT id FROM users", principal=ANN)
    assert caught.value.code == "plan.unknown_relation"
