"""Rules in English: what each phrase means is run on DuckDB, and compared with Python that says who may."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from nlq.catalog.ddl import catalog_from_ddl
from nlq.errors import PolicyError
from nlq.guard.predicate import parse_predicate
from nlq.policy import ANONYMOUS, ClaimType, Principal
from nlq.policy.english import Grant, Reading, Words, guess_principals, read_rule

BLOG = """
CREATE TABLE teams (id INT PRIMARY KEY, name TEXT);
CREATE TABLE users (
    id INT PRIMARY KEY, team_id INT REFERENCES teams (id), manager_id INT REFERENCES users (id),
    is_active BOOLEAN
);
CREATE TABLE posts (
    id INT PRIMARY KEY, author_id INT NOT NULL REFERENCES users (id),
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    created_at TIMESTAMP NOT NULL, deleted_at TIMESTAMP, pinned BOOLEAN, likes INT
);
CREATE TABLE comments (
    id INT PRIMARY KEY, post_id INT NOT NULL REFERENCES posts (id), user_id INT REFERENCES users (id)
);
"""
WORK = """
CREATE TABLE teams (id INT PRIMARY KEY);
CREATE TABLE users (id INT PRIMARY KEY);
CREATE TABLE team_members (
    team_id INT NOT NULL REFERENCES teams (id), user_id INT NOT NULL REFERENCES users (id)
);
CREATE TABLE customers (id INT PRIMARY KEY, user_id INT REFERENCES users (id));
CREATE TABLE projects (
    id INT PRIMARY KEY, owner_id INT NOT NULL REFERENCES users (id), team_id INT REFERENCES teams (id),
    account_id INT NOT NULL, is_public BOOLEAN NOT NULL, archived_at TIMESTAMP
);
CREATE TABLE collaborators (project_id INT REFERENCES projects (id), user_id INT REFERENCES users (id));
CREATE TABLE tasks (
    id INT PRIMARY KEY, project_id INT REFERENCES projects (id), assignee_id INT REFERENCES users (id),
    created_by INT NOT NULL REFERENCES users (id), region TEXT
);
CREATE TABLE invoices (id INT PRIMARY KEY, customer_id INT REFERENCES customers (id), paid_on DATE);
"""
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
OLD = NOW - timedelta(days=400)

Rows = dict[str, list[dict[str, Any]]]


def rows(names: str, *values: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(names.split(), value, strict=True)) for value in values]


BLOG_ROWS: Rows = {
    "teams": rows("id name", (1, "a"), (2, "b")),
    "users": rows(
        "id team_id manager_id is_active",
        (1, 1, 2, True),
        (2, 1, 3, True),
        (3, 2, None, False),
        (4, None, 1, None),
    ),
    "posts": rows(
        "id author_id status created_at deleted_at pinned likes",
        (1, 1, "draft", NOW, None, True, 5),
        (2, 1, "published", OLD, None, False, 10),
        (3, 2, "published", NOW, NOW, None, None),
        (4, 3, "archived", OLD, None, True, 11),
        (5, 4, "draft", NOW, NOW, False, 12),
        (6, 3, "draft", OLD, None, None, 9),
    ),
    "comments": rows("id post_id user_id", (1, 1, 3), (2, 2, 4), (3, 3, 1), (4, 4, 2), (5, 6, None)),
}
WORK_ROWS: Rows = {
    "teams": rows("id", (1,), (2,)),
    "users": rows("id", (1,), (2,), (3,), (4,)),
    "team_members": rows("team_id user_id", (1, 1), (1, 2), (2, 3), (2, 1)),
    "customers": rows("id user_id", (1, 4), (2, 2), (3, None)),
    "projects": rows(
        "id owner_id team_id account_id is_public archived_at",
        (1, 1, 1, 7, True, None),
        (2, 2, 2, 8, False, None),
        (3, 3, None, 7, False, NOW),
        (4, 1, 2, 8, True, NOW),
    ),
    "collaborators": rows("project_id user_id", (1, 3), (2, 4), (3, 3)),
    "tasks": rows(
        "id project_id assignee_id created_by region",
        (1, 1, 2, 1, "north"),
        (2, 2, None, 2, "south"),
        (3, 3, 4, 3, None),
        (4, None, 1, 3, "north"),
        (5, 4, 3, 4, "x"),
    ),
    "invoices": rows(
        "id customer_id paid_on", (1, 1, NOW.date()), (2, 2, None), (3, 3, None), (4, None, None)
    ),
}

ROLES = frozenset({"admin", "editor", "billing", "account_manager"})
CLAIMS = {"account_id": ClaimType("integer")}
CALLERS = [
    ANONYMOUS,
    *(Principal(id=n, claims=MappingProxyType({"account_id": 7 + n % 2})) for n in (1, 2, 3, 4, 99)),
    Principal(id=2),
    Principal(id=1, roles=frozenset({"admin"})),
    Principal(id=4, roles=frozenset({"editor", "billing"}), claims=MappingProxyType({"account_id": 8})),
    Principal(id=3, roles=frozenset({"account_manager"}), claims=MappingProxyType({"account_id": 8})),
]


class World:
    """A database with rows, in DuckDB and in Python."""

    def __init__(self, ddl: str, tables: Rows) -> None:
        self.tables = tables
        self.catalog = catalog_from_ddl(ddl, "duckdb")
        self.words = Words(guess_principals(self.catalog), ROLES, CLAIMS)
        self.connection = duckdb.connect(":memory:")
        self.connection.execute(re.sub(r"REFERENCES \w+ \(id\)", "", ddl))
        for name, table in tables.items():
            marks = ", ".join("?" for _ in table[0])
            self.connection.executemany(
                f"INSERT INTO {name} VALUES ({marks})", [[*r.values()] for r in table]
            )

    def read(self, relation: str, phrase: str, action: str = "read") -> tuple[Reading, ...]:
        found = self.catalog.find(relation)[0]
        return read_rule(phrase, found, action, self.catalog, self.words)  # type: ignore[arg-type]

    def sees(self, relation: str, reading: Reading, me: Principal) -> set[int]:
        """The rows that the grants let through, as DuckDB says."""
        found: set[int] = set()
        for grant in reading.grants:
            if grant.roles and not grant.roles & me.roles:
                continue
            where = "TRUE" if grant.sql is None else self.bound(relation, grant.sql, me)
            sql = f'SELECT id FROM {relation} AS "__pol" WHERE {where}'
            found |= {row[0] for row in self.connection.execute(sql).fetchall()}
        return found

    def bound(self, relation: str, sql: str, me: Principal) -> str:
        tree = exp.paren(parse_predicate(sql, self.catalog.find(relation)[0], self.catalog, CLAIMS))
        for node in list(tree.find_all(exp.Placeholder)):
            value = me.claim(node.name.removeprefix("me."))
            node.replace(exp.Null() if value is None else exp.Literal.number(str(value)))
        return tree.sql(dialect="duckdb")

    def row(self, relation: str, key: object) -> dict[str, Any]:
        return next(
            (r for r in self.tables[relation] if r["id"] == key), dict.fromkeys(self.tables[relation][0])
        )


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[str, World]]:
    made = {"blog": World(BLOG, BLOG_ROWS), "work": World(WORK, WORK_ROWS)}
    yield made
    for world in made.values():
        world.connection.close()


May = Callable[[dict[str, Any], Principal, World], bool]


def me_is(value: object, me: Principal) -> bool:
    return me.id is not None and value == me.id


def team_of(who: object, w: World) -> object:
    return w.row("users", who)["team_id"]


def same_team(who: object, me: Principal, w: World) -> bool:
    return team_of(who, w) is not None and team_of(who, w) == team_of(me.id, w)


def in_team(team: object, me: Principal, w: World) -> bool:
    return any(m == {"team_id": team, "user_id": me.id} for m in w.tables["team_members"])


def fellow(who: object, me: Principal, w: World) -> bool:
    return any(m["user_id"] == who and in_team(m["team_id"], me, w) for m in w.tables["team_members"])


def project(task: dict[str, Any], w: World) -> dict[str, Any]:
    return w.row("projects", task["project_id"])


def admin(me: Principal) -> bool:
    return "admin" in me.roles


def author(r: dict[str, Any], me: Principal) -> bool:
    return me_is(r["author_id"], me)


def published(r: dict[str, Any]) -> bool:
    return bool(r["status"] == "published")


def post_of(comment: dict[str, Any], w: World) -> dict[str, Any]:
    return w.row("posts", comment["post_id"])


def account(r: dict[str, Any], me: Principal) -> bool:
    return me.claim("account_id") is not None and r["account_id"] == me.claim("account_id")


def collaborates(p: object, me: Principal, w: World) -> bool:
    return any(c == {"project_id": p, "user_id": me.id} for c in w.tables["collaborators"])


def customer(r: dict[str, Any], me: Principal, w: World) -> bool:
    return me_is(w.row("customers", r["customer_id"])["user_id"], me)


def manages(who: object, me: Principal, w: World) -> bool:
    return me_is(w.row("users", who)["manager_id"], me)


PHRASES: list[tuple[str, str, str, May]] = [
    # everyone and nobody
    ("blog", "posts", "everyone", lambda r, me, w: True),
    ("blog", "posts", "Anyone.", lambda r, me, w: True),
    ("blog", "posts", "the public", lambda r, me, w: True),
    ("blog", "posts", "anyone can read it", lambda r, me, w: True),
    ("blog", "posts", "all posts", lambda r, me, w: True),
    ("blog", "posts", "everything", lambda r, me, w: True),
    ("blog", "posts", "nobody", lambda r, me, w: False),
    ("blog", "posts", "no one", lambda r, me, w: False),
    ("blog", "posts", "signed-in users", lambda r, me, w: me.id is not None),
    ("blog", "posts", "anyone who is logged in", lambda r, me, w: me.id is not None),
    # roles
    ("blog", "posts", "admins", lambda r, me, w: admin(me)),
    ("blog", "posts", "admins only", lambda r, me, w: admin(me)),
    ("blog", "posts", "nobody but an administrator", lambda r, me, w: admin(me)),
    ("blog", "posts", "the billing role", lambda r, me, w: "billing" in me.roles),
    ("blog", "posts", "people with the editor role", lambda r, me, w: "editor" in me.roles),
    ("blog", "posts", "account managers", lambda r, me, w: "account_manager" in me.roles),
    ("blog", "posts", "admins and editors", lambda r, me, w: bool(me.roles & {"admin", "editor"})),
    # the author, and others on the way
    ("blog", "posts", "only the author", lambda r, me, w: author(r, me)),
    ("blog", "posts", "just the author", lambda r, me, w: author(r, me)),
    ("blog", "posts", "the author themself", lambda r, me, w: author(r, me)),
    ("blog", "posts", "its author", lambda r, me, w: author(r, me)),
    ("blog", "posts", "the author of the post", lambda r, me, w: author(r, me)),
    ("blog", "posts", "whoever wrote it", lambda r, me, w: author(r, me)),
    ("blog", "posts", "the owner", lambda r, me, w: author(r, me)),
    ("blog", "posts", "their own posts", lambda r, me, w: author(r, me)),
    ("blog", "posts", "the caller's own posts", lambda r, me, w: author(r, me)),
    ("blog", "posts", "the author or an admin", lambda r, me, w: author(r, me) or admin(me)),
    ("blog", "posts", "their manager", lambda r, me, w: manages(r["author_id"], me, w)),
    ("blog", "posts", "the author's manager", lambda r, me, w: manages(r["author_id"], me, w)),
    ("blog", "comments", "the author of the post", lambda r, me, w: author(post_of(r, w), me)),
    ("blog", "comments", "the post's author", lambda r, me, w: author(post_of(r, w), me)),
    ("blog", "comments", "the user", lambda r, me, w: me_is(r["user_id"], me)),
    ("blog", "users", "the user themself", lambda r, me, w: me_is(r["id"], me)),
    (
        "blog",
        "users",
        "themselves or their manager",
        lambda r, me, w: me_is(r["id"], me) or me_is(r["manager_id"], me),
    ),
    ("work", "tasks", "the owner of the project", lambda r, me, w: me_is(project(r, w)["owner_id"], me)),
    (
        "work",
        "tasks",
        "the assignee or the creator",
        lambda r, me, w: me_is(r["assignee_id"], me) or me_is(r["created_by"], me),
    ),
    ("work", "tasks", "whoever created it", lambda r, me, w: me_is(r["created_by"], me)),
    ("work", "tasks", "tasks assigned to the caller", lambda r, me, w: me_is(r["assignee_id"], me)),
    (
        "work",
        "invoices",
        "the billing role, or the customer themself",
        lambda r, me, w: "billing" in me.roles or customer(r, me, w),
    ),
    # teams and accounts
    ("blog", "posts", "members of the same team", lambda r, me, w: same_team(r["author_id"], me, w)),
    ("blog", "posts", "anyone in the author's team", lambda r, me, w: same_team(r["author_id"], me, w)),
    ("blog", "posts", "posts of the caller's team", lambda r, me, w: same_team(r["author_id"], me, w)),
    ("blog", "posts", "posts of the author's team", lambda r, me, w: same_team(r["author_id"], me, w)),
    ("blog", "posts", "teammates", lambda r, me, w: same_team(r["author_id"], me, w)),
    ("blog", "users", "people in the same team", lambda r, me, w: same_team(r["id"], me, w)),
    (
        "blog",
        "posts",
        "the author or editors of the same team",
        lambda r, me, w: author(r, me) or ("editor" in me.roles and same_team(r["author_id"], me, w)),
    ),
    ("work", "projects", "members of the same team", lambda r, me, w: in_team(r["team_id"], me, w)),
    (
        "work",
        "projects",
        "the owner or anyone in the team",
        lambda r, me, w: me_is(r["owner_id"], me) or in_team(r["team_id"], me, w),
    ),
    (
        "work",
        "tasks",
        "members of the project's team",
        lambda r, me, w: in_team(project(r, w)["team_id"], me, w),
    ),
    ("work", "teams", "members of the team", lambda r, me, w: in_team(r["id"], me, w)),
    ("work", "users", "members of the same team", lambda r, me, w: fellow(r["id"], me, w)),
    ("work", "customers", "members of the same team", lambda r, me, w: fellow(r["user_id"], me, w)),
    ("work", "projects", "rows of the caller's account", lambda r, me, w: account(r, me)),
    ("work", "projects", "anyone in the same account", lambda r, me, w: account(r, me)),
    (
        "work",
        "tasks",
        "tasks of the caller's account",
        lambda r, me, w: r["project_id"] is not None and account(project(r, w), me),
    ),
    ("work", "projects", "its collaborators", lambda r, me, w: collaborates(r["id"], me, w)),
    (
        "work",
        "tasks",
        "collaborators of the project",
        lambda r, me, w: collaborates(r["project_id"], me, w),
    ),
    # conditions
    (
        "blog",
        "posts",
        "anyone if published, otherwise just the author",
        lambda r, me, w: published(r) or author(r, me),
    ),
    (
        "blog",
        "posts",
        "if published, anyone, otherwise the author",
        lambda r, me, w: published(r) or author(r, me),
    ),
    (
        "blog",
        "posts",
        "everyone if published, otherwise the author, or an admin",
        lambda r, me, w: published(r) or author(r, me) or admin(me),
    ),
    (
        "blog",
        "posts",
        "editors if published, otherwise the author",
        lambda r, me, w: "editor" in me.roles if published(r) else author(r, me),
    ),
    ("blog", "posts", "published posts", lambda r, me, w: published(r)),
    ("blog", "posts", "unpublished posts", lambda r, me, w: not published(r)),
    ("blog", "posts", "anyone if it isn't a draft", lambda r, me, w: r["status"] != "draft"),
    ("blog", "posts", "anyone unless archived", lambda r, me, w: r["status"] != "archived"),
    ("blog", "posts", "all posts that are not archived", lambda r, me, w: r["status"] != "archived"),
    ("blog", "posts", "anyone, but only if not deleted", lambda r, me, w: r["deleted_at"] is None),
    ("blog", "posts", "everyone except drafts", lambda r, me, w: r["status"] != "draft"),
    (
        "blog",
        "posts",
        "anyone if published and not deleted",
        lambda r, me, w: published(r) and r["deleted_at"] is None,
    ),
    (
        "blog",
        "posts",
        "anyone if published, pinned or archived",
        lambda r, me, w: r["status"] in ("published", "archived") or bool(r["pinned"]),
    ),
    (
        "blog",
        "posts",
        "anyone if status is draft or archived",
        lambda r, me, w: r["status"] in ("draft", "archived"),
    ),
    ("blog", "posts", "nobody if draft, otherwise everyone", lambda r, me, w: r["status"] != "draft"),
    ("blog", "users", "inactive users", lambda r, me, w: not r["is_active"]),
    ("blog", "posts", "anyone if not pinned", lambda r, me, w: not r["pinned"]),
    (
        "blog",
        "posts",
        "anyone if neither published nor deleted",
        lambda r, me, w: not published(r) and r["deleted_at"] is None,
    ),
    (
        "blog",
        "posts",
        "the author, or an admin if not archived",
        lambda r, me, w: author(r, me) or (admin(me) and r["status"] != "archived"),
    ),
    (
        "blog",
        "posts",
        "the author or an admin, if not archived",
        lambda r, me, w: (author(r, me) or admin(me)) and r["status"] != "archived",
    ),
    ("blog", "posts", "anyone if likes is at least 10", lambda r, me, w: (r["likes"] or 0) >= 10),
    ("blog", "posts", "posts created within the last 30 days", lambda r, me, w: r["created_at"] == NOW),
    ("blog", "posts", "anyone if created more than 2 weeks ago", lambda r, me, w: r["created_at"] == OLD),
    (
        "blog",
        "posts",
        "the author if created within the last year",
        lambda r, me, w: author(r, me) and r["created_at"] == NOW,
    ),
    ("blog", "comments", "anyone if the post is published", lambda r, me, w: published(post_of(r, w))),
    ("blog", "comments", "comments on published posts", lambda r, me, w: published(post_of(r, w))),
    (
        "work",
        "tasks",
        "anyone if the project is not archived",
        lambda r, me, w: r["project_id"] is not None and project(r, w)["archived_at"] is None,
    ),
    ("work", "tasks", 'anyone if the region is "north"', lambda r, me, w: r["region"] == "north"),
    ("work", "tasks", "anyone if region is missing", lambda r, me, w: r["region"] is None),
    ("work", "invoices", "anyone if paid", lambda r, me, w: r["paid_on"] is not None),
    (
        "work",
        "projects",
        "anyone if public, otherwise members of the same team",
        lambda r, me, w: r["is_public"] or in_team(r["team_id"], me, w),
    ),
    # who is left out; who is not known is not let in by that
    (
        "blog",
        "posts",
        "everyone except the author",
        lambda r, me, w: me.id is not None and not author(r, me),
    ),
    (
        "blog",
        "comments",
        "anyone but the user",
        lambda r, me, w: me.id is not None and not me_is(r["user_id"], me),
    ),
    (
        "work",
        "projects",
        "everyone except members of the same team",
        lambda r, me, w: me.id is not None and not in_team(r["team_id"], me, w),
    ),
    (
        "work",
        "projects",
        "everyone except people in the same account",
        lambda r, me, w: me.claim("account_id") is not None and not account(r, me),
    ),
]


@pytest.mark.parametrize(
    ("schema", "relation", "phrase", "may"), PHRASES, ids=[f"{p[1]}: {p[2]}" for p in PHRASES]
)
def test_a_phrase_lets_through_what_it_says(
    worlds: dict[str, World], schema: str, relation: str, phrase: str, may: May
) -> None:
    world = worlds[schema]
    (reading,) = world.read(relation, phrase)
    expected = [{r["id"] for r in world.tables[relation] if may(r, me, world)} for me in CALLERS]
    assert [world.sees(relation, reading, me) for me in CALLERS] == expected


AMBIGUOUS = [
    ("blog", "posts", "users", 3),  # everyone, those who are known, the author
    ("blog", "posts", "the author or an admin if not archived", 2),
    ("blog", "posts", "anyone if published and pinned or deleted", 2),
    ("blog", "posts", "anyone if not published or pinned", 2),
    ("blog", "posts", "the author or an admin unless archived", 2),
    ("blog", "posts", "posts of the last 30 days", 2),  # created or deleted
    ("work", "tasks", "the owner", 2),
    ("work", "tasks", "their own tasks", 2),
    ("work", "tasks", "tasks of their projects", 2),  # they are in, or own
    ("blog", "posts", "an admin and author", 2),  # one person, or two
    ("work", "tasks", "everyone except the owner", 2),
]


@pytest.mark.parametrize(
    ("schema", "relation", "phrase", "count"), AMBIGUOUS, ids=[a[2] for a in AMBIGUOUS]
)
def test_a_phrase_of_several_readings_keeps_them_all(
    worlds: dict[str, World], schema: str, relation: str, phrase: str, count: int
) -> None:
    assert len(worlds[schema].read(relation, phrase)) == count


def test_two_ways_to_a_team_are_two_readings() -> None:
    ddl = (
        WORK
        + "CREATE TABLE user_teams (user_id INT REFERENCES users (id), team_id INT REFERENCES teams (id));"
    )
    found = World(ddl, WORK_ROWS).read("projects", "members of the same team")
    assert {g.sql for r in found for g in r.grants} == {
        "team_id IN (SELECT team_id FROM team_members WHERE user_id = :me.id)",
        "team_id IN (SELECT team_id FROM user_teams WHERE user_id = :me.id)",
    }


NOT_UNDERSTOOD = [
    "people from the moon",
    "the author maybe",
    "the author or",
    "or the author",
    "anyone if",
    "anyone if shiny",
    "otherwise the author",
    "the author, otherwise an admin",  # otherwise than what?
    "the editor of the wiki",
    "anyone can delete it",  # the rule is for reading
    "the author; drop table users",
    "the author -- or anyone",
    "anyone if status = 'draft' or 1 = 1",
    "§0",
    "the author (or an admin)",
    "",
    ",",
    "everyone everyone",
    "nobody unless published",  # everyone if published, a person would say
    "nobody if draft",  # and who else may?
    "of " * 120,  # these took for ever once
    "who are " * 45,
    "anyone if " + "not " * 90,
]


@pytest.mark.parametrize("phrase", NOT_UNDERSTOOD)
def test_what_has_a_word_without_a_place_has_no_reading(worlds: dict[str, World], phrase: str) -> None:
    assert worlds["blog"].read("posts", phrase) == ()


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("everyone except admins", "a rule cannot leave out those with the role `admin`"),
        ("anyone except the author or an admin", "a rule cannot leave out those with the role `admin`"),
        ("editors who are admins", "a rule cannot ask for two roles at once"),
    ],
)
def test_what_no_rule_can_say_is_refused_and_not_read_otherwise(
    worlds: dict[str, World], phrase: str, why: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        worlds["blog"].read("posts", phrase)
    assert (caught.value.code, caught.value.message) == ("policy.unsupported", why)


def test_a_long_rule_is_refused(worlds: dict[str, World]) -> None:
    with pytest.raises(PolicyError) as caught:
        worlds["blog"].read("posts", "the author or " * 40)
    assert caught.value.code == "policy.invalid"


def test_each_verb_is_that_of_the_action(worlds: dict[str, World]) -> None:
    for action in ("read", "create", "update", "delete"):
        (reading,) = worlds["blog"].read("posts", f"the author may {action} it", action)
        assert reading.grants == (Grant(frozenset(), "author_id = :me.id"),)


def test_assumptions_say_what_nobody_declared() -> None:
    world = World(
        BLOG.replace("author_id INT NOT NULL REFERENCES users (id)", "author_id INT NOT NULL"), BLOG_ROWS
    )
    world.words = Words(guess_principals(world.catalog), frozenset(), {}, guessed=True)
    (reading,) = world.read("posts", "the author and admins, if the status is draft")
    assert reading == Reading(
        (
            Grant(frozenset(), "author_id = :me.id AND status = 'draft'"),
            Grant(frozenset({"admin"}), "status = 'draft'"),
        ),
        (
            "`author_id` is taken to refer to `users`; the database does not say so",
            "callers are rows of `users`, as its name suggests",
            "`admin` is a role that nothing else in the policy names",
            "`and` between people means each of them, not those who are both",
        ),
    )


@pytest.mark.parametrize(
    ("names", "people"),
    [
        (["users", "accounts"], "users"),
        (["accounts", "orders"], "accounts"),
        (["employees", "customers"], "employees"),
        (["people", "places"], "people"),
        (["orders", "lines"], None),
    ],
    ids=str,
)
def test_the_relation_of_those_who_ask_is_guessed_by_name(names: list[str], people: str | None) -> None:
    catalog = catalog_from_ddl("".join(f"CREATE TABLE {n} (id INT PRIMARY KEY);" for n in names), "duckdb")
    guessed = guess_principals(catalog)
    assert (guessed.name if guessed else None) == people


@pytest.mark.parametrize(
    ("dialect", "phrase", "sql"),
    [
        ("postgres", "signed-in users", "CAST(:me.id AS INT) IS NOT NULL"),
        ("sqlite", "signed-in users", ":me.id IS NOT NULL"),
        ("sqlite", "posts created within the last 2 weeks", "created_at >= DATE(CURRENT_DATE, '-14 days')"),
        (
            "postgres",
            "posts created within the last 2 weeks",
            "created_at >= CURRENT_DATE - INTERVAL '2' WEEK",
        ),
    ],
)
def test_each_dialect_is_written_as_its_own(dialect: Any, phrase: str, sql: str) -> None:
    catalog = catalog_from_ddl(BLOG, dialect)
    posts = catalog.find("posts")[0]
    (reading,) = read_rule(phrase, posts, "read", catalog, Words(guess_principals(catalog)))
    assert reading.grants == (Grant(frozenset(), sql),)
    parse_predicate(sql, posts, catalog, {})


def test_a_list_of_the_callers_is_compared_as_one(worlds: dict[str, World]) -> None:
    world = World(WORK, WORK_ROWS)
    world.words = Words(
        guess_principals(world.catalog), claims={"team_ids": ClaimType("integer", is_list=True)}
    )
    said = {
        phrase: world.read("projects", phrase)[0].grants[0].sql
        for phrase in ("members of the same team", "everyone except members of the same team")
    }
    assert said == {
        "members of the same team": "team_id IN (:me.team_ids)",
        "everyone except members of the same team": "team_id <> ALL (:me.team_ids)",
    }
