"""Who asks, by the headers of a request."""

from __future__ import annotations

import asyncio
import logging
import re
import time

from starlette.requests import Request

from nlq.errors import PolicyError, RequestError, SettingsError
from nlq.identity import Authentication, invalid
from nlq.identity.loopback import is_loopback
from nlq.policy import OWNER, Principal
from nlq.policy.claims import require_claims
from nlq.policy.load import choose_principal
from nlq.policy.principal import ANONYMOUS
from nlq.service import Service
from nlq.settings import Settings

HEADER = "x-nlq-as"
MAX_HEADER = 4096

_LOG = logging.getLogger("nlq.identity")
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)


async def caller(request: Request, service: Service, authentication: Authentication | None) -> Principal:
    """The principal that the request is answered for.

    With authentication it is the one whose credentials the request bears, anonymous where it bears none.
    Without, with the setting `dev`, a request may name it. Else everyone is the owner where there is no
    policy (the setting `open`) or one is developed (`open` and `dev`), and anonymous where there is one.

    Raises `auth.*`, `request.invalid`, `policy.unknown_principal` and `policy.bad_claim`.
    """
    named = request.headers.getlist(HEADER)
    if named:
        return _named(request, named, service)
    if authentication is None:
        return OWNER if service.policy.open_to_owner else ANONYMOUS
    given = request.headers.getlist("authorization")
    if not given:
        return ANONYMOUS
    # Of two, a proxy before us may have looked at the other.
    bearer = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if bearer is None:
        _LOG.info("refused: the credentials are not one `Authorization: Bearer …`")
        raise invalid()
    known = authentication.recall(bearer[1], service.policy, time.time())
    if known is not None:
        return known
    if authentication.must_fetch(bearer[1]):
        await asyncio.to_thread(authentication.fetch)
    return authentication.authenticate(bearer[1], service.policy, time.time())


def require_consistent(settings: Settings, authentication: Authentication | None) -> None:
    """Refuse settings by which credentials would make no difference, or anybody could do without.

    Raises `settings.invalid`.
    """
    if authentication is not None and not (settings.policy or settings.models):
        raise SettingsError(
            "settings.invalid",
            "authentication is configured, and there is no policy that would tell one caller from another",
            "name a policy with `--policy`, or leave out the settings that begin with `auth_`",
        )
    if settings.dev and authentication is not None:
        raise SettingsError(
            "settings.invalid",
            "`dev` believes whoever names themself, and authentication is configured",
            "leave `dev` out, or the settings that begin with `auth_`",
        )
    if settings.dev and not is_loopback(settings.host):
        raise SettingsError(
            "settings.invalid",
            f"`dev` believes whoever names themself, and `{settings.host}` can be reached from elsewhere",
            "leave `dev` out, or listen on 127.0.0.1",
        )


def _named(request: Request, named: list[str], service: Service) -> Principal:
    if not service.settings.dev:
        raise RequestError(
            "request.invalid", "this server does not take `X-Nlq-As`", "start it with `nlq serve --dev`"
        )
    # The setting `host` is not where another server (uvicorn, with options of its own) listens.
    if request.client is None or not is_loopback(request.client.host):
        raise RequestError("request.invalid", "`X-Nlq-As` is taken from this machine alone")
    if len(named) > 1:
        raise RequestError("request.invalid", "`X-Nlq-As` is there twice")
    if len(named[0]) > MAX_HEADER:
        raise RequestError("request.invalid", f"`X-Nlq-As` is longer than {MAX_HEADER:,} characters")
    try:
        # A header holds bytes, which the framework took for Latin-1.
        text = named[0].encode("latin-1").decode("utf-8")
        return require_claims(choose_principal(text, service.policy), service.policy)
    except UnicodeDecodeError:
        raise RequestError("request.invalid", "`X-Nlq-As` is not UTF-8") from None
    except RecursionError:
        raise RequestError("request.invalid", "`X-Nlq-As` is nested too deeply") from None
    except PolicyError as error:
        if error.code != "policy.invalid":
            raise
        raise RequestError("request.invalid", error.message.replace("--as", "X-Nlq-As")) from None
