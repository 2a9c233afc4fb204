"""What a question speaks of, where drafts read something else, or forget it."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.both import mend_both
from nlq.compiler.mend.conditions import mend_conditions
from nlq.compiler.mend.measures import mend_measures
from nlq.compiler.mend.numbers import mend_numbers
from nlq.compiler.mend.rejoin import mend_joins
from nlq.compiler.mend.said import mend_said
from nlq.compiler.mend.shape import mend_shape
from nlq.compiler.mend.spoken import mend_spoken
from nlq.compiler.mend.superlative import mend_superlative
from nlq.compiler.mend.unsaid import mend_unsaid
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE breeds (code TEXT PRIMARY KEY, breed TEXT);
    CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT, town TEXT);
    CREATE TABLE goats (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, milk REAL, total_milk REAL, goat_number INTEGER,
                        breed_code TEXT REFERENCES breeds (code), owner_id INTEGER REFERENCES owners (id));
    CREATE TABLE cares (id INTEGER PRIMARY KEY, goat_id INTEGER REFERENCES goats (id), kind TEXT, price REAL, num_of_minutes INTEGER);
    CREATE TABLE herders (herder_id INTEGER PRIMARY KEY, name TEXT, age INTEGER, herd_id INTEGER);
    CREATE TABLE herds (id INTEGER PRIMARY KEY, herd TEXT, head_id INTEGER REFERENCES herders (herder_id));
    CREATE TABLE isles (id INTEGER PRIMARY KEY, isle TEXT, population INTEGER, rule TEXT);
    CREATE TABLE towns (id INTEGER PRIMARY KEY, isle_id INTEGER REFERENCES isles (id), population INTEGER);
    """,
    "sqlite",
)
GOATS = "FROM goats AS g"


def mended(rule: object, sql: str, question: str) -> tuple[str, tuple[str, ...]]:
    tree = parse(sql, "sqlite")
    assert callable(rule)
    assert not bind(tree, CATALOG).findings
    changes = rule(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    return render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", ""), changes


@pytest.mark.parametrize(
    ("rule", "sql", "question", "expected", "told"),
    [
        pytest.param(mend_spoken, f"SELECT AVG(g.age) {GOATS}", "the average age of the goats that were cared for",
                     f"SELECT AVG(g.age) {GOATS} WHERE g.id IN (SELECT cares.goat_id FROM cares AS cares)",
                     "took only what has any of `cares`", id="that were cared for"),
        pytest.param(mend_spoken, "SELECT o.name FROM owners AS o", "owners who paid for a care",
                     "SELECT o.name FROM owners AS o WHERE o.id IN (SELECT goats.owner_id FROM cares AS cares JOIN goats AS goats ON cares.goat_id = goats.id)",
                     "took only what has any of `cares`", id="through others"),
        pytest.param(mend_spoken, "SELECT SUM(t.population) FROM isles AS i JOIN towns AS t ON i.id = t.isle_id WHERE i.isle = 'Om'", "how many people live on the isle Om",
                     "SELECT SUM(i.population) FROM isles AS i JOIN towns AS t ON i.id = t.isle_id WHERE i.isle = 'Om'",
                     "took `population` of `isles`, which is spoken of, not of `towns`", id="its own figure"),
        pytest.param(mend_spoken, f"SELECT o.name {GOATS} JOIN owners AS o ON g.owner_id = o.id WHERE o.town = 'Osk'", "names of all young goats in Osk",
                     f"SELECT g.name {GOATS} JOIN owners AS o ON g.owner_id = o.id WHERE o.town = 'Osk'",
                     "took `name` of `goats`, as is said, not of `owners`", id="of whom"),
        pytest.param(mend_spoken, f"SELECT g.name, g.age {GOATS} JOIN owners AS o ON g.owner_id = o.id", "the goat owners' names and the ages of the goats",
                     f"SELECT o.name, g.age {GOATS} JOIN owners AS o ON g.owner_id = o.id",
                     "took `name` of `owners`, as is said, not of `goats`", id="of the last noun"),
        pytest.param(mend_spoken, f"SELECT g.name {GOATS} JOIN cares AS c ON c.goat_id = g.id WHERE c.kind = 'wash'", "names of the owners of whom a goat had a wash",
                     f"SELECT owners.name {GOATS} JOIN cares AS c ON c.goat_id = g.id JOIN owners AS owners ON g.owner_id = owners.id WHERE c.kind = 'wash'",
                     "took `name` of `owners`, as is said, not of `goats`", id="of who is missing"),
        pytest.param(mend_spoken, f"SELECT g.name, COUNT(*) {GOATS} JOIN owners AS o ON g.owner_id = o.id GROUP BY g.name ORDER BY g.name", "the owners' names and how many goats",
                     f"SELECT o.name, COUNT(*) {GOATS} JOIN owners AS o ON g.owner_id = o.id GROUP BY o.name ORDER BY o.name",
                     "took `name` of `owners`, as is said, not of `goats`", id="of whom, in groups"),
        pytest.param(mend_measures, "SELECT COUNT(c.kind) FROM cares AS c WHERE c.price > 3", "how many minutes did the cares above 3 take?",
                     "SELECT SUM(c.num_of_minutes) FROM cares AS c WHERE c.price > 3",
                     "summed `num_of_minutes`, which counts them, instead of counting rows", id="a number of them"),
        pytest.param(mend_conditions, "SELECT i.rule, COUNT(*) FROM isles AS i WHERE i.population > 72 AND i.isle <> 'Om' GROUP BY i.rule", "rules whose average population is above 72",
                     "SELECT i.rule, COUNT(*) FROM isles AS i WHERE i.isle <> 'Om' GROUP BY i.rule HAVING AVG(i.population) > 72",
                     "compared the average of `population`, not each", id="an average of groups"),
        pytest.param(mend_conditions, "SELECT o.name FROM owners AS o JOIN goats AS g ON g.owner_id = o.id WHERE g.milk < 9", "owners with a total milk of less than 9",
                     "SELECT o.name FROM owners AS o JOIN goats AS g ON g.owner_id = o.id GROUP BY o.id, o.name HAVING SUM(g.milk) < 9",
                     "compared the total of `milk`, not each", id="a sum without groups"),
        pytest.param(mend_superlative, f"SELECT g.name {GOATS} JOIN breeds AS b ON g.breed_code = b.code ORDER BY b.breed LIMIT 1", "the names of goats of the rarest breed",
                     f"SELECT g.name {GOATS} JOIN breeds AS b ON g.breed_code = b.code WHERE g.breed_code = (SELECT goats.breed_code FROM goats AS goats WHERE NOT goats.breed_code IS NULL GROUP BY goats.breed_code ORDER BY COUNT(*) ASC NULLS LAST LIMIT 1)",
                     "took all of the rarest of `breeds`, by how many `goats` have each `breed_code`", id="the rarest"),
        pytest.param(mend_superlative, f"SELECT g.name {GOATS} JOIN breeds AS b ON g.breed_code = b.code GROUP BY b.breed ORDER BY COUNT(*) DESC LIMIT 1", "the names of goats of the most common breed",
                     f"SELECT g.name {GOATS} JOIN breeds AS b ON g.breed_code = b.code WHERE g.breed_code = (SELECT goats.breed_code FROM goats AS goats WHERE NOT goats.breed_code IS NULL GROUP BY goats.breed_code ORDER BY COUNT(*) DESC LIMIT 1)",
                     "took all of the most common of `breeds`, by how many `goats` have each `breed_code`", id="the most common"),
        pytest.param(mend_superlative, "SELECT o.name FROM owners AS o JOIN goats AS g ON g.owner_id = o.id ORDER BY g.id DESC LIMIT 1", "first names of who owns the most goats",
                     "SELECT o.name FROM owners AS o JOIN goats AS g ON g.owner_id = o.id GROUP BY o.id, o.name ORDER BY COUNT(*) DESC LIMIT 1",
                     "ordered by how many `goats` each `owners` has, not by a key", id="a key measures nothing"),
        pytest.param(mend_joins, f"SELECT g.name {GOATS} WHERE g.id NOT IN (SELECT h.herder_id FROM herders AS h)", "names of goats that no herder has",
                     f"SELECT DISTINCT g.name {GOATS} WHERE NOT g.name IN (SELECT h.name FROM herders AS h)",
                     "compared `name` with those of `herders`, not a key with `herder_id`", id="keys that nothing links"),
        pytest.param(mend_joins, "SELECT h.name FROM herds AS k JOIN herders AS h ON h.herd_id = k.id", "names of the heads of the herds",
                     "SELECT h.name FROM herds AS k JOIN herders AS h ON k.head_id = h.herder_id",
                     "joined `herders` to `herds` by `head_id`, not by `herd_id`", id="by what they are there"),
        pytest.param(mend_unsaid, "SELECT h.name FROM herders AS h JOIN goats AS g ON g.name = h.name WHERE h.age > 3 AND g.breed_code = 'Nameless Dwarf'", "names of herders above 3",
                     "SELECT h.name FROM herders AS h JOIN goats AS g ON g.name = h.name WHERE h.age > 3",
                     "left out `Nameless Dwarf`, of which the question says nothing", id="a text of nobody's"),
        pytest.param(mend_unsaid, "SELECT COUNT(*) FROM cares AS c WHERE c.kind < '2021-04-25' AND c.price > 3", "how many cost more than 3",
                     "SELECT COUNT(*) FROM cares AS c WHERE c.price > 3",
                     "left out `2021-04-25`, of which the question says nothing", id="a day of nobody's"),
        pytest.param(mend_said, f"SELECT g.name {GOATS} ORDER BY g.milk DESC LIMIT 1", "all goats, the most milk first",
                     f"SELECT g.name {GOATS} ORDER BY g.milk DESC",
                     "left out LIMIT 1, which is not asked for", id="the most first"),
        pytest.param(mend_said, f"SELECT g.name, g.age {GOATS}", "names and ages of the goats, list them once",
                     f"SELECT DISTINCT g.name, g.age {GOATS}",
                     "left out rows that are the same, for what differs is asked for", id="once"),
        pytest.param(mend_numbers, f"SELECT COUNT(*) {GOATS} WHERE g.age > 3", "list the numbers of the goats above 3",
                     f"SELECT g.goat_number {GOATS} WHERE g.age > 3",
                     "showed `goat_number`, which is the number that is asked for, instead of a count", id="numbers of"),
        pytest.param(mend_both, f"SELECT g.name {GOATS} JOIN cares AS c ON c.goat_id = g.id WHERE c.kind IN ('shear', 'wash')", "goats that had a shear as well as a wash",
                     f"SELECT DISTINCT g.name {GOATS} JOIN cares AS c ON c.goat_id = g.id WHERE c.kind = 'shear' AND g.name IN (SELECT g.name {GOATS} JOIN cares AS c ON c.goat_id = g.id WHERE c.kind = 'wash')",
                     "took what has both `shear` and `wash`, not either", id="as well as"),
    ],
)  # fmt: skip
def test_what_is_spoken_of(rule: object, sql: str, question: str, expected: str, told: str) -> None:
    assert mended(rule, sql, question) == (expected, (told,))


@pytest.mark.parametrize(
    ("rule", "sql", "question"),
    [
        pytest.param(mend_spoken, f"SELECT g.name {GOATS}", "goats that were not cared for", id="not"),
        pytest.param(mend_spoken, f"SELECT g.name {GOATS}", "names of goats", id="nothing said"),
        pytest.param(mend_spoken, f"SELECT g.name {GOATS}", "which goats have what number of cares?", id="counted"),
        pytest.param(mend_spoken, "SELECT o.name FROM owners AS o", "owners that have care goats of their name", id="a part of a name"),
        pytest.param(mend_spoken, "SELECT SUM(t.population) FROM isles AS i JOIN towns AS t ON i.id = t.isle_id", "people in towns of the isles", id="both spoken of"),
        pytest.param(mend_spoken, f"SELECT g.name {GOATS} JOIN owners AS o ON g.owner_id = o.id", "names of goats and names of owners", id="of both"),
        pytest.param(mend_joins, "SELECT h.name FROM herds AS k JOIN herders AS h ON h.herd_id = k.id", "herders whose herd has a head", id="no role of theirs"),
        pytest.param(mend_superlative, "SELECT o.name FROM owners AS o JOIN goats AS g ON g.owner_id = o.id ORDER BY g.id DESC LIMIT 1", "who got the highest goat last", id="a key of the latest"),
        pytest.param(mend_unsaid, f"SELECT g.name {GOATS} WHERE g.breed_code = 'DWF'", "names of all dwarfs", id="a code"),
        pytest.param(mend_unsaid, f"SELECT g.name {GOATS} WHERE g.breed_code = 'Nubian'", "names of Nubians", id="said"),
        pytest.param(mend_unsaid, f"SELECT g.name {GOATS} WHERE g.breed_code = 'White West'", "names in the WW", id="in short"),
        pytest.param(mend_unsaid, f"SELECT g.name {GOATS} WHERE g.breed_code = 'Alpine'", "names of the other breed", id="its column is said"),
        pytest.param(mend_said, f"SELECT g.name {GOATS} ORDER BY g.milk DESC LIMIT 1", "the goat that comes first of all", id="the first"),
        pytest.param(mend_shape, f"SELECT b.breed {GOATS} JOIN breeds AS b ON g.breed_code = b.code ORDER BY COUNT(*) DESC LIMIT 1", "the breed with the most animals", id="ordered by how many"),
        pytest.param(mend_superlative, f"SELECT o.name {GOATS} JOIN owners AS o ON g.owner_id = o.id ORDER BY g.total_milk DESC LIMIT 1", "the owner of the goat of the highest total milk", id="a total of each"),
        pytest.param(mend_conditions, "SELECT i.rule, AVG(i.population) FROM isles AS i WHERE i.population > 72 GROUP BY i.rule", "average population of isles with more than 72", id="each above"),
        pytest.param(mend_superlative, f"SELECT g.name {GOATS} JOIN breeds AS b ON g.breed_code = b.code ORDER BY g.age LIMIT 1", "the youngest goat of the rarest breed", id="ordered by a figure"),
        pytest.param(mend_joins, f"SELECT g.name {GOATS} WHERE g.id NOT IN (SELECT c.goat_id FROM cares AS c)", "names of goats without cares", id="linked"),
        pytest.param(mend_said, f"SELECT g.name {GOATS}", "goats that were fed at least once", id="at least once"),
        pytest.param(mend_numbers, f"SELECT COUNT(*) {GOATS}", "what is the number of the goats", id="a count"),
        pytest.param(mend_shape, f"SELECT b.breed, COUNT(*) {GOATS} JOIN breeds AS b ON g.breed_code = b.code GROUP BY b.breed", "the breeds and the number of goats", id="counted"),
    ],
)  # fmt: skip
def test_what_is_left_alone(rule: object, sql: str, question: str) -> None:
    untouched = parse(sql, "sqlite")
    bind(untouched, CATALOG)
    shown = render(untouched, "sqlite", pretty=False).replace('"', "").replace("main.", "")
    assert mended(rule, sql, question) == (shown, ())
