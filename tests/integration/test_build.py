"""Projects that are built, changed and built again, over real databases; only the model is scripted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nlq.build.check import check
from nlq.build.lock import Pin, read_locks
from nlq.build.report import Report
from nlq.build.run import Project, build, set_pin
from nlq.build.source import read_sources
from nlq.cli.app import run
from nlq.mutations.doer import Order
from nlq.policy import Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

TABLES = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, country TEXT NOT NULL);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, title TEXT NOT NULL,
    likes INTEGER NOT NULL, status TEXT NOT NULL
);
INSERT INTO users VALUES (1, 'Ana', 'a@x', 'Portugal'), (2, 'Bo', 'b@x', 'Denmark');
INSERT INTO posts VALUES (1, 1, 'Ink', 150, 'published'), (2, 2, 'Paper', 50, 'published');
"""

POLICY = """
[principals.ana]
id = 1
roles = ["analyst"]

[relations.users]
read = { roles = ["analyst", "support"] }

[relations.users.columns]
email = { mask = "partial", except = ["support"] }

[relations.posts]
read = [{ roles = ["analyst"] }, { roles = ["support"], sql = "status = 'published'" }]
"""

QUERIES = {
    "popular": "-- name: popular :many\nposts with more than {min_likes: int = 100} likes\n",
    "emails": "-- name: emails :many\n-- roles: support, analyst\nemail of each user\n",
    "people": "-- name: people :many\nusers of {country: text?}\n",
}

REPLIES = {
    "posts with more than :min_likes likes": "SELECT title FROM posts WHERE likes > :min_likes",
    "email of each user": "SELECT name, email FROM users ORDER BY name",
    "users of :country": "SELECT name FROM users WHERE country = :country ORDER BY name",
}


@dataclass
class Place:
    """A directory with a database, a policy and query files, and a model that is asked when it must be."""

    directory: Path
    model: Any
    policy: str = ""
    service: Service | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    made: list[Report] = field(default_factory=list)

    def write(self, **queries: str) -> None:
        for name, text in queries.items():
            path = self.directory / "queries" / f"{name}.nlq"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    def run(self, sql: str) -> None:
        with duckdb.connect(self.directory / "app.duckdb") as connection:
            connection.execute(sql)

    @contextmanager
    def open(self) -> Iterator[Project]:
        if self.service is not None:
            yield Project(read_sources(Path("queries")), self.service, Path("cache"))
            return
        with self.opened() as service:
            yield Project(read_sources(Path("queries")), service, Path("cache"))

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Within it nothing of the database or the policy changes."""
        with self.opened() as self.service:
            yield
        self.service = None

    @contextmanager
    def opened(self) -> Iterator[Service]:
        if self.policy:
            (self.directory / "policy.toml").write_text(self.policy)
        settings = Settings(
            db=f"duckdb:///{self.directory / 'app.duckdb'}",
            policy=str(self.directory / "policy.toml") if self.policy else "",
            cache_dir="cache", sample="never", threads=1, **self.settings,
        )  # fmt: skip
        service = open_service(settings, model=self.model)
        try:
            yield service
        finally:
            service.close()

    def build(self, **given: Any) -> dict[str, str]:
        """What became of each query; the report is kept."""
        with self.open() as project:
            self.made.append(build(project, **given))
        return {o.name: o.status for o in self.made[-1].outcomes}

    def check(self) -> list[str]:
        """What is found."""
        with self.open() as project:
            return [f"{e.code}: {e.message}" for e in check(project).findings]

    def files(self) -> dict[str, str]:
        """What is in the cache, by path."""
        return {
            p.relative_to(self.directory / "cache").as_posix(): p.read_text()
            for p in sorted((self.directory / "cache").rglob("*"))
            if p.is_file() and "local" not in p.parts
        }

    def asked(self) -> int:
        """How often the model was asked since the last time."""
        calls = len(self.model.asked)
        self.model.asked.clear()
        return calls


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Any) -> Place:
    monkeypatch.chdir(tmp_path)
    model.replies = dict(REPLIES)
    made = Place(tmp_path, model)
    made.run(TABLES)
    made.write(**QUERIES)
    return made


def test_what_was_built_is_not_built_again(place: Place) -> None:
    assert place.build() == {"emails": "compiled", "people": "compiled", "popular": "compiled"}
    assert (place.asked(), place.check()) == (3, [])
    before = place.files()
    assert place.build() == {"emails": "reused", "people": "reused", "popular": "reused"}
    assert (place.asked(), place.files()) == (0, before)
    locked = json.loads(before["queries/popular.json"])
    plan = locked["access"]["owner"].pop("plan")
    seal = locked["access"]["owner"].pop("seal")
    assert (locked.pop("plan"), len(seal)) == (plan, 16)
    assert locked == {
        "format": 1, "name": "popular", "kind": "query", "cardinality": "many",
        "question": "posts with more than {min_likes} likes",
        "parameters": [{"name": "min_likes", "type": "integer", "default": 100, "optional": False}],
        "notes": [], "roles": [], "source": "queries/popular.nlq", "dialect": "duckdb",
        "access": {"owner": {"effects": ["allowed"], "reasons": []}}, "pinned": None,
    }  # fmt: skip
    assert json.loads(before[f"plans/{plan}"])["question"] == "posts with more than {min_likes} likes"


def test_one_sql_serves_every_role_and_the_matrix_says_what_each_gets(place: Place) -> None:
    place.policy = POLICY
    assert set(place.build().values()) == {"compiled"}
    assert place.asked() == 3
    table = [line for line in place.files()["matrix.md"].splitlines() if line.startswith("|")]
    assert table == [
        "| query | (no role) | analyst | support |",
        "| --- | --- | --- | --- |",
        "| `emails` | · | masked | allowed |",
        "| `people` | denied | allowed | allowed |",
        "| `popular` | denied | allowed | filtered |",
    ]
    locks, errors = read_locks(Path("cache"))
    assert errors == {}
    assert [(a.role, a.reasons) for a in locks["popular"].access] == [
        ("(no role)", ("may not read `posts`",)),
        ("analyst", ()),
        ("support", ("posts: only rows that a rule lets be read",)),
    ]
    place.policy = POLICY.replace("sql = \"status = 'published'\"", 'sql = "likes > 60"')
    assert place.check() == []  # who gets what is the same
    place.policy = POLICY.replace(", sql = \"status = 'published'\"", "")
    stale = "build.stale: queries/popular.nlq:1:1: `popular` is out of date: rules of what it reads"
    assert [text.startswith(stale) for text in place.check()] == [True]
    assert place.build() == {"emails": "reused", "people": "reused", "popular": "verified"}
    assert "| `popular` | denied | allowed | allowed |" in place.files()["matrix.md"]
    assert place.asked() == 0


def test_a_role_that_may_not_read_it_is_an_error_where_the_query_names_it(place: Place) -> None:
    place.policy = POLICY.replace('email = { mask = "partial"', "email = { hidden = true")
    assert place.build()["emails"] == "failed"
    assert [str(e) for e in place.made[-1].findings] == [
        "queries/emails.nlq:1:1: `emails` is for `analyst`, who may not read `users.email`\n"
        "hint: change its roles, its words or the policy"
    ]


def test_only_plans_that_use_a_changed_column_are_touched(place: Place) -> None:
    place.build()
    place.asked()
    before = place.files()
    place.run("ALTER TABLE users ADD COLUMN age INTEGER")
    assert place.build() == {"emails": "reused", "people": "reused", "popular": "reused"}
    assert place.files() == before
    place.run("ALTER TABLE users ALTER email SET NOT NULL")
    assert place.check() == [
        "build.stale: queries/emails.nlq:1:1: `emails` is out of date: `users.email` is of another type"
    ]
    assert place.build() == {"emails": "verified", "people": "reused", "popular": "reused"}
    assert (place.asked(), place.check()) == (0, [])
    assert {k for k, v in place.files().items() if before.get(k) != v} == {
        "queries/emails.json", *(k for k in place.files() if k.startswith("plans/email-of"))
    }  # fmt: skip
    place.model.replies["email of each user"] = "SELECT name, contact FROM users ORDER BY name"
    place.run("ALTER TABLE users RENAME email TO contact")
    assert place.build() == {"emails": "recompiled", "people": "reused", "popular": "reused"}
    (outcome,) = (o for o in place.made[-1].outcomes if o.name == "emails")
    assert outcome.diff().splitlines() == [
        "@@ -1,5 +1,5 @@", " SELECT", '   "name",', '-  "email"', '+  "contact"', " FROM", '   "users"',
    ] or outcome.diff()  # fmt: skip
    assert place.asked() == 1
    assert sum(k.startswith("plans/email-of") for k in place.files()) == 1


def test_a_source_that_goes_takes_its_plans_along(place: Place) -> None:
    place.build()
    place.write(again="-- name: again :many\nusers of {country: text?}\n")
    assert place.build()["again"] == "reused"
    (place.directory / "queries/people.nlq").unlink()
    assert place.check() == [
        "build.orphan: cache/queries/people.json:1:1: no source has a query `people`",
    ]
    assert place.build() == {
        "again": "reused",
        "emails": "reused",
        "people": "removed",
        "popular": "reused",
    }
    assert place.check() == []
    (place.directory / "queries/again.nlq").unlink()
    place.build()
    assert not [k for k in place.files() if "users-of" in k or "people" in k or "again" in k]
    place.write(popular="-- name: popular :many\nrubbish {")
    before = place.files()
    assert place.build() == {"emails": "reused"}  # nothing is removed while a source cannot be read
    assert place.files() == before


def test_a_changed_declaration_needs_no_model(place: Place) -> None:
    place.build()
    place.asked()
    text = QUERIES["popular"].replace("= 100", "= 5").replace(":many", ":one")
    place.write(popular=f"-- note: moved\n{text}")
    assert place.check() == [
        "build.stale: queries/popular.nlq:2:1: `popular` is out of date: its cardinality changed; its"
        " defaults changed"
    ]
    assert place.build()["popular"] == "verified"
    assert (place.asked(), place.check()) == (0, [])
    place.write(popular=QUERIES["popular"].replace("int = 100", "decimal?"))
    assert place.check()[0].endswith("`popular` is out of date: its parameters changed")


def test_every_file_of_the_cache_is_repaired_or_reported(place: Place) -> None:
    place.policy = POLICY
    clients = {"client_python": "queries.py", "client_typescript": "queries.ts", "client_react": "hook.ts"}
    place.settings = {key: f"cache/{name}" for key, name in clients.items()}
    place.build()
    before = place.files()
    assert before.keys() > set(clients.values())
    damages: dict[str, Callable[[Path], object]] = {
        "deleted": Path.unlink,
        "emptied": lambda path: path.write_text(""),
        "cut": lambda path: path.write_text(path.read_text()[:-20]),
        "rubbish": lambda path: path.write_bytes(b"\xff\x00"),
        "another": lambda path: path.write_text(
            before["matrix.md" if path.name == "emails.json" else "queries/emails.json"]
        ),
    }
    with place.kept_open():
        for name, (what, damage) in itertools.product(before, damages.items()):
            damage(place.directory / "cache" / name)
            assert (name, what, len(place.check())) != (name, what, 0)
            statuses = place.build()
            assert "failed" not in statuses.values(), (name, what)
            assert place.files() == before, (name, what)
            assert place.check() == []
    kept = (place.directory / "cache/local/damaged").iterdir()
    assert {p.name for p in kept} == {Path(name).name for name in before} - {"matrix.md", *clients.values()}


def test_a_damaged_rule_is_reported(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run("CREATE TABLE logs (line TEXT)")
    place.policy = POLICY + '\n[relations.logs]\nread = "everyone"\n'
    place.build()
    for words, status in ((["compile"], 1), (["approve", "--all", "--by", "Ana"], 0)):
        assert run(["rules", *words, "--db", "app.duckdb", "--policy", "policy.toml"]) == status
    capsys.readouterr()
    (rule,) = Path("cache/rules").iterdir()
    whole = rule.read_bytes()
    assert place.check() == []
    for content in (None, b"", whole[:100], b"\xff"):
        rule.unlink() if content is None else rule.write_bytes(content)
        assert place.check() == ["policy.unreviewed: a rule is not reviewed: read of `logs`: everyone"]
    rule.write_bytes(whole)
    assert place.check() == []


def test_sql_written_by_hand_is_checked_and_kept(place: Place) -> None:
    place.build()
    place.asked()
    (path,) = (place.directory / "cache/plans").glob("posts-with*.json")
    original = path.read_text()
    path.write_text(original.replace('\\"posts\\"', '\\"secrets\\"'))
    assert place.build()["popular"] == "failed"
    (error,) = place.made[-1].findings
    assert (error.code, error.message) == (
        "build.pinned",
        "queries/popular.nlq:1:1: the SQL of `popular` is written by hand and does not do: unknown"
        " relation `main.secrets`",
    )
    path.write_text(original.replace('likes\\" >', 'likes\\" >='))
    assert place.check()[0].startswith("build.stale")
    assert place.build()["popular"] == "verified"
    assert (place.asked(), path.exists()) == (0, False)
    (path,) = (place.directory / "cache/plans").glob("posts-with*.json")
    plan = json.loads(path.read_text())
    assert (plan["provenance"]["model"], [line for line in plan["sql"] if ">=" in line]) == (
        "hand", ['  "posts"."likes" >= :min_likes'],
    )  # fmt: skip
    assert place.check() == []
    place.run("ALTER TABLE posts RENAME likes TO hearts")
    assert place.build()["popular"] == "failed"
    place.run("ALTER TABLE posts RENAME hearts TO likes")
    place.write(popular=QUERIES["popular"].replace("more than", "at least"))
    place.model.replies["posts with at least :min_likes likes"] = (
        "SELECT id FROM posts WHERE likes >= :min_likes"
    )
    assert place.build()["popular"] == "failed"
    assert place.made[-1].findings[0].hint == "let it go: `nlq build --recompile popular`"
    assert place.asked() == 0
    assert place.build(recompile=frozenset({"popular"}))["popular"] == "recompiled"
    assert (place.asked(), place.check()) == (1, [])


@pytest.mark.parametrize("which", [0, 1])
def test_an_edit_counts_whichever_roles_plan_it_is_made_in(place: Place, which: int) -> None:
    place.policy = POLICY
    place.build()
    path = sorted((place.directory / "cache/plans").glob("posts-with*.json"))[which]
    path.write_text(path.read_text().replace('likes\\" >', 'likes\\" <='))
    assert place.build()["popular"] == "verified"
    plans = [
        json.loads(text) for name, text in place.files().items() if name.startswith("plans/posts-with")
    ]
    assert [(p["provenance"]["model"], "<=" in " ".join(p["sql"])) for p in plans] == [("hand", True)] * 2
    assert place.check() == []


def test_pinned_sql_shows_the_model_how(place: Place) -> None:
    place.policy = POLICY
    place.build()
    with place.open() as project:
        for name in ("popular", "people"):
            set_pin(project, name, Pin("ana", "2026-01-31T12:00:00+00:00"))
    place.model.calls.clear()
    place.write(busy="-- name: busy :many\n-- roles: support\nposts with at least 7 likes\n")
    place.model.replies["posts with at least 7 likes"] = "SELECT title FROM posts WHERE likes >= 7"
    assert place.build()["busy"] == "compiled"
    (call,) = place.model.calls
    shown = [(m.role, m.content.splitlines()[0]) for m in call.messages[1:]]
    assert shown == [
        ("user", "posts with more than :min_likes likes"),
        ("assistant", "```sql"),
        ("user", "posts with at least 7 likes"),
    ]
    assert "> :min_likes" in call.messages[2].content


def test_a_pinned_query_is_not_compiled_again(place: Place) -> None:
    place.build()
    with place.open() as project:
        set_pin(project, "emails", Pin("ana", "2026-01-31T12:00:00+00:00"))
    assert place.check() == []
    place.run("ALTER TABLE users RENAME email TO contact")
    assert place.build()["emails"] == "failed"
    assert [e.code for e in place.made[-1].findings] == ["build.pinned"]
    place.model.replies["email of each user"] = "SELECT contact FROM users"
    assert place.build(recompile=frozenset({"emails"}))["emails"] == "recompiled"
    assert json.loads(place.files()["queries/emails.json"])["pinned"] is None


def test_what_was_done_before_a_stop_is_not_lost(place: Place) -> None:
    class StopError(Exception):
        pass

    def stop_after_one(_outcome: object) -> None:
        raise StopError

    with place.open() as project, pytest.raises(StopError):
        build(project, observe=stop_after_one)
    assert place.build() == {"emails": "reused", "people": "compiled", "popular": "compiled"}
    assert place.asked() == 3


def test_a_mutation_is_built_where_they_are_switched_on(place: Place) -> None:
    place.policy = POLICY + 'update = [{ roles = ["analyst"], sql = "user_id = :me.id" }]\n'
    place.settings = {"mutations": True}
    place.write(
        rename="-- name: rename :exec\n-- roles: analyst\ncall the post {id: int} {title: text}\n",
        steal="-- name: steal :exec\n-- roles: support\ncall the post {id} {title}\n",
        loose="-- name: loose :exec\n-- roles: analyst\nname the post {id: text} {title}\n",
    )
    for verb in ("call", "name"):
        place.model.replies[f"{verb} the post :id :title"] = (
            "UPDATE posts SET title = :title WHERE id = :id"
        )
    statuses = place.build()
    assert {name: statuses[name] for name in ("rename", "steal", "loose")} == {
        "rename": "compiled", "steal": "failed", "loose": "failed",
    }  # fmt: skip
    assert "| `rename` | · | filtered | · |" in place.files()["matrix.md"]
    assert "`:id` is text, and the SQL compares it with integer" in str(place.made[-1].findings[0])
    for name in ("steal", "loose"):
        (place.directory / f"queries/{name}.nlq").unlink()
    place.asked()
    assert (place.build()["rename"], place.check(), place.asked()) == ("reused", [], 0)
    with place.opened() as service:
        order = Order("call the post {id} {title}", {"id": 1, "title": "Oil"})
        ana = Principal(1, frozenset({"analyst"}))
        done = service.do(order, principal=ana)
        assert (done.cached, done.committed, done.count) == (True, True, 1)
    place.run("ALTER TABLE posts ADD COLUMN note TEXT")
    assert place.build()["rename"] == "verified"
    place.policy = POLICY + 'update = [{ roles = ["analyst"] }]\n'
    assert place.check()[0].startswith(
        "build.stale: queries/rename.nlq:1:1: `rename` is out of date: rules of what"
    )
    assert place.build()["rename"] == "verified"
    assert (place.asked(), "| `rename` | · | allowed | · |" in place.files()["matrix.md"]) == (0, True)


def test_a_failure_is_told_and_the_rest_is_built(place: Place) -> None:
    place.write(lost="-- name: lost :one\nthe meaning of life\n", act="-- name: act :exec\ndelete all\n")
    place.model.replies["the meaning of life"] = "CANNOT"
    assert place.build(jobs=3) == {
        **dict.fromkeys(["emails", "people", "popular"], "compiled"), "act": "failed", "lost": "failed",
    }  # fmt: skip
    assert [(e.code, str(e.place)) for e in place.made[-1].findings] == [
        ("build.unsupported", "queries/act.nlq:1:1"), ("build.failed", "queries/lost.nlq:1:1"),
    ]  # fmt: skip
