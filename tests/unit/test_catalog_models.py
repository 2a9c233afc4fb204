"""What Python models declare."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, NewType, Optional
from uuid import UUID

import pytest

from nlq.catalog import Catalog, Column, Dialect, ForeignKey, Relation, RelationName
from nlq.catalog.models import Model, access_rules, catalog_from_models, field
from nlq.errors import CatalogError

UserId = NewType("UserId", int)


class Role(enum.StrEnum):
    READER = "reader"
    CHIEF_EDITOR = "chief editor"


class Level(enum.IntEnum):
    LOW = 1


class Timed(Model):
    made_at: dt.datetime = field(default_sql="now()", timezone=True)


class Team(Model):
    """Users that work together.

    Not part of the comment.
    """

    id: int = field(primary_key=True)
    name: str = field(unique=True, description="display name", sample=True, max_length=40)
    posts: list[Post]


class Post(Timed, table="posts", schema="app", unique=[("author", "title")]):
    id: int = field(primary_key=True, type="BIGINT")
    title: str
    status: Literal["draft", "published"] = "draft"
    author: Team
    checked_by: Team | None = field(column="checker", description="may be nobody")
    answers: Optional[Post] = None  # noqa: UP045 -- the older spelling counts as well
    score: Decimal = field(precision=10, scale=2, default=Decimal("0.50"))
    kind: ClassVar[str] = "no column"
    access = {"read": "anyone if published, else the author", "update": {"roles": ["admin"]}}  # noqa: RUF012


def test_models_make_a_catalog() -> None:
    team = RelationName("public", "team")
    assert catalog_from_models([Post, Team], "postgres") == Catalog(
        "postgres",
        (
            Relation(
                RelationName("app", "posts"),
                (
                    Column("made_at", "TIMESTAMPTZ", nullable=False, default="CURRENT_TIMESTAMP"),
                    Column("id", "BIGINT", nullable=False),
                    Column("title", "TEXT", nullable=False),
                    Column(
                        "status", "TEXT", nullable=False, default="'draft'", enum=("draft", "published")
                    ),
                    Column("author_id", "INT", nullable=False),
                    Column("checker", "INT", comment="may be nobody"),
                    Column("answers_id", "BIGINT"),
                    Column("score", "DECIMAL(10, 2)", nullable=False, default="0.50"),
                ),
                primary_key=("id",),
                unique=(("author_id", "title"),),
                foreign_keys=(
                    ForeignKey(("answers_id",), RelationName("app", "posts"), ("id",)),
                    ForeignKey(("author_id",), team, ("id",)),
                    ForeignKey(("checker",), team, ("id",)),
                ),
            ),
            Relation(
                team,
                (
                    Column("id", "INT", nullable=False),
                    Column("name", "VARCHAR(40)", nullable=False, comment="display name", sample=True),
                ),
                primary_key=("id",),
                unique=(("name",),),
                comment="Users that work together.",
            ),
        ),
    )


def test_access_rules_are_kept_as_they_are() -> None:
    assert access_rules([Team, Post], "duckdb") == {RelationName("app", "posts"): Post.access}


@pytest.mark.parametrize(
    ("annotation", "details", "duckdb", "postgres", "sqlite"),
    [
        (bool, field(default=False), "BOOLEAN = FALSE", "BOOLEAN = FALSE", "BOOLEAN = FALSE"),
        (int, -1, "INT = -1", "INT = -1", "INTEGER = -1"),
        (float, 1.5, "DOUBLE = 1.5", "DOUBLE PRECISION = 1.5", "REAL = 1.5"),
        (str, "it's", "TEXT = 'it''s'", "TEXT = 'it''s'", "TEXT = 'it''s'"),
        (str, field(max_length=9), "TEXT", "VARCHAR(9)", "TEXT"),
        (Decimal, field(), "DECIMAL(18, 3)", "DECIMAL", "REAL"),
        (bytes, field(), "BLOB", "BYTEA", "BLOB"),
        (dt.date, dt.date(2020, 1, 2), "DATE = '2020-01-02'", "DATE = '2020-01-02'", "DATE = '2020-01-02'"),
        (dt.datetime, field(timezone=True), "TIMESTAMPTZ", "TIMESTAMPTZ", "TIMESTAMPTZ"),
        (dt.time, field(), "TIME", "TIME", "TIME"),
        (dt.timedelta, field(), "INTERVAL", "INTERVAL", "TEXT"),
        (UUID, field(default_sql="uuid()"), "UUID = UUID()", "UUID = GEN_RANDOM_UUID()", "UUID = UUID()"),
        (dict[str, Any], field(), "JSON", "JSONB", "JSON"),
        (Any, field(), "JSON", "JSONB", "JSON"),
        (list[str], [], "TEXT[] = []", "TEXT[] = '{}'", "JSON = '[]'"),
        (list[int], [1, 2], "INT[] = [1, 2]", "INT[] = ARRAY[1, 2]", "JSON = '[1, 2]'"),
        (list[list[int]], field(), "INT[][]", "INT[]", "JSON"),
        (
            Role,
            Role.READER,
            "ENUM reader|chief editor = 'reader'",
            "ENUM reader|chief editor = 'reader'",
            "TEXT reader|chief editor = 'reader'",
        ),
        (Level, Level.LOW, "INT = 1", "INT = 1", "INTEGER = 1"),
        (Literal["a", "b"], field(), "TEXT a|b", "TEXT a|b", "TEXT a|b"),
        (Literal[1, 2], field(), "INT", "INT", "INTEGER"),
        (Annotated[int, "any note"], field(), "INT", "INT", "INTEGER"),
        (UserId, field(), "INT", "INT", "INTEGER"),
        (int, field(type="HUGEINT"), "INT128", "INT128", "INTEGER"),
        (complex, field(type="INET"), "INET", "INET", "INET"),
    ],
)
def test_types(annotation: Any, details: Any, duckdb: str, postgres: str, sqlite: str) -> None:
    model = type("Thing", (Model,), {"__annotations__": {"x": annotation}, "x": details})
    shown = {}
    dialects: tuple[Dialect, ...] = ("duckdb", "postgres", "sqlite")
    for dialect in dialects:
        column = next(iter(catalog_from_models([model], dialect))).columns[0]
        values = f" {'|'.join(column.enum)}" if column.enum else ""
        shown[dialect] = f"{column.type}{values}" + (f" = {column.default}" if column.default else "")
    assert shown == {"duckdb": duckdb, "postgres": postgres, "sqlite": sqlite}


@pytest.mark.parametrize(
    ("name", "relation"),
    [("User", "user"), ("OrderLine", "order_line"), ("HTTPLog2Entry", "http_log2_entry")],
)
def test_a_relation_is_named_after_its_class(name: str, relation: str) -> None:
    model = type(name, (Model,), {"__annotations__": {"id": int}})
    assert [str(r.name) for r in catalog_from_models([model], "duckdb")] == [f"main.{relation}"]


def test_sqlite_numbers_its_rows_and_has_no_schemas() -> None:
    posts = catalog_from_models([Team, Post], "sqlite").find("posts")[0]
    assert posts.name == RelationName("main", "posts")
    assert [c.name for c in posts.columns if c.generated] == ["id"]


def test_a_key_may_refer_to_what_has_no_model() -> None:
    class Visit(Model, schema="app"):
        team_id: int = field(references="public.team.id")

    made = catalog_from_models([Visit, Team, Post], "postgres").find("visit")[0]
    assert made.foreign_keys == (ForeignKey(("team_id",), RelationName("public", "team"), ("id",)),)


def test_a_key_may_itself_be_a_reference() -> None:
    class Country(Model):
        code: str = field(primary_key=True, max_length=2)

    class Capital(Model):
        country: Country = field(primary_key=True)

    class Mayor(Model):
        capital: Capital

    Mayor.__annotations__["capital"], Capital.__annotations__["country"] = Capital, Country
    made = catalog_from_models([Mayor, Capital, Country], "postgres").find("mayor")[0]
    assert made.columns == (Column("capital_country_code", "VARCHAR(2)", nullable=False),)


def thing(**fields: Any) -> type[Model]:
    annotations = {name: kind for name, (kind, _) in fields.items()}
    values = {name: value for name, (_, value) in fields.items() if value is not None}
    return type("Thing", (Model,), {"__annotations__": annotations, **values})


def in_a_circle() -> list[type[Model]]:
    a, b = thing(), thing()
    a.__annotations__, b.__annotations__ = {"id": b}, {"id": a}
    a.id = b.id = field(primary_key=True)  # type: ignore[attr-defined]
    a.__name__, b.__name__ = "A", "B"
    return [a, b]


@pytest.mark.parametrize(
    ("models", "message", "hint"),
    [
        (
            lambda: [thing(x=(complex, None))],
            "`Thing.x` has the type `complex`, which no column holds",
            "use `field(type=…)`",
        ),
        (
            lambda: [thing(x=("Tem", None)), Team, Post],
            "model `Thing` has a field of the unknown type `Tem`",
            "did you mean `Team`?",
        ),
        (
            lambda: [thing(x=(Team, None))],
            "`Thing.x` refers to `Team`, which is not given",
            "give it along with this one",
        ),
        (
            lambda: [Post, Post],
            "two models declare the relation `main.posts`",
            "give one of them a `table=`",
        ),
        (lambda: [thing()], "model `Thing` has no fields", "annotate them: `id: int`"),
        (
            lambda: [thing(x=(int, object()))],
            "`Thing.x` has a default that cannot be written in SQL",
            "use `field(default_sql=…)`",
        ),
        (
            lambda: [thing(x=(Literal["a", 1], None))],
            "`Thing.x` is limited to values that are neither all text nor all integers",
            None,
        ),
        (in_a_circle, "the key `B.id` refers to itself", "give one of the models a plain key"),
        (
            lambda: [type("T", (Model,), {"__annotations__": {"a": int}}, unique=[("a", "bee")])],
            "`unique=` of model `T` names `bee`, which is not a field",
            None,
        ),
    ],
)
def test_what_no_table_can_hold_is_an_error(
    models: Callable[[], list[type[Model]]], message: str, hint: str | None
) -> None:
    with pytest.raises(CatalogError) as refused:
        catalog_from_models(models(), "sqlite" if "posts" in message else "duckdb")
    assert (refused.value.code, refused.value.message, refused.value.hint) == (
        "catalog.invalid",
        message,
        hint,
    )


def test_a_model_has_no_instances() -> None:
    with pytest.raises(TypeError, match="`Team` declares a relation; it has no instances"):
        Team()
