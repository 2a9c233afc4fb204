"""What libpq has received in its pipeline mode, where nothing waits for it."""

from __future__ import annotations

from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult


def take_results(pgconn: PGconn, results: list[PGresult]) -> bool:
    """Add what has arrived to `results`, in order; whether that was all up to the end of what was sent."""
    gaps = 0
    # Two gaps in a row: there is nothing more to be had.
    while gaps < 2 and not pgconn.is_busy():
        result = pgconn.get_result()
        if result is None:
            gaps += 1
            continue
        gaps = 0
        if result.status == ExecStatus.PIPELINE_SYNC:
            return True
        results.append(result)
    return False
