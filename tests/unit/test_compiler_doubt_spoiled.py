"""Right changes, spoiled in the ways that models spoil them: each asks to be confirmed, or is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases.build import script
from sqlglot import exp, parse_one

from nlq.catalog import Catalog, Relation, family
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.doubt.find import find_doubts
from nlq.compiler.intake import intake_instruction
from nlq.compiler.untrusted import Untrusted, examine
from nlq.demo import demo_schema
from nlq.errors import NlqError
from nlq.evaluate.mutations import MutationCase, read_cases
from nlq.plan.bind_steps import bind_steps
from nlq.plan.dml import read_steps

SUITES = Path(__file__).parents[2] / "evals" / "mutations"
SCHEMAS = {
    "demo": demo_schema().split("INSERT INTO")[0],
    "music": script("music", "duckdb").split("INSERT INTO")[0],
}

ASK_ALTHOUGH_RIGHT = {
    "demo": {"Delete my comments"},  # its gold names the caller by a number
    "music": {
        "Move customer 12 to Lisbon in Portugal",
        "Take all tracks shorter than 150000 milliseconds off the playlist Morning",
        "The billing city of invoices billed to Austria is Vienna from now on",
        "Change the email of Pia Grieg to pia@post.example",
        "Forget the company of the customers in Brazil",
    },
}


@pytest.fixture(scope="module", params=SCHEMAS)
def suite(request: pytest.FixtureRequest) -> tuple[str, Catalog, list[MutationCase]]:
    """Cases whose gold is an update or delete, which a draft may be as it is."""
    catalog = catalog_from_ddl(SCHEMAS[request.param], "duckdb")
    cases = read_cases(SUITES / f"{request.param}.toml")
    return (
        request.param,
        catalog,
        [c for c in cases if c.gold.startswith(("UPDATE", "DELETE")) and not c.params],
    )


def ask(case: MutationCase, draft: str, catalog: Catalog) -> tuple[str, tuple[str, ...]]:
    """The checked SQL of a draft, and its doubts."""
    request = intake_instruction(case.instruction, case.params)
    untrusted = Untrusted(draft, request.names, request.question, request.slots, fill={})
    sql = examine(untrusted, catalog).checked.sql
    steps, _ = bind_steps(read_steps(sql, "duckdb"), catalog)
    lifted = {s.name: str(s.value) for s in request.slots}
    return sql, find_doubts(request.question, request.names, steps, catalog, lifted)


def test_what_is_right_seldom_asks(suite: tuple[str, Catalog, list[MutationCase]]) -> None:
    name, catalog, cases = suite
    assert {c.instruction for c in cases if ask(c, c.gold, catalog)[1]} == ASK_ALTHOUGH_RIGHT[name]


def test_what_is_spoiled_asks(suite: tuple[str, Catalog, list[MutationCase]]) -> None:
    _, catalog, cases = suite
    silent, tried = [], 0
    for case in cases:
        seen = {ask(case, case.gold, catalog)[0]}
        for draft in spoil(case.gold, catalog):
            try:
                sql, doubts = ask(case, draft, catalog)
            except NlqError:
                continue  # refused
            if sql not in seen:
                seen.add(sql)
                tried += 1
                silent += [] if doubts else [(case.instruction, sql)]
    assert (silent, tried > 80) == ([], True)


def spoil(sql: str, catalog: Catalog) -> Iterator[str]:
    """The statement with one thing wrong, in each way."""
    root = parse_one(sql, dialect="duckdb")
    relation = next(r for r in catalog if r.name.name == root.find(exp.Table).name)
    for spoiled in (
        *_lose(root),
        *_take_another(root, relation),
        *_turn(root),
        *_do_another(root, relation),
    ):
        yield spoiled.sql("duckdb")


def _each(root: exp.Expr, *kinds: type[exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """A copy of the tree for each such node, and the node in it."""
    for at in range(len(list(root.find_all(*kinds)))):
        copy = root.copy()
        yield copy, list(copy.find_all(*kinds))[at]


def _lose(root: exp.Expr) -> Iterator[exp.Expr]:
    """A condition, or one of two assignments."""
    for side in ("left", "right"):
        for copy, node in _each(root, exp.And):
            node.replace(getattr(node, side))
            yield copy
    for at in range(len(root.expressions) if isinstance(root, exp.Update) else 0):
        if len(root.expressions) > 1:
            copy = root.copy()
            copy.set("expressions", [e for i, e in enumerate(copy.expressions) if i != at])
            yield copy


def _take_another(root: exp.Expr, relation: Relation) -> Iterator[exp.Expr]:
    """Another column of the same family, or another value."""
    kinds = {c.name: family(c.type, "duckdb") for c in relation.columns}
    for name, kind in kinds.items():
        for copy, node in _each(root, exp.Column):
            if (
                kinds.get(node.name) == kind
                and node.name != name
                and not isinstance(node.parent, exp.Select)
            ):
                node.set("this", exp.to_identifier(name))
                yield copy
    for copy, node in _each(root, exp.Literal):
        node.replace(exp.Literal.string("Xyz") if node.is_string else exp.Literal.number(1))
        yield copy


def _turn(root: exp.Expr) -> Iterator[exp.Expr]:
    """Two values in each other's place, a comparison the other way, another sum or none."""
    several = range(len(list(root.find_all(exp.Literal))))
    for one, other in ((i, j) for i in several for j in range(i)):
        copy = root.copy()
        values = list(copy.find_all(exp.Literal))
        if values[one].is_string == values[other].is_string:
            first, second = values[one].copy(), values[other].copy()
            values[one].replace(second)
            values[other].replace(first)
            yield copy
    turned = {exp.GT: exp.LT, exp.LT: exp.GT, exp.Add: exp.Sub, exp.Sub: exp.Add, exp.Mul: exp.Add}
    for copy, node in _each(root, *turned):
        node.replace(turned[type(node)](this=node.left.copy(), expression=node.right.copy()))
        yield copy
    for copy, node in _each(root, exp.Add, exp.Sub, exp.Mul):
        node.replace(node.right.copy())
        yield copy


def _do_another(root: exp.Expr, relation: Relation) -> Iterator[exp.Expr]:
    """An update as a delete, a delete as an update."""
    where = root.args["where"].copy()
    if isinstance(root, exp.Update):
        yield exp.Delete(this=root.this.copy(), where=where)
        return
    for column in relation.columns:
        if column.nullable:
            nothing = exp.EQ(this=exp.column(column.name), expression=exp.Null())
            yield exp.Update(this=root.this.copy(), expressions=[nothing], where=where.copy())
