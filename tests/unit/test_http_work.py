from __future__ import annotations

import asyncio
import threading
from collections.abc import MutableMapping
from typing import Any

import pytest
from waiting import PATIENCE_S, wait_for

from nlq.engine.cancellation import Cancellation
from nlq.errors import EngineError, RequestError
from nlq.http.work import Workers


async def stays() -> MutableMapping[str, Any]:
    """What is received from a client that waits."""
    await asyncio.Event().wait()
    return {}


async def leaves() -> MutableMapping[str, Any]:
    return {"type": "http.disconnect"}


def wait_for_the_end(cancellation: Cancellation) -> str:
    wait_for(lambda: cancellation.cancelled)
    return "stopped"


def test_work_is_done_in_daemons() -> None:
    thread = asyncio.run(Workers().run(stays, lambda _: threading.current_thread()))
    assert thread.daemon and thread is not threading.main_thread()


def test_an_error_reaches_who_waits() -> None:
    def fail(_: Cancellation) -> None:
        raise EngineError("engine.timeout", "too long")

    with pytest.raises(EngineError, match="too long"):
        asyncio.run(Workers().run(stays, fail))


def test_work_ends_when_the_client_leaves() -> None:
    assert asyncio.run(Workers().run(leaves, wait_for_the_end)) == "stopped"


def test_work_ends_with_the_server() -> None:
    seen: list[str] = []

    async def serve() -> None:
        workers = Workers()
        running = asyncio.create_task(workers.run(stays, lambda c: seen.append(wait_for_the_end(c))))
        await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(EngineError) as caught:
            await running
        assert caught.value.code == "engine.cancelled"
        other = asyncio.create_task(workers.run(stays, wait_for_the_end))
        await asyncio.sleep(0.05)
        workers.cancel_all()
        assert await other == "stopped"

    asyncio.run(serve())
    wait_for(lambda: seen)
    assert seen == ["stopped"]


def test_no_more_threads_than_allowed_and_none_without_need() -> None:
    workers = Workers(8)
    together = threading.Barrier(8)
    names: set[str] = set()

    def work(_: Cancellation) -> None:
        names.add(threading.current_thread().name)

    def work_together(_: Cancellation) -> None:
        together.wait(PATIENCE_S)
        names.add(threading.current_thread().name)

    async def serve() -> None:
        for _ in range(20):
            await workers.run(stays, work)
        assert len(names) < 8  # some may still be on its way back when the next job comes
        await asyncio.gather(*(workers.run(stays, work_together) for _ in range(24)))

    asyncio.run(serve())
    assert len(names) == 8


def test_more_requests_than_it_takes_are_refused_at_once() -> None:
    async def serve() -> list[str]:
        workers, told = Workers(requests=2), []
        hold = threading.Event()
        running = asyncio.create_task(workers.run(stays, lambda _: hold.wait(PATIENCE_S)))
        with workers.cancellable(stays):
            await asyncio.sleep(0)
            for attempt in (workers.run(stays, lambda _: None), _enter(workers)):
                with pytest.raises(RequestError) as caught:
                    await attempt
                told.append(caught.value.code)
            hold.set()
            await running
            await workers.run(stays, lambda _: None)
        return told

    assert asyncio.run(serve()) == ["request.busy"] * 2


async def _enter(workers: Workers) -> None:
    with workers.cancellable(stays):
        raise AssertionError("it was let in")
