"""Questions asked again, with other values, by several at once, and from another process: real databases.

Only the model is scripted; it counts how often it was asked.
"""

# ruff: noqa: E501  # a question beside its SQL on one line is compared more easily

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_S

from nlq.answer import Answer
from nlq.errors import CompileError, NlqError, RequestError
from nlq.events import Drafting, Event, PlanFound, PlanMade, PlanRejected
from nlq.policy import OWNER, Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

POSTS = """
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, status TEXT NOT NULL, likes INTEGER NOT NULL,
    price NUMERIC(10, 2) NOT NULL, day DATE NOT NULL, shown TIMESTAMP NOT NULL
);
INSERT INTO posts VALUES
    (1, 'Ink', 'draft', 50, 2.50, '2026-01-05', CURRENT_TIMESTAMP - INTERVAL '2 days'),
    (2, 'It''s 100%', 'published', 150, 9.99, '2026-02-05', CURRENT_TIMESTAMP - INTERVAL '10 days'),
    (3, 'Paper', 'published', 300, 20.00, '2026-03-05', CURRENT_TIMESTAMP - INTERVAL '20 days'),
    (4, 'Print', 'archived', 5, 0.00, '2026-04-05', CURRENT_TIMESTAMP - INTERVAL '200 days');
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE written (user_id INTEGER NOT NULL, post_id INTEGER NOT NULL);
INSERT INTO users VALUES (1, 'Ana'), (2, 'Bo'), (3, 'Cy');
INSERT INTO written VALUES (1, 1), (1, 2), (2, 3), (2, 4);
"""

DIALECTS = ["duckdb", "postgres"]

OpenPosts = Callable[..., Service]


@pytest.fixture(params=DIALECTS)
def open_posts(
    request: pytest.FixtureRequest, make_database: Any, model: Any, tmp_path: Path
) -> Iterator[OpenPosts]:
    """Opens services for the posts, each over the same database and the same plans."""
    url = make_database(request.param, POSTS)
    opened: list[Service] = []

    def open_(**given: Any) -> Service:
        settings = {"db": url, "cache_dir": str(tmp_path / "cache"), "threads": 1, "sample": "never"}
        opened.append(open_service(Settings(**{**settings, **given}), model=model))
        return opened[-1]

    yield open_
    for service in opened:
        service.close()


def ids(answer: Answer) -> list[Any]:
    return [row[0] for row in answer.rows]


SHARED = [
    pytest.param(
        "SELECT id FROM posts WHERE likes > {} ORDER BY id",
        [("ids of posts with more than 100 likes", 100, [2, 3]), ("ids of posts with more than 250 likes", 250, [3])],
        id="a number",
    ),
    pytest.param(
        "SELECT id FROM posts ORDER BY likes DESC LIMIT {}",
        [("top 3 posts by likes", 3, [3, 2, 1]), ("top 2 posts by likes", 2, [3, 2])],
        id="a limit",
    ),
    pytest.param(
        "SELECT id FROM posts WHERE shown > now() - INTERVAL '{} days' ORDER BY id",
        [
            ("posts of the last 30 days", 30, [1, 2, 3]),
            ("posts of the last 7 days", 7, [1]),
            ("posts of the last 365 days", 365, [1, 2, 3, 4]),
        ],
        id="an interval",
    ),
    pytest.param(
        "SELECT id FROM posts WHERE price > {} ORDER BY id",
        [("posts over $9.50", "9.50", [2, 3]), ("posts over $19.99", "19.99", [3]), ("posts over $2.50", "2.50", [2, 3])],
        id="money",
    ),
    pytest.param(
        "SELECT id FROM posts WHERE title = '{}'",
        [
            ("the post titled 'Ink'", "Ink", [1]),
            ('the post titled "It\'s 100%"', "", [2]),
            ("the post titled “Paper”", "", [3]),
            ("the post titled \"'; DROP TABLE posts; --\"", "", []),
            ("the post titled \"x' OR '1' = '1\"", "", []),
            ("the post titled \"%\"", "", []),
        ],
        id="text",
    ),
    pytest.param(
        "SELECT id FROM posts WHERE day >= '{}' ORDER BY id",
        [("posts since 2026-03-01", "2026-03-01", [3, 4]), ("posts since 2026-02-05", "", [2, 3, 4])],
        id="a date",
    ),
    pytest.param(
        "SELECT id FROM posts WHERE shown < '{}' ORDER BY id",
        [("posts before 2999-12-31", "2999-12-31", [1, 2, 3, 4]), ("posts before 2000-01-01", "", [])],
        id="a date as a time",
    ),
    pytest.param(
        "SELECT id FROM posts WHERE extract(year FROM day) = {} ORDER BY id",
        [("posts of 2026", 2026, [1, 2, 3, 4]), ("posts of 2025", 2025, [])],
        id="a year",
    ),
    pytest.param(
        "SELECT id FROM posts WHERE likes BETWEEN 100 AND 200 ORDER BY id",
        [("posts with 100 to 200 likes", "", [2]), ("posts with 5 to 60 likes", "", [1, 4])],
        id="two numbers",
    ),
    pytest.param(
        "SELECT title FROM posts WHERE likes > 100 ORDER BY likes LIMIT 5",
        [("5 posts with over 100 likes", "", ["It's 100%", "Paper"]), ("2 posts with over 10 likes", "", ["Ink", "It's 100%"])],
        id="a limit and a number",
    ),
    pytest.param(
        "SELECT user_id FROM written GROUP BY user_id HAVING count(*) >= {} ORDER BY user_id",
        [("users with at least 2 posts", 2, [1, 2]), ("users with at least 3 posts", 3, [])],
        id="a number of rows",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "asked"), SHARED)
def test_one_plan_for_other_values(
    open_posts: OpenPosts, model: Any, sql: str, asked: list[tuple[str, Any, list[Any]]]
) -> None:
    service = open_posts()
    model.replies = {asked[0][0]: sql.format(asked[0][1])}
    answers = [service.ask(question) for question, _, _ in asked]
    assert [ids(a) for a in answers] == [rows for _, _, rows in asked]
    assert [(a.cached, a.model_calls) for a in answers] == [(False, 1)] + [(True, 0)] * (len(asked) - 1)
    assert len({a.plan.id for a in answers}) == 1
    assert len(model.calls) == 1


APART = [
    pytest.param("users with 2 posts", "users with 0 posts", id="none"),
    pytest.param("users with 2 posts", "users with 1 posts", id="one"),
    pytest.param("users with 2 posts", "users with 2.5 posts", id="no whole number"),
    pytest.param("users with 2 posts", "users with 'two' posts", id="text"),
    pytest.param("users with 2 posts", "users with 2024 posts", id="what may be a year"),
    pytest.param("users with 2 posts", "users with more than 2 posts", id="other words"),
    pytest.param("users with 2 posts", "users with 2 posts and 2 drafts", id="the value twice"),
]


@pytest.mark.parametrize(("known", "other"), APART)
def test_another_question_has_another_plan(
    open_posts: OpenPosts, model: Any, known: str, other: str
) -> None:
    service = open_posts()
    model.replies = {
        known: "SELECT user_id FROM written GROUP BY user_id HAVING count(*) = 2 ORDER BY user_id",
        other: "SELECT name FROM users WHERE id NOT IN (SELECT user_id FROM written)",
    }
    assert ids(service.ask(known)) == [1, 2]
    assert ids(service.ask(other)) == ["Cy"]
    assert len(model.calls) >= 2
    assert ids(service.ask(known)) == [1, 2]
    assert ids(service.ask(other)) == ["Cy"]


def test_a_value_that_the_draft_has_twice_is_kept(open_posts: OpenPosts, model: Any) -> None:
    service = open_posts()
    model.replies = {
        "5 posts with 5 likes or more": "SELECT id FROM posts WHERE likes >= 5 ORDER BY id LIMIT 5",
        "2 posts with 2 likes or more": "SELECT id FROM posts WHERE likes >= 2 ORDER BY id LIMIT 2",
    }
    assert [ids(service.ask(question)) for question in model.replies] == [[1, 2, 3, 4], [1, 2]]
    assert len(model.calls) == 2


def test_asked_again_it_is_the_same_without_the_model(open_posts: OpenPosts, model: Any) -> None:
    model.replies = {"how many posts are there?": "SELECT count(*) FROM posts"}
    events: list[Event] = []
    service = open_posts()
    first = service.ask("how many posts are there?", observe=events.append)
    again = service.ask("  how many\nposts are there? ", observe=events.append)
    assert (first.rows, first.sql, first.explanation, first.plan) == (
        again.rows, again.sql, again.explanation, again.plan,
    )  # fmt: skip
    assert first.rows == ((4,),)
    assert [type(e) for e in events if isinstance(e, Drafting | PlanMade | PlanFound)] == [
        Drafting,
        PlanMade,
        PlanFound,
    ]
    assert len(model.calls) == 1
    # Case can change what is meant.
    model.failure = None
    with pytest.raises(CompileError):
        service.ask("how many POSTS are there?")


SECOND_PROCESS = """
import json, sys
from nlq.settings import Settings
from nlq.wire import open_service

service = open_service(Settings(**json.loads(sys.argv[1])))
answer = service.ask(sys.argv[2])
print(json.dumps([answer.rows, answer.sql, answer.plan.id, answer.cached, answer.model_calls]))
service.close()
assert "litellm" not in sys.modules and "xllamacpp" not in sys.modules
"""


def test_a_second_process_agrees(open_posts: OpenPosts, model: Any, tmp_path: Path) -> None:
    service = open_posts()
    model.replies = {"posts over 100 likes": "SELECT id FROM posts WHERE likes > 100 ORDER BY id"}
    service.ask("posts over 100 likes")
    mine = service.ask("posts over 200 likes")
    url = service.settings.db
    service.close()
    # Its model cannot be reached: it needs none.
    settings = {"db": url, "cache_dir": str(tmp_path / "cache"), "model": "openai/none",
                "model_url": "http://127.0.0.1:9"}  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", SECOND_PROCESS, json.dumps(settings), "posts over 200 likes"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.stderr == ""
    assert json.loads(ran.stdout) == [[[3]], mine.sql, mine.plan.id, True, 0]


def test_eight_who_ask_at_once_cost_one_compilation(open_posts: OpenPosts, model: Any) -> None:
    service = open_posts()
    model.replies = {"how many posts?": "SELECT count(*) FROM posts"}
    model.hold = threading.Event()
    started = threading.Barrier(9)

    def ask() -> Answer:
        started.wait()
        return service.ask("how many posts?")

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask) for _ in range(8)]
        started.wait()
        model.hold.set()
        answers = [f.result(timeout=PATIENCE_S) for f in asking]
    assert {a.rows for a in answers} == {((4,),)}
    assert len({a.plan.id for a in answers}) == 1
    assert sorted(a.model_calls for a in answers) == [0] * 7 + [1]
    assert len(model.calls) == 1


def test_plans_that_cannot_be_written_cost_no_answer(
    open_posts: OpenPosts, model: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a directory")
    service = open_posts(cache_dir=str(tmp_path / "file"))
    model.replies = {"how many posts?": "SELECT count(*) FROM posts"}
    assert [service.ask("how many posts?").rows for _ in range(2)] == [((4,),)] * 2
    assert len(model.calls) == 2


def test_rows_have_a_limit(open_posts: OpenPosts, model: Any) -> None:
    service = open_posts(row_limit=3)
    model.replies = {
        "list posts": "SELECT id FROM posts ORDER BY id",
        "top 2 posts": "SELECT id FROM posts ORDER BY id LIMIT 2",
    }
    asked: list[tuple[str, int | None]] = [("list posts", None), ("list posts", 1), ("list posts", 99), ("top 2 posts", None)]  # fmt: skip
    got = [service.ask(question, limit=limit) for question, limit in asked]
    assert [(ids(a), a.truncated) for a in got] == [
        ([1, 2, 3], True),
        ([1], True),
        ([1, 2, 3], True),
        ([1, 2], False),
    ]
    for limit in (0, -1):
        with pytest.raises(RequestError) as caught:
            service.ask("list posts", limit=limit)
        assert (caught.value.code, caught.value.message) == (
            "request.invalid",
            f"the limit cannot be `{limit}`",
        )


PARAMETERS = [
    ("top 2 posts since {day}", "SELECT id FROM posts WHERE day >= :day ORDER BY id LIMIT 2", {"day": "2026-02-01"}, [2, 3]),
    ("posts before {at}", "SELECT id FROM posts WHERE shown < :at ORDER BY id", {"at": "2999-01-01T00:00:00+02:00"}, [1, 2, 3, 4]),
    ("posts since {day}", "SELECT id FROM posts WHERE day >= :day ORDER BY id", {"day": "2026-03-01"}, [3, 4]),
    ("posts titled {title}", "SELECT id FROM posts WHERE title = :title", {"title": "It's 100%"}, [2]),
    ("posts over {price}", "SELECT id FROM posts WHERE price > :price ORDER BY id", {"price": 9.5}, [2, 3]),
    ("first {n} posts", "SELECT id FROM posts ORDER BY id LIMIT :n", {"n": 2}, [1, 2]),
    ("posts with {a} or {b} likes", "SELECT id FROM posts WHERE likes IN (:a, :b) ORDER BY id", {"a": 5, "b": 50}, [1, 4]),
    ("posts titled {title}", "SELECT id FROM posts WHERE title = :title", {"title": None}, []),
]  # fmt: skip


@pytest.mark.parametrize(("question", "sql", "params", "rows"), PARAMETERS)
def test_parameters_by_name(
    open_posts: OpenPosts, model: Any, question: str, sql: str, params: dict[str, Any], rows: list[int]
) -> None:
    service = open_posts()
    written = question
    for name in params:
        written = written.replace(f"{{{name}}}", f":{name}")
    model.replies = {written: sql}
    assert [ids(service.ask(question, params=params)) for _ in range(2)] == [rows, rows]
    assert len(model.calls) == 1
    for bad in (float("nan"), ["x"], 10**400):
        with pytest.raises(RequestError) as caught:
            service.ask(question, params=dict.fromkeys(params, bad))
        assert caught.value.code == "request.bad_parameter"
    # For a value that does not fit, no other plan is compiled.
    assert len(model.calls) == 1


def test_the_explanation_has_the_values_and_no_more(open_posts: OpenPosts, model: Any) -> None:
    service = open_posts()
    model.replies = {
        "posts titled :a or :b over 5 likes": "SELECT id FROM posts WHERE (title = :a OR title = :b) AND likes > 5"
    }
    asked = "posts titled {a} or {b} over 5 likes"
    answer = service.ask(asked, params={"a": "`:b`", "b": "x" * 100})
    assert answer.explanation == (
        f"Shows `id`, from `posts`. Only rows where (`title` is '`:b`' or `title` is '{'x' * 59}…') "
        "and `likes` is more than 5."
    )
    answer = service.ask(asked, params={"a": None, "b": "`:p1`"})
    assert answer.explanation == (
        "Shows `id`, from `posts`. Only rows where (`title` is nothing or `title` is '`:p1`') "
        "and `likes` is more than 5."
    )


# people who may not see the same


def test_scopes_share_no_plan(open_shop: Any, shop_policy: Path, model: Any) -> None:
    service = open_shop(policy=str(shop_policy))
    customer, other, staff = (
        Principal(id=1, roles=frozenset({"customer"})),
        Principal(id=2, roles=frozenset({"customer", "not in any rule"})),
        Principal(roles=frozenset({"staff"})),
    )
    question = "How many customers are there?"
    asked = [service.ask(question, principal=who) for who in (customer, other, staff, staff, customer)]
    assert [(a.rows, a.cached) for a in asked] == [
        (((1,),), False),
        (((1,),), True),
        (((3,),), False),
        (((3,),), True),
        (((1,),), True),
    ]
    assert len(model.calls) == 2
    assert [p.scope for p in service.plans_for(customer)] == ["roles:customer"]
    assert [p.scope for p in service.plans_for(staff)] == ["roles:staff"]


def test_known_questions_are_named_to_their_scope_alone(
    open_shop: Any, shop_policy: Path, model: Any
) -> None:
    from nlq.errors import ModelError

    service = open_shop(policy=str(shop_policy))
    staff, customer = Principal(roles=frozenset({"staff"})), Principal(id=1, roles=frozenset({"customer"}))
    service.ask("How many customers are there?", principal=staff)
    service.ask("Show the orders over 10", principal=staff)
    model.failure = ModelError("model.unreachable", "the language model cannot be reached", "start it")

    def refusal(who: Principal) -> NlqError:
        with pytest.raises(NlqError) as caught:
            service.ask("How many customers are new?", principal=who)
        return caught.value

    assert refusal(staff).to_json() == {
        "code": "compile.unavailable",
        "message": "this question is not compiled yet, and the language model cannot be reached",
        "hint": "start it; known questions: `How many customers are there?`; `Show the orders over {p1}`",
        "span": None,
    }
    assert refusal(customer).hint == "start it"
    # What is known is answered all the same.
    assert service.ask("Show the orders over 20", principal=staff).rows[0][0] == 3


def test_of_all_plans_the_one_that_is_asked_for_is_looked_at(open_shop: Any) -> None:
    """Each that is looked at is parsed and guarded, and who knows no id may ask for any."""
    open_shop().ask("How many customers are there?")
    wanted = open_shop().ask("List all orders").plan
    service = open_shop()
    assert service.plan(wanted.id, OWNER) == wanted
    with pytest.raises(RequestError):
        service.plan("0" * 16, OWNER)
    known = [
        service.recall(q, OWNER, {}, None) for q in ("How many customers are there?", "List all orders")
    ]
    assert [found is not None for found in known] == [False, True]


def test_a_plan_that_fits_no_longer_is_not_named(open_shop: Any, shop_policy: Path, model: Any) -> None:
    from nlq.errors import ModelError

    service = open_shop(policy=str(shop_policy))
    staff = Principal(roles=frozenset({"staff"}))
    service.ask("List all orders", principal=staff)
    hidden = shop_policy.read_text("utf-8").replace("[relations.orders]", "[relations.orders.columns]\nnote = 'hidden'\n[relations.orders]")  # fmt: skip
    shop_policy.write_text(hidden, "utf-8")
    service.refresh()
    model.failure = ModelError("model.unreachable", "the language model cannot be reached")
    with pytest.raises(CompileError) as caught:
        service.ask("List all orders", principal=staff)
    assert caught.value.hint is None


def test_a_plan_that_does_not_fit_is_reported(open_posts: OpenPosts, model: Any) -> None:
    service = open_posts()
    model.replies = {
        "posts with 50 likes": "SELECT id FROM posts WHERE likes = 50",
        "posts with 2.5 likes": "SELECT id FROM posts WHERE likes / 2.5 = 60",
    }
    plan = service.ask("posts with 50 likes").plan
    events: list[Event] = []
    assert ids(service.ask("posts with 2.5 likes", observe=events.append)) == [2]
    rejected = PlanRejected(plan.id, "request.bad_parameter", "the parameter `p1` cannot be this number")
    assert [e for e in events if isinstance(e, PlanRejected)] == [rejected] * 2
