"""A policy as the objects of a Postgres database that enforce it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.catalog.fingerprint import digest
from nlq.defence.identity import claim, fingerprint, has_role
from nlq.defence.names import Names, quote, require_short
from nlq.errors import NlqError, PolicyError
from nlq.guard.defended import changes_type, whole_column
from nlq.guard.mask import HASH_KEY, masked
from nlq.guard.predicate import ALIAS, parse_predicate
from nlq.plan.meta import RELATION
from nlq.plan.syntax import render
from nlq.policy import ColumnRule, Policy, Rule

_INNER = "__inner"


@dataclass(frozen=True, slots=True)
class Made:
    """A view, or a policy on a table, and the statement that makes it."""

    kind: str
    subject: str
    sql: str

    @property
    def source(self) -> str:
        """16 hex digits over the statement."""
        return digest(self.sql)[:16]


@dataclass(frozen=True, slots=True)
class Protected:
    """A relation that the policy names. `view` is None where nobody may read it.

    `unreviewed` are rules that grant nothing until somebody has approved of them.
    """

    relation: Relation
    rules: tuple[Rule, ...]
    unreviewed: tuple[Rule, ...]
    view: Made | None
    policies: tuple[Made, ...]

    @property
    def is_table(self) -> bool:
        """Whether it can have row-level security; of a view, our own view holds the rule."""
        return self.relation.kind == "table"


@dataclass(frozen=True, slots=True)
class Defence:
    """All that the migration makes. `looked_up`: relations that rules read, each with its view."""

    names: Names
    fingerprint: str
    protected: tuple[Protected, ...]
    looked_up: tuple[tuple[Relation, tuple[Made, ...]], ...]
    marker: Made
    relations: tuple[Relation, ...]
    """Every relation of the catalog: the reader may reach none of them directly."""

    def made(self) -> Iterator[Made]:
        """Views and policies, in the order in which they can be made."""
        for _relation, objects in self.looked_up:
            yield from objects
        for protected in self.protected:
            yield from protected.policies
            if protected.view is not None:
                yield protected.view
        yield self.marker

    def view_schemas(self) -> tuple[str, ...]:
        """The schemas of the views that the reader may read."""
        found = {self.names.view(p.relation.name).schema for p in self.protected if p.view is not None}
        return tuple(sorted(found))


def make_defence(policy: Policy, catalog: Catalog, role: str) -> Defence:
    """The policy as roles, grants, row-level security and views for requests that run as `role`.

    Raises `policy.invalid`, and `policy.unsupported` for what Postgres has no words for.
    """
    names = Names(role)
    if policy.open_to_owner:
        raise PolicyError("policy.invalid", "there is no policy to enforce", "name one with `--policy`")
    if catalog.dialect != "postgres":
        raise PolicyError("policy.unsupported", "only Postgres can enforce a policy itself")
    found = sorted((r for name in policy.relations if (r := catalog.relation(name))), key=lambda r: r.name)
    used: dict[RelationName, Relation] = {}
    protected = tuple(_protect(r, policy, catalog, names, used) for r in found)
    mark = names.marker(fingerprint(policy))
    return Defence(
        names,
        fingerprint(policy),
        protected,
        tuple((r, tuple(_looked_up(r, names))) for _, r in sorted(used.items())),
        Made("view", str(mark), f"CREATE VIEW {quote(mark)} AS SELECT 1 AS ready"),
        catalog.relations,
    )


def _protect(
    relation: Relation, policy: Policy, catalog: Catalog, names: Names, used: dict[RelationName, Relation]
) -> Protected:
    written = policy.relations[relation.name].read
    rules = tuple(r for r in written if r.reviewed)
    alias = relation.name.name if relation.kind == "table" else ALIAS
    condition = " OR ".join(_condition(r, relation, alias, policy, catalog, names, used) for r in rules)
    view = _view(relation, condition, policy, names) if rules else None
    policies = tuple(_policies(relation, condition, names)) if relation.kind == "table" else ()
    return Protected(relation, rules, tuple(r for r in written if not r.reviewed), view, policies)


def _policies(relation: Relation, condition: str, names: Names) -> Iterator[Made]:
    table = quote(relation.name)
    yield _policy(names.open, relation, f"FOR SELECT TO {quote(names.views)} USING (true)")
    yield _policy(
        names.rows,
        relation,
        f"AS RESTRICTIVE FOR SELECT TO {quote(names.views)} USING ({condition or 'false'})",
    )
    yield Made(
        "policy",
        f"{names.none} on {relation.name}",
        f"CREATE POLICY {quote(names.none)} ON {table}\n"
        f"    AS RESTRICTIVE FOR ALL TO {quote(names.reader)} USING (false)",
    )


def _policy(name: str, relation: Relation, what: str) -> Made:
    sql = f"CREATE POLICY {quote(name)} ON {quote(relation.name)}\n    {what}"
    return Made("policy", f"{name} on {relation.name}", sql)


def _looked_up(relation: Relation, names: Names) -> Iterator[Made]:
    view = names.looked_up(relation.name)
    columns = ", ".join(quote(c.name) for c in relation.columns)
    yield Made(
        "view", str(view), f"CREATE VIEW {quote(view)} AS\n    SELECT {columns} FROM {quote(relation.name)}"
    )
    if relation.kind == "table":
        name = f"{names.open}_rules"
        yield _policy(name, relation, f"FOR SELECT TO {quote(names.rules)} USING (true)")


def _view(relation: Relation, condition: str, policy: Policy, names: Names) -> Made | None:
    columns = [c for column in relation.columns for c in _columns(relation, column, policy, names)]
    if not columns:
        return None
    view = names.view(relation.name)
    shown = ",\n        ".join(columns)
    # On a table the rule is row-level security, which a mistake here cannot undo.
    where = "" if relation.kind == "table" else f"\n    WHERE {condition}"
    return Made(
        "view",
        str(view),
        f"CREATE VIEW {quote(view)} WITH (security_barrier) AS\n    SELECT\n        {shown}\n"
        f"    FROM {quote(relation.name)} AS {quote(ALIAS)}{where}",
    )


def _columns(relation: Relation, column: Column, policy: Policy, names: Names) -> Iterator[str]:
    """What the view shows of one column: nothing, itself, or what depends on the roles of the caller."""
    rule = policy.relations[relation.name].columns.get(column.name, ColumnRule())
    source, name = f"{quote(ALIAS)}.{quote(column.name)}", quote(column.name)
    exempt = has_role(rule.exempt) if rule.exempt else ""
    match rule.kind:
        case "visible":
            yield f"{source} AS {name}"
        case "hidden" | "aggregate":
            # Groups cannot be counted by a view: what is given in aggregates alone is not given.
            if exempt:
                yield f"CASE WHEN {exempt} THEN {source} END AS {name}"
        case "masked" if rule.mask is not None:
            mask = _render_mask(masked(_source(column.name), column, rule.mask, "postgres"), names)
            if exempt and changes_type(relation, column.name, rule):
                yield f"{mask} AS {name}"
                whole = quote(require_short(whole_column(column.name)))
                yield f"CASE WHEN {exempt} THEN {source} END AS {whole}"
            elif exempt:
                yield f"CASE WHEN {exempt} THEN {source} ELSE {mask} END AS {name}"
            else:
                yield f"{mask} AS {name}"
        case _:
            raise AssertionError("a mask has a mask")


def _source(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(ALIAS, quoted=True))


def _render_mask(mask: exp.Expr, names: Names) -> str:
    for node in list(mask.find_all(exp.Placeholder)):
        if node.name == HASH_KEY:
            node.replace(exp.Var(this=f"(SELECT value FROM {quote(names.hash_key)})"))
    return render(mask, "postgres", pretty=False)


def _condition(
    rule: Rule,
    relation: Relation,
    alias: str,
    policy: Policy,
    catalog: Catalog,
    names: Names,
    used: dict[RelationName, Relation],
) -> str:
    """The rule in SQL: the caller has one of its roles, and the row is one that it speaks of."""
    parts = [has_role(rule.roles)] if rule.roles else []
    if rule.sql is not None:
        try:
            tree = exp.paren(parse_predicate(rule.sql, relation, catalog, policy.claims), copy=False)
        except NlqError as error:
            raise PolicyError(
                "policy.invalid",
                f"the read rule `{rule.sql}` of `{relation.name.name}` cannot be applied: {error.message}",
                error.hint,
            ) from error
        parts.append(_render_rule(tree, alias, policy, catalog, names, used))
    return f"({' AND '.join(parts) or 'true'})"


def _render_rule(
    tree: exp.Expr,
    alias: str,
    policy: Policy,
    catalog: Catalog,
    names: Names,
    used: dict[RelationName, Relation],
) -> str:
    if alias != ALIAS:
        _rename_inner(tree, alias)
    for table in list(tree.find_all(exp.Table)):
        name = table.meta.get(RELATION)
        found = catalog.relation(name) if name is not None else None
        if found is None:
            continue  # a WITH query of the rule
        used[found.name] = found
        view = names.looked_up(found.name)
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.alias_or_name, quoted=True)))
        table.set("this", exp.to_identifier(view.name, quoted=True))
        table.set("db", exp.to_identifier(view.schema, quoted=True))
    for column in tree.find_all(exp.Column):
        if column.table == ALIAS:
            column.set("table", exp.to_identifier(alias, quoted=True))
    for node in list(tree.find_all(exp.Placeholder)):
        node.replace(exp.Var(this=claim(node, policy.claims)))
    return render(tree, "postgres", pretty=False)


def _rename_inner(tree: exp.Expr, alias: str) -> None:
    """Give sources of sub-selects another name where they have that of the row's relation.

    In a policy the row has the name of its table, and nothing else can be chosen.
    """
    for source in tree.find_all(exp.Table, exp.Subquery):
        if source.alias_or_name == alias and isinstance(source.parent, exp.From | exp.Join | exp.Lateral):
            source.set("alias", exp.TableAlias(this=exp.to_identifier(_INNER, quoted=True)))
    for column in tree.find_all(exp.Column):
        if column.table == alias:
            column.set("table", exp.to_identifier(_INNER, quoted=True))
