"""The reference pages name everything there is, and nothing that there is not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import nlq
from nlq.errors import CODES
from nlq.events import Event
from nlq.http import console, mutate, queries
from nlq.http.problem import STATUS
from nlq.http.routes import router
from nlq.settings import Settings

DOCS = Path(nlq.__file__).parent.parent / "docs"


def rows(page: str) -> dict[str, list[str]]:
    """The rows of all tables of a page: the first cell in backticks, then the others."""
    found = re.findall(r"^\| `([^`]+)` \|(.*)\|$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    cells = {name: [cell.strip() for cell in rest.split(" | ")] for name, rest in found}
    assert len(cells) == len(found)
    return cells


def test_every_setting_is_documented_with_its_default() -> None:
    documented = {name: cells[0].strip("`") for name, cells in rows("settings.md").items()}
    defaults = {f.name: f.default for f in fields(Settings)}
    assert documented == {
        name: str(default).lower() if isinstance(default, bool) else f"{default:g}"
        if isinstance(default, float) else str(default)
        for name, default in defaults.items()
    }  # fmt: skip


def test_every_error_is_documented_with_its_status() -> None:
    documented = {code: (cells[0], cells[1]) for code, cells in rows("errors.md").items()}
    assert documented == {
        code: (str(STATUS[code]), f"{what[:1].upper()}{what[1:]}.") for code, what in CODES.items()
    }
    assert [code for code, cells in rows("errors.md").items() if len(cells[2]) < 10] == []


def test_every_route_and_stage_is_documented() -> None:
    for page, served_by in (
        ("http.md", (router, queries.router, mutate.router)),
        ("console.md", (console.router,)),
    ):
        text = (DOCS / page).read_text("utf-8")
        documented = {
            tuple(route.split()) for route in re.findall(r"^\| `([A-Z]+ /[^`]*)`", text, re.MULTILINE)
        }
        routes = [route for router_ in served_by for route in router_.routes]
        served = {(method, route.path) for route in routes for method in route.methods}
        assert documented == served
    text = (DOCS / "http.md").read_text("utf-8")
    stages = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower() for kind in Event.__args__} - {
        "downloading",
        "demo_filled",
    }
    assert stages <= set(re.findall(r"`([a-z_]+)`", text))
