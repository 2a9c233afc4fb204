"""The real litellm against a real server that answers well, badly, slowly or not at all."""

from __future__ import annotations

import inspect
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from waiting import PATIENCE_S

from nlq.errors import ModelError
from nlq.model import Call, LiteLlmModel, Message, Reply
from nlq.model.hosted import FAILURES, PAUSE_S, TEXT_LIMIT, load_litellm
from nlq.settings import Settings

KEY = "sk-this-must-never-be-seen"
CALL = Call((Message("system", "schema"), Message("user", "how many?")), max_tokens=50, seed=3)
FAST = Settings(model_timeout_s=PATIENCE_S, model_retries=0)


def _body(content: object = "SELECT 1", **changes: object) -> dict[str, object]:
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        ],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
        **changes,
    }


Answer = Callable[[BaseHTTPRequestHandler], None]


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Content-Type", "application/json")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda handler: _send(handler, status, content, **headers)


def fail(status: int, **headers: str) -> Answer:
    return answer({"error": {"message": f"no, not with {KEY}", "code": status}}, status, **headers)


def hang(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.settimeout(PATIENCE_S)
    handler.rfile.read(1)


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)


def drop(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@dataclass
class Server:
    """An OpenAI-compatible server; it gives `answers` in turn, and the last one for ever."""

    url: str = ""
    answers: list[Answer] = field(default_factory=lambda: [answer(_body())])
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def model(self, settings: Settings = FAST, **extra: object) -> LiteLlmModel:
        return LiteLlmModel("openai/tiny", self.url, KEY, settings, **extra)  # type: ignore[arg-type]


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            state.headers.append({**self.headers, "path": self.path})
            reply = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            try:
                reply(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlq.model.hosted.PAUSE_S", 0.01)


@pytest.mark.parametrize(
    ("tokens", "certainty"),
    [
        pytest.param(
            [{"token": "a", "logprob": -0.25}, {"token": "b", "logprob": -0.75}], 0.36788, id="told"
        ),
        pytest.param([{"token": "a", "logprob": 0.5}], 1.0, id="no probability"),
        pytest.param([], None, id="no tokens"),
    ],
)
def test_the_certainty_of_a_reply(
    server: Server, tokens: list[dict[str, object]], certainty: float | None
) -> None:
    body = _body()
    choices: Any = body["choices"]
    choices[0]["logprobs"] = {"content": [{**t, "bytes": None, "top_logprobs": []} for t in tokens]}
    server.answers = [answer(body)]
    model = server.model()
    reply = model.complete(CALL)
    model.close()
    assert reply.certainty == (None if certainty is None else pytest.approx(certainty, abs=1e-5))


def test_the_call_is_sent_and_the_reply_is_read(server: Server) -> None:
    model = server.model(extra={"cache_prompt": True})
    reply = model.complete(replace(CALL, stop=(";",), extra=(("grammar", "root ::= x"),)))
    model.close()

    assert replace(reply, seconds=0) == Reply("SELECT 1", prompt_tokens=11, completion_tokens=3)
    assert reply.seconds > 0
    assert server.asked == [
        {
            "model": "tiny",
            "messages": [
                {"role": "system", "content": "schema"},
                {"role": "user", "content": "how many?"},
            ],
            "max_tokens": 50,
            "temperature": 0.0,
            "seed": 3,
            "stop": [";"],
            "grammar": "root ::= x",
            "cache_prompt": True,
        }
    ]
    assert server.headers[0]["path"] == "/v1/chat/completions"
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_a_response_format_is_sent_as_an_object(server: Server) -> None:
    server.model().complete(replace(CALL, extra=(("response_format", '{"type": "json_object"}'),)))
    assert server.asked[0]["response_format"] == {"type": "json_object"}


def test_a_key_of_the_environment_is_not_sent_to_a_server_of_ones_own(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    LiteLlmModel("tiny", server.url, "", FAST).complete(CALL)
    assert server.headers[0]["Authorization"] == "Bearer none"


def test_a_proxy_is_not_used_for_a_server_on_this_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert server.model().complete(CALL).text == "SELECT 1"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(_body(None), Reply("", 11, 3), id="null"),
        pytest.param(_body(""), Reply("", 11, 3), id="empty"),
        pytest.param(_body(usage=None), Reply("SELECT 1"), id="no-usage"),
        pytest.param(_body("x" * 30_000), Reply("x" * TEXT_LIMIT, 11, 3), id="long"),
        pytest.param(_body("half \ud83d pair"), Reply("half ? pair", 11, 3), id="half-a-surrogate"),
        pytest.param(_body("nul \x00 ü 😀"), Reply("nul \x00 ü 😀", 11, 3), id="odd-characters"),
    ],
)
def test_a_strange_reply_is_a_reply(server: Server, body: object, expected: Reply) -> None:
    server.answers = [answer(body)]
    assert replace(server.model().complete(CALL), seconds=0) == expected


UNREACHABLE, TIMEOUT, REJECTED = "model.unreachable", "model.timeout", "model.rejected"
NO_REPLY = "answered with something that is not a reply"
QUICK = replace(FAST, model_timeout_s=0.6)


@pytest.mark.parametrize(
    ("reply", "code", "says"),
    [
        pytest.param(fail(400), REJECTED, "refused the arguments of the call", id="400"),
        pytest.param(fail(401), REJECTED, "refused the key", id="401"),
        pytest.param(fail(403), REJECTED, "refused the key", id="403"),
        pytest.param(fail(404), REJECTED, "is not known there", id="404"),
        pytest.param(fail(413), REJECTED, "refused the arguments of the call", id="413"),
        pytest.param(fail(422), REJECTED, "refused the arguments of the call", id="422"),
        pytest.param(fail(429), REJECTED, "is out of quota, or asked too often", id="429"),
        pytest.param(fail(500), UNREACHABLE, "failed to answer", id="500"),
        pytest.param(fail(503), UNREACHABLE, "failed to answer", id="503"),
        pytest.param(answer(b"<html>", 500), UNREACHABLE, "failed to answer", id="500-html"),
        pytest.param(drop, UNREACHABLE, "cannot be reached", id="drops-the-connection"),
        pytest.param(
            answer(b"", 307, Location="http://127.0.0.1:9/steal"), UNREACHABLE, "failed", id="redirects"
        ),
        pytest.param(answer(b"<html>hello</html>"), UNREACHABLE, NO_REPLY, id="html"),
        pytest.param(answer(b""), UNREACHABLE, NO_REPLY, id="nothing"),
        pytest.param(answer([1, 2]), UNREACHABLE, NO_REPLY, id="a-list"),
        pytest.param(answer({"choices": "x"}), UNREACHABLE, NO_REPLY, id="no-choices"),
        pytest.param(answer(b" " * 3_000_000), UNREACHABLE, NO_REPLY, id="too-large"),
        pytest.param(answer(b"\x1f\x8b", Content_Encoding="gzip"), UNREACHABLE, NO_REPLY, id="compressed"),
    ],
)
def test_a_failure_is_a_model_error(server: Server, reply: Answer, code: str, says: str) -> None:
    server.answers = [reply]
    error = _error(server.model())
    assert error.code == code
    host = server.url.removeprefix("http://")
    assert error.message.startswith(f"`tiny@{host}` {says}")


def _error(model: LiteLlmModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        model.complete(CALL)
    return caught.value


@pytest.mark.parametrize("reply", [hang, drip], ids=["hangs", "drips"])
def test_a_server_that_does_not_finish_is_given_up_in_time(server: Server, reply: Answer) -> None:
    server.answers = [reply]
    model = server.model(QUICK)
    load_litellm()
    assert _error(model).code == TIMEOUT


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    error = _error(LiteLlmModel("tiny", f"http://127.0.0.1:{port}", KEY, FAST))
    assert error.to_json() == {
        "code": "model.unreachable",
        "message": f"`tiny@127.0.0.1:{port}` cannot be reached",
        "hint": "check the network and `model_url`",
        "span": None,
    }


def test_a_provider_that_does_not_exist_is_said_so() -> None:
    assert _error(LiteLlmModel("nosuchprovider/model", "", KEY, FAST)).to_json() == {
        "code": "model.rejected",
        "message": "`nosuchprovider/model` is not known there",
        "hint": "check `model`: it is `provider/name`",
        "span": None,
    }


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(server: Server, status: int) -> None:
    server.answers = [fail(status), fail(status), answer(_body())]
    assert server.model(replace(FAST, model_retries=2)).complete(CALL).text == "SELECT 1"
    assert len(server.asked) == 3


@pytest.mark.parametrize(("status", "attempts"), [(500, 3), (429, 3), (401, 1), (400, 1), (404, 1)])
def test_attempts_are_bounded_and_only_made_where_they_may_help(
    server: Server, status: int, attempts: int
) -> None:
    server.answers = [fail(status)]
    _error(server.model(replace(FAST, model_retries=2)))
    assert len(server.asked) == attempts


def test_attempts_end_when_the_time_is_over(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlq.model.hosted.PAUSE_S", 2 * PATIENCE_S)
    server.answers = [fail(500)]
    _error(server.model(replace(FAST, model_retries=9)))
    assert len(server.asked) == 1
    assert PAUSE_S < PATIENCE_S


def test_no_more_calls_at_once_than_allowed(server: Server) -> None:
    at_once, most, lock, two = [0], [0], threading.Lock(), threading.Barrier(2)

    def count(handler: BaseHTTPRequestHandler) -> None:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.05)  # for a third one
        two.wait(PATIENCE_S)
        with lock:
            at_once[0] -= 1
        answer(_body())(handler)

    server.answers = [count]
    model = server.model(replace(FAST, model_concurrency=2))
    threads = [threading.Thread(target=model.complete, args=(CALL,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(server.asked), most[0]) == (6, 2)


def test_who_waits_too_long_for_a_turn_is_told_so(server: Server) -> None:
    entered, may_answer = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        entered.set()
        may_answer.wait(PATIENCE_S)
        answer(_body())(handler)

    server.answers = [slow]
    model = server.model()
    first = threading.Thread(target=model.complete, args=(CALL,))
    first.start()
    assert entered.wait(PATIENCE_S)
    model._timeout_s = 0.1
    assert _error(model).message.endswith("is busy with other questions")
    may_answer.set()
    first.join()


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_the_key_is_in_no_error_and_in_no_log(
    server: Server, status: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [fail(status)]
    with pytest.raises(ModelError) as caught:
        server.model().complete(CALL)
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + json.dumps(error.to_json()) + repr(error.args)
    assert (error.__cause__, error.__context__) == (None, None)
    printed = capfd.readouterr()
    assert KEY not in shown + caplog.text + printed.out + printed.err
    assert (printed.out, printed.err) == ("", "")


def test_every_exception_of_the_library_has_a_meaning() -> None:
    load_litellm()
    import litellm.exceptions

    theirs = {
        name
        for name, value in inspect.getmembers(litellm.exceptions, inspect.isclass)
        if issubclass(value, Exception)
    }
    assert theirs - set(FAILURES) == set()
    assert set(FAILURES) - theirs == set()


def test_the_price_of_a_hosted_reply_is_known_and_of_an_unknown_model_nought() -> None:
    litellm = load_litellm()
    from nlq.model.hosted import _cost

    def response(model: str) -> Any:
        usage = litellm.Usage(prompt_tokens=1000, completion_tokens=100, total_tokens=1100)
        return litellm.ModelResponse(model=model, usage=usage)

    assert _cost(litellm, response("gpt-4o-mini")) == pytest.approx(0.00021)
    assert _cost(litellm, response("nobody/knows")) == 0.0
