"""The lockfile: for each query the plan that answers it and whom it answers, one readable JSON each.

`cache/queries/<name>.json` is committed. One file a query, so that two branches that add queries never
conflict, and a diff shows what became of one query beside the plan that it names. A file is untrusted:
what it says of a plan is checked when the plan is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from nlq.build.parameter import QueryParameter
from nlq.build.place import BuildError, Place
from nlq.build.source import Cardinality, Query, shown
from nlq.catalog import Dialect, Family
from nlq.compiler.intake import fit
from nlq.errors import NlqError
from nlq.plan import Parameter
from nlq.plan.nested import Path as ResultPath
from nlq.store.files import MAX_BYTES, parse_object, replace_atomically, unwritable

FORMAT = 1
EFFECTS = ("allowed", "filtered", "masked", "aggregated", "denied")
Effect = Literal["allowed", "filtered", "masked", "aggregated", "denied"]

_PLACE = re.compile(r"[^\W\d_](?:_?[^\W_])*(?:\[\])?")

_KEYS = frozenset(
    "format name kind cardinality question parameters notes roles source dialect plan access pinned".split()
)


@dataclass(frozen=True, slots=True)
class Access:
    """What a role gets of a query. `plan` is the file of its plan, none where it is denied.

    `seal` is the hash of all that was looked at when it was last verified: `nlq.build.seal`.
    """

    role: str
    effects: tuple[Effect, ...]
    reasons: tuple[str, ...]
    plan: str | None
    seal: str


@dataclass(frozen=True, slots=True)
class Pin:
    """Who wants a plan's SQL to stay as it is, and since when (ISO 8601, UTC)."""

    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Locked:
    """A query as it was built. `plan` is the file of the plan that the others were adopted from.

    `nested` is what its source says of that, `paths` where each column of the plan is put for it.
    """

    name: str
    kind: Literal["query", "mutation"]
    cardinality: Cardinality
    question: str
    parameters: tuple[QueryParameter, ...]
    notes: tuple[str, ...]
    roles: tuple[str, ...]
    source: str
    dialect: Dialect
    plan: str
    access: tuple[Access, ...]
    pinned: Pin | None = None
    nested: tuple[str, ...] | None = None
    paths: tuple[ResultPath, ...] = ()

    def asks_the_same(self, query: Query) -> bool:
        """Whether the plan of this answers the query, too: its words and what a caller may send."""
        said = [(p.name, p.family, p.optional) for p in self.parameters]
        return (self.kind, self.question) == (query.kind, query.question) and said == [
            (p.name, p.family, p.optional) for p in query.parameters
        ]

    def declares_the_same(self, query: Query) -> bool:
        """Whether nothing that is written down of the query has changed."""
        return self.asks_the_same(query) and (
            self.cardinality, self.parameters, self.notes, self.roles, self.source, self.nested
        ) == (
            query.cardinality, query.parameters, query.notes, query.roles, query.place.file, query.nested
        )  # fmt: skip


def lock_dir(cache_dir: Path) -> Path:
    """Where the lockfiles are."""
    return cache_dir / "queries"


def read_locks(cache_dir: Path) -> tuple[dict[str, Locked], dict[str, BuildError]]:
    """The lockfiles by name, and why others cannot be read, by the name that they should have."""
    locks: dict[str, Locked] = {}
    errors: dict[str, BuildError] = {}
    for path in sorted(lock_dir(cache_dir).glob("*.json")):
        try:
            locks[path.stem] = read_lock(path)
        except BuildError as error:
            errors[path.stem] = error
    return locks, errors


def read_lock(path: Path) -> Locked:
    """The lockfile.

    Raises `build.damaged`.
    """
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
        locked = _from_json(parse_object(content))
        if locked.name != path.stem:
            raise ValueError(f"it is the lockfile of `{locked.name}`")
    except (OSError, KeyError, TypeError, ValueError, AttributeError, NlqError) as error:
        raise BuildError(
            "build.damaged",
            f"not a lockfile: {str(error).partition(chr(10))[0][:120]}",
            "`nlq build` writes it anew",
            Place(shown(path), 1, 1),
        ) from error
    return locked


def write_lock(cache_dir: Path, locked: Locked) -> bool:
    """Write the lockfile, and say whether that changed anything.

    Raises `store.unwritable`.
    """
    path = lock_dir(cache_dir) / f"{locked.name}.json"
    text = json.dumps(_to_json(locked), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return write_if_changed(path, text)


def write_if_changed(path: Path, text: str) -> bool:
    """Give the file this text, and say whether it had another.

    Raises `store.unwritable`.
    """
    return write_bytes_if_changed(path, text.encode("utf-8"))


def write_bytes_if_changed(path: Path, content: bytes) -> bool:
    """As `write_if_changed`."""
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_atomically(path, content)
    except OSError as error:
        raise unwritable(path, error.strerror) from error
    return True


def _to_json(locked: Locked) -> dict[str, Any]:
    pin = locked.pinned
    return {
        "format": FORMAT,
        "name": locked.name,
        "kind": locked.kind,
        "cardinality": locked.cardinality,
        "question": locked.question,
        "parameters": [
            {"name": p.name, "type": p.family, "default": _default(p.default), "optional": p.optional}
            for p in locked.parameters
        ],
        "notes": list(locked.notes),
        "roles": list(locked.roles),
        "source": locked.source,
        "dialect": locked.dialect,
        "plan": locked.plan,
        "access": {
            a.role: {
                "effects": list(a.effects),
                "reasons": list(a.reasons),
                "plan": a.plan,
                "seal": a.seal,
            }
            for a in locked.access
        },
        "pinned": {"by": pin.by, "at": pin.at} if pin else None,
        # What is not there stands in no file that was written before it could be.
        **({} if locked.nested is None else {"nested": list(locked.nested)}),
        **({"paths": [list(path) for path in locked.paths]} if locked.paths else {}),
    }


def _default(value: object) -> Any:
    return str(value) if isinstance(value, Decimal | date | datetime) else value


def _from_json(raw: Mapping[str, Any]) -> Locked:
    if wrong := (raw.keys() - {"nested", "paths"}) ^ _KEYS:
        raise ValueError("missing or unknown keys: " + ", ".join(sorted(wrong)))
    if raw["format"] != FORMAT or raw["dialect"] not in get_args(Dialect):
        raise ValueError("its format or dialect is not one that this version has")
    if raw["kind"] not in ("query", "mutation") or raw["cardinality"] not in get_args(Cardinality):
        raise ValueError("its kind or cardinality is not one that this version has")
    pin = raw["pinned"]
    return Locked(
        name=_text(raw["name"]),
        kind=raw["kind"],
        cardinality=raw["cardinality"],
        question=_text(raw["question"]),
        parameters=tuple(_parameter(p) for p in raw["parameters"]),
        notes=tuple(_text(n) for n in raw["notes"]),
        roles=tuple(_text(r) for r in raw["roles"]),
        source=_text(raw["source"]),
        dialect=raw["dialect"],
        plan=_file(raw["plan"]),
        access=tuple(_access(role, a) for role, a in sorted(raw["access"].items())),
        pinned=Pin(_text(pin["by"]), _text(pin["at"])) if pin else None,
        nested=tuple(map(_text, raw["nested"])) if "nested" in raw else None,
        paths=tuple(_path(path) for path in raw.get("paths", ())),
    )


def _parameter(raw: Mapping[str, Any]) -> QueryParameter:
    name, of, default, optional = (raw[key] for key in ("name", "type", "default", "optional"))
    if of is not None and of not in get_args(Family):
        raise ValueError("the type of a parameter is not one that this version has")
    if not isinstance(optional, bool):
        raise TypeError("`optional` is true or false")
    if of == "decimal" and isinstance(default, str):
        default = Decimal(default)
    if default is not None:
        default = fit(Parameter(_text(name), of), default)
    return QueryParameter(_text(name), of, default, optional)


def _access(role: str, raw: Mapping[str, Any]) -> Access:
    effects = tuple(raw["effects"])
    if not effects or not set(effects) <= set(EFFECTS):
        raise ValueError("an effect is not one that this version has")
    plan = None if raw["plan"] is None else _file(raw["plan"])
    return Access(role, effects, tuple(_text(r) for r in raw["reasons"]), plan, _text(raw["seal"]))


def _path(value: Sequence[object]) -> ResultPath:
    """Where a value is in a row; objects and lists have names that every language takes."""
    path = tuple(map(_text, value))
    if not path or not all(_PLACE.fullmatch(part) for part in path[:-1]):
        raise ValueError("a path leads to no place in a row")
    return path


def _file(value: object) -> str:
    """The name of a plan file; never a path that leads out of the directory of plans."""
    name = _text(value)
    if "/" in name or "\\" in name or not name.endswith(".json"):
        raise ValueError("a plan is not named by its file")
    return name


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value
