"""The example application, as a person sees it: built, type-checked, served, and used in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import open_chromium, open_page
from node import node_packages, run_node
from servers import get, reserved_port, wait_until_up
from waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
BUNDLE = (
    "page.tsx",
    "--bundle",
    "--format=esm",
    "--jsx=automatic",
    "--outfile=page.js",
    "--log-level=warning",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its database."""
    directory = tmp_path_factory.mktemp("example") / "library"
    ignored = shutil.ignore_patterns("local", "*.duckdb", "node_modules", "page.js", "__pycache__")
    shutil.copytree(ROOT / "examples" / "library", directory, ignore=ignored)
    run(directory, "make_database.py")
    return directory


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NLQ_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=directory, env=environment(), capture_output=True, text=True, check=True
    )  # fmt: skip


@pytest.fixture(scope="module")
def url(library: Path) -> Iterator[str]:
    """Where the application is served."""
    with reserved_port() as port, (library / "log").open("wb") as log:
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "app:app",
            "--port",
            str(port),
            "--log-level",
            "warning",
        ]
        server = subprocess.Popen(command, cwd=library, env=environment(), stdout=log, stderr=log)
        try:
            wait_until_up(f"http://127.0.0.1:{port}/api/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def test_what_is_committed_is_what_a_build_writes(library: Path) -> None:
    checked = run(library, "-m", "nlq", "build", "--check")
    assert checked.stdout == ""
    assert "5 " in checked.stderr


def test_the_report_is_made_by_the_python_client(url: str) -> None:
    assert get(f"{url}/report?most=1").text == (
        "<!doctype html><title>Lent most</title><ol><li>A Harbour of Glass: 3</li></ol>"
    )


def test_the_page_asks_by_the_typescript_client(library: Path, url: str) -> None:
    packages = node_packages()
    web = library / "web"
    (web / "node_modules").symlink_to(packages / "node_modules")
    types = run_node(packages, "tsc", cwd=web)
    assert (types.returncode, types.stdout) == (0, "")
    bundle = run_node(packages, "esbuild", *BUNDLE, cwd=web)
    assert bundle.returncode == 0, bundle.stderr
    with open_chromium() as browser, open_page(browser, url) as page:
        page.goto("/")
        books, loans = page.get_by_label("Books").locator("tr"), page.get_by_label("Loans")
        books.nth(5).wait_for()
        assert loans.get_by_role("alert").text_content() == "request.not_found"  # it is for two roles
        page.get_by_text("Book of the month: A Harbour of Glass (2003)").wait_for()
        assert page.get_by_label("Authors").locator("li").all_text_contents()[1:] == [
            "Mara Lind: The Long Thaw (2018), Moth Light (2022)",
            "Rui Campos: A Harbour of Glass (2003), Nine Bridges (2011)",
        ]
        page.get_by_label("From").select_option("Portugal")
        books.get_by_text("Moth Light").wait_for(state="detached")
        assert books.all_text_contents() == [
            "A Harbour of GlassRui Campos2003",
            "Nine BridgesRui Campos2011",
        ]
        page.get_by_label("I am").select_option("ana")
        page.get_by_text("Winter Bees, Ana").wait_for()
        assert loans.locator("li").all_text_contents() == [
            "A Harbour of Glass, Ana, since 2026-02-02",
            "Winter Bees, Ana, since 2026-03-25",
        ]
        page.get_by_label("I am").select_option("librarian")
        loans.locator("li").nth(3).wait_for()
        assert loans.locator("li").all_text_contents() == [
            "A Harbour of Glass, Ana, since 2026-02-02",
            "The Long Thaw, Bo, since 2026-03-01",
            "The Long Thaw, Caio, since 2026-03-21",
            "Winter Bees, Ana, since 2026-03-25",
        ]
