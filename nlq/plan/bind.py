"""Names of a tree tied to catalog objects: every table, column and alias spelled exactly and qualified.

The binder walks scopes itself, so that each table of the tree is visited by construction; one that
was not is refused (`_require_all_visited`). What it does not resolve is left to the engine, which
sees only relations that were bound: an alias, say, or a column merged by USING.

Rules of scope: PostgreSQL manual, 7.2 "Table Expressions" and 7.3 "Select Lists".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.errors import PlanError, did_you_mean

RESERVED_PREFIX = "__"
RELATION = "relation"
"""Key of `Table.meta`: the `RelationName` that a base table was bound to."""
COLUMN = "column"
"""Key of `Column.meta`: the `(RelationName, Column)` that a column of a base table was bound to."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One name that cannot be bound. `node` is its place in the tree, `sources` what was in scope there."""

    error: PlanError
    node: exp.Expr
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Something in FROM: its alias, and its columns by folded name. `relation` for base tables."""

    alias: str
    columns: dict[str, tuple[str, Column | None]]
    relation: Relation | None = None


@dataclass(slots=True)
class Binding:
    """What was read, and what could not be bound."""

    reads: dict[RelationName, dict[str, Column]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Scope:
    ctes: dict[str, Source]
    outer: _Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)


def bind(tree: exp.Expr, catalog: Catalog, *, trusted: bool = False) -> Binding:
    """Bind `tree` in place; the result lists what it reads and each finding.

    `catalog` is what the principal may see: a hidden relation and a missing one give the same finding.
    A `trusted` tree (a rule of the policy) may use reserved names.
    """
    binder = _Binder(catalog, trusted)
    binder.query(tree, {}, None)
    if not binder.binding.findings:
        _require_all_visited(tree, binder.visited)
    return binder.binding


def require_bound(tree: exp.Expr, catalog: Catalog, *, trusted: bool = False) -> Binding:
    """As `bind`, but raises the first finding."""
    binding = bind(tree, catalog, trusted=trusted)
    for finding in binding.findings:
        raise finding.error
    return binding


class _Binder:
    def __init__(self, catalog: Catalog, trusted: bool) -> None:
        self.catalog = catalog
        self.trusted = trusted
        self.binding = Binding()
        self.visited: set[int] = set()

    # queries: each returns its output columns, in order

    def query(
        self, node: exp.Expr, ctes: dict[str, Source], outer: _Scope | None
    ) -> list[tuple[str, Column | None]]:
        if isinstance(node, exp.Subquery):
            return self.query(node.this, ctes, outer)
        ctes = self.with_clause(node, ctes, outer)
        if isinstance(node, exp.SetOperation):
            left = self.query(node.left, ctes, outer)
            self.query(node.right, ctes, outer)
            # ORDER BY of a set operation sees only the names of its output.
            scope = _Scope(ctes, outer, aliases={name.casefold(): name for name, _ in left})
            for key in ("order", "limit", "offset"):
                self.expressions(node.args.get(key), scope)
            return left
        if isinstance(node, exp.Select):
            return self.select(node, ctes, outer)
        raise PlanError("plan.unsupported", f"`{node.key.upper()}` is not allowed as a subquery")

    def with_clause(
        self, node: exp.Expr, ctes: dict[str, Source], outer: _Scope | None
    ) -> dict[str, Source]:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        ctes = dict(ctes)
        for cte in clause.expressions:
            name = cte.alias
            self.require_free_name(name, cte.args["alias"], relation_names=True)
            body = cte.this
            if clause.recursive and isinstance(body, exp.SetOperation):
                anchor = self.query(body.left.copy(), ctes, outer)
                anchored = self.named(cte.args["alias"], anchor)
                columns = self.query(body, {**ctes, name.casefold(): anchored}, outer)
            else:
                columns = self.query(body, ctes, outer)
            ctes[name.casefold()] = self.named(cte.args["alias"], columns)
        return ctes

    def select(
        self, node: exp.Select, ctes: dict[str, Source], outer: _Scope | None
    ) -> list[tuple[str, Column | None]]:
        scope = _Scope(ctes, outer)
        if clause := node.args.get("from_"):
            self.source(clause.this, scope)
        for join in node.args.get("joins") or ():
            self.join(join, scope)
        self.expand_stars(node, scope)
        output = []
        for item in node.expressions:
            self.expressions(item, scope)
            output.append((item.alias_or_name or item.output_name, item.meta.get(COLUMN, (None, None))[1]))
        scope.aliases = {
            item.alias.casefold(): item.alias for item in node.expressions if isinstance(item, exp.Alias)
        }
        for alias in (i.args["alias"] for i in node.expressions if isinstance(i, exp.Alias)):
            self.require_free_name(alias.name, alias)
        for key in (
            "where",
            "group",
            "having",
            "qualify",
            "windows",
            "order",
            "limit",
            "offset",
            "distinct",
        ):
            value = node.args.get(key)
            for part in value if isinstance(value, list) else [value]:
                self.expressions(part, scope)
        return output

    # sources

    def source(self, node: exp.Expr, scope: _Scope) -> None:
        alias = node.args.get("alias")
        if isinstance(node, exp.Table):
            scope.sources.append(self.table(node, scope))
        elif isinstance(node, exp.Subquery):
            # Only LATERAL sees its neighbours; a derived table sees what encloses the whole SELECT.
            columns = self.query(node.this, scope.ctes, scope.outer)
            scope.sources.append(self.named(alias, columns))
        elif isinstance(node, exp.Lateral):
            scope.sources.append(self.named(alias, self.query(node.this, scope.ctes, scope)))
        else:
            raise PlanError("plan.unsupported", f"`{node.key.upper()}` is not allowed in FROM")

    def join(self, join: exp.Join, scope: _Scope) -> None:
        before = list(scope.sources)
        self.source(join.this, scope)
        joined = scope.sources[-1]
        natural = (join.method or "").upper() == "NATURAL"
        for identifier in join.args.get("using") or ():
            name = identifier.name.casefold()
            owners = [s for s in before if name in s.columns]
            if not owners or name not in joined.columns:
                self.unknown_column(identifier, identifier.name, scope)
                continue
            self.spell(identifier, joined.columns[name][0])
            scope.merged.add(name)
            for source in (*owners, joined):
                self.read(source, name)
        if natural:
            shared = [n for n in joined.columns if any(n in s.columns for s in before)]
            scope.merged.update(shared)
            for name in shared:
                for source in scope.sources:
                    self.read(source, name)
        self.expressions(join.args.get("on"), scope)

    def table(self, node: exp.Table, scope: _Scope) -> Source:
        self.visited.add(id(node))
        name, schema = node.name, node.db or None
        if schema is None and (cte := scope.ctes.get(name.casefold())):
            self.spell(node.this, cte.alias)
            return self.aliased(node, Source(node.alias or cte.alias, cte.columns))
        found = self.catalog.find(name, schema)
        if len(found) != 1:
            self.unknown_relation(node, name, schema, found)
            return Source(node.alias or name, {})
        relation = found[0]
        node.meta[RELATION] = relation.name
        alias = node.alias or relation.name.name
        node.set("db", exp.to_identifier(relation.name.schema, quoted=True))
        self.spell(node.this, relation.name.name)
        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        self.binding.reads.setdefault(relation.name, {})
        columns: dict[str, tuple[str, Column | None]] = {}
        for column in relation.columns:
            # A second column that differs only in case (possible in Postgres) is found by exact spelling.
            columns.setdefault(column.name.casefold(), (column.name, column))
        return self.aliased(node, Source(alias, columns, relation))

    def aliased(self, node: exp.Table, source: Source) -> Source:
        alias = node.args.get("alias")
        if alias is None:
            return source
        if node.alias and node.alias != (source.relation.name.name if source.relation else node.name):
            self.require_free_name(alias.name, alias)
        return self.renamed(alias, source)

    def named(self, alias: exp.TableAlias | None, columns: list[tuple[str, Column | None]]) -> Source:
        name = alias.name if alias is not None else ""
        if alias is not None and name:
            self.require_free_name(name, alias)
        by_name: dict[str, tuple[str, Column | None]] = {}
        for column, origin in columns:
            by_name.setdefault(column.casefold(), (column, origin))
        return self.renamed(alias, Source(name, by_name))

    def renamed(self, alias: exp.TableAlias | None, source: Source) -> Source:
        """`t(a, b)` renames the first columns of a source."""
        names = [c.name for c in alias.columns] if alias is not None else []
        if not names:
            return source
        old = list(source.columns.values())
        if source.relation is not None:
            # The renamed columns are read by position, which the policy may narrow: refuse.
            raise PlanError(
                "plan.unsupported",
                f"column names in the alias `{source.alias}` are not allowed for a relation",
                hint="rename columns in the SELECT list",
            )
        renamed = [(n, o[1]) for n, o in zip(names, old, strict=False)]
        return Source(source.alias, {n.casefold(): (n, c) for n, c in [*renamed, *old[len(names) :]]})

    # expressions

    def expressions(self, node: exp.Expr | None, scope: _Scope) -> None:
        if node is None:
            return
        if isinstance(node, exp.Query):
            self.query(node, scope.ctes, scope)
            return
        if isinstance(node, exp.Column):
            self.column(node, scope)
            return
        for child in list(node.iter_expressions()):
            self.expressions(child, scope)

    def column(self, node: exp.Column, scope: _Scope) -> None:
        if isinstance(node.this, exp.Star):
            raise PlanError("plan.unsupported", "`table.*` is allowed only in a SELECT list")
        name, table = node.name, node.table
        level: _Scope | None = scope
        while level is not None:
            if table:
                sources = [s for s in level.sources if s.alias == table] or [
                    s for s in level.sources if s.alias.casefold() == table.casefold()
                ]
                if sources:
                    self.qualified(node, sources, scope)
                    return
            elif self.unqualified(node, name, level, scope):
                return
            level = level.outer
        if table:
            self.unknown_qualifier(node, table, scope)
        else:
            self.unknown_column(node, name, scope)

    def qualified(self, node: exp.Column, sources: list[Source], scope: _Scope) -> None:
        if len(sources) > 1:
            self.ambiguous(node, node.table, sources, scope)
            return
        source = sources[0]
        if self.take(node, source):
            self.spell(node.args["table"], source.alias)
        elif not source.columns and source.relation is None:
            return  # the relation itself was not found, which is the finding
        else:
            self.unknown_column(node, node.name, scope, source)

    def unqualified(self, node: exp.Column, name: str, level: _Scope, scope: _Scope) -> bool:
        folded = name.casefold()
        alias = level.aliases.get(folded)
        owners = [s for s in level.sources if self.exact(s, name)]
        if folded in level.merged:
            for source in owners:
                self.read(source, folded)
            self.spell(node.this, owners[0].columns[folded][0])
            return True
        if alias is not None:
            # Whether an alias or a column is meant depends on the clause and the engine: leave it, and
            # count the column as read, so that permission does not depend on the answer.
            for source in owners:
                self.read(source, folded)
            self.spell(node.this, alias)
            return True
        if not owners:
            return False
        if len(owners) > 1:
            self.ambiguous(node, name, owners, scope)
            return True
        self.take(node, owners[0])
        if owners[0].alias:
            node.set("table", exp.to_identifier(owners[0].alias, quoted=True))
        return True

    def exact(self, source: Source, name: str) -> tuple[str, Column | None] | None:
        if source.relation is not None and (column := source.relation.column(name)):
            return (column.name, column)
        return source.columns.get(name.casefold())

    def take(self, node: exp.Column, source: Source) -> bool:
        found = self.exact(source, node.name)
        if found is None:
            return False
        spelled, column = found
        self.spell(node.this, spelled)
        if source.relation is not None and column is not None:
            self.binding.reads[source.relation.name][column.name] = column
        if column is not None:
            relation = source.relation.name if source.relation else None
            node.meta[COLUMN] = (relation, column)
        return True

    def read(self, source: Source, folded: str) -> None:
        if source.relation is not None and folded in source.columns:
            column = source.columns[folded][1]
            if column is not None:
                self.binding.reads[source.relation.name][column.name] = column

    def expand_stars(self, node: exp.Select, scope: _Scope) -> None:
        """`*` and `t.*` as the columns that they mean today, so that a plan's columns never change."""
        if not node.expressions and scope.sources:
            node.set("expressions", [exp.Star()])
        expanded: list[exp.Expr] = []
        for item in node.expressions:
            table = item.table if isinstance(item, exp.Column) and isinstance(item.this, exp.Star) else None
            if not isinstance(item, exp.Star) and table is None:
                expanded.append(item)
                continue
            wanted = [s for s in scope.sources if table is None or s.alias.casefold() == table.casefold()]
            if not wanted:
                self.unknown_qualifier(item, table or "*", scope)
            merged: set[str] = set()
            for source in wanted:
                for spelled in _spellings(source):
                    folded = spelled.casefold()
                    if folded in scope.merged and table is None:
                        if folded in merged:
                            continue
                        merged.add(folded)
                        expanded.append(exp.column(exp.to_identifier(spelled, quoted=True)))
                    else:
                        expanded.append(
                            exp.column(
                                exp.to_identifier(spelled, quoted=True),
                                table=exp.to_identifier(source.alias, quoted=True),
                            )
                        )
        node.set("expressions", expanded)

    # names

    def spell(self, identifier: exp.Expr, name: str) -> None:
        identifier.set("this", name)
        identifier.set("quoted", True)

    def require_free_name(self, name: str, node: exp.Expr, *, relation_names: bool = False) -> None:
        if name.startswith(RESERVED_PREFIX) and not self.trusted:
            message = f"the name `{name}` is reserved"
            hint = "choose a name that does not begin with `__`"
            self.find(PlanError("plan.reserved_name", message, hint), node)
        elif relation_names and self.catalog.find(name):
            message = f"the name `{name}` hides a relation"
            self.find(PlanError("plan.reserved_name", message, "give the WITH query another name"), node)

    # findings

    def find(self, error: PlanError, node: exp.Expr, sources: Iterable[Source] = ()) -> None:
        self.binding.findings.append(Finding(error, node, tuple(sources)))

    def unknown_relation(
        self, node: exp.Table, name: str, schema: str | None, found: tuple[Relation, ...]
    ) -> None:
        spelled = f"{schema}.{name}" if schema else name
        if found:
            names = ", ".join(f"`{r.name}`" for r in found)
            error = PlanError(
                "plan.unknown_relation", f"`{spelled}` may mean several relations", f"say which: {names}"
            )
        else:
            hint = did_you_mean(name, (r.name.name for r in self.catalog))
            error = PlanError("plan.unknown_relation", f"unknown relation `{spelled}`", hint)
        self.find(error, node)

    def unknown_qualifier(self, node: exp.Expr, table: str, scope: _Scope) -> None:
        sources = list(_in_reach(scope))
        if any(not s.columns for s in sources):
            return  # a relation was not found; what hangs on it is not worth a finding of its own
        names = ", ".join(f"`{s.alias}`" for s in sources) or "nothing"
        self.find(
            PlanError(
                "plan.unknown_relation",
                f"`{table}` is not in FROM",
                did_you_mean(table, (s.alias for s in sources)) or f"in FROM there is {names}",
            ),
            node,
            sources,
        )

    def unknown_column(
        self, node: exp.Expr, name: str, scope: _Scope, source: Source | None = None
    ) -> None:
        sources = list(_in_reach(scope))
        if any(not s.columns for s in sources):
            return
        where = f" in `{source.alias}`" if source else ""
        elsewhere = [s.alias for s in sources if name.casefold() in s.columns]
        candidates = [n for s in ([source] if source else sources) for n, _ in s.columns.values()]
        hint = f"`{elsewhere[0]}` has it" if elsewhere else did_you_mean(name, candidates)
        self.find(PlanError("plan.unknown_column", f"unknown column `{name}`{where}", hint), node, sources)

    def ambiguous(self, node: exp.Column, name: str, owners: list[Source], scope: _Scope) -> None:
        names = " or ".join(f"`{s.alias}.{name}`" for s in owners)
        self.find(
            PlanError("plan.ambiguous_column", f"`{name}` may mean several columns", f"write {names}"),
            node,
            _in_reach(scope),
        )


def _spellings(source: Source) -> list[str]:
    if source.relation is not None:
        return [c.name for c in source.relation.columns]
    return [name for name, _ in source.columns.values()]


def _in_reach(scope: _Scope | None) -> Iterator[Source]:
    while scope is not None:
        yield from scope.sources
        scope = scope.outer


def _require_all_visited(tree: exp.Expr, visited: set[int]) -> None:
    # INVARIANT: a table that the binder did not visit would reach the database unrestricted.
    for table in tree.find_all(exp.Table):
        if id(table) not in visited:
            raise PlanError("plan.unsupported", f"`{table.name}` stands where a relation is not allowed")
