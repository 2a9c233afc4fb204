"""The demo in real databases: both engines hold exactly the generated rows; a file is whole or absent."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg
import pytest

from nlq import demo
from nlq.demo.generate import Demo, generate
from nlq.engine import open_engine
from nlq.errors import EngineError, PlanError
from nlq.evaluate import Score, is_ordered, load_suite, run_gold_on, score_answer
from nlq.events import DemoFilled, Event
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def rows() -> Iterator[Demo]:
    """The rows of the demo; making them once is enough for all tests."""
    made = generate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nlq.demo.load.generate", lambda: made)
        yield made


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "it's a new directory" / "demo.duckdb"
    demo.create_demo(path)
    return path


@pytest.fixture(scope="module")
def conninfo(postgres_url: str) -> Iterator[str]:
    name = f"demo_{os.getpid()}"  # each worker of pytest-xdist has its own
    with psycopg.connect(postgres_url.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        demo.create_demo_postgres(postgres_url.format(name))
        yield postgres_url.format(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_duckdb_holds_the_rows(file: Path, rows: Demo) -> None:
    with duckdb.connect(file, read_only=True) as connection:
        different = [
            name
            for name in Demo._fields
            if connection.execute(f"FROM {name} ORDER BY 1, 2").fetchall() != sorted(getattr(rows, name))
        ]
    assert different == []


def test_a_copy_may_be_changed_and_had_as_it_was(file: Path) -> None:
    count = "SELECT count(*) FROM likes"
    with duckdb.connect(file, read_only=True) as connection:
        [(likes,)] = connection.execute(count).fetchall()
    copy = demo.copy_demo(file)
    with duckdb.connect(copy) as connection:
        connection.execute("DELETE FROM likes")
    assert demo.copy_demo(file) == copy
    found = []
    for anew in (False, True):
        with duckdb.connect(demo.copy_demo(file, anew=anew), read_only=True) as connection:
            found += connection.execute(count).fetchall()
    assert found == [(0,), (likes,)]


def test_postgres_holds_the_rows(conninfo: str, rows: Demo) -> None:
    with psycopg.connect(conninfo) as connection:
        different = [
            name
            for name in Demo._fields
            if connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            != sorted(getattr(rows, name))
        ]
    assert different == []


def test_every_relation_and_column_is_described(file: Path, conninfo: str) -> None:
    with duckdb.connect(file, read_only=True) as duck:
        on_duckdb = duck.execute(
            """
            SELECT table_name, '', comment FROM duckdb_tables()
            UNION ALL SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal
            """
        ).fetchall()
    with psycopg.connect(conninfo) as postgres:
        on_postgres = postgres.execute(
            """
            SELECT relname, '', obj_description(oid) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            UNION ALL
            SELECT c.relname, a.attname, col_description(c.oid, a.attnum)
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            """
        ).fetchall()
    assert sorted(on_duckdb) == sorted(on_postgres)
    assert [row for row in on_duckdb if not row[2]] == []


@pytest.fixture
def few(rows: Demo, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """The demo with some rows only of what nothing refers to, which are most: it is written in no time."""
    some = {name: getattr(rows, name)[:100] for name in ("comments", "likes", "order_lines", "invoices")}
    made = rows._replace(**some)
    monkeypatch.setattr("nlq.demo.load.generate", lambda: made)
    return made


def test_a_damaged_file_is_replaced_whole(tmp_path: Path, few: Demo) -> None:
    path = tmp_path / "demo.duckdb"
    path.write_text("not a database")
    seen: list[Event] = []
    demo.create_demo(path, seen.append)
    assert seen == [DemoFilled(name, len(r)) for name, r in zip(Demo._fields, few, strict=True)]
    assert [p.name for p in tmp_path.iterdir()] == ["demo.duckdb"]
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM likes").fetchone() == (100,)


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.create_demo(tmp_path / "demo.duckdb", stop)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path, few: Demo) -> None:
    path = tmp_path / "demo.duckdb"
    both = [threading.Thread(target=demo.create_demo, args=(path,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM invoices").fetchone() == (len(few.invoices),)
    assert [p.name for p in tmp_path.iterdir()] == ["demo.duckdb"]


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "demo.duckdb"
    with pytest.raises(EngineError) as raised:
        demo.create_demo(path)
    assert raised.value.to_json() == {
        "code": "engine.failed",
        "message": f"the demo database cannot be written to `{path}`",
        "hint": "free some space or set XDG_CACHE_HOME to another directory (FileExistsError)",
        "span": None,
    }


def test_a_postgres_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as raised:
        demo.create_demo_postgres(f"host={tmp_path} dbname=demo")
    assert raised.value.code == "engine.unreachable"


def test_every_gold_gives_the_same_on_both_engines(file: Path, conninfo: str) -> None:
    suite = load_suite(ROOT / "evals" / "demo.toml")
    with closing(open_engine(f"duckdb:///{file}", Settings())) as duck:
        run_on_duckdb = run_gold_on(duck)
        with closing(open_engine(conninfo, Settings())) as postgres:
            run_on_postgres = run_gold_on(postgres)
            scores = {
                case.number: score_answer(
                    run_on_duckdb(case.gold_sql("duckdb")[0]),
                    run_on_postgres(case.gold_sql("postgres")[0]),
                    ordered=is_ordered(case.gold_sql("duckdb")[0], "duckdb"),
                )
                for case in suite.cases
            }
    assert scores == dict.fromkeys(range(1, 31), Score(True, "equal"))


@pytest.fixture(scope="module")
def service(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = Settings(
        db=f"duckdb:///{file}",
        policy=str(demo.POLICY),
        cache_dir=str(tmp_path_factory.mktemp("cache")),
        row_limit=200_000,
    )
    with closing(open_service(settings)) as service:
        yield service


def _permitted(rows: Demo, name: str) -> dict[str, set[tuple[int, ...]] | None]:
    """Keys of the rows that the policy lets a principal read, said again in Python; or None."""
    every: dict[str, set[tuple[int, ...]] | None] = {
        relation: {tuple(row[: len(KEYS.get(relation, ("id",)))]) for row in listed}
        for relation, listed in zip(Demo._fields, rows, strict=True)
    }
    if name in ("alice", "ada"):
        return every
    me = {"sam": 2, "erin": 3, "chloe": 23}[name]
    mine = {u.id for u in rows.users if u.team_id == 7} if name == "erin" else {me}
    public = {p.id for p in rows.posts if p.status == "published"}
    shop: dict[str, set[tuple[int, ...]] | None] = dict.fromkeys(SHOP)
    if name == "sam":
        customers = {c.id for c in rows.customers if c.account_manager_id == me}
        orders = {o.id for o in rows.orders if o.customer_id in customers}
        shop = {
            "customers": {(c,) for c in customers},
            "orders": {(o,) for o in orders},
            "order_lines": {(line.id,) for line in rows.order_lines if line.order_id in orders},
            "invoices": {(i.id,) for i in rows.invoices if i.order_id in orders},
        }
    return {
        **every,
        "posts": {(p.id,) for p in rows.posts if p.id in public or p.author_id in {*mine, me}},
        "comments": {(c.id,) for c in rows.comments if c.post_id in public or c.user_id == me},
        "likes": {(x.user_id, x.post_id) for x in rows.likes if x.post_id in public or x.user_id == me},
        **shop,
    }


KEYS = {"likes": ("user_id", "post_id")}
SHOP = ("customers", "orders", "order_lines", "invoices")


@pytest.mark.parametrize("name", ["alice", "sam", "erin", "ada", "chloe"])
def test_each_principal_reads_what_the_policy_says(service: Service, rows: Demo, name: str) -> None:
    principal = service.policy.principals[name]
    seen: dict[str, set[tuple[int, ...]] | None] = {}
    for relation in Demo._fields:
        try:
            answer = service.sql(
                f"SELECT {', '.join(KEYS.get(relation, ['id']))} FROM {relation}", principal=principal
            )
            seen[relation] = set(answer.rows)
        except PlanError as error:
            assert error.code == "plan.unknown_relation"
            seen[relation] = None
    expected = _permitted(rows, name)
    assert [relation for relation in Demo._fields if seen[relation] != expected[relation]] == []


@pytest.mark.parametrize(
    "column",
    ["users.email", "users.last_login_at", "customers.email", "customers.phone", "products.unit_cost"],
)
def test_nobody_reads_what_is_private(service: Service, column: str) -> None:
    relation, _, name = column.partition(".")
    with pytest.raises(PlanError) as raised:
        service.sql(f"SELECT {name} FROM {relation}", principal=service.policy.principals["ada"])
    assert raised.value.code == "plan.unknown_column"
