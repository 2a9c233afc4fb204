"""The console's files: small, our own, and right by their types."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from node import node_packages, run_node

from nlq.http.console.page import WEB

FILES = sorted(WEB.iterdir())
MODULES = [path for path in FILES if path.suffix == ".js"]
MARKUP = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|ContextualFrag"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_of_another_host(path: Path) -> None:
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://|url\(|@import url", text) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_text_becomes_markup(path: Path) -> None:
    assert re.findall(MARKUP, path.read_text("utf-8")) == []


def test_the_document_has_nothing_inline() -> None:
    text = (WEB / "index.html").read_text("utf-8")
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text) == []
    named = re.findall(r"(?:src|href)=\"/console/web/([^\"]+)\"", text)
    assert set(named) <= {path.name for path in FILES}


def test_the_bundle_is_as_small_as_the_documentation_says() -> None:
    assert sum(path.stat().st_size for path in FILES) < 165_000


def test_the_types_are_right() -> None:
    checked = run_node(node_packages(), "tsc", "-p", str(WEB.parent), cwd=WEB)
    assert (checked.stdout, checked.returncode) == ("", 0)
