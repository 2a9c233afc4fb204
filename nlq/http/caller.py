"""Who asks. Until there is authentication: nobody in particular."""

from __future__ import annotations

from starlette.requests import Request

from nlq.errors import PolicyError, RequestError
from nlq.policy import OWNER, Principal
from nlq.policy.load import choose_principal
from nlq.policy.principal import ANONYMOUS
from nlq.service import Service

HEADER = "x-nlq-as"
MAX_HEADER = 4096


def caller(request: Request, service: Service) -> Principal:
    """The principal that the request is answered for.

    With the setting `dev` a request may name it; otherwise everyone is the owner where there is no
    policy (the setting `open`), and anonymous where there is one.

    Raises `request.invalid` and `policy.unknown_principal`.
    """
    named = request.headers.get(HEADER)
    if named is None:
        return OWNER if service.policy.open_to_owner else ANONYMOUS
    if not service.settings.dev:
        raise RequestError(
            "request.invalid", "this server does not take `X-Nlq-As`", "start it with `nlq serve --dev`"
        )
    if len(named) > MAX_HEADER:
        raise RequestError("request.invalid", f"`X-Nlq-As` is longer than {MAX_HEADER:,} characters")
    try:
        # A header holds bytes, which the framework took for Latin-1.
        return choose_principal(named.encode("latin-1").decode("utf-8"), service.policy)
    except UnicodeDecodeError:
        raise RequestError("request.invalid", "`X-Nlq-As` is not UTF-8") from None
    except RecursionError:
        raise RequestError("request.invalid", "`X-Nlq-As` is nested too deeply") from None
    except PolicyError as error:
        if error.code == "policy.unknown_principal":
            raise
        raise RequestError("request.invalid", error.message.replace("--as", "X-Nlq-As")) from None
