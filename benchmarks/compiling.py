"""Time and tokens to compile a question with the embedded model: first, same schema, and from the store."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace

from benchmarks.table import Table
from nlq.demo import PREPARED, create_demo, demo_path
from nlq.errors import NlqError
from nlq.settings import Settings
from nlq.wire import open_service


def measure() -> Table:
    """Seconds a question, prepared questions of the demo, an empty store."""
    path = demo_path()
    if not path.is_file():
        create_demo(path)
    table = Table("Compiling with the embedded model, demo database", "s", ratios=False)
    prompt = completion = calls = failed = 0
    with tempfile.TemporaryDirectory() as cache:
        service = open_service(replace(Settings(), db=f"duckdb:///{path}", cache_dir=cache))
        try:
            for position, question in enumerate(PREPARED):
                started = time.perf_counter()
                try:
                    answer = service.ask(question)
                except NlqError:
                    failed += 1
                    continue
                subject = "first (loads the model)" if position == 0 else "later ones"
                table.add(subject, time.perf_counter() - started)
                prompt += answer.plan.provenance.prompt_tokens
                completion += answer.plan.provenance.completion_tokens
                calls += answer.model_calls
                started = time.perf_counter()
                service.ask(question)
                table.add("asked again", time.perf_counter() - started)
        finally:
            service.close()
    asked = len(PREPARED) - failed
    table.notes.append(
        f"A question: {prompt / asked:.0f} prompt tokens (most from the prefix cache), "
        f"{completion / asked:.0f} completion tokens, {calls / asked:.2f} calls; {failed} failed."
    )
    return table
