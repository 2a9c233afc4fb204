"""Checks: what a build would do, but for the model and for writing; what it cannot do so is told."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from nlq.build.inspect import require_supported
from nlq.build.lock import Locked, lock_dir
from nlq.build.matrix import matrix_path, matrix_text
from nlq.build.place import BuildError, Place
from nlq.build.report import Outcome, Report
from nlq.build.resolve import Resolved
from nlq.build.run import Project, failed, out_of_date, unreviewed
from nlq.build.source import Query, shown
from nlq.errors import NlqError
from nlq.plan import Plan


def check(project: Project) -> Report:
    """What a build would have to do, and what it could not do without the model. Writes nothing."""
    begun = time.perf_counter()
    outcomes = [_check_one(project, query) for query in project.sources.queries]
    for name in project.orphans():
        place = Place(shown(lock_dir(project.cache) / f"{name}.json"), 1, 1)
        error = BuildError(
            "build.orphan", f"no source has a query `{name}`", "`nlq build` removes it", place
        )
        outcomes.append(Outcome(name, "failed", place, errors=(error,)))
    errors: list[NlqError] = [*project.sources.errors, *unreviewed(project)]
    if not project.sources.errors:
        errors += project.clients.stale(project.locks)
    path = matrix_path(project.cache)
    if not project.sources.errors and _text(path) != matrix_text(project.locks.values()):
        errors.append(
            BuildError(
                "build.stale",
                "the matrix is not that of the lockfiles",
                "`nlq build` writes it",
                Place(shown(path), 1, 1),
            )
        )
    return Report(tuple(sorted(outcomes, key=lambda o: o.name)), tuple(errors), time.perf_counter() - begun)


def _check_one(project: Project, query: Query) -> Outcome:
    if damaged := project.damaged.get(query.name):
        return failed(query, damaged)
    try:
        require_supported(query, project.service.settings)
        inspected = project.inspector.inspect(query, project.locks.get(query.name))
        if inspected.need == "nothing":
            return Outcome(query.name, "reused", query.place)
        if inspected.locked is None:
            missing = f"`{query.name}` is not built yet"
            raise BuildError("build.missing", missing, "run `nlq build`", query.place)
        resolved = project.resolver.verify(inspected) if inspected.need == "verify" else None
        if resolved is None or not _is_as_written(project, resolved, inspected.locked):
            raise out_of_date(query, inspected.why)
    except NlqError as error:
        return failed(query, error)
    return Outcome(query.name, "verified", query.place, inspected.why)


def _is_as_written(project: Project, resolved: Resolved, locked: Locked) -> bool:
    """Whether a build would write nothing but seals."""
    for _, plan in resolved.plans:
        found = project.store.get(plan.id)
        if not isinstance(found, Plan) or replace(found, provenance=plan.provenance) != plan:
            return False
    now = project.resolver.lock(resolved, locked.pinned)
    return _unsealed(now) == _unsealed(locked)


def _unsealed(locked: Locked) -> Locked:
    return replace(locked, access=tuple(replace(a, seal="") for a in locked.access))


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
