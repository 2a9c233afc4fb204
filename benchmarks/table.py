"""A table of measurements: a row a subject, with its median, spread and ratio to the first row."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(slots=True)
class Table:
    """`rows`: subject to samples, all in `unit`. The first row is the baseline, if `ratios`."""

    title: str
    unit: str
    rows: dict[str, list[float]] = field(default_factory=dict)
    ratios: bool = True
    notes: list[str] = field(default_factory=list)

    def add(self, subject: str, sample: float) -> None:
        """One more sample of a subject."""
        self.rows.setdefault(subject, []).append(sample)

    def to_markdown(self) -> str:
        """The table as Markdown, notes below it."""
        head = f"| | median {self.unit} | min-max | n |" + (" ratio |" if self.ratios else "")
        lines = [f"### {self.title}", "", head, "|---|---:|---:|---:|" + ("---:|" if self.ratios else "")]
        base = median(next(iter(self.rows.values())))
        for subject, samples in self.rows.items():
            m = median(samples)
            line = f"| {subject} | {m:.3g} | {min(samples):.3g}-{max(samples):.3g} | {len(samples)} |"
            lines.append(line + (f" {m / base:.2f} |" if self.ratios else ""))
        return "\n".join([*lines, "", *self.notes])

    def to_json(self) -> dict[str, Any]:
        """Title, unit, samples and notes."""
        return {"title": self.title, "unit": self.unit, "rows": self.rows, "notes": self.notes}
