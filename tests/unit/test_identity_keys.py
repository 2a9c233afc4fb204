"""API keys: what is kept of them, and which are refused."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nlq.errors import SettingsError
from nlq.identity.keys import ApiKey, KeyFile, find_key, hash_key, new_key, parse_keys, write_keys
from nlq.identity.refusal import Refusal
from nlq.policy import Principal

MADE = datetime(2026, 11, 1, 12, 0, 0, 250, tzinfo=UTC)
NOW = MADE.timestamp()
HOLDER = Principal("ci", frozenset({"analyst"}), {"account_id": 123, "teams": (1, 2)})


def reason(text: str, *keys: ApiKey, now: float = NOW) -> tuple[str, bool]:
    with pytest.raises(Refusal) as caught:
        find_key(text, {key.name: key for key in keys}, now)
    return caught.value.reason, caught.value.is_expired


def test_a_key_is_random_and_only_its_hash_is_kept() -> None:
    (first, text), (second, other) = new_key("ci", HOLDER, MADE), new_key("ci", HOLDER, MADE)
    assert (len(text), text[:7], text != other) == (71, "nlq_ci_", True)
    assert first.hash == hash_key(text) != second.hash
    assert text[7:] not in repr(first) and text[7:] not in write_keys({"ci": first}).decode()
    assert find_key(text, {"ci": first}, NOW) == first


def test_what_is_written_is_what_is_read() -> None:
    keys = [
        new_key("ci", HOLDER, MADE, MADE + timedelta(days=90))[0],
        new_key("b-1", Principal(7), MADE)[0],
        new_key("a", Principal(None), MADE)[0],
    ]
    by_name = {key.name: key for key in keys}
    assert parse_keys(write_keys(by_name)) == by_name


UNKNOWN = ("the API key is not known", False)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"), id="last"),
        pytest.param(lambda t: t[:-1], id="short"),
        pytest.param(lambda t: t + "0", id="long"),
        pytest.param(str.upper, id="capitals"),
        pytest.param(lambda t: t.replace("_ci_", "_cd_"), id="name"),
        pytest.param(lambda t: t.replace("_ci_", "__"), id="no-name"),
        pytest.param(lambda t: t + "\n", id="newline"),
        pytest.param(lambda _: "nlq_", id="prefix"),
        pytest.param(lambda _: "nlq_ci_" + "0" * 64, id="zeros"),
        pytest.param(lambda t: t.replace("0", "٠").replace("1", "１"), id="digits-of-unicode"),
    ],
)
def test_a_key_that_is_none(change: Any) -> None:
    key, _ = new_key("ci", HOLDER, MADE)
    text = "nlq_ci_" + "01" * 32
    key = ApiKey("ci", hash_key(text), HOLDER, MADE)
    assert find_key(text, {"ci": key}, NOW) == key
    assert reason(change(text), key) == UNKNOWN


def test_a_hash_is_of_use_under_its_own_name_only() -> None:
    key, text = new_key("ci", HOLDER, MADE)
    admin = ApiKey("admin", key.hash, Principal("admin", frozenset({"admin"})), MADE)
    assert reason(text.replace("_ci_", "_admin_"), key, admin) == UNKNOWN
    assert reason(key.hash, key) == UNKNOWN


def test_the_text_of_no_hash_is_no_key() -> None:
    assert reason("nlq_ci_" + "0" * 64) == UNKNOWN


def test_a_key_that_has_expired_or_is_revoked() -> None:
    key, text = new_key("ci", HOLDER, MADE, MADE + timedelta(hours=1))
    assert find_key(text, {"ci": key}, NOW + 3599) == key
    assert reason(text, key, now=NOW + 3600) == ("the API key `ci` has expired", True)
    wrong = text[:-4] + ("0000" if text[-4:] != "0000" else "1111")
    assert reason(wrong, key, now=NOW + 3600) == UNKNOWN
    revoked = ApiKey("ci", key.hash, HOLDER, MADE, key.expires, MADE)
    assert reason(text, revoked, now=NOW + 3600) == ("the API key `ci` is revoked", False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "Expecting value: line 1 column 1 (char 0)", id="empty"),
        pytest.param(b"\xff", None, id="not-utf-8"),
        pytest.param(b"{}", "it is not an object of `keys`", id="no-keys"),
        pytest.param(b'{"keys": {"a": {}, "a": {}}}', "an object has the same key twice", id="twice"),
        pytest.param({"A": {}}, "a key has a name that it cannot have, or is not an object", id="name"),
        pytest.param({"a": {}}, "the `hash` of the key `a` is none", id="no-hash"),
        pytest.param({"a": {"hash": "0" * 64}}, "the `hash` of the key `a` is none", id="hash"),
        pytest.param(
            {"a": {"role": "x"}}, "the key `a` has a field `role`, which is not known", id="field"
        ),
        pytest.param(
            {"a": {"roles": "admin"}}, "`roles` of the principal `a` is not a list of names", id="roles"
        ),
        pytest.param({"a": {"claims": {"id": 1}}}, "the `claims` of the key `a` are none", id="claims"),
        pytest.param(
            {"a": {"claims": {"c": {}}}}, "the claim `c` of `a` is neither a scalar nor a list", id="claim"
        ),
        pytest.param(
            {"a": {"expires": "2026-11-01T00:00:00"}},
            "`expires` of the key `a` is not a time with its zone",
            id="no-zone",
        ),
        pytest.param(
            {"a": {"expires": 1}}, "`expires` of the key `a` is not a time with its zone", id="number"
        ),
        pytest.param(
            {"a": {"created": None}}, "the key `a` does not say when it was created", id="created"
        ),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: Any, message: str | None) -> None:
    if isinstance(content, dict):
        good = {"hash": hash_key("x"), "created": "2026-11-01T00:00:00+00:00"}
        keys = {n: v if v == {} else good | v for n, v in content.items()}
        content = json.dumps({"keys": keys}).encode()
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        KeyFile(path).load()
    assert caught.value.code == "settings.invalid"
    if message is not None:
        assert caught.value.message == f"cannot read the keys `{path}`: {message}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "no" / "keys.json"
    for act in (KeyFile(path).load, lambda: KeyFile(path).add(new_key("ci", HOLDER, MADE)[0])):
        with pytest.raises(SettingsError) as caught:
            act()
        assert caught.value.message == f"cannot read the keys `{path}`: No such file or directory"


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    server, other = KeyFile(path), KeyFile(path)
    key, _ = new_key("ci", HOLDER, MADE)
    other.add(key)
    assert dict(server.load()) == {"ci": key}
    assert server.load() is server.load()
    revoked = other.revoke("ci", MADE + timedelta(days=1))
    assert revoked.revoked == MADE.replace(microsecond=0) + timedelta(days=1)
    assert dict(server.load()) == {"ci": revoked}
    assert other.revoke("ci", MADE + timedelta(days=2)) == revoked
    for act in (lambda: other.add(key), lambda: other.revoke("cd", MADE)):
        with pytest.raises(SettingsError, match=r"there is (a key `ci` already|no key `cd`)"):
            act()
    assert dict(server.load()) == {"ci": revoked}


def test_the_mode_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    file = KeyFile(path)
    file.add(new_key("a", HOLDER, MADE)[0])
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    file.add(new_key("b", HOLDER, MADE)[0])
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    threads = [
        threading.Thread(target=lambda n=n: KeyFile(path).add(new_key(f"k{n}", HOLDER, MADE)[0]))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(KeyFile(path).load()) == [f"k{n}" for n in range(8)]
