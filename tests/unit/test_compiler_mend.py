"""Drafts that do not bind: what is mended, and what is left to the model because it would be a guess.

What comes out is prepared by DuckDB over the same relations.
"""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from nlq.catalog import Catalog
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.join import Graph, find_links, implied_keys
from nlq.compiler.mend.names import MAX_CHANGES, mend_names
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

DDL = """
CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE users (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, team_id INTEGER REFERENCES teams (id),
    invited_by INTEGER REFERENCES users (id)
);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, status TEXT, likes INTEGER, published_on DATE,
    author_id INTEGER REFERENCES users (id), reviewer_id INTEGER REFERENCES users (id)
);
CREATE TABLE comments (
    id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id),
    user_id INTEGER REFERENCES users (id), approved_by INTEGER REFERENCES users (id), body TEXT
);
CREATE TABLE tags (id INTEGER PRIMARY KEY, label TEXT);
CREATE TABLE post_tags (
    post_id INTEGER REFERENCES posts (id), tag_id INTEGER REFERENCES tags (id), PRIMARY KEY (post_id, tag_id)
);
CREATE TABLE books (isbn TEXT PRIMARY KEY, pages INTEGER);
CREATE TABLE loans (id INTEGER PRIMARY KEY, isbn TEXT, due DATE);
CREATE TABLE countries (name TEXT PRIMARY KEY, continent TEXT);
CREATE TABLE trips (id INTEGER PRIMARY KEY, name TEXT, country_name TEXT, days INTEGER);
CREATE TABLE flights (id INTEGER PRIMARY KEY, country_name INTEGER, gate TEXT);
CREATE TABLE stays (hotel INTEGER, room INTEGER, guest TEXT, PRIMARY KEY (hotel, room));
CREATE TABLE minibars (
    id INTEGER PRIMARY KEY, hotel INTEGER, room INTEGER, drink TEXT,
    FOREIGN KEY (hotel, room) REFERENCES stays (hotel, room)
);
CREATE TABLE weather (day DATE, degrees INTEGER);
CREATE TABLE sales_2024 (amount INTEGER);
CREATE TABLE "Order Lines" (id INTEGER PRIMARY KEY, "Unit Price" INTEGER, post_id INTEGER REFERENCES posts (id));
CREATE SCHEMA one;
CREATE SCHEMA two;
CREATE TABLE one.parcels (id INTEGER PRIMARY KEY, weight INTEGER);
CREATE TABLE two.parcels (id INTEGER PRIMARY KEY, weight INTEGER);
"""
CATALOG = catalog_from_ddl(DDL, "duckdb")


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(DDL)
        yield connection


def mended(
    sql: str, question: str = "", catalog: Catalog = CATALOG
) -> tuple[str, tuple[str, ...], list[str]]:
    """The SQL without quotes that need not be, what was changed, and what is still wrong."""
    tree = parse(sql, "duckdb")
    changes = mend_names(tree, catalog, question)
    findings = [f.error.message for f in bind(tree, catalog).findings]
    return render(tree, "duckdb", pretty=False), changes, findings


def bare(sql: str) -> str:
    return sql.replace('"main".', "").replace('"', "")


MENDED = [
    pytest.param(
        "SELECT t.city, COUNT(*) FROM posts p JOIN teams t ON p.team_id = t.team_id GROUP BY t.city",
        "posts for each city of the author",
        "SELECT t.city, COUNT(*) FROM posts AS p JOIN users AS users ON p.author_id = users.id "
        "JOIN teams AS t ON users.team_id = t.id GROUP BY t.city",
        ["joined `teams` to `posts` through `users`"],
        id="a join that skips what stands between",
    ),
    pytest.param(
        "SELECT name FROM user",
        "",
        "SELECT user.name FROM users AS user",
        ["read `user` as the relation `users`"],
        id="singular of a relation",
    ),
    pytest.param(
        "SELECT name FROM Tems",
        "",
        "SELECT Tems.name FROM teams AS Tems",
        ["read `Tems` as the relation `teams`"],
        id="a slip in a relation",
    ),
    pytest.param(
        "SELECT order_line.unit_price FROM order_line",
        "",
        "SELECT order_line.Unit Price FROM Order Lines AS order_line",
        ["read `order_line` as the relation `Order Lines`", "read `unit_price` as `order_line.Unit Price`"],
        id="names with spaces",
    ),
    pytest.param(
        "SELECT titel FROM posts WHERE user.id = 1",
        "",
        "SELECT posts.title FROM posts AS posts WHERE user.id = 1",
        None,
        id="what can be is mended, the rest stays",
    ),
    pytest.param(
        "SELECT u.title FROM users u JOIN posts p ON p.author_id = u.id",
        "",
        "SELECT p.title FROM users AS u JOIN posts AS p ON p.author_id = u.id",
        ["took `title` from `p`, not from `u`"],
        id="aliases swapped",
    ),
    pytest.param(
        "SELECT i.name FROM users u JOIN teams t ON t.id = u.team_id WHERE i.city = 'x'",
        "",
        "SELECT t.name FROM users AS u JOIN teams AS t ON t.id = u.team_id WHERE t.city = 'x'",
        ["took `name` from `t`, not from `i`", "took `city` from `t`, not from `i`"],
        id="an alias of nothing, by all that it should have",
    ),
    pytest.param(
        "SELECT teams.city FROM users u JOIN teams t ON t.id = u.team_id",
        "",
        "SELECT t.city FROM users AS u JOIN teams AS t ON t.id = u.team_id",
        ["read `teams` as `t`"],
        id="a relation's name beside its alias",
    ),
    pytest.param(
        "SELECT p.name FROM posts p JOIN users u ON p.author_id = u.id JOIN teams t ON t.id = u.team_id",
        "which teams wrote posts?",
        "SELECT t.name FROM posts AS p JOIN users AS u ON p.author_id = u.id JOIN teams AS t ON t.id = u.team_id",
        ["took `name` from `t`, not from `p`"],
        id="of two owners the one asked for",
    ),
    pytest.param(
        "SELECT title FROM posts WHERE status = \"draft\" AND published_on >= \"2026-01-01\"",
        "",
        "SELECT posts.title FROM posts AS posts WHERE posts.status = 'draft' AND posts.published_on >= '2026-01-01'",
        ["read `draft` as text, not as a name", "read `2026-01-01` as text, not as a name"],
        id="text in double quotes",
    ),
    pytest.param(
        'SELECT title FROM posts WHERE status IN ("a", "b") OR likes = "5"',
        "",
        "SELECT posts.title FROM posts AS posts WHERE posts.status IN ('a', 'b') OR posts.likes = '5'",
        [f"read `{text}` as text, not as a name" for text in ("a", "b", "5")],
        id="a list and a number in double quotes",
    ),
    pytest.param(
        "SELECT \"titel\" FROM posts WHERE \"stats\" = 'draft'",
        "",
        "SELECT posts.title FROM posts AS posts WHERE posts.status = 'draft'",
        ["read `titel` as `posts.title`", "read `stats` as `posts.status`"],
        id="a column in double quotes on the left stays a column",
    ),
    pytest.param(
        "SELECT c.body FROM posts p JOIN comments c ON c.post_id = p.post_id",
        "",
        "SELECT c.body FROM posts AS p JOIN comments AS c ON c.post_id = p.id",
        ["read `post_id` as `p.id`"],
        id="the key of the relation itself",
    ),
    pytest.param(
        "SELECT user_name, post_title FROM posts JOIN users ON author_id = users.id",
        "",
        "SELECT users.name, posts.title FROM posts AS posts JOIN users AS users ON posts.author_id = users.id",
        ["read `user_name` as `users.name`", "read `post_title` as `posts.title`"],
        id="the relation's name before the column's",
    ),
    pytest.param(
        "SELECT users.name, teams.city FROM users",
        "",
        "SELECT users.name, teams.city FROM users AS users JOIN teams AS teams ON users.team_id = teams.id",
        ["joined `teams` by `team_id` for `city`"],
        id="a join that was forgotten",
    ),
    pytest.param(
        "SELECT name, city FROM users",
        "",
        "SELECT users.name, teams.city FROM users AS users JOIN teams AS teams ON users.team_id = teams.id",
        ["joined `teams` by `team_id` for `city`"],
        id="a column whose owner was forgotten",
    ),
    pytest.param(
        "SELECT tags.label FROM posts WHERE posts.likes > 5",
        "",
        "SELECT tags.label FROM posts AS posts JOIN post_tags AS post_tags ON posts.id = post_tags.post_id "
        "JOIN tags AS tags ON post_tags.tag_id = tags.id WHERE posts.likes > 5",
        ["joined `post_tags`, `tags` by `post_id` and `tag_id` for `label`"],
        id="a path of joins",
    ),
    pytest.param(
        "SELECT posts.title, users.name FROM posts",
        "titles of posts and the names of their reviewers",
        "SELECT posts.title, users.name FROM posts AS posts JOIN users AS users ON posts.reviewer_id = users.id",
        ["joined `users` by `reviewer_id` for `name`"],
        id="of two keys the one asked for",
    ),
    pytest.param(
        "SELECT title, author.name FROM posts",
        "",
        "SELECT posts.title, users.name FROM posts AS posts JOIN users AS users ON posts.author_id = users.id",
        ["joined `users` by `author_id` for `name`"],
        id="of two keys the one that the draft names",
    ),
    pytest.param(
        "SELECT comments.body FROM comments WHERE user.name = 'x'",
        "",
        "SELECT comments.body FROM comments AS comments JOIN users AS users ON comments.user_id = users.id "
        "WHERE users.name = 'x'",
        ["joined `users` by `user_id` for `name`"],
        id="a relation in the other number",
    ),
    pytest.param(
        "SELECT body, users.name FROM comments",
        "",
        "SELECT comments.body, users.name FROM comments AS comments JOIN users AS users "
        "ON comments.user_id = users.id",
        ["joined `users` by `user_id` for `name`"],
        id="of two keys the one named for the relation",
    ),
    pytest.param(
        "SELECT body, users.name FROM comments",
        "comments and who approved them",
        "SELECT comments.body, users.name FROM comments AS comments JOIN users AS users "
        "ON comments.approved_by = users.id",
        ["joined `users` by `approved_by` for `name`"],
        id="unless the question names the other",
    ),
    pytest.param(
        "SELECT guest FROM minibars WHERE drink = 'x'",
        "",
        "SELECT stays.guest FROM minibars AS minibars JOIN stays AS stays "
        "ON minibars.hotel = stays.hotel AND minibars.room = stays.room WHERE minibars.drink = 'x'",
        ["joined `stays` by `hotel` and `room` for `guest`"],
        id="a key of two columns",
    ),
    pytest.param(
        "SELECT pages FROM loans",
        "",
        "SELECT books.pages FROM loans AS loans JOIN books AS books ON loans.isbn = books.isbn",
        ["joined `books` by `isbn` for `pages`"],
        id="a key that is not declared",
    ),
    pytest.param(
        "SELECT continent FROM trips",
        "",
        "SELECT countries.continent FROM trips AS trips JOIN countries AS countries "
        "ON trips.country_name = countries.name",
        ["joined `countries` by `country_name` for `continent`"],
        id="not by a name that everything has",
    ),
    pytest.param(
        "SELECT * FROM (SELECT users.name, teams.city FROM users) AS x",
        "",
        "SELECT x.name, x.city FROM (SELECT users.name, teams.city FROM users AS users "
        "JOIN teams AS teams ON users.team_id = teams.id) AS x",
        ["joined `teams` by `team_id` for `city`"],
        id="in a subquery",
    ),
    pytest.param(
        "WITH x AS (SELECT teams.city FROM users) SELECT city, count(*) FROM x GROUP BY city",
        "",
        "WITH x AS (SELECT teams.city FROM users AS users JOIN teams AS teams ON users.team_id = teams.id) "
        "SELECT x.city, COUNT(*) FROM x GROUP BY x.city",
        ["joined `teams` by `team_id` for `city`"],
        id="in a WITH query",
    ),
    pytest.param(
        "SELECT city FROM users UNION SELECT title FROM posts",
        "",
        "SELECT teams.city FROM users AS users JOIN teams AS teams ON users.team_id = teams.id "
        "UNION SELECT posts.title FROM posts AS posts",
        ["joined `teams` by `team_id` for `city`"],
        id="in a branch of UNION",
    ),
    pytest.param(
        "SELECT count(*) FROM users JOIN posts ON comments.post_id = posts.id",
        "",
        "SELECT COUNT(*) FROM users AS users JOIN comments AS comments ON users.id = comments.user_id "
        "JOIN posts AS posts ON comments.post_id = posts.id",
        ["joined `comments` by `user_id` for `post_id`"],
        id="before the join that needs it",
    ),
    pytest.param(
        "SELECT isbn FROM loans JOIN books ON loans.isbn = books.isbn",
        "",
        "SELECT loans.isbn FROM loans AS loans JOIN books AS books ON loans.isbn = books.isbn",
        ["took `isbn` from `loans`"],
        id="either of two columns that are equal",
    ),
    pytest.param(
        "SELECT name FROM users JOIN teams ON users.team_id = teams.id WHERE city = 'x'",
        "names of users in x",
        "SELECT users.name FROM users AS users JOIN teams AS teams ON users.team_id = teams.id "
        "WHERE teams.city = 'x'",
        ["took `name` from `users`"],
        id="of two columns of one name that of the relation asked for",
    ),
    pytest.param(
        "WITH a AS (SELECT * FROM tags), tags AS (SELECT id FROM tags) SELECT count(*) FROM tags JOIN a ON a.id = tags.id",
        "",
        "WITH a AS (SELECT tags.id, tags.label FROM tags AS tags), tags_part AS (SELECT tags.id FROM tags AS tags) "
        "SELECT COUNT(*) FROM tags_part AS tags JOIN a ON a.id = tags.id",
        ["renamed the WITH query `tags`, which hid a relation"],
        id="a WITH query that hides a relation",
    ),
    pytest.param(
        "SELECT name FROM users WHERE id NOT IN (SELECT author_id FROM posts WHERE likes > 3 OR likes < 1)",
        "",
        "SELECT users.name FROM users AS users WHERE NOT users.id IN (SELECT posts.author_id FROM posts AS posts "
        "WHERE (posts.likes > 3 OR posts.likes < 1) AND NOT posts.author_id IS NULL)",
        ["left out rows where `author_id` is missing, which NOT IN could not compare"],
        id="NOT IN over a column that may be missing",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "question", "expected", "changes"), MENDED)
def test_what_is_mended(
    database: duckdb.DuckDBPyConnection, sql: str, question: str, expected: str, changes: list[str] | None
) -> None:
    text, made, findings = mended(sql, question)
    assert bare(text) == expected
    if changes is None:
        assert findings == ["`user` is not in FROM"]
        return
    assert list(made) == changes
    assert findings == []
    database.execute(f"EXPLAIN {text}")


LEFT = [
    pytest.param("SELECT totally_other FROM posts", "", "unknown column `totally_other`", id="nothing like it"),
    pytest.param("SELECT a FROM nothing_like_it", "", "unknown relation `nothing_like_it`", id="no relation like it"),
    pytest.param("SELECT amount FROM sales_2025", "", "unknown relation `sales_2025`", id="another number"),
    pytest.param("SELECT weight FROM parcels", "", "`parcels` may mean several relations", id="two schemas"),
    pytest.param("SELECT weight FROM parcel", "", "unknown relation `parcel`", id="a slip that two schemas may mean"),
    pytest.param("SELECT posts.title, users.name FROM posts", "", "`users` is not in FROM", id="two keys"),
    pytest.param(
        "SELECT posts.title, users.name FROM posts",
        "authors and reviewers of posts",
        "`users` is not in FROM",
        id="both keys asked for",
    ),
    pytest.param("SELECT degrees FROM posts", "", "unknown column `degrees`", id="no way to join"),
    pytest.param("SELECT gate FROM trips", "", "unknown column `gate`", id="alike in name, not in kind"),
    pytest.param("SELECT users.name", "", "`users` is not in FROM", id="no FROM"),
    pytest.param("SELECT name", "", "unknown column `name`", id="no FROM and no qualifier"),
    pytest.param(
        "SELECT name FROM users JOIN teams ON users.team_id = teams.id",
        "users and teams",
        "`name` may mean several columns",
        id="two columns of one name, both asked for",
    ),
    pytest.param(
        "SELECT isbn FROM loans LEFT JOIN books ON loans.isbn = books.isbn",
        "",
        "`isbn` may mean several columns",
        id="columns that are equal only where joined",
    ),
    pytest.param(
        "SELECT users.name FROM users a JOIN users b ON a.invited_by = b.id",
        "",
        "`users` is not in FROM",
        id="a relation that is there twice",
    ),
    pytest.param(
        "SELECT teams.city FROM users a JOIN users b ON a.invited_by = b.id",
        "",
        "`teams` is not in FROM",
        id="to join with a relation that is there twice",
    ),
    pytest.param(
        "SELECT name FROM users WHERE id IN (SELECT posts.name FROM posts)",
        "",
        "unknown column `name` in `posts`",
        id="a column that only the query outside has",
    ),
    pytest.param(
        "SELECT title FROM posts WHERE EXISTS (SELECT 1 FROM comments c WHERE c.post_id = x.id)",
        "",
        "`x` is not in FROM",
        id="an alias that may be inside or outside",
    ),
    pytest.param('SELECT title FROM posts WHERE likes = "many"', "", "unknown column `many`", id="no number in quotes"),
    pytest.param('SELECT title FROM posts WHERE "many" = 5', "", "unknown column `many`", id="on the left in quotes"),
    pytest.param(
        "SELECT 1 FROM users JOIN posts ON teams.id = posts.id JOIN teams ON teams.id = users.team_id",
        "",
        "`teams` is not in FROM",
        id="a relation that is joined too late",
    ),
    pytest.param(
        "WITH RECURSIVE tags AS (SELECT id FROM tags UNION SELECT id + 1 FROM tags) SELECT * FROM tags",
        "",
        "the name `tags` hides a relation",
        id="a recursive WITH query that hides a relation",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "question", "message"), LEFT)
def test_what_is_left_to_the_model(sql: str, question: str, message: str) -> None:
    _, changes, findings = mended(sql, question)
    assert changes == ()
    assert message in findings


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT users.name, teams.city FROM users JOIN teams ON users.team_id = teams.id",
        "SELECT u.name FROM users AS u WHERE EXISTS (SELECT 1 FROM posts AS p WHERE p.author_id = u.id)",
        "SELECT name FROM users WHERE id NOT IN (SELECT id FROM posts)",
        "SELECT name FROM users WHERE id NOT IN (SELECT author_id FROM posts WHERE author_id IS NOT NULL)",
        "SELECT name FROM users WHERE id NOT IN (SELECT author_id FROM posts ORDER BY likes LIMIT 3)",
        "SELECT name FROM users WHERE id IN (SELECT author_id FROM posts)",
        "WITH x AS (SELECT title FROM posts) SELECT count(*) FROM x",
        "SELECT status AS posts, count(*) FROM posts GROUP BY status ORDER BY count(*) DESC",
        "SELECT 1",
    ],
)
def test_what_binds_is_not_touched(sql: str) -> None:
    tree = parse(sql, "duckdb")
    bind(tree, CATALOG)
    bound = render(tree, "duckdb", pretty=False)
    assert mended(sql) == (bound, (), [])


def test_what_is_not_null_on_postgres_is_not_touched() -> None:
    catalog = catalog_from_ddl(
        "CREATE TABLE users (id INT PRIMARY KEY); CREATE TABLE posts (id INT PRIMARY KEY, author_id INT)",
        "postgres",
    )
    tree = parse(
        "SELECT id FROM users WHERE id NOT IN (SELECT author_id FROM posts WHERE author_id IS NOT NULL)",
        "postgres",
    )
    assert mend_names(tree, catalog, "") == ()


def test_changes_are_bounded() -> None:
    columns = [f"titl{'e' * (n % 2)}x" for n in range(2 * MAX_CHANGES)]
    _, changes, findings = mended(f"SELECT {', '.join(columns)} FROM posts")
    assert len(changes) == MAX_CHANGES
    assert len(findings) == MAX_CHANGES


def test_what_is_hidden_is_never_joined_or_named() -> None:
    seen = CATALOG.restrict(
        lambda r: r.name.name != "teams", lambda r, c: c.name not in ("email", "reviewer_id")
    )
    for sql in (
        "SELECT city FROM users",
        "SELECT teams.city FROM users",
        "SELECT name FROM team",
        "SELECT emails FROM users",
        "SELECT reviewer_ids FROM posts",
    ):
        _, changes, findings = mended(sql, "teams, cities, emails, reviewers", seen)
        assert changes == () and len(findings) == 1
    # The key that is left is no longer ambiguous; that there was another is not told.
    _, changes, _ = mended("SELECT posts.title, users.name FROM posts", "reviewers", seen)
    assert changes == ("joined `users` by `author_id` for `name`",)


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param(
            "SELECT f.gate FROM departures AS f", "x", 'SELECT "f"."gate" FROM "main"."flights" AS "f"', id="columns"
        ),
        pytest.param(
            "SELECT name, email FROM members", "x",
            'SELECT "members"."name", "members"."email" FROM "main"."users" AS "members"', id="without qualifiers",
        ),
        pytest.param(
            "SELECT m.name FROM members AS m", "names of teams",
            'SELECT "m"."name" FROM "main"."teams" AS "m"', id="the question chooses",
        ),
    ],
)  # fmt: skip
def test_an_invented_relation_is_the_one_that_has_its_columns(
    sql: str, question: str, expected: str
) -> None:
    text, changes, findings = mended(sql, question)
    assert (text, len(changes), findings) == (expected, 1, [])


@pytest.mark.parametrize(
    "question", ["names", "names of all members"], ids=["several have it", "asked for"]
)
def test_an_invented_relation_that_may_be_any_is_left_to_the_model(question: str) -> None:
    sql = (
        "SELECT m.name, m.email FROM members AS m"
        if "members" in question
        else "SELECT m.name FROM members AS m"
    )
    assert mended(sql, question)[1:] == ((), ["unknown relation `members`"])


def test_links_of_a_catalog() -> None:
    found = [
        (f"{link.left.name} -> {link.right.name}", link.pairs, link.declared)
        for link in find_links(CATALOG)
    ]
    assert found == [
        ("Order Lines -> posts", (("post_id", "id"),), True),
        ("comments -> users", (("approved_by", "id"),), True),
        ("comments -> posts", (("post_id", "id"),), True),
        ("comments -> users", (("user_id", "id"),), True),
        ("minibars -> stays", (("hotel", "hotel"), ("room", "room")), True),
        ("post_tags -> posts", (("post_id", "id"),), True),
        ("post_tags -> tags", (("tag_id", "id"),), True),
        ("posts -> users", (("author_id", "id"),), True),
        ("posts -> users", (("reviewer_id", "id"),), True),
        ("users -> users", (("invited_by", "id"),), True),
        ("users -> teams", (("team_id", "id"),), True),
        ("loans -> books", (("isbn", "isbn"),), False),
        ("trips -> countries", (("country_name", "name"),), False),
    ]


@pytest.mark.parametrize(
    ("ddl", "expected"),
    [
        pytest.param(
            "CREATE TABLE author (aid INT, name TEXT); CREATE TABLE writes (aid INT, pid INT)",
            ["author.aid = writes.aid"], id="a shared id",
        ),
        pytest.param(
            "CREATE TABLE city (city_name TEXT, state_name TEXT); CREATE TABLE state (state_name TEXT, area INT)",
            ["state.state_name = city.state_name"], id="named after a relation",
        ),
        pytest.param(
            "CREATE TABLE sb_user (sb_user_id INT PRIMARY KEY, sb_name TEXT);"
            "CREATE TABLE sb_tx (sb_tx_id INT PRIMARY KEY, sb_tx_user_id INT, sb_at DATE)",
            ["sb_user.sb_user_id = sb_tx.sb_tx_user_id"], id="the end of a name, without what all begin with",
        ),
        pytest.param(
            "CREATE TABLE users (uid INT PRIMARY KEY, name TEXT); CREATE TABLE visits (user_id INT, at DATE)",
            ["users.uid = visits.user_id"], id="a key that is called otherwise",
        ),
        pytest.param("CREATE TABLE a (id INT, name TEXT); CREATE TABLE b (id INT, name TEXT)", [], id="each its own"),
        pytest.param("CREATE TABLE a (xid INT); CREATE TABLE b (xid TEXT)", [], id="another kind"),
        pytest.param(
            "CREATE TABLE a (aid INT PRIMARY KEY); CREATE TABLE b (aid INT REFERENCES a (aid))", [], id="declared"
        ),
    ],
)  # fmt: skip
def test_keys_that_nobody_declared(ddl: str, expected: list[str]) -> None:
    groups = implied_keys(catalog_from_ddl(ddl, "duckdb"))
    assert [" = ".join(f"{name.name}.{column}" for name, column in group) for group in groups] == expected


def test_a_large_catalog_takes_little_time() -> None:
    path = Path(__file__).parents[1] / "fixtures" / "databases" / "wide.py"
    spec = importlib.util.spec_from_file_location("wide_fixture", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    wide = catalog_from_ddl(module.script("duckdb"), "duckdb")
    assert len(Graph.of(wide).links) == 1000
    tree = parse("SELECT first_name, e.name, e.code, e.x, litres FROM fleet_vehicle AS e", "duckdb")
    started = time.perf_counter()
    assert mend_names(tree, wide, "litres of fuel for each vehicle, and its driver") == (
        "joined `hr_employee` by `driver_id` for `first_name`",
        "joined `fleet_fuel_receipt` by `vehicle_id` for `litres`",
    )
    assert time.perf_counter() - started < 30  # 0.05 s, where it does not explode


def test_what_stands_in_brackets_need_not_be_said() -> None:
    catalog = catalog_from_ddl('CREATE TABLE trams (id INTEGER, "Low Floor (Y/N)" INTEGER);', "duckdb")
    sql, changes, findings = mended("SELECT id FROM trams WHERE low_floor = 1", "", catalog)
    assert bare(sql) == "SELECT trams.id FROM trams AS trams WHERE trams.Low Floor (Y/N) = 1"
    assert changes == ("read `low_floor` as `trams.Low Floor (Y/N)`",)
    assert findings == []


def test_a_code_is_known_by_its_comment() -> None:
    catalog = catalog_from_ddl(
        "CREATE TABLE ward (\n  W2 TEXT, -- ward name\n  W5 TEXT, -- type of care; S: surgical\n  W6 TEXT\n);",
        "sqlite",
    )
    tree = parse("SELECT ward_name, care_name FROM ward WHERE type_of_care = 'S'", "sqlite")
    assert mend_names(tree, catalog) == (
        "read `ward_name` as `ward.W2`",
        "read `type_of_care` as `ward.W5`",
    )
