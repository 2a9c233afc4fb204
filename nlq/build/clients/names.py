"""Names that a language takes, made of names that a database or a question gave; each its own."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable

_NO_IDENTIFIER = re.compile(r"\W+")
_PYTHON_TAKEN = frozenset("self int float str bool bytes list object None True False".split())
"""What annotations beside a field or a parameter are written with: a name like theirs would hide them."""
_SCRIPT_TAKEN = frozenset(("createClient", "fetch", "mutation", "query"))
"""What the module itself says."""


def camel(name: str) -> str:
    """The name of a query as that of a class; a `_` before a digit stays, so that none become equal.

    >>> camel("trending_posts"), camel("top_10"), camel("top10")
    ('TrendingPosts', 'Top_10', 'Top10')
    """
    return "".join(f"_{p}" if p[0].isdigit() else p[0].upper() + p[1:] for p in name.split("_"))


def lower_camel(name: str) -> str:
    """As `camel`, beginning with a small letter: the name of a constant in TypeScript."""
    found = camel(name)
    found = found[0].lower() + found[1:]
    return f"{found}_" if found in _SCRIPT_TAKEN else found


def method(name: str) -> str:
    """The name of a query as that of a method in Python.

    >>> method("trending_posts"), method("int")
    ('trending_posts', 'int_')
    """
    return f"{name}_" if name in _PYTHON_TAKEN else name


def python_names(names: Iterable[str]) -> list[str]:
    """For each name one that Python takes for a field or a parameter, the same wherever that is possible.

    >>> python_names(["id", "class", "total revenue", "2026", "Total_revenue", "__init__", "ID", "%"])
    ['id', 'class_', 'total_revenue', 'column_2026', 'Total_revenue', 'init__', 'ID', 'column']
    """
    taken: set[str] = set()
    found = []
    for name in names:
        wanted = _python_name(name)
        unique, count = wanted, 2
        while unique in taken:
            unique, count = f"{wanted}_{count}", count + 1
        taken.add(unique)
        found.append(unique)
    return found


def _python_name(name: str) -> str:
    # Python itself compares identifiers in NFKC: two that differ elsewhere would be one.
    text = _NO_IDENTIFIER.sub("_", unicodedata.normalize("NFKC", name)).lstrip("_")
    if not name.endswith("_") and not name[-1:].isalnum():
        text = text.rstrip("_")
    text = text or "column"
    if not text.isidentifier():
        text = f"column_{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in _PYTHON_TAKEN else text


def script_key(name: str) -> str:
    """The name as a property of TypeScript: as it is, in quotes where it is no identifier.

    >>> script_key("id"), script_key("total revenue"), script_key("class")
    ('id', '"total revenue"', 'class')
    """
    return (
        name
        if re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name) and name != "__proto__"
        else script_text(name)
    )


def script_text(text: str) -> str:
    """The text as a literal of TypeScript, in ASCII."""
    escaped = "".join(
        c if " " <= c <= "~" and c not in '"\\' else "".join(f"\\u{u:04x}" for u in _units(c)) for c in text
    )
    return f'"{escaped}"'


def comment_text(text: str) -> str:
    """The text on one line, unable to end a comment or a docstring.

    >>> comment_text('a */ b\\n\"\"\"c\\\\')
    "a * / b '''c/"
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.replace("*/", "* /").replace('"""', "'''").replace("\\", "/")


def _units(character: str) -> list[int]:
    raw = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]
