"""The tables that are ours in the database whose rows are changed, as SQL of DuckDB and Postgres alike.

They are in a schema of their own, which no catalog shows.
"""

from __future__ import annotations

SCHEMA = "nlq_journal"

COLUMNS = {
    "changes": """id TEXT PRIMARY KEY, made_at TIMESTAMP NOT NULL, who TEXT NOT NULL, entry TEXT NOT NULL,
        effects TEXT NOT NULL, undone_by TEXT""",
    "calls": """who TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, answer TEXT,
        made_at TIMESTAMP NOT NULL, PRIMARY KEY (who, key)""",
    "approvals": """token TEXT PRIMARY KEY, who TEXT NOT NULL, shown TEXT NOT NULL,
        made_at TIMESTAMP NOT NULL""",
    "outbox": """id TEXT PRIMARY KEY, made_at TIMESTAMP NOT NULL, body TEXT NOT NULL,
        attempts INTEGER NOT NULL, due_at TIMESTAMP, delivered_at TIMESTAMP, failure TEXT""",
}
"""The journal of changes, calls by their idempotency keys, previews to be approved, and the outbox."""

TABLES = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
    *(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} ({columns})" for name, columns in COLUMNS.items()),
)
"""What makes them where they are not."""

THERE = "SELECT " + " AND ".join(f"to_regclass('{SCHEMA}.{name}') IS NOT NULL" for name in COLUMNS)
"""Asks Postgres whether all of them are."""
