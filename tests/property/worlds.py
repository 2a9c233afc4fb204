"""Small worlds for the law: a schema, rows, a policy and a principal.

A rule is kept twice: as SQL for the policy, and as a function in Python by which the reference is
filtered, so that the reference owes nothing to the code under test. Domains are tiny and keys are
joined to keys, or most results would be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nlq.catalog import Dialect

Row = dict[str, Any]
Truth = bool | None
T = TypeVar("T")

NAMES = ("a", "b", "teams", "Users", "order", "Ünïcode", "two words", "dash-ed", 'quo"te')
COLUMN_NAMES = ("x", "y", "s", "Name", "select", "größe", "a b", "t", "a")
TEXTS = ("p", "q", "it's", "")
RESERVED = ("order", "select")


@dataclass(frozen=True)
class Col:
    name: str
    kind: str  # "int" or "text"


@dataclass
class Table:
    """`columns[0]` is the key `id`; `links` are columns that hold keys of other tables."""

    name: str
    columns: list[Col]
    links: dict[str, str]
    rows: list[Row]

    def of(self, kind: str) -> list[Col]:
        return [c for c in self.columns if c.kind == kind]


@dataclass
class Rule:
    sql: str
    holds: Callable[[Row], Truth]


@dataclass
class TableRules:
    """`rules` None: denied. Empty: all rows. Else the rows for which any holds."""

    rules: list[Rule] | None
    hidden: set[str]

    def keeps(self, row: Row) -> bool:
        return self.rules is not None and (
            not self.rules or any(rule.holds(row) is True for rule in self.rules)
        )


@dataclass
class World:
    dialect: Dialect
    tables: list[Table]
    policy: dict[str, TableRules]
    claims: dict[str, Any]

    def seen(self) -> list[Table]:
        """The database that holds only what the principal may see."""
        seen = []
        for table in self.tables:
            rules = self.policy[table.name]
            if rules.rules is None:
                continue
            columns = [c for c in table.columns if c.name not in rules.hidden]
            rows = [{c.name: r[c.name] for c in columns} for r in table.rows if rules.keeps(r)]
            seen.append(Table(table.name, columns, {}, rows))
        return seen

    def __repr__(self) -> str:
        rules = {
            n: "denied" if r.rules is None else ([x.sql for x in r.rules], sorted(r.hidden))
            for n, r in self.policy.items()
        }
        rows = {t.name: [tuple(r.values()) for r in t.rows] for t in self.tables}
        columns = {t.name: [c.name for c in t.columns] for t in self.tables}
        return f"World({self.dialect}, {columns}, {rows}, {rules}, {self.claims})"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


class Pick:
    """Choices, one byte each; the first of several where the bytes have run out, and when they shrink."""

    def __init__(self, choices: bytes) -> None:
        self.left = iter(choices)

    def below(self, count: int) -> int:
        return next(self.left, 0) % count

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def one(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def constant(self, kind: str) -> Any:
        return self.below(3) if kind == "int" else self.one(TEXTS)

    def some(self, things: Sequence[T], most: int) -> list[T]:
        return [self.one(things) for _ in range(1 + self.below(most))] if things else []


class WorldMaker:
    def __init__(self, dialect: Dialect, pick: Pick) -> None:
        self.dialect = dialect
        self.pick = pick
        self.tables: list[Table] = []
        self.policy: dict[str, TableRules] = {}
        self.claims: dict[str, Any] = {}

    def world(self) -> World:
        self.make_tables()
        self.make_policy()
        return World(self.dialect, self.tables, self.policy, self.claims)

    def make_tables(self) -> None:
        pick = self.pick
        names = list(NAMES)
        for _ in range(2 + pick.below(3)):
            name = names.pop(pick.below(min(len(names), 4) if pick.chance(70) else len(names)))
            columns, links = [Col("id", "int")], {}
            if self.tables:
                columns.append(Col("link", "int"))
                links["link"] = pick.one(self.tables).name
            for other in dict.fromkeys(pick.some(COLUMN_NAMES, 3)):
                columns.append(Col(other, pick.one(("int", "text"))))
            if self.dialect == "postgres" and pick.chance(10):
                columns += [Col("X", "int"), Col("x", "int")]
                columns = list({c.name: c for c in columns}.values())
            rows: list[Row] = []
            for key in range(3 + pick.below(5) if pick.chance(95) else 0):
                rows.append({c.name: self.value(c, key, links) for c in columns})
            self.tables.append(Table(name, columns, links, rows))

    def value(self, column: Col, key: int, links: dict[str, str]) -> Any:
        if column.name == "id":
            return key + 1
        if self.pick.chance(15):
            return None
        if column.name in links:
            return 1 + self.pick.below(5)
        return self.pick.below(3) if column.kind == "int" else self.pick.one(TEXTS)

    def make_policy(self) -> None:
        self.claims = {
            "id": self.pick.below(3),
            "team": self.pick.one(TEXTS),
            "odd name": self.pick.below(3),
        }
        for table in self.tables:
            hidden: set[str] = set()
            if self.pick.chance(15):
                hidden.add(self.pick.one(table.columns[1:] or table.columns).name)
            if self.pick.chance(4):
                rules: list[Rule] | None = None
            elif self.pick.chance(25):
                rules = []
            else:
                rules = [self.rule(table, 2) for _ in range(1 + self.pick.below(2))]
            if len(hidden) == len(table.columns):
                hidden = set()
            self.policy[table.name] = TableRules(rules, hidden)

    def rule(self, table: Table, depth: int) -> Rule:
        pick = self.pick
        if depth and pick.chance(35):
            one, other = self.rule(table, depth - 1), self.rule(table, depth - 1)
            word = pick.one(("AND", "OR"))
            both = _and if word == "AND" else _or
            return Rule(f"({one.sql} {word} {other.sql})", lambda r: both(one.holds(r), other.holds(r)))
        if depth and pick.chance(10):
            inner = self.rule(table, depth - 1)
            return Rule(f"NOT ({inner.sql})", lambda r: _not(inner.holds(r)))
        if pick.chance(30):
            return self.rule_over_other(table)
        column = pick.one(table.columns)
        name, key = quoted(column.name), column.name
        if pick.chance(15):
            return Rule(f"{name} IS NULL", lambda r: r[key] is None)
        if pick.chance(20):
            values = [pick.constant(column.kind) for _ in range(2)]
            return Rule(
                f"{name} IN ({literal(values[0])}, {literal(values[1])})",
                lambda r: None if r[key] is None else r[key] in values,
            )
        sign, compare = pick.one(_SIGNS)
        if pick.chance(40):
            claim = "team" if column.kind == "text" else pick.one(("id", "odd name"))
            value = self.claims[claim]
            text = f":me.{claim}" if claim.isidentifier() else f":me.{quoted(claim)}"
        else:
            value = pick.constant(column.kind)
            text = literal(value)
        return Rule(f"{name} {sign} {text}", lambda r: None if r[key] is None else compare(r[key], value))

    def rule_over_other(self, table: Table) -> Rule:
        """A rule through another relation, all of which a rule may use."""
        pick = self.pick
        other = pick.one(self.tables)
        if other is table:
            value = pick.constant("int")
            return Rule(f'{quoted(table.name)}."id" <> {value}', lambda r: r["id"] != value)
        mine = pick.one([c.name for c in table.of("int")])
        column = pick.one(other.columns)
        value = pick.constant(column.kind)
        sign, compare = pick.one(_SIGNS)
        rows = other.rows
        theirs, far = quoted(other.name), column.name

        def good(row: Row) -> bool:
            return row[far] is not None and compare(row[far], value)

        if pick.chance(50):
            keys = [r["id"] for r in rows if good(r)]
            sql = (
                f'{quoted(mine)} IN (SELECT "id" FROM {theirs} WHERE {quoted(far)} {sign} {literal(value)})'
            )
            return Rule(sql, lambda r: False if not keys else None if r[mine] is None else r[mine] in keys)
        sql = (
            f'EXISTS (SELECT 1 FROM {theirs} AS o WHERE o."id" = {quoted(table.name)}.{quoted(mine)}'
            f" AND o.{quoted(far)} {sign} {literal(value)})"
        )
        return Rule(sql, lambda r: any(o["id"] == r[mine] and good(o) for o in rows))


_SIGNS: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = (
    ("<>", lambda a, b: a != b),
    (">=", lambda a, b: a >= b),
    ("<=", lambda a, b: a <= b),
    ("=", lambda a, b: a == b),
)


def _and(one: Truth, other: Truth) -> Truth:
    return False if one is False or other is False else None if one is None or other is None else True


def _or(one: Truth, other: Truth) -> Truth:
    return True if one is True or other is True else None if one is None or other is None else False


def _not(one: Truth) -> Truth:
    return None if one is None else not one
