"""A flat SELECT in parts, so that its result can be nested: the outer rows, and each list in them. Pure.

A list is the rows of some of the sources of FROM for one row of the others, so the SELECT has to come
apart: joins by keys, no grouping, and each condition about one list at most. What that means for joins,
sorting and limits is in docs/decisions/0021-nested-results.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from nlq.errors import PlanError
from nlq.plan.nested import IS_THERE, Path, list_of

_WHOLE = ("group", "having", "qualify", "distinct", "windows")
_STRICT = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.Between, exp.In)
_LENIENT = (exp.Or, exp.Not, exp.Is, exp.Coalesce, exp.Case, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Subquery,
            exp.Query)  # fmt: skip


@dataclass(slots=True)
class Part:
    """Some sources of a SELECT, with what is shown, required and sorted of them.

    `needs` says of a list that rows without one are left out, as an inner join does; `optional` that LEFT
    JOIN began it. `absent` are the paths of objects that may not be there, with the source of each.
    """

    sources: list[exp.Expr] = field(default_factory=list)
    left: list[exp.Join] = field(default_factory=list)
    shown: list[tuple[Path, exp.Expr]] = field(default_factory=list)
    conditions: list[exp.Expr] = field(default_factory=list)
    order: list[exp.Ordered] = field(default_factory=list)
    limit: exp.Expr | None = None
    offset: exp.Expr | None = None
    needs: bool = False
    optional: bool = False
    absent: dict[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Divided:
    """A SELECT in parts. `lists` are by the path that leads to each."""

    outer: Part
    lists: Mapping[Path, Part]

    @property
    def absent(self) -> frozenset[Path]:
        """The paths of objects of which there may be none."""
        return frozenset(path for part in (self.outer, *self.lists.values()) for path in part.absent)

    @property
    def padded(self) -> frozenset[str]:
        """The sources of which a row may be all NULL, and no object says so."""
        parts = (self.outer, *self.lists.values())
        return frozenset(
            join.this.alias_or_name
            for part in parts
            for join in part.left
            if join.this.alias_or_name not in part.absent.values()
        )


def divide(tree: exp.Expr, paths: Sequence[Path]) -> Divided:
    """The bound tree in parts, of copies of its nodes.

    Raises `plan.not_nestable`.
    """
    return _Divider(require_joined(tree), paths).divide()


@dataclass(slots=True)
class Joined:
    """A plain SELECT of sources that are joined: each by its alias, with what LEFT JOIN says of it."""

    select: exp.Select
    sources: dict[str, exp.Expr]
    left: dict[str, exp.Join]
    conditions: list[exp.Expr]

    def touched(self, node: exp.Expr) -> frozenset[str]:
        """The sources that an expression speaks of."""
        found = set()
        for column in node.find_all(exp.Column):
            if not column.table:
                raise not_nestable(f"`{column.name}` is not said to be of one relation")
            if column.table in self.sources:
                found.add(column.table)
        return frozenset(found)

    def links(self, join: exp.Join | None = None) -> Iterator[tuple[exp.Column, exp.Column]]:
        """The columns of two sources that are said to be equal; by one join, where that is given."""
        left = self.left.values() if join is None else (join,)
        for condition in (*(() if join else self.conditions), *(c for j in left for c in parts_of(j))):
            if (
                isinstance(condition, exp.EQ)
                and isinstance(condition.left, exp.Column)
                and isinstance(condition.right, exp.Column)
                and condition.left.table in self.sources
                and condition.right.table in self.sources
                and condition.left.table != condition.right.table
            ):
                yield condition.left, condition.right

    def below(self, above: Iterable[str], within: Collection[str] = ()) -> dict[str, str]:
        """For each other source the one that it hangs from, nearest first; some may hang from none.

        With `within`, only by way of those.
        """
        near: dict[str, list[str]] = {name: [] for name in self.sources}
        for one, other in ((a.table, b.table) for a, b in self.links()):
            if not within or (one in within and other in within):
                near[one].append(other)
                near[other].append(one)
        todo = [name for name in self.sources if name in set(above)]
        parents: dict[str, str] = dict.fromkeys(todo, "")
        for above_it in todo:  # it grows
            for name in near[above_it]:
                if name not in parents:
                    parents[name] = above_it
                    todo.append(name)
        return {name: parent for name, parent in parents.items() if parent}


def require_joined(tree: exp.Expr) -> Joined:
    """The parts of a plain SELECT.

    Raises `plan.not_nestable` where it groups, or joins otherwise than by conditions.
    """
    if not isinstance(tree, exp.Select) or tree.args.get("from_") is None:
        raise not_nestable("it is not one SELECT from relations")
    if any(tree.args.get(key) for key in _WHOLE):
        raise not_nestable("it groups rows, or leaves out repeated ones")
    if any(_own(node, tree) for node in tree.find_all(exp.AggFunc, exp.Window)):
        raise not_nestable("it computes something over rows")
    joined = Joined(tree, {}, {}, [])
    _add_source(joined, tree.args["from_"].this)
    for join in tree.args.get("joins") or ():
        if join.args.get("using") or join.method:
            raise not_nestable("it joins by the names of columns")
        if join.side not in ("", "LEFT") or join.kind not in ("", "INNER", "OUTER", "CROSS"):
            raise not_nestable(f"it has a {join.side or join.kind} join")
        _add_source(joined, join.this)
        if join.side == "LEFT":
            joined.left[join.this.alias_or_name] = join
        else:
            joined.conditions += parts_of(join)
    if (where := tree.args.get("where")) is not None:
        joined.conditions += _conjuncts(where.this)
    inside = (query for node in _outside_sources(tree) for query in node.find_all(exp.Select))
    if {t.alias_or_name for query in inside for t in _sources_of(query)} & joined.sources.keys():
        raise not_nestable("a query inside it uses one of its names again")
    return joined


def parts_of(join: exp.Join) -> list[exp.Expr]:
    """What a join's ON says, part by part."""
    on = join.args.get("on")
    return list(_conjuncts(on)) if on is not None else []


def not_nestable(why: str) -> PlanError:
    """The finding that a result cannot be nested."""
    return PlanError(
        "plan.not_nestable",
        f"this result cannot be nested: {why}",
        "join relations by their keys, without groups; or leave it flat: `-- nested: no`",
    )


def not_joined(source: str) -> PlanError:
    """The finding that nothing says which rows of a source belong to which others."""
    return not_nestable(f"`{source}` is not joined to the rest by columns")


class _Divider:
    def __init__(self, joined: Joined, paths: Sequence[Path]) -> None:
        self.joined = joined
        self.items = joined.select.expressions
        if len(paths) != len(self.items):
            raise not_nestable("it has other columns than it had")
        self.paths = paths
        self.divided = Divided(Part(), {list_of(p): Part() for p in paths if list_of(p)})
        self.owner: dict[str, Path] = {}

    def divide(self) -> Divided:
        self.share_sources()
        for path, item in zip(self.paths, self.items, strict=True):
            self.require_of(item, list_of(path))
            self.part(list_of(path)).shown.append((path, item.unalias().copy()))
        self.place_sources()
        for condition in self.joined.conditions:
            self.place_condition(condition)
        self.sort()
        self.add_presence()
        return self.divided

    def part(self, of: Path) -> Part:
        return self.divided.lists[of] if of else self.divided.outer

    def share_sources(self) -> None:
        """Whose each source is: of the outer rows, or of one list."""
        own: dict[str, Path] = {}
        for path, item in zip(self.paths, self.items, strict=True):
            touched = self.joined.touched(item)
            if not list_of(path):
                own |= dict.fromkeys(touched, ())
        if not own:
            raise not_nestable("nothing is shown of the rows that the lists would be in")
        parents = self.joined.below(own)
        for path, item in zip(self.paths, self.items, strict=True):
            for shown in self.joined.touched(item) if (of := list_of(path)) else ():
                at = shown
                while at not in own:
                    own[at] = of
                    if at not in parents:
                        raise not_joined(at)
                    at = parents[at]
                if own[at] not in ((), of):
                    raise not_nestable("a list would be inside a list")
        for name in (*parents, *self.joined.sources):
            if name not in own:
                if name not in parents:
                    raise not_joined(name)
                own[name] = own[parents[name]]
        self.owner = own
        outer = [name for name in self.joined.sources if not own[name]]
        if set(outer) != {outer[0], *self.joined.below(outer[:1], set(outer))}:
            raise not_nestable("what would be one row is joined by a list alone")

    def lists_in(self, node: exp.Expr) -> set[Path]:
        return {self.owner[name] for name in self.joined.touched(node)} - {()}

    def require_of(self, node: exp.Expr, of: Path) -> None:
        if self.lists_in(node) - {of}:
            raise not_nestable("a value is computed from several lists")

    def place_sources(self) -> None:
        """Each source to its part; what LEFT JOIN adds to a list begins it, or is added within it."""
        for name, source in self.joined.sources.items():
            of = self.owner[name]
            part = self.part(of)
            join = self.joined.left.get(name)
            if join is None:
                part.sources.append(source.copy())
                continue
            others = {self.owner[o] for c in parts_of(join) for o in self.joined.touched(c) if o != name}
            if others - {(), of}:
                raise not_nestable("a list would be inside a list")
            if of and of not in others:
                part.optional = True
                part.sources.append(source.copy())
                part.conditions += [c.copy() for c in parts_of(join)]
            else:
                part.left.append(join.copy())
        for part in self.divided.lists.values():
            part.needs = not part.optional

    def place_condition(self, condition: exp.Expr) -> None:
        lists = self.lists_in(condition)
        if len(lists) > 1:
            raise not_nestable("a condition is about several lists")
        part = self.part(next(iter(lists), ()))
        if lists and part.optional:
            # Without a row of the list it is not true, so such a row of the others was left out.
            if not isinstance(condition, _STRICT) or condition.find(*_LENIENT):
                raise not_nestable("a condition may hold where a list is empty")
            part.needs = True
        part.conditions.append(condition.copy())

    def sort(self) -> None:
        select = self.joined.select
        order, limit, offset = (select.args.get(key) for key in ("order", "limit", "offset"))
        first: Path | None = None
        for ordered in order.expressions if order is not None else ():
            meant = self.meant(ordered.this).copy()
            lists = self.lists_in(meant)
            if len(lists) > 1:
                raise not_nestable("it is sorted by several lists at once")
            of = next(iter(lists), ())
            first = of if first is None else first
            again = ordered.copy()
            again.set("this", meant)
            self.part(of).order.append(again)
        # "their 3 latest posts" limits each list, "the 10 oldest users with their posts" the rows.
        part = self.part(first or ())
        if limit is not None:
            plain = isinstance(limit.expression, exp.Literal | exp.Placeholder)
            if first and (offset is not None or not plain):
                raise not_nestable("each list would have an offset")
            part.limit = limit.expression.copy()
        if offset is not None:
            part.offset = offset.expression.copy()

    def meant(self, item: exp.Expr) -> exp.Expr:
        """What ORDER BY means by a name or number of the result."""
        if isinstance(item, exp.Literal) and not item.is_string:
            at = int(item.name) - 1
            if 0 <= at < len(self.items):
                named: exp.Expr = self.items[at].unalias()
                return named
        if isinstance(item, exp.Column) and not item.table:
            return next((i.unalias() for i in self.items if i.alias_or_name == item.name), item)
        return item

    def add_presence(self) -> None:
        """For each object of a LEFT JOIN, a value that is null where there is no row: an equal column."""
        for of in ((), *self.divided.lists):
            part = self.part(of)
            for join in part.left:
                name = join.this.alias_or_name
                mine = {p[:-1] for p, e in part.shown if self.joined.touched(e) == {name}}
                others = {p[:-1] for p, e in part.shown if self.joined.touched(e) != {name}}
                paths = mine - others
                key = next((c for pair in self.joined.links(join) for c in pair if c.table == name), None)
                if len(paths) == 1 and (path := paths.pop()) != of and path and key is not None:
                    part.absent[path] = name
                    shown = exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null()))
                    part.shown.append(((*path, IS_THERE), shown))


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    whole = condition.unnest()
    for part in whole.flatten() if isinstance(whole, exp.And) else (whole,):
        if isinstance(part.unnest(), exp.And):
            yield from _conjuncts(part)
        else:
            yield part.unnest()


def _add_source(joined: Joined, source: exp.Expr) -> None:
    if not isinstance(source, exp.Table | exp.Subquery) or not source.alias_or_name:
        raise not_nestable("rows come from something without a name")
    joined.sources[source.alias_or_name] = source


def _sources_of(select: exp.Select) -> Iterator[exp.Expr]:
    clause = select.args.get("from_")
    for part in ([clause] if clause is not None else []) + (select.args.get("joins") or []):
        yield part.this


def _outside_sources(select: exp.Select) -> Iterator[exp.Expr]:
    """All of a SELECT but WITH and what its rows come from."""
    yield from select.expressions
    yield from (part for key in ("where", "order") if (part := select.args.get(key)) is not None)
    for join in select.args.get("joins") or ():
        if (on := join.args.get("on")) is not None:
            yield on


def _own(node: exp.Expr, select: exp.Select) -> bool:
    return node.find_ancestor(exp.Select) is select
