"""The part of a large catalog that a question is about."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from nlq.catalog import Catalog, Column, ForeignKey, Relation, RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.schema_text import relation_text, schema_text, tokens
from nlq.compiler.select import MAX_COLUMNS, MAX_RELATIONS, score_relations, select_relations

ROOT = Path(__file__).parents[2]
CASES = tomllib.loads((ROOT / "evals" / "wide.toml").read_text("utf-8"))["case"]
BUDGET = 2000


@pytest.fixture(scope="module")
def wide() -> Catalog:
    """A thousand relations."""
    path = ROOT / "tests" / "fixtures" / "databases" / "wide.py"
    spec = importlib.util.spec_from_file_location("wide_fixture", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return catalog_from_ddl(module.script("duckdb"), "duckdb")


def costs(catalog: Catalog) -> dict[RelationName, int]:
    return {r.name: tokens(relation_text(r, catalog, {})) for r in catalog}


def select(catalog: Catalog, question: str, budget: int = BUDGET, matched: tuple[str, ...] = ()) -> Catalog:
    named = [RelationName("main", name) for name in matched]
    return select_relations(catalog, question, named, costs(catalog), budget)


def names(catalog: Catalog) -> list[str]:
    return [r.name.name for r in catalog]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["question"][:40])
def test_what_the_answer_reads_is_chosen(wide: Catalog, case: dict[str, str]) -> None:
    read = {t.name for t in sqlglot.parse_one(case["gold"], read="duckdb").find_all(exp.Table)}
    chosen = select(wide, case["question"])
    assert read <= set(names(chosen))
    assert len(chosen.relations) <= MAX_RELATIONS + 3
    assert tokens(schema_text(chosen, {})) <= BUDGET


@pytest.mark.parametrize("budget", [200, 500, 1000, 4000])
def test_the_budget_holds(wide: Catalog, budget: int) -> None:
    for case in CASES:
        chosen = select(wide, case["question"], budget)
        assert 0 < tokens(schema_text(chosen, {})) <= budget


def test_it_is_always_the_same(wide: Catalog) -> None:
    cost = costs(wide)
    first = [select_relations(wide, c["question"], (), cost, BUDGET) for c in CASES]
    shuffled = Catalog("duckdb", tuple(reversed(wide.relations)))
    again = [select_relations(shuffled, c["question"], (), cost, BUDGET) for c in CASES]
    assert [set(names(c)) for c in first] == [set(names(c)) for c in again]


@pytest.mark.parametrize("question", ["xyzzy?", "有多少", "how many are there", "42"])
def test_without_a_word_in_common_the_most_connected_is_shown(wide: Catalog, question: str) -> None:
    chosen = select(wide, question)
    assert "hr_employee" in names(chosen)
    assert len(chosen.relations) >= 10
    assert tokens(schema_text(chosen, {})) <= BUDGET


def test_a_small_catalog_is_shown_whole() -> None:
    catalog = chain(3)
    assert select(catalog, "anything") == catalog


def chain(length: int) -> Catalog:
    """t0 <- t1 <- t2 …, each with a key to the one before."""
    relations = []
    for n in range(length):
        before = RelationName("main", f"t{n - 1}")
        relations.append(
            Relation(
                RelationName("main", f"t{n}"),
                (Column("id", "INTEGER"), Column("up", "INTEGER")),
                primary_key=("id",),
                foreign_keys=(ForeignKey(("up",), before, ("id",)),) if n else (),
            )
        )
    return Catalog.of("duckdb", relations)


def test_bridges_along_foreign_keys_are_included() -> None:
    assert names(select(chain(40), "t10 for each t12", 150)) == ["t10", "t11", "t12"]


def test_a_relation_holding_a_mentioned_value_is_chosen() -> None:
    assert "t7" in names(select(chain(40), "xyzzy", 100, matched=("t7",)))
    assert "t7" not in names(select(chain(40), "xyzzy", 100))


def test_a_wide_relation_keeps_its_key_and_the_columns_asked_for() -> None:
    columns = [Column(f"filler_{n}", "TEXT") for n in range(300)]
    columns[150:150] = [
        Column("shoe_size", "INTEGER"),
        Column("parent_id", "INTEGER"),
        Column("id", "INTEGER"),
    ]
    name = RelationName("main", "person")
    person = Relation(
        name,
        tuple(columns),
        primary_key=("id",),
        unique=(("filler_290", "filler_291"),),
        foreign_keys=(ForeignKey(("parent_id",), name, ("id",)),),
    )
    (narrow,) = select(Catalog.of("duckdb", [person]), "average shoe size of people", 1000)
    kept = [c.name for c in narrow.columns]
    assert len(kept) == MAX_COLUMNS
    assert [c for c in kept if not c.startswith("filler")] == ["shoe_size", "parent_id", "id"]
    assert (narrow.primary_key, narrow.unique, narrow.foreign_keys) == (("id",), (), person.foreign_keys)


def test_long_comments_narrow_a_relation_too() -> None:
    columns = [Column(f"c{n}", "TEXT", comment="x " * 200) for n in range(50)]
    relation = Relation(RelationName("main", "r"), (Column("id", "INTEGER"), *columns), primary_key=("id",))
    (narrow,) = select(Catalog.of("duckdb", [relation]), "r with c49", 1000)
    assert {"id", "c49"} <= {c.name for c in narrow.columns}
    assert tokens(schema_text(Catalog.of("duckdb", [narrow]), {})) <= 1000


def test_a_name_counts_more_than_a_column_or_a_comment() -> None:
    def relation(name: str, column: str = "x", comment: str | None = None) -> Relation:
        return Relation(RelationName("main", name), (Column(column, "TEXT"),), comment=comment)

    catalog = Catalog.of(
        "duckdb",
        [relation("orders"), relation("a", "order"), relation("b", comment="order"), relation("c")],
    )
    scores = score_relations(catalog, "how many orders?", ())
    ranked = sorted(scores, key=lambda n: -scores[n])
    assert [n.name for n in ranked] == ["orders", "b", "a", "c"]
    assert scores[RelationName("main", "c")] == 0
