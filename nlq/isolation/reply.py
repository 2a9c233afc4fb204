"""What a worker may answer: JSON, of which nothing is believed that was not looked at.

A worker reads hostile text. One that was broken may answer what it likes, so its reply is data of a known
shape and size, and the relations and columns that it claims to have read are those of the catalog.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from nlq.catalog import Catalog, Family, RelationName
from nlq.catalog.fingerprint import fingerprint_column
from nlq.compiler.untrusted import Examined
from nlq.errors import CODES, CatalogError, NlqError, PlanError, Span
from nlq.isolation.catalog import read_catalog, write_catalog
from nlq.plan import Checked, Dependency, Parameter
from nlq.plan.syntax import MAX_LENGTH

LONGEST = 4_000_000
"""Bytes of a reply."""

LONGEST_DDL = 50_000_000
"""The same for a whole catalog."""

MOST = 200_000
"""Characters of a text of a reply; checked SQL names every column of a star."""

Found = TypeVar("Found")

_FAMILIES = frozenset(get_args(Family))


class BrokenReplyError(ValueError):
    """The worker answered what no worker answers."""


class BugError(RuntimeError):
    """What would have been raised here, had the text been examined here."""


def write_examined(examined: Examined) -> bytes:
    """The reply of a text that passed."""
    checked = examined.checked
    return _write(
        {
            "sql": checked.sql,
            "parameters": [[p.name, p.family, p.example] for p in checked.parameters],
            "depends": [[d.relation.schema, d.relation.name, list(d.columns)] for d in checked.depends],
            "explanation": checked.explanation,
            "mended": list(examined.mended),
        }
    )


def write_ddl(catalog: Catalog) -> bytes:
    """The reply to DDL that could be read."""
    return _write({"catalog": write_catalog(catalog)})


def write_error(error: NlqError) -> bytes:
    """The reply of a text that was refused."""
    return _write({"error": error.to_json()})


def write_bug(error: Exception) -> bytes:
    """The reply of a text that found a bug of ours: where, and not a word of the text."""
    frames = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    return _write({"bug": f"{type(error).__name__} at {' '.join(frames[-12:])}"})


def read_reply(data: bytes, catalog: Catalog) -> Examined:
    """What the worker found.

    Raises the `plan.*` that it found, `BugError` where it found a bug of ours, and `BrokenReplyError`.
    """
    keys = ("sql", "parameters", "depends", "explanation", "mended")
    return _read(data, "plan.", lambda raw: _read_examined(_object(raw, *keys), catalog))


def read_ddl_reply(data: bytes) -> Catalog:
    """The catalog that the worker read.

    Raises the `catalog.*` that it found, `BugError` and `BrokenReplyError` as above.
    """
    return _read(data, "catalog.", lambda raw: read_catalog(_object(raw, "catalog")["catalog"]))


def _read(data: bytes, stage: str, read: Callable[[object], Found]) -> Found:
    try:
        raw = json.loads(data)
        if "bug" in _object(raw):
            raise BugError(_text(raw["bug"]))
        if "error" not in raw:
            return read(raw)
        error = _read_error(_object(raw["error"], "code", "message", "hint", "span"), stage)
    except (ValueError, TypeError, KeyError, RecursionError) as broken:
        raise BrokenReplyError(str(broken)[:200]) from None
    raise error


def _write(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _read_examined(raw: Mapping[str, Any], catalog: Catalog) -> Examined:
    checked = Checked(
        sql=_text(raw["sql"]),
        parameters=tuple(_read_parameter(p) for p in _list(raw["parameters"])),
        depends=tuple(_read_dependency(d, catalog) for d in _list(raw["depends"])),
        explanation=_text(raw["explanation"]),
    )
    return Examined(checked, tuple(_text(m) for m in _list(raw["mended"])))


def _read_parameter(raw: object) -> Parameter:
    name, family, example = _list(raw)
    if family not in _FAMILIES:
        raise ValueError("unknown family")
    if example is not None and type(example) not in (str, int, float):
        raise ValueError("unknown kind of example")
    return Parameter(_text(name), family, example)


def _read_dependency(raw: object, catalog: Catalog) -> Dependency:
    schema, name, columns = _list(raw)
    relation = catalog.relation(RelationName(_text(schema), _text(name)))
    if relation is None:
        raise ValueError("a relation that is not in the catalog")
    have = {c.name: fingerprint_column(c) for c in relation.columns}
    read = tuple((_text(column), _text(fingerprint)) for column, fingerprint in _list(columns))
    if any(have.get(column) != fingerprint for column, fingerprint in read):
        raise ValueError("a column that is not in the catalog")
    return Dependency(relation.name, read)


def _read_error(raw: Mapping[str, Any], stage: str) -> NlqError:
    code, hint, span = _text(raw["code"]), raw["hint"], raw["span"]
    if code not in CODES or not code.startswith((stage, "plan.too_complex")):
        raise ValueError("not a code of a check")
    at = None
    if span is not None:
        start, end = _list(span)
        if not (type(start) is int and type(end) is int and 0 <= start <= end <= MAX_LENGTH):
            raise ValueError("not a span of the text")
        at = Span(start, end)
    kind = PlanError if code.startswith("plan.") else CatalogError
    return kind(code, _text(raw["message"]), None if hint is None else _text(hint), at)


def _object(value: object, *keys: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or (keys and value.keys() != set(keys)):
        raise ValueError("not the object that was expected")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MOST:
        raise ValueError("not a text")
    value.encode()
    return value
