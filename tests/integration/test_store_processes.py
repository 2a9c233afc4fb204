"""Many processes write and read one store at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nlq.plan import Plan
from nlq.store import Finding, PlanStore, ReplyStore

WRITERS, EACH = 4, 25

PREPARE = """
import sys
from dataclasses import replace
from pathlib import Path
from nlq.plan import Plan
from nlq.store import Finding, PlanStore, ReplyStore

def plan(i, explanation=""):
    return Plan(kind="query", template=f"question {i}", dialect="duckdb", scope="", sql=f"SELECT {i}",
                parameters=(), columns=(), depends=(), explanation=explanation)
"""

WRITE_PLANS = """
who, store = sys.argv[1], PlanStore(Path(sys.argv[2]))
for i in range(25):
    store.put(plan(i, explanation=who * 20_000))
    assert not any(isinstance(f, Finding) for f in store.all())
"""

WRITE_REPLIES = """
who, store = sys.argv[1], ReplyStore(Path(sys.argv[2]))
for i in range(25):
    store.put(f"k{i}", {"text": who * 20_000})
    assert set(store.get(f"k{i}")["text"]) <= set("0123")
"""


def _run_together(script: str, directory: Path) -> list[str]:
    """What each of the writers said on stderr."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE + script, str(i), str(directory)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(WRITERS)
    ]
    return [process.communicate(timeout=60)[1] for process in running]


def test_plans_written_by_many_are_each_whole(tmp_path: Path) -> None:
    assert _run_together(WRITE_PLANS, tmp_path) == [""] * WRITERS

    found = list(PlanStore(tmp_path).all())
    assert not [f for f in found if isinstance(f, Finding)]
    plans = [f for f in found if isinstance(f, Plan)]
    assert sorted(p.sql for p in plans) == sorted(f"SELECT {i}" for i in range(EACH))
    assert {(len(p.explanation), len(set(p.explanation))) for p in plans} == {(20_000, 1)}
    assert not [p for p in (tmp_path / "plans").iterdir() if p.suffix != ".json"]


def test_replies_written_by_many_are_each_whole(tmp_path: Path) -> None:
    assert _run_together(WRITE_REPLIES, tmp_path) == [""] * WRITERS

    store = ReplyStore(tmp_path)
    texts = [(store.get(f"k{i}") or {})["text"] for i in range(EACH)]
    assert {(len(t), len(set(t))) for t in texts} == {(20_000, 1)}


def test_the_stores_and_models_import_nothing_heavy() -> None:
    script = (
        "import sys, nlq.model, nlq.store;"
        "heavy = {'litellm', 'xllamacpp', 'diskcache', 'openai', 'httpx', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
