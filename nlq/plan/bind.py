"""Names of a tree tied to catalog objects: every table, column and alias spelled exactly and qualified.

The binder walks scopes itself, so that each table of the tree is visited by construction; one that
was not is refused (`_require_all_visited`). What it does not resolve is left to the engine, which
sees only relations that were bound: an alias, say, or a column merged by USING.

Rules of scope: PostgreSQL manual, 7.2 "Table Expressions" and 7.3 "Select Lists".
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.errors import PlanError
from nlq.plan.group_keys import group_by_keys
from nlq.plan.meta import COLUMN
from nlq.plan.name import name_outputs, names_of_outputs, output_name
from nlq.plan.resolve import Resolver
from nlq.plan.scope import (
    Binding,
    Finding,
    Merged,
    Output,
    OutputColumn,
    Scope,
    Source,
    is_comma,
    is_unclear,
    same_type,
    shared_names,
)
from nlq.plan.sources import Sources
from nlq.plan.star import star_columns
from nlq.plan.unbound import (
    ambiguous_join,
    unknown_column,
    unknown_qualifier,
)
from nlq.plan.use import find_misuses

_CLAUSES = ("where", "group", "having", "qualify", "windows", "limit", "offset")


def bind(tree: exp.Expr, catalog: Catalog, *, trusted: bool = False, named: bool = False) -> Binding:
    """Bind `tree` in place; the result lists what it reads and each finding.

    `catalog` is what the principal may see: a hidden relation and a missing one give the same finding.
    A `trusted` tree (a rule of the policy) may use reserved names. A `named` one gets a name for each
    column of its result; those of its subqueries always do.
    """
    binder = _Binder(catalog, trusted)
    binder.query(tree, (), None, named=named)
    binding = binder.names.binding
    if not binding.findings:
        _require_all_visited(tree, binder.sources.visited)
        binding.findings += (Finding(error, node) for error, node in find_misuses(tree, catalog))
    return binding


def require_bound(
    tree: exp.Expr, catalog: Catalog, *, trusted: bool = False, named: bool = False
) -> Binding:
    """As `bind`, but raises the first finding."""
    binding = bind(tree, catalog, trusted=trusted, named=named)
    for finding in binding.findings:
        raise finding.error
    return binding


class _Binder:
    def __init__(self, catalog: Catalog, trusted: bool) -> None:
        self.names = Resolver(catalog, trusted)
        self.sources = Sources(self.names)
        self.dialect = catalog.dialect

    # queries: each returns its output columns, in order

    def query(
        self, node: exp.Expr, ctes: tuple[Source, ...], outer: Scope | None, *, named: bool = False
    ) -> Output:
        """The output of a query. One that is `named` gives each of its columns a name of its own."""
        if isinstance(node, exp.Subquery):
            return self.query(node.this, ctes, outer, named=named)
        if isinstance(node, exp.SetOperation):
            return self.set_operation(node, self.with_clause(node, ctes, outer), outer, named=named)
        if isinstance(node, exp.Select):
            return self.select(node, self.with_clause(node, ctes, outer), outer, named=named)
        raise PlanError("plan.unsupported", f"`{node.key.upper()}` is not allowed as a subquery")

    def with_clause(
        self, node: exp.Expr, ctes: tuple[Source, ...], outer: Scope | None
    ) -> tuple[Source, ...]:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        for cte in clause.expressions:
            alias, body = cte.args["alias"], cte.this
            self.names.require_free_name(cte.alias, alias, relation_names=True)
            if clause.recursive and isinstance(body, exp.SetOperation):
                inner = self.with_clause(body, ctes, outer)
                columns = self.set_operation(body, inner, outer, named=True, recursive=alias)
            else:
                columns = self.query(body, ctes, outer, named=True)
            ctes = (*ctes, self.sources.named(alias, columns))
        return ctes

    def set_operation(
        self,
        node: exp.SetOperation,
        ctes: tuple[Source, ...],
        outer: Scope | None,
        *,
        named: bool,
        recursive: exp.TableAlias | None = None,
    ) -> Output:
        """With `recursive`, the right side sees the left one under that name."""
        left = self.query(node.left, ctes, outer, named=named)
        own = () if recursive is None else (self.sources.named(recursive, left),)
        right = self.query(node.right, (*ctes, *own), outer)
        # ORDER BY of a set operation sees only the names of its output.
        first = node.left
        while isinstance(first, exp.SetOperation | exp.Subquery):
            first = first.this
        scope = Scope(ctes, outer, sees_aliases=True)
        for column, item in zip(left, first.expressions, strict=False):
            scope.aliases.setdefault(column.name, item)
        self.order(node.args.get("order"), scope)
        for key in ("limit", "offset"):
            self.expressions(node.args.get(key), scope)
        return [
            a._replace(column=a.column if same_type(a.column, b.column) else None)
            for a, b in zip(left, right, strict=False)
        ]

    def select(
        self, node: exp.Select, ctes: tuple[Source, ...], outer: Scope | None, *, named: bool
    ) -> Output:
        scope = Scope(ctes, outer)
        if clause := node.args.get("from_"):
            self.source(clause.this, scope)
        for join in node.args.get("joins") or ():
            self.join(join, scope)
        if isinstance(node.parent, exp.Exists) and node.expressions == [exp.Star()]:
            # What EXISTS selects is never read, and a plan should not depend on it.
            node.set("expressions", [exp.Literal.number(1)])
        self.expand_stars(node, scope)
        for item in node.expressions:
            self.expressions(item, scope)
            if isinstance(item, exp.Alias):
                self.names.require_free_name(item.alias, item.args["alias"])
                if self.dialect == "duckdb":
                    self.add_alias(scope, item)
        for item in node.expressions:
            if isinstance(item, exp.Alias):
                self.add_alias(scope, item)
        reserved = {n for s in scope.sources for n in s.columns}
        names = names_of_outputs(node, reserved, tells_case=self.dialect == "postgres")
        given = [output_name(i) if isinstance(i, exp.Alias | exp.Column) else "" for i in node.expressions]
        if named:
            name_outputs(node, names)
        scope.names = {n: i for n, i in zip(names, node.expressions, strict=True) if n not in scope.aliases}
        self.clauses(node, scope)
        origins = (i.unalias().meta.get(COLUMN, (None, None))[1] for i in node.expressions)
        return [OutputColumn(*of) for of in zip(names, origins, given, strict=True)]

    def clauses(self, node: exp.Select, scope: Scope) -> None:
        """The rest of a SELECT, in which the names of its output may be seen."""
        scope.sees_aliases = self.dialect != "postgres"
        for key in _CLAUSES:
            # DuckDB takes a name that is not grouped for the alias, which depends on more than names.
            scope.alias_first = self.dialect == "duckdb" and key in ("having", "qualify")
            value = node.args.get(key)
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, exp.Group):
                    self.group(part, scope)
                else:
                    self.expressions(part, scope)
        scope.alias_first = self.dialect == "duckdb"
        self.order(node.args.get("order"), scope)
        distinct = node.args.get("distinct")
        on = distinct.args.get("on") if distinct is not None else None
        for item in on.expressions if on is not None else ():
            self.output_or_expression(item, scope)
        if self.dialect != "sqlite":  # which needs no grouping
            group_by_keys(node, scope)

    def group(self, node: exp.Group, scope: Scope) -> None:
        for item in node.expressions:
            name = item.name if isinstance(item, exp.Column) and not item.table else None
            target = scope.aliases.get(name) if name is not None else None
            owners = (
                [s for s in scope.sources if self.names.exact(s, item.this)] if target is not None else []
            )
            if target is not None and len(owners) > 1 and name not in scope.merged:
                # The column would be ambiguous; the output of that name is one of them.
                item.replace(target.unalias().copy())
            elif not self.output_name_only(item, scope):
                self.expressions(item, scope)
        for key in ("rollup", "cube", "grouping_sets"):
            for part in node.args.get(key) or ():
                self.expressions(part, scope)

    def output_name_only(self, item: exp.Expr, scope: Scope) -> bool:
        """True where a bare name of GROUP BY can only be that of an output column."""
        if not isinstance(item, exp.Column) or item.table or isinstance(item.this, exp.Star):
            return False
        alias = self.names.find_alias(scope, item.this)
        if alias is None or any(self.names.exact(s, item.this) for s in scope.sources):
            return False
        self.names.spell(item.this, alias)
        return True

    def order(self, node: exp.Expr | None, scope: Scope) -> None:
        for item in node.expressions if node is not None else ():
            self.output_or_expression(item.this if isinstance(item, exp.Ordered) else item, scope)

    def output_or_expression(self, item: exp.Expr, scope: Scope) -> None:
        """A bare name of ORDER BY is that of an output column first, everywhere."""
        if isinstance(item, exp.Column) and not item.table and not isinstance(item.this, exp.Star):
            owners = [s for s in scope.sources if self.names.exact(s, item.this)]
            alias = self.names.find_alias(
                scope, item.this, exactly=self.dialect == "postgres" and bool(owners)
            )
            if alias is not None:
                for source in owners:
                    self.names.read(source, item.name.casefold())
                shown = scope.names.get(alias)
                if self.dialect == "sqlite" and len(owners) > 1 and isinstance(shown, exp.Column):
                    # Without AS it is no name to SQLite, unless it came by `t.*`, which we spelled out.
                    item.replace(shown.copy())
                else:
                    self.names.spell(item.this, alias)
                return
        self.expressions(item, scope)

    # sources

    def source(self, node: exp.Expr, scope: Scope) -> None:
        alias = node.args.get("alias")
        if isinstance(node, exp.Table):
            scope.sources.append(self.sources.table(node, scope))
        elif isinstance(node, exp.Subquery):
            # Only LATERAL sees its neighbours; a derived table sees what encloses the whole SELECT.
            columns = self.query(node.this, scope.ctes, scope.outer, named=True)
            scope.sources.append(self.sources.named(alias, columns))
        elif isinstance(node, exp.Lateral):
            columns = self.query(node.this, scope.ctes, scope, named=True)
            scope.sources.append(self.sources.named(alias, columns))
        else:
            raise PlanError("plan.unsupported", f"`{node.key.upper()}` is not allowed in FROM")

    def join(self, join: exp.Join, scope: Scope) -> None:
        if is_comma(join):
            scope.items.append(len(scope.sources))
        before = scope.sources[scope.items[-1] :]
        self.source(join.this, scope)
        joined = scope.sources[-1]
        if (join.side or "").upper() in ("RIGHT", "FULL"):
            scope.right_joined = len(scope.sources) - 1
        names = [i.name.casefold() for i in join.args.get("using") or ()]
        for identifier in join.args.get("using") or ():
            if self.merge(identifier.name.casefold(), before, joined, join, scope) is None:
                self.names.findings += unknown_column(identifier, identifier.name, scope)
            else:
                self.names.spell(identifier, joined.columns[identifier.name.casefold()][0])
        if (join.method or "").upper() == "NATURAL":
            names = shared_names(before, joined, scope, self.dialect)
            for name in names:
                self.merge(name, before, joined, join, scope)
        scope.merged_first = [*names, *(n for n in scope.merged_first if n not in names)]
        self.expressions(join.args.get("on"), self.scope_of_on(scope))
        if (join.kind or "").upper() in ("SEMI", "ANTI"):
            scope.sources.remove(joined)

    def scope_of_on(self, scope: Scope) -> Scope:
        """What ON sees behind a comma: its own item of FROM. DuckDB then looks at those before it."""
        begins = scope.items[-1]
        if not begins or self.dialect == "sqlite":
            return scope
        earlier = (
            replace(scope, sources=scope.sources[:begins]) if self.dialect == "duckdb" else scope.outer
        )
        return replace(scope, sources=scope.sources[begins:], outer=earlier)

    def merge(
        self, name: str, before: list[Source], joined: Source, join: exp.Join, scope: Scope
    ) -> Merged | None:
        owners = [s for s in before if name in s.columns]
        if not owners or name not in joined.columns:
            return None
        merged = scope.merged.setdefault(name, Merged(owners[0].columns[name][0], owners[:1]))
        if merged.sources[0] not in before or any(
            is_unclear(s, name, self.dialect) for s in (*owners, joined)
        ):
            self.names.find(ambiguous_join(name), join)
        merged.sources.append(joined)
        merged.sides.add((join.side or "").upper())
        for source in (*owners, joined):
            self.names.read(source, name, join)
        return merged

    # expressions

    def expressions(self, node: exp.Expr | None, scope: Scope) -> None:
        if node is None:
            return
        if isinstance(node, exp.Query):
            self.query(node, scope.ctes, scope)
            return
        if isinstance(node, exp.Column):
            self.names.column(node, scope)
            return
        if isinstance(node, exp.Star) and node.args.get("except_"):
            raise PlanError("plan.unsupported", "`* EXCLUDE` is allowed only in a SELECT list")
        for child in list(node.iter_expressions()):
            self.expressions(child, scope)

    def add_alias(self, scope: Scope, item: exp.Alias) -> None:
        scope.aliases.setdefault(item.alias, item)

    def expand_stars(self, node: exp.Select, scope: Scope) -> None:
        """`*` and `t.*` as the columns that they mean today, so that a plan's columns never change."""
        if not node.expressions and scope.sources:
            node.set("expressions", [exp.Star()])
        expanded: list[exp.Expr] = []
        for item in node.expressions:
            star = item.this if isinstance(item, exp.Column) else item
            if not isinstance(star, exp.Star):
                expanded.append(item)
                continue
            table = item.table if isinstance(item, exp.Column) else None
            sources = (
                self.names.sources_called(item, scope) if isinstance(item, exp.Column) else scope.sources
            )
            if not sources:
                self.names.findings += unknown_qualifier(item, table or "*", scope)
            columns = star_columns(
                sources, scope, merge=table is None, outermost=node.parent is None, dialect=self.dialect
            )
            if sources and not columns:
                self.names.find(
                    PlanError("plan.unknown_column", "there is nothing that `*` may show"), item
                )
            excluded = {e.name.casefold() for e in star.args.get("except_") or ()}
            for left_out in star.args.get("except_") or ():
                if left_out.name.casefold() not in {c.output_name.casefold() for c in columns}:
                    self.names.findings += unknown_column(left_out, left_out.name, scope)
            expanded += [c for c in columns if c.output_name.casefold() not in excluded]
            self.names.starred.update(map(id, columns))
        node.set("expressions", expanded)


def _require_all_visited(tree: exp.Expr, visited: set[int]) -> None:
    # INVARIANT: a table that the binder did not visit would reach the database unrestricted.
    for table in tree.find_all(exp.Table):
        if id(table) not in visited:
            raise PlanError("plan.unsupported", f"`{table.name}` stands where a relation is not allowed")
