"""Effects: what is to be sent is read by a grammar, written with the change, delivered at least once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mutations.blog import ANA, BLOG, POLICY, ROLE, defended_blog
from mutations.test_mutation_doors import Scripted
from waiting import PATIENCE_S

from nlq.catalog import RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.cli.app import run
from nlq.errors import ChangeError, NlqError
from nlq.guard import Statement
from nlq.http import create_app
from nlq.mutations.doer import Order
from nlq.mutations.effects import Wanted, find_sends, split_effect
from nlq.outbox.deliver import open_deliverer, sign
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service
from tests.integration.conftest import serving

CATALOG = catalog_from_ddl(BLOG.partition("INSERT INTO")[0], "postgres")
EFFECTS = frozenset({"email", "notification"})

SPLIT = {
    "none": ("like post 7", ("like post 7", None)),
    "send": ("like post 7 and send an email to the author", ("like post 7", Wanted("email", "author"))),
    "of": (
        "like post 7, and then send an email to the author of the post.",
        ("like post 7", Wanted("email", "author", "post")),
    ),
    "verb": ("publish post 7 and notify the author", ("publish post 7", Wanted("notification", "author"))),
    "verb of its name": ("like post 7 and email its author", ("like post 7", Wanted("email", "author"))),
    "a verb of the change": (
        "publish post 7 and unlike the others", ("publish post 7 and unlike the others", None)
    ),
    "a text": (
        "name post 7 'ink and send an email to the author'",
        ("name post 7 'ink and send an email to the author'", None),
    ),
    "a row": ("pick one and send a like to the author", ("pick one and send a like to the author", None)),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SPLIT.values(), ids=SPLIT)
def test_what_is_to_be_sent_is_told_apart(text: str, wanted: tuple[str, Wanted | None]) -> None:
    assert split_effect(text, EFFECTS, CATALOG) == wanted


def test_what_nobody_sends_is_refused() -> None:
    with pytest.raises(ChangeError) as caught:
        split_effect("like post 7 and send a pigeon to the author", EFFECTS, CATALOG)
    assert (caught.value.code, caught.value.message) == ("change.effect", "nothing here sends `pigeon`")


RECIPIENTS = {
    "direct": ("posts", Wanted("email", "author"), ("author_id", "users", False)),
    "by the relation's name": ("likes", Wanted("email", "user"), ("user_id", "users", False)),
    "through another row": ("likes", Wanted("email", "author"), ("post_id", "users", True)),
    "through another row, said": ("likes", Wanted("email", "author", "post"), ("post_id", "users", True)),
    "itself": ("users", Wanted("email", "user"), ("id", "users", False)),
    "nobody": ("posts", Wanted("email", "baker"), "it is not known who the baker is"),
    "of another": ("posts", Wanted("email", "author", "like"), "it is not known who the author is"),
}


@pytest.mark.parametrize(("relation", "who", "wanted"), RECIPIENTS.values(), ids=RECIPIENTS)
def test_foreign_keys_say_who_is_meant(relation: str, who: Wanted, wanted: Any) -> None:
    def guard(sql: str) -> Statement:
        return Statement(sql, "postgres", ("key",), "", ())

    try:
        (send,) = find_sends(who, [RelationName("public", relation)], CATALOG, guard)
        found: Any = (send.column, send.to.name, send.through is not None)
    except ChangeError as error:
        found = error.message
    assert found == wanted


def test_two_that_could_be_meant_are_named() -> None:
    catalog = catalog_from_ddl(
        """CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE posts (id int PRIMARY KEY, author_id int REFERENCES users);
        CREATE TABLE comments (
            id int PRIMARY KEY, author_id int REFERENCES users, post_id int REFERENCES posts);""",
        "postgres",
    )
    with pytest.raises(ChangeError) as caught:
        find_sends(Wanted("email", "author"), [RelationName("public", "comments")], catalog, no_guard)
    assert (caught.value.message, caught.value.hint) == (
        "the author could be two", "say which: `the author of the comments`, `the author of the posts`",
    )  # fmt: skip


def no_guard(sql: str) -> Statement:
    raise AssertionError(sql)


@dataclass
class Receiver:
    """A server that takes messages, or answers with the statuses that it is told to, first."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    valid: list[bool] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    url: str = ""


KEY = "a key that both know"


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    receiver = Receiver(list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            given = sign(KEY, self.headers["webhook-id"], self.headers["webhook-timestamp"], body)
            receiver.valid.append(given == self.headers["webhook-signature"])
            status = receiver.statuses.pop(0) if receiver.statuses else 204
            if status == 204:
                receiver.bodies.append(json.loads(body))
                receiver.arrived.set()
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


REPLIES = {
    "like this post": "INSERT INTO likes (user_id, post_id) VALUES (:me.id, :post_id)",
    "publish my drafts": "UPDATE posts SET status = 'published' WHERE status = 'draft'",
}


@pytest.fixture
def open_(tmp_path: Path, make_database: Any) -> Iterator[Callable[..., Service]]:
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    opened: list[Service] = []

    def open_blog(dialect: str, **settings: Any) -> Service:
        if dialect == "defended":
            url = make_database("postgres", defended_blog()).replace("postgres@", f"{ROLE}_login@")
            settings["db_role"] = ROLE
        else:
            url = make_database(dialect, BLOG)
        given = Settings(
            db=url, policy=str(tmp_path / "policy.toml"), cache_dir=str(tmp_path / "cache"), threads=1,
            mutations=True, effects="email, notification", effects_key=KEY, **settings,
        )  # fmt: skip
        opened.append(open_service(given, model=Scripted(REPLIES)))
        return opened[-1]

    yield open_blog
    for service in opened:
        service.close()


def do(service: Service, text: str, **order: Any) -> Any:
    return service.do(Order(text, order.pop("params", {}), **order), principal=ANA)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "defended"])
def test_a_message_is_written_with_the_change_and_delivered(
    open_: Callable[..., Service], dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlq.outbox.worker.backoff", lambda _attempts: timedelta(hours=1))
    with receiving(503) as receiver:
        service = open_(dialect, effects_url=receiver.url)
        text = "like this post and send an email to the author"
        shown = do(service, text, params={"post_id": 1}, preview=True)
        assert (shown.messages, service.outbox.messages()) == (1, ())
        done = do(service, text, params={"post_id": 1}, key="k")
        again = do(service, text, params={"post_id": 1}, key="k")
        assert (done.messages, again.repeated, again.messages) == (1, True, 1)
        assert done.explanation.endswith(
            "For each row of `likes` an `email` goes to the row of `users` that its `post_id` leads to."
        )
        assert service.outbox.deliver_due() == (0, 1)
        assert service.outbox.deliver_due() == (0, 0)  # not at once
        (waiting,) = service.outbox.messages()
        assert (waiting.attempts, waiting.delivered, waiting.failure) == (
            1, None, "the receiver answered with 503",
        )  # fmt: skip
        assert service.outbox.retry(waiting.id)
        assert service.outbox.deliver_due() == (1, 0)
        assert (service.outbox.messages()[0].delivered is None, service.outbox.deliver_due()) == (
            False, (0, 0),
        )  # fmt: skip
    schema = "main" if dialect == "duckdb" else "public"
    assert receiver.valid == [True, True]
    assert receiver.bodies == [
        {
            "id": f"{done.undo}.1",
            "effect": "email",
            "time": receiver.bodies[0]["time"],
            "change": done.undo,
            "by": "1",
            "to": {"relation": f"{schema}.users", "key": {"id": "1"}},
            "row": {
                "relation": f"{schema}.likes",
                "action": "create",
                "values": {"user_id": "1", "post_id": "1"},
            },
        }
    ]


def test_what_the_caller_may_not_see_is_in_no_message(open_: Callable[..., Service]) -> None:
    service = open_("duckdb")
    assert do(service, "publish my drafts and notify the author").messages == 1
    (message,) = service.outbox.messages()
    values = json.loads(message.body)["row"]["values"]
    assert (values["title"], "secret" in values) == ("Two", False)


def test_nobody_is_told_of_what_is_refused(open_: Callable[..., Service]) -> None:
    service = open_("duckdb")
    with pytest.raises(NlqError):
        do(service, "like this post and send an email to the author", params={"post_id": 99})
    with pytest.raises(NlqError) as caught:
        do(service, "publish my drafts and send a pigeon to the author")
    assert (caught.value.code, service.outbox.messages()) == ("change.effect", ())


def test_messages_are_not_sent_unsigned() -> None:
    with pytest.raises(NlqError) as caught:
        open_deliverer(Settings(effects_url="http://127.0.0.1:1/", effects_key="short"))
    assert caught.value.code == "settings.invalid"


def test_a_server_delivers_by_itself(open_: Callable[..., Service]) -> None:
    with receiving() as receiver:
        service = open_("postgres", effects_url=receiver.url, dev=True)
        with serving(create_app(service)) as client:
            body = {"instruction": "publish my drafts and email the author"}
            reply = client.post("/mutate", json=body, headers={"x-nlq-as": "ana"})
            assert reply.json()["messages"] == 1
            assert receiver.arrived.wait(PATIENCE_S)
    assert [b["row"]["values"]["status"] for b in receiver.bodies] == ["published"]


def test_at_the_terminal(
    open_: Callable[..., Service],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = open_("duckdb")
    do(service, "publish my drafts and email the author")
    service.engine.release()
    with receiving(500) as receiver:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "nlq.toml").write_text(
            f'mutations = true\nfrozen = true\ndb = "{service.settings.db}"\npolicy = "policy.toml"\n'
            f'effects = "email"\neffects_url = "{receiver.url}"\neffects_key = "{KEY}"\n',
            "utf-8",
        )
        assert run(["outbox", "deliver"]) == 1
        assert run(["outbox", "list", "--json"]) == 0
        (message,) = json.loads(capsys.readouterr().out)["messages"]
        assert (message["failure"], message["delivered"]) == ("the receiver answered with 500", None)
        assert run(["outbox", "retry", message["id"]]) == 0
        assert run(["outbox", "deliver"]) == 0
        assert run(["outbox", "retry", message["id"]]) == 1
    assert [b["id"] for b in receiver.bodies] == [message["id"]]
