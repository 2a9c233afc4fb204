"""Reports as JUnit XML, Markdown and HTML, of questions and values that try to be more than text."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nlq.errors import EvalError
from nlq.evaluate import Case, Outcome, Report, Score
from nlq.evaluate.compare import Compared, Comparison
from nlq.evaluate.junit import junit_text
from nlq.evaluate.markdown import markdown_text
from nlq.evaluate.outcome import Shown
from nlq.evaluate.page import page_text
from nlq.evaluate.report import Made, Unusable
from nlq.evaluate.write import require_format, write_report

HOSTILE = "<script>alert(1)</script> | `a` \x1b[31m\u202e &amp; ]]>"
RIGHT = Outcome(Case(1, "How many?", kind="count"), "duckdb", Score(True, "equal"), "SELECT 1", 0.5)
WRONG = Outcome(
    Case(2, HOSTILE, kind=HOSTILE, difficulty="hard", asked_by=HOSTILE, evidence=HOSTILE),
    "duckdb",
    Score(False, "wrong rows", HOSTILE),
    f"SELECT '{HOSTILE}'",
    1.5,
    fault="wrong filter value",
    cost_usd=0.01,
    gold_sql=HOSTILE,
    ours=Shown((HOSTILE,), ((HOSTILE,), ("NULL",)), 12),
    wanted=Shown(("a",), (), 0),
)
LEAK = replace(
    RIGHT, case=Case(3, "Who?"), score=Score(False, "leak"), leaked=("4111",), error_code="plan.syntax"
)
REPORT = Report("mine", (RIGHT, WRONG, LEAK), (Unusable(4, HOSTILE),), Made("m", HOSTILE))
COMPARED = Compared(REPORT, Comparison((RIGHT.case.key,), (WRONG.case.key,), common=2, before=1))
FAILURES = ("mine: too few", HOSTILE)


class _Page(HTMLParser):
    """Tags in their order, and those that were not closed."""

    VOID = ("meta",)

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.left: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.left.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.left.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    return page


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    page = read(page_text([COMPARED], FAILURES))
    assert page.left == []
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
    attributes = {name for _, attrs in page.tags for name in attrs}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {
        "src",
        "href",
        "style",
    }
    assert "url(" not in page.text
    assert "@import" not in page.text
    assert not {"\x1b", "\u202e"} & set(page.text)
    assert "\\x1b[31m\\u202e" in page.text


def test_the_page_tells_what_happened() -> None:
    text = page_text([COMPARED], FAILURES)
    page = read(text)
    opened = [attrs for name, attrs in page.tags if name == "details" and "open" in attrs]
    assert len(opened) == 2, "what was right before, and what leaked"
    words = (
        "33.3%", "1 of 3 right", "1 gained", "1 lost", "was right", "12 rows, 2 shown", "0 rows",
        "0.01 USD", "By class", "By difficulty", "Time", "Cost", "What was wrong", "2 wrong", "Left out",
    )  # fmt: skip
    assert [told for told in words if told not in page.text] == []
    assert sum(name == "svg" for name, _ in page.tags) == 1 + 2 + 1 + 2 + 2


def test_a_page_of_nothing_is_a_page() -> None:
    page = read(page_text([Compared(Report("mine", ()))], ()))
    assert (page.left, "passed" in page.text) == ([], True)


def test_junit() -> None:
    root = ElementTree.fromstring(junit_text([COMPARED], FAILURES))
    suites = [(s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped")) for s in root]
    assert suites == [("mine", "4", "2", "1"), ("gate", "1", "1", None)]
    cases = [(c.get("classname"), c.get("name"), [e.tag for e in c]) for c in root[0]]
    shown = HOSTILE.replace("\x1b", "\ufffd")
    assert cases == [
        ("mine.count", "1 How many?", []),
        (f"mine.{shown}", f"2 {shown}", ["failure"]),
        ("mine", "3 Who?", ["failure"]),
        ("mine", "4", ["skipped"]),
    ]
    assert root[0][1][0].get("message") == "wrong rows, wrong filter value"
    assert root[1][0][0].text == "\n".join(FAILURES).replace("\x1b", "\ufffd")


def test_markdown() -> None:
    text = markdown_text([COMPARED], ("mine: too few",))
    lines = text.splitlines()
    assert lines[:6] == [
        "# nlq eval: failed",
        "",
        "- mine: too few",
        "",
        "| suite | right | 95 % | since the baseline | leaks | half within | USD |",
        "|---|---:|---|---|---:|---:|---:|",
    ]
    assert lines[6] == "| mine | 1 of 3 (33.3%) | 6.1% to 79.2% | +1 −1 (p = 1.000) | 1 | 0.50 s | 0.0100 |"
    assert "<details><summary>mine: 2 wrong</summary>" in lines
    assert "  - ours: `SELECT 1`" in lines
    shown = "<script>alert(1)</script> | `a` \\x1b[31m\\u202e &amp; ]]>"
    assert f"  - gold: `` {shown} ``" in lines
    assert any(r"\<script\>alert\(1\)\</script\> \| \`a\` \\x1b\[31m\\u202e" in line for line in lines)


@pytest.mark.parametrize("ending", [".json", ".xml", ".md", ".html"])
def test_the_ending_says_the_format(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "new" / f"report{ending}"
    require_format(path)
    write_report(path, [COMPARED], FAILURES)
    text = path.read_text("utf-8")
    if ending == ".json":
        raw = json.loads(text)
        assert (raw["failures"], raw["reports"][0]["comparison"]["p"]) == (list(FAILURES), 1.0)
    else:
        assert text.startswith({".xml": "<?xml", ".md": "# nlq", ".html": "<!doctype html>"}[ending])


def test_an_ending_that_says_nothing() -> None:
    with pytest.raises(EvalError) as raised:
        require_format(Path("report.pdf"))
    assert raised.value.message == "`report.pdf` names no format of a report"
