"""A small lending library: a page in React asks by the TypeScript client, a report by the Python client.

Run it in this directory: `uvicorn app:app`. README.md says what comes before.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from queries import Queries, in_process

import nlq
from nlq.http.app import app_from_environment

database = nlq.open(principal="librarian")
library = Queries(in_process(database))
api = app_from_environment()


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Start and end what is served here."""
    # An application that is mounted in another is not started by it.
    async with api.router.lifespan_context(api):
        yield
    database.close()


app = FastAPI(lifespan=lifespan)


@app.get("/report")
def report(most: int = 3) -> HTMLResponse:
    """The books that are lent most, made on the server."""
    rows = "".join(f"<li>{escape(b.title)}: {b.loan_count}</li>" for b in library.most_lent(most=most))
    return HTMLResponse(f"<!doctype html><title>Lent most</title><ol>{rows}</ol>")


app.mount("/api", api)
app.mount("/", StaticFiles(directory=Path(__file__).parent / "web", html=True))
