"""Reports as files: the ending of the name says the format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nlq.errors import EvalError
from nlq.evaluate.compare import Compared
from nlq.evaluate.junit import junit_text
from nlq.evaluate.markdown import markdown_text
from nlq.evaluate.page import page_text


def _json_text(compared: Sequence[Compared], failures: Sequence[str]) -> str:
    raw = {"reports": [c.to_json() for c in compared], "failures": list(failures)}
    return json.dumps(raw, ensure_ascii=False, indent=1) + "\n"


_FORMATS: Mapping[str, Callable[[Sequence[Compared], Sequence[str]], str]] = {
    ".json": _json_text,
    ".xml": junit_text,
    ".md": markdown_text,
    ".html": page_text,
}


def require_format(path: Path) -> None:
    """Refuse a name that says no format, before anything was asked. Raises `eval.invalid`."""
    if path.suffix not in _FORMATS:
        raise EvalError(
            "eval.invalid",
            f"`{path.name}` names no format of a report",
            "let it end in " + ", ".join(f"`{ending}`" for ending in _FORMATS),
        )


def write_report(path: Path, compared: Sequence[Compared], failures: Sequence[str]) -> None:
    """Write one report. Raises `eval.invalid` where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_FORMATS[path.suffix](compared, failures), "utf-8")
    except OSError as error:
        raise EvalError("eval.invalid", f"the report `{path}` cannot be written") from error
