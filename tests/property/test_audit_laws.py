"""Whatever is done to a log shows: one flipped byte, records taken out, put in or moved, an end cut off."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlq.audit import Account
from nlq.audit.files import parts
from nlq.audit.head import head_path
from nlq.audit.log import AuditLog
from nlq.audit.record import Link, Seal, open_line, record_of, seal_account, seal_record
from nlq.audit.verify import Verdict, verify
from nlq.catalog import RelationName
from nlq.plan import Dependency, Plan
from nlq.policy import ANONYMOUS, Decision, Principal

RECORDS = 9
KEY = b"a key of the tests, long enough"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

quick = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module", params=[b"", KEY], ids=["plain", "keyed"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A log of three files, and its key."""
    log = tmp_path_factory.mktemp("whole") / "audit.jsonl"
    audit = AuditLog(log, key=request.param, sync=False, rotate_bytes=1600, clock=lambda: NOON)
    for number in range(RECORDS):
        audit.record(Account("query", f"how many é {'x' * number}", ANONYMOUS, "roles:"))
    audit.close()
    assert len(parts(log)) == 3
    return log, request.param


@pytest.fixture
def copy(whole: tuple[Path, bytes], tmp_path: Path) -> Path:
    return shutil.copytree(whole[0].parent, tmp_path / "copy") / whole[0].name


def restore(whole: Path, copy: Path) -> None:
    for path in copy.parent.iterdir():
        path.unlink()
    shutil.copytree(whole.parent, copy.parent, dirs_exist_ok=True)


def lines(log: Path) -> list[bytes]:
    return [line for part in parts(log) for line in part.read_bytes().splitlines(keepends=True)]


def put(log: Path, content: list[bytes]) -> None:
    """The log with these lines in one file."""
    for part in parts(log):
        part.unlink()
    log.write_bytes(b"".join(content))


def told(verdict: Verdict) -> tuple[str | None, str | None]:
    return (verdict.error.code, verdict.error.message) if verdict.error else (None, None)


ODD = st.sampled_from(['"', ',"rows":7', '","seq":9,"time":"x', "\\", "\ud800", "é\n", "x", ""])
ORDERS = RelationName("public", ',"rows":7')
ACCOUNTS = st.builds(
    Account,
    kind=st.sampled_from(["query", "query", "sql"]),
    text=ODD.map("orders {}".format),
    principal=st.builds(Principal, id=st.sampled_from([None, 1, True, 1.0, ',"ms":1', "é"]),
                        roles=st.frozensets(ODD, max_size=2)),
    scope=ODD,
    plan=st.builds(
        Plan, kind=st.just("query"), template=ODD, dialect=st.just("postgres"), scope=ODD, sql=ODD,
        parameters=st.just(()), columns=st.just(()), explanation=st.just(""),
        depends=st.sampled_from([(), (Dependency(ORDERS, ()),)]),
    ) | st.none(),
    arguments=st.dictionaries(ODD, st.just(1), max_size=2),
    decisions=st.lists(
        st.builds(Decision, st.just(ORDERS), st.just("filtered"), ODD, ODD), max_size=2
    ).map(tuple),
    outcome=st.sampled_from(["ok", "ok", "engine.timeout"]),
    rows=st.integers(0, 10**6),
    truncated=st.booleans(),
    model_calls=st.integers(0, 3),
    ms=st.floats(0, 1e7),
)  # fmt: skip


@settings(max_examples=300)
@given(accounts=st.lists(ACCOUNTS, min_size=1, max_size=3), values=st.booleans())
def test_records_that_are_alike_are_written_as_each_alone(accounts: list[Account], values: bool) -> None:
    last = Link(41, "ab" * 32)
    for account in [*accounts, *accounts]:
        expected = seal_record(record_of(account, values=values), last, NOON, Seal(KEY))
        assert seal_account(account, last, NOON, Seal(KEY), values=values) == expected
        last = expected[1]


@quick
@given(where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_every_flipped_byte_shows(whole: tuple[Path, bytes], copy: Path, where: float, flip: int) -> None:
    log, key = whole
    restore(log, copy)
    files = [*parts(copy), head_path(copy)]
    position = int(where * sum(p.stat().st_size for p in files))
    for path in files:
        content = bytearray(path.read_bytes())
        if position < len(content):
            content[position] ^= flip
            path.write_bytes(content)
            break
        position -= len(content)
    assert verify(copy, key).error is not None


def test_every_byte_of_a_record_and_of_the_head_shows(whole: tuple[Path, bytes], copy: Path) -> None:
    log, key = whole
    for path, size in [(copy, len(copy.read_bytes())), (head_path(copy), 256)]:
        content = path.read_bytes()
        for position in range(size):
            path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
            assert verify(copy, key).error is not None, (path.name, position)
        path.write_bytes(content)
    assert verify(copy, key) == Verdict(RECORDS, verify(log, key).last)


@pytest.mark.parametrize("first", range(RECORDS))
@pytest.mark.parametrize("many", [1, 2, RECORDS])
def test_records_that_are_gone_are_named(
    whole: tuple[Path, bytes], copy: Path, first: int, many: int
) -> None:
    have = lines(copy)
    put(copy, have[:first] + have[first + many :])
    last = min(first + many, RECORDS)
    one = last == first + 1
    if first + many >= RECORDS:
        which = f"record {last} is" if one else f"records {first + 1} to {last} are"
        expected = ("audit.truncated", f"the end of the log is missing: {which} gone")
    else:
        which = f"record {last} was" if one else f"records {first + 1} to {last} were"
        expected = ("audit.removed", f"{which} removed")
    assert told(verify(copy, whole[1])) == expected
    assert verify(copy, whole[1]).records == first


def test_a_file_that_is_gone_is_named(whole: tuple[Path, bytes], copy: Path) -> None:
    middle = parts(copy)[1]
    count = len(middle.read_bytes().splitlines())
    middle.unlink()
    error = told(verify(copy, whole[1]))
    first = int(middle.suffix[1:])
    assert error == ("audit.removed", f"records {first} to {first + count - 1} were removed")


def test_older_files_may_be_archived_where_that_is_said(whole: tuple[Path, bytes], copy: Path) -> None:
    oldest, second, _ = parts(copy)
    oldest.unlink()
    first = int(second.suffix[1:])
    assert told(verify(copy, whole[1])) == ("audit.removed", f"records 1 to {first - 1} were removed")
    verdict = verify(copy, whole[1], first=first)
    assert (verdict.records, verdict.error) == (RECORDS - first + 1, None)
    assert told(verify(copy, whole[1], first=first - 1))[0] == "audit.removed"


@quick
@given(data=st.data())
def test_records_in_another_order_show(whole: tuple[Path, bytes], copy: Path, data: st.DataObject) -> None:
    restore(whole[0], copy)
    have = lines(copy)
    other = data.draw(st.permutations(have).filter(lambda p: p != have))
    put(copy, other)
    assert told(verify(copy, whole[1]))[0] in ("audit.reordered", "audit.inserted")


def test_two_that_changed_places_are_named(whole: tuple[Path, bytes], copy: Path) -> None:
    have = lines(copy)
    have[3], have[4] = have[4], have[3]
    put(copy, have)
    assert told(verify(copy, whole[1])) == (
        "audit.reordered",
        "record 5 stands where record 4 was written",
    )


@quick
@given(data=st.data())
def test_a_record_that_is_there_twice_shows(
    whole: tuple[Path, bytes], copy: Path, data: st.DataObject
) -> None:
    restore(whole[0], copy)
    have = lines(copy)
    again = data.draw(st.sampled_from(have))
    have.insert(data.draw(st.integers(0, len(have))), again)
    put(copy, have)
    assert verify(copy, whole[1]).error is not None


def test_a_line_that_is_no_record_is_told_from_a_changed_one(whole: tuple[Path, bytes], copy: Path) -> None:
    have = lines(copy)
    put(copy, [*have[:3], b'{"seq":4}\n', *have[3:]])
    inserted = verify(copy, whole[1])
    put(copy, [*have[:3], have[3].replace(b'"rows":0', b'"rows":1'), *have[4:]])
    changed = verify(copy, whole[1])
    assert told(inserted) == ("audit.inserted", "a line before record 4 is no record")
    assert told(changed) == ("audit.changed", "record 4 was changed after it was written")
    assert [str(v.place) for v in (inserted, changed)] == ["audit.jsonl, line 4"] * 2


def rechained(have: list[bytes], changed: int, seal: Seal) -> list[bytes]:
    """The log as one makes it who changes a record and all hashes after it, as far as one can."""
    opened = [open_line(line[:-1], seal) for line in have]
    last, content = Link(0, "0" * 64), []
    for number, found in enumerate(opened):
        assert found is not None
        record = {k: v for k, v in found.record.items() if k != "hash"}
        if number == changed:
            record["rows"] = 1_000_000
        line, last = seal_record(record, last, NOON, seal)
        content.append(line)
    return content


@pytest.mark.parametrize("changed", range(RECORDS))
def test_a_log_that_was_written_anew_does_not_fit_its_head(
    whole: tuple[Path, bytes], copy: Path, changed: int
) -> None:
    put(copy, rechained(lines(copy), changed, Seal(whole[1])))
    assert told(verify(copy, whole[1])) == (
        "audit.changed",
        f"record {RECORDS} is not the one that the head holds",
    )


def test_one_changed_record_with_a_hash_of_its_own_does_not_fit_the_next(
    whole: tuple[Path, bytes], copy: Path
) -> None:
    have = lines(copy)
    put(copy, [*have[:3], rechained(have, 3, Seal(whole[1]))[3], *have[4:]])
    assert told(verify(copy, whole[1])) == (
        "audit.changed",
        "record 4 is not the one that record 5 was written after",
    )


def test_without_the_key_nobody_can_write_log_and_head_anew(whole: tuple[Path, bytes], copy: Path) -> None:
    """What a plain log cannot promise, and why `audit_key` exists."""
    from nlq.audit.head import render_head

    have = lines(whole[0])
    opened = open_line(have[0][:-1], Seal(whole[1]))
    assert opened is not None
    record = {k: v for k, v in opened.record.items() if k != "hash"} | {"rows": 7}
    line, link = seal_record(record, Link(0, "0" * 64), NOON, Seal())
    put(copy, [line])
    head_path(copy).write_bytes(render_head(link, Seal()))
    assert (verify(copy, whole[1]).error is None) is (whole[1] == b"")


def test_a_link_that_was_noted_elsewhere_shows_a_log_that_was_exchanged(
    whole: tuple[Path, bytes], copy: Path
) -> None:
    noted = verify(copy, whole[1]).last
    assert verify(copy, whole[1], noted=noted).error is None
    for path in [*parts(copy), head_path(copy)]:
        path.unlink()
    audit = AuditLog(copy, key=whole[1], sync=False, clock=lambda: NOON)
    for _ in range(RECORDS + 1):
        audit.record(Account("query", "nothing to see here", ANONYMOUS, "roles:"))
    audit.close()
    assert verify(copy, whole[1]).error is None
    assert told(verify(copy, whole[1], noted=noted)) == (
        "audit.changed",
        f"record {RECORDS} is not the one that was noted",
    )
