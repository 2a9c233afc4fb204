"""A report as JUnit's XML, which every CI can show. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from nlq.evaluate.compare import Compared
from nlq.evaluate.outcome import Outcome
from nlq.evaluate.report import Report

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(compared: Sequence[Compared], failures: Sequence[str]) -> str:
    """The XML: a test suite for each suite, and one more for the gate."""
    root = ElementTree.Element("testsuites", name="nlq eval")
    for one in compared:
        root.append(_suite(one.report))
    gate = ElementTree.SubElement(
        root, "testsuite", name="gate", tests="1", failures=str(int(bool(failures))), errors="0"
    )
    case = ElementTree.SubElement(gate, "testcase", classname="gate", name="holds")
    if failures:
        _add(case, "failure", failures[0], "\n".join(failures))
    ElementTree.indent(root)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
    )


def _suite(report: Report) -> ElementTree.Element:
    of = len(report.outcomes)
    element = ElementTree.Element(
        "testsuite",
        name=_clean(report.suite),
        tests=str(of + len(report.unusable)),
        failures=str(of - report.right),
        errors="0",
        skipped=str(len(report.unusable)),
        time=f"{sum(o.seconds for o in report.outcomes):.3f}",
    )
    for outcome in report.outcomes:
        element.append(_case(report.suite, outcome))
    for unusable in report.unusable:
        case = ElementTree.SubElement(
            element, "testcase", classname=_clean(report.suite), name=f"{unusable.number}"
        )
        _add(case, "skipped", unusable.why)
    return element


def _case(suite: str, outcome: Outcome) -> ElementTree.Element:
    case = outcome.case
    classname = ".".join(part for part in (suite, case.kind) if part)
    element = ElementTree.Element(
        "testcase",
        classname=_clean(classname),
        name=_clean(f"{case.number} {case.question}"),
        time=f"{outcome.seconds:.3f}",
    )
    if not outcome.score.correct:
        told = [outcome.score.detail, f"sql: {outcome.sql}", f"gold: {outcome.gold_sql}"]
        why = ", ".join(dict.fromkeys(text for text in (outcome.reason, outcome.fault) if text))
        _add(element, "failure", why, "\n".join(text for text in told if text))
    return element


def _add(parent: ElementTree.Element, name: str, message: str, text: str = "") -> None:
    element = ElementTree.SubElement(parent, name, message=_clean(message))
    if text:
        element.text = _clean(text)


def _clean(text: str) -> str:
    """The text without characters that no XML may hold."""
    return _NOT_XML.sub("\ufffd", text)
