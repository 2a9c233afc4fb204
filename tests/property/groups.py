"""Worlds with columns that are given in groups alone, and queries that try to learn of single values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from nlq.catalog import Dialect
from nlq.policy import ColumnRule, Policy, RelationRules
from tests.property.policies import Rules, RulesMaker
from tests.property.queries import Query, QueryMaker, Src
from tests.property.strategies import QUERY, WORLD, choices
from tests.property.worlds import Col, Pick, Table, World, make_tables, quoted


@dataclass(frozen=True)
class Grouped:
    """A column of a table that may be read only in aggregates over at least `group` rows."""

    table: Table
    column: Col
    group: int


@dataclass
class GroupWorld:
    """No rule and no view looks at a column of `grouped`: their values decide nothing else."""

    world: World
    grouped: list[Grouped]

    def policy(self) -> Policy:
        rules: Rules = self.world.policy
        policy = rules.policy()
        relations = dict(policy.relations)
        for name, (table, _) in zip(policy.relations, rules.tables, strict=True):
            columns = dict(relations[name].columns)
            for grouped in self.grouped:
                if grouped.table is table:
                    columns[grouped.column.name] = ColumnRule("aggregate", group=grouped.group)
            relations[name] = RelationRules(relations[name].read, columns=columns)
        return Policy(relations, policy.includes, claims=policy.claims)


def group_cases(dialect: Dialect, most: int = 1) -> st.SearchStrategy[tuple[GroupWorld, list[Query]]]:
    def make(drawn: tuple[bytes, list[bytes]]) -> tuple[GroupWorld, list[Query]]:
        world = make_group_world(dialect, Pick(drawn[0]))
        return world, [GroupQueryMaker(world, Pick(b)).query() for b in drawn[1]]

    return st.tuples(choices(WORLD), st.lists(choices(QUERY), min_size=most, max_size=most)).map(make)


def make_group_world(dialect: Dialect, pick: Pick) -> GroupWorld:
    tables = [t for t in make_tables(dialect, pick) if t.view is None]
    for table in tables:
        pay = Col("pay", "int", (1, 2, 3, 5, 10))
        table.columns.append(pay)
        for row in table.rows:
            row["pay"] = None if pick.chance(8) else pick.constant(pay)
        for key in range(len(table.rows), len(table.rows) + 4 if table.rows else 0):
            table.rows.append({**pick.one(table.rows), "id": key + 1, "pay": pick.constant(pay)})
    groups = [Grouped(t, t.columns[-1], pick.one((2, 2, 3))) for t in tables]
    maker = RulesMaker(dialect, pick, tables, whole=60)
    # Whoever keeps the policy may use such a column in a rule, which then tells of it: not here.
    for table in tables:
        table.columns.pop()
    rules = maker.make()
    for table in tables:
        table.columns.append(Col("pay", "int", (1, 2, 3, 5, 10)))
    return GroupWorld(World(dialect, tables, rules, rules.seen()), groups)


class GroupQueryMaker(QueryMaker):
    """Aggregates are mostly over such a column; it stands elsewhere now and then."""

    def __init__(self, made: GroupWorld, pick: Pick) -> None:
        super().__init__(made.world, pick)
        self.secrets: dict[str, Col] = {}

    def query(self) -> Query:
        sql = self.select(1, (), ())[0] if self.pick.chance(60) else self.query_of(())
        return Query(sql, frozenset(self.used), refusable=True)

    def shape(self) -> str:
        return "group" if self.pick.chance(70) else super().shape()

    def sources(
        self, depth: int, ctes: tuple[Src, ...], outer: tuple[Src, ...]
    ) -> tuple[str, tuple[Src, ...]]:
        """Mostly one relation, or one and another by its key, over which such a column may be added up."""
        chance = self.pick.below(100)
        if chance < 50:
            text, source = self.source(min(depth, 1), ctes)
            return text, (source,)
        if chance < 70:
            text, source = self.table(ctes)
            joined, other = self.table(ctes)
            left = self.key_of(source)
            if left is not None and any(c.name == "id" for c in other.columns):
                self.used.add("joined by key")
                side = self.pick.one(("JOIN", "LEFT JOIN"))
                return f'{text} {side} {joined} ON {left} = {other.alias}."id"', (source, other)
            return text, (source,)
        return super().sources(depth, ctes, outer)

    def grouped(
        self, kinds: Sequence[str], text: str, sources: tuple[Src, ...], where: str
    ) -> tuple[str, tuple[Col, ...]]:
        """Groups that are large enough for once."""
        of_tables = [s for s in sources if s.alias in self.secrets]
        if not of_tables or self.pick.chance(30):
            return super().grouped(kinds, text, sources, where)
        self.used.add("group")
        few = [
            (self.name_of(s, c), c)
            for s in sources
            for c in s.columns
            if c.name != "id" and c.kind == kinds[0]
        ]
        wanted = kinds[-1] if len(kinds) == 1 else "int"
        value = self.aggregate(wanted, sources)
        if not few or len(kinds) == 1 or self.pick.chance(25):
            return f"SELECT {value} AS c0 FROM {text}{where}", (Col("c0", wanted),)
        key, column = self.pick.one(few)
        columns = (Col("c0", column.kind), Col("c1", wanted))
        return f"SELECT {key} AS c0, {value} AS c1 FROM {text}{where} GROUP BY {key}", columns

    def table(self, ctes: tuple[Src, ...] = ()) -> tuple[str, Src]:
        text, source = super().table(ctes)
        columns = tuple(c for c in source.columns if c.name != "pay")
        self.secrets[source.alias] = Col("pay", "int", (1, 5))
        if self.pick.chance(4):
            self.used.add("elsewhere")
            return text, source
        return text, Src(source.alias, columns)

    def aggregate(self, kind: str, sources: tuple[Src, ...]) -> str:
        pick = self.pick
        having = [s for s in sources if s.alias in self.secrets]
        if kind != "int" or not having or pick.chance(25):
            return super().aggregate(kind, sources)
        name = f"{pick.one(having).alias}.{quoted('pay')}"
        if pick.chance(6):
            self.used.add("odd aggregate")
            return pick.one(
                (f"MIN({name})", f"SUM(DISTINCT {name})", f"SUM({name} * 2)", f"MAX({name} + 1)",
                 f"SUM(CASE WHEN {name} > 2 THEN 1 ELSE 0 END)", f"COUNT(DISTINCT {name})")
            )  # fmt: skip
        text = f"{pick.one(('SUM', 'SUM', 'SUM', 'AVG', 'AVG', 'COUNT'))}({name})"
        if pick.chance(20) and (number := self.any_column(sources, "int")) is not None:
            self.used.add("filter")
            text += f" FILTER (WHERE {number} >= {pick.below(4)})"
        if pick.chance(15):
            self.used.add("compared")
            return f"CASE WHEN {text} >= {pick.below(20)} THEN 1 ELSE 0 END"
        return text
