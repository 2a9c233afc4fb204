"""Commands in this process, on a real database, with a model whose replies are written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import nlq.wire
from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.cli.app import run
from nlq.cli.project import policy_text, settings_text
from nlq.cli.serve import say_who_is_believed
from nlq.demo import PREPARED, demo_path, demo_schema
from nlq.errors import ModelError
from nlq.policy import decide_read
from nlq.policy.load import load_policy
from nlq.settings import Settings, load

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def nlq_(
    shop: Path,
    tmp_path: Path,
    model: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs a command line in a directory whose `nlq.toml` names the shop: status, stdout, stderr."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "nlq.toml").write_text(f'db = "duckdb:///{shop}"\n', "utf-8")
    monkeypatch.chdir(project)
    monkeypatch.setattr(nlq.wire, "open_model", lambda settings, observe: model)

    def run_(*arguments: str) -> tuple[int, str, str]:
        status = run(list(arguments))
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run_


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_ask_shows_rows_sql_explanation_and_cost(nlq_: Run) -> None:
    status, out, err = nlq_("ask", "Show the orders over 10")
    *shown, cost = lines(out)
    assert (status, err) == (0, "")
    assert shown == [
        "id   total",
        "──────────",
        " 1   12.50",
        " 3   99.00",
        "2 rows",
        "",
        "SELECT",
        '  "orders"."id",',
        '  "orders"."total"',
        'FROM "main"."orders" AS "orders"',
        "WHERE",
        '  "orders"."total" > 10',
        "ORDER BY",
        '  "id"',
        "",
        "Shows `id` and `total`, from `orders`. Only rows where `total` is more than 10. "
        "Sorted by `id`, lowest first.",
    ]
    assert cost.startswith("compiled by scripted in 1 call, 120 + 20 tokens; ")
    again = lines(nlq_("ask", "Show the orders over 10")[1])
    assert again[:-1] == shown
    assert again[-1].startswith("known: no model was called; ")


def test_ask_in_other_forms(nlq_: Run) -> None:
    status, out, err = nlq_("ask", "List all orders", "--csv", "--limit", "2")
    assert (status, out) == (0, "id,total,note\n1,12.50,\n2,7.25,gift\n")
    assert err == "only the first 2 rows; there are more (`--limit`, setting `row_limit`)\n"

    status, out, err = nlq_(
        "ask", "How many customers are in {country}?", "--param", "country=Portugal", "--json"
    )
    assert (status, err) == (0, "")
    assert json.loads(out)["rows"] == [{"n": 2}]

    status, out, _ = nlq_("ask", "How many customers are there?", "--sql-only")
    assert (status, out) == (
        0,
        'SELECT\n  COUNT(*) AS "customers"\nFROM "main"."customers" AS "customers"\n',
    )

    status, out, _ = nlq_("ask", "How many customers are there?", "--sql-only", "--json")
    assert (status, json.loads(out)["cached"]) == (0, True)


def test_sql_by_hand(nlq_: Run) -> None:
    status, out, _ = nlq_("sql", "SELECT name, email FROM customers WHERE id = :id", "--param", "id=2")
    assert (status, lines(out)[:4]) == (0, ["name   email", "────────────", "Bo     NULL", "1 row"])
    status, out, err = nlq_("sql", "SELECT totl FROM orders")
    assert (status, out) == (1, "")
    assert err == "error: unknown column `totl`  (plan.unknown_column)\nhint: did you mean `total`?\n"


def test_a_follow_up_says_what_it_became(nlq_: Run, model: Any) -> None:
    model.replies = {"orders for each note": "SELECT note, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1"}
    status, out, err = nlq_("ask", "by note instead", "--follows", "orders for each total", "--csv")
    assert (status, out, err) == (0, 'note,n\n"",1\ngift,1\n,2\n', "asked: orders for each note\n")
    assert nlq_("ask", "by note", "--follows", "orders for each total", "--sql-only")[0] == 2


KEPT = "kept as the plan ID of `the dearest order`\n"


def test_sql_by_hand_is_kept_as_the_plan_of_a_question(nlq_: Run) -> None:
    status, _, err = nlq_("sql", "SELECT max(total) AS most FROM orders", "--keep", "the dearest order")
    assert (status, re.sub("[0-9a-f]{16}", "ID", err)) == (
        0,
        "kept as the plan ID of `the dearest order`\n",
    )
    status, out, _ = nlq_("ask", "the dearest order", "--csv")
    assert (status, out) == (0, "most\n99.00\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["ask", ""], (2, "request.empty"), id="empty"),
        pytest.param(["ask", "why " * 25_000], (2, "request.too_long"), id="100-kB"),
        pytest.param(["ask", "What is the meaning of life?"], (1, "compile.refused"), id="off-topic"),
        pytest.param(["ask", "多少个客户？"], (1, "compile.failed"), id="chinese-and-rubbish"),
        pytest.param(["sql", "DROP TABLE orders"], (1, "plan.unsupported"), id="write"),
        pytest.param(["sql", "SELECT 1", "--db", "mysql://x/y"], (1, "engine.unsupported"), id="engine"),
        pytest.param(
            ["sql", "SELECT 1", "--db", "duckdb:///no.duckdb"], (1, "engine.unreachable"), id="file"
        ),
        pytest.param(["sql", "SELECT 1", "--policy", "no.toml"], (2, "settings.invalid"), id="policy"),
        pytest.param(["sql", "SELECT 1", "--as", "ana"], (1, "policy.unknown_principal"), id="principal"),
    ],
)
def test_an_error_has_a_code_and_a_status(
    nlq_: Run, arguments: list[str], expected: tuple[int, str]
) -> None:
    status, out, err = nlq_(*arguments)
    assert (status, out, expected[1] in err) == (expected[0], "", True)
    status, out, err = nlq_(*arguments, "--json")
    error = json.loads(out)["error"]
    assert (status, error["code"], err) == (*expected, "")
    assert sorted(error) == ["code", "hint", "message"]


def test_a_model_that_fails(nlq_: Run, model: Any) -> None:
    nlq_("ask", "How many customers are there?")
    model.failure = ModelError("model.timeout", "the model took too long", "try again")
    status, _, err = nlq_("ask", "How many orders are there?")
    assert (status, err) == (
        1,
        "error: this question is not compiled yet, and the model took too long  (compile.unavailable)\n"
        "hint: try again; known questions: `How many customers are there?`\n",
    )
    assert nlq_("ask", "How many customers are there?")[0] == 0


def test_who_asks(nlq_: Run, shop_policy: Path) -> None:
    ask = ["ask", "How many customers are there?", "--policy", str(shop_policy)]
    status, out, _ = nlq_(*ask, "--as", "ana")
    assert (status, lines(out)[2]) == (0, "        1")
    assert "filtered: main.customers: only rows that a rule lets be read" in lines(out)
    assert json.loads(nlq_(*ask, "--as", '{"roles": ["staff"]}', "--json")[1])["rows"] == [{"customers": 3}]
    status, _, err = nlq_(*ask)
    assert (status, lines(err)[-1]) == (
        1,
        "hint: ask for access; there is a policy, and `--as` does not say who asks: it names `ana`, `root`",
    )


def test_who_does_not_say_who_asks_is_told(nlq_: Run, tmp_path: Path) -> None:
    policy = tmp_path / "own.toml"
    policy.write_text(
        "[principals.ana]\nid = 1\n[relations.customers]\nread = { sql = 'id = :me.id' }\n", "utf-8"
    )
    count = ["sql", "SELECT count(*) AS n FROM customers", "--policy", str(policy), "--csv"]
    told = "asked as nobody: there is a policy, and `--as` says who asks: it names `ana`\n"
    assert nlq_(*count) == (0, "n\n0\n", told)
    assert nlq_(*count, "--as", "ana") == (0, "n\n1\n", "")


def test_a_server_with_a_policy_asks_for_keys(nlq_: Run, shop_policy: Path) -> None:
    assert nlq_("serve", "--policy", str(shop_policy), "--keys", "no.json") == (
        2,
        "",
        "error: cannot read the keys `no.json`: No such file or directory  (settings.invalid)\n",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            {"policy": "p.toml"},
            ["everybody is anonymous: neither keys (`--keys`) nor tokens are asked for"],
            id="policy",
        ),
        pytest.param({"policy": "p.toml", "auth_keys": "keys.json"}, [], id="keys"),
        pytest.param({"policy": "p.toml", "auth_jwt_algorithm": "HS256"}, [], id="tokens"),
        pytest.param(
            {"policy": "p.toml", "dev": True},
            ["development: callers say who they are, and are believed"],
            id="dev",
        ),
        pytest.param(
            {"models": "shop.models", "dev": True, "open": True},
            [
                "development: callers say who they are, and are believed",
                "open: whoever does not say so is the owner, and reads everything",
            ],
            id="open and dev",
        ),
        pytest.param(
            {"open": True},
            ["open: there is no policy, everyone who reaches the server reads everything"],
            id="open",
        ),
    ],
)
def test_a_server_says_whom_it_believes(
    given: dict[str, Any], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    say_who_is_believed(Settings(**given))
    assert capsys.readouterr().err.splitlines() == said


def test_the_schema_is_that_of_the_principal(nlq_: Run, shop_policy: Path) -> None:
    status, out, _ = nlq_("schema", "--policy", str(shop_policy), "--as", "ana")
    assert (status, out) == (
        0,
        "CREATE TABLE customers (\n  id INT PRIMARY KEY,\n  name TEXT,\n  country TEXT\n);\n\n"
        "CREATE TABLE orders (\n  id INT PRIMARY KEY,\n  customer_id INT,\n  total DECIMAL(10, 2),\n"
        "  note TEXT,\n  FOREIGN KEY (customer_id) REFERENCES customers (id)\n);\n",
    )
    names = [r["name"] for r in json.loads(nlq_("schema", "--json")[1])["relations"]]
    assert names == ["customers", "orders", "secrets"]


def test_plans_are_listed_shown_and_removed(nlq_: Run, shop: Path) -> None:
    plan_id = json.loads(nlq_("ask", "Show the orders over 10", "--json")[1])["plan"]["id"]
    status, out, err = nlq_("plans")
    assert (status, lines(out)[2:], err) == (
        0,
        [f"{plan_id}   duckdb    owner      Show the orders over {{p1}}"],
        "",
    )
    assert "takes: p1 (decimal)" in lines(nlq_("plans", "show", plan_id[:6])[1])
    assert json.loads(nlq_("plans", "show", plan_id, "--json")[1])["id"] == plan_id
    assert nlq_("plans", "remove", plan_id)[0] == 0
    assert json.loads(nlq_("plans", "--json")[1]) == {"plans": [], "findings": []}


def test_plans_that_are_damaged_or_out_of_date(nlq_: Run, shop: Path) -> None:
    nlq_("ask", "Show the orders over 10")
    nlq_("ask", "How many customers are there?")
    damaged = next(Path("cache/plans").glob("how-many-customers*"))
    damaged.write_text(damaged.read_text("utf-8")[:100], "utf-8")
    with duckdb.connect(shop) as connection:
        connection.execute("ALTER TABLE orders ALTER COLUMN total TYPE TEXT")
    status, out, err = nlq_("plans")
    assert (status, lines(out)[2:][0].split()[3]) == (1, "stale")
    codes = sorted(line.rpartition("(")[2] for line in lines(err))
    assert codes == ["store.invalid)", "store.stale)"]
    status, out, _ = nlq_("plans", "--json")
    found = json.loads(out)
    assert (status, len(found["plans"]), [f["code"] for f in found["findings"]]) == (
        1,
        1,
        ["store.invalid", "store.stale"],
    )


def test_init_starts_a_project_and_overwrites_nothing(
    nlq_: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    status, out, _ = nlq_("init", "--db", f"duckdb:///{shop}")
    files = ["nlq.toml", "policy.toml", "queries/README.md", "evals/README.md"]
    assert (status, lines(out)) == (0, [f"wrote {name}" for name in files])
    assert load(Path.cwd(), {}) == Settings(db=f"duckdb:///{shop}")
    assert nlq_("sql", "SELECT name FROM customers", "--policy", "policy.toml", "--as", "me")[0] == 1
    Path("policy.toml").write_text("# mine\n", "utf-8")
    Path("queries/README.md").unlink()
    assert json.loads(nlq_("init", "--json")[1]) == {
        "written": ["queries/README.md"],
        "kept": ["nlq.toml", "policy.toml", "evals/README.md"],
    }
    assert Path("policy.toml").read_text("utf-8") == "# mine\n"


def test_the_starter_policy_names_every_relation_and_allows_nothing() -> None:
    names = [
        RelationName("main", "orders"),
        RelationName("main", 'a "quoted" name'),
        RelationName("main", "with.dot"),
        RelationName("main", "Zeilen\numbruch"),
        RelationName("sales", "orders"),
        RelationName("main", "größe"),
    ]
    catalog = Catalog.of("duckdb", [Relation(n, (Column("x\ny", "INT"),)) for n in names])
    policy = load_policy(policy_text(catalog), catalog)
    assert set(policy.relations) == set(names)
    me = policy.principals["me"]
    assert {decide_read(policy, me, name).decision.effect for name in names} == {"denied"}


def test_a_password_is_not_written_down() -> None:
    text = settings_text("postgresql://me:pl%40ugh@db.example.org:5432/shop?sslmode=require")
    assert 'db = "postgresql://me@db.example.org:5432/shop?sslmode=require"' in text.splitlines()
    assert "pl%40ugh" not in text


SUITE = """
name = "shop"

[[case]]
question = "How many customers are there?"
gold = "SELECT count(*) FROM customers"

[[case]]
question = "List all orders"
gold = "SELECT id FROM orders"
"""


def test_eval_scores_the_suites_of_the_project(nlq_: Run) -> None:
    Path("evals").mkdir()
    Path("evals/shop.toml").write_text(SUITE, "utf-8")
    status, out, _ = nlq_("eval")
    assert (status, "shop: 1 of 2 right, 50.0%" in out) == (1, True)
    status, out, _ = nlq_("eval", "evals/shop.toml", "--fail-under", "0.5", "--json")
    assert (status, [r["right"] for r in json.loads(out)["reports"]]) == (0, [1])
    assert nlq_("eval", "evals/none.toml")[0] == 1


def test_the_demo_says_what_each_answer_cost(
    nlq_: Run, tmp_path: Path, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    demo_path().parent.mkdir(parents=True)
    with duckdb.connect(demo_path()) as connection:  # its rows take seconds to make
        connection.execute(demo_schema())
    model.replies = {PREPARED[0]: "SELECT count(*) AS posts FROM posts WHERE status = 'published'"}
    status, out, err = nlq_("demo")
    assert status == 1  # the model knows the first question only
    assert [line for line in lines(out) if line.startswith("▸")] == [f"▸ {q}" for q in PREPARED]
    assert "compiled by scripted in 1 call, 120 + 20 tokens" in out
    assert err.count("(compile.failed)") == len(PREPARED) - 1
    assert "nlq demo --serve" in err
    status, out, _ = nlq_("sql", "--db", "demo", "SELECT count(*) AS n FROM posts", "--csv")
    assert (status, out) == (0, "n\n0\n")
    reply = json.loads(nlq_("demo", "--json")[1])
    assert [sorted(a)[:2] for a in reply["answers"]][:2] == [
        ["assumptions", "columns"],
        ["error", "question"],
    ]
    assert reply["answers"][0]["plan"]["cached"]
