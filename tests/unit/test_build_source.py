"""Query files: what they declare, and where they are wrong."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from nlq.build.parameter import QueryParameter
from nlq.build.place import BuildError, Place
from nlq.build.run import failed
from nlq.build.source import Query, read_blocks, read_queries, read_sources
from nlq.errors import PolicyError

TRENDING = """\
-- what the front page shows

-- name: trending_posts :many
-- roles: support, analyst
-- note: shown on the front page
-- and this is a comment
published posts with more
  than {min_likes: int = 100} likes
"""


def test_who_may_not_is_asked_for_whom_the_query_is() -> None:
    named, unnamed = (
        next(q for q in read_blocks(text, "queries/posts.nlq") if isinstance(q, Query))
        for text in (TRENDING, TRENDING.replace("-- roles: support, analyst\n", ""))
    )
    denied = PolicyError("policy.denied", "you may not update rows of `posts`", "ask for access")
    assert [failed(query, denied).errors[0].hint for query in (named, unnamed)] == [
        "ask for access",
        "say for whom it is: `-- roles: …`",
    ]


def test_a_block_is_a_query() -> None:
    assert list(read_blocks(TRENDING, "queries/posts.nlq")) == [
        Query(
            name="trending_posts",
            kind="query",
            cardinality="many",
            question="published posts with more than {min_likes} likes",
            parameters=(QueryParameter("min_likes", "integer", 100),),
            notes=("shown on the front page",),
            roles=("analyst", "support"),
            place=Place("queries/posts.nlq", 3, 1),
        )
    ]


def test_files_below_the_directory_are_read_and_sorted_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queries/deep/.hidden").mkdir(parents=True)
    (tmp_path / "queries/z.nlq").write_text(
        "-- name: a :one\nhow many users\r\n-- name: c :exec\nlike {id}"
    )
    (tmp_path / "queries/deep/y.nlq").write_text("\ufeff-- name: b :many\nall users")
    (tmp_path / "queries/deep/.hidden/x.nlq").write_text("rubbish")
    (tmp_path / "queries/README.md").write_text("rubbish")
    found = read_queries(Path("queries"))
    assert [(q.name, q.kind, q.question, str(q.place)) for q in found] == [
        ("a", "query", "how many users", "queries/z.nlq:1:1"),
        ("b", "query", "all users", "queries/deep/y.nlq:1:1"),
        ("c", "mutation", "like {id}", "queries/z.nlq:3:1"),
    ]


@pytest.mark.parametrize(
    ("written", "parameter"),
    [
        ("{n}", QueryParameter("n")),
        ("{ n : integer }", QueryParameter("n", "integer")),
        ("{n: text?}", QueryParameter("n", "text", None, optional=True)),
        ("{n = 5}", QueryParameter("n", "integer", 5)),
        ("{n: decimal = 5}", QueryParameter("n", "decimal", 5)),
        ("{n = -1.50}", QueryParameter("n", "decimal", Decimal("-1.50"))),
        ("{n = 'in use'}", QueryParameter("n", "text", "in use")),
        ('{n: string = "it\'s"}', QueryParameter("n", "text", "it's")),
        ("{n = false}", QueryParameter("n", "boolean", False)),
        ("{n = 2026-01-31}", QueryParameter("n", "date", date(2026, 1, 31))),
        ("{n: date = '2026-01-31'}", QueryParameter("n", "date", date(2026, 1, 31))),
        ("{n = 2026-01-31T12:00:00}", QueryParameter("n", "timestamp", datetime(2026, 1, 31, 12))),
        ("{n: int}, again {n}", QueryParameter("n", "integer")),
    ],
)
def test_a_parameter_says_its_type_and_default(written: str, parameter: QueryParameter) -> None:
    (query,) = read_blocks(f"-- name: q :many\nposts over {written}", "q.nlq")
    assert isinstance(query, Query)
    assert query.parameters == (parameter,)
    assert parameter.required is (parameter.default is None and not parameter.optional)


Q = "-- name: q :one\n"

WRONG = {
    "stray": ("posts", "syntax", "1:1: there is text before the first query"),
    "no-cardinality": ("\n  -- name: q", "syntax", "2:3: a query needs a name and how many rows it gives"),
    "cardinality": (
        "-- name: q :some\nx",
        "syntax",
        "1:1: a query needs a name and how many rows it gives",
    ),
    "name": ("-- name: a__b :one\nposts", "name", "1:1: a query cannot be called `a__b`"),
    "word": ("-- name: delete :one\nposts", "name", "1:1: `delete` is a word of Python or TypeScript"),
    "key": (f"{Q}-- role: a\nposts", "syntax", "2:1: unknown key `role`"),
    "roles": (f"{Q}-- roles: a,\nposts", "syntax", "2:1: the roles are not a list of names"),
    "no-question": (f"{Q}-- note: posts", "syntax", "1:1: the query `q` has no question"),
    "type": (f"{Q}posts\n over {{n: integr}}", "parameter", "3:7: unknown type `integr`"),
    "default": (f"{Q}over {{n: int = many}}", "parameter", "2:6: `many` is not a value"),
    "default-type": (
        f"{Q}over {{n: int = 'x'}}",
        "parameter",
        "2:6: the default of `n` is not of its type",
    ),
    "both": (f"{Q}over {{n: int? = 1}}", "parameter", "2:6: `n` is optional and has a default"),
    "case": (f"{Q}over {{N}}", "parameter", "2:6: a parameter cannot be called `N`"),
    "reserved": (f"{Q}over {{p1}}", "parameter", "2:6: the parameter name `p1` is reserved"),
    "brace": (f"{Q}over {{n", "parameter", "2:6: `{` is not a parameter"),
    "twice": (f"{Q}{{n: int}} {{n: text}}", "parameter", "2:10: `n` is declared otherwise at q.nlq:2:1"),
}


@pytest.mark.parametrize(("text", "code", "error"), WRONG.values(), ids=WRONG)
def test_an_error_points_at_its_place(text: str, code: str, error: str) -> None:
    (found,) = read_blocks(text, "q.nlq")
    assert isinstance(found, BuildError)
    assert (found.code, found.message) == (f"build.{code}", f"q.nlq:{error}")


def test_all_errors_are_told_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.nlq").write_text("-- name: q :many\nall posts\n-- name: r :many\nbroken {")
    Path("b.nlq").write_text("-- name: q :many\nall users")
    Path("c.nlq").write_bytes(b"\xff")
    sources = read_sources(Path())
    assert [q.question for q in sources.queries] == ["all posts"]
    assert [(e.code, e.message, e.hint) for e in sources.errors] == [
        (
            "build.parameter",
            "a.nlq:4:8: `{` is not a parameter",
            "write `{name}`, `{name: int}`, `{name: int = 100}` or `{name: text?}`",
        ),
        (
            "build.duplicate_name",
            "b.nlq:1:1: there are two queries called `q`",
            "the other is at a.nlq:1:1",
        ),
        ("build.unreadable", "c.nlq:1:1: the file is not UTF-8", None),
    ]


def test_the_fingerprint_leaves_out_what_no_plan_depends_on() -> None:
    def fingerprint(text: str) -> str:
        (query,) = read_blocks(text, "q.nlq")
        assert isinstance(query, Query)
        return query.fingerprint

    one = fingerprint("-- name: q :many\nall posts over {n: int = 1}")
    assert fingerprint("\n-- name: other :many\n-- note: x\nall  posts\nover {n = 1}") == one
    others = [
        "-- name: q :one\nall posts over {n: int = 1}",
        "-- name: q :many\n-- roles: a\nall posts over {n: int = 1}",
        "-- name: q :many\nall posts over {n: int = 2}",
        "-- name: q :many\nall posts over {n: decimal = 1}",
        "-- name: q :many\nall posts over {n: int?}",
    ]
    assert len({one, *map(fingerprint, others)}) == 6
