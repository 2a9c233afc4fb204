"""Plans as files: what is written, what is read back, and what is only a finding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nlq.catalog import RelationName
from nlq.errors import StoreError
from nlq.plan import Dependency, Parameter, Plan, Provenance, ResultColumn
from nlq.store import Finding, PlanStore, plans
from nlq.store.plans import MAX_BYTES, slug

PLAN = Plan(
    kind="query",
    template="How many orders over :p1 did Ünal place?",
    dialect="duckdb",
    scope="0123456789abcdef",
    sql='SELECT COUNT(*) AS "n"\nFROM "main"."orders" AS "o"\nWHERE "o"."total" > :p1',
    parameters=(Parameter("p1", "decimal", 100),),
    columns=(ResultColumn("n", "BIGINT"),),
    depends=(
        Dependency(RelationName("main", "orders"), (("id", "aa"), ("total", "bb"))),
        Dependency(RelationName("main", "Ünïcode"), (("x", "cc"),)),
    ),
    explanation="the number of orders",
    assumptions=("`over` means more than",),
    provenance=Provenance(model="m", attempts=1, seconds=1.5, mended=("rebound x",)),
)
OTHER = replace(PLAN, sql='SELECT 2 AS "n"')


@pytest.fixture
def store(tmp_path: Path) -> PlanStore:
    return PlanStore(tmp_path)


def test_a_plan_is_found_by_its_lookup_and_by_its_id(store: PlanStore) -> None:
    path = store.put(PLAN)

    assert path.name == f"how-many-orders-over-p1-did-nal-place.{PLAN.lookup}.{PLAN.id}.json"
    assert list(store.find(PLAN.lookup)) == [PLAN]
    assert store.get(PLAN.id) == PLAN
    assert list(store.all()) == [PLAN]


def test_an_empty_store_has_nothing(store: PlanStore) -> None:
    assert (list(store.find(PLAN.lookup)), store.get(PLAN.id), list(store.all())) == ([], None, [])
    store.remove(PLAN)


def test_the_file_is_for_people_and_their_diffs(store: PlanStore) -> None:
    text = store.put(PLAN).read_text("utf-8")

    assert text.endswith("}\n")
    assert '  "question": "How many orders over :p1 did Ünal place?",\n' in text
    assert '    "FROM \\"main\\".\\"orders\\" AS \\"o\\"",\n' in text
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_nothing_but_the_plan_is_left_in_the_directory(store: PlanStore) -> None:
    store.put(PLAN)
    assert [p.name for p in store.directory.iterdir()] == [store.path(PLAN).name]


def test_compiling_again_leaves_the_file_as_it_is(store: PlanStore) -> None:
    path = store.put(PLAN)
    before = path.read_bytes(), path.stat().st_ino

    store.put(replace(PLAN, provenance=Provenance(model="another", seconds=9.0)))

    assert (path.read_bytes(), path.stat().st_ino) == before


def test_a_new_explanation_of_the_same_plan_replaces_the_old_one(store: PlanStore) -> None:
    store.put(PLAN)
    better = replace(PLAN, explanation="how many orders there are")
    store.put(better)
    assert list(store.find(PLAN.lookup)) == [better]


def test_two_plans_for_one_question_come_in_order_of_name(store: PlanStore) -> None:
    store.put(PLAN)
    store.put(OTHER)
    assert list(store.find(PLAN.lookup)) == sorted([PLAN, OTHER], key=lambda p: p.id)


def test_a_removed_plan_is_gone(store: PlanStore) -> None:
    store.put(PLAN)
    store.put(OTHER)
    store.remove(PLAN)
    assert list(store.all()) == [OTHER]


def test_what_another_process_writes_or_removes_is_seen(store: PlanStore) -> None:
    other = PlanStore(store.directory.parent)
    assert list(store.find(PLAN.lookup)) == []

    other.put(PLAN)
    assert list(store.find(PLAN.lookup)) == [PLAN]

    other.remove(PLAN)
    assert list(store.find(PLAN.lookup)) == []


def test_who_waited_for_another_sees_what_it_wrote_within_a_tick_of_the_clock(
    store: PlanStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "UNSETTLED_S", 60)
    another = replace(PLAN, template="How many orders are there?")
    store.put(another)
    assert list(store.all()) == [another]
    then = store.directory.stat().st_mtime_ns
    PlanStore(store.directory.parent).put(PLAN)
    os.utime(store.directory, ns=(then, then))
    assert list(store.find(PLAN.lookup)) == []
    store.look_again()
    assert list(store.find(PLAN.lookup)) == [PLAN]


def test_a_settled_directory_is_not_listed_again(store: PlanStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(PLAN)
    os.utime(store.directory, (1_000_000_000, 1_000_000_000))
    list(store.find(PLAN.lookup))
    listed: list[Path] = []
    monkeypatch.setattr(Path, "iterdir", lambda self: listed.append(self) or iter(()))

    assert list(store.find(PLAN.lookup)) == [PLAN]
    assert listed == []


def test_a_changed_file_is_read_again(store: PlanStore) -> None:
    path = store.put(PLAN)
    assert list(store.find(PLAN.lookup)) == [PLAN]

    path.write_text(path.read_text("utf-8").replace("COUNT(*)", "COUNT(1)"), "utf-8")

    assert _codes(store) == [
        (path.name, "store.invalid", f"the content of plan `{PLAN.id}` does not match its id")
    ]


def _edit(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        raw = json.loads(path.read_text("utf-8"))
        change(raw)
        path.write_text(json.dumps(raw), "utf-8")

    return spoil


def _replace_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _replace_by_link(path: Path) -> None:
    moved = path.rename(path.with_suffix(".moved"))
    path.symlink_to(moved)


def _replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda p: p.write_bytes(b""), "not JSON in UTF-8: "),
    "truncated": (lambda p: p.write_bytes(p.read_bytes()[:200]), "not JSON in UTF-8: "),
    "not-utf-8": (lambda p: p.write_bytes(b"\xff\xfe{}"), "not JSON in UTF-8: "),
    "half-a-surrogate": (
        _edit(lambda r: r.update(explanation="\ud800")),
        "not a plan: 'utf-8' codec can't encode character",
    ),
    "nul-bytes": (lambda p: p.write_bytes(bytes(500)), "not JSON in UTF-8: "),
    "deeply-nested": (lambda p: p.write_bytes(b"[" * 200_000), "not JSON in UTF-8: "),
    "a-list": (lambda p: p.write_bytes(b"[]"), "the JSON is not an object"),
    "same-key-twice": (lambda p: p.write_bytes(b'{"a": 1, "a": 2}'), "not JSON in UTF-8: an object has"),
    "nan": (_edit(lambda r: r.update(provenance=float("nan"))), "not JSON in UTF-8: NaN is not JSON"),
    "merge-conflict": (lambda p: p.write_bytes(b"<<<<<<< a\n" + p.read_bytes()), "not JSON in UTF-8: "),
    "huge": (
        lambda p: p.write_bytes(p.read_bytes() + b" " * MAX_BYTES),
        f"the file is larger than {MAX_BYTES:,} bytes",
    ),
    "other-sql": (
        _edit(lambda r: r.update(sql=["SELECT * FROM secrets"])),
        f"the content of plan `{PLAN.id}` does not match its id",
    ),
    "other-version": (_edit(lambda r: r.update(format=2)), "plan format 2 is not 1"),
    "a-field-missing": (_edit(lambda r: r.pop("depends")), "not a plan: missing or unknown keys: depends"),
    "a-field-more": (_edit(lambda r: r.update(extra=1)), "not a plan: missing or unknown keys: extra"),
    "a-field-of-another-type": (
        _edit(lambda r: r.update(scope=1)), "not a plan: expected text, got int",
    ),
    "unknown-dialect": (
        _edit(lambda r: r.update(dialect="mysql")),
        "not a plan: `dialect` is not one that this version has",
    ),
    "a-directory": (_replace_by_directory, "this is not a file"),
    "a-link": (_replace_by_link, "the file is a link"),
    "a-pipe": (_replace_by_pipe, "this is not a file"),
    "no-object-inside": (lambda p: p.write_bytes(b"null"), "the JSON is not an object"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "message"), SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_file_is_a_finding(
    store: PlanStore, spoil: Callable[[Path], object], message: str
) -> None:
    path = store.put(PLAN)
    store.put(OTHER)
    spoil(path)

    found = sorted(store.find(PLAN.lookup), key=lambda f: isinstance(f, Plan))
    assert [type(f) for f in found] == [Finding, Plan]
    finding = found[0]
    assert isinstance(finding, Finding)
    assert (finding.path, finding.error.code) == (path, "store.invalid")
    assert finding.error.message.startswith(message)
    assert len(finding.error.message) < 300


def test_a_plan_under_another_name_is_a_finding(store: PlanStore) -> None:
    path = store.put(PLAN)
    wrong = path.with_name(f"free-money.{OTHER.lookup}.{OTHER.id}.json")
    path.rename(wrong)
    assert _codes(store) == [
        (
            wrong.name,
            "store.invalid",
            f"the file is named for another plan than `{PLAN.id}`, which it holds",
        )
    ]


def test_a_file_named_like_no_plan_is_a_finding_of_the_list_only(store: PlanStore) -> None:
    store.put(PLAN)
    (store.directory / "notes.json").write_text("{}")
    (store.directory / "README.md").write_text("plans")
    (store.directory / ".hidden.json").write_text("{}")

    assert list(store.find(PLAN.lookup)) == [PLAN]
    assert _codes(store) == [("notes.json", "store.invalid", "the file is not named like a plan")]


def test_a_file_that_may_not_be_read_is_a_finding(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # The superuser may read everything, so the question is put by one who may not.
        _as_nobody(tmp_path, "print(list(store.all())[0].error.message)", "the file cannot be read: ")
        return
    store = PlanStore(tmp_path)
    store.put(PLAN).chmod(0)
    assert [c for _, c, _ in _codes(store)] == ["store.invalid"]


def test_a_directory_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "plans").write_text("a file where the directory should be")
    store = PlanStore(tmp_path)

    with pytest.raises(StoreError) as caught:
        store.put(PLAN)

    assert caught.value.to_json() == {
        "code": "store.unwritable",
        "message": f"cannot write `{store.path(PLAN).name}`: File exists",
        "hint": f"check `{store.directory}`, or set `cache_dir` to a directory that may be written",
        "span": None,
    }
    assert list(store.all()) == []


def test_a_directory_in_place_of_the_file_is_said_so_and_leaves_no_litter(store: PlanStore) -> None:
    store.path(PLAN).mkdir(parents=True)
    with pytest.raises(StoreError, match="Is a directory"):
        store.put(PLAN)
    assert [p.name for p in store.directory.iterdir()] == [store.path(PLAN).name]


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(replace(PLAN, template="half \ud83d"), id="half-a-surrogate"),
        pytest.param(replace(PLAN, parameters=(Parameter("p", "float", float("nan")),)), id="not-a-number"),
        pytest.param(replace(PLAN, explanation="x" * MAX_BYTES), id="too-large"),
        pytest.param(replace(PLAN, depends=PLAN.depends * 2), id="a-relation-twice"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(store: PlanStore, plan: Plan) -> None:
    with pytest.raises(StoreError) as caught:
        store.put(plan)
    assert caught.value.code == "store.unwritable"
    assert list(store.all()) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("How many users?", "how-many-users", id="plain"),
        pytest.param("../../etc/passwd", "etc-passwd", id="path"),
        pytest.param("  --  ", "plan", id="nothing"),
        pytest.param("多少用户", "plan", id="no-latin-letter"),
        pytest.param("a" * 100, "a" * 40, id="one-long-word"),
        pytest.param(
            "total of " + "very " * 20, "total-of-very-very-very-very-very-very", id="cut-at-word"
        ),
        pytest.param("x\x00y\nz", "x-y-z", id="control-characters"),
    ],
)
def test_slug(question: str, expected: str) -> None:
    assert slug(question) == expected


def test_sql_keeps_every_kind_of_line_break(store: PlanStore) -> None:
    plan = replace(PLAN, sql="SELECT '\r\n\x0b\x0c\x1c\x85\u2028\u2029'\nFROM t\n")
    store.put(plan)
    assert list(PlanStore(store.directory.parent).all()) == [plan]


def test_relations_whose_names_hold_dots_are_not_confused() -> None:
    dotted = replace(PLAN, depends=(Dependency(RelationName("a.b", "c"), ()),))
    other = replace(PLAN, depends=(Dependency(RelationName("a", "b.c"), ()),))
    assert dotted.id != other.id


def _codes(store: PlanStore) -> list[tuple[str, str, str]]:
    return [(f.path.name, f.error.code, f.error.message) for f in store.all() if isinstance(f, Finding)]


def _as_nobody(directory: Path, code: str, expected: str) -> None:
    PlanStore(directory).put(PLAN).chmod(0)
    directory.chmod(0o755)  # the directories above stay closed: the process is in it before it drops rights
    script = (
        "import os; from pathlib import Path; from nlq.store import PlanStore; store = PlanStore(Path());"
        f"os.chdir({str(directory)!r}); os.setgroups([]); os.setgid(65534); os.setuid(65534); {code}"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(expected)
