"""Policies and principals for the law. Each rule and mask is kept twice: for the policy, and in Python.

The reference is made by the latter alone, so that it owes nothing to the code under test.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from nlq.catalog import Dialect, RelationName
from nlq.policy import ClaimType, ColumnRule, Mask, Policy, Principal, RelationRules
from nlq.policy import Rule as PolicyRule
from tests.property.worlds import Col, Pick, Row, Table, default_schema, literal, quoted

HASH_KEY = "the key of the law"
ROLES = ("r1", "r2", "r3")
LISTS = ("nums", "words", "others")
CLAIMS = {
    "team": ClaimType("text"),
    "odd name": ClaimType("integer"),
    "nums": ClaimType("integer", is_list=True),
    "words": ClaimType("text", is_list=True),
}
"""What the policy declares; `others`, a list of integers, is left to be taken as it comes."""

Truth = bool | None


@dataclass
class Rule:
    """`sql` None: every row."""

    sql: str | None
    holds: Callable[[Row], Truth]
    roles: frozenset[str] = frozenset()


@dataclass
class ColRule:
    """Hidden without a mask."""

    mask: Mask | None
    exempt: frozenset[str] = frozenset()


@dataclass
class TableRules:
    rules: list[Rule]
    columns: dict[str, ColRule]


@dataclass(repr=False)
class Rules:
    """A policy and a principal: `roles` are those given, `effective` those and all that they include."""

    dialect: Dialect
    tables: list[tuple[Table, TableRules]] = field(default_factory=list)
    includes: dict[str, frozenset[str]] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    effective: frozenset[str] = frozenset()
    claims: dict[str, Any] = field(default_factory=dict)

    def seen(self) -> list[Table]:
        """The tables that hold only what the principal may see; those with nothing to see left out."""
        return [s for table, rules in self.tables if (s := self._seen(table, rules)) is not None]

    def _seen(self, table: Table, rules: TableRules) -> Table | None:
        granted = [r for r in rules.rules if not r.roles or r.roles & self.effective]
        if not granted:
            return None
        masks: dict[str, Mask | None] = {}
        for column in table.columns:
            rule = rules.columns.get(column.name)
            if rule is None or rule.exempt & self.effective:
                masks[column.name] = None
            elif rule.mask is not None:
                masks[column.name] = rule.mask
        columns = [c for c in table.columns if c.name in masks]
        rows = [
            {c.name: mask_value(masks[c.name], r[c.name], c, self.dialect) for c in columns}
            for r in table.rows
            if any(rule.holds(r) is True for rule in granted)
        ]
        shown = [mask_column(masks[c.name], c, {r[c.name] for r in rows}) for c in columns]
        return Table(table.name, shown, {}, rows, table.schema)

    def shown(self) -> list[Table]:
        """The tables as a database shows them that enforces the policy by itself.

        Its views are the same for everyone: a column that some may see is there for all, and NULL for
        others; one whose mask has another type is there twice. What nobody may read is not there.
        """
        return [s for table, rules in self.tables if (s := self._shown(table, rules)) is not None]

    def _shown(self, table: Table, rules: TableRules) -> Table | None:
        columns: list[Col] = []
        values: list[Callable[[Row], Any]] = []
        for column in table.columns:
            for shown, value in self._shown_columns(column, rules.columns.get(column.name)):
                columns.append(shown)
                values.append(value)
        if not rules.rules or not columns:
            return None
        granted = [r for r in rules.rules if not r.roles or r.roles & self.effective]
        rows = [
            {c.name: value(r) for c, value in zip(columns, values, strict=True)}
            for r in table.rows
            if any(rule.holds(r) is True for rule in granted)
        ]
        return Table(table.name, columns, {}, rows, table.schema)

    def _shown_columns(self, column: Col, rule: ColRule | None) -> list[tuple[Col, Callable[[Row], Any]]]:
        name = column.name
        if rule is None:
            return [(column, lambda r: r[name])]
        exempt = bool(rule.exempt & self.effective)

        def whole(row: Row) -> Any:
            return row[name] if exempt else None

        if rule.mask is None:
            return [(column, whole)] if rule.exempt else []
        mask, shown = rule.mask, mask_column(rule.mask, column, set())
        if rule.exempt and shown.kind != column.kind:
            return [
                (shown, lambda r: mask_value(mask, r[name], column, self.dialect)),
                (Col(f"__whole {name}", column.kind), whole),
            ]
        return [(shown, lambda r: r[name] if exempt else mask_value(mask, r[name], column, self.dialect))]

    def __repr__(self) -> str:
        rules = {t.sql: [[(x.sql, *sorted(x.roles)) for x in r.rules], r.columns] for t, r in self.tables}
        return f"{rules}, {sorted(self.roles)} {self.includes}, {self.claims}"

    def policy(self) -> Policy:
        """The same as the guard takes it."""
        return Policy(
            {
                RelationName(default_schema(self.dialect, t), t.name): RelationRules(
                    tuple(PolicyRule(r.roles, r.sql) for r in rules.rules),
                    columns={
                        n: ColumnRule("masked" if c.mask else "hidden", c.mask, exempt=c.exempt)
                        for n, c in rules.columns.items()
                    },
                )
                for t, rules in self.tables
            },
            self.includes,
            claims=CLAIMS,
        )

    def principal(self) -> Principal:
        claims = {n: v for n, v in self.claims.items() if n != "id"}
        return Principal(self.claims.get("id"), self.roles, claims)


def mask_column(mask: Mask | None, column: Col, values: set[Any]) -> Col:
    if mask is None:
        return column
    kind = "text" if mask.kind in ("constant", "hash", "partial") else column.kind
    return Col(column.name, kind, tuple(sorted(v for v in values if v is not None)))


def mask_value(mask: Mask | None, value: Any, column: Col, dialect: Dialect) -> Any:
    if mask is None:
        return value
    if mask.kind == "constant":
        return mask.value
    if mask.kind == "null" or value is None:
        return None
    text = _text(value, dialect)
    if mask.kind == "hash":
        return hashlib.sha256(f"{HASH_KEY}:{text}".encode()).hexdigest()
    if mask.kind == "partial":
        if len(text) <= mask.first + mask.last:
            return "***"
        return text[: mask.first] + "***" + (text[-mask.last :] if mask.last else "")
    if isinstance(value, date):
        return _start(value, mask.unit)
    towards_zero = math.trunc(value / mask.to) * mask.to
    return Decimal(f"{towards_zero}.00") if column.kind == "dec" else towards_zero


def _text(value: Any, dialect: Dialect) -> str:
    """As the engine casts it to text: SQLite has no decimals, and keeps a whole one as an integer."""
    if dialect == "sqlite" and isinstance(value, Decimal):
        return str(int(value) if value == int(value) else float(value))
    return str(value)


def _start(day: date, unit: str) -> date:
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day


class RulesMaker:
    """`whole` is how many tables of a hundred are seen with all of their rows."""

    def __init__(self, dialect: Dialect, pick: Pick, tables: list[Table], whole: int = 20) -> None:
        self.pick = pick
        self.whole = whole
        self.tables = tables
        self.made = Rules(dialect)
        self.claims = self.made.claims

    def make(self) -> Rules:
        self.make_principal()
        for table in self.tables:
            self.made.tables.append((table, self.table_rules(table)))
        return self.made

    def make_principal(self) -> None:
        pick, made = self.pick, self.made
        claims: dict[str, Any] = {
            "id": pick.below(4),
            "team": pick.constant(Col("team", "text")),
            "odd name": pick.below(3),
            "nums": tuple(pick.some((0, 1, 2, 3, 7), 3)) if pick.chance(85) else (),
            "words": tuple(pick.some(("p", "it's", 'a"b', "\\", "q"), 3)) if pick.chance(85) else (),
            "others": tuple(pick.some((0, 1, 2, 10), 2)),
        }
        made.claims.update({n: v for n, v in claims.items() if not pick.chance(20 if n in LISTS else 8)})
        made.includes = {"r3": frozenset({"r1"}), "r1": frozenset({pick.one(("r2", "r3", "other"))})}
        made.roles = frozenset(r for r in ROLES if pick.chance(40))
        effective = set(made.roles)
        for _ in ROLES:
            effective |= {i for r in effective for i in made.includes.get(r, ())}
        made.effective = frozenset(effective)

    def table_rules(self, table: Table) -> TableRules:
        pick = self.pick
        columns = {}
        for column in table.columns:
            if pick.chance(3 if column.name in ("id", "link") else 22):
                columns[column.name] = self.column_rule(column)
        if all(c.name in columns and columns[c.name].mask is None for c in table.columns):
            columns = {}
        if pick.chance(4):
            return TableRules([], columns)
        if pick.chance(self.whole):
            return TableRules([Rule(None, lambda _: True, self.some_roles(20))], columns)
        rules = []
        for _ in range(1 + pick.below(3)):
            rule = self.rule(table, 2)
            rule.roles = self.some_roles(35)
            rules.append(rule)
        return TableRules(rules, columns)

    def some_roles(self, percent: int) -> frozenset[str]:
        return frozenset(self.pick.some(ROLES, 2)) if self.pick.chance(percent) else frozenset()

    def column_rule(self, column: Col) -> ColRule:
        pick = self.pick
        exempt = self.some_roles(30)
        if pick.chance(25):
            return ColRule(None, exempt)
        kinds = ["null", "constant", "hash", "partial", "partial"]
        if column.kind != "text":
            kinds += ["rounded"] * 4
        kind: Any = pick.one(kinds)
        match kind:
            case "partial":
                return ColRule(Mask("partial", first=pick.below(3), last=pick.below(3)), exempt)
            case "constant":
                return ColRule(Mask("constant", value=pick.one(("p", "***", "it's"))), exempt)
            case "rounded" if column.kind == "date":
                unit = pick.one(("day", "week", "month", "quarter", "year"))
                return ColRule(Mask("rounded", unit=unit), exempt)
            case "rounded":
                return ColRule(Mask("rounded", to=pick.one((2, 5, 10))), exempt)
            case _:
                return ColRule(Mask(kind), exempt)

    def rule(self, table: Table, depth: int) -> Rule:
        pick = self.pick
        if depth and pick.chance(30):
            one, other = self.rule(table, depth - 1), self.rule(table, depth - 1)
            word = pick.one(("AND", "OR", "OR"))
            both = _and if word == "AND" else _or
            return Rule(f"({one.sql} {word} {other.sql})", lambda r: both(one.holds(r), other.holds(r)))
        if depth and pick.chance(15):
            inner = self.rule(table, depth - 1)
            return Rule(f"NOT ({inner.sql})", lambda r: _not(inner.holds(r)))
        if pick.chance(35):
            return pick.one((self.by_key, self.by_key, self.by_two_keys, self.by_membership))(table)
        column = pick.one(table.columns)
        name, key = quoted(column.name), column.name
        if pick.chance(12):
            return Rule(f"{name} IS NULL", lambda r: r[key] is None)
        if pick.chance(30) and column.kind in ("int", "text"):
            return self.in_list(column)
        sign, compare = pick.one(_SIGNS)
        value, text = self.operand(column)
        return Rule(
            f"{name} {sign} {text}",
            lambda r: None if r[key] is None or value is None else compare(r[key], value),
        )

    def operand(self, column: Col) -> tuple[Any, str]:
        """A constant, or a scalar claim of that kind."""
        if column.kind in ("int", "text") and self.pick.chance(45):
            claim = "team" if column.kind == "text" else self.pick.one(("id", "odd name"))
            return self.claims.get(claim), _me(claim)
        value = self.pick.constant(column)
        return value, literal(value)

    def in_list(self, column: Col) -> Rule:
        """`IN` a list of constants and scalars, or a claim that is a list, in each of its spellings."""
        pick = self.pick
        name, key = quoted(column.name), column.name
        if pick.chance(40):
            (one, first), (other, second) = self.operand(column), self.operand(column)
            return Rule(f"{name} IN ({first}, {second})", lambda r: _is_in(r[key], (one, other)))
        claim = "words" if column.kind == "text" else pick.one(("nums", "others"))
        values = self.claims.get(claim)
        form = pick.one(("{} IN ({})", "{} = ANY({})")) if claim != "others" else "{} = ANY({})"
        if pick.chance(20):
            return Rule(
                f"{name} <> ALL({_me(claim)})",
                lambda r: None if values is None else _not(_is_in(r[key], values)),
            )
        return Rule(
            form.format(name, _me(claim)), lambda r: None if values is None else _is_in(r[key], values)
        )

    def by_key(self, table: Table) -> Rule:
        """A rule through another relation, or the same one, all of which a rule may use."""
        pick = self.pick
        mine, other = self.hop(table)
        column = pick.one(other.columns)
        value, text = self.operand(column)
        sign, compare = pick.one(_SIGNS)
        far = column.name

        def good(row: Row) -> bool:
            return row[far] is not None and value is not None and compare(row[far], value)

        if pick.chance(40):
            keys = [r["id"] for r in other.rows if good(r)]
            return Rule(
                f'{quoted(mine)} IN (SELECT "id" FROM {other.sql} WHERE {quoted(far)} {sign} {text})',
                lambda r: _is_in(r[mine], tuple(keys)),
            )
        return Rule(
            f'EXISTS (SELECT 1 FROM {other.sql} AS o WHERE o."id" = {quoted(table.name)}.{quoted(mine)}'
            f" AND o.{quoted(far)} {sign} {text})",
            lambda r: any(o["id"] == r[mine] and good(o) for o in other.rows),
        )

    def by_two_keys(self, table: Table) -> Rule:
        """A rule over two foreign keys."""
        mine, other = self.hop(table)
        theirs, third = self.hop(other)
        column = self.pick.one(third.columns)
        value, text = self.operand(column)
        sign, compare = self.pick.one(_SIGNS)
        keys = {
            r["id"]
            for r in third.rows
            if r[column.name] is not None and value is not None and compare(r[column.name], value)
        }

        def holds(row: Row) -> bool:
            return any(o["id"] == row[mine] and o[theirs] in keys for o in other.rows)

        if self.pick.chance(50):
            return Rule(
                f"EXISTS (SELECT 1 FROM {other.sql} AS o JOIN {third.sql} AS p"
                f' ON p."id" = o.{quoted(theirs)} WHERE o."id" = {quoted(table.name)}.{quoted(mine)}'
                f" AND p.{quoted(column.name)} {sign} {text})",
                holds,
            )
        found = {o["id"] for o in other.rows if o[theirs] in keys}
        return Rule(
            f'{quoted(mine)} IN (SELECT "id" FROM {other.sql} WHERE {quoted(theirs)} IN'
            f' (SELECT "id" FROM {third.sql} WHERE {quoted(column.name)} {sign} {text}))',
            lambda r: _is_in(r[mine], tuple(found)),
        )

    def by_membership(self, table: Table) -> Rule:
        """A rule over a relation that says who belongs where."""
        pick = self.pick
        members = pick.one(self.tables)
        numbers = [c.name for c in members.of("int")]
        who, where = pick.one(numbers), pick.one(numbers)
        mine = pick.one([c.name for c in table.of("int")])
        me = self.claims.get("id")
        return Rule(
            f"EXISTS (SELECT 1 FROM {members.sql} AS m WHERE m.{quoted(who)} = :me.id"
            f" AND m.{quoted(where)} = {quoted(table.name)}.{quoted(mine)})",
            lambda r: any(
                m[who] is not None and m[who] == me and m[where] is not None and m[where] == r[mine]
                for m in members.rows
            ),
        )

    def hop(self, table: Table) -> tuple[str, Table]:
        """A column of the table, and the relation whose keys it may hold."""
        pick = self.pick
        if table.links and pick.chance(80):
            return "link", table.links["link"]
        return pick.one([c.name for c in table.of("int")]), pick.one(self.tables)


_SIGNS: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = (
    ("<>", lambda a, b: a != b),
    (">=", lambda a, b: a >= b),
    ("<=", lambda a, b: a <= b),
    ("=", lambda a, b: a == b),
)


def _me(claim: str) -> str:
    return f":me.{claim}" if claim.isidentifier() else f":me.{quoted(claim)}"


def _is_in(value: Any, values: tuple[Any, ...]) -> Truth:
    if not values:
        return False
    if value is None:
        return None
    return True if value in values else None if None in values else False


def _and(one: Truth, other: Truth) -> Truth:
    return False if one is False or other is False else None if one is None or other is None else True


def _or(one: Truth, other: Truth) -> Truth:
    return True if one is True or other is True else None if one is None or other is None else False


def _not(one: Truth) -> Truth:
    return None if one is None else not one
