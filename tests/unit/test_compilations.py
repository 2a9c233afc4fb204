"""The queue of those who compile: who is told what, and when."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from nlq.compilations import COMPILING, Compilations
from nlq.errors import CompileError, EngineError
from nlq.events import Drafted, Event, PlanMade, Queued
from nlq.policy import Principal

DRAFTED = Drafted(1, 0, 0, 0.0, False)


def test_positions_move_up_until_there_is_a_draft() -> None:
    compilations = Compilations(None)
    told: list[list[Event]] = [[] for _ in range(4)]
    places = [compilations.place(Principal(id=n), told[n].append) for n in range(4)]
    watch = [place.__enter__() for place in places]
    watch[3](DRAFTED)
    watch[3](PlanMade("1"))
    for n in (1, 0):
        places[n].__exit__(None, None, None)
    assert told == [[], [Queued(1)], [Queued(2), Queued(1), Queued(0)], [Queued(3), DRAFTED, PlanMade("1")]]
    for n in (2, 3):
        places[n].__exit__(None, None, None)
    with compilations.place(Principal(id=1), told[0].append):
        assert told[0] == []


def test_one_who_has_gone_does_not_disturb_the_others() -> None:
    compilations = Compilations(None)
    gone, told = Principal(id="gone"), []  # type: ignore[var-annotated]

    def leave(_: Event) -> None:
        if told:
            raise EngineError("engine.cancelled", "gone")

    with ExitStack() as last:
        with compilations.place(Principal(id=0)):
            last.enter_context(compilations.place(gone, leave))
            last.enter_context(compilations.place(Principal(id=1), told.append))
        assert told == [Queued(2), Queued(1)]


def test_who_finds_no_place_hears_how_many_have_one(tmp_path: Path) -> None:
    compilations = Compilations(tmp_path)
    with ExitStack() as held, pytest.raises(CompileError) as caught:
        for n in range(COMPILING + 1):
            held.enter_context(compilations.place(Principal(id=n)))
    assert (caught.value.code, caught.value.ahead) == ("compile.busy", COMPILING)
