"""The real embedded model. Needs its weights: `nlq model pull`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nlq.model import Call, EmbeddedModel, Message
from nlq.model.weights import model_path
from nlq.settings import Settings

pytestmark = [
    pytest.mark.smoke,
    pytest.mark.skipif(model_path() is None, reason="the embedded model is not installed"),
]

SCHEMA = "Answer with one SQL statement.\nCREATE TABLE users (id INT, name TEXT, age INT);"

ASK = f"""
from nlq.model import Call, EmbeddedModel, Message
from nlq.settings import Settings
model = EmbeddedModel(Settings())
for question in ("How many users are there?", "List the names of users over 30."):
    call = Call((Message("system", {SCHEMA!r}), Message("user", question)), max_tokens=40)
    print(repr(model.complete(call).text))
model.close()
"""


def test_it_answers_questions_and_prints_nothing() -> None:
    result = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    how_many, names = result.stdout.splitlines()
    assert "count(" in how_many.lower()
    assert "age > 30" in names.lower()


def test_a_file_that_is_no_model_is_an_error_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(100_000))
    script = (
        "import sys; from pathlib import Path; from nlq.model.embedded import start_server\n"
        "try: start_server(Path(sys.argv[1]), 'key', 1, 512)\n"
        "except Exception as error: print(error.code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "x.gguf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "model.unreachable\n")


def test_a_prompt_that_is_too_long_is_refused_with_a_hint() -> None:
    model = EmbeddedModel(Settings(model_context=512, model_retries=0))
    try:
        with pytest.raises(Exception, match="cannot hold the prompt") as caught:
            model.complete(Call((Message("user", "word " * 2000),), max_tokens=5))
        assert getattr(caught.value, "code", None) == "model.rejected"
    finally:
        model.close()
