"""Which model a setting names, and what can be known of it before it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nlq.errors import ModelError, SettingsError
from nlq.model import Call, EmbeddedModel, LiteLlmModel, Message, RecordedModel, embedded, open_model
from nlq.settings import Settings


@pytest.mark.parametrize(
    ("settings", "kind", "name", "is_local"),
    [
        pytest.param(Settings(), EmbeddedModel, "qwen2.5-coder-1.5b-instruct-q4_k_m", True, id="embedded"),
        pytest.param(Settings(model="a/b"), LiteLlmModel, "a/b", False, id="hosted"),
        pytest.param(Settings(model="recorded:x"), RecordedModel, "recorded", True, id="recorded"),
        pytest.param(Settings(model="record:x"), RecordedModel, "recorded", True, id="record"),
        pytest.param(
            Settings(model="m", model_url="http://localhost:80/v1"), LiteLlmModel, "m@localhost:80", True,
            id="localhost",
        ),
        pytest.param(
            Settings(model="openai/m", model_url="http://127.1.2.3"), LiteLlmModel, "m@127.1.2.3", True,
            id="loopback",
        ),
        pytest.param(
            Settings(model="m", model_url="http://[::1]:9/"), LiteLlmModel, "m@::1:9", True, id="loopback-6"
        ),
        pytest.param(
            Settings(model="m", model_url="https://llm.example.com/v1"), LiteLlmModel, "m@llm.example.com",
            False, id="far",
        ),
        pytest.param(
            Settings(model="m", model_url="http://me:secret@10.0.0.1:1/"), LiteLlmModel, "m@10.0.0.1:1",
            False, id="password-in-the-url",
        ),
        pytest.param(
            Settings(model="m", model_url="http://localhost.example.com"), LiteLlmModel,
            "m@localhost.example.com", False, id="looks-local",
        ),
        pytest.param(
            Settings(model="m", model_url="http://localhost@evil.example.com"), LiteLlmModel,
            "m@evil.example.com", False, id="looks-local-too",
        ),
    ],
)  # fmt: skip
def test_the_setting_names_a_model(settings: Settings, kind: type, name: str, is_local: bool) -> None:
    model = open_model(settings)
    assert (type(model), model.name, model.is_local) == (kind, name, is_local)
    model.close()


def test_a_label_names_a_model_whose_address_changes() -> None:
    model = LiteLlmModel("m", "http://localhost:12345", "", Settings(), label="mine")
    assert (model.name, model.is_local) == ("mine", True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(Settings(model="gpt"), "setting `model` cannot be `gpt`", id="neither"),
        pytest.param(Settings(model=""), "setting `model` cannot be ``", id="empty"),
        pytest.param(Settings(model="recorded:"), "setting `model` cannot be `recorded:`", id="no-place"),
        pytest.param(
            Settings(model_url="http://localhost"),
            "`model_url` is set, and `model` does not say which model is there",
            id="url-without-a-name",
        ),
        *(
            pytest.param(
                Settings(model="m", model_url=url), "setting `model_url` is not a URL", id=url or "empty"
            )
            for url in ("localhost:80", "file:///etc/passwd", "http://", "http://[::1", "http://h:99999")
        ),
    ],
)
def test_a_setting_that_names_none_is_said_so(settings: Settings, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_model(settings)
    assert (caught.value.code, caught.value.message) == ("settings.invalid", message)


def test_without_its_file_the_embedded_model_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError) as caught:
        open_model(Settings()).complete(Call((Message("user", "x"),)))
    assert caught.value.to_json() == {
        "code": "model.not_installed",
        "message": "the embedded model is not on this machine yet",
        "hint": "run `nlq model pull` (1.1 GB), or set `NLQ_MODEL` to a hosted model",
        "span": None,
    }


@pytest.mark.parametrize(
    ("busy", "smt", "expected"),
    [
        pytest.param(0.0, False, 4, id="quiet"),
        pytest.param(1.0, False, 3, id="one-core-busy"),
        pytest.param(4.0, False, 1, id="all-busy"),
        pytest.param(0.0, True, 2, id="two-threads-a-core"),
    ],
)
def test_threads_are_left_to_other_jobs(
    monkeypatch: pytest.MonkeyPatch, busy: float, smt: bool, expected: int
) -> None:
    ticks = iter([1000, 1000 + int((4 - busy) * embedded.GLANCE_S * embedded.TICKS_A_SECOND)])
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    monkeypatch.setattr(embedded, "_idle_ticks", lambda allowed: next(ticks))
    monkeypatch.setattr(embedded, "_has_two_threads_a_core", lambda: smt)
    assert embedded.count_threads() == expected


def test_the_processors_of_this_machine_can_be_counted() -> None:
    assert 1 <= embedded.count_threads() <= 8


@pytest.mark.parametrize("package", ["litellm", "xllamacpp"])
def test_a_package_that_is_not_installed_is_named(package: str) -> None:
    script = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from pathlib import Path;"
        "from nlq.model.hosted import load_litellm; from nlq.model.embedded import start_server\n"
        "try: load_litellm() if sys.argv[1] == 'litellm' else start_server(Path('x'), 'k', 1, 512)\n"
        "except Exception as error: print(error.code, error.message)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, package], capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("settings.missing_extra")
    assert f"the package `{package}`" in result.stdout
