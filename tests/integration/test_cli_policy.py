"""`nlq policy` at the terminal, with a real Postgres."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from nlq.cli.app import run

_numbers = itertools.count()
Ran = tuple[int, str, str]


@pytest.fixture
def policy_(
    make_database: Callable[[str, str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Ran]:
    """Runs `nlq policy` in an empty directory, with a database, a policy and a role of its own."""
    monkeypatch.chdir(tmp_path)
    url = make_database("postgres", "CREATE TABLE t (id int, word text); CREATE TABLE u (id int)")
    Path("policy.toml").write_text(
        '[relations.t]\nread = { sql = "id = :me.id" }\n[relations.t.columns]\nword = "hidden"\n', "utf-8"
    )
    role = f"nlq_c{os.getpid()}_{next(_numbers)}"
    monkeypatch.setenv("NLQ_DB", url)

    def run_(*arguments: str) -> Ran:
        status = run(["policy", arguments[0], "--policy", "policy.toml", "--role", role, *arguments[1:]])
        shown = capsys.readouterr()
        return status, shown.out.replace(role, "R"), shown.err.replace(role, "R")

    return run_


def execute(sql: str) -> None:
    with psycopg.connect(os.environ["NLQ_DB"], autocommit=True) as connection:
        connection.execute(sql)


def test_from_policy_to_database_and_back(policy_: Callable[..., Ran]) -> None:
    status, out, err = policy_("check")
    assert status == 1
    assert out.splitlines()[0] == ("missing schema: R, and 20 other things: the migration was never run")
    assert "missing" not in "".join(out.splitlines()[1:])
    assert err == "`nlq policy sql` writes the migration that puts this right\n"

    said = (
        "wrote policy.sql: review it, then run it as a superuser: psql -v ON_ERROR_STOP=1 -f policy.sql\n"
    )
    assert policy_("sql", "--out", "policy.sql") == (0, "", said)
    written = Path("policy.sql").read_text("utf-8")
    assert policy_("sql")[1] == written.replace(role_of(written), "R")
    execute(written)
    assert policy_("check") == (
        0, "", "the database enforces the policy (role `R`, policy 3afd9a12fb7aafa8)\n"
    )  # fmt: skip

    execute("ALTER TABLE t DISABLE ROW LEVEL SECURITY")
    assert policy_("check")[:2] == (1, "missing row security: public.t\n")
    status, out, _ = policy_("check", "--json")
    assert (status, json.loads(out)) == (
        1,
        {
            "role": "R",
            "policy": "3afd9a12fb7aafa8",
            "findings": [{"what": "missing", "kind": "row security", "subject": "public.t", "detail": ""}],
        },
    )


def role_of(written: str) -> str:
    return written.partition('CREATE SCHEMA IF NOT EXISTS "')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["sql", "--db", "x.duckdb"], "only Postgres can enforce a policy itself", id="engine"),
        pytest.param(["sql", "--out", "no/where.sql"], "cannot write `no/where.sql`", id="out"),
        pytest.param(["check", "--role", "No"], "`No` cannot be the role of the database", id="role"),
    ],
)
def test_misuse(arguments: list[str], message: str, policy_: Callable[..., Ran]) -> None:
    status, out, err = policy_(*arguments)
    assert (status, out, message in err) == (2, "", True)
