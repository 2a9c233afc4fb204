"""Runs the benchmarks and prints one Markdown table for each; `--json` for a program.

python -m benchmarks [imports] [cached] [check] [engines] [compile] [build] [audit] [defence] [guard]
    [restricted] [hiding] [change] [--json]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from benchmarks import (
    audit,
    building,
    cached,
    changing,
    checking,
    compiling,
    defence,
    engines,
    guarding,
    hiding,
    imports,
)
from benchmarks.table import Table

ALL: dict[str, Callable[[], Table]] = {
    "imports": imports.measure,
    "cached": cached.measure,
    "check": checking.measure,
    "engines": engines.measure,
    "compile": compiling.measure,
    "build": building.measure,
    "audit": audit.measure,
    "defence": defence.measure,
    "guard": guarding.measure_making,
    "restricted": guarding.measure_running,
    "hiding": hiding.measure,
    "change": changing.measure,
}


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 2 for an unknown benchmark."""
    as_json = "--json" in arguments
    names = [a for a in arguments if a != "--json"] or list(ALL)
    for name in names:
        if name not in ALL:
            print(f"unknown benchmark `{name}`; there are {', '.join(ALL)}", file=sys.stderr)
            return 2
    tables = [ALL[name]() for name in names]
    if as_json:
        print(json.dumps([t.to_json() for t in tables], indent=2))
    else:
        print("\n\n".join(t.to_markdown() for t in tables))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
