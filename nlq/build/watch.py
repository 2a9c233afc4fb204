"""Builds whenever a source, the policy or the database changes, until it is told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

from nlq.build.calls import program_dirs, read_project
from nlq.build.report import Report
from nlq.build.run import Project, build, needs_model
from nlq.catalog import Catalog
from nlq.catalog.diff import Change, diff_catalogs
from nlq.catalog.fingerprint import fingerprint_catalog
from nlq.engine import open_engine
from nlq.engine.base import Engine
from nlq.errors import NlqError
from nlq.model import Call, Model, Reply
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_cached_model, open_service

LOOK_MS = 300
"""How often files that are watched one by one are looked at."""
ASK_S = 2.0
"""How often a server of databases is asked whether its catalog changed."""
SETTINGS_FILE = Path("nlq.toml")


@dataclass(frozen=True, slots=True)
class Round:
    """One build. `breaking` are changes of the catalog since the last; `waiting` the queries that need the
    model because of them, which was not asked.
    """

    report: Report
    breaking: tuple[Change, ...] = ()
    waiting: tuple[str, ...] = ()


def watch(
    settings: Settings,
    *,
    tell: Callable[[Round | NlqError], None],
    confirm: Callable[[Round], bool],
    jobs: int = 1,
    stop: Event | None = None,
    model: Model | None = None,
    service: Service | None = None,
    reload: Callable[[], Settings] | None = None,
) -> None:
    """Build, then again after each change. `tell` is told what came of it, an error included.

    After a breaking change of the catalog, what would have to be compiled anew waits for `confirm`. The
    database is closed between two builds, so that others may change it; the model stays open. With a
    `service`, which a server has open, that one is refreshed and builds. With `reload`, which gives the
    settings as they are now, a change of their file counts, too.
    """
    stop = stop or Event()
    while True:
        written = _times([SETTINGS_FILE]) if reload else ()
        _watch(settings, tell, confirm, jobs, stop, model, service, written)
        if reload is None or stop.is_set():
            return
        try:
            settings = reload()
        except NlqError as error:
            tell(error)


def _watch(
    settings: Settings,
    tell: Callable[[Round | NlqError], None],
    confirm: Callable[[Round], bool],
    jobs: int,
    stop: Event,
    model: Model | None,
    service: Service | None,
    written: tuple[object, ...],
) -> None:
    """As `watch`, until the file of the settings is not as it was `written`."""
    from watchfiles import watch as changes_of

    kept = _Kept(settings, model)
    known: Catalog | None = None
    with _stamps(settings) as stamp:
        last: tuple[object, object] = (None, None)
        folders = [Path(settings.queries), *program_dirs(settings)]
        changes = changes_of(
            *(f for f in folders if f.is_dir()), stop_event=stop, debounce=200, step=20,
            rust_timeout=LOOK_MS, yield_on_timeout=True, raise_interrupt=True,
        )  # fmt: skip
        try:
            # It looks at the folders before the first build: what is saved meanwhile is not missed.
            for seen in changes:
                if written and _times([SETTINGS_FILE]) != written:
                    return
                policy, database = stamp()
                if not seen and (policy, database) == last:
                    continue
                try:
                    opened = _refreshed(settings, service) if service else _opened(settings, kept)
                    known = _build_once(opened, known, tell, confirm, jobs)
                except NlqError as error:
                    tell(error)
                last = policy, stamp()[1]  # to open a database may change its files
        finally:
            kept.stop()


def _build_once(
    opened: AbstractContextManager[Project],
    known: Catalog | None,
    tell: Callable[[Round | NlqError], None],
    confirm: Callable[[Round], bool],
    jobs: int,
) -> Catalog:
    """The catalog that it was built for."""
    with opened as project:
        catalog = project.service.catalog
        changes = diff_catalogs(known, catalog).changes if known is not None else ()
        breaking = tuple(c for c in changes if c.is_breaking)
        report = build(project, jobs=jobs, with_model=not breaking)
        made = Round(report, breaking, needs_model(report))
        tell(made)
        if made.waiting and confirm(made):
            tell(Round(build(project, jobs=jobs)))
        return catalog


@contextmanager
def _opened(settings: Settings, model: Model) -> Iterator[Project]:
    service = open_service(settings, model=model)
    try:
        yield Project(read_project(settings), service, Path(settings.cache_dir))
    finally:
        service.close()


@contextmanager
def _refreshed(settings: Settings, service: Service) -> Iterator[Project]:
    service.refresh()
    yield Project(read_project(settings), service, Path(settings.cache_dir))


@dataclass(slots=True)
class _Kept:
    """A model that is opened when it is first asked, and that closing a service does not close."""

    settings: Settings
    opened: Model | None = None
    lock: Any = field(default_factory=Lock)

    def _model(self) -> Model:
        with self.lock:
            if self.opened is None:
                self.opened = open_cached_model(self.settings)
            return self.opened

    @property
    def name(self) -> str:
        """See `Model`."""
        return self._model().name

    @property
    def is_local(self) -> bool:
        """See `Model`."""
        return self._model().is_local

    def complete(self, call: Call) -> Reply:
        """See `Model`."""
        return self._model().complete(call)

    def close(self) -> None:
        """Keep it open."""

    def stop(self) -> None:
        """Close it."""
        if self.opened is not None:
            self.opened.close()


@contextmanager
def _stamps(settings: Settings) -> Iterator[Callable[[], tuple[object, object]]]:
    """Gives what changes with the policy, and what with the database: times of files, or a catalog."""
    policy = [Path(settings.policy)] if settings.policy else []
    scheme, _, rest = settings.db.partition(":///")
    if scheme in ("duckdb", "sqlite") or "://" not in settings.db:
        files = [Path(f"{rest or settings.db}{suffix}") for suffix in ("", ".wal", "-wal")]
        yield lambda: (_times(policy), _times(files))
        return
    server = _Server(settings)
    try:
        yield lambda: (_times(policy), server.fingerprint())
    finally:
        server.close()


def _times(files: Sequence[Path]) -> tuple[tuple[int, int] | None, ...]:
    found: list[tuple[int, int] | None] = []
    for file in files:
        try:
            status = file.stat()
            found.append((status.st_mtime_ns, status.st_size))
        except OSError:
            found.append(None)
    return tuple(found)


@dataclass(slots=True)
class _Server:
    """A server of databases, asked now and then."""

    settings: Settings
    engine: Engine | None = None
    asked: float = 0.0
    last: str = ""

    def fingerprint(self) -> str:
        if time.monotonic() - self.asked >= ASK_S:
            try:
                if self.engine is None:
                    self.engine = open_engine(self.settings.db, self.settings)
                self.last = fingerprint_catalog(self.engine.introspect())
            except NlqError:
                pass  # it may be back when it is asked next
            self.asked = time.monotonic()
        return self.last

    def close(self) -> None:
        if self.engine is not None:
            self.engine.close()
