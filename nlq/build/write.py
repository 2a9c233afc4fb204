"""Reports as files: the ending of the name says the format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from nlq.build.report import Report
from nlq.build.show import junit_text
from nlq.errors import RequestError

_FORMATS: Mapping[str, Callable[[Report], str]] = {
    ".xml": junit_text,
    ".json": lambda report: json.dumps(report.to_json(), ensure_ascii=False, indent=1) + "\n",
}


def require_format(path: Path) -> None:
    """Refuse a name that says no format, before anything was done. Raises `request.invalid`."""
    if path.suffix not in _FORMATS:
        raise RequestError(
            "request.invalid",
            f"`{path.name}` names no format of a report",
            "let it end in `.xml` or `.json`",
        )


def write_report(path: Path, report: Report) -> None:
    """Write one report. Raises `request.invalid` where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_FORMATS[path.suffix](report), "utf-8")
    except OSError as error:
        raise RequestError("request.invalid", f"the report `{path}` cannot be written") from error
