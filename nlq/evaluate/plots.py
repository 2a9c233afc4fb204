"""Plots as inline SVG. Words are HTML beside them, so that they keep their size at every width. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from nlq.evaluate.statistics import wilson
from nlq.evaluate.visible import html_text

BINS = 18
_HEIGHT = 60.0


def shares_plot(title: str, shares: Mapping[str, Sequence[int]]) -> str:
    """A bar for each name with its share of right answers and where the true share lies; worst first."""
    rows = []
    for name, (right, of) in sorted(shares.items(), key=lambda item: item[1][0] / max(item[1][1], 1)):
        bar = interval_bar(right, of, f"{name}: {right} of {of} right")
        rows.append(_row(name, bar, f"{right}/{of}"))
    return _figure(title, "share right, with 95 % interval", f'<div class="bars">{"".join(rows)}</div>')


def counts_plot(title: str, note: str, counts: Mapping[str, int]) -> str:
    """A bar for each name with its count, the most first."""
    most = max(counts.values(), default=1)
    rows = []
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        width = 100 * count / most
        bar = _svg(16, f"{name}: {count}", f'<rect class="wrong" width="{width:.2f}" height="16" rx="1"/>')
        rows.append(_row(name, bar, str(count)))
    return _figure(title, note, f'<div class="bars">{"".join(rows)}</div>')


def interval_bar(right: int, of: int, label: str, height: int = 16) -> str:
    """The share as a bar, its interval as a line with ends."""
    low, high = wilson(right, of)
    share = 100 * right / max(of, 1)
    middle, end = height / 2, height / 5
    return _svg(
        height,
        label,
        f'<rect class="track" width="100" height="{height}"/>'
        f'<rect class="right" width="{share:.2f}" height="{height}"/>'
        f'<line x1="{100 * low:.2f}" x2="{100 * high:.2f}" y1="{middle}" y2="{middle}"/>'
        + "".join(
            f'<line x1="{100 * x:.2f}" x2="{100 * x:.2f}" y1="{end}" y2="{height - end}"/>'
            for x in (low, high)
        ),
    )


def curve_plot(title: str, points: Sequence[tuple[float, float]]) -> str:
    """Accuracy by coverage, from the surest few to all."""
    path = " ".join(f"{100 * x:.2f},{_HEIGHT * (1 - y):.2f}" for x, y in points)
    shapes = (
        f'<line class="axis" x1="0" x2="100" y1="{_HEIGHT}" y2="{_HEIGHT}"/>'
        f'<polyline class="curve" points="{path}"/>'
    )
    told = f"{title}: " + ", ".join(f"{y:.0%} of {x:.0%}" for x, y in points)
    first, middle, last = points[0], points[len(points) // 2], points[-1]
    axis = "".join(f"<span>{x:.0%}: {y:.0%}</span>" for x, y in (first, middle, last))
    note = "right, of the surest tenth to all"
    return _figure(title, note, f'{_svg(int(_HEIGHT), told, shapes)}<div class="axis">{axis}</div>')


def histogram(title: str, note: str, right: Sequence[float], wrong: Sequence[float], unit: str) -> str:
    """How values are spread, on a logarithmic scale: wrong answers on top of right ones."""
    values = [v for v in (*right, *wrong) if v > 0]
    if not values:
        return ""
    low, high = math.log10(min(values)), math.log10(max(values))
    if high - low < 0.3:  # equal values are a bar in the middle
        low, high = low - 0.3, high + 0.3

    def counted(group: Sequence[float]) -> list[int]:
        bins = [0] * BINS
        for value in group:
            at = (math.log10(value) - low) / (high - low) if value > 0 else 0.0
            bins[min(BINS - 1, max(0, int(at * BINS)))] += 1
        return bins

    rights, wrongs = counted(right), counted(wrong)
    most = max(r + w for r, w in zip(rights, wrongs, strict=True))
    step = 100 / BINS
    shapes = [f'<line class="axis" x1="0" x2="100" y1="{_HEIGHT}" y2="{_HEIGHT}"/>']
    for index, (r, w) in enumerate(zip(rights, wrongs, strict=True)):
        top = _HEIGHT
        for name, count in (("right", r), ("wrong", w)):
            height = _HEIGHT * count / most
            top -= height
            if count:
                shapes.append(
                    f'<rect class="{name}" x="{index * step + 0.3:.2f}" y="{top:.2f}" '
                    f'width="{step - 0.6:.2f}" height="{height:.2f}"/>'
                )
    drawn = _svg(int(_HEIGHT), f"{title}, from {_say(10**low)} to {_say(10**high)} {unit}", "".join(shapes))
    marks = (low, (low + high) / 2, high)
    axis = "".join(f"<span>{_say(10**mark)} {html_text(unit)}</span>" for mark in marks)
    key = '<p class="key"><i class="right"></i>right<i class="wrong"></i>wrong</p>'
    return _figure(title, note, f'{drawn}<div class="axis">{axis}</div>{key}')


def _say(value: float) -> str:
    """Two digits that matter.

    >>> _say(0.0123), _say(1234.5), _say(2.0)
    ('0.012', '1,200', '2')
    """
    if value <= 0:
        return "0"
    digits = 1 - math.floor(math.log10(value))
    rounded = round(value, digits)
    return f"{rounded:,.{max(digits, 0)}f}".rstrip("0").rstrip(".") if digits > 0 else f"{rounded:,.0f}"


def _row(name: str, bar: str, value: str) -> str:
    return f'<span class="name">{html_text(name)}</span>{bar}<span class="value">{html_text(value)}</span>'


def _svg(height: int, label: str, shapes: str) -> str:
    return (
        f'<svg viewBox="0 0 100 {height}" height="{height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{html_text(label)}">{shapes}</svg>'
    )


def _figure(title: str, note: str, content: str) -> str:
    said = f" <span>{html_text(note)}</span>" if note else ""
    return f"<figure><figcaption>{html_text(title)}{said}</figcaption>{content}</figure>"
