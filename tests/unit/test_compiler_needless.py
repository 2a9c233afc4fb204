"""Relations that a draft joins for nothing."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest
from sqlglot import exp

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.needless import drop_needless
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE course (course_id INTEGER PRIMARY KEY, name TEXT, enrolled INTEGER);
    CREATE TABLE tags (course_id INTEGER REFERENCES course (course_id), funny INTEGER);
    CREATE TABLE student (student_id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE student_record (student_id INTEGER REFERENCES student (student_id), course_id INTEGER REFERENCES course (course_id), grade TEXT);
    CREATE TABLE device (device_id INTEGER PRIMARY KEY, student_id INTEGER REFERENCES student (student_id));
    CREATE TABLE comment (comment_id INTEGER PRIMARY KEY, student_id INTEGER REFERENCES student (student_id), device_id INTEGER REFERENCES device (device_id), body TEXT);
    """,
    "sqlite",
)


def dropped(sql: str, question: str) -> str:
    tree = parse(sql, "sqlite")
    assert isinstance(tree, exp.Select)
    assert not bind(tree, CATALOG).findings
    before = tree.sql()
    changes = tuple(drop_needless(tree, CATALOG, question))
    assert not bind(tree, CATALOG).findings
    assert bool(changes) == (tree.sql() != before)
    return render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "") if changes else ""


WAY = (
    "FROM comment AS m JOIN student_record AS r ON m.student_id = r.student_id "
    "JOIN course AS c ON r.course_id = c.course_id JOIN tags AS t ON c.course_id = t.course_id"
)


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param(f"SELECT SUM(t.funny) {WAY}", "How funny are they in all?",
                     "SELECT SUM(t.funny) FROM tags AS t", id="the way from another"),
        pytest.param(f"SELECT c.name, t.funny {WAY}", "How funny is each course?",
                     "SELECT c.name, t.funny FROM course AS c JOIN tags AS t ON c.course_id = t.course_id", id="what is left is joined"),
        pytest.param("SELECT c.name, SUM(c.enrolled) FROM course AS c JOIN student_record AS r ON c.course_id = r.course_id GROUP BY c.name",
                     "How many students are enrolled in each course?",
                     "SELECT c.name, SUM(c.enrolled) FROM course AS c GROUP BY c.name", id="what is added up is added once"),
        pytest.param("SELECT r.course_id, SUM(t.funny) FROM student_record AS r JOIN tags AS t ON r.course_id = t.course_id GROUP BY r.course_id",
                     "How many students found each course id funny?",
                     "SELECT t.course_id AS course_id, SUM(t.funny) FROM tags AS t GROUP BY t.course_id", id="a key that another has, too"),
        pytest.param("SELECT s.name, m.body FROM student AS s JOIN device AS d ON s.student_id = d.student_id JOIN comment AS m ON d.device_id = m.device_id",
                     "Who wrote which comment?",
                     "SELECT s.name, m.body FROM student AS s JOIN comment AS m ON s.student_id = m.student_id", id="a way round"),
        pytest.param("SELECT t.funny, c.name FROM tags AS t JOIN student_record AS r ON t.course_id = r.course_id JOIN course AS c ON r.course_id = c.course_id", "How funny is each course?",
                     "SELECT t.funny, c.name FROM tags AS t JOIN course AS c ON t.course_id = c.course_id", id="what both sides have"),
        pytest.param("SELECT s.name, COUNT(*) FROM student AS s JOIN comment AS m ON s.name = m.body GROUP BY s.name", "How many are called the same?",
                     "SELECT s.name, COUNT(*) FROM student AS s GROUP BY s.name", id="no key joins it"),
        pytest.param("SELECT r.grade, COUNT(*) FROM student AS s JOIN student_record AS r ON s.student_id = r.student_id JOIN device AS d ON d.student_id = s.student_id GROUP BY r.grade",
                     "How many students have each grade?",
                     "SELECT r.grade, COUNT(*) FROM student AS s JOIN student_record AS r ON s.student_id = r.student_id GROUP BY r.grade", id="others are counted"),
        pytest.param("SELECT name, enrolled FROM course AS c JOIN tags AS t ON c.course_id = t.course_id", "the courses by enrolment",
                     "SELECT c.name, c.enrolled FROM course AS c", id="names without an alias"),
    ],
)  # fmt: skip
def test_relations_of_which_nothing_is_used(sql: str, question: str, expected: str) -> None:
    assert dropped(sql, question) == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param("SELECT s.name FROM student AS s JOIN comment AS m ON s.student_id = m.student_id",
                     "Which students wrote a comment?", id="it is asked for"),
        pytest.param("SELECT c.name, COUNT(*) FROM course AS c JOIN student_record AS r ON c.course_id = r.course_id GROUP BY c.name",
                     "How full is each course?", id="its rows are counted"),
        pytest.param("SELECT s.name, COUNT(*) FROM student AS s JOIN student_record AS r ON s.student_id = r.student_id GROUP BY s.student_id",
                     "How many courses does each student take?", id="its rows are counted, and it is called like a column"),
        pytest.param("SELECT s.name, COUNT(r.student_id) FROM student AS s JOIN student_record AS r ON s.student_id = r.student_id GROUP BY s.name",
                     "How many grades does each have?", id="a key of its rows is counted"),
        pytest.param("SELECT s.name, COUNT(s.name) FROM student AS s JOIN student_record AS r ON s.student_id = r.student_id GROUP BY s.name",
                     "How many grades does each have?", id="its rows are counted by another's column"),
        pytest.param("SELECT s.name FROM student AS s JOIN comment AS m ON s.student_id = m.student_id", "Who commented?", id="it is asked for by another word"),
        pytest.param("SELECT s.name FROM student AS s JOIN comment AS m ON s.student_id = m.student_id", "Which students are commenting?", id="and another"),
        pytest.param("SELECT c.name FROM course AS c LEFT JOIN tags AS t ON c.course_id = t.course_id", "the courses", id="an outer join"),
        pytest.param("SELECT c.name FROM course AS c JOIN tags AS t ON c.course_id = t.course_id AND t.funny > 3", "the courses", id="a condition"),
        pytest.param("SELECT COUNT(*) FROM comment AS m JOIN student AS s ON m.student_id = s.student_id WHERE s.name = 'Ana'", "How many remarks has the student Ana made?", id="what is counted by another word"),
        pytest.param("SELECT * FROM course AS c JOIN tags AS t ON c.course_id = t.course_id", "the courses", id="all columns"),
        pytest.param("SELECT s.name, m.body FROM student AS s JOIN device AS d ON s.student_id = d.student_id JOIN comment AS m ON d.device_id = m.device_id",
                     "Who wrote which comment from a device of their own?", id="a way that is asked for"),
        pytest.param("SELECT s.name, c.name FROM student AS s JOIN student_record AS r ON s.student_id = r.student_id JOIN course AS c ON r.course_id = c.course_id",
                     "the courses of each student", id="it joins the others"),
    ],
)  # fmt: skip
def test_relations_that_are_needed(sql: str, question: str) -> None:
    assert dropped(sql, question) == ""


def test_what_is_looked_for_in_another_query_is_there_for_all_that_is_joined() -> None:
    inner = "SELECT s.student_id FROM student AS s JOIN student_record AS r ON s.student_id = r.student_id"
    tree = parse(f"SELECT name FROM student WHERE NOT student_id IN ({inner})", "sqlite")
    assert not bind(tree, CATALOG).findings
    changes = [c for s in tree.find_all(exp.Select) for c in drop_needless(s, CATALOG, "Who has no grade?")]
    assert changes == []
    assert render(tree, "sqlite", pretty=False).count("JOIN") == 1


def test_what_another_query_is_compared_with_says_who_has_something() -> None:
    sql = "SELECT name FROM student EXCEPT SELECT s.name FROM student AS s JOIN student_record AS r ON s.student_id = r.student_id"
    tree = parse(sql, "sqlite")
    bind(tree, CATALOG)
    found = [
        drop_needless(select, CATALOG, "Who has not registered?") for select in tree.find_all(exp.Select)
    ]
    assert [list(changes) for changes in found] == [[], []]
