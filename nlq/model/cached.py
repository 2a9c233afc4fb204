"""A model whose replies are kept: the same call is made once, by all who make it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from threading import Lock
from typing import Any, Protocol

from nlq.errors import ModelError
from nlq.model.base import Call, Model, Reply


class Replies(Protocol):
    """Where replies are kept as JSON objects; `get` gives None for one that is absent or unreadable."""

    def get(self, key: str) -> Mapping[str, Any] | None:
        """The object kept under that key."""

    def put(self, key: str, value: Mapping[str, object]) -> None:
        """Keep the object."""


class CachedModel:
    """Asks `model` only what `replies` do not hold. Empty replies are not kept.

    Equal calls that arrive together are made once: the others wait for its reply or its error.
    """

    def __init__(self, model: Model, replies: Replies) -> None:
        self._model = model
        self._replies = replies
        self._running: dict[str, Future[Reply]] = {}
        self._lock = Lock()

    @property
    def name(self) -> str:
        """As of the model."""
        return self._model.name

    @property
    def is_local(self) -> bool:
        """As of the model."""
        return self._model.is_local

    def complete(self, call: Call) -> Reply:
        """The kept reply, else the model's."""
        key = call.key(self.name)
        with self._lock:
            running = self._running.get(key)
            if running is None:
                mine = self._running[key] = Future()
        if running is not None:
            return replace(running.result(), from_cache=True)
        try:
            reply = self._recall(key) or self._ask(key, call)
            mine.set_result(reply)
        except Exception as error:
            mine.set_exception(error)
            raise
        except BaseException:
            # An interrupt is meant for this thread; those who wait get an error of their own.
            mine.set_exception(ModelError("model.unreachable", "the call to the model was interrupted"))
            raise
        finally:
            with self._lock:
                del self._running[key]
        return reply

    def close(self) -> None:
        """Close the model."""
        self._model.close()

    def _recall(self, key: str) -> Reply | None:
        raw = self._replies.get(key)
        if raw is None:
            return None
        try:
            reply = Reply.from_json(raw, from_cache=True)
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        return reply if reply.text.strip() else None

    def _ask(self, key: str, call: Call) -> Reply:
        reply = self._model.complete(call)
        if reply.text.strip():
            self._replies.put(key, reply.to_json())
        return reply
