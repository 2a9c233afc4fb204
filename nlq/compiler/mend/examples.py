"""Examples in the notes of a question, `state codes (eg NY)`, which a draft takes for conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.tree import parts
from nlq.compiler.words import notes_of, without_notes

_EXAMPLE = re.compile(
    r"\b(?:e\.?g\.?|for (?:example|instance)|such as)[,:]?\s+['\"“]?(?P<value>\w[^'\"”(),;.]*)",
    re.IGNORECASE,
)


def mend_examples(tree: exp.Expr, _catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    asked = without_notes(question).casefold()
    shown = {said["value"].strip().casefold() for said in _EXAMPLE.finditer(notes_of(question))}
    examples = {value for value in shown if value not in asked}
    if not examples:
        return ()
    return tuple(
        change for select in list(tree.find_all(exp.Select)) for change in _leave_out(select, examples)
    )


def _leave_out(select: exp.Select, examples: set[str]) -> Iterator[str]:
    where = select.args.get("where")
    for part in list(parts(where.this)) if where is not None else []:
        value = part.expression if isinstance(part, exp.EQ | exp.Like | exp.ILike) else None
        if not isinstance(value, exp.Literal) or value.name.strip("%").casefold() not in examples:
            continue
        rest = [other for other in parts(select.args["where"].this) if other is not part]
        select.set("where", exp.Where(this=exp.and_(*rest, copy=False)) if rest else None)
        yield f"left out that `{part.this.name}` is `{value.name}`, which is an example of the notes"
