"""Prompt files: what is wrong with one is said at start, word for word; what is put in stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlq.compiler import load_prompts
from nlq.errors import SettingsError

GOOD = {
    "max_tokens": "320",
    "system": '"Write $dialect for $schema, a price in $$."',
    "user": '"$hints$question"',
    "repair": '"Wrong: $finding"',
}


def write(directory: Path, **changes: str | None) -> Path:
    lines = [f"{key} = {value}" for key, value in {**GOOD, **changes}.items() if value is not None]
    (directory / "query.toml").write_text("\n".join(lines), "utf-8")
    return directory


def test_the_prompts_that_are_shipped_are_valid() -> None:
    prompts = load_prompts()
    assert 16 <= prompts.max_tokens <= 8192
    assert len(prompts.hash) == 16
    # The static part comes first, so that a prefix cache serves it.
    assert prompts.system.template.rstrip().endswith("$schema")
    assert prompts.user.template.endswith("$question")


def test_what_is_put_in_is_not_read_again(tmp_path: Path) -> None:
    prompts = load_prompts(write(tmp_path))
    odd = "$hints ${question} $$ {} {0} %s $schema"
    assert (
        prompts.system.substitute(dialect="DuckDB", schema=odd) == f"Write DuckDB for {odd}, a price in $."
    )
    assert prompts.user.substitute(hints="", question=odd) == odd
    assert prompts.repair.substitute(finding=odd) == f"Wrong: {odd}"


def test_the_hash_is_of_the_whole_file(tmp_path: Path) -> None:
    one = load_prompts(write(tmp_path))
    assert load_prompts(write(tmp_path)).hash == one.hash
    assert load_prompts(write(tmp_path, max_tokens="321")).hash != one.hash


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        pytest.param(
            {"repair": None},
            "the prompt `query.toml` must have exactly `system`, `user`, `repair`, `max_tokens`",
            None,
            id="a part is missing",
        ),
        pytest.param(
            {"temperature": "0.5"},
            "the prompt `query.toml` must have exactly `system`, `user`, `repair`, `max_tokens`",
            None,
            id="an unknown part",
        ),
        pytest.param({"user": "5"}, "`user` of the prompt `query.toml` is not text", None, id="not text"),
        pytest.param(
            {"user": '"$question"'},
            "`user` of the prompt `query.toml` must use exactly `$hints`, `$question`",
            "write `$$` for a dollar sign",
            id="a variable is missing",
        ),
        pytest.param(
            {"repair": '"$finding of $question"'},
            "`repair` of the prompt `query.toml` must use exactly `$finding`",
            "write `$$` for a dollar sign",
            id="a variable too many",
        ),
        pytest.param(
            {"repair": '"$finding costs $5"'},
            "`repair` of the prompt `query.toml` must use exactly `$finding`",
            "write `$$` for a dollar sign",
            id="a dollar sign alone",
        ),
        pytest.param(
            {"max_tokens": '"many"'},
            "`max_tokens` of `query.toml` must be 16 to 8192",
            None,
            id="no number",
        ),
        pytest.param(
            {"max_tokens": "8193"}, "`max_tokens` of `query.toml` must be 16 to 8192", None, id="too many"
        ),
        pytest.param(
            {"max_tokens": "true"}, "`max_tokens` of `query.toml` must be 16 to 8192", None, id="a boolean"
        ),
    ],
)
def test_what_is_wrong_with_a_prompt(
    tmp_path: Path, changes: dict[str, str | None], message: str, hint: str | None
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_prompts(write(tmp_path, **changes))
    assert caught.value.to_json() == {
        "code": "settings.invalid",
        "message": message,
        "hint": hint,
        "span": None,
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read the prompt `query.toml`: No such file or directory"),
        (b"system = ", "cannot read the prompt `query.toml`: Invalid value (at end of document)"),
        (b"\xff", "cannot read the prompt `query.toml`: it is not UTF-8"),
    ],
    ids=["missing", "not TOML", "not UTF-8"],
)
def test_a_prompt_that_cannot_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "query.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_prompts(tmp_path)
    assert (caught.value.code, caught.value.message) == ("settings.invalid", message)
