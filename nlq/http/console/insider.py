"""Who may look behind the policy: whoever owns the database, or develops on this machine."""

from __future__ import annotations

from starlette.requests import Request

from nlq.errors import PolicyError, RequestError
from nlq.http.routes import Door
from nlq.policy import Principal


def is_insider(door: Door, principal: Principal) -> bool:
    """Whether the caller may see rules, and plans of others."""
    return door.service.settings.dev or principal.is_owner


def require_insider(door: Door, principal: Principal) -> None:
    """Refuse who may not.

    Raises `policy.denied`.
    """
    if not is_insider(door, principal):
        raise PolicyError(
            "policy.denied",
            "the policy itself is shown only to those who develop it",
            "serve on this machine with `nlq serve --dev`",
        )


def require_own_page(request: Request) -> None:
    """Refuse what a page of somebody else asks for: browsers say where a request comes from.

    Bodies must be JSON, which such a page cannot send; this is the second lock.

    Raises `request.invalid`.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RequestError("request.invalid", "a page of another origin cannot ask for this")
