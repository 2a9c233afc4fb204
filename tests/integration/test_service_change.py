"""What was compiled, after something has changed: the schema, the plan's file, the policy, the database."""

# ruff: noqa: E501  # one change beside its draft on one line is compared more easily

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from nlq.errors import NlqError, PolicyError
from nlq.events import Event, PlanFound, PlanRejected
from nlq.plan import Plan
from nlq.policy import Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.store import PlanStore
from nlq.wire import open_service

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, email TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, total NUMERIC(10, 2) NOT NULL, note TEXT);
INSERT INTO customers VALUES (1, 'Ana', 'Lisbon', 'a@x'), (2, 'Bo', 'Aarhus', 'b@x');
INSERT INTO orders VALUES (1, 1, 10, 'x'), (2, 2, 20, NULL), (3, 2, 30, 'y');
"""

REPLIES = {
    "names of customers": "SELECT name FROM customers ORDER BY id",
    "orders over 15": "SELECT id FROM orders WHERE total > 15 ORDER BY id",
    "notes": "SELECT note FROM orders WHERE note IS NOT NULL ORDER BY id",
    "everything of customers": "SELECT * FROM customers ORDER BY id",
}

POLICY = """
[relations.customers]
read = true

[relations.orders]
read = { sql = "customer_id = :me.id" }
"""

BO = Principal(id=2)


@dataclass
class Shop:
    """A database, its plans and its policy, with services over them."""

    url: str
    directory: Path
    model: Any
    opened: list[Service]

    def open(self, **given: Any) -> Service:
        settings: dict[str, Any] = {
            "db": self.url,
            "cache_dir": str(self.directory / "cache"),
            "sample": "never",
        }
        service = open_service(Settings(**{**settings, "threads": 1, **given}), model=self.model)
        self.opened.append(service)
        return service

    def run(self, sql: str) -> None:
        """Change the database under whoever has it open."""
        if self.url.startswith("postgres"):
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(sql.encode())
            return
        copy = self.directory / "copy.duckdb"
        shutil.copy(self.path, copy)
        with duckdb.connect(copy) as file:
            file.execute(sql)
        copy.replace(self.path)

    @property
    def path(self) -> Path:
        return Path(self.url.removeprefix("duckdb:///"))

    @property
    def plans(self) -> list[Path]:
        return sorted((self.directory / "cache" / "plans").glob("*.json"))

    def policy(self, text: str) -> str:
        path = self.directory / "policy.toml"
        path.write_text(text, "utf-8")
        return str(path)


@pytest.fixture(params=["duckdb", "postgres"])
def shop(request: pytest.FixtureRequest, make_database: Any, model: Any, tmp_path: Path) -> Iterator[Shop]:
    model.replies = REPLIES
    shop = Shop(make_database(request.param, SHOP), tmp_path, model, [])
    yield shop
    for service in shop.opened:
        service.close()


def rejected(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.code, e.message) for e in events if isinstance(e, PlanRejected)]


# the schema


UNRELATED = [
    pytest.param("ALTER TABLE customers ADD COLUMN age INTEGER", id="a column of a relation that is read"),
    pytest.param("CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT)", id="a relation"),
    pytest.param("ALTER TABLE customers DROP COLUMN email", id="a column that is not read, dropped"),
    pytest.param("ALTER TABLE customers ALTER COLUMN city TYPE VARCHAR(9)", id="another type for one not read"),
    pytest.param("DROP TABLE orders", id="a relation that is not read, dropped"),
    pytest.param("COMMENT ON COLUMN customers.name IS 'full name'", id="a comment"),
]  # fmt: skip


@pytest.mark.parametrize("change", UNRELATED)
@pytest.mark.parametrize("serving", [True, False], ids=["while serving", "between two starts"])
def test_an_unrelated_change_invalidates_nothing(shop: Shop, change: str, serving: bool) -> None:
    service = shop.open()
    first = service.ask("names of customers")
    shop.run(change)
    events: list[Event] = []
    if serving:
        service.require_ready()
    else:
        service.close()
        service = shop.open()
    again = service.ask("names of customers", observe=events.append)
    assert (again.rows, again.plan.id, again.cached) == (first.rows, first.plan.id, True)
    assert rejected(events) == []
    assert len(shop.model.calls) == 1


RELATED = [
    pytest.param("ALTER TABLE customers RENAME COLUMN name TO called", "SELECT called FROM customers ORDER BY id", id="renamed"),
    pytest.param("ALTER TABLE customers ALTER COLUMN name TYPE {other}", REPLIES["names of customers"], id="another type"),
    pytest.param("ALTER TABLE customers RENAME TO people", "SELECT name FROM people ORDER BY id", id="relation renamed"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "draft"), RELATED)
@pytest.mark.parametrize("serving", [True, False], ids=["while serving", "between two starts"])
def test_a_change_of_what_is_read_is_compiled_again(
    shop: Shop, change: str, draft: str, serving: bool
) -> None:
    service = shop.open()
    names = service.ask("names of customers")
    notes = service.ask("notes")
    duck = shop.url.startswith("duckdb")
    shop.run(change.format(other="BLOB" if duck else "VARCHAR(40)"))
    shop.model.replies = {**REPLIES, "names of customers": draft}
    if serving:
        service.require_ready()
    else:
        service.close()
        service = shop.open()
    events: list[Event] = []
    again = service.ask("names of customers", observe=events.append)
    assert [str(row[0]).strip("b'") for row in again.rows] == ["Ana", "Bo"]
    assert (again.cached, again.plan.id != names.plan.id) == (False, True)
    ((code, message), *_) = rejected(events)
    assert code == "store.stale"
    assert message.startswith("the plan of `names of customers` is out of date: ")
    # The other plan reads something else, and stays.
    other = service.ask("notes")
    assert (other.cached, other.plan.id) == (True, notes.plan.id)
    assert len(shop.model.calls) == 3


def test_a_column_that_goes_while_serving_is_noticed_by_the_answer(shop: Shop) -> None:
    service = shop.open()
    service.ask("names of customers")
    shop.run("ALTER TABLE customers RENAME COLUMN name TO called")
    shop.model.replies = {"names of customers": "SELECT called FROM customers ORDER BY id"}
    events: list[Event] = []
    answer = service.ask("names of customers", observe=events.append)
    assert (answer.rows, answer.cached) == ((("Ana",), ("Bo",)), False)
    # Found, run in vain, looked at again, compiled.
    assert [type(e) for e in events if isinstance(e, PlanFound | PlanRejected)][:2] == [
        PlanFound,
        PlanRejected,
    ]
    assert len(shop.model.calls) == 2


def test_a_new_column_is_not_in_what_was_compiled_as_all(shop: Shop) -> None:
    service = shop.open()
    before = service.ask("everything of customers")
    shop.run("ALTER TABLE customers ADD COLUMN card TEXT")
    service.require_ready()
    after = service.ask("everything of customers")
    assert [c.name for c in after.columns] == ["id", "name", "city", "email"]
    assert (after.rows, after.cached) == (before.rows, True)


def test_another_database_in_its_place_is_read(shop: Shop, make_database: Any) -> None:
    service = shop.open()
    assert service.ask("names of customers").rows == (("Ana",), ("Bo",))
    shop.run("UPDATE customers SET name = 'Cy' WHERE id = 1")
    assert service.ask("names of customers").rows == (("Cy",), ("Bo",))
    assert len(shop.model.calls) == 1


# How a server goes and comes back is for the tests of its engine.
@pytest.mark.parametrize("shop", ["duckdb"], indirect=True)
def test_a_database_that_is_gone_comes_back(shop: Shop) -> None:
    service = shop.open()
    service.ask("names of customers")
    away = shop.path.with_suffix(".away")
    shop.path.replace(away)
    for question in ("names of customers", "notes"):
        with pytest.raises(NlqError) as caught:
            service.ask(question)
        assert caught.value.code == "engine.unreachable"
    away.replace(shop.path)
    assert service.ask("names of customers").rows == (("Ana",), ("Bo",))
    assert service.ask("notes").rows == (("x",), ("y",))


# the plan's file


def edit(path: Path, **changes: Any) -> None:
    raw = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**raw, **changes}, indent=2), "utf-8")


TAMPERED: list[Any] = [
    pytest.param(lambda p: p.write_bytes(p.read_bytes()[:200]), "store.invalid", id="truncated"),
    pytest.param(lambda p: p.write_bytes(b""), "store.invalid", id="empty"),
    pytest.param(lambda p: p.write_bytes(b"\xff\xfe\x00"), "store.invalid", id="not text"),
    pytest.param(lambda p: p.write_text("[]"), "store.invalid", id="another JSON"),
    pytest.param(lambda p: edit(p, sql=['SELECT "email" FROM "main"."customers"']), "store.invalid", id="its SQL"),
    pytest.param(lambda p: edit(p, id="0" * 16), "store.invalid", id="its id"),
    pytest.param(lambda p: edit(p, depends={}), "store.invalid", id="what it reads"),
    pytest.param(lambda p: edit(p, scope="roles:admin"), "store.invalid", id="its scope"),
    pytest.param(lambda p: edit(p, extra=1), "store.invalid", id="something added"),
]  # fmt: skip


@pytest.mark.parametrize(("tamper", "code"), TAMPERED)
def test_a_file_that_was_tampered_with_is_compiled_again(
    shop: Shop, tamper: Callable[[Path], None], code: str
) -> None:
    service = shop.open()
    first = service.ask("names of customers")
    (path,) = shop.plans
    good = json.loads(path.read_text("utf-8"))
    tamper(path)
    events: list[Event] = []
    again = service.ask("names of customers", observe=events.append)
    assert (again.rows, again.cached, again.plan.id) == (first.rows, False, first.plan.id)
    assert {c for c, _ in rejected(events)} == {code}
    assert len(shop.model.calls) == 2
    # The file is whole again, and trusted again.
    assert json.loads(path.read_text("utf-8"))["sql"] == good["sql"]
    assert service.ask("names of customers").cached


def forge(path: Path, sql: str) -> Path:
    """A file that is whole and well named, but whose SQL no check has made."""
    plan = Plan.from_json(json.loads(path.read_text("utf-8")))
    path.unlink()
    return PlanStore(path.parent.parent).put(replace(plan, sql=sql))


FORGED = [
    "SELECT 1 AS \"name\"",
    "DROP TABLE customers",
    "SELECT email AS name FROM customers",
    "SELECT \"customers\".\"email\" AS \"name\" FROM {schema}.\"customers\" AS \"customers\"",
    "SELECT \"orders\".\"note\" AS \"name\" FROM {schema}.\"orders\" AS \"orders\"",
    "SELECT version() AS \"name\"",
]  # fmt: skip


@pytest.mark.parametrize("sql", FORGED)
def test_a_forged_file_is_never_run(shop: Shop, sql: str) -> None:
    service = shop.open()
    first = service.ask("names of customers")
    schema = '"main"' if shop.url.startswith("duckdb") else '"public"'
    forged = forge(shop.plans[0], sql.format(schema=schema))
    events: list[Event] = []
    again = service.ask("names of customers", observe=events.append)
    assert (again.rows, again.cached) == (first.rows, False)
    assert rejected(events)[0][0] in ("store.invalid", "store.stale")
    forged.unlink()


# the policy


def test_an_edited_policy_holds_after_a_refresh(shop: Shop) -> None:
    policy = shop.policy(POLICY)
    service = shop.open(policy=policy)
    assert service.ask("names of customers", principal=BO).rows == (("Ana",), ("Bo",))
    assert service.ask("orders over 15", principal=BO).rows == ((2,), (3,))
    assert service.ask("notes", principal=BO).rows == (("y",),)

    shop.policy(
        POLICY.replace("customer_id = :me.id", "customer_id = :me.id AND total > 25")
        + '[relations.orders.columns]\nnote = "hidden"\n'
    )
    service.refresh()
    events: list[Event] = []
    assert service.ask("orders over 15", principal=BO, observe=events.append).rows == ((3,),)
    assert rejected(events) == []  # the same plan, under another rule
    with pytest.raises(NlqError) as caught:
        service.ask("notes", principal=BO, observe=events.append)
    assert caught.value.code == "compile.failed"
    assert rejected(events)[0][0] == "store.stale"


def test_an_edited_policy_is_noticed_before_a_compilation(shop: Shop) -> None:
    service = shop.open(policy=shop.policy(POLICY))
    service.ask("names of customers", principal=BO)
    shop.policy(POLICY + '[relations.orders.columns]\nnote = "hidden"\n')
    with pytest.raises(NlqError):
        service.ask("notes", principal=BO)
    assert all("note" not in m.content.split("Schema:")[-1] for m in shop.model.calls[-1].messages[:1])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[relations.nothing]\nread = true", "policy.invalid"),
        ("[relations.orders", "policy.invalid"),
        ('[relations.orders]\nread = { sql = "no_such_column = 1" }', "policy.invalid"),
    ],
    ids=["no such relation", "not TOML", "no such column"],
)
def test_a_policy_that_cannot_be_applied_changes_nothing(shop: Shop, text: str, code: str) -> None:
    service = shop.open(policy=shop.policy(POLICY))
    service.ask("orders over 15", principal=BO)
    shop.policy(text)
    with pytest.raises(PolicyError) as caught:
        service.refresh()
    assert caught.value.code == code
    assert service.ask("orders over 15", principal=BO).rows == ((2,), (3,))
    # Nothing is compiled under rules that are not those of the file.
    with pytest.raises(PolicyError):
        service.ask("names of customers", principal=BO)
    assert len(shop.model.calls) == 1
