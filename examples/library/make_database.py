"""Writes library.duckdb anew from library.sql."""

from pathlib import Path

import duckdb

here = Path(__file__).parent
(here / "library.duckdb").unlink(missing_ok=True)
with duckdb.connect(here / "library.duckdb") as connection:
    connection.execute((here / "library.sql").read_text("utf-8"))
