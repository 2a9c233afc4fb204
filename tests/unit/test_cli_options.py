from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from nlq.cli.options import params_of, settings_of, text_of
from nlq.cli.screen import clean
from nlq.errors import RequestError


@pytest.mark.parametrize(
    ("given", "value"),
    [
        pytest.param("x=Portugal", "Portugal", id="text"),
        pytest.param("x=5", 5, id="integer"),
        pytest.param("x=-0.5", -0.5, id="float"),
        pytest.param('x="5"', "5", id="quoted"),
        pytest.param("x=true", True, id="true"),
        pytest.param("x=null", None, id="null"),
        pytest.param("x=a=b", "a=b", id="equals-sign"),
        pytest.param("x=", "", id="nothing"),
        pytest.param("x=[1]", "[1]", id="list-is-text"),
        pytest.param('x={"a": 1}', '{"a": 1}', id="object-is-text"),
        pytest.param("x=NaN", "NaN", id="nan-is-text"),
        pytest.param("x=2026-01-31", "2026-01-31", id="date"),
        pytest.param("x=" + "9" * 5000, "9" * 5000, id="huge-number-is-text"),
    ],
)
def test_a_parameter(given: str, value: Any) -> None:
    assert params_of([given]) == {"x": value}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(["x"], "a `--param` has no name", id="no-value"),
        pytest.param(["=x"], "a `--param` has no name", id="no-name"),
        pytest.param(["x=1", "x=2"], "the parameter `x` is given twice", id="twice"),
    ],
)
def test_a_parameter_that_is_none(given: list[str], message: str) -> None:
    with pytest.raises(RequestError) as caught:
        params_of(given)
    assert (caught.value.code, caught.value.message) == ("request.invalid", message)


def test_a_question_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("wie viele Ämter?\n".encode())))
    assert text_of("-", "question") == "wie viele Ämter?\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"\xff\xfe", ("request.invalid", "the question is not UTF-8"), id="not-utf-8"),
        pytest.param(
            b"a" * 1_000_001,
            ("request.too_large", "the question is longer than 1,000,000 bytes"),
            id="too-large",
        ),
    ],
)
def test_standard_input_that_is_no_question(
    monkeypatch: pytest.MonkeyPatch, content: bytes, expected: tuple[str, str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    with pytest.raises(RequestError) as caught:
        text_of("-", "question")
    assert (caught.value.code, caught.value.message) == expected


def test_an_argument_that_the_shell_did_not_send_as_utf_8() -> None:
    with pytest.raises(RequestError) as caught:
        text_of(b"how many \xff?".decode("utf-8", "surrogateescape"), "question")
    assert caught.value.message == "the question is not UTF-8"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("São João", "São João", id="letters"),
        pytest.param("1\u202f000\u00a0€", "1\u202f000\u00a0€", id="spaces"),
        pytest.param("ক্\u200dষ", "ক্\u200dষ", id="joiner"),
        pytest.param("\x1b]0;title\x07", "\\x1b]0;title\\x07", id="terminal-title"),
        pytest.param("\x9b31m", "\\x9b31m", id="eight-bit-escape"),
        pytest.param("a\r\nb", "a\\r\\nb", id="line-end"),
        pytest.param("user\u202etxt.exe", "user\\u202etxt.exe", id="right-to-left"),
        pytest.param("half \ud800", "half \\ud800", id="half-a-character"),
    ],
)
def test_what_could_steer_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        pytest.param("embedded", ("embedded", ""), id="the model in this process"),
        pytest.param("openai/tiny", ("openai/tiny", "http://localhost:1/v1"), id="one of the server"),
        pytest.param(None, ("openai/big", "http://localhost:1/v1"), id="no flag"),
    ],
)
def test_a_flag_that_names_a_model(
    monkeypatch: pytest.MonkeyPatch, flag: str | None, expected: tuple[str, str]
) -> None:
    monkeypatch.setenv("NLQ_MODEL", "openai/big")
    monkeypatch.setenv("NLQ_MODEL_URL", "http://localhost:1/v1")
    settings = settings_of(model=flag)
    assert (settings.model, settings.model_url) == expected
