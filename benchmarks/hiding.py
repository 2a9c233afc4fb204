"""Whether what is hidden can be told from what does not exist by how long the refusal takes.

Half of the names, drawn by chance, are of relations or columns that the caller may not know of; the
others of nothing. Each is asked for by SQL, in a new order each round. `told apart` is how often, of two
refusals, the one of a hidden name takes longer: half the time, if nothing is told. Its interval is drawn
over names, for two names differ by their letters as well.
"""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import string
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import fmean

from benchmarks.hotpath.__main__ import serving
from benchmarks.table import Table
from nlq.errors import NlqError
from nlq.policy import Principal
from nlq.settings import Settings
from nlq.wire import open_service

NAMES = 80
WARM, COLD, OVER_HTTP = 200, 12, 60
"""How often every name is asked for."""
DRAWS = 1000
WHO = {"id": 7, "roles": ["member"]}

Samples = dict[str, list[float]]
"""Microseconds by name."""
Ask = Callable[[str], None]


def measure() -> Table:
    """Microseconds of a refusal, hidden and missing in turn, and how far they are told apart as notes."""
    table = Table("Hidden and missing names", "µs", ratios=False)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        chance = random.Random(7)
        kinds = _make_world(directory, chance)
        for where, rounds, opened in (
            ("in process", WARM, _in_process),
            ("in process, first asked of a service", COLD, None),
            ("over HTTP", OVER_HTTP, _over_http),
        ):
            for kind, (names, hidden) in kinds.items():
                samples: Samples = {n: [] for n in names}
                if opened is None:
                    for _ in range(rounds):
                        with _in_process(directory) as ask:
                            _round(ask, kind, samples, chance)
                else:
                    with opened(directory) as ask:
                        _round(ask, kind, {n: [] for n in names}, chance)
                        for _ in range(rounds):
                            _round(ask, kind, samples, chance)
                _report(table, f"{kind}, {where}", samples, hidden, chance)
    return table


def _make_world(directory: Path, chance: random.Random) -> dict[str, tuple[list[str], set[str]]]:
    """Writes database and policy; by kind the names, and those of them that exist."""

    def words(count: int, like: str = "") -> list[str]:
        return [
            like + "".join(chance.choices(string.ascii_lowercase, k=8 - len(like))) for _ in range(count)
        ]

    kinds = {
        "a relation": words(NAMES),
        "one like `orders`": words(NAMES, "order"),
        "a column": words(NAMES),
    }
    hidden = {kind: set(chance.sample(names, NAMES // 2)) for kind, names in kinds.items()}
    relations = [n for kind in ("a relation", "one like `orders`") for n in sorted(hidden[kind])]
    columns = ", ".join(f"{n} INTEGER" for n in sorted(hidden["a column"]))
    with closing(sqlite3.connect(directory / "db.sqlite")) as file:
        file.execute(f"CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER, status TEXT, {columns})")
        file.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)")
        for name in relations:
            file.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, word TEXT)")
        file.commit()
    policy = ["[relations.people]", "read = true", "[relations.orders]", "read = true"]
    policy += ["[relations.orders.columns]", *(f'{n} = "hidden"' for n in sorted(hidden["a column"]))]
    for name in relations:
        policy += [f"[relations.{name}]", 'read = { roles = ["admin"] }']
    (directory / "policy.toml").write_text("\n".join(policy), "utf-8")
    return {kind: (names, hidden[kind]) for kind, names in kinds.items()}


@contextmanager
def _in_process(directory: Path) -> Iterator[Ask]:
    settings = Settings(
        db=f"sqlite:///{directory / 'db.sqlite'}", policy=str(directory / "policy.toml"),
        cache_dir=str(directory / "cache"),
    )  # fmt: skip
    principal = Principal(WHO["id"], frozenset(WHO["roles"]))
    with closing(open_service(settings)) as service:

        def ask(sql: str) -> None:
            try:
                service.sql(sql, principal=principal)
            except NlqError as error:
                assert error.code.startswith("plan.unknown_"), error.code

        yield ask


@contextmanager
def _over_http(directory: Path) -> Iterator[Ask]:
    settings = {
        "NLQ_DB": f"sqlite:///{directory / 'db.sqlite'}", "NLQ_POLICY": str(directory / "policy.toml"),
        "NLQ_CACHE_DIR": str(directory / "cache"), "NLQ_DEV": "true",
    }  # fmt: skip
    with serving("hiding", ("--factory", "nlq.http:app_from_environment"), settings, []) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)

        def ask(sql: str) -> None:
            headers = {"Content-Type": "application/json", "X-Nlq-As": json.dumps(WHO)}
            connection.request("POST", "/sql", json.dumps({"sql": sql}), headers)
            body = json.loads(connection.getresponse().read())
            assert body["code"].startswith("plan.unknown_"), body

        yield ask
        connection.close()


def _round(ask: Ask, kind: str, samples: Samples, chance: random.Random) -> None:
    """Every name once more."""
    for name in chance.sample(list(samples), len(samples)):
        sql = f"SELECT {name} FROM orders" if kind == "a column" else f"SELECT * FROM {name}"
        started = time.perf_counter()
        ask(sql)
        samples[name].append(1e6 * (time.perf_counter() - started))


def _report(table: Table, subject: str, samples: Samples, hidden: set[str], chance: random.Random) -> None:
    sides = sorted(hidden), sorted(set(samples) - hidden)
    for what, names in zip(("hidden", "missing"), sides, strict=True):
        for name in names:
            for sample in samples[name]:
                table.add(f"{subject}: {what}", sample)
    scores = _scores(samples)
    told = _told_apart(scores, *sides)
    drawn = sorted(
        _told_apart(scores, *(chance.choices(side, k=len(side)) for side in sides)) for _ in range(DRAWS)
    )
    low, high = drawn[DRAWS // 40], drawn[-DRAWS // 40]
    table.notes.append(f"- {subject}: told apart {told:.3f} (95 % interval {low:.3f} to {high:.3f})")


def _scores(samples: Samples) -> dict[str, float]:
    """The mean rank of each name's samples among all, from 0 to 1: a pause of the machine is one rank."""
    ranked = sorted((sample, name) for name, own in samples.items() for sample in own)
    sums = dict.fromkeys(samples, 0)
    for rank, (_, name) in enumerate(ranked):
        sums[name] += rank
    return {name: sums[name] / len(own) / len(ranked) for name, own in samples.items()}


def _told_apart(scores: dict[str, float], hidden: list[str], missing: list[str]) -> float:
    """Of Mann and Whitney: how likely a sample of the one is greater than one of the other."""
    return 0.5 + fmean(scores[n] for n in hidden) - fmean(scores[n] for n in missing)
