"""Compiled plans as files: one readable JSON each, for version control, written atomically.

A file is untrusted. What cannot be read back as the plan that its name promises is a `Finding`, never
an exception and never a plan. Whether a plan still fits the catalog is for `nlq.plan` to say.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from nlq.errors import StoreError
from nlq.plan import Plan
from nlq.store.files import MAX_BYTES, parse_object, read_object, replace_atomically, unwritable

REMEMBERED = 4096
"""Parsed plans kept in memory."""

SETTLED_NS = 2_000_000_000
"""File systems stamp directories in steps of up to two seconds: within one, a change can go unseen."""

UNSETTLED_S = 0.02
"""How long names are believed that may not be all: who asks often must not read them each time."""

_NAME = re.compile(r"(?P<slug>[a-z0-9-]{1,40})\.(?P<lookup>[0-9a-f]{16})\.(?P<id>[0-9a-f]{16})\.json")


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is not the plan it should be, and why."""

    path: Path
    error: StoreError


@dataclass(frozen=True, slots=True)
class _Index:
    """The names in the directory, sorted, as they were when it had this stamp."""

    stamp: tuple[int, int] | None
    settled: bool
    by_lookup: dict[str, tuple[Path, ...]]
    by_id: dict[str, tuple[Path, ...]]
    strays: tuple[Path, ...]
    ids: frozenset[str] = frozenset()
    read_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """A plan, and where and when it was found."""

    plan: Plan
    index: _Index
    path: str
    stamp: tuple[int, ...]


class PlanStore:
    """Plans in `<directory>/plans`. Safe for many threads and many processes at once."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "plans"
        self._name = str(self.directory)
        self._index = _Index(None, False, {}, {}, ())
        self._parsed: OrderedDict[tuple[str, tuple[int, ...]], Plan | Finding] = OrderedDict()
        self._lock = Lock()

    def find(self, lookup: str) -> Iterator[Plan | Finding]:
        """What is stored for `Plan.lookup`, in order of name: usually one plan, or nothing."""
        for path in self._names().by_lookup.get(lookup, ()):
            yield from self._found(path)

    def sight(self, lookup: str) -> Iterator[Sighting | Finding]:
        """What `find` gives, each plan with where it was."""
        index = self._names()
        for path in index.by_lookup.get(lookup, ()):
            for found in self._found(path):
                if isinstance(found, Plan):
                    with suppress(OSError):  # it is gone meanwhile
                        yield Sighting(found, index, str(path), _stamp(str(path)))
                else:
                    yield found

    def is_as_sighted(self, sighting: Sighting) -> bool:
        """Whether looking again would find the same: no name in the directory has changed, nor the file."""
        try:
            return self._names() is sighting.index and _stamp(sighting.path) == sighting.stamp
        except OSError:
            return False

    def get(self, id: str) -> Plan | Finding | None:
        """The plan of that id, or why its file is none."""
        return next((f for p in self._names().by_id.get(id, ()) for f in self._found(p)), None)

    def all(self) -> Iterator[Plan | Finding]:
        """Every plan in order of name, then the files that are named like no plan."""
        index = self._names()
        for path in sorted(p for paths in index.by_id.values() for p in paths):
            yield from self._found(path)
        for path in index.strays:
            yield Finding(path, _invalid("the file is not named like a plan", "move it elsewhere"))

    def ids(self) -> frozenset[str]:
        """The ids of all plans; the same object as long as the directory is known to be as it was."""
        return self._names().ids

    def look_again(self) -> None:
        """Believe no name: we waited for others, who may have stored within a tick of the clock."""
        self._index = _Index(None, False, {}, {}, ())

    def path(self, plan: Plan) -> Path:
        """Where `put` writes it."""
        return self.directory / f"{slug(plan.template)}.{plan.lookup}.{plan.id}.json"

    def put(self, plan: Plan) -> Path:
        """The file that now holds the plan.

        A stored plan that differs in nothing but its provenance is left as it is, so that compiling
        again changes nothing in version control.

        Raises `store.unwritable`; the caller may go on without storing.
        """
        path = self.path(plan)
        text = _write_json(plan, path)
        stored = self._load(path)
        if isinstance(stored, Plan) and _without_provenance(stored) == _without_provenance(plan):
            return path
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            replace_atomically(path, text)
            self.look_again()
        except OSError as error:
            raise unwritable(path, error.strerror or str(error)) from error
        return path

    def remove(self, plan: Plan) -> None:
        """Delete the files of that plan, if there are any.

        Raises `store.unwritable`.
        """
        for path in self._names().by_id.get(plan.id, ()):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise unwritable(path, error.strerror or str(error)) from error

    def _names(self) -> _Index:
        try:
            status = os.stat(self._name)  # noqa: PTH116  # on the way of every request
        except OSError:
            return _Index(None, False, {}, {}, ())
        stamp = (status.st_mtime_ns, status.st_ino)
        with self._lock:
            index = self._index
        if index.stamp == stamp and (index.settled or time.monotonic() - index.read_at < UNSETTLED_S):
            return index
        index = _read_names(self.directory, stamp)
        with self._lock:
            self._index = index
        return index

    def _found(self, path: Path) -> Iterator[Plan | Finding]:
        found = self._load(path)
        if found is not None:
            yield found

    def _load(self, path: Path) -> Plan | Finding | None:
        """The plan or the finding; None if the file is gone, as when another process removed it."""
        try:
            key = (str(path), _stamp(str(path)))
            with self._lock:
                if key in self._parsed:
                    self._parsed.move_to_end(key)
                    return self._parsed[key]
            found: Plan | Finding = _read_plan(path)
        except FileNotFoundError:
            return None
        except StoreError as error:
            found = Finding(path, error)
        except OSError as error:
            # Not remembered: it may become readable without a change of the file.
            return Finding(
                path, _invalid(f"the file cannot be read: {error.strerror}", "check its permissions")
            )
        with self._lock:
            self._parsed[key] = found
            while len(self._parsed) > REMEMBERED:
                self._parsed.popitem(last=False)
        return found


def _stamp(path: str) -> tuple[int, ...]:
    status = os.lstat(path)
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def slug(question: str) -> str:
    """Up to 40 characters of `a-z0-9-` by which a person knows the question; `plan` where none fit.

    >>> slug("How many orders did 'Ünal' place?"), slug("有多少订单?")
    ('how-many-orders-did-nal-place', 'plan')
    """
    words = re.findall(r"[a-z0-9]+", question.lower())
    text = ""
    for word in words:
        longer = f"{text}-{word}" if text else word[:40]
        if len(longer) > 40:
            break
        text = longer
    return text or "plan"


def _read_names(directory: Path, stamp: tuple[int, int]) -> _Index:
    settled, now = time.time_ns() - stamp[0] > SETTLED_NS, time.monotonic()
    by_lookup: dict[str, tuple[Path, ...]] = {}
    by_id: dict[str, tuple[Path, ...]] = {}
    strays: list[Path] = []
    try:
        paths = sorted(p for p in directory.iterdir() if not p.name.startswith("."))
    except OSError:
        return _Index(None, False, {}, {}, ())
    for path in paths:
        match = _NAME.fullmatch(path.name)
        if match:
            by_lookup[match["lookup"]] = (*by_lookup.get(match["lookup"], ()), path)
            by_id[match["id"]] = (*by_id.get(match["id"], ()), path)
        elif path.suffix == ".json":
            strays.append(path)
    return _Index(stamp, settled, by_lookup, by_id, tuple(strays), frozenset(by_id), read_at=now)


def _read_plan(path: Path) -> Plan:
    raw = read_object(path)
    plan = Plan.from_json(raw)
    match = _NAME.fullmatch(path.name)
    if match is None or (match["lookup"], match["id"]) != (plan.lookup, plan.id):
        raise _invalid(
            f"the file is named for another plan than `{plan.id}`, which it holds",
            "delete the file to compile the question again",
        )
    return plan


def _write_json(plan: Plan, path: Path) -> bytes:
    try:
        text = json.dumps(plan.to_json(), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        content = (text + "\n").encode("utf-8")
        same = len(content) <= MAX_BYTES and Plan.from_json(parse_object(content)).id == plan.id
    except (ValueError, StoreError) as error:
        raise unwritable(path, f"the plan is not text: {str(error)[:120]}") from error
    if not same:
        raise unwritable(path, "the plan would not be read back as it is")
    return content


def _without_provenance(plan: Plan) -> dict[str, Any]:
    return {k: v for k, v in plan.to_json().items() if k != "provenance"}


def _invalid(message: str, hint: str) -> StoreError:
    return StoreError("store.invalid", message, hint)
