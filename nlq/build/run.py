"""Builds: every query of a project, against the database and policy of this moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from nlq.build.clients.write import Clients
from nlq.build.examples import Example
from nlq.build.inspect import Inspected, Inspector, require_supported
from nlq.build.lock import (
    Locked,
    Pin,
    lock_dir,
    read_locks,
    write_bytes_if_changed,
    write_if_changed,
    write_lock,
)
from nlq.build.matrix import matrix_path, matrix_text
from nlq.build.place import BuildError
from nlq.build.report import Outcome, Report, Status
from nlq.build.resolve import Resolved, Resolver, is_kept
from nlq.build.source import Query, Sources
from nlq.compiler.doubt.find import doubts_of
from nlq.engine.cancellation import Cancellation
from nlq.errors import EngineError, NlqError, PolicyError, StoreError
from nlq.events import Drafted, Event
from nlq.service import Service
from nlq.store import PlanStore
from nlq.store.files import replace_atomically

POLL_S = 0.2
"""How soon a build stops that was cancelled."""

Observe = Callable[[Outcome], None]


@dataclass(slots=True)
class Project:
    """The sources of a project, with what was built of them so far."""

    sources: Sources
    service: Service
    cache: Path
    locks: dict[str, Locked] = field(default_factory=dict)
    damaged: dict[str, BuildError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.locks, self.damaged = read_locks(self.cache)
        self.store = PlanStore(self.cache)
        self.inspector = Inspector(self.service.catalog, self.service.policy, self.store.directory)
        self.resolver = Resolver(self.service, self.inspector, self.store)
        self.clients = Clients(self.service.settings, self.cache, self.inspector.views)
        self.lock = threading.Lock()

    store: PlanStore = field(init=False)
    inspector: Inspector = field(init=False)
    resolver: Resolver = field(init=False)
    clients: Clients = field(init=False)
    lock: threading.Lock = field(init=False)
    _examples: list[Example] | None = field(default=None, init=False)

    def examples(self) -> list[Example]:
        """The queries whose SQL a person approves of, as they were when they were first asked for."""
        with self.lock:
            if self._examples is None:
                made = (self.resolver.example(locked) for locked in self.locks.values())
                self._examples = [example for example in made if example is not None]
            return self._examples

    def orphans(self) -> list[str]:
        """The names of lockfiles without a source; none where a source could not be read."""
        if self.sources.errors:
            return []
        named = {q.name for q in self.sources.queries}
        return sorted((self.locks.keys() | self.damaged.keys()) - named)


def build(
    project: Project,
    *,
    jobs: int = 1,
    recompile: frozenset[str] = frozenset(),
    observe: Observe | None = None,
    started: Callable[[int], None] | None = None,
    cancellation: Cancellation | None = None,
    with_model: bool = True,
) -> Report:
    """What became of every query. Each is stored as soon as it is done, so that a stop loses nothing.

    `started` is told how many have to be looked at more closely, `observe` of each of them when it is done.
    Those in `recompile` are compiled anew, whatever they have. Without the model, what needs it fails with
    `build.stale`: see `needs_model`. Raises `engine.*`, `store.unwritable`.
    """
    begun = time.perf_counter()
    done: list[Outcome] = []
    todo: list[Inspected] = []
    for query in project.sources.queries:
        try:
            require_supported(query, project.service.settings)
            inspected = project.inspector.inspect(query, project.locks.get(query.name))
        except BuildError as error:
            done.append(failed(query, error))
            continue
        if query.name in recompile:
            inspected = replace(inspected, need="compile", why=("it was asked for",))
        if inspected.need == "nothing":
            done.append(Outcome(query.name, "reused", query.place))
        else:
            todo.append(inspected)
    if started is not None:
        started(len(todo))

    def work(inspected: Inspected) -> Outcome:
        forget = inspected.query.name in recompile
        return _build_one(project, inspected, forget, cancellation, with_model)

    for outcome in _each(todo, work, jobs, cancellation):
        done.append(outcome)
        if observe is not None:
            observe(outcome)
    for name in project.orphans():
        _remove(project, name)
        done.append(Outcome(name, "removed", why=("no source has it any more",)))
    if not project.sources.errors:
        write_if_changed(matrix_path(project.cache), matrix_text(project.locks.values()))
        project.clients.write(project.locks)
    # What nobody has reviewed grants nothing, which may be all that a query lacks.
    lacking = unreviewed(project) if any(o.status == "failed" for o in done) else ()
    return Report(
        tuple(sorted(done, key=lambda o: o.name)),
        (*project.sources.errors, *lacking),
        time.perf_counter() - begun,
    )


def unreviewed(project: Project) -> tuple[PolicyError, ...]:
    """A finding for each rule in English that nobody has reviewed."""
    return tuple(
        PolicyError(
            "policy.unreviewed",
            f"a rule is not reviewed: {action} of `{relation.name}`: {rule.english}",
            "`nlq rules approve`",
        )
        for relation, action, rule in project.service.policy.unreviewed()
    )


def set_pin(project: Project, name: str, pin: Pin | None) -> None:
    """Keep the SQL of a query that is built as it is, or let it go.

    Raises `build.missing`.
    """
    locked = project.locks.get(name)
    if locked is None:
        query = next(q for q in project.sources.queries if q.name == name)
        raise BuildError("build.missing", f"`{name}` is not built yet", "run `nlq build`", query.place)
    project.locks[name] = replace(locked, pinned=pin)
    write_lock(project.cache, project.locks[name])


def _build_one(
    project: Project,
    inspected: Inspected,
    forget: bool,
    cancellation: Cancellation | None,
    with_model: bool,
) -> Outcome:
    query, locked = inspected.query, inspected.locked
    spent = _Spent()
    begun = time.perf_counter()
    _set_aside(project, query.name, locked)
    try:
        before = project.resolver.stored(locked) if locked else None
        resolved = None
        if inspected.need == "verify":
            resolved = project.resolver.verify(inspected)
        elif not forget and locked is not None and before is not None and is_kept(locked, before):
            raise _asks_otherwise(query, inspected.why)
        status: Status = "verified"
        if resolved is None:
            if not with_model and locked is not None:
                raise out_of_date(query, inspected.why)
            if forget and locked is not None:
                resolved = _compile_anew(project, inspected, locked, spent, cancellation)
            else:
                resolved = _compile(project, inspected, spent, cancellation)
            status = "recompiled" if before is not None else "reused" if resolved.known else "compiled"
        pinned = locked.pinned if locked and not forget else None
        _store(project, resolved, replace(locked, pinned=pinned) if locked else None)
    except (EngineError, StoreError) as error:
        if isinstance(error, EngineError) or error.code == "store.unwritable":
            raise
        return failed(query, error, inspected.why)
    except NlqError as error:
        return spent.add(failed(query, error, inspected.why), begun)
    after = resolved.base.sql
    outcome = Outcome(
        query.name, status, query.place, inspected.why, doubts=doubts_of(resolved.base),
        before=before.sql if before and before.sql != after else "", after=after,
    )  # fmt: skip
    return spent.add(outcome, begun)


def _compile(
    project: Project, inspected: Inspected, spent: _Spent, cancellation: Cancellation | None
) -> Resolved:
    return project.resolver.compile(inspected, spent.observe, cancellation, project.examples())


def _compile_anew(
    project: Project, inspected: Inspected, locked: Locked, spent: _Spent, cancellation: Cancellation | None
) -> Resolved:
    """As `Resolver.compile`, where none of the plans that there are may be found; they stay if it fails."""
    kept = {}
    for file in _unshared(project, locked):
        path = project.store.directory / file
        if path.is_file():
            kept[path] = path.read_bytes()
            path.unlink()
    try:
        return _compile(project, inspected, spent, cancellation)
    except BaseException:
        for path, content in kept.items():
            replace_atomically(path, content)
        raise


@dataclass(slots=True)
class _Spent:
    """What one query cost."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0

    def observe(self, event: Event) -> None:
        if isinstance(event, Drafted):
            self.prompt_tokens += event.prompt_tokens
            self.completion_tokens += event.completion_tokens
            self.cost_usd += event.cost_usd

    def add(self, outcome: Outcome, begun: float) -> Outcome:
        return replace(
            outcome,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cost_usd=self.cost_usd,
            seconds=time.perf_counter() - begun,
        )


def _set_aside(project: Project, name: str, locked: Locked | None) -> None:
    """Keep a copy of what will be written anew and cannot be read: a person may have written it."""
    found = [lock_dir(project.cache) / f"{name}.json"] if name in project.damaged else []
    for file in sorted(_files(locked)) if locked else ():
        if not project.resolver.is_plan(file):
            found.append(project.store.directory / file)
    for path in found:
        if path.is_file():
            write_bytes_if_changed(project.cache / "local" / "damaged" / path.name, path.read_bytes())


def _store(project: Project, resolved: Resolved, before: Locked | None) -> None:
    """Write plans, then the lockfile that names them, then remove plans that nothing names any more."""
    for _, plan in resolved.plans:
        project.store.put(plan)
    locked = project.resolver.lock(resolved, before.pinned if before else None)
    write_lock(project.cache, locked)
    with project.lock:
        project.locks[locked.name] = locked
        project.damaged.pop(locked.name, None)
        if before is not None:
            _remove_plans(project, before)


def _remove(project: Project, name: str) -> None:
    locked = project.locks.pop(name, None)
    project.damaged.pop(name, None)
    (lock_dir(project.cache) / f"{name}.json").unlink(missing_ok=True)
    if locked is not None:
        _remove_plans(project, locked)


def _remove_plans(project: Project, before: Locked) -> None:
    """Delete the plans of what was locked before that no lockfile names now."""
    now = project.locks.get(before.name)
    for file in _unshared(project, before) - (_files(now) if now else set()):
        (project.store.directory / file).unlink(missing_ok=True)


def _unshared(project: Project, locked: Locked) -> set[str]:
    """The plans that no other query has."""
    files = _files(locked)
    for other in project.locks.values():
        if other.name != locked.name:
            files -= _files(other)
    return files


def _files(locked: Locked) -> set[str]:
    return {locked.plan, *(a.plan for a in locked.access if a.plan)}


def _each(
    todo: list[Inspected],
    work: Callable[[Inspected], Outcome],
    jobs: int,
    cancellation: Cancellation | None,
) -> Iterable[Outcome]:
    """The outcomes, as they come. No more is begun once one raised, or the build was cancelled."""
    with ThreadPoolExecutor(jobs) as pool:
        waiting = iter(todo)
        running: set[Future[Outcome]] = set()
        try:
            while True:
                while len(running) < jobs and (inspected := next(waiting, None)) is not None:
                    running.add(pool.submit(work, inspected))
                if not running:
                    return
                ended, running = wait(running, timeout=POLL_S, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
                if cancellation is not None and cancellation.cancelled:
                    return
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def failed(query: Query, error: NlqError, why: tuple[str, ...] = ()) -> Outcome:
    """An error of the service becomes one of the build that points at the query."""
    if not isinstance(error, BuildError):
        hint = error.hint
        if error.code == "policy.denied" and not query.roles:
            hint = "say for whom it is: `-- roles: …`"
        failed = BuildError(
            "build.failed", f"`{query.name}`: {error.message} ({error.code})", hint, query.place
        )
        failed.__cause__ = error
        error = failed
    return Outcome(query.name, "failed", query.place, why, (error,))


def needs_model(report: Report) -> tuple[str, ...]:
    """The queries that a build without the model left as they were."""
    return tuple(o.name for o in report.outcomes if any(e.code == "build.stale" for e in o.errors))


def out_of_date(query: Query, why: tuple[str, ...]) -> BuildError:
    """The finding that what was built of the query has to be built anew."""
    return BuildError(
        "build.stale", f"`{query.name}` is out of date: {'; '.join(why)}", "run `nlq build`", query.place
    )


def _asks_otherwise(query: Query, why: tuple[str, ...]) -> BuildError:
    return BuildError(
        "build.pinned",
        f"the SQL of `{query.name}` is kept as a person left it, and {'; '.join(why)}",
        f"let it go: `nlq build --recompile {query.name}`",
        query.place,
    )
