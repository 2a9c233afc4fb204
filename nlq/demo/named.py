"""The demo by its name: `--db demo`, `NLQ_DB=demo`."""

from __future__ import annotations

from dataclasses import replace

from nlq.events import Observer, ignore
from nlq.settings import Settings

NAME = "demo"


def find_demo(settings: Settings, observe: Observer = ignore) -> Settings:
    """The settings, with the demo's URL where `db` is its name. The demo is made if it is not there.

    Raises `engine.failed` where it cannot be made.
    """
    if settings.db != NAME:
        return settings
    from nlq.demo import create_demo, demo_path

    path = demo_path()
    if not path.exists():
        create_demo(path, observe)
    return replace(settings, db=f"duckdb:///{path}")
