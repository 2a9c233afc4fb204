"""A report as Markdown, for a comment on a pull request. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nlq.evaluate.compare import Compared, Comparison
from nlq.evaluate.outcome import Outcome
from nlq.evaluate.show import one_line, show_abstention
from nlq.evaluate.statistics import percentile
from nlq.evaluate.visible import visible

MOST_CASES = 50
"""A comment on GitHub holds 65,536 characters."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|@~$-])")


def markdown_text(compared: Sequence[Compared], failures: Sequence[str]) -> str:
    """The Markdown: the gate, a table of suites, what changed, and the cases that are wrong."""
    lines = ["# nlq eval: " + ("failed" if failures else "passed"), ""]
    lines += [f"- {escape(failure)}" for failure in failures]
    lines += ["", "| suite | right | 95 % | since the baseline | leaks | half within | USD |"]
    lines += ["|---|---:|---|---|---:|---:|---:|"]
    lines += [_row(one) for one in compared]
    for one in compared:
        lines += _suite(one)
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _row(compared: Compared) -> str:
    report = compared.report
    low, high = report.interval
    cells = (
        escape(report.suite),
        f"{report.right} of {len(report.outcomes)} ({report.accuracy:.1%})",
        f"{low:.1%} to {high:.1%}",
        _change(compared.comparison) if compared.comparison else "",
        str(len(report.leaks)),
        f"{percentile([o.seconds for o in report.outcomes], 50):.2f} s",
        f"{report.cost_usd:.4f}",
    )
    return f"| {' | '.join(cells)} |"


def _change(comparison: Comparison) -> str:
    return f"+{len(comparison.gained)} −{len(comparison.lost)} (p = {comparison.p:.3f})"


def _suite(compared: Compared) -> Iterator[str]:
    report, comparison = compared.report, compared.comparison
    lost = set(comparison.lost) if comparison else set()
    wrong = [o for o in report.outcomes if not o.score.correct]
    if report.abstention.due:
        yield from ("", f"{escape(report.suite)}: {show_abstention(report.abstention)}.")
    if comparison and comparison.gained:
        gained = [o.case for o in report.outcomes if o.case.key in comparison.gained]
        yield from ("", f"{escape(report.suite)}, right only now:", "")
        yield from (f"- {case.number}. {escape(case.question)}" for case in gained)
    if wrong:
        # What was right before comes first.
        wrong.sort(key=lambda o: (o.case.key not in lost, o.case.number))
        yield from ("", f"<details><summary>{escape(report.suite)}: {len(wrong)} wrong</summary>", "")
        for outcome in wrong[:MOST_CASES]:
            yield from _wrong(outcome, was_right=outcome.case.key in lost)
        if len(wrong) > MOST_CASES:
            yield f"… and {len(wrong) - MOST_CASES} more"
        yield from ("", "</details>")


def _wrong(outcome: Outcome, *, was_right: bool) -> Iterator[str]:
    why = ", ".join(dict.fromkeys(text for text in (outcome.reason, outcome.fault) if text))
    before = " **was right**" if was_right else ""
    yield f"- {outcome.case.number}. {escape(outcome.case.question)} ({escape(why)}){before}"
    if outcome.sql:
        yield f"  - ours: {code(outcome.sql)}"
    if outcome.gold_sql:
        yield f"  - gold: {code(outcome.gold_sql)}"


def escape(text: str) -> str:
    r"""The text as Markdown that shows it, on one line.

    >>> escape("a | <b>\nc")
    'a \\| \\<b\\> c'
    """
    return _SPECIAL.sub(r"\\\1", visible(one_line(text)))


def code(text: str) -> str:
    """The text as code, fenced by more backticks than it holds.

    >>> code("SELECT `a`")
    '`` SELECT `a` ``'
    """
    text = visible(one_line(text))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"
