"""Constraints that do not hold, told without the values that a database names them with."""

from __future__ import annotations

from collections.abc import Sequence

from nlq.catalog import RelationName
from nlq.errors import ChangeError
from nlq.guard.change import Visible


class ViolationError(Exception):
    """A constraint that does not hold, as far as the database tells.

    `kind` is `unique`, `missing`, `reference`, `referred`, `check` or empty; `relation` where it is known.
    """

    def __init__(
        self,
        kind: str,
        columns: Sequence[str] = (),
        relation: RelationName | None = None,
        hint: str = "nothing was changed",
    ) -> None:
        super().__init__(kind)
        self.hint = hint
        self.kind, self.columns, self.relation = kind, tuple(columns), relation


class DeniedError(Exception):
    """What the database itself does not let the caller do, where it enforces the policy too."""


def explain_violation(
    violation: ViolationError, fields: Visible, target: RelationName | None = None
) -> ChangeError:
    """The error that names the field, where the caller may know of it, by `fields`."""
    visible = dict(fields)
    relation = violation.relation or target
    known = visible.get(relation, frozenset()) if relation is not None else frozenset()
    where = f"`{relation.name}`" if relation is not None and relation in visible else "a relation"
    columns = violation.columns if violation.columns and set(violation.columns) <= known else ()
    names = " and ".join(f"`{c}`" for c in columns)
    match violation.kind:
        case "unique":
            text = f"{where} has another row with the same {names or 'values'}"
        case "missing":
            text = f"{names or 'a column'} of {where} has to have a value"
        case "reference":
            text = f"{names or 'a value'} of {where} names a row that does not exist"
        case "referred":
            text = f"other rows depend on a row of {where}"
        case "check":
            text = f"{names or 'a value'} of {where} is not what its constraint allows"
        case _:
            text = f"a constraint of {where} does not hold"
    return ChangeError("change.constraint", text, violation.hint)
