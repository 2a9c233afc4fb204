"""What the migration calls its roles, schemas and policies, and how names are written in SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlq.catalog import RelationName
from nlq.errors import PolicyError, SettingsError
from nlq.guard.defended import MOST_BYTES, looked_up_of, view_of

MADE_BY = "Made by nlq policy sql: do not change by hand."
"""The comment on each schema that is ours. Introspection leaves such schemas out."""

WRITTEN = ("read", "create", "update", "delete", "put back", "take back")
"""What the roles that change rows do, each under a policy of its own."""

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,29}")


@dataclass(frozen=True, slots=True)
class Names:
    """Everything is named after the role that requests run as, so that one database may have several.

    - `reader` owns nothing and may read the views; `views` owns them and reads tables under row-level
      security; `rules` reads what rules look up in other relations.
    - `writer` makes changes, under row-level security; `undo` takes them back.
    - `others` keeps row-level security from shutting out roles that are not ours; `open` lets `views` and
      `rules` in; `rows` is the rule; `none` keeps the reader off the table itself.
    """

    reader: str

    def __post_init__(self) -> None:
        if not _ROLE.fullmatch(self.reader) or self.reader.startswith("pg_"):
            raise SettingsError(
                "settings.invalid",
                f"`{self.reader}` cannot be the role of the database",
                "use up to 30 lower-case letters, digits and `_`, such as `nlq_reader`",
            )

    @property
    def views(self) -> str:
        """The role that owns schemas and views."""
        return f"{self.reader}_views"

    @property
    def rules(self) -> str:
        """The role that reads what rules look up."""
        return f"{self.reader}_rules"

    @property
    def writer(self) -> str:
        """The role that makes changes. No text of a draft runs as it."""
        return f"{self.reader}_writer"

    @property
    def undo(self) -> str:
        """The role that takes changes back."""
        return f"{self.reader}_undo"

    @property
    def roles(self) -> tuple[str, ...]:
        """All of them."""
        return (self.reader, self.views, self.rules, self.writer, self.undo)

    @property
    def writing(self) -> tuple[str, str]:
        """Those that change rows."""
        return (self.writer, self.undo)

    @property
    def home(self) -> str:
        """The schema of what is no relation of the application."""
        return self.reader

    @property
    def others(self) -> str:
        """The policy for roles that are not ours."""
        return f"{self.reader}_others"

    @property
    def open(self) -> str:
        """The policy that lets our own roles in."""
        return f"{self.reader}_open"

    @property
    def rows(self) -> str:
        """The policy that is the rule."""
        return f"{self.reader}_rows"

    @property
    def none(self) -> str:
        """The policy that keeps the reader off the table."""
        return f"{self.reader}_none"

    def writes(self, what: str = "") -> str:
        """The policy that lets in those that change rows, or their rule for one thing that they do."""
        return f"{self.reader}_writes" + (f" {what}" if what else "")

    @property
    def policies(self) -> tuple[str, ...]:
        """All policies but `others`, which is not for our roles."""
        of_writing = (self.writes(what) for what in ("", *WRITTEN))
        return (self.open, f"{self.open}_rules", self.rows, self.none, *of_writing)

    @property
    def hash_key(self) -> RelationName:
        """The table that holds the key of hashes."""
        return RelationName(self.home, "hash_key")

    def marker(self, fingerprint: str) -> RelationName:
        """The view whose name says which policy the migration was made of; requests begin with it."""
        return RelationName(self.home, f"policy_{fingerprint}")

    def view(self, relation: RelationName) -> RelationName:
        """The view that shows `relation` to the reader.

        Raises `policy.unsupported` where the name would be too long.
        """
        view = view_of(self.reader, relation)
        require_short(view.schema)
        return view

    def looked_up(self, relation: RelationName) -> RelationName:
        """The view through which rules read another relation."""
        return looked_up_of(self.reader, relation)


def require_short(name: str) -> str:
    """The name, unless Postgres would cut it.

    Raises `policy.unsupported`.
    """
    if len(name.encode()) > MOST_BYTES:
        raise PolicyError(
            "policy.unsupported",
            f"the name `{name}` would be longer than Postgres allows",
            "use a shorter `db_role`",
        )
    return name


def quote(name: RelationName | str) -> str:
    """The name as SQL writes it, quoted.

    >>> quote(RelationName("public", 'a "b"'))
    '"public"."a ""b\"\"\"'
    """
    if isinstance(name, RelationName):
        return f"{quote(name.schema)}.{quote(name.name)}"
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as SQL writes it.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
