"""Rules of columns, as the policy file writes them, to `ColumnRule`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nlq.errors import PolicyError, did_you_mean
from nlq.policy.mask import STARS, UNITS, Mask
from nlq.policy.rules import ColumnRule

_COMMON = {"except", "filterable", "writable", "sample"}
_KINDS: dict[str, set[str]] = {
    "hidden": set(),
    "mask": {"value", "first", "last", "to"},
    "aggregate": set(),
}
_OPTIONS: dict[str, set[str]] = {
    "null": set(),
    "constant": {"value"},
    "hash": set(),
    "partial": {"first", "last"},
    "rounded": {"to"},
}
"""The options of each mask."""


def load_column_rule(relation: str, column: str, raw: object) -> ColumnRule:
    """The rule that `raw` is for one column.

    Raises `policy.invalid`.
    """
    where = f"the rule for `{column}` of `{relation}`"
    match raw:
        case "visible":
            return ColumnRule()
        case "hidden":
            return ColumnRule("hidden")
        case dict() if raw:
            return _rule(raw, where)
        case _:
            raise PolicyError(
                "policy.invalid",
                f"{where} is `{raw}`",
                'use "visible", "hidden", or a table such as { mask = "partial" }',
            )


def _rule(raw: Mapping[str, Any], where: str) -> ColumnRule:
    kinds = [k for k in _KINDS if k in raw]
    if len(kinds) > 1:
        raise PolicyError(
            "policy.invalid", f"{where} has `{kinds[0]}` and `{kinds[1]}`", "keep one of them"
        )
    kind = kinds[0] if kinds else None
    known = {*_COMMON, *((kind, *_KINDS[kind]) if kind else _KINDS)}
    for key in raw:
        if key not in known:
            raise PolicyError("policy.invalid", f"unknown key `{key}` in {where}", did_you_mean(key, known))
    common: dict[str, Any] = {
        "exempt": _exempt(raw, where),
        "filterable": _switch(raw, "filterable", where, default=True),
        "writable": _switch(raw, "writable", where, default=True),
        "sample": _switch(raw, "sample", where, default=False),
    }
    match kind:
        case "hidden" if _switch(raw, "hidden", where, default=True):
            return ColumnRule("hidden", **common)
        case "mask":
            return ColumnRule("masked", mask=_mask(raw, where), **common)
        case "aggregate":
            return ColumnRule("aggregate", group=_whole(raw, "aggregate", where, 2), **common)
        case _:
            if common["exempt"]:
                raise PolicyError(
                    "policy.invalid", f"{where} has an exception from nothing", "remove `except`"
                )
            return ColumnRule(**common)


def _mask(raw: Mapping[str, Any], where: str) -> Mask:
    kind = raw["mask"]
    if kind not in _OPTIONS:
        known = ", ".join(f"`{k}`" for k in _OPTIONS)
        raise PolicyError("policy.invalid", f"{where} has the mask `{kind}`", f"use one of {known}")
    for key in _KINDS["mask"] & set(raw) - _OPTIONS[kind]:
        raise PolicyError("policy.invalid", f"{where}: the mask `{kind}` takes no `{key}`")
    match kind:
        case "constant":
            value = raw.get("value", STARS)
            if not isinstance(value, str):
                raise PolicyError("policy.invalid", f"{where}: `value` is not text")
            return Mask("constant", value=value)
        case "partial":
            first, last = _whole(raw, "first", where, 0, 1), _whole(raw, "last", where, 0, 0)
            return Mask("partial", first=first, last=last)
        case "rounded":
            to = raw.get("to")
            if isinstance(to, str) and to in UNITS:
                return Mask("rounded", unit=to)
            if isinstance(to, int) and not isinstance(to, bool) and 2 <= to <= 10**12:
                return Mask("rounded", to=to)
            units = ", ".join(f"`{u}`" for u in UNITS)
            raise PolicyError(
                "policy.invalid",
                f"{where}: `to` is `{to}`",
                f"use a whole number from 2, or one of {units}",
            )
        case _:
            return Mask(kind)


def _exempt(raw: Mapping[str, Any], where: str) -> frozenset[str]:
    roles = raw.get("except", [])
    if not isinstance(roles, list) or not all(isinstance(r, str) for r in roles):
        raise PolicyError("policy.invalid", f"{where}: `except` is not a list of roles")
    return frozenset(roles)


def _switch(raw: Mapping[str, Any], key: str, where: str, *, default: bool) -> bool:
    value = raw.get(key, default)
    if not isinstance(value, bool):
        raise PolicyError("policy.invalid", f"{where}: `{key}` is `{value}`", "use `true` or `false`")
    return value


def _whole(raw: Mapping[str, Any], key: str, where: str, least: int, default: int | None = None) -> int:
    value = raw.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 1000:
        raise PolicyError(
            "policy.invalid", f"{where}: `{key}` is `{value}`", f"use a whole number from {least} to 1000"
        )
    return value
