"""What stands in FROM, as sources of a scope: relations, WITH queries, series; what an alias renames."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sqlglot import exp

from nlq.catalog import Column
from nlq.errors import PlanError
from nlq.plan.meta import RELATION
from nlq.plan.resolve import Resolver
from nlq.plan.rows import is_series, series_column
from nlq.plan.scope import Output, OutputColumn, Scope, Source, named_like
from nlq.plan.unbound import unknown_relation


class Sources:
    """Makes sources. `visited` are the tables, by `id`, of which it has made one."""

    def __init__(self, names: Resolver) -> None:
        self.visited: set[int] = set()
        self._names = names

    def table(self, node: exp.Table, scope: Scope) -> Source:
        """A relation, a WITH query or a series."""
        self.visited.add(id(node))
        if is_series(node.this):
            return self._series(node)
        name, schema = self._names.meant(node.this), node.db or None
        if schema is None and (cte := named_like(name, scope.ctes, lambda c: c.alias)):
            self._names.spell(node.this, cte.alias)
            return self._aliased(node, replace(cte, alias=node.alias or cte.alias))
        found = self._names.catalog.find(name, schema)
        if len(found) != 1:
            unknown = unknown_relation(node, node.name, schema, found, self._names.catalog)
            self._names.findings.append(unknown)
            return Source(node.alias or name, {})
        relation = found[0]
        node.meta[RELATION] = relation.name
        alias = node.alias or relation.name.name
        node.set("db", exp.to_identifier(relation.name.schema, quoted=True))
        self._names.spell(node.this, relation.name.name)
        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        self._names.binding.reads.setdefault(relation.name, {})
        columns: dict[str, tuple[str, Column | None]] = {}
        for column in relation.columns:
            # A second column that differs only in case (possible in Postgres) is found by exact spelling.
            columns.setdefault(column.name.casefold(), (column.name, column))
        return self._aliased(node, Source(alias, columns, relation))

    def _series(self, node: exp.Table) -> Source:
        """A series has one column, which no principal is kept from."""
        alias, name = node.args.get("alias"), series_column(node, self._names.dialect)
        if alias is None or name is None:
            hint = "write `AS t(n)` behind it"
            raise PlanError("plan.unsupported", "a series is allowed where its column has a name", hint)
        return self.named(alias, [OutputColumn(name, None, name)])

    def _aliased(self, node: exp.Table, source: Source) -> Source:
        alias = node.args.get("alias")
        if alias is None:
            return source
        if node.alias and node.alias != (source.relation.name.name if source.relation else node.name):
            self._names.require_free_name(alias.name, alias)
        if not alias.columns:
            return source
        return self._renamed(alias, source, [OutputColumn(n, c, n) for n, c in source.exact.values()])

    def named(self, alias: exp.TableAlias | None, columns: Output) -> Source:
        """What a query gives, by its alias."""
        name = alias.name if alias is not None else ""
        if alias is not None and name:
            self._names.require_free_name(name, alias)
        return self._renamed(alias, Source(name, {}), columns)

    def _renamed(self, alias: exp.TableAlias | None, source: Source, columns: Output) -> Source:
        """`t(a, b)` renames the first columns of a source."""
        names = alias.columns if alias is not None else []
        if names and source.relation is not None:
            # The renamed columns are read by position, which the policy may narrow: refuse.
            raise PlanError(
                "plan.unsupported",
                f"column names in the alias `{source.alias}` are not allowed for a relation",
                hint="rename columns in the SELECT list",
            )
        if source.relation is not None:
            return source
        for identifier in names:
            self._names.require_free_name(identifier.name, identifier)
            identifier.set("quoted", True)
        renamed = [
            OutputColumn(n.name, c.column, n.name) for n, c in zip(names, columns, strict=False)
        ] + columns[len(names) :]
        folded: dict[str, tuple[str, Column | None]] = {}
        exact: dict[str, tuple[str, Column | None]] = {}
        for name, column, _ in renamed:
            folded.setdefault(name.casefold(), (name, column))
            exact.setdefault(name, (name, column))
        given = Counter(c.given for c in renamed if c.given)
        return Source(
            source.alias,
            folded,
            None,
            exact,
            frozenset(name for name, count in given.items() if count > 1),
            frozenset(c.name.casefold() for c in renamed if c.given != c.name),
        )
