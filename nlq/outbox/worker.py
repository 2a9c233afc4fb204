"""Delivers what is in the outbox: at once, and again, with backoff, where that fails."""

from __future__ import annotations

import logging
import random
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from nlq.database import Database
from nlq.engine.outbox import Again, Claim, Message, Outbox, Post, Settle
from nlq.engine.writing import Changed, Terms
from nlq.errors import NlqError
from nlq.outbox.deliver import Deliverer, DeliveryError
from nlq.policy import ANONYMOUS

BATCH = 20
ATTEMPTS = 15
"""How often a message is tried: for about a day."""

POLL_S = {"postgres": 2.0, "duckdb": 60.0}
"""Between two looks at the outbox where nobody said that there is something: a file is opened for each."""

_log = logging.getLogger("nlq.outbox")


class Worker:
    """Delivers the messages of one database; `run` in a thread of its own, or `deliver_due` once."""

    def __init__(self, database: Database, deliverer: Deliverer) -> None:
        self._database = database
        self._deliverer = deliverer
        self._wake = Event()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="nlq-outbox", daemon=True)

    def start(self) -> None:
        """Begin to deliver, in a thread."""
        self._thread.start()

    def wake(self) -> None:
        """There is something in the outbox."""
        self._wake.set()

    def stop(self) -> None:
        """Deliver nothing more; what is under way is ended first, or will be claimed again."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def deliver_due(self) -> tuple[int, int]:
        """How many messages that were due were taken, and how many not.

        Raises `engine.*`.
        """
        taken = failed = 0
        while not self._stopped.is_set() and (due := self._post(Claim(BATCH))):
            for message in due:
                settled = self._deliver(message)
                self._post(settled)
                taken, failed = (taken + 1, failed) if settled.failure is None else (taken, failed + 1)
        return taken, failed

    def messages(self) -> tuple[Message, ...]:
        """What is in the outbox, the newest first."""
        return self._post(Outbox())

    def retry(self, id: str) -> bool:
        """Whether there is such a message that was not delivered; it is due now."""
        return bool(self._post(Again(id)))

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                self.deliver_due()
            except NlqError as error:
                # The database is away: what is due will be when it is back.
                _log.warning("the outbox cannot be read: %s", error.message)
            self._wake.wait(POLL_S.get(self._database.dialect, 60.0))

    def _deliver(self, message: Message) -> Settle:
        try:
            self._deliverer.deliver(message)
        except DeliveryError as error:
            given_up = message.attempts >= ATTEMPTS
            due = None if given_up else _now() + backoff(message.attempts)
            return Settle(message.id, str(error), due)
        return Settle(message.id)

    def _post(self, work: Post) -> tuple[Message, ...]:
        settings = self._database.settings
        terms = Terms(1, settings.statement_timeout_s, _now(), keep_h=settings.journal_h)
        identity = self._database.known.identity(ANONYMOUS)
        done = self._database.engine.write(work, terms, identity=identity)
        assert not isinstance(done, Changed)
        return tuple(m for m in done if isinstance(m, Message))


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 seconds, then twice as long each time, up to 4 hours."""
    seconds = min(5.0 * 2 ** (attempts - 1), 4 * 3600.0)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # no secret


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
