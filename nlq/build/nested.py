"""Whether the result of a query is nested, and how: as its English asks, and its SQL can give. Pure.

"posts with their authors", "users and their recent posts": what something *has* is an object, or a list
where it may be several, of the relation that the SQL joins for it. `-- nested: author, comments` says it
outright. Which of the two it is, keys say. A result whose English asks for nothing of the kind is flat.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.build.place import BuildError
from nlq.build.source import Query
from nlq.catalog import Catalog, Relation
from nlq.catalog.words import words
from nlq.errors import PlanError
from nlq.plan import Plan
from nlq.plan.bind import bind
from nlq.plan.divide import Joined, divide, not_joined, not_nestable, require_joined
from nlq.plan.meta import RELATION
from nlq.plan.nested import LIST, Path
from nlq.plan.syntax import parse

_HAVING = re.compile(
    r"\b(?:with|and|including)\s+(?:the\s+(?:[\w-]+[\s,]+){1,8}?of\s+)?(?:all\s+|each\s+)?(?:of\s+)?"
    r"(?:their|its|his|her)\s+(?P<what>.*?)"
    r"(?=[.;:()]|\b(?:who|whom|that|which|where|when|whose|if|sorted|ordered|sort|order|by|from|since|in|for"
    r"|at|on|as|than|without)\b|$)",
    re.IGNORECASE | re.DOTALL,
)
_KEY = re.compile(r"(?P<stem>.+?)(?:_(?:id|key|code|no|nr|fk)|(?<=[a-z0-9])(?:Id|ID|Key|Code|No))")
_WORD = re.compile(r"[^\W\d_]+")


def paths_of(query: Query, plan: Plan, catalog: Catalog) -> tuple[Path, ...]:
    """A path for each column of the plan's result; none where it is flat.

    Raises `build.nested` where the query says that it is nested, and it cannot be.
    """
    if plan.kind != "query" or query.nested == ():
        return ()
    wanted, before = _wanted(query)
    if not wanted:
        return ()
    tree = parse(plan.sql, plan.dialect)
    bind(tree, catalog)
    try:
        paths = _Nesting(require_joined(tree), catalog, wanted, before).paths()
        if query.nested and not paths:
            raise not_nestable("the SQL shows nothing of what is to be in it")
        if paths:
            divide(tree, paths)
    except PlanError as error:
        if query.nested is None:
            return ()
        raise BuildError(
            "build.nested", f"`{query.name}`: {error.message}", error.hint, query.place
        ) from error
    return paths


def _wanted(query: Query) -> tuple[tuple[str, ...], str]:
    """The words for what is to be nested, and what the question says before them."""
    if query.nested is not None:
        return query.nested, query.question
    found = list(_HAVING.finditer(query.question))
    if not found:
        return (), ""
    said = " ".join(f["what"] for f in found)
    return tuple(_WORD.findall(said)), query.question[: found[0].start()]


@dataclass(frozen=True, slots=True)
class _Nesting:
    joined: Joined
    catalog: Catalog
    wanted: tuple[str, ...]
    before: str

    def paths(self) -> tuple[Path, ...]:
        nested = {s: name for s in self.joined.sources if (name := self.name_of(s)) is not None}
        nested = nested or self.only_other()
        root = self.root(nested)
        if root is None:
            return ()
        within = self.places(root, nested)
        for name in self.joined.sources:
            if name not in within:
                raise not_joined(name)
        paths: list[Path] = []
        taken = {(*place[:-1], _bare(place[-1])) for place in within.values() if place}
        for item in self.joined.select.expressions:
            place = self.place_of(item, within)
            path = (*place, _leaf(item, place, nested))
            if path in taken:
                path = (*place, item.alias_or_name)
            if path in taken:
                raise not_nestable(f"two values would be called `{path[-1]}`")
            taken.add(path)
            paths.append(path)
        return tuple(paths) if any(len(p) > 1 for p in paths) else ()

    def name_of(self, source: str) -> str | None:
        """What the source is called in the result; None where nobody asks for it by itself."""
        relation = self.relation(source)
        if relation is None:
            return None
        asked = {w: word for word in self.wanted for w in (" ".join(words(word)),)}
        every = {w for word in self.wanted for w in words(word)}
        stems = [stem for column in self.keys_to(source) if (stem := _stem(column.name))]
        for called in (*stems, source, relation.name.name):
            if len(called) > 1 and set(words(called)) <= every:
                found = asked.get(" ".join(words(called)), called)
                return _snake(found)
        return None

    def only_other(self) -> dict[str, str]:
        """Of two sources the one that can only be meant by a word that is no name of anything here."""
        root = self.root({})
        others = [s for s in self.joined.sources if s != root]
        if len(self.wanted) != 1 or len(others) != 1:
            return {}
        relations = (self.relation(s) for s in self.joined.sources)
        known = {words(c.name) for r in relations if r is not None for c in r.columns}
        return {} if words(self.wanted[0]) in known else {others[0]: _snake(self.wanted[0])}

    def keys_to(self, source: str) -> Iterator[exp.Column]:
        """The columns that refer to a row of the source."""
        for pair in self.joined.links():
            for mine, its in (pair, pair[::-1]):
                if mine.table == source and not _covers_key(self.relation(its.table), {its.name}):
                    yield its

    def root(self, nested: dict[str, str]) -> str | None:
        """The source that the question is about."""
        others = [name for name in self.joined.sources if name not in nested]
        said = words(self.before)

        def mention(name: str) -> int:
            relation = self.relation(name)
            called = words(relation.name.name) if relation is not None else ()
            return min((said.index(w) for w in called if w in said), default=len(said))

        return min(others, key=mention, default=None)

    def places(self, root: str, nested: dict[str, str]) -> dict[str, Path]:
        """The path of the object that each source's columns are in."""
        places: dict[str, Path] = {root: ()}
        several: dict[str, bool] = {root: False}
        for name, parent in self.joined.below([root]).items():
            many = self.is_many(name, parent)
            place = places[parent]
            # What stands between two relations in a list, such as `likes` of `users` and `posts`.
            several[name] = many or (several[parent] and parent not in nested)
            if name in nested:
                called = (
                    self.several(name, nested[name]) + LIST if several[name] else _singular(nested[name])
                )
                place = (*place, called)
            places[name] = place
        return places

    def several(self, source: str, called: str) -> str:
        """What a list is called: "their latest post" is one of `posts`."""
        relation = self.relation(source)
        is_one = words(called) == (called,)
        return _snake(relation.name.name) if is_one and relation is not None else called

    def is_many(self, name: str, parent: str) -> bool:
        """Whether there may be several rows of a source for one of that which it hangs from."""
        own: set[str] = set()
        theirs: set[str] = set()
        for one, other in self.joined.links():
            if {one.table, other.table} == {name, parent}:
                mine, its = (one, other) if one.table == name else (other, one)
                own.add(mine.name)
                theirs.add(its.name)
        if _covers_key(self.relation(name), own):
            return False
        if _covers_key(self.relation(parent), theirs):
            return True
        raise not_nestable(f"no key says how many rows of `{name}` there are for one of `{parent}`")

    def place_of(self, item: exp.Expr, within: dict[str, Path]) -> Path:
        places = sorted({within[s] for s in self.joined.touched(item) if s in within}, key=len)
        if not places:
            return ()
        if all(places[-1][: len(p)] == p for p in places) and any(p.endswith(LIST) for p in places[-1]):
            return places[-1]
        return places[0] if len(places) == 1 else ()

    def relation(self, source: str) -> Relation | None:
        name = self.joined.sources[source].meta.get(RELATION)
        return self.catalog.relation(name) if name is not None else None


def _covers_key(relation: Relation | None, columns: set[str]) -> bool:
    return relation is not None and any(key and set(key) <= columns for key in relation.keys)


def _leaf(item: exp.Expr, place: Path, nested: Collection[str]) -> str:
    """The name of a value in its object: `author_name` is the `name` of the author."""
    name: str = item.alias_or_name
    if not place or name == item.unalias().name:
        return name
    called = _bare(place[-1])
    column = item.unalias()
    plain = column.name if isinstance(column, exp.Column) and column.table in nested else ""
    for prefix in (called, _singular(called)):
        if found := re.fullmatch(rf"(?i:{re.escape(prefix)})(?:_|(?=[A-Z]))(?P<rest>.+)", name):
            return found["rest"]
    # How columns are called that share a name, or that could be.
    apart = (f"{column.text('table')}_{plain}".casefold(), called, _singular(called))
    return plain if plain and name.casefold() in apart else name


def _bare(part: str) -> str:
    return part.removesuffix(LIST)


def _stem(column: str) -> str:
    """What a foreign key is of, by its name.

    >>> _stem("author_id"), _stem("ArtistId"), _stem("id"), _stem("paid")
    ('author', 'Artist', '', '')
    """
    found = _KEY.fullmatch(column)
    return found["stem"] if found else ""


def _snake(name: str) -> str:
    """The name as results write theirs.

    >>> _snake("MediaType"), _snake("media types")
    ('media_type', 'media_types')
    """
    words_of = re.split(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+", name)
    return "_".join(filter(None, words_of)).casefold() or "item"


def _singular(name: str) -> str:
    """The name of one of them.

    >>> [_singular(n) for n in ("authors", "categories", "boxes", "class", "status", "news_items")]
    ['author', 'category', 'box', 'class', 'status', 'news_item']
    """
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("ches", "shes", "xes", "sses")):
        return name[:-2]
    return (
        name if len(name) < 4 or not name.endswith("s") or name.endswith(("ss", "us", "is")) else name[:-1]
    )
