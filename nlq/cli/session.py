"""An open service, and work for it that Ctrl-C can stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from nlq.cli.options import principal_of
from nlq.settings import Settings

if TYPE_CHECKING:
    from nlq.engine.cancellation import Cancellation
    from nlq.policy import Principal
    from nlq.service import Service

GRACE_S = 2.0
"""How long a statement may take to stop."""

HEED_S = 0.2
"""How long Ctrl-C may go unnoticed."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Session:
    """A service and who asks it."""

    service: Service
    principal: Principal


@contextmanager
def open_session(settings: Settings, as_: str | None) -> Iterator[Session]:
    """A session that is closed in the end."""
    from nlq.wire import open_service

    service = open_service(settings)
    try:
        yield Session(service, principal_of(as_, service))
    except KeyboardInterrupt:
        raise  # not closed: a model that is still at work would keep us waiting
    except BaseException:
        service.close()
        raise
    else:
        service.close()


def run_stoppable(work: Callable[[Cancellation], Result]) -> Result:
    """What `work` gives. It runs in another thread, so that Ctrl-C can stop its statement from this one."""
    from nlq.engine.cancellation import Cancellation

    cancellation = Cancellation()
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(cancellation))
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        # A signal that comes just before a wait without end begins is noticed when that ends.
        while thread.is_alive():
            thread.join(HEED_S)
    except KeyboardInterrupt:
        cancellation.cancel()
        thread.join(GRACE_S)
        raise
    if errors:
        raise errors[0]
    return results[0]
