"""What replies look like, for the OpenAPI document. Tests hold real replies against these models."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from nlq.catalog import Dialect


class Shape(BaseModel):
    """A part of a reply."""

    model_config = ConfigDict(extra="forbid")


class ColumnShape(Shape):
    """A column of the result; `type` is canonical, `UNKNOWN` where nobody knows."""

    name: str
    type: str


class DecisionShape(Shape):
    """What was decided about a relation that the answer reads, or about one of its columns."""

    relation: str
    column: str | None = None
    effect: Literal["allowed", "filtered", "masked", "aggregated", "denied"]
    reason: str


class UsedPlan(Shape):
    """The plan that was run. `model_calls` and tokens are those of this request: none if it was cached."""

    id: str
    cached: bool
    model: str
    model_calls: int
    prompt_tokens: int
    completion_tokens: int
    confidence: float = Field(description="how likely the SQL answers the question, 0 to 1")


class AnswerShape(Shape):
    """Rows with what made them. `timings` are milliseconds."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "columns": [{"name": "country", "type": "TEXT"}, {"name": "count", "type": "BIGINT"}],
                "rows": [{"country": "Portugal", "count": 12}],
                "truncated": False,
                "sql": 'SELECT "country", COUNT(*) AS "count" FROM "customers" GROUP BY "country"',
                "explanation": "For each country of customers: country and the number of rows.",
                "assumptions": [],
                "plan": {
                    "id": "0f9c2d4b6a8e1357",
                    "cached": True,
                    "model": "hand",
                    "model_calls": 0,
                    "prompt_tokens": 0,
                    "completion_tokens": 0,
                    "confidence": 1.0,
                },
                "decisions": [
                    {
                        "relation": "main.customers",
                        "effect": "filtered",
                        "reason": "only rows that a rule lets be read",
                    }
                ],
                "timings": {"plan": 0.4, "guard": 0.1, "engine": 1.9, "total": 2.4},
            }
        },
    )

    question: str | None = Field(None, description="what a follow-up became; else it is not there")
    columns: list[ColumnShape]
    rows: list[dict[str, Any]]
    truncated: bool = Field(description="there were more rows than the limit")
    sql: str
    explanation: str | None = None
    assumptions: list[str] | None = None
    plan: UsedPlan
    decisions: list[DecisionShape] | None = None
    timings: dict[str, float]


class ParameterShape(Shape):
    """A value that a plan takes."""

    name: str
    type: str


class DependencyShape(Shape):
    """Columns of a relation that a plan reads."""

    relation: str
    columns: list[str]


class ProvenanceShape(Shape):
    """Where a plan comes from and what it cost."""

    model: str
    attempts: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    cost_usd: float
    confidence: float = Field(description="how likely it answers its question, 0 to 1")


class PlanShape(Shape):
    """A compiled question."""

    id: str
    kind: str
    question: str
    dialect: Dialect
    sql: str
    explanation: str
    assumptions: list[str]
    parameters: list[ParameterShape]
    columns: list[ColumnShape]
    depends: list[DependencyShape]
    provenance: ProvenanceShape


class CompiledShape(Shape):
    """A plan, and whether it was known before."""

    plan: PlanShape
    cached: bool


class SchemaColumn(Shape):
    """A column that the caller may read."""

    name: str
    type: str
    nullable: bool
    comment: str | None
    enum: list[str]


class ForeignKeyShape(Shape):
    """`columns` refer to `referred_columns` of `referred`, pairwise."""

    columns: list[str]
    referred: str
    referred_columns: list[str]


class RelationShape(Shape):
    """A table or view that the caller may read."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_: str = Field(alias="schema")
    name: str
    kind: Literal["table", "view"]
    comment: str | None
    columns: list[SchemaColumn]
    primary_key: list[str]
    foreign_keys: list[ForeignKeyShape]


class CatalogShape(Shape):
    """What the caller may know of the database."""

    dialect: Dialect
    relations: list[RelationShape]


class HealthShape(Shape):
    """The process is up."""

    status: Literal["up"]
    version: str


class ReadyShape(Shape):
    """Questions can be answered."""

    status: Literal["ready"]


class ReadingShape(Shape):
    """One thing that an ambiguous question may mean. To ask its `question` takes no model."""

    question: str
    sql: str
    explanation: str


class Problem(Shape):
    """An error (RFC 9457). `code` is stable and listed in `docs/errors.md`; `hint` says how to mend it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "type": "urn:nlq:error:plan.unknown_column",
                "title": "the SQL names a column that does not exist, or may not be seen",
                "status": 422,
                "detail": "unknown column `totl` in relation `orders`",
                "code": "plan.unknown_column",
                "hint": "did you mean `total`?",
            }
        },
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None
    span: tuple[int, int] | None = None
    readings: list[ReadingShape] | None = None
    ahead: int | None = None


class QueryParameterShape(Shape):
    """A parameter of a query. Its type is a family: `integer`, `text`, `date` and so on."""

    name: str
    type: str
    required: bool
    default: Any = None


class QueryColumnShape(ColumnShape):
    """A column of a query. `path` leads to it in a row: `["author", "name"]`, `["posts[]", "id"]`."""

    path: list[str]


class QueryShape(Shape):
    """A query that was built. Its `cardinality` says what it gives: `many` rows, or `one` or none; `exec`
    changes rows.
    """

    name: str
    cardinality: Literal["one", "many", "exec"]
    question: str
    notes: list[str]
    parameters: list[QueryParameterShape]
    columns: list[QueryColumnShape]


class QueriesShape(Shape):
    """The queries that the caller may run."""

    queries: list[QueryShape]


class FoundShape(Shape):
    """What a query found: `rows` and `truncated`, or where it gives one, `row`, which may be null."""

    rows: list[dict[str, Any]] | None = None
    truncated: bool | None = None
    row: dict[str, Any] | None = None
