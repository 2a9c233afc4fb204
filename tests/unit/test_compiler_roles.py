"""Two keys to the same relation, of which the question says who has whom."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.names import mend_names
from nlq.compiler.mend.roles import mend_roles
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE weavers (id INTEGER PRIMARY KEY, name TEXT, town TEXT);
    CREATE TABLE lessons (
        pupil_id INTEGER REFERENCES weavers (id), teacher_id INTEGER REFERENCES weavers (id), year INTEGER
    );
    CREATE TABLE rides (
        id INTEGER PRIMARY KEY, from_town TEXT REFERENCES towns (code), to_town TEXT REFERENCES towns (code)
    );
    CREATE TABLE towns (code TEXT PRIMARY KEY, name TEXT);
    """,
    "sqlite",
)


def mended(sql: str, question: str) -> tuple[str, tuple[str, ...]]:
    tree = parse(sql, "sqlite")
    mend_names(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    changes = mend_roles(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    text = render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "")
    for name in ("weavers", "lessons", "rides"):
        text = text.replace(f"{name} AS {name}", name)
    return text, changes


OWNER = ("looked for who has one by `pupil_id`, not by `teacher_id`",)


@pytest.mark.parametrize(
    ("question", "sql", "expected"),
    [
        pytest.param(
            "ids of weavers who have no teacher",
            "SELECT id FROM weavers EXCEPT SELECT teacher_id FROM lessons",
            "SELECT weavers.id FROM weavers EXCEPT SELECT lessons.pupil_id FROM lessons", id="who has none",
        ),
        pytest.param(
            "names of weavers with at least two teachers",
            "SELECT w.name FROM weavers AS w JOIN lessons AS l ON w.id = l.teacher_id GROUP BY w.id HAVING count(*) > 1",
            "SELECT w.name FROM weavers AS w JOIN lessons AS l ON w.id = l.pupil_id GROUP BY w.id HAVING COUNT(*) > 1",
            id="who has several",
        ),
        pytest.param(
            "how many teachers does Ana have?",
            "SELECT count(*) FROM lessons WHERE teacher_id = (SELECT id FROM weavers WHERE name = 'Ana')",
            "SELECT COUNT(*) FROM lessons WHERE lessons.pupil_id = (SELECT weavers.id FROM weavers WHERE weavers.name = 'Ana')",
            id="how many one has",
        ),
        pytest.param(
            "ids of the teachers of Ana",
            "SELECT teacher_id FROM lessons WHERE teacher_id = (SELECT id FROM weavers WHERE name = 'Ana')",
            "SELECT lessons.teacher_id FROM lessons WHERE lessons.pupil_id = (SELECT weavers.id FROM weavers WHERE weavers.name = 'Ana')",
            id="what is shown stays",
        ),
    ],
)  # fmt: skip
def test_who_has_one_is_found_by_the_other_key(question: str, sql: str, expected: str) -> None:
    assert mended(sql, question) == (expected, OWNER)


@pytest.mark.parametrize(
    ("question", "shown", "key"),
    [
        pytest.param("the towns of all teachers of Ana", "w.town", "teacher_id", id="of"),
        pytest.param("show Ana's teachers by town", "w.town", "teacher_id", id="whose"),
        pytest.param("which teachers does Ana have?", "w.name", "pupil_id", id="the other key"),
        pytest.param("the names of the teachers of Ana", "l.name", "teacher_id", id="a column it has not"),
    ],
)
def test_those_of_one_who_is_named_are_joined_again(question: str, shown: str, key: str) -> None:
    text, changes = mended(
        f"SELECT {shown} FROM lessons AS l JOIN weavers AS w ON l.{key} = w.id WHERE w.name = 'Ana'",
        question,
    )
    assert text == (
        f"SELECT teacher.{shown[2:]} FROM lessons AS l JOIN weavers AS w ON l.pupil_id = w.id "
        "JOIN weavers AS teacher ON l.teacher_id = teacher.id WHERE w.name = 'Ana'"
    )
    assert changes == (
        "showed whom `teacher_id` refers to, and looked for the one who has them by `pupil_id`",
    )


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        pytest.param(
            "who is no pupil but has no teacher either?",
            "SELECT id FROM weavers EXCEPT SELECT teacher_id FROM lessons", id="both are had",
        ),
        pytest.param(
            "who are teachers?", "SELECT id FROM weavers INTERSECT SELECT teacher_id FROM lessons",
            id="nobody has them",
        ),
        pytest.param(
            "who has been a teacher?", "SELECT id FROM weavers INTERSECT SELECT teacher_id FROM lessons",
            id="who is one",
        ),
        pytest.param(
            "who has no teacher?", "SELECT id FROM weavers EXCEPT SELECT pupil_id FROM lessons", id="right",
        ),
        pytest.param(
            "who has no teacher of his town?",
            "SELECT id FROM weavers WHERE NOT id IN (SELECT teacher_id FROM lessons WHERE pupil_id > 1)",
            id="both keys are used",
        ),
    ],
)  # fmt: skip
def test_what_may_be_meant_stays(question: str, sql: str) -> None:
    tree = parse(sql, "sqlite")
    before = tree.copy()
    bind(tree, CATALOG)
    assert mend_roles(tree, CATALOG, question) == ()
    bind(before, CATALOG)
    assert tree == before


@pytest.mark.parametrize(
    ("question", "has", "meant"),
    [
        pytest.param("which rides arrive in Osk?", "from_town", "to_town", id="arrive"),
        pytest.param("rides with Osk as destination", "from_town", "to_town", id="destination"),
        pytest.param("which rides leave Osk?", "to_town", "from_town", id="leave"),
    ],
)
def test_the_end_of_a_way_that_is_spoken_of(question: str, has: str, meant: str) -> None:
    assert mended(f"SELECT id FROM rides WHERE {has} = 'OSK'", question) == (
        f"SELECT rides.id FROM rides WHERE rides.{meant} = 'OSK'",
        (f"read `{meant}`, of which the question speaks, not `{has}`",),
    )


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        pytest.param("rides from Osk to Tarn", "SELECT id FROM rides WHERE from_town = 'OSK'", id="both ends"),
        pytest.param("where rides from Osk arrive", "SELECT id FROM rides WHERE from_town = 'OSK'", id="from, of the other end"),
        pytest.param("who has to leave Osk?", "SELECT id FROM rides WHERE to_town = 'OSK'", id="to, of something else"),
        pytest.param("rides of Osk", "SELECT id FROM rides WHERE from_town = 'OSK'", id="neither end"),
        pytest.param(
            "rides that end in Osk", "SELECT id FROM rides WHERE to_town = 'OSK' AND from_town <> 'OSK'",
            id="both keys",
        ),
    ],
)  # fmt: skip
def test_an_end_that_may_be_meant_stays(question: str, sql: str) -> None:
    assert mended(sql, question)[1] == ()


@pytest.mark.parametrize(
    ("question", "key"),
    [
        pytest.param("How many rides arrive in Osk?", "to_town", id="arrive"),
        pytest.param("How many rides leave Osk?", "from_town", id="leave"),
    ],
)
def test_a_town_that_was_not_joined_is_joined_by_the_end_spoken_of(question: str, key: str) -> None:
    assert mended("SELECT count(*) FROM rides WHERE towns.name = 'Osk'", question) == (
        f"SELECT COUNT(*) FROM rides JOIN towns AS towns ON rides.{key} = towns.code WHERE towns.name = 'Osk'",
        (),
    )
