from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nlq.answer import Answer
from nlq.cli import screen
from nlq.compiler.readings import AmbiguousError
from nlq.errors import SettingsError
from nlq.events import (
    DemoFilled,
    Downloading,
    Drafted,
    Drafting,
    DraftMended,
    DraftRefused,
    Event,
    ModelLoading,
    PlanFound,
    PlanMade,
    PlanRejected,
    Queued,
    Ran,
    Running,
)
from nlq.plan import Plan, ResultColumn


def answer(*names: str, rows: tuple[tuple[Any, ...], ...]) -> Answer:
    plan = Plan("query", "q", "duckdb", "owner", "SELECT 1", (), (), (), "Shows it.")
    columns = tuple(ResultColumn(n, "UNKNOWN") for n in names)
    timings = {"total": 1234.5, "engine": 1.25}
    return Answer(columns, rows, False, "SELECT 1", "Shows it.", ("It is so",), plan, True, 0, (), timings)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(Decimal("1E+3"), "1000", id="decimal"),
        pytest.param(0.1 + 0.2, "0.3", id="float"),
        pytest.param(float("nan"), "nan", id="nan"),
        pytest.param(2**60, "1152921504606846976", id="integer"),
        pytest.param(False, "false", id="boolean"),
        pytest.param(date(2026, 1, 31), "2026-01-31", id="date"),
        pytest.param(datetime(2026, 1, 31, 12), "2026-01-31 12:00:00", id="timestamp"),
        pytest.param(timedelta(days=2, hours=3), "2 days, 3:00:00", id="duration"),
        pytest.param(-timedelta(minutes=5), "-0:05:00", id="duration before"),
        pytest.param(["a", 1], '["a", 1]', id="list"),
        pytest.param(b"\x00\xff", "AP8=", id="bytes"),
    ],
)
def test_a_value(value: Any, text: str) -> None:
    assert screen.shown(value) == text


def test_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ((1, "a", None), (22, "b\x1b[2J", None))
    screen.show_answer(answer("n", "[bold]", "x", rows=rows), as_json=False, as_csv=False, permissions=True)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        " n   [bold]     x",
        "────────────────────",
        " 1   a          NULL",
        "22   b\\x1b[2J   NULL",
        "2 rows",
        "",
        "SELECT 1",
        "",
        "Shows it.",
        "assumed: It is so",
        "known: no model was called; 1,234.5 ms, of which the database 1.2",
    ]


def test_rows_that_are_too_wide_are_shown_field_by_field(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screen, "_stdout_width", lambda: 20)
    screen.write_rich(screen.rows_table(answer("a", "bb", "c", rows=((1, "x", None), (2, "y", 3)))))
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "row 1", "a   1", "bb  x", "c   NULL", "row 2", "a   2", "bb  y", "c   3",
    ]  # fmt: skip


def test_no_rows(capsys: pytest.CaptureFixture[str]) -> None:
    screen.write_rich(screen.rows_table(answer("a", rows=())))
    assert capsys.readouterr().out == "a\n─\n"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (PlanFound("1"), None),
        (PlanRejected("x.json", "store.stale", "it is old"), "compiling again: it is old"),
        (Queued(2), "waiting: 2 before this one"),
        (Queued(0), "next"),
        (ModelLoading("qwen"), "loading the model qwen"),
        (Drafting(1, "qwen"), "drafting"),
        (Drafting(2, "qwen"), "drafting (attempt 2)"),
        (Drafted(1, 10, 5, 0.1, False), "checking"),
        (DraftMended(("a", "b")), "mended: a; b"),
        (DraftRefused(1, "plan.syntax", "no SQL"), "attempt 1 was refused: no SQL"),
        (PlanMade("1"), "compiled"),
        (Running("1"), "running"),
        (Ran(1, 0.1), None),
        (DemoFilled("posts", 12_000), "making the demo: posts, 12,000 rows"),
        (Downloading(1, 2), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_said_of_an_event(event: Event, text: str | None) -> None:
    assert screen._doing(event) == text


def test_a_download_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with screen.download_bar("weights") as observe:
        for done in (0, 40, 150, 199, 1000):
            observe(Downloading(done * 1_000_000, 1_000_000_000))
    assert capsys.readouterr() == (
        "",
        "weights: 0 of 1,000 MB\nweights: 150 of 1,000 MB\nweights: 1,000 of 1,000 MB\n",
    )


def test_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    screen.say_error(SettingsError("settings.invalid", "no \x1b[2J [bold]", "use [red]"))
    assert capsys.readouterr().err == "error: no \\x1b[2J [bold]  (settings.invalid)\nhint: use [red]\n"


def test_a_question_that_may_mean_two_things(capsys: pytest.CaptureFixture[str]) -> None:
    plans = [
        Plan(
            "query", f"the {which} fee", "sqlite", "owner", "SELECT 1", (), (), (), f"Shows `{which}_fee`."
        )
        for which in ("monthly", "closing")
    ]
    screen.say_error(AmbiguousError(plans))
    assert capsys.readouterr().err == (
        "error: this question may mean 2 things  (compile.ambiguous)\nit may mean:\n"
        "1. the monthly fee\n   Shows `monthly_fee`.\n2. the closing fee\n   Shows `closing_fee`.\n"
    )


def test_no_status_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert not sys.stderr.isatty()
    with screen.progress("reading") as observe:
        observe(Running("1"))
    assert capsys.readouterr() == ("", "")
