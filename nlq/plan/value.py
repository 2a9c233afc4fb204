"""The plan: checked SQL and all that is needed to run, explain and re-verify it. Immutable.

A plan is the same for every principal of its scope; who may read which rows is decided by the guard,
each time. It is stored as JSON and named by the hash of its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from nlq.catalog import Dialect, Family, RelationName
from nlq.catalog.fingerprint import digest
from nlq.errors import StoreError

FORMAT = 1
"""Version of the JSON. A plan of another version is recompiled, never guessed at."""

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
    """Where a plan comes from. Not part of its identity."""

    model: str = "hand"
    prompt_hash: str = ""
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Checked SQL: `sql` is generated from the checked tree, in `dialect`, with `:name` parameters."""

    kind: Literal["query"]
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

    @property
    def id(self) -> str:
        """16 hex digits over everything but provenance, explanation and assumptions.

        Two compilations that arrive at the same SQL are the same plan.
        """
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
                [[str(d.relation), [list(c) for c in d.columns]] for d in self.depends],
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
            "sql": self.sql.splitlines(),
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
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Plan:
        """The plan that `to_json` wrote.

        Raises `store.invalid` where a field is missing, has another type, or the content does not
        match its id. A match proves that the file is whole, not that it is safe: check it again.
        """
        try:
            if raw["format"] != FORMAT:
                raise StoreError(
                    "store.invalid", f"plan format {raw['format']!r} is not {FORMAT}", "compile it again"
                )
            plan = cls(
                kind=_one_of(raw["kind"], "query"),
                template=_text(raw["question"]),
                dialect=raw["dialect"],
                scope=_text(raw["scope"]),
                sql="\n".join(_text(line) for line in raw["sql"]),
                parameters=tuple(Parameter(**p) for p in raw["parameters"]),
                columns=tuple(ResultColumn(**c) for c in raw["columns"]),
                depends=tuple(
                    Dependency(RelationName(schema, name), tuple(sorted(columns.items())))
                    for schema, relations in sorted(raw["depends"].items())
                    for name, columns in sorted(relations.items())
                ),
                explanation=_text(raw["explanation"]),
                assumptions=tuple(_text(a) for a in raw["assumptions"]),
                provenance=Provenance(
                    **{**raw["provenance"], "mended": tuple(raw["provenance"]["mended"])}
                ),
            )
            if plan.id != raw["id"]:
                raise StoreError(
                    "store.invalid",
                    f"the content of plan `{raw['id']}` does not match its id",
                    "it was changed by hand or damaged; delete the file to compile it again",
                )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise StoreError(
                "store.invalid", f"not a plan: {error!r}", "delete the file to compile it again"
            ) from error
        return plan


def lookup_key(kind: str, template: str, dialect: str, scope: str) -> str:
    """16 hex digits by which plans for this template are found."""
    return digest([kind, template, dialect, scope])[:16]


EMPTY: Mapping[str, Value] = MappingProxyType({})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value


def _one_of(value: object, only: Literal["query"]) -> Literal["query"]:
    if value != only:
        raise ValueError(f"expected {only!r}, got {value!r}")
    return only
