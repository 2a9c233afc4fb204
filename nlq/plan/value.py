"""The plan: checked SQL and all that is needed to run, explain and re-verify it. Immutable.

A plan is the same for every principal of its scope; who may read which rows is decided by the guard,
each time. It is stored as JSON and named by the hash of its content.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, get_args

from nlq.catalog import Dialect, Family, RelationName
from nlq.catalog.fingerprint import digest
from nlq.errors import StoreError

PlanKind = Literal["query", "mutation"]

FORMAT = 1
"""Version of the JSON. A plan of another version is recompiled, never guessed at."""

HAND = "hand"
"""The model of a plan that a person wrote."""

Value = str | int | float | bool | Decimal | date | datetime | None
"""What may be bound to a parameter."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed hole of the SQL, `:name` in `Plan.sql`, with the value that it had at compile time."""

    name: str
    family: Family
    example: str | int | float | None = None


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of the result, as the engine describes it; `type` is canonical."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """Columns of one relation that a plan reads, each with the fingerprint it was checked against."""

    relation: RelationName
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a plan comes from. Not part of its identity.

    `confidence` is how likely it answers its question, 0 to 1; what a person wrote or pinned has 1.
    """

    model: str = HAND
    prompt_hash: str = ""
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0
    mended: tuple[str, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Checked SQL: `sql` is generated from the checked tree, in `dialect`, with `:name` parameters.

    That of a mutation is the text of its steps; `inputs` is the JSON Schema of what it takes.
    """

    kind: PlanKind
    template: str
    dialect: Dialect
    scope: str
    sql: str
    parameters: tuple[Parameter, ...]
    columns: tuple[ResultColumn, ...]
    depends: tuple[Dependency, ...]
    explanation: str
    assumptions: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    inputs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    _id: str = field(default="", init=False, repr=False, compare=False)

    @property
    def id(self) -> str:
        """16 hex digits over everything but provenance, explanation and assumptions.

        Two compilations that arrive at the same SQL are the same plan.
        """
        # Kept: each request asks for it several times, and nothing that it is made of can change.
        if not self._id:
            object.__setattr__(self, "_id", self._digest())
        return self._id

    def _digest(self) -> str:
        return digest(
            [
                FORMAT,
                self.kind,
                self.template,
                self.dialect,
                self.scope,
                self.sql,
                [[p.name, p.family] for p in self.parameters],
                [[c.name, c.type] for c in self.columns],
                [[d.relation.schema, d.relation.name, [list(c) for c in d.columns]] for d in self.depends],
            ]
        )[:16]

    @property
    def lookup(self) -> str:
        """16 hex digits by which a question finds its plans: `lookup_key` of its own fields."""
        return lookup_key(self.kind, self.template, self.dialect, self.scope)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with sorted, stable content, from which `from_json` makes an equal plan."""
        return {
            "format": FORMAT,
            "id": self.id,
            "kind": self.kind,
            "question": self.template,
            "dialect": self.dialect,
            "scope": self.scope,
            "sql": self.sql.split("\n"),
            "explanation": self.explanation,
            "assumptions": list(self.assumptions),
            "parameters": [asdict(p) for p in self.parameters],
            "columns": [asdict(c) for c in self.columns],
            "depends": {
                d.relation.schema: {
                    e.relation.name: dict(e.columns)
                    for e in self.depends
                    if e.relation.schema == d.relation.schema
                }
                for d in self.depends
            },
            "provenance": {**asdict(self.provenance), "mended": list(self.provenance.mended)},
            **({"inputs": dict(self.inputs)} if self.kind == "mutation" else {}),
        }

    @classmethod
    def from_edited(cls, raw: Mapping[str, Any]) -> Plan:
        """The plan of a file whose SQL a person wrote: its id is that of what was there before.

        Raises `store.invalid` as `from_json` does. It was not checked: only a check makes it a plan again.
        """
        try:
            plan = _read_plan(raw)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise StoreError("store.invalid", f"not a plan: {_brief(error)}") from error
        return replace(plan, assumptions=(), provenance=Provenance())

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Plan:
        """The plan that `to_json` wrote.

        Raises `store.invalid` where a field is missing, has another type, or the content does not
        match its id. A match proves that the file is whole, not that it is safe: check it again.
        """
        try:
            if _count(raw["format"]) != FORMAT:
                raise StoreError(
                    "store.invalid",
                    f"plan format {_brief(raw['format'])} is not {FORMAT}",
                    "delete the file to compile it again",
                )
            plan = _read_plan(raw)
            if plan.id != _text(raw["id"]):
                raise StoreError(
                    "store.invalid",
                    f"the content of plan `{_brief(raw['id'])}` does not match its id",
                    "it was changed by hand or damaged; delete the file to compile it again",
                )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise StoreError(
                "store.invalid", f"not a plan: {_brief(error)}", "delete the file to compile it again"
            ) from error
        return plan


@lru_cache(maxsize=4096)
def lookup_key(kind: str, template: str, dialect: str, scope: str) -> str:
    """16 hex digits by which plans for this template are found."""
    return digest([kind, template, dialect, scope])[:16]


EMPTY: Mapping[str, Value] = MappingProxyType({})


_KINDS: frozenset[str] = frozenset(get_args(PlanKind))
_DIALECTS: frozenset[str] = frozenset(get_args(Dialect))
_FAMILIES: frozenset[str] = frozenset(get_args(Family))
_KEYS = frozenset(
    "format id kind question dialect scope sql explanation assumptions parameters columns depends"
    " provenance".split()
)


def _read_plan(raw: object) -> Plan:
    kind = _object(raw).get("kind")
    got = _object(raw, _KEYS | {"inputs"} if kind == "mutation" else _KEYS)
    if kind not in _KINDS:
        raise ValueError("`kind` is not one that this version has")
    if got["dialect"] not in _DIALECTS:
        raise ValueError("`dialect` is not one that this version has")
    return Plan(
        kind=kind,
        template=_text(got["question"]),
        dialect=got["dialect"],
        scope=_text(got["scope"]),
        sql="\n".join(_texts(got["sql"])),
        parameters=tuple(_read_parameter(p) for p in _array(got["parameters"])),
        columns=tuple(_read_column(c) for c in _array(got["columns"])),
        depends=tuple(
            Dependency(
                RelationName(schema, _text(name)),
                tuple(sorted((_text(c), _text(f)) for c, f in _object(columns).items())),
            )
            for schema, relations in sorted(_object(got["depends"]).items())
            for name, columns in sorted(_object(relations).items())
        ),
        explanation=_text(got["explanation"]),
        assumptions=_texts(got["assumptions"]),
        provenance=_read_provenance(got["provenance"]),
        inputs=_object(got.get("inputs", {})),
    )


def _read_parameter(raw: object) -> Parameter:
    got = _object(raw, frozenset(("name", "family", "example")))
    if got["family"] not in _FAMILIES:
        raise ValueError("the family of a parameter is not one that this version has")
    example = got["example"]
    if isinstance(example, str):
        _text(example)
    elif example is not None and type(example) is not int:
        example = _number(example)
    return Parameter(_text(got["name"]), got["family"], example)


def _read_column(raw: object) -> ResultColumn:
    got = _object(raw, frozenset(("name", "type")))
    return ResultColumn(_text(got["name"]), _text(got["type"]))


def _read_provenance(raw: object) -> Provenance:
    # Plans that were stored before confidence was are as good as they were.
    told = {"confidence": 1.0, **raw} if isinstance(raw, dict) else raw
    got = _object(told, frozenset(f.name for f in fields(Provenance)))
    return Provenance(
        model=_text(got["model"]),
        prompt_hash=_text(got["prompt_hash"]),
        attempts=_count(got["attempts"]),
        prompt_tokens=_count(got["prompt_tokens"]),
        completion_tokens=_count(got["completion_tokens"]),
        seconds=_number(got["seconds"]),
        cost_usd=_number(got["cost_usd"]),
        mended=_texts(got["mended"]),
        confidence=_number(got["confidence"]),
    )


def _brief(value: object) -> str:
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= 120 else text[:119] + "…"


def _object(value: object, keys: frozenset[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, got {type(value).__name__}")
    if keys is not None and value.keys() != keys:
        raise ValueError("missing or unknown keys: " + ", ".join(sorted(map(str, value.keys() ^ keys))))
    return value


def _array(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    value.encode()  # half of a surrogate pair is text to JSON, and to nothing after it
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(v) for v in _array(value))


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("expected a whole number that is not negative")
    return value


def _number(value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise TypeError("expected a finite number")
    return float(value)  # type: ignore[arg-type]
