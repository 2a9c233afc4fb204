"""Deliverers of messages: the log, and a webhook.

It is signed as Standard Webhooks has it (https://www.standardwebhooks.com), but for the form of the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from http.client import HTTPException
from typing import Protocol
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from nlq.engine.outbox import Message
from nlq.errors import SettingsError
from nlq.settings import Settings

TIMEOUT_S = 10.0

KEY_LENGTH = 16
"""Who can guess the key can make messages."""

_log = logging.getLogger("nlq.outbox")


class DeliveryError(Exception):
    """A message that was not taken; its text says why, and is kept beside the message."""


class Deliverer(Protocol):
    """Takes messages to where they are to go."""

    def deliver(self, message: Message) -> None:
        """Hand the message over. Raises `DeliveryError` where that cannot be said to have happened."""


class LogDeliverer:
    """Writes messages to the log of the process, where there is nowhere else to send them to."""

    def deliver(self, message: Message) -> None:
        """See `Deliverer.deliver`."""
        _log.info("%s", message.body)


class _Refused(HTTPRedirectHandler):
    """A message goes where the settings say, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """No request."""


class WebhookDeliverer:
    """Sends messages to a URL. Who knows the key can tell them from others', and old ones from new."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key
        self._opener = build_opener(ProxyHandler({}), _Refused())

    def deliver(self, message: Message) -> None:
        """See `Deliverer.deliver`. Any status of 2xx says that the message was taken."""
        body, at = message.body.encode(), str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": at,
            "webhook-signature": sign(self._key, message.id, at, body),
        }
        request = Request(self._url, body, headers, method="POST")  # of the settings
        try:
            with self._opener.open(request, timeout=TIMEOUT_S):
                pass
        except HTTPError as error:
            error.close()
            raise DeliveryError(f"the receiver answered with {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise DeliveryError(f"the receiver cannot be reached: {type(error).__name__}") from None


def sign(key: str, id: str, at: str, body: bytes) -> str:
    """The signature of a message: HMAC-SHA256 over its id, the time in seconds, and its body."""
    made = hmac.new(key.encode(), b".".join((id.encode(), at.encode(), body)), hashlib.sha256)
    return "v1," + base64.b64encode(made.digest()).decode()


def open_deliverer(settings: Settings) -> Deliverer:
    """Who delivers, by the settings. Raises `settings.invalid` where messages would not be signed."""
    if settings.effects_url:
        if len(settings.effects_key) < KEY_LENGTH:
            raise SettingsError(
                "settings.invalid",
                f"messages are to be sent, and `effects_key` is not of {KEY_LENGTH} characters",
                "set `NLQ_EFFECTS_KEY` to a long random text that the receiver knows, too",
            )
        return WebhookDeliverer(settings.effects_url, settings.effects_key)
    return LogDeliverer()
