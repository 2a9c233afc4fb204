"""Approvals: what a preview showed may be made once, soon, by whom it was shown to, and as it was shown."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from nlq.errors import ChangeError

KEPT = 1000
LIFETIME_S = 900.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview: whose, of what (a digest of all that was sent), with which plan, at which time, and
    what came out."""

    who: str
    asked: str
    plan_id: str
    now: datetime
    digest: str


class Approvals:
    """Previews that may still be approved. They live in this process: another one does not know them."""

    def __init__(self) -> None:
        self._shown: OrderedDict[str, tuple[float, Shown]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, shown: Shown) -> str:
        """A token that `take` gives the preview for, once."""
        token = secrets.token_urlsafe(18)
        with self._lock:
            self._shown[token] = (time.monotonic(), shown)
            while len(self._shown) > KEPT:
                self._shown.popitem(last=False)
        return token

    def take(self, token: str, who: str, asked: str) -> Shown:
        """The preview, which nobody can take again.

        Raises `change.moved_on` where it is unknown, too old, or of something else.
        """
        with self._lock:
            at, shown = self._shown.pop(token, (0.0, None))
        if shown is None or time.monotonic() - at > LIFETIME_S or (shown.who, shown.asked) != (who, asked):
            raise ChangeError(
                "change.moved_on",
                "this approval is not known, or not any more, or of something else",
                "ask for a preview again, and send the same with its approval",
            )
        return shown
