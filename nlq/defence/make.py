"""A policy as the objects of a Postgres database that enforce it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.defence.identity import claim, fingerprint, has_role
from nlq.defence.made import Made
from nlq.defence.names import Names, quote, require_short
from nlq.defence.writing import Conditions, Writable, make_writable
from nlq.errors import NlqError, PolicyError
from nlq.guard.defended import changes_type, look_up_rows, may_column, whole_column
from nlq.guard.mask import HASH_KEY, masked
from nlq.guard.predicate import ALIAS, parse_predicate
from nlq.plan.complete import makes_key
from nlq.plan.meta import RELATION
from nlq.plan.syntax import render
from nlq.policy import ACTIONS, Action, ColumnRule, Policy, Rule

_INNER = "__inner"


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
    writable: Writable | None = None

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
    writes: bool = False

    def made(self) -> Iterator[Made]:
        """Views and policies, in the order in which they can be made."""
        for _relation, objects in self.looked_up:
            yield from objects
        for protected in self.protected:
            yield from protected.policies
            if protected.writable is not None:
                yield from protected.writable.policies
            if protected.view is not None:
                yield protected.view
        yield self.marker

    def view_schemas(self) -> tuple[str, ...]:
        """The schemas of the views that the reader may read."""
        found = {self.names.view(p.relation.name).schema for p in self.protected if p.view is not None}
        return tuple(sorted(found))


def require_enforceable(policy: Policy) -> None:
    """Refuse a policy with a column that is given in aggregates only (`docs/decisions/0023-aggregates.md`).

    Raises `policy.unsupported`.
    """
    for name, rules in policy.relations.items():
        for column, rule in rules.columns.items():
            if rule.kind == "aggregate":
                what = f"`{column}` of `{name.name}` is given in aggregates only"
                raise PolicyError(
                    "policy.unsupported",
                    f"{what}, which Postgres cannot enforce",
                    "write `{ hidden = true, except = […] }`, or run without the setting `db_role`",
                )


def make_defence(policy: Policy, catalog: Catalog, role: str, *, writes: bool = False) -> Defence:
    """The policy as roles, grants, row-level security and views for requests that run as `role`.

    With `writes` the rules for changes are part of it; without, nobody changes anything.

    Raises `policy.invalid`, and `policy.unsupported` for what Postgres has no words for.
    """
    require_enforceable(policy)
    names = Names(role)
    if policy.open_to_owner:
        raise PolicyError("policy.invalid", "there is no policy to enforce", "name one with `--policy`")
    if catalog.dialect != "postgres":
        raise PolicyError("policy.unsupported", "only Postgres can enforce a policy itself")
    found = sorted((r for name in policy.relations if (r := catalog.relation(name))), key=lambda r: r.name)
    used: dict[RelationName, Relation] = {}
    protected = tuple(_protect(r, policy, catalog, names, used, writes=writes) for r in found)
    for one in protected:
        if one.writable is not None:
            used |= {r.name: r for r in _kept_apart(one.relation, catalog)}
    name = fingerprint(policy, writes=writes)
    mark = names.marker(name)
    return Defence(
        names,
        name,
        protected,
        tuple((r, tuple(_looked_up(r, names))) for _, r in sorted(used.items())),
        Made("view", str(mark), f"CREATE VIEW {quote(mark)} AS SELECT 1 AS ready"),
        catalog.relations,
        writes,
    )


def _kept_apart(relation: Relation, catalog: Catalog) -> Iterator[Relation]:
    """The relations of which every row matters to a change: the next key, and rows that go with others."""
    if makes_key(relation, catalog.dialect) == "integer":
        yield relation
    yield from (r for r in catalog if any(k.referred == relation.name for k in r.foreign_keys))


def _protect(
    relation: Relation,
    policy: Policy,
    catalog: Catalog,
    names: Names,
    used: dict[RelationName, Relation],
    *,
    writes: bool,
) -> Protected:
    given = policy.relations[relation.name]

    def conditions(alias: str, actions: Iterable[Action]) -> Conditions:
        """In each, the row has this name."""
        each = {
            action: [
                _condition(r, action, relation, alias, policy, catalog, names, used)
                for r in given.rules(action)
                if r.reviewed
            ]
            for action in actions
        }
        return {action: " OR ".join(some) for action, some in each.items() if some}

    alias = relation.name.name if relation.kind == "table" else ALIAS
    found = conditions(alias, ACTIONS if writes else ("read",))
    condition = found.get("read", "")
    may = conditions(ALIAS, ("update", "delete")) if writes and relation.kind == "table" else {}
    view = _view(relation, condition, may, policy, names) if condition else None
    policies = tuple(_policies(relation, condition, names)) if relation.kind == "table" else ()
    return Protected(
        relation,
        tuple(r for r in given.read if r.reviewed),
        tuple(r for r in given.read if not r.reviewed),
        view,
        policies,
        make_writable(relation, given.columns, found, names) if writes else None,
    )


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


def _view(relation: Relation, condition: str, may: Conditions, policy: Policy, names: Names) -> Made | None:
    columns = [c for column in relation.columns for c in _columns(relation, column, policy, names)]
    if not columns:
        return None
    columns += [f"({rule}) AS {quote(may_column(action))}" for action, rule in may.items()]
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
        case "hidden":
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
    action: Action,
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
                f"the {action} rule `{rule.sql}` of `{relation.name.name}` cannot be applied:"
                f" {error.message}",
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
    for table in tree.find_all(exp.Table):
        name = table.meta.get(RELATION)
        found = catalog.relation(name) if name is not None else None
        if found is not None:  # else it is a WITH query of the rule
            used[found.name] = found
    look_up_rows(tree, names.reader)
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
