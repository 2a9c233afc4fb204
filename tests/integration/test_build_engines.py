"""The same project, built for each engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nlq.build.check import check
from nlq.build.frozen import require_built
from nlq.build.named import NamedQueries
from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.policy import Principal
from nlq.settings import Settings
from nlq.wire import open_service

SCRIPT = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT, born DATE, score NUMERIC(8, 2)
);
INSERT INTO users VALUES
    (1, 'Ana', 'Portugal', '1990-05-01', 2.50), (2, 'Bo', 'Denmark', '1985-01-01', 9.75),
    (3, 'Caio', 'Portugal', '1970-12-31', NULL);
CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT);
"""

POLICY = """
[relations.users]
read = [{ roles = ["staff"] }, { roles = ["guest"], sql = "country = 'Portugal'" }]

[relations.logs]
read = { roles = ["staff"], english = "rows whose line is short" }
"""

QUERIES = """\
-- name: people :many
-- roles: staff, guest
people of {country: text?} born since {since: date?} with at least {least: decimal = 1.5}
-- name: oldest :one
the oldest
"""

REPLIES = {
    "people of :country born since :since with at least :least": """
        SELECT name FROM users WHERE country = :country AND born >= :since AND score >= :least ORDER BY name
    """,
    "the oldest": "SELECT name, born FROM users ORDER BY born LIMIT 1",
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_a_project_is_built_checked_and_run(
    dialect: str, make_database: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("queries").mkdir()
    Path("queries/users.nlq").write_text(QUERIES)
    Path("policy.toml").write_text(POLICY)
    model.replies = REPLIES
    settings = Settings(db=make_database(dialect, SCRIPT), policy="policy.toml", sample="never", threads=1)
    service = open_service(settings, model=model)

    def project() -> Project:
        return Project(read_sources(Path("queries")), service, Path("cache"))

    assert [(o.name, o.status) for o in build(project()).outcomes] == [
        ("oldest", "compiled"), ("people", "compiled"),
    ]  # fmt: skip
    assert build(project()).counts == {"reused": 2}
    assert [(e.code, e.message) for e in check(project()).findings] == [
        ("policy.unreviewed", "a rule is not reviewed: read of `logs`: rows whose line is short")
    ]
    assert require_built(service, Path("cache")) == 2
    named = NamedQueries(service, Path("cache"))
    staff, guest = (Principal(roles=frozenset({role})) for role in ("staff", "guest"))
    found = {
        (role, str(given)): [row[0] for row in named.run("people", who, given).answer.rows]
        for role, who in (("staff", staff), ("guest", guest))
        for given in ({}, {"country": "Denmark"}, {"since": "1990-01-01", "least": 2})
    }
    assert found == {
        ("staff", "{}"): ["Ana", "Bo"],
        ("staff", "{'country': 'Denmark'}"): ["Bo"],
        ("staff", "{'since': '1990-01-01', 'least': 2}"): ["Ana"],
        ("guest", "{}"): ["Ana"],
        ("guest", "{'country': 'Denmark'}"): [],
        ("guest", "{'since': '1990-01-01', 'least': 2}"): ["Ana"],
    }
    service.close()
