"""The demo's rows, without a database."""

import hashlib
import tomllib
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from nlq import demo
from nlq.demo.generate import TODAY, Demo, Invoice, generate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rows() -> Demo:
    return generate()


def test_the_rows_are_the_same_on_every_machine(rows: Demo) -> None:
    """If you meant to change the data, put the new digest here and look at the documents that quote it."""
    text = "\n".join(repr(tuple(row)) for relation in rows for row in relation)
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


DIGEST = "ec306f129302a7dee431164081e5b028fe906dc1a2a447684a84efd944ed4eb1"


def test_sizes(rows: Demo) -> None:
    assert {name: len(relation) for name, relation in zip(Demo._fields, rows, strict=True)} == SIZES


SIZES = {
    "teams": 16,
    "users": 2_000,
    "posts": 6_000,
    "comments": 24_000,
    "likes": 120_000,
    "customers": 1_500,
    "products": 120,
    "orders": 18_000,
    "order_lines": 37_260,
    "invoices": 16_563,
}


def test_fields_are_the_columns_of_the_schema(rows: Demo) -> None:
    tables = {
        create.this.this.name: [column.name for column in create.find_all(exp.ColumnDef)]
        for create in sqlglot.parse(demo.demo_schema(), dialect="postgres")
        if isinstance(create, exp.Create) and create.kind == "TABLE"
    }
    assert {
        name: list(relation[0]._fields) for name, relation in zip(Demo._fields, rows, strict=True)
    } == tables


def test_nothing_happens_after_today(rows: Demo) -> None:
    due = Demo._fields.index("invoices"), Invoice._fields.index("due_on")
    days = [
        value.date() if isinstance(value, datetime) else value
        for r, relation in enumerate(rows)
        for row in relation
        for c, value in enumerate(row)
        if isinstance(value, date) and (r, c) != due
    ]
    assert max(days) == TODAY


def test_no_text_is_empty(rows: Demo) -> None:
    """CSV could not tell it from NULL."""
    assert [row for relation in rows for row in relation if "" in row] == []


def test_money_adds_up(rows: Demo) -> None:
    sums: Counter[int] = Counter()
    wrong = []
    for line in rows.order_lines:
        sums[line.order_id] += line.amount
        exact = line.quantity * line.unit_price * (100 - line.discount_percent) / 100
        if line.amount != exact or line.amount.as_tuple().exponent != -2:
            wrong.append(line)
    totals = {order.id: order.total for order in rows.orders}
    assert (wrong, dict(sums)) == ([], totals)
    assert [i for i in rows.invoices if i.amount != totals[i.order_id]] == []


def test_events_follow_each_other(rows: Demo) -> None:
    joined = {user.id: user.joined_at for user in rows.users}
    written = {post.id: post.published_at or datetime.max for post in rows.posts}
    placed = {order.id: order.ordered_at.date() for order in rows.orders}
    signed_up = {customer.id: customer.created_on for customer in rows.customers}
    wrong: list[Any] = [u for u in rows.users if u.last_login_at and u.last_login_at < u.joined_at]
    wrong += [u for u in rows.users if u.invited_by and joined[u.invited_by] > u.joined_at]
    wrong += [p for p in rows.posts if p.created_at < joined[p.author_id]]
    wrong += [p for p in rows.posts if p.published_at and p.published_at < p.created_at]
    wrong += [x for x in rows.likes if x.created_at < max(joined[x.user_id], written[x.post_id])]
    wrong += [x for x in rows.comments if x.created_at < max(joined[x.user_id], written[x.post_id])]
    wrong += [o for o in rows.orders if o.ordered_at.date() < signed_up[o.customer_id]]
    wrong += [o for o in rows.orders if o.shipped_at and o.shipped_at < o.ordered_at]
    wrong += [i for i in rows.invoices if i.issued_on < placed[i.order_id]]
    assert wrong == []


def test_status_and_dates_agree(rows: Demo) -> None:
    assert {(p.status, p.published_at is None) for p in rows.posts} == {
        ("draft", True),
        ("published", False),
        ("archived", False),
    }
    assert {(o.status, o.shipped_at is None) for o in rows.orders} == {
        ("pending", True),
        ("paid", True),
        ("shipped", False),
        ("delivered", False),
        ("cancelled", True),
        ("returned", False),
    }
    billed = {invoice.order_id for invoice in rows.invoices}
    assert {o.status for o in rows.orders if o.id in billed} == {"paid", "shipped", "delivered", "returned"}


def test_there_is_something_to_find(rows: Demo) -> None:
    """Skew, gaps and names beyond ASCII: what makes a question interesting."""
    likes = Counter(like.post_id for like in rows.likes)
    ranked = sorted(likes.values(), reverse=True)
    found = {
        "few posts get most likes": sum(ranked[: len(rows.posts) // 15]) > len(rows.likes) / 2,
        "posts without likes": len([p for p in rows.posts if p.published_at and p.id not in likes]) > 100,
        "users without likes": len({u.id for u in rows.users} - {x.user_id for x in rows.likes}) > 100,
        "customers without orders": len(rows.customers) - len({o.customer_id for o in rows.orders}) > 100,
        "products without orders": len(rows.products) - len({x.product_id for x in rows.order_lines}) > 0,
        "teams without members": len(rows.teams) - len({u.team_id for u in rows.users if u.team_id}) == 2,
        "sales people without customers": len([u for u in rows.users if u.role == "sales"])
        - len({c.account_manager_id for c in rows.customers if c.account_manager_id})
        == 1,
        "overdue invoices": any(i.paid_on is None and i.due_on < TODAY for i in rows.invoices),
        "names in other scripts": sum(not u.name.replace("'", "").isascii() for u in rows.users) > 100,
    }
    assert [what for what, is_there in found.items() if not is_there] == []


def test_the_principals_of_the_policy_exist(rows: Demo) -> None:
    policy = tomllib.loads(demo.POLICY.read_text("utf-8"))
    users = {user.id: user for user in rows.users}
    assert {
        name: (users[p["id"]].name.split()[0].lower(), [users[p["id"]].role], users[p["id"]].team_id)
        for name, p in policy["principals"].items()
    } == {
        "alice": ("alice", ["analyst"], 4),
        "sam": ("sam", ["sales"], 2),
        "erin": ("erin", ["editor"], policy["principals"]["erin"]["team_id"]),
        "ada": ("ada", ["admin"], 1),
        "chloe": ("chloé", ["reader"], None),
    }


def test_the_policy_speaks_of_every_relation_and_of_no_other_column(rows: Demo) -> None:
    relations = tomllib.loads(demo.POLICY.read_text("utf-8"))["relations"]
    columns = {name: set(relation[0]._fields) for name, relation in zip(Demo._fields, rows, strict=True)}
    assert set(relations) == set(columns)
    assert {
        name: unknown
        for name, rules in relations.items()
        if (unknown := set(rules.get("columns", {})) - columns[name])
    } == {}


def test_prepared_questions_are_evaluated() -> None:
    suite = tomllib.loads((ROOT / "evals" / "demo.toml").read_text("utf-8"))
    assert set(demo.PREPARED) <= {case["question"] for case in suite["case"]}


def test_the_path_names_the_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = demo.demo_path()
    assert (path.parent, path.suffix, len(path.stem)) == (tmp_path / "nlq" / "demo", ".duckdb", 12)
    assert demo.demo_path() == path


def test_prices_are_money(rows: Demo) -> None:
    assert all(p.unit_cost < p.price and p.price % Decimal("0.20") == 0 for p in rows.products)
