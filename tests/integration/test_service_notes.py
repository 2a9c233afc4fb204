"""Drafts that only SQLite would run, and notes that spell out a figure: asked of each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nlq.model import Call, Reply
from nlq.policy import OWNER
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

VISITS = """
CREATE TABLE visits (id INTEGER PRIMARY KEY, day DATE, minutes INTEGER, kind TEXT);
INSERT INTO visits VALUES
    (1, '2025-12-31', 90, 'A'), (2, '2026-01-01', 20, 'B'),
    (3, '2026-12-31', 80, 'A'), (4, '2027-01-01', 10, 'B');
"""
SHARE = "(share = DIVIDE(SUM(minutes > 60), COUNT(id)))"


class Careless:
    """Writes a draft that forgets half of what is asked."""

    name = "careless"
    is_local = True

    def complete(self, call: Call) -> Reply:
        asked = call.messages[-1].content
        if "2026" in asked:
            return Reply("SELECT COUNT(*) FROM visits WHERE day LIKE '2026%'")
        return Reply("SELECT MIN(day) FROM visits" if "year" in asked else "SELECT COUNT(*) FROM visits")

    def close(self) -> None:
        pass


@pytest.fixture(scope="module", params=["duckdb", "postgres", "sqlite"])
def service(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    shared_database: Callable[[str, str], str],
) -> Iterator[Service]:
    cache = tmp_path_factory.mktemp("notes")
    url = shared_database(request.param, VISITS)
    service = open_service(Settings(db=url, cache_dir=str(cache), attempts=1), model=Careless())
    yield service
    service.close()


@pytest.mark.parametrize(
    ("question", "found"),
    [
        pytest.param("How many visits were made in 2026?", 2, id="days like a pattern"),
        pytest.param(f"What share of the visits was long? {SHARE}", 0.5, id="a formula"),
        pytest.param("How many visits were long? (long refers to minutes > 60)", 2, id="a condition"),
        pytest.param("In which year was the first visit?", 2025, id="a year"),
    ],
)
def test_what_is_meant(service: Service, question: str, found: float) -> None:
    ((value,),) = service.ask(question, principal=OWNER).rows
    assert float(value) == found


def test_descriptions_reach_the_catalog(tmp_path: Path, shared_database: Callable[[str, str], str]) -> None:
    described = "original_column_name,value_description\nkind,A: alone; B: both\n"
    (tmp_path / "Visits.csv").write_text(described)
    url = shared_database("sqlite", VISITS)
    settings = Settings(db=url, cache_dir=str(tmp_path / "cache"), descriptions=str(tmp_path))
    service = open_service(settings, model=Careless())
    (relation,) = service.catalog
    service.close()
    assert [c.comment for c in relation.columns] == [None, None, None, "A: alone; B: both"]
