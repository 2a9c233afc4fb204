"""What the database lets the roles do that change rows: the rules for writing, as grants and policies.

A change is permitted as the guard permits it: an update where the caller may read and update the row,
before and after; a deletion where they may read and delete it; a new row where they may create it. What
takes a change back is its mirror image: it deletes what they may create, and puts back what they may
delete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nlq.catalog import Relation
from nlq.defence.made import Made
from nlq.defence.names import Names, quote
from nlq.guard.defended import is_writable
from nlq.plan.complete import makes_key
from nlq.policy import Action, ColumnRule

Conditions = Mapping[Action, str]
"""For each action that anybody may take: the condition that a row must meet, in SQL."""


@dataclass(frozen=True, slots=True)
class Writable:
    """A table whose rows may be changed: the columns that a new row, or an update, may give a value."""

    relation: Relation
    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: bool
    policies: tuple[Made, ...]

    @property
    def restored(self) -> tuple[str, ...]:
        """The columns of a row that is put back."""
        return tuple(c.name for c in self.relation.columns) if self.deleted else ()

    def granted(self, names: Names) -> Iterator[tuple[str, str, str]]:
        """Role, privilege and column; a deletion is of no column."""
        all_columns = tuple(c.name for c in self.relation.columns)
        for role, created, updated, deleted in (
            (names.writer, self.created, self.updated, self.deleted),
            (names.undo, self.restored, all_columns if self.updated else (), bool(self.created)),
        ):
            for privilege, columns in (("SELECT", all_columns), ("INSERT", created), ("UPDATE", updated)):
                yield from ((role, privilege, column) for column in columns)
            if deleted:
                yield role, "DELETE", ""


def make_writable(
    relation: Relation, columns: Mapping[str, ColumnRule], conditions: Conditions, names: Names
) -> Writable | None:
    """How rows of the table may be changed; None where nobody may."""
    if relation.kind != "table" or not conditions.keys() - {"read"}:
        return None
    rules = {c.name: columns.get(c.name, ColumnRule()) for c in relation.columns}
    made_key = relation.primary_key if makes_key(relation, "postgres") else ()
    created = tuple(
        c.name
        for c in relation.columns
        # What every new row needs, and only we know, is not the caller's choice.
        if is_writable(rules[c.name])
        or c.name in made_key
        or (rules[c.name].kind != "hidden" and not c.nullable and c.default is None)
    )
    updated = tuple(c.name for c in relation.columns if is_writable(rules[c.name]) and not c.generated)
    return Writable(
        relation,
        created if "create" in conditions else (),
        updated if "update" in conditions else (),
        "delete" in conditions,
        tuple(_policies(relation, conditions, names)),
    )


def _policies(relation: Relation, conditions: Conditions, names: Names) -> Iterator[Made]:
    both = ", ".join(map(quote, names.writing))
    writer, undo = quote(names.writer), quote(names.undo)
    read = conditions.get("read", "false")
    create = conditions.get("create", "false")
    update = f"({read}) AND ({conditions.get('update', 'false')})"
    delete = f"({read}) AND ({conditions.get('delete', 'false')})"
    yield _policy(names.writes(), relation, f"FOR ALL TO {both} USING (true) WITH CHECK (true)")
    # Who makes a row need not be let to read it, but its key is asked for.
    for what, rule in (
        ("read", f"FOR SELECT TO {both} USING (({read}) OR ({create}))"),
        ("create", f"FOR INSERT TO {writer} WITH CHECK ({create})"),
        ("update", f"FOR UPDATE TO {both} USING ({update}) WITH CHECK ({update})"),
        ("delete", f"FOR DELETE TO {writer} USING ({delete})"),
        ("put back", f"FOR INSERT TO {undo} WITH CHECK ({delete})"),
        ("take back", f"FOR DELETE TO {undo} USING ({create})"),
    ):
        yield _policy(names.writes(what), relation, f"AS RESTRICTIVE {rule}")


def _policy(name: str, relation: Relation, what: str) -> Made:
    sql = f"CREATE POLICY {quote(name)} ON {quote(relation.name)}\n    {what}"
    return Made("policy", f"{name} on {relation.name}", sql)
