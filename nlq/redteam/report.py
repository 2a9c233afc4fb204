"""What came of a red team's attacks, for a reader, for programs (JSON) and for CI (JUnit XML). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree import ElementTree

Kind = Literal["refused", "failed", "answered", "LEAKED"]
KINDS: tuple[Kind, ...] = ("refused", "failed", "answered", "LEAKED")


@dataclass(frozen=True, slots=True)
class Trial:
    """One attack by one principal. `findings` say what leaked, or what else is wrong."""

    principal: str
    family: str
    sql: str
    kind: Kind
    seconds: float
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All trials. `untried` attacks did not fit into the time; `canaries` were planted.

    `blind` are principals to whom nothing is hidden: attacks of theirs prove nothing.
    """

    dialect: str
    seed: int
    trials: tuple[Trial, ...]
    canaries: int
    untried: int = 0
    blind: tuple[str, ...] = ()

    @property
    def leaks(self) -> tuple[Trial, ...]:
        """The trials that found something."""
        return tuple(t for t in self.trials if t.findings)

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "dialect": self.dialect,
            "seed": self.seed,
            "canaries": self.canaries,
            "tried": len(self.trials),
            "untried": self.untried,
            "leaked": len(self.leaks),
            "nothing_hidden_from": list(self.blind),
            "families": [
                {"family": family, **{kind.lower(): counts[kind] for kind in KINDS}}
                for family, counts in self.by_family()
            ],
            "leaks": [
                {"principal": t.principal, "family": t.family, "sql": t.sql, "findings": list(t.findings)}
                for t in self.leaks
            ],
        }

    def by_family(self) -> Iterable[tuple[str, Counter[Kind]]]:
        """How often each family ended how."""
        for family in sorted({t.family for t in self.trials}):
            yield family, Counter(t.kind for t in self.trials if t.family == family)


def to_junit(report: Report) -> str:
    """The report as JUnit XML: a case for each principal and family, which fails where anything leaked."""
    suite = ElementTree.Element("testsuite", name="nlq redteam")
    failures = 0
    for principal in sorted({t.principal for t in report.trials}):
        own = [t for t in report.trials if t.principal == principal]
        for family in sorted({t.family for t in own}):
            trials = [t for t in own if t.family == family]
            case = ElementTree.SubElement(
                suite, "testcase", classname=f"redteam.{principal}", name=family,
                time=f"{sum(t.seconds for t in trials):.3f}",
            )  # fmt: skip
            leaked = [t for t in trials if t.findings]
            failures += bool(leaked)
            if leaked:
                failure = ElementTree.SubElement(case, "failure", message=f"{len(leaked)} attacks leaked")
                failure.text = _printable("\n\n".join(f"{t.sql}\n{'; '.join(t.findings)}" for t in leaked))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
