"""The law: the guarded query over everything equals the plain query over what the principal may see.

The reference database holds the rows, columns and masked values that Python made; the plain query is the
caller's own text. Engines are real. `make law` asks for hours; how it is told is in `profile.py`.
"""

from __future__ import annotations

import pytest
from hypothesis import note

from nlq.catalog import Catalog, Column, Dialect, Relation, RelationName
from nlq.errors import NlqError
from nlq.guard import Statement, guard
from nlq.guard.lists import bind_claims
from nlq.guard.mask import HASH_KEY as HASH_KEY_ARGUMENT
from nlq.plan import Plan, check
from nlq.policy import Policy, Principal, visible
from tests.property import policies
from tests.property.databases import Databases, Run, open_databases
from tests.property.profile import Tally, try_law
from tests.property.queries import Query
from tests.property.strategies import cases
from tests.property.worlds import KINDS, Table, World, default_schema

LIMIT = 100_000_000
"""More rows than any query of the law gives: what the guard adds may not cut one side alone."""
ENGINE_BUGS = ("INTERNAL", "unordered_map::at")
"""How DuckDB says that it has failed itself, which it may do for one of two queries that mean the same."""
COMMON = {"left join", "group", "cte", "derived", "window", "distinct", "star", "masked"}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_the_law(dialect: Dialect, postgres_url: str) -> None:
    with open_databases(dialect, postgres_url) as databases:

        def law(case: tuple[World, list[Query]], tally: Tally) -> None:
            world, queries = case
            note(repr(world))
            with databases.holding(world):
                guarded = Guarded(world)
                for query in queries:
                    tally.add(require_equal(guarded, query, databases), query.used | guarded.constructs)

        tally = try_law(f"the law on {dialect}", dialect, lambda most: cases(dialect, most), law)
    # A law that is only tried on empty results, or on refusals, says nothing.
    assert tally.share_of_rows > 0.4
    assert not COMMON - set(tally.constructs)


class Guarded:
    """A world as the guard sees it."""

    def __init__(self, world: World, policy: Policy | None = None, db_role: str = "") -> None:
        rules: policies.Rules = world.policy
        self.world = world
        self.db_role = db_role
        self.policy = policy or rules.policy()
        self.principal: Principal = rules.principal()
        self.catalog = Catalog.of(world.dialect, [_relation(world, t) for t in world.tables])
        self.visible = visible(self.policy, self.principal, self.catalog)
        masks = [
            c.mask
            for _, r in rules.tables
            for c in r.columns.values()
            if c.mask and not c.exempt & rules.effective
        ]
        self.constants = [m.value for m in masks if m.kind == "constant"]
        self.constructs = {m.kind for m in masks} | ({"masked"} if masks else set())

    def statement(self, sql: str) -> Statement:
        """What an engine would be given for the query of the world's principal."""
        checked = check(sql, self.visible)
        plan = Plan(
            "query", sql, self.world.dialect, self.policy.scope(self.principal), checked.sql,
            checked.parameters, (), checked.depends, checked.explanation,
        )  # fmt: skip
        assert plan.explanation
        return guard(plan, self.policy, self.principal, self.catalog, self.visible, db_role=self.db_role)

    def values(self, statement: Statement) -> list[object]:
        bound = {
            **bind_claims(statement.arguments, self.principal),
            HASH_KEY_ARGUMENT: policies.HASH_KEY,
            "__limit": LIMIT,
        }
        return [bound[name] for name in statement.arguments]


def require_equal(guarded: Guarded, query: Query, databases: Databases, ask: Run | None = None) -> str:
    """Compare both sides, and say what kind of example it was. `ask` asks the full database."""
    wanted, reason = databases.ask(databases.part, query.sql, [])
    try:
        statement = guarded.statement(query.sql)
    except NlqError as error:
        # An engine may not look at a WITH query that is not used: what it would refuse passes there.
        if wanted is not None and not query.oversteps and not query.refusable:
            raise AssertionError(f"{query.sql}\n-- refused: {error}") from error
        return "refused"
    rows, failure = databases.ask(ask or databases.full, statement.sql, guarded.values(statement))
    if any(text.startswith(ENGINE_BUGS) for text in (reason, failure)):
        return "engine failed"
    if wanted is None and "ambiguous" in reason.lower():
        # The binder may know which one is meant: it qualifies what `*` stands for, and names columns apart.
        return "ambiguous"
    if rows is None and wanted is not None and any(f'"{value}"' in failure for value in guarded.constants):
        # What every row would have, Postgres computes with before it looks whether there are rows.
        return "failed early"
    difference = (
        f"{query.sql}\n-- guarded:\n{statement.sql}\n-- wanted: {wanted or reason}\n"
        f"-- got: {failure if rows is None else rows}"
    )
    assert rows == wanted, difference
    return "failed" if rows is None else "rows" if rows else "empty"


def _relation(world: World, table: Table) -> Relation:
    columns = tuple(Column(c.name, KINDS[c.kind]) for c in table.columns)
    name = RelationName(default_schema(world.dialect, table), table.name)
    if table.view is not None:
        return Relation(name, columns, kind="view")
    return Relation(name, columns, primary_key=("id",))
