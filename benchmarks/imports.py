"""How long a fresh interpreter takes to import nlq, its command line and its server."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.table import Table

SUBJECTS = {
    "python alone": "pass",
    "import nlq": "import nlq",
    "import nlq.cli": "import nlq.cli",
    "import nlq.service (parser, guard)": "import nlq.service",
    "import nlq.http (server)": "import nlq.http",
}


def measure(runs: int = 7) -> Table:
    """Wall time of whole processes, subjects taken in turn."""
    table = Table("Import time", "ms")
    for run in range(runs + 1):
        for subject, code in SUBJECTS.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            if run:  # the first fills the file cache
                table.add(subject, (time.perf_counter() - started) * 1000)
    check = (
        "import sys, nlq.http, nlq.cli; print([m for m in ('litellm', 'xllamacpp') if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", check], check=True, capture_output=True, text=True)
    table.notes.append(f"Model libraries that serving imports: {loaded.stdout.strip()}")
    return table
