"""SQL that may be asked of a world, by whoever may see some of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nlq.catalog.value import DEFAULT_SCHEMA
from tests.property.worlds import DIGITS, DOMAINS, RESERVED, Col, Pick, Table, World, literal, quoted

KINDS = ("int", "int", "int", "text", "text", "date", "dec")
OUTPUTS = ("c0", "c1")


@dataclass(frozen=True)
class Src:
    """Something in FROM: how it is called, and its columns. Without an alias: columns that USING merged."""

    alias: str
    columns: tuple[Col, ...]


@dataclass(frozen=True)
class Query:
    """SQL, the constructs in it, and whether it names what the principal may not see.

    `refusable` where the guard refuses on purpose what an engine would take.
    """

    sql: str
    used: frozenset[str] = frozenset()
    oversteps: bool = False
    refusable: bool = False


class QueryMaker:
    def __init__(self, world: World, pick: Pick) -> None:
        self.world = world
        self.dialect = world.dialect
        self.pick = pick
        self.count = 0
        self.used: set[str] = set()
        self.oversteps = False
        self.refusable = False
        self.qualified = False

    def query(self) -> Query:
        sql = self.throwing() if self.pick.chance(5) else self.query_of(())
        return Query(sql, frozenset(self.used), self.oversteps, self.refusable)

    def query_of(self, ctes: tuple[Src, ...]) -> str:
        pick = self.pick
        clauses, recursive, ctes = self.with_clause(ctes, 30)
        shape = pick.below(100)
        ordered = False
        if shape < 10:
            sql, columns = self.set_operation(2, ctes)
        elif shape < 15 and self.dialect != "sqlite":
            sql, columns = self.distinct_on(ctes)
            ordered = True
        elif shape < 19 and self.dialect == "duckdb":
            sql, columns = self.qualify(ctes)
        else:
            sql, columns = self.select(3, ctes, ())
        if not ordered and pick.chance(30):
            sql += self.order(columns)
            if pick.chance(60):
                sql += f" LIMIT {1 + pick.below(5)}"
                self.used.add("limit")
        if clauses:
            sql = f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(clauses)} {sql}"
        return sql

    def order(self, columns: tuple[Col, ...]) -> str:
        """A total order, by places or by names of the output."""
        pick = self.pick
        names = [c.name for c in columns]
        if pick.chance(30) and set(names) == set(OUTPUTS[: len(names)]):
            self.used.add("order by alias")
            items = [n + pick.one(("", " DESC")) for n in names]
        else:
            items = [str(i + 1) + pick.one(("", " DESC")) for i in range(len(columns))]
        return f" ORDER BY {', '.join(items)}"

    def with_clause(self, ctes: tuple[Src, ...], percent: int) -> tuple[list[str], bool, tuple[Src, ...]]:
        pick = self.pick
        clauses: list[str] = []
        recursive = False
        names: set[str] = set()
        for _ in range(1 + pick.below(2) if pick.chance(percent) else 0):
            name = self.cte_name(ctes, names)
            names.add(name)
            if name == name.lower() and pick.chance(20) and (made := self.recursive(name)) is not None:
                sql, columns = made
                recursive = True
                self.used.add("recursive")
            else:
                sql, columns = self.select(2, ctes, ())
                self.used.add("cte")
            shown = quoted(name)
            if [c.name for c in columns] == list(OUTPUTS) and pick.chance(15):
                columns = (Col("m", columns[0].kind), Col("n n", columns[1].kind))
                shown += '(m, "n n")'
                self.used.add("renamed")
            clauses.append(f"{shown} AS ({sql})")
            ctes = (*(c for c in ctes if c.alias != name), Src(name, columns))
        return clauses, recursive, ctes

    def cte_name(self, ctes: tuple[Src, ...], taken: set[str]) -> str:
        """A name of its own; now and then one that another WITH, a relation or a hidden one has."""
        pick = self.pick
        if ctes and pick.chance(25) and (inner := pick.one(ctes).alias) not in taken:
            self.used.add("shadowing")
            return inner
        if pick.chance(7):
            names = [t.name for t in self.world.tables]
            name = pick.one(names)
            if name not in taken and name.islower() and name.isascii() and name.isalpha():
                self.used.add("shadowing")
                # One that the principal may see may not be hidden by another; one that they may not see
                # is a name like any other, and must be, or it would be known to exist.
                self.refusable = True
                return name
        return f"w{len(ctes)}"

    def recursive(self, name: str) -> tuple[str, tuple[Col, ...]] | None:
        linked = [
            t
            for t in self.world.seen
            if {("id", "int"), ("link", "int")} <= {(c.name, c.kind) for c in t.columns}
        ]
        if not linked:
            return None
        chosen = self.pick.one(linked)
        if chosen.name.casefold() == name.casefold():
            return None
        table = chosen.sql
        first = self.pick.below(3)
        sql = (
            f'SELECT r."id", r."link" FROM {table} AS r WHERE r."id" > {first} '
            f'UNION SELECT n."id", n."link" FROM {table} AS n JOIN {quoted(name)} AS v ON n."id" = v."link"'
        )
        return sql, (Col("id", "int"), Col("link", "int"))

    def overstep(self) -> bool:
        chosen = self.pick.chance(1)
        self.oversteps = self.oversteps or chosen
        return chosen

    def set_operation(self, depth: int, ctes: tuple[Src, ...]) -> tuple[str, tuple[Col, ...]]:
        words = ["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]
        if self.dialect != "sqlite":
            words += ["EXCEPT ALL", "INTERSECT ALL"]
        word = self.pick.one(words)
        self.used.add(word.lower())
        count = 1 + self.pick.below(2)
        kinds = [self.pick.one(("int", "int", "text")) for _ in range(count)]
        left, columns = self.select(depth, ctes, (), kinds=kinds)
        right, _ = self.select(depth, ctes, (), kinds=kinds)
        if self.pick.chance(25):
            third, _ = self.select(depth, ctes, (), kinds=kinds)
            more = self.pick.one(("UNION", "EXCEPT"))
            if self.dialect == "sqlite":
                return f"{left} {word} {right} {more} {third}", columns
            return f"({left} {word} {right}) {more} {third}", columns
        return f"{left} {word} {right}", columns

    def distinct_on(self, ctes: tuple[Src, ...]) -> tuple[str, tuple[Col, ...]]:
        text, sources = self.sources(1, ctes, ())
        one = self.column_of(sources, self.pick.one(("int", "text")))
        other = self.column_of(sources, "int")
        if one is None or other is None:
            return self.select(2, ctes, ())
        self.used.add("distinct on")
        sql = f"SELECT DISTINCT ON ({one[0]}) {one[0]} AS c0, {other[0]} AS c1 FROM {text}"
        return f"{sql} ORDER BY {one[0]}, {other[0]}", (Col("c0", one[1].kind), Col("c1", "int"))

    def qualify(self, ctes: tuple[Src, ...]) -> tuple[str, tuple[Col, ...]]:
        text, sources = self.sources(1, ctes, ())
        items = [self.column_of(sources, kind) for kind in ("int", self.pick.one(("int", "text")))]
        found = [i for i in items if i is not None]
        if len(found) < 2:
            return self.select(2, ctes, ())
        self.used.add("qualify")
        shown = ", ".join(f"{c} AS c{i}" for i, (c, _) in enumerate(found))
        key, number = found[1][0], found[0][0]
        condition = self.pick.one(
            (
                f"RANK() OVER (PARTITION BY {key} ORDER BY {number}) = 1",
                f"COUNT(*) OVER (PARTITION BY {key}) >= 2",
                f"MAX({number}) OVER () >= c0",
            )
        )
        return f"SELECT {shown} FROM {text} QUALIFY {condition}", tuple(
            Col(f"c{i}", c.kind) for i, (_, c) in enumerate(found)
        )

    def throwing(self) -> str:
        """A query that fails on a row that it must not fail on, if it looks at hidden ones.

        Nothing else is in it, so that engines agree on whether it fails.
        """
        pick = self.pick
        source, src = self.table()
        self.used.add("throwing")
        texts = [c for c in src.columns if c.kind == "text"]
        # Those that are numbers but for some: what can be seen may well be numbers alone.
        texts = [c for c in texts if set(c.values) <= set(DIGITS)] or texts
        numbers = [c for c in src.columns if c.kind == "int"]
        if texts and pick.chance(60):
            column = pick.one(texts)
            condition = f"CAST({src.alias}.{quoted(column.name)} AS INTEGER) >= {pick.below(2)}"
        elif numbers:
            condition = f"12 / {src.alias}.{quoted(pick.one(numbers).name)} >= 1"
        else:
            condition = "1 = 1"
        form = pick.one(
            (
                "SELECT COUNT(*) AS c0 FROM {} WHERE {}",
                "SELECT 1 AS c0 FROM {} WHERE {}",
                "SELECT COUNT(*) AS c0 FROM (SELECT * FROM {}) AS q WHERE 1 = 1 OR {}",
            )
        )
        if form.endswith("OR {}"):
            return form.format(source, condition.replace(f"{src.alias}.", "q."))
        return form.format(source, condition)

    def sources(
        self, depth: int, ctes: tuple[Src, ...], outer: tuple[Src, ...]
    ) -> tuple[str, tuple[Src, ...]]:
        pick = self.pick
        text, first = self.source(depth, ctes)
        sources = [first]
        merged: list[Col] = []
        for _ in range(pick.below(3) if pick.chance(70) else 0):
            kind = pick.one(
                ("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN",
                 "LATERAL", "NATURAL")
            )  # fmt: skip
            if kind == "LATERAL":
                if self.dialect == "sqlite" or depth < 1:
                    continue
                sql, columns = self.select(depth - 1, ctes, tuple(sources))
                alias = self.alias()
                side = pick.one(
                    (
                        "CROSS JOIN LATERAL ({}) AS {}",
                        "LEFT JOIN LATERAL ({}) AS {} ON TRUE",
                        ", LATERAL ({}) AS {}" if len(sources) == 1 else "CROSS JOIN LATERAL ({}) AS {}",
                    )
                )
                text += " " + side.format(sql, alias)
                sources.append(Src(alias, columns))
                self.used.add("lateral")
                if side.startswith(","):
                    break
                continue
            joined, source = self.source(depth, ctes)
            if kind == "NATURAL":
                if len(sources) > 1 or not self.natural(sources[0], source):
                    continue
                side = pick.one(("NATURAL JOIN", "NATURAL LEFT JOIN", "NATURAL FULL JOIN"))
                text += f" {side} {joined}"
                mine = {c.name for c in source.columns}
                merged += [c for c in sources[0].columns if c.name in mine]
                self.used.add("natural")
            elif kind == "CROSS JOIN":
                text += f" CROSS JOIN {joined}"
            else:
                condition, using = self.on(kind, sources, source)
                text += f" {kind} {joined} {condition}"
                merged += using
            self.used.add(kind.lower())
            sources.append(source)
        if not merged and pick.chance(8):
            # What JOIN sees ends at a comma, and the order of `*` begins anew there.
            extra, source = self.source(0, ctes)
            self.used.add("comma")
            return f"{extra}, {text}", (source, *sources)
        if merged and len(sources) == 2:
            return text, (*sources, Src("", tuple(merged)))
        return text, tuple(sources)

    def natural(self, one: Src, other: Src) -> bool:
        """True where columns of one name have one kind, and none has another but for case."""
        kinds = {c.name: c.kind for c in one.columns}
        shared = [c for c in other.columns if c.name in kinds]
        folded = [c.name.casefold() for s in (one, other) for c in s.columns]
        return (
            bool(shared)
            and all(kinds[c.name] == c.kind for c in shared)
            and all(folded.count(c.name.casefold()) == 2 for c in shared)
            and len(set(folded)) == len(folded) - len(shared)
        )

    def on(self, kind: str, before: list[Src], joined: Src) -> tuple[str, list[Col]]:
        pick = self.pick
        last = before[-1]
        shared = {c.name for c in last.columns} & {c.name for c in joined.columns}
        others = {c.name for s in before[:-1] for c in s.columns}
        usable = sorted(shared - others)
        if usable and pick.chance(25):
            name = pick.one(usable)
            kinds = {c.kind for s in (last, joined) for c in s.columns if c.name == name}
            folded = [c.name.casefold() for s in (*before, joined) for c in s.columns]
            if len(kinds) == 1 and folded.count(name.casefold()) == 2:
                self.used.add("using")
                return f"USING ({quoted(name)})", [c for c in joined.columns if c.name == name]
        left, right = self.key_of(last), self.key_of(joined)
        if left is None or right is None:
            left = right = "1"
        condition = f"{left} = {right}"
        # Postgres joins FULL only by equality.
        if kind != "FULL JOIN" and pick.chance(20):
            # SQLite looks for a bare name of ON among relations that are joined later, too.
            self.qualified = self.dialect == "sqlite"
            condition += f" AND {self.predicate((*before, joined), 0, (), ())}"
            self.qualified = False
        return f"ON {condition}", []

    def source(self, depth: int, ctes: tuple[Src, ...]) -> tuple[str, Src]:
        pick = self.pick
        if ctes and pick.chance(40):
            cte, alias = pick.one(ctes), self.alias()
            return f"{quoted(cte.alias)} AS {alias}", Src(alias, cte.columns)
        if depth and pick.chance(20):
            return self.derived(depth, ctes)
        if self.dialect != "sqlite" and pick.chance(4):
            return self.brought()
        return self.table(ctes)

    def brought(self) -> tuple[str, Src]:
        """Rows that the query brings along: VALUES, or a series."""
        pick, alias = self.pick, self.alias()
        if pick.chance(40):
            self.used.add("series")
            return f"generate_series(1, {1 + pick.below(4)}) AS {alias}(id)", Src(
                alias, (Col("id", "int"),)
            )
        self.used.add("values")
        rows = ", ".join(
            f"({n}, {literal(pick.one(DOMAINS['text']))})" for n in range(1, 2 + pick.below(3))
        )
        return f"(VALUES {rows}) AS {alias}(id, s)", Src(alias, (Col("id", "int"), Col("s", "text")))

    def derived(self, depth: int, ctes: tuple[Src, ...]) -> tuple[str, Src]:
        pick = self.pick
        alias = self.alias()
        clauses, _, inner = self.with_clause(ctes, 12) if depth > 1 else ([], False, ctes)
        sql, columns = self.select(depth - 1, inner, ())
        if pick.chance(15):
            sql += self.order(columns) + f" LIMIT {1 + pick.below(4)}"
            self.used.add("inner limit")
        if clauses:
            recursive = "RECURSIVE " if "recursive" in self.used else ""
            sql = f"WITH {recursive}{', '.join(clauses)} {sql}"
        self.used.add("derived")
        if self.dialect != "sqlite" and len(columns) == 2 and pick.chance(15):
            self.used.add("renamed")
            columns = (Col("m", columns[0].kind), Col("N", columns[1].kind))
            return f'({sql}) AS {alias}(m, "N")', Src(alias, columns)
        return f"({sql}) AS {alias}", Src(alias, columns)

    def table(self, ctes: tuple[Src, ...] = ()) -> tuple[str, Src]:
        pick = self.pick
        alias = self.alias()
        tables: list[Table] = self.world.seen
        if not tables or self.overstep():
            tables = self.world.tables
            self.oversteps = True
        table = pick.one(tables)
        columns = list(table.columns)
        if table in self.world.seen and self.overstep():
            names = {c.name for c in columns}
            all_of = [t for t in self.world.tables if (t.schema, t.name) == (table.schema, table.name)]
            columns += [c for c in all_of[0].columns if c.name not in names]
        if table.view is not None or any(
            t.view is not None and t.name == table.name for t in self.world.tables
        ):
            self.used.add("view")
        return f"{self.called(table, ctes)} AS {alias}", Src(alias, tuple(columns))

    def called(self, table: Table, ctes: tuple[Src, ...]) -> str:
        """A name for the table: with its schema where another one, or a WITH query, is called like it."""
        pick = self.pick
        schema = table.schema or DEFAULT_SCHEMA[self.dialect]
        if table.schema:
            self.used.add("schema")
        folded = [t.name.casefold() for t in self.world.tables] + [c.alias.casefold() for c in ctes]
        if table.schema or folded.count(table.name.casefold()) > 1 or pick.chance(15):
            return f"{quoted(schema)}.{quoted(table.name)}"
        plain = table.name.isascii() and table.name.isalpha() and table.name not in RESERVED
        if plain and table.name.islower() and pick.chance(30):
            return pick.one((table.name, table.name.upper()))
        return quoted(table.name)

    def alias(self) -> str:
        self.count += 1
        if self.pick.chance(10):
            # Names that are those of tables and columns, or look like those that we write ourselves.
            return quoted(
                self.pick.one(("id", "teams", "x", "Users", "_pol", "pol", "s")) + str(self.count)
            )
        return f"t{self.count}"

    def key_of(self, source: Src) -> str | None:
        found = [c for c in source.columns if c.kind == "int"]
        keys = [c for c in found if c.name in ("id", "link")]
        if not found:
            return None
        column = self.pick.one(keys) if keys and self.pick.chance(80) else self.pick.one(found)
        return self.name_of(source, column)

    def name_of(self, source: Src, column: Col) -> str:
        return f"{source.alias}.{quoted(column.name)}" if source.alias else quoted(column.name)

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
            parts = [self.predicate(sources, depth, ctes, outer)] if pick.chance(50) else []
            if outer and (link := self.link(sources, outer)):
                parts.append(link)
            where = " WHERE " + " AND ".join(parts) if parts else ""
        shape = self.shape()
        if kinds is None and pick.chance(1):
            return self.whole_row(text, sources, where)
        if shape == "star" and kinds is None and (star := self.star(sources, outer)) is not None:
            items, columns = star
            return f"SELECT {items} FROM {text}{where}", columns
        wanted = list(kinds) if kinds is not None else [pick.one(KINDS) for _ in range(2)]
        if shape == "group":
            return self.grouped(wanted, text, sources, where)
        items_, columns_ = [], []
        for place, kind in enumerate(wanted):
            if shape == "window" and kind == "int":
                value = self.window(sources)
            else:
                value = self.expression(kind, sources, depth, ctes)
            items_.append(f"{value} AS c{place}")
            columns_.append(Col(f"c{place}", kind))
        word = "SELECT DISTINCT" if shape == "distinct" else "SELECT"
        self.used.add(shape)
        sql = f"{word} {', '.join(items_)} FROM {text}{where}"
        if shape == "window" and "OVER win" in sql:
            key = self.any_column(sources, "int") or "1"
            sql += f" WINDOW win AS (PARTITION BY {key})"
            self.used.add("named window")
        return sql, tuple(columns_)

    def shape(self) -> str:
        return self.pick.one(("plain", "plain", "plain", "group", "group", "distinct", "window", "star"))

    def whole_row(self, text: str, sources: tuple[Src, ...], where: str) -> tuple[str, tuple[Col, ...]]:
        """What the guard refuses: a row as a value."""
        self.used.add("whole row")
        self.refusable = True
        alias = sources[0].alias
        item = self.pick.one((alias, f"COUNT({alias})"))
        return f"SELECT {item} AS c0 FROM {text}{where}", (Col("c0", "row"),)

    def link(self, sources: tuple[Src, ...], outer: tuple[Src, ...]) -> str | None:
        # A merged column has no name but a bare one, which an inner relation would take for its own.
        named = [s for s in outer if s.alias]
        mine, theirs = self.key_of(sources[0]), self.key_of(self.pick.one(named))
        return f"{mine} {self.pick.one(('=', '=', '<='))} {theirs}" if mine and theirs else None

    def star(self, sources: tuple[Src, ...], outer: tuple[Src, ...]) -> tuple[str, tuple[Col, ...]] | None:
        pick = self.pick
        named = [s for s in sources if s.alias]
        if pick.chance(30):
            source = pick.one(named)
            names = [c.name.casefold() for c in source.columns]
            if source.columns and len(set(names)) == len(names):
                self.used.add("star of one")
                return f"{source.alias}.*", source.columns
        columns = [c for s in named for c in s.columns]
        merged = [c.name for s in sources if not s.alias for c in s.columns]
        names = [c.name.casefold() for c in columns]
        if merged:
            # Merged columns come once: first in Postgres, where the left ones were elsewhere.
            once = list({c.name: c for c in columns}.values())
            if len({c.name.casefold() for c in once}) < len(once):
                return None
            if self.dialect == "postgres":
                once = [c for c in once if c.name in merged] + [c for c in once if c.name not in merged]
            if len(once) < len(columns) - len(merged):
                return None
            self.used.add("star of merged")
            return "*", tuple(once)
        if len(set(names)) < len(names):
            # Two of one name: nobody can name them, but all of them are shown.
            if outer or len(named) > 2:
                return None
            self.used.add("duplicate names")
            return "*", tuple(
                c if names.count(c.name.casefold()) == 1 else Col(c.name, "twice") for c in columns
            )
        self.used.add("star")
        return "*", tuple(columns)

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
                form = pick.one((plain, plain, str(place + 1), f"c{place}"))
                if form == f"c{place}" and any(c.name == form for s in sources for c in s.columns):
                    form = plain
                if form == f"c{place}":
                    self.used.add("group by alias")
                groups.append(form)
                items.append(f"{plain} AS c{place}")
            else:
                items.append(f"{self.aggregate(kind, sources)} AS c{place}")
        sql = f"SELECT {', '.join(items)} FROM {text}{where}"
        if groups:
            if (
                self.dialect != "sqlite"
                and pick.chance(12)
                and not any(g.isdigit() or g in OUTPUTS for g in groups)
            ):
                self.used.add("rollup")
                sql += f" GROUP BY {pick.one(('ROLLUP', 'CUBE'))} ({', '.join(groups)})"
            else:
                sql += f" GROUP BY {', '.join(groups)}"
        if pick.chance(30):
            aliased = [i for i in range(len(kinds)) if kinds[i] == "int" and i >= len(groups)]
            free = not any(c.name in OUTPUTS for s in sources for c in s.columns)
            if aliased and free and self.dialect != "postgres" and pick.chance(50):
                self.used.add("having alias")
                sql += f" HAVING c{aliased[0]} >= {pick.below(3)}"
            else:
                sql += f" HAVING {self.aggregate('int', sources)} >= {pick.below(3)}"
        return sql, tuple(Col(f"c{i}", kind) for i, kind in enumerate(kinds))

    def aggregate(self, kind: str, sources: tuple[Src, ...]) -> str:
        column = self.any_column(sources, kind)
        if kind != "int":
            fallback = f"MIN({self.cast(DOMAINS[kind][0], kind)})"
            return f"{self.pick.one(('MIN', 'MAX'))}({column})" if column else fallback
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
                f"SUM({number}) OVER (ORDER BY {key} RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
                f"MAX({number}) OVER win",
            )
        )

    def any_column(self, sources: tuple[Src, ...], kind: str) -> str | None:
        found = self.column_of(sources, kind)
        return found[0] if found else None

    def column_of(self, sources: tuple[Src, ...], kind: str) -> tuple[str, Col] | None:
        having = [s for s in sources if any(c.kind == kind for c in s.columns)]
        if not having:
            return None
        source = self.pick.one(having)
        column = self.pick.one([c for c in source.columns if c.kind == kind])
        if not source.alias:
            self.used.add("merged name")
            return quoted(column.name), column
        owners = [s for s in sources if any(c.name.casefold() == column.name.casefold() for c in s.columns)]
        if (
            len(owners) == 1
            and not self.qualified
            and column.name not in OUTPUTS
            and [c.name.casefold() for c in source.columns].count(column.name.casefold()) == 1
            and self.pick.chance(25)
        ):
            return self.bare(column.name), column
        return self.name_of(source, column), column

    def bare(self, name: str) -> str:
        plain = name.isascii() and name.isalpha() and name.lower() not in RESERVED
        if plain and name.islower():
            return self.pick.one((name, name.upper(), quoted(name)))
        return quoted(name)

    def cast(self, value: Any, kind: str) -> str:
        """A constant with its type."""
        types = {"text": "TEXT", "dec": "DECIMAL(8, 2)"}
        if self.dialect != "sqlite":
            types["date"] = "DATE"
        text = literal(value)
        return f"CAST({text} AS {types[kind]})" if kind in types else text

    def expression(self, kind: str, sources: tuple[Src, ...], depth: int, ctes: tuple[Src, ...]) -> str:
        pick = self.pick
        found = self.column_of(sources, kind)
        if found is None:
            return self.cast(pick.one(DOMAINS[kind]), kind)
        column, fixed = found[0], self.cast(pick.constant(found[1]), kind)
        if pick.chance(60):
            return column
        form = pick.below(6)
        if form == 0:
            return f"COALESCE({column}, {fixed})"
        if form == 1:
            condition = self.predicate(sources, 0, (), ())
            return f"CASE WHEN {condition} THEN {column} ELSE {fixed} END"
        if form == 2 and kind == "int" and depth:
            return self.scalar(sources, ctes)
        if form == 3 and kind == "int":
            return f"{column} + {fixed}"
        if form == 4:
            return f"NULLIF({column}, {fixed})"
        return f"{column} || 'z'" if kind == "text" else column

    def scalar(self, sources: tuple[Src, ...], ctes: tuple[Src, ...]) -> str:
        """A sub-select of one value, correlated; now and then over two levels."""
        inner, columns = self.source(0, ctes)
        link = self.link((columns,), sources)
        self.used.add("scalar")
        where = f" WHERE {link}" if link else ""
        if where and self.pick.chance(25):
            deeper, far = self.source(0, ctes)
            if (back := self.link((far,), (columns,))) and (outer := self.link((far,), sources)):
                where += f" AND EXISTS (SELECT 1 FROM {deeper} WHERE {back} AND {outer})"
                self.used.add("two levels")
        return f"(SELECT {self.aggregate('int', (columns,))} FROM {inner}{where})"

    def predicate(
        self, sources: tuple[Src, ...], depth: int, ctes: tuple[Src, ...], outer: tuple[Src, ...]
    ) -> str:
        pick = self.pick
        if depth and pick.chance(40):
            return self.predicate_over_query(sources, depth, ctes)
        if depth and pick.chance(25):
            one = self.predicate(sources, depth - 1, ctes, outer)
            other = self.predicate(sources, depth - 1, ctes, outer)
            return f"({one} {pick.one(('AND', 'OR'))} {other})"
        if depth and pick.chance(10):
            return f"NOT ({self.predicate(sources, depth - 1, ctes, outer)})"
        kind = pick.one(KINDS)
        found = self.column_of(sources, kind)
        if found is None:
            return "1 = 1"
        column, of = found
        form = pick.below(7)
        if form == 0:
            return f"{column} IS {pick.one(('', 'NOT '))}NULL"
        if form == 1 and kind in ("int", "text"):
            negated = pick.one(("", "NOT "))
            tested = f"IN ({literal(pick.constant(of))}, 1)" if kind == "int" else "LIKE '%p%'"
            return f"{column} {negated}{tested}"
        if form == 2:
            other = self.any_column(sources, kind)
            same = pick.one(("=", "<>", "<=", "IS NOT DISTINCT FROM"))
            return f"{column} {same} {other}"
        if form == 3 and kind == "int":
            return f"{column} BETWEEN {pick.below(2)} AND 10"
        if form == 4 and kind == "int" and self.dialect != "sqlite":
            self.used.add("any of array")
            return f"{column} = ANY (ARRAY[{pick.constant(of)}, {pick.below(3)}])"
        return f"{column} {pick.one(('=', '<>', '>=', '>=', '<='))} {literal(pick.constant(of))}"

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
        if self.dialect != "sqlite" and pick.chance(35):
            self.used.add("any")
            return f"{column} {pick.one(('= ANY', '<= ANY', '<> ALL', '>= ALL'))} ({inner})"
        self.used.add("in")
        return f"{column} {negated}IN ({inner})"
