"""The page itself: one document, modules and styles, as they lie in `web/`. No build, no other host."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

WEB = Path(__file__).parent / "web"

HEADERS = {
    # No inline script or style, and no text that becomes markup: what comes from a database stays text.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


class _Web(StaticFiles):
    """The files of `web/`, with our headers."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file, or that it has not changed."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(HEADERS)
        return response


def add_page(app: FastAPI) -> None:
    """Serve the console at `/`, and its files under `/console/web/`."""
    app.add_api_route("/", _index, include_in_schema=False)
    app.mount("/console/web", _Web(directory=WEB))


async def _index(_request: Request) -> Response:
    return FileResponse(WEB / "index.html", media_type="text/html", headers=HEADERS)
