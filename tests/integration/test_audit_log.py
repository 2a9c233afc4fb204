"""The audit log as files: what is written, by how many, and what becomes of it when things go wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nlq.audit import Account
from nlq.audit.files import parts, torn_path
from nlq.audit.head import head_path
from nlq.audit.log import AuditLog
from nlq.audit.record import GENESIS, Link
from nlq.audit.verify import verify
from nlq.errors import AuditError
from nlq.policy import Principal

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEY = b"a key of the tests, long enough"


def account(text: str = "how many", **given: Any) -> Account:
    return Account("query", text, Principal(id=7, roles=frozenset({"b", "a"})), "roles:a", **given)


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for part in parts(log) for line in part.read_text("utf-8").splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@contextmanager
def writing(log: Path, **given: Any) -> Iterator[AuditLog]:
    audit = AuditLog(log, **{"sync": False, "clock": lambda: NOON, **given})
    try:
        yield audit
    finally:
        audit.close()


def test_a_record_says_who_asked_what_and_what_became_of_it(log: Path) -> None:
    with writing(log) as audit:
        audit.record(
            account("posts over 100 by 'Ana'", arguments={"p1": 100, "who": "Ana"}, rows=3, ms=1.23456)
        )
    (record,) = lines(log)
    digest = record.pop("hash")
    assert record == {
        "v": 1,
        "seq": 1,
        "time": "2026-01-31T12:00:00.000000+00:00",
        "previous": GENESIS,
        "kind": "query",
        "principal": 7,
        "roles": ["a", "b"],
        "scope": "roles:a",
        "template": "posts over {…} by {…}",
        "plan": None,
        "relations": [],
        "arguments": ["p1", "who"],
        "decisions": [],
        "outcome": "ok",
        "rows": 3,
        "truncated": False,
        "model_calls": 0,
        "ms": 1.235,
    }
    assert verify(log).last == Link(1, digest)


def test_values_are_kept_where_that_was_asked_for(log: Path) -> None:
    arguments = {"p1": 2**70, "day": NOON.date(), "none": None, "nan": float("nan"), "odd": "\ud800é"}
    with writing(log, values=True) as audit:
        audit.record(account("posts  by 'Ana'", arguments=arguments))
    (record,) = lines(log)
    assert record["template"] == "posts by 'Ana'"
    assert record["values"] == {
        "p1": 2**70, "day": "2026-01-31", "none": None, "nan": "nan", "odd": "\ud800é"
    }  # fmt: skip
    assert verify(log).error is None


def test_any_tool_can_check_a_record(log: Path) -> None:
    with writing(log) as audit:
        audit.record(account("wie viele Bücher"))
    command = f"""sed 's/,"hash":"[0-9a-f]*"}}$/}}/' {log} | tr -d '\\n' | sha256sum"""
    found = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert found.split()[0] == lines(log)[0]["hash"]


def test_only_the_owner_of_the_process_can_read_it(log: Path) -> None:
    with writing(log) as audit:
        audit.record(account())
    assert [oct(p.stat().st_mode & 0o777) for p in (log, head_path(log))] == ["0o600", "0o600"]


def test_the_chain_goes_on_where_another_left_it(log: Path) -> None:
    with writing(log) as one, writing(log) as other:
        for audit in (one, other, one, other):
            audit.record(account())
    with writing(log) as again:
        again.record(account())
    assert [r["seq"] for r in lines(log)] == [1, 2, 3, 4, 5]
    assert verify(log).error is None


def test_a_full_file_is_followed_by_another(log: Path) -> None:
    with writing(log, rotate_bytes=1500) as one, writing(log, rotate_bytes=1500) as other:
        for _ in range(5):
            one.record(account())
            other.record(account())
    names = [p.name for p in parts(log)]
    assert names == [*sorted(names[:-1]), "audit.jsonl"]
    assert names[0] == "audit.jsonl.000000000001"
    assert len(names) > 2
    assert max(p.stat().st_size for p in parts(log)) <= 1500
    assert [r["seq"] for r in lines(log)] == list(range(1, 11))
    assert verify(log).error is None


def test_a_process_that_ends_between_two_files_is_followed_by_one_that_goes_on(log: Path) -> None:
    with writing(log) as audit:
        audit.record(account())
        log.rename(log.with_name("audit.jsonl.000000000001"))
        audit.record(account())
    assert [p.name for p in parts(log)] == ["audit.jsonl.000000000001", "audit.jsonl"]
    assert (verify(log).records, verify(log).error) == (2, None)


def test_a_full_file_is_never_written_over(log: Path) -> None:
    with writing(log, rotate_bytes=500) as audit:
        audit.record(account())
        log.with_name("audit.jsonl.000000000001").write_text("here already")
        with pytest.raises(AuditError, match="there is a file") as raised:
            audit.record(account())
    assert raised.value.code == "audit.broken"


# crashes


@pytest.mark.parametrize(
    "torn", [b'{"arguments":[],"deci', b"{", b"\x00" * 100], ids=["half", "one", "zeros"]
)
def test_a_torn_line_is_put_aside_and_nothing_else_is_lost(log: Path, torn: bytes) -> None:
    with writing(log) as audit:
        audit.record(account())
        with log.open("ab") as file:
            file.write(torn)
        before = verify(log)
        audit.record(account())
    assert (before.torn, before.error, before.records) == (True, None, 1)
    assert (verify(log).torn, verify(log).error, verify(log).records) == (False, None, 2)
    assert torn_path(log).read_bytes() == torn + b"\n"


def test_a_log_that_is_ahead_of_its_head_is_whole(log: Path) -> None:
    with writing(log) as audit:
        audit.record(account())
        head = head_path(log).read_bytes()
        audit.record(account())
    head_path(log).write_bytes(head)
    assert (verify(log).unanchored, verify(log).error) == (1, None)
    with writing(log) as audit:
        audit.record(account())
    assert (verify(log).unanchored, verify(log).error, verify(log).records) == (0, None, 3)


WRITER = """
import sys
from pathlib import Path
from nlq.audit import Account
from nlq.audit.log import AuditLog
from nlq.policy import Principal

log, many = AuditLog(Path(sys.argv[1]), sync=False, rotate_bytes=20_000), int(sys.argv[2])
for i in range(many):
    log.record(Account("query", f"question of {sys.argv[3]}", Principal(id=int(sys.argv[3])), "owner"))
    if i == 0:
        print("writing", flush=True)
"""


def start_writer(log: Path, many: int, who: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(log), str(many), str(who)], stdout=subprocess.PIPE
    )


def test_processes_write_one_chain(log: Path) -> None:
    writers = [start_writer(log, 150, who) for who in range(4)]
    assert [w.communicate(timeout=60)[1] or w.returncode for w in writers] == [0, 0, 0, 0]
    verdict = verify(log)
    assert (verdict.records, verdict.error, verdict.unanchored) == (600, None, 0)
    assert {who: [r["principal"] for r in lines(log)].count(who) for who in range(4)} == dict.fromkeys(
        range(4), 150
    )
    assert len(parts(log)) > 5


def test_a_killed_writer_loses_nothing_that_others_wrote(log: Path) -> None:
    survivor = start_writer(log, 400, 1)
    for _ in range(6):
        victim = start_writer(log, 10**9, 2)
        assert victim.stdout is not None
        victim.stdout.readline()
        time.sleep(0.01)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
    assert survivor.wait(60) == 0
    assert survivor.stdout is not None
    survivor.stdout.close()
    with writing(log, sync=True) as audit:
        audit.record(account())
    assert (verify(log).error, verify(log).torn, verify(log).unanchored) == (None, False, 0)
    assert [r["principal"] for r in lines(log)].count(1) == 400


def test_threads_write_one_chain(log: Path) -> None:
    with writing(log, sync=True) as audit:
        threads = [
            threading.Thread(target=lambda: [audit.record(account()) for _ in range(40)]) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (verify(log).records, verify(log).error) == (320, None)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_locks_and_files_of_its_own(log: Path) -> None:
    with writing(log) as audit:
        audit.record(account())
        children = []
        for _ in range(3):
            child = os.fork()
            if child == 0:
                for _ in range(50):
                    audit.record(account())
                os._exit(0)
            children.append(child)
        for _ in range(50):
            audit.record(account())
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert (verify(log).records, verify(log).error) == (201, None)


# what cannot be written


def test_without_a_place_there_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "audit.jsonl"
    with pytest.raises(AuditError) as raised:
        AuditLog(path)
    assert raised.value.to_json() == {
        "code": "audit.unwritable",
        "message": f"the audit log `{path}` cannot be written: there is no directory `{path.parent}`",
        "hint": "nothing is answered that is not on record: mend that, or unset `audit`",
        "span": None,
    }


@pytest.fixture
def full_disk(log: Path) -> Iterator[Callable[[bool], None]]:
    """Makes every write that would make the log longer than it is now fail, and lets it succeed again."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill(full: bool) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 100 if full else soft, hard))

    yield fill
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_refuses_and_leaves_no_half_of_a_record(
    log: Path, full_disk: Callable[[bool], None]
) -> None:
    with writing(log) as audit:
        audit.record(account())
        full_disk(True)
        with pytest.raises(AuditError) as raised:
            audit.record(account())
        with pytest.raises(AuditError):
            audit.require_writable()
        assert (verify(log).records, verify(log).error, verify(log).torn) == (1, None, False)
        full_disk(False)
        audit.require_writable()
        audit.record(account())
    assert raised.value.code == "audit.unwritable"
    outage = lines(log)[1]
    assert (outage["kind"], outage["refused"]) == ("outage", 2)
    assert (verify(log).records, verify(log).error) == (3, None)


def test_a_closed_log_takes_nothing(log: Path) -> None:
    with writing(log) as audit:
        audit.record(account())
    for write in (lambda: audit.record(account()), audit.require_writable):
        with pytest.raises(AuditError, match="it was closed"):
            write()
    assert verify(log).records == 1


def test_a_lock_that_nobody_gives_back_is_not_waited_for(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr("nlq.audit.log.LOCK_SECONDS", 0.05)
    with writing(log) as audit, head_path(log).open("rb+") as head:
        fcntl.flock(head, fcntl.LOCK_EX)
        with pytest.raises(AuditError, match="another process does not let go of it"):
            audit.record(account())
        fcntl.flock(head, fcntl.LOCK_UN)
        audit.record(account())


# what was changed behind the writer's back


def test_a_log_that_lost_its_end_is_not_written_on(log: Path) -> None:
    with writing(log) as audit:
        for _ in range(3):
            audit.record(account())
    whole = log.read_bytes()
    log.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    with pytest.raises(AuditError) as raised:
        AuditLog(log)
    assert raised.value.to_json() == {
        "code": "audit.broken",
        "message": f"the audit log `{log}` is not as it was left: it ends with record 2, and had 3",
        "hint": "`nlq audit verify` says more; keep the files, and let `audit` name a new one",
        "span": None,
    }


def removed(log: Path) -> None:
    log.unlink()


def emptied(log: Path) -> None:
    log.write_bytes(b"")


def without_its_last_newline(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-1])


def rewritten(log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b'"rows":0', b'"rows":9'))


def without_its_head(log: Path) -> None:
    head_path(log).unlink()


def with_an_empty_head(log: Path) -> None:
    head_path(log).write_bytes(b"")


def with_the_head_of_another(log: Path) -> None:
    with writing(log.with_name("other")) as other:
        for _ in range(2):
            other.record(account("another"))
    head_path(log).write_bytes(head_path(log.with_name("other")).read_bytes())


@pytest.mark.parametrize(
    "tamper",
    [
        removed,
        emptied,
        without_its_last_newline,
        rewritten,
        without_its_head,
        with_an_empty_head,
        with_the_head_of_another,
    ],
)
@pytest.mark.parametrize("running", [True, False], ids=["running", "started-again"])
def test_a_log_that_was_tampered_with_is_not_written_on(
    log: Path, tamper: Callable[[Path], None], running: bool
) -> None:
    with writing(log) as audit:
        for _ in range(2):
            audit.record(account())
        tamper(log)
        # A running writer does not read again a file that is as long as it left it.
        overlooked = running and tamper is rewritten
        before = verify(log).error
        try:
            if running:
                audit.record(account())
            else:
                AuditLog(log).close()
            error = None
        except AuditError as raised:
            error = raised.code
    assert error == (None if overlooked else "audit.broken")
    assert before is not None


def test_another_key_does_not_go_on_with_the_log(log: Path) -> None:
    with writing(log, key=KEY) as audit:
        audit.record(account())
    for key in (b"", b"another key of the tests"):
        with pytest.raises(AuditError, match="written with another key"):
            AuditLog(log, key=key)
        error = verify(log, key).error
        assert error is not None
        assert error.code == "audit.changed"
    assert verify(log, KEY).error is None
