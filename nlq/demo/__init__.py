"""The demo: a believable application to ask about, the same on every machine.

Its data ends on 2026-06-30 (`nlq.demo.generate.TODAY`), whatever the calendar says.
"""

from nlq.demo.load import POLICY, copy_demo, create_demo, create_demo_postgres, demo_path, demo_schema

PREPARED: tuple[str, ...] = (
    "How many posts are published?",
    "Show the title and views of the ten most viewed posts, most viewed first.",
    "How many customers are there in each country?",
    "Which five customers have the highest sum of order totals? Show name and sum, highest first.",
    "How many likes did posts about calligraphy get?",
    "Which teams have no members? Show their names.",
    "How many orders were placed in June 2026?",
)
"""Questions that show what can be asked. Each is a case of `evals/demo.toml`."""

__all__ = [
    "POLICY",
    "PREPARED",
    "copy_demo",
    "create_demo",
    "create_demo_postgres",
    "demo_path",
    "demo_schema",
]
