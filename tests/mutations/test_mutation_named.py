"""Instructions that were built, done by name: over HTTP, in process, by the Python client, frozen."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from mutations.blog import BLOG, POLICY
from mutations.test_mutation_doors import Scripted

import nlq
from nlq.build.check import check
from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.errors import NlqError
from nlq.http import create_app
from nlq.settings import Settings
from nlq.wire import open_service
from tests.integration.conftest import serving

QUERIES = """
-- name: rename_post :exec
-- note: keeps its status
rename the post {id: int} to {title: text = 'Untitled'}

-- name: tidy :exec
-- roles: author, admin
tidy up

-- name: my_posts :many
posts with their author
"""
REPLIES = {
    "rename the post :id to :title": "UPDATE posts SET title = :title WHERE id = :id",
    "tidy up": "DELETE FROM posts WHERE status = 'draft'",
    "posts with their author": "SELECT p.id, p.title, u.name FROM posts p JOIN users u"
    " ON u.id = p.author_id WHERE p.author_id = 1 ORDER BY p.id",
}
ANA, ROOT = {"X-Nlq-As": "ana"}, {"X-Nlq-As": "root"}


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, make_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Of a project that is built, on DuckDB unless a test says otherwise."""
    monkeypatch.chdir(tmp_path)
    Path("queries").mkdir()
    Path("queries/blog.nlq").write_text(QUERIES)
    Path("policy.toml").write_text(POLICY)
    settings = Settings(
        db=make_database(getattr(request, "param", "duckdb"), BLOG), policy="policy.toml", mutations=True,
        dev=True, threads=1, client_python="app/queries.py", sample="never",
    )  # fmt: skip
    service = open_service(settings, model=Scripted(REPLIES))
    try:
        report = build(Project(read_sources(Path("queries")), service, Path("cache")))
        assert {o.name: (o.status, o.doubts[:1]) for o in report.outcomes} == {
            "my_posts": ("compiled", ()),
            "rename_post": ("compiled", ()),
            "tidy": ("compiled", ("it deletes rows of `posts`, which the instruction does not say",)),
        }
        assert not check(Project(read_sources(Path("queries")), service, Path("cache"))).findings
    finally:
        service.close()
    return settings


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    """Of a frozen server: no model is there to ask."""
    with serving(create_app(open_service(replace(settings, frozen=True)))) as client:
        yield client


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"changes_{path.parents[1].name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("settings", ["duckdb", "postgres"], indirect=True)
def test_an_instruction_is_done_by_its_name(client: httpx.Client) -> None:
    listed = client.get("/queries", headers=ANA).json()["queries"]
    assert [(q["name"], q["cardinality"], [p["name"] for p in q["parameters"]]) for q in listed] == [
        ("my_posts", "many", []), ("rename_post", "exec", ["id", "title"]), ("tidy", "exec", []),
    ]  # fmt: skip

    def post(name: str, body: Any, headers: Any = ANA, **query: Any) -> Any:
        return client.post(f"/queries/{name}", json=body, headers=headers, params=query).json()

    shown = post("rename_post", {"id": 2, "title": "Due"}, preview="true")
    assert (shown["committed"], shown["changes"][0]["after"][0]["title"]) == (False, "Due")
    done = post("rename_post", {"id": 2, "title": "Due"}, approval=shown["approval"])
    assert (done["committed"], done["changes"][0]["count"]) == (True, 1)
    assert post("rename_post", {"id": 2, "title": "Due"}, approval=shown["approval"])["code"] == (
        "change.moved_on"
    )
    keyed = {**ANA, "Idempotency-Key": "k"}
    again = [post("rename_post", {"id": 1}, keyed) for _ in range(2)]
    assert [(a["committed"], a["repeated"]) for a in again] == [(True, False), (True, True)]
    assert [p["title"] for p in post("my_posts", {})["rows"]] == ["Untitled", "Due"]
    # The rules are those of who asks, and the bounds are as for any other instruction.
    assert post("rename_post", {"id": 3, "title": "Mine"})["changes"] == []
    assert post("tidy", {}, ROOT, limit="1")["code"] == "change.too_many"
    # Whoever put the plan into the project has approved of what it does.
    assert (done := post("tidy", {}, ROOT))["committed"] and done["changes"][0]["count"] == 2
    assert client.post("/undo", json={"undo": done["undo"]}, headers=ROOT).status_code == 200


REFUSED: tuple[tuple[str, str, Any, str], ...] = (
    ("GET", "/queries/tidy", None, "request.invalid"),
    ("POST", "/queries/tidy?preview=maybe", {}, "request.invalid"),
    ("POST", "/queries/tidy?limit=0", {}, "request.invalid"),
    ("POST", "/queries/rename_post?id=1", {}, "request.invalid"),
    ("POST", "/queries/rename_post", {}, "request.missing_parameter"),
    ("POST", "/queries/rename_post", {"id": 1, "titel": "x"}, "request.unknown_parameter"),
    ("POST", "/queries/rename_post", {"id": 1, "title": None}, "request.bad_parameter"),
    ("POST", "/queries/rename_post", {"id": "one"}, "request.bad_parameter"),
)


def test_what_cannot_be_done_is_refused(client: httpx.Client) -> None:
    for method, path, body, code in REFUSED:
        found = client.request(method, path, json=body, headers=ANA).json()
        assert (path, body, found["code"]) == (path, body, code)
    for method, body in (("GET", None), ("POST", {})):  # whom it is not for hears nothing of it
        assert client.request(method, "/queries/tidy", json=body).json()["code"] == "request.not_found"


def test_the_python_client_changes_rows(settings: Settings, client: httpx.Client) -> None:
    made = load(Path("app/queries.py"))
    remote = made.over_http(str(client.base_url), headers=ANA)
    shown = made.Queries(remote).rename_post(made.Options(preview=True), id=1, title="Uno")
    changed = made.Queries(remote).rename_post(made.Options(approval=shown.approval), id=1, title="Uno")
    keyed = made.Options(idempotency_key="once")
    repeated = [asyncio.run(made.AsyncQueries(remote).rename_post(keyed, id=2)).repeated for _ in range(2)]
    assert (shown.committed, changed.committed, changed.changes[0].count, repeated) == (
        False, True, 1, [False, True],
    )  # fmt: skip
    assert [p.author.name for p in made.Queries(remote).my_posts()] == ["Ana", "Ana"]
    with pytest.raises(made.QueryError) as raised:
        made.Queries(remote).tidy(made.Options(limit=0))
    assert raised.value.code == "request.invalid"


def test_programs_do_what_was_built(settings: Settings) -> None:
    with nlq.open(
        settings.db, policy="policy.toml", principal="ana", mutations=True, frozen=True, threads=1
    ) as database:
        text = "rename the post {id: int} to {title: text = 'Untitled'}"
        shown = nlq.mutation(text, {"id": 1}, database=database, preview=True)
        done = nlq.mutation(text, {"id": 1}, database=database, approval=shown.approval)
        assert (shown.committed, done.committed, done.changes[0].after[0]["title"]) == (
            False, True, "Untitled",
        )  # fmt: skip
        assert nlq.query("posts with their author", database=database)[0]["author"] == {"name": "Ana"}
        local = load(Path("app/queries.py"))
        assert local.Queries(local.in_process(database)).tidy().committed
        with pytest.raises(NlqError) as raised:
            nlq.mutation("tidy everything up", database=database)
        assert raised.value.code == "compile.frozen"
