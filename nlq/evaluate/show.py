"""Outcomes and reports as text for a terminal. Pure."""

from __future__ import annotations

from nlq.evaluate.compare import Comparison
from nlq.evaluate.outcome import Outcome
from nlq.evaluate.report import Abstention, Report
from nlq.evaluate.trust import COVERAGE, accuracy_at


def show_outcome(outcome: Outcome) -> str:
    """One line for a right answer; for another also the SQL and the gold."""
    case = outcome.case
    mark = "ok  " if outcome.score.correct else "MISS"
    why = ", ".join(dict.fromkeys(text for text in (outcome.reason, outcome.fault) if text))
    lines = [
        f"{case.number:>4} {mark} {outcome.seconds:6.1f} s  {case.question}"
        + ("" if outcome.score.correct else f"  [{why}]")
    ]
    if not outcome.score.correct:
        if outcome.score.detail:
            lines.append(f"            {outcome.score.detail}")
        if outcome.sql:
            lines.append(f"       sql  {one_line(outcome.sql)}")
        if outcome.gold_sql:
            lines.append(f"      gold  {one_line(outcome.gold_sql)}")
    return "\n".join(lines)


def show_summary(report: Report) -> str:
    """The accuracy, where it was lost, and what it cost, in a few lines."""
    data = report.to_json()
    low, high = report.interval
    seconds = data["seconds"]
    lines = [
        f"{report.suite}: {report.right} of {len(report.outcomes)} right, {data['accuracy']:.1%} "
        f"(95 % confidence: {low:.1%} to {high:.1%})",
    ]
    for title, key in (("by difficulty", "by_difficulty"), ("by class", "by_class")):
        if data[key]:
            lines.append(f"{title}: " + ", ".join(f"{n} {r}/{of}" for n, (r, of) in data[key].items()))
    missed = {r: n for r, n in data["reasons"].items() if r not in ("equal", "refused")}
    if missed:
        lines.append("missed: " + ", ".join(f"{reason} {count}" for reason, count in missed.items()))
    if data["faults"]:
        lines.append("faults: " + ", ".join(f"{fault} {count}" for fault, count in data["faults"].items()))
    if report.abstention.due or report.abstention.refused:
        lines.append(show_abstention(report.abstention))
    if len({confidence for confidence, _ in report.judged}) > 1:
        lines.append(show_trust(report))
    if report.leaks:
        lines.append("LEAKED: case " + ", ".join(str(o.case.number) for o in report.leaks))
    if report.unusable:
        lines.append(f"left out, for their gold does not run or finds nothing: {len(report.unusable)}")
    lines.append(
        f"{data['model_calls']} model calls for {data['drafts']} drafts, "
        f"{data['prompt_tokens']} prompt and {data['completion_tokens']} completion tokens"
        + (f", {report.cost_usd:.4f} USD" if report.cost_usd else "")
        + f"; seconds per question: {seconds['p50']:.2f} (half), {seconds['p95']:.2f} (95 of 100)"
    )
    return "\n".join(lines)


def show_abstention(abstention: Abstention) -> str:
    """What was refused, and what should have been."""
    precision, recall = abstention.precision, abstention.recall
    shares = [f"precision {precision:.0%}"] if precision is not None else []
    shares += [f"recall {recall:.0%}"] if recall is not None else []
    return (
        f"refused {abstention.refused}, of which rightly {abstention.both}; "
        f"due to be refused {abstention.due} ({', '.join(shares)})"
    )


def show_trust(report: Report) -> str:
    """How much righter the surest answers are than all."""
    surest, every = accuracy_at(COVERAGE, report.judged), accuracy_at(1, report.judged)
    return f"of the surest {COVERAGE:.0%}, right: {surest:.1%}; of all that have an answer: {every:.1%}"


def show_comparison(comparison: Comparison) -> str:
    """What changed since the baseline, in one line."""
    said = "more than chance" if comparison.significant else "may be chance"
    return (
        f"since the baseline: {len(comparison.gained)} gained, {len(comparison.lost)} lost "
        f"of {comparison.common} in both (McNemar, exact: p = {comparison.p:.3f}, {said})"
    )


def one_line(sql: str) -> str:
    """The text with all white space made one space each."""
    return " ".join(sql.split())
