"""A report as text for people, as JUnit's XML, and as the annotations of GitHub. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from nlq.build.place import BuildError
from nlq.build.report import STATUSES, Outcome, Report, Status, place_of
from nlq.errors import NlqError

WORDS: dict[Status, str] = {
    "compiled": "compiled",
    "recompiled": "recompiled",
    "verified": "verified again",
    "reused": "as it was",
    "removed": "removed",
    "failed": "failed",
}

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def show_outcome(outcome: Outcome) -> str:
    """A line for the query, then why, what is wrong, and how its SQL changed."""
    lines = [f"{WORDS[outcome.status]}: {outcome.name}"]
    if outcome.why and outcome.status not in ("compiled", "failed"):
        lines[0] += f": {'; '.join(outcome.why)}"
    for error in outcome.errors:
        lines += [f"  {error.message}  ({error.code})", *([f"  hint: {error.hint}"] if error.hint else [])]
    lines += [f"  look whether this is meant: {doubt}" for doubt in outcome.doubts]
    lines += [f"  {line}" for line in outcome.diff().splitlines()]
    return "\n".join(lines)


def show_errors(report: Report) -> str:
    """What is wrong and belongs to no query, a line each."""
    return "\n".join(f"{e.message}  ({e.code})" for e in report.errors)


def show_summary(report: Report) -> str:
    """How many of each, and what they cost, in one line."""
    counted = [f"{report.counts[s]:,} {WORDS[s]}" for s in STATUSES if report.counts[s]]
    text = ", ".join(counted) or "there are no queries"
    prompt = sum(o.prompt_tokens for o in report.outcomes)
    if prompt:
        text += f"; {prompt:,} + {sum(o.completion_tokens for o in report.outcomes):,} tokens"
    if cost := sum(o.cost_usd for o in report.outcomes):
        text += f", {cost:.4f} USD"
    return f"{text}; {report.seconds:,.2f} s"


def junit_text(report: Report) -> str:
    """JUnit's XML: a test for each query, and one for what belongs to none."""
    root = ElementTree.Element("testsuites", name="nlq build")
    failures = sum(bool(o.errors) for o in report.outcomes) + bool(report.errors)
    suite = ElementTree.SubElement(
        root, "testsuite", name="queries", tests=str(len(report.outcomes) + 1), failures=str(failures),
        errors="0", time=f"{report.seconds:.3f}",
    )  # fmt: skip
    for outcome in report.outcomes:
        said = {"classname": "queries", "name": _clean(outcome.name), "time": f"{outcome.seconds:.3f}"}
        if outcome.place:
            said |= {"file": outcome.place.file, "line": str(outcome.place.line)}
        case = ElementTree.SubElement(suite, "testcase", said)
        _fail(case, outcome.errors)
    _fail(ElementTree.SubElement(suite, "testcase", classname="project", name="project"), report.errors)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _fail(case: ElementTree.Element, errors: tuple[NlqError, ...]) -> None:
    if errors:
        element = ElementTree.SubElement(case, "failure", message=_clean(errors[0].message))
        element.text = _clean("\n".join(f"{e} ({e.code})" for e in errors))


def github_text(report: Report) -> str:
    """A workflow command for each finding, which GitHub shows at its line.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "".join(f"{line}\n" for line in _annotations(report))


def _annotations(report: Report) -> Iterator[str]:
    for error in report.findings:
        place = place_of(error)
        where = f" file={_property(place.file)},line={place.line},col={place.column}" if place else ""
        comma = "," if where else " "
        yield f"::error{where}{comma}title={_property(error.code)}::{_data(_said(error))}"


def _said(error: NlqError) -> str:
    """The error without its place, which is told beside it."""
    what = error.what if isinstance(error, BuildError) else error.message
    return f"{what}\nhint: {error.hint}" if error.hint else what


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _clean(text: str) -> str:
    """The text without characters that no XML may hold."""
    return _NOT_XML.sub("\ufffd", text)
