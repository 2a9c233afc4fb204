"""The endpoint that a good developer writes by hand: FastAPI, a pool of psycopg connections, Pydantic."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

SQL = """
SELECT o.id, c.name, o.total, o.placed, o.note FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE c.id = %s AND c.account_id = %s ORDER BY o.placed DESC LIMIT 20
"""
KEYS = {os.environ.get("BENCH_KEY_HASH", ""): 7}

pool = AsyncConnectionPool(
    os.environ.get("BENCH_DB", ""), min_size=8, max_size=8, open=False, kwargs={"autocommit": True}
)


class Order(BaseModel):
    """A row of the reply."""

    id: int
    name: str
    total: Decimal
    placed: datetime
    note: str | None


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """The pool lives as long as the application."""
    await pool.open()
    yield
    await pool.close()


app = FastAPI(lifespan=lifespan)


async def account_of(authorization: Annotated[str, Header()]) -> int:
    """Whose key it is."""
    token = authorization.removeprefix("Bearer ")
    account = KEYS.get(hashlib.sha256(token.encode()).hexdigest())
    if account is None:
        raise HTTPException(401)
    return account


@app.get("/customers/{customer}/orders")
async def orders(customer: int, account: Annotated[int, Depends(account_of)]) -> list[Order]:
    """The last 20 orders of a customer of the caller's account."""
    async with pool.connection() as connection, connection.cursor(row_factory=class_row(Order)) as cursor:
        await cursor.execute(SQL, (customer, account))
        return await cursor.fetchall()
