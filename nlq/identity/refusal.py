"""Why credentials are refused: for the log of those who run the server, never for the caller."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818  # a decision; `Authentication` makes the error of it
    """Credentials that prove nothing. `reason` holds nothing of the credentials.

    `is_expired` where they once did: their holder may be told to get new ones.
    """

    def __init__(self, reason: str, *, is_expired: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_expired = is_expired
