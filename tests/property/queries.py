"""SQL that may be asked of a world, by whoever may see some of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.property.worlds import RESERVED, Col, Pick, Table, World, literal, quoted


@dataclass(frozen=True)
class Src:
    """Something in FROM: how it is called, and its columns."""

    alias: str
    columns: tuple[Col, ...]


@dataclass(frozen=True)
class Query:
    """SQL, the constructs in it, and whether it names what the principal may not see."""

    sql: str
    used: frozenset[str] = frozenset()
    oversteps: bool = False


class QueryMaker:
    def __init__(self, world: World, pick: Pick) -> None:
        self.dialect = world.dialect
        self.tables = world.tables
        self.policy = world.policy
        self.pick = pick
        self.count = 0
        self.used: set[str] = set()
        self.oversteps = False
        self.qualified = False

    def query(self) -> Query:
        sql = self.query_of(())
        return Query(sql, frozenset(self.used), self.oversteps)

    def query_of(self, ctes: tuple[Src, ...]) -> str:
        pick = self.pick
        clauses: list[str] = []
        recursive = False
        if pick.chance(30):
            for _ in range(1 + pick.below(2)):
                name = f"w{len(ctes)}"
                if pick.chance(25) and (made := self.recursive(name)) is not None:
                    sql, columns = made
                    recursive = True
                    self.used.add("recursive")
                else:
                    sql, columns = self.select(2, ctes, ())
                    self.used.add("cte")
                clauses.append(f"{name} AS ({sql})")
                ctes = (*ctes, Src(name, columns))
        sql, columns = self.select(3, ctes, ()) if pick.chance(80) else self.set_operation(2, ctes)
        if pick.chance(30):
            places = ", ".join(str(i + 1) + pick.one(("", " DESC")) for i in range(len(columns)))
            sql += f" ORDER BY {places}"
            if pick.chance(60):
                sql += f" LIMIT {1 + pick.below(5)}"
                self.used.add("limit")
        if clauses:
            sql = f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(clauses)} {sql}"
        return sql

    def recursive(self, name: str) -> tuple[str, tuple[Col, ...]] | None:
        linked = [t for t in self.tables if t.links and self.may_use(t, ("id", "link"))]
        if not linked:
            return None
        table = quoted(self.pick.one(linked).name)
        first = self.pick.below(3)
        sql = (
            f'SELECT r."id", r."link" FROM {table} AS r WHERE r."id" > {first} '
            f'UNION SELECT n."id", n."link" FROM {table} AS n JOIN {name} ON n."id" = {name}."link"'
        )
        return sql, (Col("id", "int"), Col("link", "int"))

    def may_use(self, table: Table, columns: Sequence[str] = ()) -> bool:
        """True mostly where the principal may; a query that names what is hidden is refused as a whole."""
        rules = self.policy[table.name]
        if rules.rules is None or rules.hidden & set(columns):
            return self.overstep()
        return True

    def overstep(self) -> bool:
        chosen = self.pick.chance(2)
        self.oversteps = self.oversteps or chosen
        return chosen

    def set_operation(self, depth: int, ctes: tuple[Src, ...]) -> tuple[str, tuple[Col, ...]]:
        word = self.pick.one(("UNION", "UNION ALL", "EXCEPT", "INTERSECT"))
        self.used.add(word.lower())
        count = 1 + self.pick.below(2)
        kinds = [self.pick.one(("int", "int", "text")) for _ in range(count)]
        left, columns = self.select(depth, ctes, (), kinds=kinds)
        right, _ = self.select(depth, ctes, (), kinds=kinds)
        return f"{left} {word} {right}", columns

    def sources(
        self, depth: int, ctes: tuple[Src, ...], outer: tuple[Src, ...]
    ) -> tuple[str, tuple[Src, ...]]:
        pick = self.pick
        text, first = self.source(depth, ctes)
        sources = [first]
        for _ in range(pick.below(3) if pick.chance(70) else 0):
            kind = pick.one(
                ("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "LATERAL")
            )
            if kind == "LATERAL":
                if self.dialect == "sqlite" or depth < 1:
                    continue
                sql, columns = self.select(depth - 1, ctes, tuple(sources))
                alias = self.alias()
                side = pick.one(("CROSS JOIN LATERAL ({}) AS {}", "LEFT JOIN LATERAL ({}) AS {} ON TRUE"))
                text += " " + side.format(sql, alias)
                sources.append(Src(alias, columns))
                self.used.add("lateral")
                continue
            joined, source = self.source(depth, ctes)
            if kind == "CROSS JOIN":
                text += f" CROSS JOIN {joined}"
            else:
                text += f" {kind} {joined} {self.on(kind, sources, source)}"
            self.used.add(kind.lower())
            sources.append(source)
        return text, tuple(sources)

    def on(self, kind: str, before: list[Src], joined: Src) -> str:
        pick = self.pick
        last = before[-1]
        shared = {c.name for c in last.columns} & {c.name for c in joined.columns}
        others = {c.name for s in before[:-1] for c in s.columns}
        usable = sorted(shared - others)
        if usable and pick.chance(20) and self.same_kind(last, joined, usable[0]):
            self.used.add("using")
            return f"USING ({quoted(usable[0])})"
        left, right = self.column(last, "int"), self.column(joined, "int")
        if left is None or right is None:
            left = right = "1"
        condition = f"{left} = {right}"
        # Postgres joins FULL only by equality.
        if kind != "FULL JOIN" and pick.chance(20):
            # SQLite looks for a bare name of ON among relations that are joined later, too.
            self.qualified = self.dialect == "sqlite"
            condition += f" AND {self.predicate((*before, joined), 0, (), ())}"
            self.qualified = False
        return f"ON {condition}"

    def same_kind(self, one: Src, other: Src, name: str) -> bool:
        kinds = {c.kind for s in (one, other) for c in s.columns if c.name == name}
        return len(kinds) == 1

    def source(self, depth: int, ctes: tuple[Src, ...]) -> tuple[str, Src]:
        pick = self.pick
        alias = self.alias()
        if ctes and pick.chance(40):
            cte = pick.one(ctes)
            return f"{cte.alias} AS {alias}", Src(alias, cte.columns)
        if depth and pick.chance(20):
            sql, columns = self.select(depth - 1, ctes, ())
            self.used.add("derived")
            return f"({sql}) AS {alias}", Src(alias, columns)
        table = pick.one([t for t in self.tables if self.may_use(t)] or self.tables)
        rules = self.policy[table.name]
        columns = tuple(c for c in table.columns if c.name not in rules.hidden or self.overstep())
        name = quoted(table.name)
        if pick.chance(15) and table.name.isascii() and table.name.isalpha() and table.name not in RESERVED:
            name = table.name.upper() if self.dialect != "postgres" and pick.chance(50) else name
        return f"{name} AS {alias}", Src(alias, columns)

    def alias(self) -> str:
        self.count += 1
        if self.pick.chance(10):
            # Names that are those of tables and columns, or look like those that we write ourselves.
            return quoted(
                self.pick.one(("id", "teams", "x", "Users", "_pol", "pol", "s")) + str(self.count)
            )
        return f"t{self.count}"

    def column(self, source: Src, kind: str) -> str | None:
        found = [c for c in source.columns if c.kind == kind]
        keys = [c for c in found if c.name in ("id", "link")]
        if not found:
            return None
        column = self.pick.one(keys) if keys and self.pick.chance(80) else self.pick.one(found)
        return f"{source.alias}.{quoted(column.name)}"

    def select(
        self,
        depth: int,
        ctes: tuple[Src, ...],
        outer: tuple[Src, ...],
        *,
        kinds: Sequence[str] | None = None,
    ) -> tuple[str, tuple[Col, ...]]:
        pick = self.pick
        text, sources = self.sources(depth, ctes, outer)
        where = ""
        if pick.chance(40) or outer:
            parts = [self.predicate(sources, depth, ctes, outer)] if pick.chance(60) else []
            if outer and (link := self.link(sources, outer)):
                parts.append(link)
            where = " WHERE " + " AND ".join(parts) if parts else ""
        shape = pick.one(("plain", "plain", "plain", "group", "distinct", "window", "star"))
        if shape == "star" and kinds is None and (columns := self.star(sources)):
            return f"SELECT * FROM {text}{where}", columns
        wanted = list(kinds) if kinds is not None else [pick.one(("int", "int", "text")) for _ in range(2)]
        if shape == "group":
            return self.grouped(wanted, text, sources, where)
        items, columns = [], []
        for place, kind in enumerate(wanted):
            if shape == "window" and kind == "int":
                value = self.window(sources)
            else:
                value = self.expression(kind, sources, depth, ctes)
            items.append(f"{value} AS c{place}")
            columns.append(Col(f"c{place}", kind))
        word = "SELECT DISTINCT" if shape == "distinct" else "SELECT"
        self.used.add(shape)
        return f"{word} {', '.join(items)} FROM {text}{where}", tuple(columns)

    def link(self, sources: tuple[Src, ...], outer: tuple[Src, ...]) -> str | None:
        mine, theirs = self.column(sources[0], "int"), self.column(self.pick.one(outer), "int")
        return f"{mine} {self.pick.one(('=', '=', '<='))} {theirs}" if mine and theirs else None

    def star(self, sources: tuple[Src, ...]) -> tuple[Col, ...] | None:
        columns = [c for s in sources for c in s.columns]
        names = [c.name.casefold() for c in columns]
        if len(set(names)) < len(names):
            return None
        self.used.add("star")
        return tuple(columns)

    def grouped(
        self, kinds: Sequence[str], text: str, sources: tuple[Src, ...], where: str
    ) -> tuple[str, tuple[Col, ...]]:
        pick = self.pick
        self.used.add("group")
        items: list[str] = []
        groups: list[str] = []
        for place, kind in enumerate(kinds):
            plain = self.any_column(sources, kind)
            if plain is not None and (place == 0 or kind == "text") and pick.chance(70):
                groups.append(pick.one((plain, str(place + 1))))
                items.append(f"{plain} AS c{place}")
            else:
                items.append(f"{self.aggregate(kind, sources)} AS c{place}")
        sql = f"SELECT {', '.join(items)} FROM {text}{where}"
        if groups:
            sql += f" GROUP BY {', '.join(groups)}"
        if pick.chance(30):
            sql += f" HAVING COUNT(*) >= {pick.below(3)}"
        return sql, tuple(Col(f"c{i}", kind) for i, kind in enumerate(kinds))

    def aggregate(self, kind: str, sources: tuple[Src, ...]) -> str:
        column = self.any_column(sources, kind)
        if kind == "text":
            return f"{self.pick.one(('MIN', 'MAX'))}({column})" if column else "MIN('p')"
        if column is None or self.pick.chance(30):
            return "COUNT(*)"
        form = self.pick.one(("COUNT({})", "COUNT(DISTINCT {})", "SUM({})", "MIN({})", "MAX({})"))
        text = form.format(column)
        if self.pick.chance(15):
            self.used.add("filter")
            text += f" FILTER (WHERE {column} >= {self.pick.below(2)})"
        return text

    def window(self, sources: tuple[Src, ...]) -> str:
        number = self.any_column(sources, "int") or "1"
        key = self.any_column(sources, self.pick.one(("int", "text"))) or "1"
        self.used.add("window")
        return self.pick.one(
            (
                f"SUM({number}) OVER (PARTITION BY {key})",
                f"COUNT(*) OVER (PARTITION BY {key})",
                f"RANK() OVER (ORDER BY {key})",
                f"DENSE_RANK() OVER (PARTITION BY {key} ORDER BY {number} DESC)",
                f"MAX({number}) OVER ()",
            )
        )

    def any_column(self, sources: tuple[Src, ...], kind: str) -> str | None:
        having = [s for s in sources if any(c.kind == kind for c in s.columns)]
        if not having:
            return None
        source = self.pick.one(having)
        column = self.pick.one([c for c in source.columns if c.kind == kind])
        owners = [s for s in sources if any(c.name.casefold() == column.name.casefold() for c in s.columns)]
        if (
            len(owners) == 1
            and not self.qualified
            and column.name not in ("c0", "c1")
            and self.pick.chance(25)
        ):
            return self.bare(column.name)
        return f"{source.alias}.{quoted(column.name)}"

    def bare(self, name: str) -> str:
        plain = name.isascii() and name.isalpha() and name.lower() not in RESERVED
        if plain and name.islower():
            return self.pick.one((name, name.upper(), quoted(name)))
        return quoted(name)

    def expression(self, kind: str, sources: tuple[Src, ...], depth: int, ctes: tuple[Src, ...]) -> str:
        pick = self.pick
        column = self.any_column(sources, kind)
        fixed = literal(self.pick.constant(kind))
        if column is None:
            return f"CAST({fixed} AS TEXT)" if kind == "text" else fixed
        if pick.chance(60):
            return column
        form = pick.below(5)
        if form == 0:
            return f"COALESCE({column}, {fixed})"
        if form == 1:
            condition = self.predicate(sources, 0, (), ())
            return f"CASE WHEN {condition} THEN {column} ELSE {fixed} END"
        if form == 2 and kind == "int" and depth:
            inner, columns = self.source(0, ctes)
            link = self.link((columns,), sources)
            self.used.add("scalar")
            return f"(SELECT {self.aggregate('int', (columns,))} FROM {inner}" + (
                f" WHERE {link})" if link else ")"
            )
        if form == 3 and kind == "int":
            return f"{column} + {fixed}"
        return f"{column} || 'z'" if kind == "text" else column

    def predicate(
        self, sources: tuple[Src, ...], depth: int, ctes: tuple[Src, ...], outer: tuple[Src, ...]
    ) -> str:
        pick = self.pick
        if depth and pick.chance(30):
            one = self.predicate(sources, depth - 1, ctes, outer)
            other = self.predicate(sources, depth - 1, ctes, outer)
            return f"({one} {pick.one(('AND', 'OR'))} {other})"
        if depth and pick.chance(10):
            return f"NOT ({self.predicate(sources, depth - 1, ctes, outer)})"
        if depth and pick.chance(40):
            return self.predicate_over_query(sources, depth, ctes)
        kind = pick.one(("int", "int", "text"))
        column = self.any_column(sources, kind)
        if column is None:
            return "1 = 1"
        form = pick.below(6)
        if form == 0:
            return f"{column} IS {pick.one(('', 'NOT '))}NULL"
        if form == 1:
            negated = pick.one(("", "NOT "))
            tested = f"IN ({self.pick.constant('int')}, 1)" if kind == "int" else "LIKE '%p%'"
            return f"{column} {negated}{tested}"
        if form == 2:
            other = self.any_column(sources, kind)
            return f"{column} {pick.one(('=', '<>', '<='))} {other}"
        if form == 3 and kind == "int":
            return f"{column} BETWEEN {pick.below(2)} AND 2"
        return f"{column} {pick.one(('=', '<>', '>=', '>='))} {literal(self.pick.constant(kind))}"

    def predicate_over_query(self, sources: tuple[Src, ...], depth: int, ctes: tuple[Src, ...]) -> str:
        pick = self.pick
        negated = pick.one(("", "", "NOT "))
        if pick.chance(50):
            inner, _ = self.select(depth - 1, ctes, sources)
            self.used.add("exists")
            return f"{negated}EXISTS ({inner})"
        column = self.any_column(sources, "int")
        if column is None:
            return "1 = 1"
        inner, _ = self.select(0, ctes, (), kinds=["int"])
        self.used.add("in")
        return f"{column} {negated}IN ({inner})"
