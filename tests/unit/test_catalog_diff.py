"""What changed between two catalogs, and what that breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nlq.catalog import Catalog, Column, ForeignKey, Relation, RelationName
from nlq.catalog.diff import diff_catalogs
from nlq.errors import CatalogError

TEAM = RelationName("main", "team")
POST = RelationName("main", "post")
TEAMS = Relation(TEAM, (Column("id", "INT", nullable=False),), primary_key=("id",))
OLD = Relation(
    POST,
    (
        Column("id", "INT", nullable=False),
        Column("title", "TEXT", comment="headline"),
        Column("status", "TEXT", default="'draft'", enum=("draft", "live")),
        Column("team_id", "INT"),
    ),
    primary_key=("id",),
    unique=(("title",),),
    foreign_keys=(ForeignKey(("team_id",), TEAM, ("id",)),),
)


def with_column(name: str, **changes: object) -> Relation:
    columns = tuple(replace(c, **changes) if c.name == name else c for c in OLD.columns)  # type: ignore[arg-type]
    return replace(OLD, columns=columns)


@pytest.mark.parametrize(
    ("new", "lines"),
    [
        (OLD, []),
        (with_column("title", type="INT"), ["~ `main.post`.`title` type: TEXT -> INT (breaking)"]),
        (
            with_column("title", nullable=False),
            ["~ `main.post`.`title` nullability: nullable -> not null (breaking)"],
        ),
        (
            with_column("status", enum=("draft", "live", "gone")),
            ["~ `main.post`.`status` enum: `draft`, `live` -> `draft`, `live`, `gone`"],
        ),
        (
            with_column("status", enum=("draft",)),
            ["~ `main.post`.`status` enum: `draft`, `live` -> `draft` (breaking)"],
        ),
        (with_column("status", default=None), ["- `main.post`.`status` default: 'draft'"]),
        (
            with_column("title", comment="the\nheadline"),
            ["~ `main.post`.`title` comment: 'headline' -> 'the headline'"],
        ),
        (
            with_column("title", comment=None, sample=True),
            [
                "~ `main.post`.`title` sampling: not sampled -> may be sampled",
                "- `main.post`.`title` comment: 'headline'",
            ],
        ),
        (
            with_column("id", generated=True),
            ["~ `main.post`.`id` generation: given -> made by the database (breaking)"],
        ),
        (replace(OLD, columns=(*OLD.columns, Column("n", "INT"))), ["+ `main.post`.`n`: INT nullable"]),
        (
            replace(OLD, columns=(*OLD.columns, Column("n", "INT", nullable=False))),
            ["+ `main.post`.`n`: INT not null (breaking)"],
        ),
        (
            replace(OLD, columns=(*OLD.columns, Column("n", "INT", nullable=False, default="0"))),
            ["+ `main.post`.`n`: INT not null"],
        ),
        (
            replace(OLD, columns=OLD.columns[:-1], foreign_keys=()),
            [
                "- `main.post` foreign key: (team_id) to `main.team` (id)",
                "- `main.post`.`team_id`: INT nullable (breaking)",
            ],
        ),
        (
            replace(OLD, columns=(OLD.columns[1], OLD.columns[0], *OLD.columns[2:])),
            ["~ `main.post` order: id, title, status, team_id -> title, id, status, team_id"],
        ),
        (
            replace(OLD, primary_key=("id", "title")),
            ["~ `main.post` primary key: (id) -> (id, title) (breaking)"],
        ),
        (
            replace(OLD, unique=(("status",),)),
            ["+ `main.post` unique: (status)", "- `main.post` unique: (title) (breaking)"],
        ),
        (
            replace(OLD, kind="view", comment="now a view"),
            ["~ `main.post` kind: table -> view (breaking)", "+ `main.post` comment: 'now a view'"],
        ),
    ],
)
def test_each_change_is_a_line(new: Relation, lines: list[str]) -> None:
    found = diff_catalogs(Catalog.of("duckdb", [TEAMS, OLD]), Catalog.of("duckdb", [TEAMS, new]))
    assert str(found).splitlines() == lines
    assert bool(found) == bool(lines)
    assert found.is_breaking == any("(breaking)" in line for line in lines)


def test_relations_come_and_go() -> None:
    found = diff_catalogs(
        Catalog.of("duckdb", [TEAMS, OLD]),
        Catalog.of(
            "duckdb", [with_column("title", type="INT"), replace(TEAMS, name=RelationName("app", "team"))]
        ),
    )
    assert str(found).splitlines() == [
        "+ `app.team`: table of 1 column",
        "~ `main.post`.`title` type: TEXT -> INT (breaking)",
        "- `main.team`: table of 1 column (breaking)",
    ]
    assert (found.added, found.removed, found.changed) == ((RelationName("app", "team"),), (TEAM,), (POST,))


def test_two_dialects_cannot_be_compared() -> None:
    with pytest.raises(CatalogError) as refused:
        diff_catalogs(Catalog.of("duckdb", []), Catalog.of("sqlite", []))
    assert refused.value.message == "a `duckdb` catalog cannot be compared with a `sqlite` catalog"
