"""Two keys to the same relation, told apart by what the question says that somebody has.

`keepers without a mentor` are looked for among the pupils, and `the mentors of Ana` are joined twice: once
for Ana and once for them. Drafts follow the key that is spoken of either way. Mended without the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Relation, RelationName
from nlq.compiler.ends import end_named, end_said
from nlq.compiler.join import Link
from nlq.compiler.mend.relations import Known
from nlq.compiler.mend.tree import base_tables, free_name, new_join, one_of, parts
from nlq.compiler.words import words
from nlq.plan.meta import COLUMN, RELATION
from nlq.plan.scope import Finding

_HAS = frozenset("had has have having no with without".split())
_IS = frozenset("as been".split())
_BY = frozenset("are be is was were".split())
"""Right before a role, others do it: `are liked` by somebody."""
_DOES = frozenset("did do doe".split())
FAR = 4
"""Words between having and what one has: `with at least two mentors`."""


@dataclass(frozen=True, slots=True)
class Roles:
    """A relation that refers to another twice: by the key of who is `had`, and by that of their `owner`."""

    between: RelationName
    of: RelationName
    had: str
    owner: str
    key: str
    by_name: bool
    """Whether it is somebody's who is named: `of Ana`, `Ana's`, `does Ana have`."""


def mend_roles(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    tables = [t for t in tree.find_all(exp.Table) if RELATION in t.meta]
    if ends := tuple(_other_end(tree, tables, catalog, question)):
        return ends
    for table in tables:
        relation = catalog.relation(table.meta[RELATION])
        roles = find_roles(relation, question, _texts(tree)) if relation is not None else None
        if roles is None or sum(t.meta[RELATION] == roles.between for t in tables) > 1:
            continue
        own = [c for c in tree.find_all(exp.Column) if COLUMN in c.meta]
        own = [c for c in own if c.meta[COLUMN].relation == roles.between]
        used = {c.name for c in own}
        if roles.by_name and (changes := tuple(_join_again(tree, table, roles, used))):
            return changes
        if used != {roles.had}:
            continue
        items = tree.selects if isinstance(tree, exp.Query) and roles.by_name else ()
        shown = {id(c) for e in items for c in e.find_all(exp.Column)}
        meant = [c for c in own if id(c) not in shown]
        for column in meant:
            column.set("this", exp.to_identifier(roles.owner, quoted=True))
        if meant:
            return (f"looked for who has one by `{roles.owner}`, not by `{roles.had}`",)
    return ()


def _other_end(tree: exp.Expr, tables: list[exp.Table], catalog: Catalog, question: str) -> Iterator[str]:
    """`runs that arrive in Osk`, looked for by `start_station`: by the other of the two, `end_station`."""
    asked = end_said(words(question))
    if asked is None:
        return
    for name in {t.meta[RELATION]: t for t in tables}:
        relation = catalog.relation(name)
        pair = _ends_of(relation) if relation is not None else None
        if pair is None:
            continue
        meant, wrong = pair if asked == "start" else pair[::-1]
        own = [c for c in tree.find_all(exp.Column) if COLUMN in c.meta and c.meta[COLUMN].relation == name]
        used = [c for c in own if c.name in pair]
        if used and all(c.name == wrong for c in used):
            for column in used:
                column.set("this", exp.to_identifier(meant, quoted=True))
            yield f"read `{meant}`, of which the question speaks, not `{wrong}`"


def _ends_of(relation: Relation) -> tuple[str, str] | None:
    """The two keys of a way, where it starts and where it ends."""
    keys = [k for k in relation.foreign_keys if len(k.columns) == 1]
    if len(keys) != 2 or keys[0].referred != keys[1].referred:
        return None
    columns = [k.columns[0] for k in keys]
    start = one_of([c for c in columns if end_named(words(c)) == "start"])
    end = one_of([c for c in columns if end_named(words(c)) == "end"])
    return (start, end) if start is not None and end is not None else None


def take_from_named(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """`m.name` of `mentor AS m`, which has none: of one it refers to; of which, `mend_roles` decides."""
    source = next((s for s in finding.sources if s.alias.casefold() == node.table.casefold()), None)
    root = node.root()
    if source is None or source.relation is None or not isinstance(root, exp.Select):
        return None
    roles = find_roles(source.relation, known.question, _texts(root))
    if roles is None or not roles.by_name:
        return None
    other = one_of([s for s in finding.sources if s.relation is not None and s.relation.name == roles.of])
    if other is None or node.name.casefold() not in other.columns:
        return None
    old = node.table
    node.set("table", exp.to_identifier(other.alias, quoted=True))
    return f"took `{node.name}` from `{other.alias}`, not from `{old}`"


def find_roles(relation: Relation, question: str, texts: list[tuple[str, ...]]) -> Roles | None:
    """The roles of a relation with two keys to another, where the question says that somebody has one."""
    keys = [k for k in relation.foreign_keys if len(k.columns) == 1 and k.referred != relation.name]
    if len(keys) != 2 or keys[0].referred != keys[1].referred:
        return None
    said = words(question)
    owner_of = set(words(keys[0].referred.name)) | {"id"}
    found = []
    for key, other in (keys, keys[::-1]):
        role = [w for w in words(key.columns[0]) if w not in owner_of]
        how = _is_had(said, role[-1], texts) if role else None
        if how is not None:
            found.append((key, other, how))
    if len(found) != 1:
        return None
    key, other, by_name = found[0]
    if key.referred_columns != other.referred_columns:
        return None
    return Roles(
        relation.name, key.referred, key.columns[0], other.columns[0], key.referred_columns[0], by_name
    )


def _is_had(said: tuple[str, ...], role: str, texts: list[tuple[str, ...]]) -> bool | None:
    """Whether it is one's who is named, by a text of the draft; None where nobody is said to have it.

    >>> _is_had(words("the mentors of Ana Bo"), "mentor", [("ana", "bo")])
    True
    >>> _is_had(words("who has no mentor?"), "mentor", [])
    False
    >>> _is_had(words("who has been a mentor?"), "mentor", []) is None
    True
    >>> _is_had(words("who have friends and are liked by others"), "liked", []) is None
    True
    """
    found: bool | None = None
    for at in (i for i, word in enumerate(said) if word == role):
        before, after = said[:at], said[at + 1 :]
        asks = after[:1] and after[0] in _DOES
        for text in texts:
            follows = any(after[i : i + len(text)] == text for i in range(1, 1 + FAR))
            if before[-1 - len(text) :] == (*text, "s") or (follows and (asks or after[0] == "of")):
                return True
        near = set(before[-FAR:])
        if asks or (_HAS & near and not _IS & near and not _BY & set(before[-1:])):
            found = False
    return found


def _texts(tree: exp.Expr) -> list[tuple[str, ...]]:
    """The words of each text that something is said to equal."""
    equal = (e.expression for e in tree.find_all(exp.EQ, exp.Like, exp.ILike))
    found = [words(e.name) for e in equal if isinstance(e, exp.Literal) and e.is_string]
    return [text for text in found if text]


def _join_again(tree: exp.Expr, table: exp.Table, roles: Roles, used: set[str]) -> Iterator[str]:
    """`the mentors of Ana`: Ana is found by the one key, and shown are those whom the other refers to."""
    if not isinstance(tree, exp.Select) or len(used) != 1:
        return
    named = one_of([t for t in base_tables(tree) if t.meta[RELATION] == roles.of])
    where = tree.args.get("where")
    if named is None or where is None or not any(t is table for t in base_tables(tree)):
        return
    fixed = [
        p for p in parts(where.this) if isinstance(p, exp.EQ) and isinstance(p.expression, exp.Literal)
    ]
    if not any(_is_of(p.this, named) for p in fixed):
        return
    shown = [c for e in tree.expressions for c in e.find_all(exp.Column)]
    if not shown or not all(_is_of(c, named) for c in shown):
        return
    keys = [c for c in tree.find_all(exp.Column) if _is_of(c, table)]
    if len(keys) != 1 or not isinstance(keys[0].parent, exp.EQ):
        return
    keys[0].set("this", exp.to_identifier(roles.owner, quoted=True))
    taken = {t.alias_or_name.casefold() for t in tree.find_all(exp.Table)}
    alias = free_name(words(roles.had)[0], taken)
    link = Link(roles.between, roles.of, ((roles.had, roles.key),), (roles.had,), roles.of)
    tree.append("joins", new_join(table.alias_or_name, link, alias))
    for column in shown:
        column.set("table", exp.to_identifier(alias, quoted=True))
    yield f"showed whom `{roles.had}` refers to, and looked for the one who has them by `{roles.owner}`"


def _is_of(column: exp.Expr, table: exp.Table) -> bool:
    return isinstance(column, exp.Column) and column.table.casefold() == table.alias_or_name.casefold()
