"""Questions and SQL without the values in them: what says *what kind* of thing was asked.

By allow-list where there is one: a word of a question stays if it looks like a word of the language or
names something that the plan reads. What cannot be told from such a word (`portugal`, in lower case and in
no SQL that we have) stays; `docs/audit.md` says so.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nlq.catalog.words import words
from nlq.compiler.intake import normalise
from nlq.plan import Plan

MAX_TEMPLATE = 4000
"""Characters of a template that are kept."""

MAX_READ = 50_000
"""Characters of a text that is looked at: what is longer was refused for that."""

GAP = "{…}"
"""What stands in a question for a value."""

_QUOTED = re.compile(
    r"""
      (?P<parameter>\{[A-Za-z][A-Za-z0-9_]*\})
    | (?<!\w)'[^']+'(?!\w) | (?<!\w)‘[^’]+’(?!\w)
    | "[^"]*(?:"|$) | “[^”]*(?:”|$) | «[^»]*(?:»|$) | „[^“”]*(?:[“”]|$) | `[^`]*(?:`|$)
    """,
    re.VERBOSE,
)
_OPEN, _CLOSE = "([¿¡", ".,;:!?)]"
_TOO_LONG = "(too long)"
_DIGIT = re.compile(r"[\d@\u00b2\u00b3\u00b9\u2070-\u209f\u2460-\u249b]")
_ENDS_SENTENCE = (".", "?", "!", ":")
_STRING = re.compile(r"'((?:[^']|'')*)'")
_SQL = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*(?:(?!/\*|\*/)[\s\S])*\*/)
    | (?P<rest>/\*[\s\S]*)
    | (?P<value>[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$) | '(?:[^']|'')*(?:'|$)
        | \$(?P<tag>[A-Za-z_]*)\$[\s\S]*?(?:\$(?P=tag)\$|$) | `[^`]*(?:`|$)
        | (?<![\w$:])\.?\d[\w.]*)
    | (?P<name>"(?:[^"]|"")*(?:"|$))
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s+")


def redact_question(text: str, plan: Plan | None = None) -> str:
    """The question with `{…}` for each value: what is quoted, has a digit or `@`, or is written as a name.

    With a plan, also for what is a text value in its SQL, and what the plan reads is no name.

    >>> redact_question("Orders over 12.50 of 'Ana' in Porto since 2026-01-31, by {country}?")
    'Orders over {…} of {…} in {…} since {…}, by {country}?'
    """
    if len(text) > MAX_READ:
        return _TOO_LONG
    asked = _QUOTED.sub(lambda m: m[0] if m["parameter"] else GAP, normalise(text))
    if plan and (values := _values(plan.sql)):
        asked = values.sub(GAP, asked)
    return _cut(_without_names(asked, _known(plan)))


def redact_sql(text: str, *, checked: bool) -> str:
    """SQL with `?` for each literal and without comments; names in quotes stay only where it is `checked`.

    >>> redact_sql("select x -- plugh\\nfrom t where a='plugh' and b>12.5 and \\"c\\" = :c", checked=False)
    'select x from t where a=? and b>? and "?" = :c'
    """

    if len(text) > MAX_READ:
        return _TOO_LONG

    def redacted(found: re.Match[str]) -> str:
        if found["comment"]:
            return " "
        if found["name"]:
            return found[0] if checked else '"?"'
        return "?"

    return _cut(_SPACE.sub(" ", _SQL.sub(redacted, text)).strip())


@lru_cache(maxsize=1024)
def _values(sql: str) -> re.Pattern[str] | None:
    """Finds the texts in generated SQL, the longest first, without what LIKE makes of their ends."""
    found = {m[1].replace("''", "'").strip("%_ ") for m in _STRING.finditer(sql)} - {""}
    texts = "|".join(re.escape(v) for v in sorted(found, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{texts})(?!\w)", re.IGNORECASE) if found else None


def _known(plan: Plan | None) -> frozenset[str]:
    depends = plan.depends if plan else ()
    return frozenset(
        word
        for d in depends
        for name in (d.relation.name, *(c for c, _ in d.columns))
        for word in words(name)
    )


def _without_names(text: str, known: frozenset[str]) -> str:
    shown, begins = [], True
    for token in text.split(" "):
        core = token.lstrip(_OPEN).rstrip(_CLOSE)
        is_name = core[:1].isupper() and not begins and not set(words(core)) <= known
        is_value = is_name or _DIGIT.search(core) is not None
        kept = not is_value or (core.startswith("{") and core.endswith("}"))
        shown.append(token if kept else token.replace(core, GAP))
        begins = token.endswith(_ENDS_SENTENCE)
    return " ".join(shown)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEMPLATE else text[: MAX_TEMPLATE - 1] + "…"
