"""Whatever a model writes, it becomes a plan that passes its check again, or an error with a code."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler import Asked, intake, load_prompts
from nlq.compiler.compile import Answered, Turns, plan_from_draft
from nlq.compiler.draft import extract_draft
from nlq.errors import CompileError, PlanError
from nlq.plan import Plan, Provenance, ResultColumn, require_valid

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, "Full Name" TEXT, team_id INTEGER);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users (id), title TEXT,
                        likes INTEGER, day DATE);
    """,
    "duckdb",
)
DRAFTS = [
    "SELECT u.name, count(*) FILTER (WHERE p.likes > 5) AS n FROM users u JOIN posts p ON "
    "p.author_id = u.id GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC, u.name LIMIT 100 OFFSET 3",
    "WITH posts AS (SELECT * FROM posts WHERE day > current_date - INTERVAL 9 DAY) SELECT title FROM posts",
    "SELECT title FROM posts WHERE author_id NOT IN "
    "(SELECT id FROM users WHERE name LIKE 'A%') AND title = \"x\"",
    "SELECT CASE WHEN likes BETWEEN 1 AND 5 THEN 'few' ELSE 'many' END, "
    "max(likes) OVER (PARTITION BY day) FROM posts",
    "SELECT date_trunc('month', day), round(avg(likes), 2) FROM posts "
    "GROUP BY ALL QUALIFY row_number() OVER () = 1",
    "SELECT Full Name FROM users UNION SELECT title FROM posts NATURAL LEFT JOIN users ORDER BY 1",
    "SELECT x.a FROM (SELECT count(DISTINCT name) AS a FROM user) AS x, LATERAL (SELECT x.a) AS y (b)",
]
TOKENS = [re.findall(r"\w+|'[^']*'|\"[^\"]*\"|[^\s\w]", draft) for draft in DRAFTS]
ANY_TOKEN = st.sampled_from(
    sorted({t for tokens in TOKENS for t in tokens} | {"--", "/*", ";", "$", "::", "é", "`"})
)

KINDS = st.sampled_from(["drop", "put", "change", "twice"])
EDITS = st.lists(st.tuples(KINDS, st.integers(0, 80), ANY_TOKEN), max_size=6)


@st.composite
def rubbish(draw: st.DrawFn) -> str:
    """A draft with a few of its words changed."""
    tokens = list(draw(st.sampled_from(TOKENS)))
    for kind, where, token in draw(EDITS):
        at = where % (len(tokens) + 1)
        match kind:
            case "drop":
                del tokens[at : at + 1]
            case "put":
                tokens.insert(at, token)
            case "change":
                tokens[at : at + 1] = [token]
            case _:
                tokens[at:at] = tokens[at : at + 4]
    return " ".join(tokens)


def never(turns: Turns, *, max_tokens: int, temperature: float, seed: int) -> Answered:
    raise AssertionError("no model is asked")


def describe(plan: Plan) -> tuple[ResultColumn, ...]:
    return ()


ASKED = Asked(
    request=intake("100 titles over 5 likes of 'x' since 2026-01-31"),
    catalog=CATALOG,
    scope="owner",
    model="none",
    complete=never,
    describe=describe,
    prompts=load_prompts(),
    observe=lambda event: None,
)


@settings(max_examples=300)
@given(reply=rubbish())
def test_a_draft_becomes_a_plan_that_is_valid_or_an_error_with_a_code(reply: str) -> None:
    try:
        plan = plan_from_draft(extract_draft(reply), ASKED, Provenance())
    except (PlanError, CompileError):
        return
    require_valid(plan, CATALOG)
