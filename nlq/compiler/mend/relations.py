"""Relations that a draft names and nobody has: which are meant. Mended without the model."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from sqlglot import exp

from nlq.catalog import Catalog, RelationName
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import one_of
from nlq.compiler.words import words

NEAR = 0.85

_DIGITS = re.compile(r"\d+")


@dataclass(slots=True)
class Known:
    """What a mend may draw on: what the principal may see, and what it asked."""

    catalog: Catalog
    question: str
    _graph: Graph | None = field(default=None, init=False)

    @property
    def said(self) -> tuple[str, ...]:
        """The words of the question, in order."""
        return words(self.question)

    @property
    def asked(self) -> frozenset[str]:
        """The words of the question."""
        return frozenset(self.said)

    def place(self, relation: RelationName) -> int:
        """Where the question first speaks of the relation; behind its end where it does not."""
        last = words(relation.name)[-1:]
        return self.said.index(last[0]) if last and last[0] in self.said else len(self.said)

    @property
    def graph(self) -> Graph:
        """Ways to join; made only once one is missing."""
        if self._graph is None:
            self._graph = Graph.of(self.catalog)
        return self._graph

    def is_asked(self, relation: RelationName) -> bool:
        """True where the question has all words of the relation's name."""
        own = set(words(relation.name))
        return bool(own) and own <= self.asked


def find_relation(node: exp.Table, tree: exp.Expr, known: Known) -> str | None:
    """The change that makes it a relation which is there; None where nothing tells which is meant."""
    return (
        _rename_relation(node, known.catalog)
        or _relation_by_role(node, tree, known)
        or _relation_by_columns(node, tree, known)
    )


def _rename_relation(node: exp.Table, catalog: Catalog) -> str | None:
    """`user` for `users`, `order_item` for `order_items`: the same words, or nearly the same letters."""
    wanted = words(node.name)
    same = one_of([r for r in catalog if words(r.name.name) == wanted]) or one_of(
        [r for r in catalog if is_near(node.name, r.name.name)]
    )
    if same is None:
        return None
    old = _read_as(node, same.name)
    return f"read `{old}` as the relation `{same.name.name}`"


def _relation_by_columns(node: exp.Table, tree: exp.Expr, known: Known) -> str | None:
    """An invented relation, for the one that has all the columns which are taken from it.

    Not where the question asks for it by name: what is not there, or is hidden, is then to be refused.
    """
    select = node.find_ancestor(exp.Select)
    if select is None or _DIGITS.search(node.name) or known.asked & set(words(node.name)):
        return None
    alias = node.alias_or_name.casefold()
    alone = not select.args.get("joins")
    taken = {
        c.name.casefold()
        for c in select.find_all(exp.Column)
        if c.table.casefold() == alias or (alone and not c.table)
    }
    named = {e.alias.casefold() for e in select.expressions if isinstance(e, exp.Alias)}
    owners = [r for r in known.catalog if taken - named and all(r.column(name) for name in taken - named)]
    meant = one_of(owners) or one_of([r for r in owners if known.is_asked(r.name)])
    if meant is None:
        return None
    old = _read_as(node, meant.name)
    return f"read `{old}` as the relation `{meant.name.name}`, which has its columns"


def _relation_by_role(node: exp.Table, tree: exp.Expr, known: Known) -> str | None:
    """`mentor`, to which `climbers.mentor_id` refers: those that the key refers to."""
    wanted = words(node.name)
    targets = {
        key.referred
        for relation in known.catalog
        for key in relation.foreign_keys
        if len(key.columns) == 1 and words(key.columns[0]) in (wanted, (*wanted, "id"), (*wanted, "code"))
    }
    meant = one_of([r for r in known.catalog if r.name in targets])
    if meant is None or not any(t.name == meant.name.name for t in tree.find_all(exp.Table)):
        return None
    old = _read_as(node, meant.name)
    return f"read `{old}` as `{meant.name.name}`, to which a key of that name refers"


def _read_as(node: exp.Table, meant: RelationName) -> str:
    """Make it that relation, under the name that the draft gave it, which is the result."""
    old = node.name
    if not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier(old, quoted=True)))
    node.set("this", exp.to_identifier(meant.name, quoted=True))
    node.set("db", exp.to_identifier(meant.schema, quoted=True))
    return old


def rename_cte(alias: exp.TableAlias, catalog: Catalog) -> str | None:
    """A WITH query that has the name of a relation, which it reads: another name for what reads it."""
    cte = alias.parent
    clause = cte.parent if isinstance(cte, exp.CTE) else None
    if cte is None or not isinstance(clause, exp.With) or clause.recursive or clause.parent is None:
        return None
    taken = {t.name.casefold() for t in clause.parent.find_all(exp.Table)}
    taken |= {c.alias.casefold() for c in clause.expressions}
    old = alias.name
    new = f"{old}_part"
    while catalog.find(new) or new.casefold() in taken:
        new += "_2"
    # It is not yet there for itself and for those before it: their name means the relation.
    at = next(i for i, other in enumerate(clause.expressions) if other is cte)
    before = {id(t) for earlier in clause.expressions[: at + 1] for t in earlier.find_all(exp.Table)}
    alias.set("this", exp.to_identifier(new, quoted=True))
    for table in list(clause.parent.find_all(exp.Table)):
        if table.name.casefold() == old.casefold() and not table.db and id(table) not in before:
            table.set("this", exp.to_identifier(new, quoted=True))
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(old, quoted=True)))
    return f"renamed the WITH query `{old}`, which hid a relation"


def is_near(one: str, other: str) -> bool:
    """True for a slip of the pen; `q1` is none of `q2`."""
    one, other = one.casefold(), other.casefold()
    if _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    return difflib.SequenceMatcher(None, one, other).ratio() >= NEAR or _is_swapped(one, other)


def _is_swapped(one: str, other: str) -> bool:
    """`titel` for `title`."""
    if len(one) != len(other) or len(one) < 4:
        return False
    wrong = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return len(wrong) == 2 and wrong[1] - wrong[0] == 1 and one[wrong[0]] == other[wrong[1]]
