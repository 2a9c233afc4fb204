"""`nlq rules`, from the English of a policy to rows that somebody sees, on a real database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import nlq.wire
from nlq.cli.app import run

DDL = """
CREATE TABLE users (id INT PRIMARY KEY, name TEXT);
CREATE TABLE projects (
    id INT PRIMARY KEY, owner_id INT NOT NULL REFERENCES users (id), is_public BOOLEAN NOT NULL, budget INT
);
CREATE TABLE tasks (
    id INT PRIMARY KEY, assignee_id INT REFERENCES users (id), created_by INT NOT NULL REFERENCES users (id)
);
CREATE TABLE salaries (id INT PRIMARY KEY, amount INT);
INSERT INTO users VALUES (1, 'ann'), (2, 'ben');
INSERT INTO projects VALUES (1, 1, true, 10), (2, 2, false, 20), (3, 1, false, 30);
INSERT INTO tasks VALUES (1, 1, 2);
"""
POLICY = """
principals_are = "users"
[principals.ben]
id = 2
[relations.projects]
read = "anyone if public, otherwise the owner"
delete = { roles = ["keeper"], english = "the owner" }
[relations.projects.columns]
budget = { mask = "null" }
"""
EXPLAINED = "Everyone may read the rows where `is_public` is true or `owner_id` is the caller's `id`."
READ = "is_public OR owner_id = :me.id"

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def nlq_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line in a project with that policy: status, the JSON of stdout, stderr."""
    connection = duckdb.connect(str(tmp_path / "work.duckdb"))
    connection.execute(DDL)
    connection.close()
    (tmp_path / "nlq.toml").write_text(
        'db = "duckdb:///work.duckdb"\npolicy = "policy.toml"\nmodel = "recorded:none"\n', "utf-8"
    )
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    (tmp_path / "none").mkdir()
    monkeypatch.chdir(tmp_path)

    def run_(*arguments: str) -> tuple[int, Any, str]:
        status = run([*arguments, "--json"])
        shown = capsys.readouterr()
        return status, json.loads(shown.out), shown.err

    return run_


def statuses(listed: Any) -> dict[str, str]:
    return {rule["name"]: rule["status"] for rule in listed["rules"]}


def approve_all(nlq_: Run) -> None:
    nlq_("rules", "compile")
    assert nlq_("rules", "approve", "--all", "--by", "ana")[0] == 0


def test_a_rule_is_compiled_reviewed_and_then_it_grants(nlq_: Run) -> None:
    status, listed, _ = nlq_("rules")
    assert (status, statuses(listed)) == (1, {"projects.read": "missing", "projects.delete": "missing"})
    status, refused, _ = nlq_("sql", "SELECT id FROM projects", "--as", "ben")
    assert (status, refused["error"]["code"]) == (1, "plan.unknown_relation")

    status, listed, _ = nlq_("rules", "compile")
    assert (status, statuses(listed)) == (1, {"projects.read": "new", "projects.delete": "new"})
    status, refused, _ = nlq_("sql", "SELECT id FROM projects", "--as", "ben")
    waits = "rules in English grant nothing until they are reviewed: `nlq rules` lists them"
    assert (status, refused["error"]["hint"]) == (1, waits)

    status, approved, _ = nlq_("rules", "approve", "projects.read", "--by", "ana")
    (rule,) = approved["approved"]
    assert (status, rule["reviewed"]["by"], rule["grants"]) == (
        0,
        "ana",
        [{"roles": [], "predicate": READ}],
    )
    status, answer, _ = nlq_("sql", "SELECT id FROM projects ORDER BY id", "--as", "ben")
    assert (status, [r["id"] for r in answer["rows"]]) == (0, [1, 2])
    assert answer["decisions"] == [
        {
            "relation": "main.projects",
            "effect": "filtered",
            "reason": "anyone if public, otherwise the owner",
        }
    ]
    assert statuses(nlq_("rules")[1]) == {
        "projects.read": "reviewed",
        "projects.delete": "new",
    }


def test_a_rule_says_what_it_means_in_a_file_for_version_control(nlq_: Run) -> None:
    approve_all(nlq_)
    (path,) = Path("cache/rules").glob("projects-read-*.json")
    stored = json.loads(path.read_text("utf-8"))
    assert list(stored) == sorted(stored)
    at = stored["reviewed"].pop("at")
    assert at.endswith("+00:00")
    assert stored == {
        "format": 1,
        "id": stored["id"],
        "english": "anyone if public, otherwise the owner",
        "relation": {"schema": "main", "name": "projects"},
        "action": "read",
        "dialect": "duckdb",
        "grants": [{"roles": [], "predicate": READ}],
        "explanation": EXPLAINED,
        "assumptions": [],
        "depends": stored["depends"],
        "made_by": "grammar",
        "reviewed": {"by": "ana", "id": stored["id"]},
    }
    assert {c: len(f) for c, f in stored["depends"]["main"]["projects"].items()} == {
        "is_public": 16,
        "owner_id": 16,
    }


@pytest.mark.parametrize("spoil", ["predicate", "explanation", "reviewer", "cut", "id"])
def test_what_was_altered_after_its_review_grants_nothing(nlq_: Run, spoil: str) -> None:
    approve_all(nlq_)
    (path,) = Path("cache/rules").glob("projects-read-*.json")
    text = path.read_text("utf-8")
    stored = json.loads(text)
    match spoil:
        case "predicate":
            stored["grants"][0]["predicate"] = "TRUE"
        case "explanation":
            stored["explanation"] = "Nobody may read any row."
        case "reviewer":
            stored["reviewed"]["id"] = "0" * 16
        case "id":
            stored["id"] = stored["reviewed"]["id"] = "0" * 16
    path.write_text(text[:-20] if spoil == "cut" else json.dumps(stored), "utf-8")
    assert statuses(nlq_("rules")[1])["projects.read"] == ("new" if spoil == "reviewer" else "changed")
    assert nlq_("sql", "SELECT id FROM projects", "--as", "ben")[0] == 1
    nlq_("rules", "compile")
    assert statuses(nlq_("rules")[1])["projects.read"] == "new"


def test_a_column_that_changes_makes_a_rule_wait_again(nlq_: Run) -> None:
    approve_all(nlq_)
    connection = duckdb.connect("work.duckdb")
    connection.execute("ALTER TABLE projects ALTER is_public TYPE TEXT")
    connection.close()
    status, listed, _ = nlq_("rules")
    read, delete = listed["rules"]
    assert (status, read["status"], delete["status"]) == (1, "changed", "reviewed")
    assert read["finding"]["message"] == "column `is_public` of `projects` changed"


def test_frozen_does_not_start_on_a_rule_that_nobody_reviewed(
    nlq_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    nlq_("rules", "compile")
    nlq_("rules", "approve", "projects.read", "--by", "ana")
    monkeypatch.setenv("NLQ_FROZEN", "true")
    status, refused, _ = nlq_("sql", "SELECT id FROM projects", "--as", "ben")
    assert (status, refused["error"]["code"], refused["error"]["message"]) == (
        1,
        "policy.unreviewed",
        "a rule in English is not reviewed: delete of `projects`: the owner",
    )
    nlq_("rules", "approve", "--all", "--by", "ana")
    assert nlq_("sql", "SELECT id FROM projects", "--as", "ben")[0] == 0


def test_show_tells_readings_apart_by_rows(nlq_: Run) -> None:
    text = POLICY.replace(
        "[relations.projects]\n", '[relations.tasks]\nread = "the owner"\n[relations.projects]\n'
    )
    Path("policy.toml").write_text(text, "utf-8")
    status, shown, _ = nlq_("rules", "show", "tasks.read")
    (rule,) = shown["rules"]
    assert (status, rule["status"], rule["finding"]["code"]) == (1, "ambiguous", "policy.ambiguous")
    assert [r["grants"][0]["predicate"] for r in rule["readings"]] == [
        "assignee_id = :me.id",
        "created_by = :me.id",
    ]
    examples = rule["examples"]
    assert examples["callers"] == ["id 1", "id 2", "id 3", "anonymous"]
    assert examples["columns"] == ["id", "assignee_id", "created_by"]
    assert all(e["sees"][0] != e["sees"][1] for e in examples["rows"])
    for example in examples["rows"]:
        for reading, column in enumerate(("assignee_id", "created_by")):
            of = example["row"][column]
            assert example["sees"][reading] == [of == 1, of == 2, of == 3, False]


def test_show_says_who_sees_what_under_the_roles_of_the_policy(nlq_: Run) -> None:
    nlq_("rules", "compile")
    _, shown, _ = nlq_("rules", "show", "projects.delete")
    (rule,) = shown["rules"]
    assert rule["explanation"] == (
        "Those with the role `keeper` may delete the rows where `owner_id` is the caller's `id`."
    )
    asked = ["id 1", "id 2", "id 3", "id 1, role keeper", "id 4, role keeper", "anonymous"]
    assert rule["examples"]["callers"] == asked
    assert [tuple(e["sees"][0]) for e in rule["examples"]["rows"]] == [
        (False, False, False, True, False, False),
        (False, False, False, False, False, False),
    ]


def test_explain_says_what_was_decided_and_nothing_of_what_is_hidden(nlq_: Run) -> None:
    approve_all(nlq_)
    status, told, _ = nlq_("rules", "explain", "SELECT id, budget FROM projects", "--as", "ben")
    assert (status, told["decisions"]) == (
        0,
        [
            {
                "relation": "main.projects",
                "column": None,
                "effect": "filtered",
                "reason": "anyone if public, otherwise the owner",
                "rules": ["projects.read"],
            },
            {
                "relation": "main.projects",
                "column": "budget",
                "effect": "masked",
                "reason": "`budget` is masked for you",
                "rules": [],
            },
        ],
    )

    def denied(relation: str) -> Any:
        status, told, _ = nlq_("rules", "explain", f"SELECT * FROM projects, {relation}", "--as", "ben")
        assert status == 1
        return [(d["relation"], d["effect"], d["reason"], d["rules"]) for d in told["decisions"]]

    unknown = "there is no such relation, or you may not read it"
    reads = ("main.projects", "filtered", "anyone if public, otherwise the owner", ["projects.read"])
    assert denied("salaries") == [reads, ("main.salaries", "denied", unknown, [])]
    assert denied("unicorns") == [reads, ("main.unicorns", "denied", unknown, [])]


def test_explain_takes_a_question(nlq_: Run, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    approve_all(nlq_)
    monkeypatch.setattr(nlq.wire, "open_model", lambda settings, observe: model)
    model.replies = {
        "How many projects are there?": "SELECT count(*) AS n FROM projects",
        "What do people earn?": "SELECT amount FROM salaries",
    }
    status, told, _ = nlq_("rules", "explain", "How many projects are there?", "--as", "ben")
    assert (status, told) == (
        0,
        {
            "sql": 'SELECT\n  COUNT(*) AS "n"\nFROM "main"."projects" AS "projects"',
            "decisions": [
                {
                    "relation": "main.projects",
                    "column": None,
                    "effect": "filtered",
                    "reason": "anyone if public, otherwise the owner",
                    "rules": ["projects.read"],
                }
            ],
        },
    )
    status, told, _ = nlq_("rules", "explain", "What do people earn?", "--as", "ben")
    assert (status, told["error"]["code"]) == (1, "compile.failed")
    assert "unknown relation `salaries`" in told["error"]["message"]
    assert all("salaries" not in call.messages[0].content for call in model.calls)


def test_what_is_not_compiled_yet_is_told_when_all_are_approved_of(
    nlq_: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "approve", "--all", "--by", "ana"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "nothing waits for approval",
        "not ready for approval: projects.read, projects.delete; `nlq rules` says why",
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("approve", "--all"), 2, "nobody is named who approves"),
        (("approve", "--by", "ana"), 2, "say which rules to approve of"),
        (
            ("approve", "projects.read", "--by", "ana"),
            1,
            "the rule `projects.read` cannot be approved of: it is missing",
        ),
        (("show",), 2, "`nlq rules show` needs a name"),
        (("show", "projects.write"), 2, "there is no rule `projects.write`"),
        (("explain",), 2, "there is nothing to explain"),
    ],
)
def test_misuse_is_told(nlq_: Run, arguments: tuple[str, ...], status: int, message: str) -> None:
    ended, told, _ = nlq_("rules", *arguments)
    assert (ended, told["error"]["message"]) == (status, message)


def test_what_nobody_understands_is_found_and_the_rest_is_compiled(nlq_: Run) -> None:
    text = POLICY.replace(
        "[relations.projects]\n", '[relations.tasks]\nread = "people from the moon"\n[relations.projects]\n'
    )
    Path("policy.toml").write_text(text, "utf-8")
    status, listed, _ = nlq_("rules", "compile")
    assert (status, statuses(listed)) == (
        1,
        {"tasks.read": "not_understood", "projects.read": "new", "projects.delete": "new"},
    )
    assert listed["rules"][0]["finding"]["code"] == "model.no_recording"


def test_people_read_a_list_and_a_table(nlq_: Run, capsys: pytest.CaptureFixture[str]) -> None:
    nlq_("rules", "compile")
    assert run(["rules", "show", "projects.read"]) == 1
    out = capsys.readouterr().out
    assert [line.rstrip() for line in out.splitlines()] == [
        "projects.read  new",
        "  english: anyone if public, otherwise the owner",
        f"  sql: {READ}",
        f"  means: {EXPLAINED}",
        "  made by: grammar",
        "",
        "  who may read this row?",
        "id   owner_id   is_public   id 1   id 2   id 3   anonymous",
        "──────────────────────────────────────────────────────────",
        "1    1          true        yes    yes    yes    yes",
        "2    1          false       yes    -      -      -",
        "4    2          false       -      yes    -      -",
        "6    3          false       -      -      yes    -",
    ]


def test_the_access_of_models_is_reviewed_like_a_policy(nlq_: Run) -> None:
    Path("shop_models_of_this_test.py").write_text(
        "from nlq.catalog.models import Model, field\n"
        "class Task(Model, table='tasks'):\n"
        "    id: int = field(primary_key=True)\n"
        "    access = {'read': 'the assignee'}\n",
        "utf-8",
    )
    toml = Path("nlq.toml")
    toml.write_text(toml.read_text("utf-8") + 'models = "shop_models_of_this_test"\n', "utf-8")
    approve_all(nlq_)
    assert statuses(nlq_("rules")[1]) == {
        "projects.read": "reviewed",
        "projects.delete": "reviewed",
        "tasks.read": "reviewed",
    }
    assert nlq_("sql", "SELECT id FROM tasks", "--as", '{"id": 1}')[1]["rows"] == [{"id": 1}]
