"""What a principal may see of the scratch database, found without the guard: rules run as they are."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Relation, RelationName
from nlq.engine import Engine
from nlq.guard import Context, Statement
from nlq.guard.lists import bind_claims
from nlq.guard.number import number
from nlq.guard.predicate import ALIAS, parse_predicate
from nlq.policy import Policy, Principal
from nlq.policy.decide import column_rule, decide_read
from nlq.redteam.world import Cell, World

_ROWS = 100_000
_SECONDS = 30.0
_ORDER = {"duckdb": "rowid", "sqlite": "rowid", "postgres": "ctid"}


@dataclass(frozen=True, slots=True)
class Reach:
    """Rows by relation, and columns that are hidden, or shown as something else."""

    rows: dict[RelationName, frozenset[int]]
    hidden: frozenset[tuple[RelationName, str]]
    changed: frozenset[tuple[RelationName, str]]

    def sees(self, cell: Cell) -> bool:
        """True where the principal may see the value itself."""
        column = (cell.relation, cell.column)
        seen = cell.row in self.rows.get(cell.relation, frozenset())
        return seen and column not in self.hidden and column not in self.changed


def find_reach(world: World, engine: Engine, policy: Policy, principal: Principal) -> Reach:
    """What the principal may see of `world`, which is in the database that `engine` opened."""
    rules = {
        (r.name, c.name): column_rule(policy, principal, r, c).kind
        for r in world.catalog
        for c in r.columns
    }
    return Reach(
        rows={r.name: _rows(r, world, engine, policy, principal) for r in world.catalog},
        hidden=frozenset(name for name, kind in rules.items() if kind == "hidden"),
        changed=frozenset(name for name, kind in rules.items() if kind in ("masked", "aggregate")),
    )


def _rows(
    relation: Relation, world: World, engine: Engine, policy: Policy, principal: Principal
) -> frozenset[int]:
    count = len(world.rows[relation.name])
    predicates = decide_read(policy, principal, relation.name).predicates
    if predicates is None:
        return frozenset(range(count))
    if not predicates:
        return frozenset()
    catalog = engine.introspect()
    known = catalog.relation(relation.name) or relation
    whole = exp.or_(
        *(parse_predicate(text, known, catalog, policy.claims) for text in predicates), copy=False
    )
    source = exp.Table(
        this=exp.to_identifier(relation.name.name, quoted=True),
        db=exp.to_identifier(relation.name.schema, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(ALIAS, quoted=True)),
    )
    select = exp.select(exp.alias_(_is_true(whole), "kept")).from_(source, copy=False)
    return _kept(select, catalog, engine, policy, principal)


def _is_true(predicate: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=predicate, true=exp.Literal.number(1))], default=exp.Literal.number(0))


def _kept(
    select: exp.Select, catalog: Catalog, engine: Engine, policy: Policy, principal: Principal
) -> frozenset[int]:
    context = Context(policy, principal, catalog, catalog)
    number(select, context)
    # Rows are stored in the order in which they were written, and nothing has changed them since.
    text = f'{context.text} ORDER BY "{ALIAS}".{_ORDER[catalog.dialect]}'
    statement = Statement(text, catalog.dialect, tuple(context.arguments), "redteam", ())
    arguments = bind_claims(statement.arguments, principal)
    rows = engine.run(statement, arguments, limit=_ROWS, timeout_s=_SECONDS).rows
    return frozenset(position for position, (kept,) in enumerate(rows) if kept)
