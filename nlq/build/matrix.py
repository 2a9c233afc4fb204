"""Query by role: who gets what, in one table for a pull request. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nlq.build.lock import Access, Locked

NOT_FOR = "·"

_HEAD = """\
<!-- Written by `nlq build`. -->

# Who gets what of each query

`filtered`: only rows that a rule lets be read. `masked`: a column is shown in part. `aggregated`: a column
is given for groups alone. `denied`: nothing. `·`: it is not for this role. The reasons are in `queries/`.

"""


def matrix_path(cache_dir: Path) -> Path:
    """Where the matrix is."""
    return cache_dir / "matrix.md"


def matrix_text(locks: Iterable[Locked]) -> str:
    """The table as Markdown, one query a line, so that a change of permissions is a change of lines."""
    queries = sorted(locks, key=lambda q: q.name)
    roles = sorted({a.role for q in queries for a in q.access})
    lines = [["query", *(role.replace("|", "\\|") for role in roles)], ["---"] * (len(roles) + 1)]
    for query in queries:
        access = {a.role: a for a in query.access}
        lines.append([f"`{query.name}`", *(_cell(access.get(role)) for role in roles)])
    return _HEAD + "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _cell(access: Access | None) -> str:
    return NOT_FOR if access is None else ", ".join(access.effects)
