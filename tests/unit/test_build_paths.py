"""What the English of a query says of the shape of its rows, over what SQL."""

# ruff: noqa: E501  # English, SQL and what comes of them, each on its line

from __future__ import annotations

import pytest

from nlq.build.nested import paths_of
from nlq.build.place import BuildError, Place
from nlq.build.source import Query
from nlq.catalog.ddl import catalog_from_ddl
from nlq.plan import Plan, check

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE "Artist" ("ArtistId" INTEGER PRIMARY KEY, "Name" TEXT NOT NULL);
    CREATE TABLE "Album" ("AlbumId" INTEGER PRIMARY KEY, "Title" TEXT, "ArtistId" INTEGER REFERENCES "Artist");
    CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, boss_id INTEGER REFERENCES staff (id), album TEXT);
    CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT, home_id INTEGER REFERENCES staff (id), away_id INTEGER REFERENCES staff (id));
    CREATE TABLE loose (staff_id INTEGER, word TEXT);
    """,
    "duckdb",
)
ALBUMS = 'FROM "Artist" r JOIN "Album" a ON a."ArtistId" = r."ArtistId"'
BOSSES = "FROM staff s LEFT JOIN staff b ON b.id = s.boss_id"


def paths(question: str, sql: str, nested: tuple[str, ...] | None = None) -> list[str]:
    checked = check(sql, CATALOG)
    plan = Plan("query", question, "duckdb", "", checked.sql, (), (), checked.depends, "")
    place = Place("q.nlq", 1, 1)
    query = Query("q", "query", "many", question, (), (), (), place, nested)
    return [".".join(path) for path in paths_of(query, plan, CATALOG)]


@pytest.mark.parametrize(
    ("question", "sql", "expected"),
    [
        ("albums with their artist", f'SELECT a."Title", r."Name" {ALBUMS}', ["Title", "artist.Name"]),
        ("albums with their artists", f'SELECT r."Name" AS artist, a."Title" {ALBUMS}', ["artist.Name", "Title"]),
        ("artists and their albums", f'SELECT r."Name", a."Title" AS album_title {ALBUMS}', ["Name", "albums[].title"]),
        ("artists with the titles and ids of their albums", f'SELECT r."Name", a."Title" AS "AlbumTitle" {ALBUMS}', ["Name", "albums[].Title"]),
        ("artists with all of their albums, by name", f'SELECT "Name", a.* {ALBUMS}', ["Name", "albums[].AlbumId", "albums[].Title", "albums[].ArtistId"]),
        ("albums and their singers", f'SELECT a."Title", r."Name" {ALBUMS}', ["Title", "singer.Name"]),
        ("staff with their boss", f"SELECT s.name, b.name {BOSSES}", ["name", "boss.name"]),
        ("staff with their boss's name", f"SELECT s.name, b.name AS boss_name {BOSSES}", ["name", "boss.name"]),
        ("staff and their boss and his boss", f"SELECT s.name, b.name, c.name {BOSSES} LEFT JOIN staff c ON c.id = b.boss_id", ["name", "boss.name", "boss.boss.name"]),
        ("teams with their home and away staff", "SELECT t.name, h.name AS h, g.name AS g FROM teams t JOIN staff h ON h.id = t.home_id JOIN staff g ON g.id = t.away_id", ["name", "home.h", "away.g"]),
        # what asks for nothing of the kind, or for columns
        ("albums with the artist", f'SELECT a."Title", r."Name" {ALBUMS}', []),
        ("artists with more than two albums", f'SELECT r."Name", a."Title" {ALBUMS}', []),
        ("albums and their titles", f'SELECT a."Title", r."Name" {ALBUMS}', []),
        ("albums with their artist", 'SELECT "Title" FROM "Album"', []),
        ("artists with their number of albums", f'SELECT r."Name", COUNT(*) AS n {ALBUMS} GROUP BY 1', []),
        ("different artists with their albums", f'SELECT DISTINCT r."Name", a."Title" {ALBUMS}', []),
        ("staff with their words", "SELECT s.name, l.word FROM staff s JOIN loose l ON l.staff_id = s.id AND l.staff_id > 1", ["name", "word"][:0]),
    ],
)  # fmt: skip
def test_paths_are_as_the_english_says(question: str, sql: str, expected: list[str]) -> None:
    assert paths(question, sql) == expected


@pytest.mark.parametrize(
    ("names", "sql", "expected"),
    [
        (("albums",), f'SELECT r."Name", a."Title" {ALBUMS}', ["Name", "albums[].Title"]),
        ((), f'SELECT r."Name", a."Title" {ALBUMS}', []),
    ],
    ids=["named", "no"],
)
def test_what_the_header_says_goes_before(names: tuple[str, ...], sql: str, expected: list[str]) -> None:
    assert paths("artists with their albums", sql, names) == expected


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (f'SELECT r."Name", COUNT(a."Title") AS n {ALBUMS} GROUP BY 1', "it groups rows, or leaves out repeated ones"),
        (f'SELECT r."Name", ROW_NUMBER() OVER () AS n, a."Title" {ALBUMS}', "it computes something over rows"),
        ('SELECT "Name", "Title" FROM "Artist" JOIN "Album" USING ("ArtistId")', "it joins by the names of columns"),
        (f'SELECT r."Name", a."Title" {ALBUMS.replace("JOIN", "FULL JOIN")}', "it has a FULL join"),
        ('SELECT r."Name", a."Title" FROM "Artist" r CROSS JOIN "Album" a', "`a` is not joined to the rest by columns"),
        (f'SELECT a."Title" {ALBUMS}', "nothing is shown of the rows that the lists would be in"),
        (f'SELECT r."Name", r."Name" || a."Title" AS t, a."Title" {ALBUMS.replace("JOIN", "LEFT JOIN")} WHERE a."Title" IS NULL', "a condition may hold where a list is empty"),
        (f'SELECT r."Name", a."Title" {ALBUMS} WHERE EXISTS (SELECT 1 FROM "Album" a WHERE a."Title" > r."Name")', "a query inside it uses one of its names again"),
        (f'SELECT r."Name", a."Title" {ALBUMS} ORDER BY a."Title" LIMIT 3 OFFSET 3', "each list would have an offset"),
        ('SELECT "Name" FROM "Artist"', "the SQL shows nothing of what is to be in it"),
    ],
)  # fmt: skip
def test_what_cannot_be_nested_says_why(sql: str, why: str) -> None:
    with pytest.raises(BuildError) as raised:
        paths("artists", sql, ("albums",))
    assert (raised.value.code, raised.value.message) == (
        "build.nested", f"q.nlq:1:1: `q`: this result cannot be nested: {why}"
    )  # fmt: skip
