"""Errors as RFC 9457 problems: the one mapping from code to status."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from nlq.errors import CODES, CompileError, NlqError

_CODES_BY_STATUS = {
    400: "request.empty request.invalid request.missing_parameter request.unknown_parameter"
    " request.bad_parameter policy.unknown_principal policy.bad_claim",
    401: "auth.invalid auth.expired",
    403: "policy.denied policy.rule_failed change.off",
    404: "request.not_found catalog.unknown_relation change.not_found",
    409: "change.constraint change.conflict change.moved_on change.later",
    413: "request.too_large request.too_long",
    # A frozen server is in order, and trying again does not help: not 503, which would take it out of
    # a load balancer because of what one caller asked.
    422: "change.too_many change.key_reused change.effect plan.unbounded plan.syntax plan.unsupported"
    " plan.too_complex plan.unknown_relation plan.unknown_column"
    " plan.ambiguous_column plan.reserved_name plan.invalid plan.parameter plan.mismatch"
    " plan.not_filterable plan.not_nestable plan.only_aggregated"
    " compile.failed compile.ambiguous compile.refused compile.frozen"
    " catalog.invalid engine.failed engine.resources request.several_rows",
    500: "settings.invalid settings.unknown settings.no_policy settings.missing_extra policy.invalid"
    " policy.unsupported policy.not_understood policy.ambiguous policy.unreviewed"
    " store.invalid store.stale store.unwritable eval.invalid build.unreadable build.syntax build.name"
    " build.duplicate_name build.parameter build.call build.unsupported build.unknown_role"
    " build.nested build.failed build.denied build.pinned build.missing build.stale build.damaged"
    " build.orphan engine.unsupported"
    " audit.broken audit.invalid audit.changed audit.removed audit.inserted audit.reordered audit.truncated"
    " internal.error",
    502: "model.rejected model.no_recording",
    503: "request.busy compile.unavailable compile.busy engine.unreachable engine.undefended"
    " engine.cancelled"
    " auth.unavailable catalog.empty model.unreachable audit.unwritable model.not_installed model.download",
    504: "engine.timeout model.timeout",
}

STATUS: Mapping[str, int] = {
    code: status for status, codes in _CODES_BY_STATUS.items() for code in codes.split()
}
"""The status of every code."""

_LOG = logging.getLogger("nlq.http")
_OURS = ("settings.", "audit.", "policy.invalid", "policy.unsupported")
"""Codes, or how they begin, of what those who run the server have to mend."""

RETRY_S = 5
"""When to try again what failed with 503."""


def problem_body(error: NlqError, status: int | None = None) -> dict[str, Any]:
    """The members of the problem: the title is that of the code, the detail that of this error.

    What is wrong with the server's own configuration is for its log: it may name rules and paths.
    """
    if error.code.startswith(_OURS):
        _LOG.error("%s: %s", error.code, error.message)
        error = NlqError(error.code, CODES[error.code], "tell those who run the server")
    return {
        "type": f"urn:nlq:error:{error.code}",
        "title": CODES[error.code],
        "status": status or STATUS[error.code],
        "detail": error.message,
        "code": error.code,
        "hint": error.hint,
    } | (
        ({"span": [error.span.start, error.span.end]} if error.span else {})
        | ({"readings": [r.to_json() for r in error.readings]} if error.readings else {})
        | ({"ahead": error.ahead} if isinstance(error, CompileError) and error.ahead is not None else {})
    )


def problem(
    error: NlqError, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The reply to a request that failed."""
    body = problem_body(error, status)
    sent = {"cache-control": "no-store", **(headers or {})}
    if body["status"] == 503:
        sent["retry-after"] = str(RETRY_S)
    if body["status"] == 401:
        sent["www-authenticate"] = 'Bearer realm="nlq", error="invalid_token"'
    if error.code == "request.too_large":
        sent["connection"] = "close"  # or the rest of the body would have to be read
    return Response(
        json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace"),
        status_code=body["status"],
        headers=sent,
        media_type="application/problem+json",
    )
