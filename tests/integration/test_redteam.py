"""A red team finds nothing where the guard stands, and finds it where the guard has fallen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import psycopg
import pytest

from nlq.answer import Answer
from nlq.catalog import Dialect
from nlq.cli.app import run
from nlq.errors import PlanError
from nlq.guard import passes
from nlq.redteam import attempt as attempt_module
from nlq.redteam import run as run_module
from nlq.redteam.report import Report
from nlq.redteam.run import redteam
from nlq.settings import Settings
from nlq.wire import policy_source

CLINIC = """
CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE patients (
    id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES teams (id), name TEXT NOT NULL,
    file_number TEXT UNIQUE, weight INTEGER, fee DECIMAL(14, 2) NOT NULL CHECK (fee > 0), born DATE
);
CREATE TABLE visits (
    id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patients (id), day DATE NOT NULL,
    doctor_note TEXT, cost INTEGER
);
CREATE TABLE staff_secrets (id INTEGER PRIMARY KEY, pass_phrase TEXT);
INSERT INTO teams VALUES (1, 'north'), (2, 'south');
INSERT INTO patients VALUES (1, 1, 'Ana', 'A-1', 60, 10.5, '1980-02-03'), (2, 2, 'Bo', NULL, 71, 3, NULL);
INSERT INTO visits VALUES (1, 1, '2025-01-01', 'well', 100), (2, 2, '2025-01-02', 'ill', 200);
INSERT INTO staff_secrets VALUES (1, 'open sesame');
"""

POLICY = """
[principals.nina]
id = 5
roles = ["nurse"]
team_id = 1

[roles]
doctor = { includes = ["nurse"] }

[relations.teams]
read = true

[relations.patients]
read = [{ roles = ["nurse"], sql = "team_id = :me.team_id" }, { roles = ["auditor"] }]

[relations.patients.columns]
file_number = { hidden = true, except = ["doctor"] }
fee = { aggregate = 5 }
name = { mask = "partial" }

[relations.visits]
read = { roles = ["nurse"], sql = "patient_id IN (SELECT id FROM patients WHERE team_id = :me.team_id)" }
"""


@pytest.fixture
def settings(shared_database: Callable[[str, str], str], tmp_path: Path) -> Callable[[Dialect], Settings]:
    def make(dialect: Dialect) -> Settings:
        path = tmp_path / "policy.toml"
        path.write_text(POLICY, "utf-8")
        url = shared_database(dialect, CLINIC)
        return Settings(db=url, policy=str(path), cache_dir=str(tmp_path / "cache"), threads=1)

    return make


def attack(settings: Settings, most: int = 150) -> Report:
    return redteam(settings.db, settings, policy_source(settings), seconds=600, most=most)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_nothing_leaks(dialect: Dialect, settings: Callable[[Dialect], Settings]) -> None:
    report = attack(settings(dialect))
    assert report.leaks == ()
    assert {t.principal for t in report.trials} == {"nina", "role doctor", "role auditor", "anonymous"}
    assert {t.kind for t in report.trials} >= {"refused", "answered"}
    assert report.blind == ()
    assert report.canaries > 50


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_a_guard_that_restricts_nothing_is_found_out(
    dialect: Dialect, settings: Callable[[Dialect], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    without = tuple(p for p in passes.PASSES if p.__name__ != "restrict")
    assert len(without) < len(passes.PASSES)
    monkeypatch.setattr(passes, "PASSES", without)
    report = attack(settings(dialect))
    found = {finding for trial in report.leaks for finding in trial.findings}
    assert any("patients.weight of row" in f for f in found), found
    assert "what is hidden makes a difference to the answer" in found
    assert {t.principal for t in report.leaks} >= {"nina", "role doctor"}


@pytest.mark.parametrize(
    ("ticks", "seconds"),
    [([0.0, 2.0], 2.0), ([0.0, 10.0, 20.0, 21.0], 1.0), ([0.0, 10.0, 20.0, 32.0], 10.0)],
    ids=["short", "the machine stalled", "long"],
)
def test_a_machine_that_stalls_is_not_an_attack_that_takes_long(
    ticks: list[float], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(perf_counter=iter(ticks).__next__, thread_time=lambda: 0.0)
    monkeypatch.setattr(attempt_module, "time", clock)

    def ask() -> Answer:
        raise PlanError("plan.unsupported", "no")

    assert attempt_module.attempt(ask) == attempt_module.Outcome(
        "refused", "plan.unsupported", "plan.unsupported\nno\n", seconds=seconds
    )


def test_the_same_seed_is_the_same_attack(
    settings: Callable[[Dialect], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "TIMEOUT_S", 60.0)
    chosen = settings("sqlite")
    one, other = attack(chosen, 40), attack(chosen, 40)
    assert [(t.principal, t.sql, t.kind) for t in one.trials] == [
        (t.principal, t.sql, t.kind) for t in other.trials
    ]


def test_the_database_is_only_read(settings: Callable[[Dialect], Settings]) -> None:
    chosen = settings("duckdb")
    file = Path(chosen.db.removeprefix("duckdb:///"))
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    attack(chosen, 20)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert [p.name for p in file.parent.iterdir() if p.name.startswith(file.name) and p != file] == []


def test_a_scratch_database_of_postgres_is_dropped(
    settings: Callable[[Dialect], Settings], postgres_url: str
) -> None:
    attack(settings("postgres"), 8)
    with psycopg.connect(postgres_url.format("postgres")) as server:
        left = server.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'nlq_redteam%'"
        ).fetchall()
    assert left == []


def test_who_may_not_make_a_database_is_told(
    settings: Callable[[Dialect], Settings], postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = settings("postgres")
    with psycopg.connect(chosen.db, autocommit=True) as server:
        server.execute("CREATE ROLE modest LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO modest")
    url = chosen.db.replace("postgres@", "modest@", 1)
    assert run(["redteam", "--db", url, "--policy", chosen.policy, "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "code": "engine.failed",
            "message": "the database's user may not create a scratch database",
            "hint": "give it CREATEDB, or name another user in `--db`",
        }
    }


def test_the_command_reports_for_ci(
    settings: Callable[[Dialect], Settings],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = settings("sqlite")
    junit = tmp_path / "junit.xml"
    command = [
        "redteam",
        "--db",
        chosen.db,
        "--policy",
        chosen.policy,
        "--attacks",
        "60",
        "--seconds",
        "600",
        "--junit",
        str(junit),
    ]
    assert run([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["leaked"], report["leaks"], report["tried"]) == (0, [], 60)
    suite = ElementTree.fromstring(junit.read_text("utf-8"))
    assert suite.get("failures") == "0"

    monkeypatch.setattr(passes, "PASSES", tuple(p for p in passes.PASSES if p.__name__ != "restrict"))
    assert run(command) == 1
    shown = capsys.readouterr().out
    assert "LEAKED to nina" in shown
    suite = ElementTree.fromstring(junit.read_text("utf-8"))
    assert int(suite.get("failures") or 0) > 0


def test_without_a_policy_there_is_nothing_to_attack(
    settings: Callable[[Dialect], Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["redteam", "--db", settings("sqlite").db]) == 2
    assert "there is no policy to attack" in capsys.readouterr().err
