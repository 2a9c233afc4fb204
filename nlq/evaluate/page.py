"""A report as one HTML page that needs nothing else: no script, no font, no other host. Pure.

Questions, SQL and values come from anywhere: all text is escaped, and the page may load nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

import sqlglot

from nlq.evaluate.compare import Compared, Comparison
from nlq.evaluate.outcome import Outcome, Shown
from nlq.evaluate.plots import counts_plot, curve_plot, histogram, interval_bar, shares_plot
from nlq.evaluate.report import Report, shares
from nlq.evaluate.statistics import percentile
from nlq.evaluate.trust import coverage_curve
from nlq.evaluate.visible import html_text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

MOST_CASES = 500
"""Wrong answers that are shown for a suite."""


def page_text(compared: Sequence[Compared], failures: Sequence[str]) -> str:
    """The page."""
    style = files("nlq.evaluate").joinpath("page.css").read_text("utf-8")
    title = ", ".join(f"{c.report.suite} {c.report.accuracy:.0%}" for c in compared)
    suites = "".join("".join(_suite(one)) for one in compared)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{html_text(title)} · nlq eval</title><style>{style}</style></head><body>"
        f"<header><h1>nlq eval</h1>{_verdict(failures)}</header><main>{suites}</main></body></html>\n"
    )


def _verdict(failures: Sequence[str]) -> str:
    if not failures:
        return '<div class="verdict"><strong class="good">passed</strong></div>'
    listed = "".join(f"<li>{html_text(failure)}</li>" for failure in failures)
    return f'<div class="verdict failed"><strong class="bad">failed</strong><ul>{listed}</ul></div>'


def _suite(compared: Compared) -> Iterator[str]:
    report = compared.report
    low, high = report.interval
    of = len(report.outcomes)
    yield f'<section class="suite"><h2>{html_text(report.suite)}</h2>'
    if str(report.made):
        yield f'<p class="soft">{html_text(str(report.made))}</p>'
    yield (
        f'<p class="headline"><b>{report.accuracy:.1%}</b><span>{report.right} of {of} right</span>'
        f'<span class="soft">95 % interval {low:.1%} to {high:.1%}</span></p>'
    )
    yield interval_bar(report.right, of, f"{report.right} of {of} right", height=22)
    yield _tiles(report)
    yield f'<div class="plots">{"".join(_plots(report))}</div>'
    if compared.comparison is not None:
        yield from _changes(report, compared.comparison)
    yield from _wrong(report, compared.comparison)
    if report.unusable:
        yield '<div class="cases"><h3>Left out, for their gold says nothing</h3><ul>'
        yield "".join(f"<li>{u.number}. {html_text(u.why)}</li>" for u in report.unusable)
        yield "</ul></div>"
    yield "</section>"


def _tiles(report: Report) -> str:
    data = report.to_json()
    of = max(len(report.outcomes), 1)
    valid, due = report.valid
    tiles = [
        ("SQL that ran", f"{valid} of {due}"),
        ("leaks", f'<span class="{"bad" if report.leaks else "good"}">{len(report.leaks)}</span>'),
        ("seconds, half within", f"{data['seconds']['p50']:.2f}"),
        ("seconds, 95 of 100", f"{data['seconds']['p95']:.2f}"),
        ("drafts a question", f"{data['drafts'] / of:.2f}"),
        ("tokens a question", f"{data['tokens_per_question']:,.0f}"),
        ("cost", f"{report.cost_usd:.4g} USD"),
        ("known before", f"{data['cached']} of {len(report.outcomes)}"),
    ]
    known = report.abstention
    if known.due or known.refused:
        tiles.append(("rightly refused", f"{known.both} of {known.refused} refused, {known.due} due"))
    return (
        '<dl class="tiles">'
        + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles)
        + "</dl>"
    )


def _plots(report: Report) -> Iterator[str]:
    outcomes = report.outcomes
    right = [o for o in outcomes if o.score.correct]
    wrong = [o for o in outcomes if not o.score.correct]
    if by_class := shares(outcomes, lambda o: o.case.kind):
        yield shares_plot("By class", by_class)
    if by_difficulty := shares(outcomes, lambda o: o.case.difficulty):
        yield shares_plot("By difficulty", by_difficulty)
    faults: dict[str, int] = {}
    for outcome in wrong:
        name = outcome.fault or outcome.reason
        faults[name] = faults.get(name, 0) + 1
    if faults:
        yield counts_plot("What was wrong", "wrong answers", faults)
    if len({confidence for confidence, _ in report.judged}) > 1:
        yield curve_plot("Confidence", coverage_curve(report.judged))
    if outcomes:
        half = percentile([o.seconds for o in outcomes], 50)
        note = f"half within {half:.2f} s, logarithmic"
        yield histogram("Time", note, [o.seconds for o in right], [o.seconds for o in wrong], "s")
    spent = [o.cost_usd for o in right], [o.cost_usd for o in wrong]
    if report.cost_usd:
        yield histogram("Cost", f"{report.cost_usd:.4f} USD in all", *spent, "USD")
    else:
        tokens = [[float(o.prompt_tokens + o.completion_tokens) for o in group] for group in (right, wrong)]
        yield histogram("Tokens", "of a question, logarithmic", tokens[0], tokens[1], "")


def _changes(report: Report, comparison: Comparison) -> Iterator[str]:
    said = "more than chance makes" if comparison.significant else "which may be chance"
    yield (
        '<div class="cases"><h3>Since the baseline</h3>'
        f'<p><span class="good">{len(comparison.gained)} gained</span>, '
        f'<span class="bad">{len(comparison.lost)} lost</span> of {comparison.common} in both, {said} '
        f'<span class="soft">(McNemar, exact: p = {comparison.p:.3f})</span></p>'
    )
    cases = {o.case.key: o.case for o in report.outcomes}
    for title, keys in (("Right only now", comparison.gained), ("Right only before", comparison.lost)):
        if keys:
            listed = "".join(f"<li>{cases[k].number}. {html_text(cases[k].question)}</li>" for k in keys)
            yield f"<p>{title}</p><ul>{listed}</ul>"
    yield "</div>"


def _wrong(report: Report, comparison: Comparison | None) -> Iterator[str]:
    lost = set(comparison.lost) if comparison else set()
    wrong = sorted(
        (o for o in report.outcomes if not o.score.correct),
        key=lambda o: (not o.leaked, o.case.key not in lost, o.case.number),
    )
    if not wrong:
        return
    yield f'<div class="cases"><h3>{len(wrong)} wrong</h3>'
    for outcome in wrong[:MOST_CASES]:
        yield _case(outcome, was_right=outcome.case.key in lost)
    if len(wrong) > MOST_CASES:
        yield f'<p class="soft">… and {len(wrong) - MOST_CASES} more</p>'
    yield "</div>"


def _case(outcome: Outcome, *, was_right: bool) -> str:
    case = outcome.case
    tags = [
        text for text in dict.fromkeys((outcome.reason, outcome.fault, case.kind, case.difficulty)) if text
    ]
    shown = "".join(f' <span class="tag">{html_text(tag)}</span>' for tag in tags)
    if was_right:
        shown = ' <span class="tag bad">was right</span>' + shown
    who = f' <span class="soft">as {html_text(case.asked_by)}</span>' if case.asked_by else ""
    told = f'<p class="told">{html_text(outcome.score.detail)}</p>' if outcome.score.detail else ""
    evidence = f'<p class="told">{html_text(case.evidence)}</p>' if case.evidence else ""
    ours = _side("Ours", _pretty(outcome.sql, outcome.dialect), outcome.ours)
    gold = _side("Gold", outcome.gold_sql, outcome.wanted)
    return (
        f"<details{' open' if was_right or outcome.leaked else ''}><summary>"
        f'<span class="number">{case.number}.</span> {html_text(case.question)}{who}{shown}</summary>'
        f'{evidence}{told}<div class="pair">{gold}{ours}</div></details>'
    )


def _side(title: str, sql: str, result: Shown | None) -> str:
    text = f"<pre>{html_text(sql)}</pre>" if sql else '<p class="soft">no SQL</p>'
    return f"<div><h4>{title}</h4>{text}{_table(result) if result else ''}</div>"


def _table(result: Shown) -> str:
    head = "".join(f"<th>{html_text(name)}</th>" for name in result.columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in result.rows)
    more = f", {len(result.rows)} shown" if result.of > len(result.rows) else ""
    rows = "1 row" if result.of == 1 else f"{result.of:,} rows"
    return f'<div class="rows"><table><caption>{rows}{more}</caption><tr>{head}</tr>{body}</table></div>'


def _cell(value: str) -> str:
    return f'<td class="null">{value}</td>' if value == "NULL" else f"<td>{html_text(value)}</td>"


def _pretty(sql: str, dialect: str) -> str:
    try:
        return sqlglot.parse_one(sql, dialect=dialect).sql(dialect=dialect, pretty=True)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return sql
