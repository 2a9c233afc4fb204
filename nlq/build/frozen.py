"""What a frozen server makes sure of before it starts: that all that was built fits this database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nlq.build.inspect import Inspector
from nlq.build.lock import Access, Locked, read_locks
from nlq.build.place import BuildError
from nlq.build.resolve import Resolver
from nlq.build.roles import Audience
from nlq.errors import NlqError
from nlq.plan import Plan
from nlq.service import Service
from nlq.store import PlanStore
from nlq.store.files import parse_object, read_object

MOST_TOLD = 20
"""Findings that an error lists."""


def require_built(service: Service, cache: Path) -> int:
    """How many queries there are, all of which this database can answer under this policy.

    A plan whose seal holds was verified against just these columns and rules; any other is verified now.
    Raises `build.stale`, listing what does not fit, and `engine.*`.
    """
    locks, damaged = read_locks(cache)
    store = PlanStore(cache)
    inspector = Inspector(service.catalog, service.policy, store.directory)
    found = [error.message for error in damaged.values()]
    for locked in locks.values():
        found += _misfits(locked, Resolver(service, inspector, store), store)
    if found:
        more = f", and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
        raise BuildError(
            "build.stale",
            f"what was built does not fit this database: {'; '.join(found[:MOST_TOLD])}{more}",
            "run `nlq build` against this database and policy, and deploy what it writes",
        )
    return len(locks)


def _misfits(locked: Locked, resolver: Resolver, store: PlanStore) -> Iterator[str]:
    inspector = resolver.inspector
    if locked.dialect != inspector.catalog.dialect:
        yield f"`{locked.name}` was built for {locked.dialect}"
        return
    for access in locked.access:
        # A role that is gone asks no more, and what is denied to a role is not run for it.
        if (
            access.plan is not None
            and access.role in inspector.views
            and not _holds(access, inspector, store)
        ):
            try:
                _verify(access.plan, access.role, resolver, store)
            except NlqError as error:
                yield f"`{locked.name}` for `{access.role}`: {error.message}"


def _holds(access: Access, inspector: Inspector, store: PlanStore) -> bool:
    try:
        content = (store.directory / (access.plan or "")).read_bytes()
        return inspector.view(access.role).seal(content, parse_object(content)) == access.seal
    except (NlqError, OSError, KeyError, TypeError, AttributeError):
        return False


def _verify(file: str, role: str, resolver: Resolver, store: PlanStore) -> None:
    path = store.directory / file
    try:
        plan = Plan.from_json(read_object(path))
    except OSError as error:
        raise BuildError("build.missing", f"its plan `{file}` cannot be read: {error.strerror}") from error
    view = resolver.inspector.view(role)
    if resolver.adopt(plan, Audience(role, view.principal)).id != plan.id:
        raise BuildError("build.stale", "its columns or their types have changed")
