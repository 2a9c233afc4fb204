"""An instruction through the service, HTTP and the terminal, with a model whose replies are written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from mutations.blog import ANA, BLOG, POLICY, ROLE, ROOT, defended_blog

from nlq.cli.app import run
from nlq.errors import NlqError
from nlq.http import create_app
from nlq.model import Call, Reply
from nlq.mutations.doer import Order
from nlq.policy import OWNER, Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service
from tests.integration.conftest import serving

TOGGLE = """```sql
IF EXISTS (SELECT 1 FROM likes WHERE user_id = :me.id AND post_id = :post_id) THEN
  DELETE FROM likes WHERE user_id = :me.id AND post_id = :post_id;
ELSE
  INSERT INTO likes (user_id, post_id) VALUES (:me.id, :post_id);
END IF;
```"""
REPLIES = {
    "like this post if I haven't already, unlike it if I have": TOGGLE,
    "create a new post": "INSERT INTO posts (title) VALUES (:title);",
    "rename post 1 to 'Uno'": "UPDATE posts SET title = 'Uno' WHERE id = 1",
    "rename post 2 to 'Due'": "UPDATE posts SET title = 'Due' WHERE id = 2",
    "tidy up": "DELETE FROM posts WHERE status = 'draft'",
    "delete posts": "DELETE FROM posts",
    "publish my drafts": "UPDATE posts SET status = 'published' WHERE status = 'draft'",
    "delete user 3": "DELETE FROM users WHERE id = 3",
}


@dataclass
class Scripted:
    replies: Mapping[str, str] = field(default_factory=lambda: REPLIES)
    asked: list[str] = field(default_factory=list)
    name: str = "scripted"
    is_local: bool = True

    def complete(self, call: Call) -> Reply:
        self.asked.append(call.messages[-1].content)
        return Reply(
            self.replies.get(call.messages[-1].content.strip().splitlines()[-1], "Hm."), 10, 5, 0.1
        )

    def close(self) -> None:
        pass


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    path = tmp_path / "blog.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(BLOG)
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    return path


@pytest.fixture
def settings(blog: Path, tmp_path: Path) -> Callable[..., Settings]:
    def make(**given: Any) -> Settings:
        policy, cache = str(tmp_path / "policy.toml"), str(tmp_path / "cache")
        own = {"db": str(blog), "policy": policy, "cache_dir": cache, "mutations": True, "threads": 1}
        return Settings(**{**own, **given})

    return make


@pytest.fixture
def model() -> Scripted:
    return Scripted()


@pytest.fixture
def service(settings: Callable[..., Settings], model: Scripted) -> Iterator[Service]:
    service = open_service(settings(), model=model)
    yield service
    service.close()


def do(service: Service, text: str, principal: Principal = ANA, **order: Any) -> Any:
    params = order.pop("params", {})
    return service.do(Order(text, params, **order), principal=principal)


def test_it_is_compiled_once_and_made_each_time(service: Service, model: Scripted) -> None:
    text = "like this post if I haven't already, unlike it if I have"
    first = do(service, text, params={"post_id": 1})
    again = do(service, text, params={"post_id": 1})
    assert [(c.action, c.before, c.after) for c in (*first.changes, *again.changes)] == [
        ("create", (), ({"user_id": 1, "post_id": 1},)),
        ("delete", ({"user_id": 1, "post_id": 1},), ()),
    ]
    assert (first.committed, first.cached, again.cached, len(model.asked)) == (True, False, True, 1)
    assert model.asked == [f"Parameters: :post_id\n{text}"]


def test_what_the_row_needs_is_asked_for(service: Service) -> None:
    with pytest.raises(NlqError) as caught:
        do(service, "create a new post")
    assert (caught.value.code, caught.value.message) == (
        "request.missing_parameter", "this takes `title`, which has no value",
    )  # fmt: skip
    made = do(service, "create a new post", params={"title": "T"})
    row = made.changes[0].after[0]
    assert (row["id"], row["author_id"], row["title"], row["status"]) == (5, 1, "T", "draft")
    assert made.plan.inputs["properties"] == {"title": {"type": "string"}}
    assert "`author_id` of `posts` is the caller's `id`" in made.assumptions


def test_literals_are_lifted(service: Service, model: Scripted) -> None:
    assert do(service, "rename post 2 to 'Due'").changes[0].after[0]["title"] == "Due"
    assert do(service, "rename post 2 to 'Zwei'").changes[0].after[0]["title"] == "Zwei"
    assert len(model.asked) == 1


def test_what_is_not_sure_has_to_be_confirmed(service: Service) -> None:
    shown = do(service, "tidy up")
    assert (shown.committed, shown.undo, shown.count) == (False, None, 1)
    assert shown.doubts == (
        "it deletes rows of `posts`, which the instruction does not say",
        "the instruction does not speak of `posts`",
        "it uses the value `draft`, which the instruction does not say",
        "it looks at `status`, which the instruction does not speak of",
        "nothing in it answers `tidy` of the instruction",
    )
    with pytest.raises(NlqError) as caught:
        do(service, "tidy up", ROOT, approval=shown.approval)
    assert caught.value.code == "change.moved_on"
    shown = do(service, "tidy up")
    assert do(service, "tidy up", approval=shown.approval).committed
    with pytest.raises(NlqError) as caught:
        do(service, "tidy up", approval=shown.approval)
    assert caught.value.code == "change.moved_on"
    # One caller's approval is for one change: nobody else has looked.
    assert not do(service, "tidy up", ROOT).committed


def test_what_the_owner_confirmed_is_not_doubted_again(
    settings: Callable[..., Settings], model: Scripted
) -> None:
    service = open_service(settings(policy=""), model=model)
    shown = do(service, "tidy up", OWNER)
    assert (shown.committed, len(shown.doubts)) == (False, 5)
    assert do(service, "tidy up", OWNER, approval=shown.approval).committed
    assert do(service, "tidy up", OWNER).committed
    service.close()


def test_what_is_made_at_the_time_of_the_change_can_be_approved(
    settings: Callable[..., Settings],
) -> None:
    text = "name post 1 'Now'"
    draft = "UPDATE posts SET title = 'Now', created_at = now() WHERE id = 1"
    service = open_service(settings(), model=Scripted({text: draft}))
    shown = do(service, text, preview=True)
    made = do(service, text, approval=shown.approval)
    assert made.changes[0].after == shown.changes[0].after
    service.close()


def test_a_preview_changes_nothing(service: Service) -> None:
    shown = do(service, "publish my drafts", preview=True)
    assert (shown.committed, shown.doubts, shown.changes[0].after[0]["status"]) == (False, (), "published")
    assert service.sql("SELECT status FROM posts WHERE id = 2", principal=ANA).rows == (("draft",),)
    assert do(service, "publish my drafts", approval=shown.approval).committed
    assert service.sql("SELECT status FROM posts WHERE id = 2", principal=ANA).rows == (("published",),)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_one_process_makes_what_another_showed_once(
    settings: Callable[..., Settings], model: Scripted, make_database: Any, dialect: str
) -> None:
    url = make_database(dialect, BLOG)
    text, approval, outcomes = "rename post 1 to 'Uno'", None, []
    for _ in range(3):
        service = open_service(settings(db=url), model=model)
        try:
            done = do(service, text, preview=not approval, approval=approval)
            approval = done.approval or approval
            outcomes.append(done.committed)
        except NlqError as error:
            outcomes.append(error.code)
        finally:
            service.close()
    assert outcomes == [False, True, "change.moved_on"]


def test_it_is_undone_and_done_again(service: Service) -> None:
    before = service.sql("SELECT * FROM posts ORDER BY id", principal=ROOT).rows
    done = do(service, "publish my drafts")
    undone = service.undo(done.undo, principal=ANA)
    assert service.sql("SELECT * FROM posts ORDER BY id", principal=ROOT).rows == before
    service.undo(undone.id, principal=ANA)
    assert service.sql("SELECT count(*) FROM posts WHERE status = 'draft'", principal=ROOT).rows == ((1,),)
    assert [(e.who, e.said["instruction"]) for e in service.mutations.history(ANA)] == [
        ("1", f"undo {undone.id}"), ("1", f"undo {done.undo}"), ("1", "publish my drafts"),
    ]  # fmt: skip


def test_it_is_not_undone_where_something_came_later(service: Service) -> None:
    first = do(service, "rename post 1 to 'Uno'")
    later = do(service, "rename post 1 to 'Ein'")
    with pytest.raises(NlqError) as caught:
        service.undo(first.undo, principal=ANA)
    assert (caught.value.code, caught.value.message) == (
        "change.later", f"a row of `posts` was changed again, by `{later.undo}`",
    )  # fmt: skip
    service.undo(later.undo, principal=ANA)
    service.undo(first.undo, principal=ANA)
    assert service.sql("SELECT title FROM posts WHERE id = 1", principal=ANA).rows == (("One",),)


@pytest.mark.parametrize("principal", [ROOT, Principal(2), Principal()], ids=["admin", "another", "nobody"])
def test_only_who_did_it_undoes_it(service: Service, principal: Principal) -> None:
    done = do(service, "rename post 1 to 'Uno'")
    with pytest.raises(NlqError) as caught:
        service.undo(done.undo, principal=principal)
    assert caught.value.code == "change.not_found"


REFUSED = {
    "every row": ("delete posts", ANA, "compile.failed"),
    "no rule": ("delete user 3", ANA, "policy.denied"),
    "not a change": ("sing", ANA, "compile.failed"),
}


@pytest.mark.parametrize(("text", "principal", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(service: Service, text: str, principal: Principal, code: str) -> None:
    with pytest.raises(NlqError) as caught:
        do(service, text, principal)
    assert caught.value.code == code


def test_it_is_off_unless_switched_on(settings: Callable[..., Settings], model: Scripted) -> None:
    service = open_service(settings(mutations=False), model=model)
    with pytest.raises(NlqError) as caught:
        do(service, "publish my drafts")
    service.close()
    assert (caught.value.code, model.asked) == ("change.off", [])


def test_a_database_that_is_only_read_says_so_before_a_model_is_asked(tmp_path: Path) -> None:
    model = Scripted()
    with closing(sqlite3.connect(tmp_path / "blog.sqlite")) as file:
        file.execute("CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT)")
    settings = Settings(db=str(tmp_path / "blog.sqlite"), cache_dir=str(tmp_path), mutations=True)
    with (
        closing(open_service(settings, model=model)) as service,
        pytest.raises(NlqError, match="SQLite databases are only read") as caught,
    ):
        service.do(Order("delete posts", {}), principal=OWNER)
    assert (caught.value.code, model.asked) == ("change.off", [])


def test_over_http(settings: Callable[..., Settings], model: Scripted) -> None:
    with serving(create_app(open_service(settings(dev=True), model=model, serving=True))) as client:
        headers = {"x-nlq-as": "ana", "idempotency-key": "k1"}
        body = {"instruction": "create a new post", "params": {"title": "T"}}
        first = client.post("/mutate", json=body, headers=headers)
        again = client.post("/mutate", json=body, headers=headers)
        other = client.post("/mutate", json={**body, "params": {"title": "U"}}, headers=headers)
        assert (first.status_code, first.json()["changes"][0]["count"]) == (200, 1)
        assert again.json()["changes"] == first.json()["changes"]
        assert (again.json()["undo"], again.json()["repeated"]) == (first.json()["undo"], True)
        assert (other.status_code, other.json()["code"]) == (422, "change.key_reused")
        undone = client.post("/undo", json={"undo": first.json()["undo"]}, headers={"x-nlq-as": "ana"})
        assert [c["action"] for c in undone.json()["changes"]] == ["delete"]
        made = client.get("/history", headers={"x-nlq-as": "ana"}).json()["changes"]
        assert [m["instruction"] for m in made] == [f"undo {first.json()['undo']}", "create a new post"]
        asked = client.post(
            "/sql", json={"sql": "SELECT count(*) AS n FROM posts"}, headers={"x-nlq-as": "ana"}
        )
        assert asked.json()["rows"] == [{"n": 3}]


def test_with_a_database_that_enforces_the_rules_too(
    settings: Callable[..., Settings], model: Scripted, make_database: Any
) -> None:
    url = make_database("postgres", defended_blog()).replace("postgres@", f"{ROLE}_login@")
    service = open_service(settings(db=url, db_role=ROLE), model=model)
    try:
        shown = do(service, "publish my drafts", preview=True)
        done = do(service, "publish my drafts", approval=shown.approval)
        assert [(c.action, c.count, c.after[0]["status"]) for c in done.changes] == [
            ("update", 1, "published")
        ]
        service.undo(done.undo, principal=ANA)
        assert [e.undone_by is None for e in service.mutations.history(ANA)] == [True, False]
        assert service.mutations.history(ROOT) == ()
        with pytest.raises(NlqError) as caught:
            do(service, "delete user 3")
        assert caught.value.code == "policy.denied"
    finally:
        service.close()


def test_at_the_terminal(
    settings: Callable[..., Settings],
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    do(service, "rename post 1 to 'Uno'", preview=True)  # so that it is known
    service.close()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nlq.toml").write_text('mutations = true\nfrozen = true\ndb = "blog.duckdb"\n', "utf-8")
    as_ana = ["--policy", "policy.toml", "--as", "ana"]
    assert run(["do", "rename post 1 to 'Uno'", *as_ana]) == 0
    shown = capsys.readouterr().out
    assert "1 row changed in posts" in shown
    assert run(["history", "--json", *as_ana]) == 0
    change = json.loads(capsys.readouterr().out)["changes"][0]["id"]
    assert f"nlq undo {change}" in shown
    assert run(["undo", change, *as_ana]) == 0
    assert run(["undo", change, *as_ana]) == 1
