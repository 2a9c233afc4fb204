"""Names resolved to what is in scope: columns, aliases, and names that nobody may take.

Where a name may be a column or an alias, what each engine takes it for was tried out
(tests/property/test_guard_law.py).
"""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Catalog, Column
from nlq.errors import PlanError
from nlq.plan.meta import COLUMN, BoundColumn
from nlq.plan.scope import Binding, Finding, Scope, Source, is_quoted_text, named_like
from nlq.plan.unbound import ambiguous_column, unknown_column, unknown_qualifier
from nlq.plan.use import misused

_RESERVED_PREFIX = "__"
_SYSTEM_PREFIXES = ("pg_", "sqlite_", "duckdb_", "information_schema")


class Resolver:
    """Resolves the names of one tree; what it reads and what it does not find are in `binding`.

    `starred` are the columns, by `id`, that we wrote in place of `*`.
    """

    def __init__(self, catalog: Catalog, trusted: bool) -> None:
        self.catalog = catalog
        self.dialect = catalog.dialect
        self.binding = Binding()
        self.findings = self.binding.findings
        self.starred: set[int] = set()
        self._trusted = trusted

    def column(self, node: exp.Column, scope: Scope) -> None:
        """Tie a column, or an alias, to what it means in `scope` or further out."""
        if isinstance(node.this, exp.Star):
            raise PlanError("plan.unsupported", "`table.*` is allowed only in a SELECT list")
        level: Scope | None = scope
        while level is not None:
            if node.table:
                if sources := self.sources_called(node, level):
                    self._qualified(node, sources, scope)
                    return
            elif self._unqualified(node, level, scope):
                return
            level = level.outer
        if node.table:
            self.findings += unknown_qualifier(node, node.table, scope)
        elif (alias := self.find_alias(scope, node.this)) is not None:
            self.spell(node.this, alias)  # where this engine sees no alias, it will say so
        elif self.dialect == "sqlite" and is_quoted_text(node):
            # SQLite manual, "Double-quoted String Literals Are Accepted": hidden and missing alike.
            node.replace(exp.Literal.string(node.name))
        else:
            self.findings += unknown_column(node, node.name, scope)

    def sources_called(self, node: exp.Column, level: Scope) -> list[Source]:
        """What `table` of `table.column` or `schema.table.column` may mean among the sources of a level."""
        sources = level.sources
        if node.args.get("db") is not None:
            schema = node.text("db").casefold()
            sources = [s for s in sources if s.relation and s.relation.name.schema.casefold() == schema]
        name = self.meant(node.args["table"])
        return [s for s in sources if s.alias == name] or [
            s for s in sources if s.alias.casefold() == name.casefold()
        ]

    def _qualified(self, node: exp.Column, sources: list[Source], scope: Scope) -> None:
        if len(sources) > 1:
            self.findings.append(ambiguous_column(node, node.table, sources, scope))
            return
        source = sources[0]
        if self._is_twice(node, source):
            self.findings.append(ambiguous_column(node, node.name, sources, scope))
        elif self._take(node, source):
            self.spell(node.args["table"], source.alias)
            node.set("db", None)
        elif not source.columns and source.relation is None:
            return  # the relation itself was not found, which is the finding
        else:
            self.findings += unknown_column(node, node.name, scope, source)

    def _unqualified(self, node: exp.Column, level: Scope, scope: Scope) -> bool:
        folded = node.name.casefold()
        owners = [s for s in level.sources if self.exact(s, node.this)]
        alias = self.find_alias(level, node.this)
        merged = level.merged.get(folded)
        if merged is not None and all(s in merged.sources for s in owners):
            for source in owners:
                self.read(source, folded, node)
            self.spell(node.this, merged.name)
            return True
        if alias is not None and level.alias_first and owners:
            # Column or alias: left to the engine, and the column counts as read, so that permission
            # does not depend on the answer.
            for source in owners:
                self.read(source, folded, node)
            self.spell(node.this, alias)
            return True
        if len(owners) > 1 or any(self._is_twice(node, s) for s in owners):
            self.findings.append(ambiguous_column(node, node.name, owners, scope))
            return True
        if owners:
            self._take(node, owners[0])
            if owners[0].alias:
                node.set("table", exp.to_identifier(owners[0].alias, quoted=True))
            return True
        if alias is not None and (level.sees_aliases or self.dialect == "duckdb"):
            self.spell(node.this, alias)
            return True
        return False

    def _is_twice(self, node: exp.Column, source: Source) -> bool:
        """True where Postgres would not know which of two columns is meant; others take the first."""
        named_by_us = id(node) in self.starred
        return self.dialect == "postgres" and not named_by_us and self.meant(node.this) in source.twice

    def find_alias(self, scope: Scope, identifier: exp.Expr, *, exactly: bool = False) -> str | None:
        """The output column of that name: one that was given first, then one that we named."""
        name = self.meant(identifier)
        for aliases in (scope.aliases, scope.names):
            if found := named_like(name, aliases, str):
                return None if exactly and found != name else found
        return None

    def exact(self, source: Source, identifier: exp.Expr) -> tuple[str, Column | None] | None:
        """The column of the source that has that name, spelled as it is; None where there is none."""
        name = self.meant(identifier)
        if source.relation is not None:
            column = source.relation.column(name)
            return (column.name, column) if column is not None else source.columns.get(name.casefold())
        return source.exact.get(name) or source.columns.get(name.casefold())

    def _take(self, node: exp.Column, source: Source) -> bool:
        """Tie the node to its column of the source, if that has it."""
        found = self.exact(source, node.this)
        if found is None:
            return False
        spelled, column = found
        self.spell(node.this, spelled)
        if source.relation is not None and column is not None:
            self.binding.reads[source.relation.name][column.name] = column
        node.meta.pop(COLUMN, None)
        if column is not None:
            relation = source.relation.name if source.relation else None
            node.meta[COLUMN] = BoundColumn(relation, column)
        return True

    def read(self, source: Source, folded: str, used: exp.Expr | None = None) -> None:
        """Note that a column is read; where it is `used`, by that node, to choose or compute something."""
        column = source.columns[folded][1] if folded in source.columns else None
        if column is None:
            return
        if source.relation is not None:
            self.binding.reads[source.relation.name][column.name] = column
        if used is not None and (column.group or not column.filterable):
            self.find(misused(column), used)

    def meant(self, identifier: exp.Expr) -> str:
        """The name as the engine reads it: Postgres folds one that is not quoted to lower case."""
        folds = self.dialect == "postgres" and not identifier.args.get("quoted")
        return identifier.name.lower() if folds else identifier.name

    def find(self, error: PlanError, node: exp.Expr) -> None:
        """Note what is wrong at a node."""
        self.findings.append(Finding(error, node))

    def spell(self, identifier: exp.Expr, name: str) -> None:
        """Write an identifier exactly so."""
        identifier.set("this", name)
        identifier.set("quoted", True)

    def require_free_name(self, name: str, node: exp.Expr, *, relation_names: bool = False) -> None:
        """Note where a name is taken that is ours, the engine's or, with `relation_names`, a relation's."""
        if name.startswith(_RESERVED_PREFIX) and not self._trusted:
            message = f"the name `{name}` is reserved"
            hint = "choose a name that does not begin with `__`"
            self.find(PlanError("plan.reserved_name", message, hint), node)
        elif relation_names and name.casefold().startswith(_SYSTEM_PREFIXES):
            message = f"the name `{name}` is reserved"
            self.find(PlanError("plan.reserved_name", message, "give the WITH query another name"), node)
        elif relation_names and self.catalog.find(name):
            message = f"the name `{name}` hides a relation"
            self.find(PlanError("plan.reserved_name", message, "give the WITH query another name"), node)
