from __future__ import annotations

import os
from pathlib import Path

import pytest

from nlq.errors import SettingsError
from nlq.settings import Settings, load


def test_flags_override_the_environment_and_that_the_file(tmp_path: Path) -> None:
    (tmp_path / "nlq.toml").write_text('db = "a"\nrow_limit = 1\nport = 1\nfrozen = true\n', "utf-8")
    environment = {"NLQ_ROW_LIMIT": "2", "NLQ_PORT": "2", "NLQ_POLICY": "", "HOME": "/"}
    flags = {"port": 3, "policy": None, "frozen": False}
    assert load(tmp_path, environment, flags) == Settings(db="a", row_limit=2, port=3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("1", True, id="1"),
        pytest.param("TRUE", True, id="TRUE"),
        pytest.param("on", True, id="on"),
        pytest.param("false", False, id="false"),
        pytest.param("0", False, id="0"),
        pytest.param("no", False, id="no"),
    ],
)
def test_a_switch(tmp_path: Path, text: str, value: bool) -> None:
    assert load(tmp_path, {"NLQ_OPEN": text}) == Settings(open=value)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        pytest.param(
            "row_limt = 5", "unknown setting `row_limt` in nlq.toml", "did you mean `row_limit`?", id="name"
        ),
        pytest.param(
            'row_limit = "many"',
            "setting `row_limit` in nlq.toml cannot be `many`",
            "it takes a number, such as `1000`",
            id="text-for-number",
        ),
        pytest.param(
            "row_limit = 1.5",
            "setting `row_limit` in nlq.toml cannot be `1.5`",
            "it takes a number, such as `1000`",
            id="part-of-a-row",
        ),
        pytest.param(
            "row_limit = -1",
            "setting `row_limit` in nlq.toml cannot be `-1`",
            "it takes a number that is finite and not negative",
            id="negative",
        ),
        pytest.param(
            "statement_timeout_s = nan",
            "setting `statement_timeout_s` in nlq.toml cannot be `nan`",
            "it takes a number that is finite and not negative",
            id="nan",
        ),
        pytest.param(
            "row_limit = inf",
            "setting `row_limit` in nlq.toml cannot be `inf`",
            "it takes a number, such as `1000`",
            id="infinity",
        ),
        pytest.param(
            "row_limit = true",
            "setting `row_limit` in nlq.toml cannot be `True`",
            "it takes a number, such as `1000`",
            id="switch-for-number",
        ),
        pytest.param(
            'open = "perhaps"',
            "setting `open` in nlq.toml cannot be `perhaps`",
            "it takes `true` or `false`",
            id="no-switch",
        ),
        pytest.param(
            'policy = ["a", "b"]',
            "setting `policy` in nlq.toml cannot be `['a', 'b']`",
            "it takes text",
            id="list",
        ),
        pytest.param(
            'sample = "all"',
            "setting `sample` in nlq.toml cannot be `all`",
            "use `auto`, `declared` or `never`",
            id="choice",
        ),
    ],
)
def test_a_setting_that_is_none(tmp_path: Path, line: str, message: str, hint: str) -> None:
    (tmp_path / "nlq.toml").write_text(line, "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, {})
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize("content", [b"db = ", b'db = "\xff"'], ids=["not-toml", "not-utf-8"])
def test_a_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "nlq.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, {})
    assert (caught.value.code, caught.value.message.partition(":")[0]) == (
        "settings.invalid",
        "`nlq.toml` is not TOML",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "nlq.toml").touch(0o000)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, {})
    assert (caught.value.code, caught.value.message) == (
        "settings.invalid",
        "cannot read `nlq.toml`: Permission denied",
    )
