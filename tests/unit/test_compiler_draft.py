"""The SQL in what a model says, whatever it says around it."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.compiler.draft import extract_draft, quote_names
from nlq.errors import CompileError, PlanError

SQL = "SELECT count(*) FROM users"


@pytest.mark.parametrize(
    ("reply", "draft"),
    [
        pytest.param(SQL, SQL, id="bare"),
        pytest.param(f"```sql\n{SQL}\n```", SQL, id="fenced"),
        pytest.param(f"```\n{SQL};\n```", SQL, id="fenced without a language"),
        pytest.param(f"```sql {SQL}```", SQL, id="fenced on one line"),
        pytest.param(f"```sql\n{SQL}", SQL, id="a fence that never ends"),
        pytest.param(f"Sure! Here you go:\n```sql\n{SQL}\n```\nIt counts users.", SQL, id="chatter around"),
        pytest.param(f"```\nusers(id, name)\n```\nThen:\n```sql\n{SQL}\n```", SQL, id="the second block"),
        pytest.param(f"```sql\n{SQL}\n```\nor\n```sql\nSELECT 2\n```", SQL, id="the first of two blocks"),
        pytest.param(f"Here: {SQL}; I hope it helps.", SQL, id="within a line"),
        pytest.param(f"I select the users first.\n{SQL}", SQL, id="the word in a sentence before"),
        pytest.param(f"Select works here: {SQL}", SQL, id="the word in the same line"),
        pytest.param(f"With this one you count users:\n\n{SQL}", SQL, id="WITH in a sentence"),
        pytest.param(f"{SQL}\n\nThis query counts the users.", SQL, id="a sentence after a blank line"),
        pytest.param("select count(*) from users", "select count(*) from users", id="lower case"),
        pytest.param("Select count(*) From users", "Select count(*) From users", id="title case"),
        pytest.param(f"-- how many?\n{SQL}", SQL, id="a comment before"),
        pytest.param("SELECT 1; SELECT 2; DROP TABLE users", "SELECT 1", id="several statements"),
        pytest.param("SELECT ';' AS x; DROP", "SELECT ';' AS x", id="a semicolon in quotes"),
        pytest.param("SELECT 'it''s;' ; x", "SELECT 'it''s;'", id="a doubled quote"),
        pytest.param("SELECT 1 -- it's\n; x", "SELECT 1 -- it's", id="a quote in a comment"),
        pytest.param("SELECT 1 /* ; ' */ ; x", "SELECT 1 /* ; ' */", id="a semicolon in a comment"),
        pytest.param('SELECT ";" FROM t; x', 'SELECT ";" FROM t', id="a semicolon in a name"),
        pytest.param("(SELECT 1) UNION (SELECT 2)", "(SELECT 1) UNION (SELECT 2)", id="in brackets"),
        pytest.param(
            "WITH a AS (SELECT 1) SELECT * FROM a", "WITH a AS (SELECT 1) SELECT * FROM a", id="WITH"
        ),
        pytest.param(
            "Use:\nwith recursive a(n) as (\nSELECT 1\n)\n\nSELECT * FROM a",
            "with recursive a(n) as (\nSELECT 1\n)\n\nSELECT * FROM a",
            id="a blank line within the statement",
        ),
        pytest.param(
            "WITH a AS (SELECT 1),\n\nb AS (SELECT 2)\nSELECT * FROM b\n\nDone.",
            "WITH a AS (SELECT 1),\n\nb AS (SELECT 2)\nSELECT * FROM b",
            id="a blank line after a comma",
        ),
        pytest.param(f"<think>SELECT x? No, CANNOT be.</think>\n{SQL}", SQL, id="thoughts"),
        pytest.param(f"Hm, SELECT x?\n</think>\n{SQL}", SQL, id="thoughts that began in the prompt"),
        pytest.param(
            f"<Thinking>\n```sql\nSELECT 1\n```\n</Thinking>```sql\n{SQL}\n```",
            SQL,
            id="drafts in thoughts",
        ),
        pytest.param(f"{SQL}\n\nI cannot be sure of it.", SQL, id="doubts behind the statement"),
    ],
)
def test_the_statement_in_a_reply(reply: str, draft: str) -> None:
    assert extract_draft(reply) == draft


@pytest.mark.parametrize(
    "reply",
    [
        "CANNOT",
        "CANNOT.",
        "**CANNOT**",
        "```sql\nCANNOT\n```",
        "```\nCANNOT",
        "CANNOT: there are no users to select from",
        "SELECT 'CANNOT'",
        '```sql\nSELECT "CANNOT" AS answer;\n```',
        "<think>SELECT 1?</think>CANNOT",
        "I'm sorry, there is nothing like that.",
        "I cannot answer this.",
        "I can’t do that.",
        "The schema does not contain weather data.",
        "There is no table with weather.",
        "Unable to answer.",
    ],
)
def test_refusals(reply: str) -> None:
    with pytest.raises(CompileError) as caught:
        extract_draft(reply)
    assert (caught.value.code, caught.value.message, caught.value.hint) == (
        "compile.refused",
        "the schema that you may see holds nothing that answers this question",
        "ask about its relations: `nlq schema` or `GET /schema` lists them",
    )


@pytest.mark.parametrize(
    "reply",
    [
        "",
        " \n",
        "```sql\n```",
        "42",
        "DROP TABLE users",
        "UPDATE users SET name = 'x'",
        "<think>SELECT 1",
        "好的",
    ],
)
def test_replies_without_sql(reply: str) -> None:
    with pytest.raises(PlanError) as caught:
        extract_draft(reply)
    assert (caught.value.code, caught.value.message, caught.value.hint) == (
        "plan.syntax",
        "the model wrote no SQL",
        "write one SELECT statement",
    )


@pytest.mark.parametrize(
    "reply",
    [
        "```" * 7_000,
        "'" * 20_001,
        "WITH a " * 3_000,
        "<think>" * 3_000,
        "SELECT (" * 2_500,
        "\n\n" * 10_000,
        "SELECT " + "\n\n" * 10_000,
        "SELECT " + "/*" * 10_000,
        "SELECT " + "'\"" * 10_000,
        "(" * 20_000 + "\n" * 20_000,
    ],
    ids=lambda reply: repr(reply[:12]),
)
def test_rubbish_takes_no_time(reply: str) -> None:
    started = time.perf_counter()
    with suppress(PlanError, CompileError):
        extract_draft(reply)
    assert time.perf_counter() - started < 30  # milliseconds, where it does not explode


ODD = Catalog.of(
    "duckdb",
    [
        Relation(
            RelationName("main", "order"),
            (
                Column("Total €", "INT"),
                Column("Unit Price", "INT"),
                Column("id", "INT"),
                Column("Low (Y/N)", "INT"),
            ),
        ),
        Relation(RelationName("main", "都市"), (Column("人口", "INT"), Column("Größe", "TEXT"))),
    ],
)


@pytest.mark.parametrize(
    ("draft", "quoted"),
    [
        pytest.param("SELECT SUM(o.Total €)", 'SELECT SUM(o."Total €")', id="symbol"),
        pytest.param("SELECT 人口 FROM 都市", 'SELECT "人口" FROM "都市"', id="other script"),
        pytest.param("FROM x JOIN都市 AS t", 'FROM x JOIN "都市" AS t', id="run into a keyword"),
        pytest.param("SELECT unit price", 'SELECT "Unit Price"', id="spelled otherwise"),
        pytest.param(
            "SELECT \"Unit Price\", 'Unit Price'", "SELECT \"Unit Price\", 'Unit Price'", id="quoted"
        ),
        pytest.param("SELECT `Unit Price`, '`'", "SELECT \"Unit Price\", '`'", id="as MySQL quotes"),
        pytest.param("SELECT unit_price", 'SELECT "Unit Price"', id="an underscore for the blank"),
        pytest.param("SELECT UnitPrice", 'SELECT "Unit Price"', id="no blank"),
        pytest.param("SELECT Low(Y/N)", 'SELECT "Low (Y/N)"', id="run together like a function"),
        pytest.param("SELECT 都市名", "SELECT 都市名", id="part of a longer name"),
        pytest.param("SELECT id FROM t", "SELECT id FROM t", id="plain"),
    ],
)
def test_odd_names_are_quoted(draft: str, quoted: str) -> None:
    assert quote_names(draft, ODD) == quoted
