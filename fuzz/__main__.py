"""Fuzz for some time: `python -m fuzz [--blind | --replay] [--seconds N] [--work DIR]`.

Fuzzing needs `fuzz/requirements.txt`: atheris, and the parser in Python, which can be instrumented.
`--replay` and `--blind` need neither: they run with the parser that is installed, as a rule the compiled
one. One runs what was found and all of the corpus; the other mutates the corpus without looking at
coverage, which is many times faster.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

SEEDS = Path(__file__).with_name("seeds.sql")
WORK = Path(".fuzz")
SLOWED = 8
"""How many times slower than without them the instruments make the parser, at least."""


def main(arguments: list[str]) -> int:
    """Exit status: 0, 1 where something was found."""
    reader = argparse.ArgumentParser(prog="python -m fuzz")
    reader.add_argument("--seconds", type=int, default=600)
    reader.add_argument("--work", type=Path, default=WORK)
    reader.add_argument("--replay", action="store_true")
    reader.add_argument("--blind", action="store_true")
    given = reader.parse_args(arguments)
    if given.replay:
        return replay(given.work)
    return blind(given.seconds, given.work) if given.blind else fuzz(given.seconds, given.work)


def fuzz(seconds: int, work: Path) -> int:
    """Run atheris; findings are written down and do not end it."""
    import atheris

    with atheris.instrument_imports(include=["sqlglot", "nlq.plan", "nlq.guard"]):
        from fuzz.target import DIALECTS, SECONDS, try_text, world
    from fuzz.mutate import mutate

    for dialect in DIALECTS:
        world(dialect)  # what is made once is not part of the first text's time
    corpus, seeds = work / "corpus", seed_texts()
    corpus.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(seeds):
        for position in range(len(DIALECTS)):
            (corpus / f"seed-{number:03}-{position}").write_bytes(bytes([position]) + text.encode())
    count = {"executions": 0, "accepted": 0, "findings": 0}
    started = time.monotonic()

    def test(data: bytes) -> None:
        position, text = read_input(data)
        count["executions"] += 1
        try:
            statement, took = try_text(text, DIALECTS[position])
        except Exception:  # noqa: BLE001  # the very thing that is looked for
            count["findings"] += keep(work, "crash", data, traceback.format_exc())
            return
        count["accepted"] += statement is not None
        if took > SECONDS * SLOWED:
            count["findings"] += keep(work, "slow", data, f"{took:.1f} s with instruments")
        if count["executions"] % 5000 == 0:
            report = {**count, "seconds": round(time.monotonic() - started)}
            (work / "report.json").write_text(json.dumps(report) + "\n")

    def mutated(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.15:
            return bytes(atheris.Mutate(data, longest))
        position, text = read_input(data)
        if chance.random() < 0.4:  # what is far from any query finds little: begin anew
            text = chance.choice(seeds)
        if chance.random() < 0.1:
            position = chance.randrange(len(DIALECTS))
        return (bytes([position]) + mutate(text, seeds, chance).encode("utf-8", "replace"))[:longest]

    options = [
        f"-max_total_time={seconds}", "-max_len=24000", "-len_control=0", "-timeout=120",
        "-rss_limit_mb=6000", "-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={work}/",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(corpus)], test, custom_mutator=mutated)
    atheris.Fuzz()  # ends the process
    return 0


def replay(work: Path) -> int:
    """Run all that was kept with the installed parser, and say what fails or takes too long."""
    from fuzz.target import DIALECTS, SECONDS, try_text, world

    for dialect in DIALECTS:
        world(dialect)
    ran = accepted = found = 0
    slowest, at = 0.0, ""
    for path, data in kept_inputs(work):
        position, text = read_input(data)
        ran += 1
        try:
            statement, took = try_text(text, DIALECTS[position])
        except Exception:  # noqa: BLE001  # the very thing that is looked for
            found += 1
            print(f"{path}: {traceback.format_exc(limit=-3)}", file=sys.stderr)
            continue
        accepted += statement is not None
        if took > slowest:
            slowest, at = took, str(path)
        if took > SECONDS:
            found += 1
            print(f"{path}: {took:.1f} s", file=sys.stderr)
    print(f"{ran} texts, {accepted} became statements, {found} findings; the slowest {slowest:.3f} s: {at}")
    return 1 if found else 0


def blind(seconds: int, work: Path) -> int:
    """Mutate seeds and corpus for some time; the text under way is kept in a file, in case we die of it."""
    from fuzz.mutate import mutate
    from fuzz.target import DIALECTS, SECONDS, try_text, world

    for dialect in DIALECTS:
        world(dialect)
    work.mkdir(parents=True, exist_ok=True)
    chance = random.Random()
    # Long ones are slow to change, and mutations make short ones long.
    texts = [read_input(data) for _, data in kept_inputs(work) if len(data) < 1_500]
    others = [text for _, text in texts]
    ran = accepted = found = 0
    started = time.monotonic()
    while time.monotonic() < started + seconds:
        position, text = chance.choice(texts)
        text = mutate(text, others, chance)
        data = bytes([position]) + text.encode("utf-8", "replace")
        (work / "running").write_bytes(data)
        ran += 1
        try:
            statement, took = try_text(text, DIALECTS[position])
        except Exception:  # noqa: BLE001  # the very thing that is looked for
            found += keep(work, "crash", data, traceback.format_exc())
            continue
        accepted += statement is not None
        if took > SECONDS:
            found += keep(work, "slow", data, f"{took:.1f} s")
        if ran % 5000 == 0:
            told = {"executions": ran, "accepted": accepted, "findings": found,
                    "seconds": round(time.monotonic() - started)}  # fmt: skip
            (work / "blind.json").write_text(json.dumps(told) + "\n")
    print(f"{ran} texts, {accepted} became statements, {found} findings")
    return 1 if found else 0


def read_input(data: bytes) -> tuple[int, str]:
    """The position of the dialect, and the text."""
    return (data[0] if data else 0) % 3, data[1:].decode("utf-8", "replace")


def seed_texts() -> list[str]:
    """Statements of `seeds.sql`."""
    return [s.strip() for s in SEEDS.read_text("utf-8").split(";\n") if s.strip()]


def kept_inputs(work: Path) -> Iterator[tuple[Path, bytes]]:
    """Seeds, corpus and findings."""
    for text in seed_texts():
        for position in range(3):
            yield SEEDS, bytes([position]) + text.encode()
    for directory in ("corpus", "crash", "slow"):
        for path in sorted((work / directory).glob("*")):
            if path.suffix != ".txt":
                yield path, path.read_bytes()


def keep(work: Path, kind: str, data: bytes, why: str) -> bool:
    """Write a finding down, once for each place that it comes from; whether it is new."""
    lines = [line for line in why.splitlines() if line.lstrip().startswith("File ")]
    place = "\n".join(lines[-2:]) or data[:40].decode("utf-8", "replace")
    path = work / kind / hashlib.sha256(place.encode()).hexdigest()[:12]
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(why, "utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
