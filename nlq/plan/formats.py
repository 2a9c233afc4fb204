"""Which uses of `printf` and `format` make a text that is about as long as what goes into it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from nlq.catalog import Dialect

# Widths are short and written down, and no argument is used twice: a text that doubles at each of forty
# levels, or is padded to a billion characters, fills the memory where no limit of an engine holds.
_PRINTF = re.compile(r"(?:[^%]|%%|%[-+ 0#,]*\d{0,2}(?:\.\d{1,2})?l{0,2}[diufeEgGsxXc])*", re.DOTALL)
_BRACES = re.compile(
    r"(?:[^{}]|\{\{|\}\}|\{(?::[-+ <>^#,]?0?\d{0,2}(?:\.\d{1,2})?[a-zA-Z%]?)?\})*", re.DOTALL
)
_POSTGRES = re.compile(r"(?:[^%]|%%|%-?\d{0,2}[sIL])*", re.DOTALL)

_FORMATS: Mapping[Dialect, Mapping[str, re.Pattern[str]]] = {
    "duckdb": {"printf": _PRINTF, "format": _BRACES},
    "postgres": {"format": _POSTGRES},
    "sqlite": {"printf": _PRINTF, "format": _PRINTF},
}


def is_short_format(node: exp.Expr, dialect: Dialect) -> bool:
    """True for `printf` or `format` of a text that is written down, and whose widths are short."""
    if isinstance(node, exp.Anonymous):
        name, (pattern, *_) = node.name.lower(), (*node.expressions, None)
    elif isinstance(node, exp.Format):
        name, pattern = "format", node.this
    else:
        return False
    known = _FORMATS[dialect].get(name)
    written = isinstance(pattern, exp.Literal) and pattern.is_string
    return known is not None and written and known.fullmatch(pattern.name) is not None
