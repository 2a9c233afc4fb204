"""Replies: JSON, CSV, Arrow, Parquet or a stream of events, as the caller accepts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nlq.answer import Answer
from nlq.catalog import Dialect
from nlq.encoding import to_bytes
from nlq.engine.cancellation import Cancellation
from nlq.engine.rows import Sink
from nlq.errors import NlqError
from nlq.events import Event, Observer, PlanRejected, ignore
from nlq.http.arrow import ArrowSpool, require_arrow
from nlq.http.bugs import bug, log_bug
from nlq.http.parquet import to_parquet
from nlq.http.problem import problem_body
from nlq.http.spool import CHUNK, Around, CsvSpool, JsonSpool, Spool, SpoolResponse, around_rows, send_chunk
from nlq.http.trace import trace_stages
from nlq.http.work import Workers

JSON, CSV, EVENTS = "application/json", "text/csv", "text/event-stream"
ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"
ROWS = {CSV, ARROW, PARQUET}
"""Those that give the rows alone."""

KEEP_ALIVE_S = 10.0
"""Proxies close a connection on which nothing happens; a compilation can be silent for longer."""

HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

Shape = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spooled:
    """How to have the answer to a request whose rows go to a sink.

    `around` is the JSON about them; without it, JSON is made in memory.
    """

    job: Callable[[Cancellation, Sink], Answer]
    dialect: Dialect
    around: Around | None


Job = Callable[[Observer, Cancellation], Shape | Answer]
"""What a request asks for. An `Answer` may be had as CSV, Arrow or Parquet, a shape is JSON."""


async def reply(
    request: Request, workers: Workers, job: Job, *, explain: bool = True, spooled: Spooled | None = None
) -> Response:
    """What the job gives, in the type that the caller likes best of those there are.

    What is `spooled` does not have to fit into memory.
    """
    accepted = accepts(request.headers.get("accept", ""))
    if accepted == EVENTS:
        return EventStream(workers, job, explain=explain)
    if accepted == ARROW:
        require_arrow()

    timings: dict[str, float] = {}

    def work(cancellation: Cancellation) -> Response:
        spool = _spool(accepted, spooled) if spooled is not None else None
        if spooled is not None and spool is not None:
            return _spooled(spool, spooled, accepted, cancellation, timings)
        found = job(ignore, cancellation)
        if isinstance(found, Answer) and accepted == PARQUET:
            content = to_parquet(found.columns, found.rows, found.plan.dialect)
            return Response(content, headers=_headers_of(found), media_type=PARQUET)
        headers = dict(HEADERS)
        if isinstance(found, Answer):
            timings.update(found.timings)
            headers["server-timing"] = server_timing(timings).decode()
        return Response(to_bytes(shape_of(found, explain)), headers=headers, media_type=JSON)

    response = await workers.run(request.receive, work)
    if timings:
        trace_stages(timings)
    return response


def server_timing(timings: Mapping[str, float]) -> bytes:
    """The header `Server-Timing` (W3C), which browsers show beside a request.

    >>> server_timing({"plan": 0.1234, "total": 2})
    b'plan;dur=0.123, total;dur=2'
    """
    return ", ".join(f"{name};dur={round(value, 3)}" for name, value in timings.items()).encode()


def accepts(header: str) -> str:
    """The type to reply with, of those that an `Accept` header names: JSON where it names none of ours.

    >>> accepts("text/csv;q=0.5, text/event-stream"), accepts("*/*"), accepts("text/html, text/csv")
    ('text/event-stream', 'application/json', 'text/csv')
    """
    best, best_weight = JSON, 0.0
    for item in header.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            if re.fullmatch(r"q=[01](\.\d{0,3})?", parameter):
                weight = float(parameter[2:])
        if name in (JSON, *ROWS, EVENTS) and weight > best_weight:
            best, best_weight = name, weight
    return best


class EventStream(Response):
    """Server-sent events: `stage` for all that happens, then `answer` or `error`."""

    media_type = EVENTS

    def __init__(self, workers: Workers, job: Job, *, explain: bool) -> None:
        self.status_code = 200
        self.background = None
        # Proxies that collect a reply before they pass it on (nginx) are asked not to.
        self.init_headers({**HEADERS, "x-accel-buffering": "no"})
        self._workers = workers
        self._job = job
        self._explain = explain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what happens as it happens."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        happened: asyncio.Queue[bytes] = asyncio.Queue()
        working = asyncio.create_task(self._work(receive, happened))
        working.add_done_callback(lambda _: happened.put_nowait(b""))
        try:
            chunk = b": working\n\n"
            while chunk:
                for at in range(0, len(chunk), CHUNK):
                    await send_chunk(send, chunk[at : at + CHUNK])
                try:
                    chunk = await asyncio.wait_for(happened.get(), KEEP_ALIVE_S)
                except TimeoutError:
                    chunk = b": still working\n\n"
            await send_chunk(send, b"", more=False)
        finally:
            working.cancel()

    async def _work(self, receive: Receive, happened: asyncio.Queue[bytes]) -> None:
        loop = asyncio.get_running_loop()

        def observe(event: Event) -> None:
            loop.call_soon_threadsafe(happened.put_nowait, _event("stage", stage(event)))

        def work(cancellation: Cancellation) -> bytes:
            return _event("answer", shape_of(self._job(observe, cancellation), self._explain))

        try:
            happened.put_nowait(await self._workers.run(receive, work))
        except NlqError as error:
            happened.put_nowait(_event("error", problem_body(error)))
        except Exception as error:  # noqa: BLE001  # the reply has begun: nobody above could tell the caller
            log_bug(error)
            happened.put_nowait(_event("error", problem_body(bug())))


def stage(event: Event) -> dict[str, Any]:
    """An event as JSON: `stage` is its stable name, the rest what it holds.

    >>> from nlq.events import Drafting
    >>> stage(Drafting(1, "local"))
    {'stage': 'drafting', 'attempt': 1, 'model': 'local'}
    """
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
    if isinstance(event, PlanRejected):
        return {"stage": name, "code": event.code}  # its path and message are for those who run the server
    return {"stage": name, **asdict(event)}


def shape_of(found: Shape | Answer, explain: bool) -> Shape:
    """The JSON of it; without what `explain` asks for where it does not."""
    if not isinstance(found, Answer):
        return found
    shape = found.to_json()
    return shape if explain else {k: v for k, v in shape.items() if k not in _EXPLANATIONS}


_EXPLANATIONS = ("explanation", "assumptions", "decisions")


def around_answer(explain: bool) -> Around:
    """The JSON of an answer around its rows."""
    return lambda answer: around_rows(shape_of(answer, explain))


def _spool(accepted: str, spooled: Spooled) -> Spool | None:
    if accepted == CSV:
        return CsvSpool()
    if accepted == ARROW:
        return ArrowSpool(spooled.dialect)
    return JsonSpool(spooled.around) if accepted == JSON and spooled.around is not None else None


def _spooled(
    spool: Spool, spooled: Spooled, accepted: str, cancellation: Cancellation, timings: dict[str, float]
) -> Response:
    try:
        answer = spooled.job(cancellation, spool)
        if not spool.has_begun:
            spool.begin(answer.columns)
            if answer.rows:
                spool.add(answer.rows)
        around = spool.end(answer)
    except BaseException:
        spool.file.close()
        raise
    timings.update(answer.timings)
    if accepted == CSV:
        return SpoolResponse(spool, around, _headers_of(answer), "text/csv; charset=utf-8; header=present")
    if accepted == ARROW:
        return SpoolResponse(spool, around, _headers_of(answer), ARROW)
    headers = {**HEADERS, "server-timing": server_timing(timings).decode()}
    return SpoolResponse(spool, around, headers, JSON)


def _headers_of(answer: Answer) -> dict[str, str]:
    truncated = "true" if answer.truncated else "false"
    return {**HEADERS, "nlq-plan": answer.plan.id, "nlq-truncated": truncated}


def _event(name: str, data: Shape) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + to_bytes(data) + b"\n\n"
