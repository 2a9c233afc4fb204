"""Replies on disk: only JSON comes back, and no damage reaches the caller."""

from __future__ import annotations

import pickle
import sqlite3
from pathlib import Path

import pytest

from nlq.store import ReplyStore

VALUE = {"text": "SELECT 1 -- ü\ud83d", "cost_usd": 0.5}


class Mark:
    """Unpickling it leaves a file: a test that finds none has seen no unpickling."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.fixture
def store(tmp_path: Path) -> ReplyStore:
    return ReplyStore(tmp_path / "replies")


def _tamper(store: ReplyStore, sql: str, *values: object) -> None:
    connection = sqlite3.connect(store.directory / "cache.db")
    with connection:
        assert connection.execute(sql, values).rowcount == 1
    connection.close()


def test_what_was_put_is_got_by_any_store_of_the_directory(store: ReplyStore) -> None:
    store.put("key", VALUE)
    assert store.get("key") == VALUE
    assert ReplyStore(store.directory).get("key") == VALUE
    assert store.get("another") is None


@pytest.mark.parametrize("where", ["value", "file", "key"])
def test_nothing_is_ever_unpickled(store: ReplyStore, tmp_path: Path, where: str) -> None:
    store.put("key", VALUE)
    trap = pickle.dumps(Mark(tmp_path / "unpickled"))
    match where:
        case "value":
            _tamper(store, "UPDATE Cache SET mode = 4, value = ?", trap)
        case "file":
            (store.directory / "trap.val").write_bytes(trap)
            _tamper(store, "UPDATE Cache SET mode = 4, value = NULL, filename = 'trap.val'")
        case _:
            _tamper(store, "UPDATE Cache SET raw = 0, key = ?", trap)

    assert store.get("key") is None
    store.put("another", VALUE)
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="truncated"),
        pytest.param(b"\xff\xfe", id="not-utf-8"),
        pytest.param(b"[1]", id="not-an-object"),
        pytest.param('{"text": "x"}', id="text-instead-of-bytes"),
        pytest.param(7, id="a-number"),
        pytest.param(b" " * 2_000_000 + b"{}", id="huge"),
        pytest.param(b"[" * 100_000, id="deeply-nested"),
    ],
)
def test_a_damaged_entry_is_a_miss_and_can_be_put_again(store: ReplyStore, value: object) -> None:
    store.put("key", VALUE)
    _tamper(store, "UPDATE Cache SET value = ?", value)
    assert store.get("key") is None
    store.put("key", VALUE)
    assert store.get("key") == VALUE


def test_a_database_that_is_none_is_begun_anew(store: ReplyStore) -> None:
    store.directory.mkdir()
    (store.directory / "cache.db").write_bytes(b"this is no database" * 1000)
    assert store.get("key") is None
    store.put("key", VALUE)
    assert store.get("key") == VALUE


def test_a_place_that_cannot_be_written_means_no_cache(tmp_path: Path) -> None:
    (tmp_path / "replies").write_text("a file")
    store = ReplyStore(tmp_path / "replies")
    store.put("key", VALUE)
    assert store.get("key") is None


def test_what_is_too_large_is_not_kept(store: ReplyStore) -> None:
    store.put("key", {"text": "x" * 1_000_001})
    assert store.get("key") is None


def test_the_oldest_go_when_the_limit_is_reached(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path / "replies", size_limit=200_000)
    for i in range(60):
        store.put(f"k{i}", {"text": "x" * 10_000})
    assert store.get("k0") is None
    assert store.get("k59") is not None
    assert (store.directory / "cache.db").stat().st_size < 400_000
