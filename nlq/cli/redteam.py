"""`nlq redteam`: attack a copy of one's own database, as each role of one's own policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.options import Db, Json, PolicyFile, settings_of
from nlq.cli.screen import clean, say, table, write, write_json, write_rich
from nlq.errors import SettingsError

if TYPE_CHECKING:
    from nlq.redteam.report import Report

SHOWN = 20
"""So many leaks are shown to a reader; JSON and JUnit have them all."""


def redteam(
    db: Db = None,
    policy: PolicyFile = None,
    seconds: Annotated[float, typer.Option(min=1, help="how long to attack")] = 60.0,
    attacks: Annotated[int, typer.Option(min=1, help="so many attacks at most")] = 10_000,
    seed: Annotated[int, typer.Option(help="decides rows, canaries and the order of attacks")] = 0,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="write JUnit XML", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Plant canaries in a scratch copy and attack it as each role. Fails where anything comes out.

    Your database is only read. On Postgres the copy is a database beside it, dropped in the end.
    """
    from nlq.redteam.report import to_junit
    from nlq.redteam.run import redteam as attack
    from nlq.wire import policy_source

    settings = settings_of(db=db, policy=policy)
    if not settings.policy and not settings.models:
        raise SettingsError(
            "settings.no_policy", "there is no policy to attack", "name one with `--policy policy.toml`"
        )
    if not settings.db:
        raise SettingsError("settings.invalid", "no database is named", "use `--db URL`")
    say(f"attacking a scratch copy for up to {seconds:g} s…")
    report = attack(
        settings.db, settings, policy_source(settings), seed=seed, seconds=seconds, most=attacks
    )
    if junit is not None:
        junit.write_text(to_junit(report), "utf-8")
    if json:
        write_json(report.to_json())
    else:
        _show(report)
    if report.leaks:
        raise typer.Exit(1)


def _show(report: Report) -> None:
    from nlq.redteam.report import KINDS

    rows = [
        (family, str(counts.total()), *(str(counts[kind]) for kind in KINDS))
        for family, counts in report.by_family()
    ]
    write_rich(table(["family", "tried", *KINDS], rows, [False] + [True] * 5))
    for trial in report.leaks[:SHOWN]:
        write(
            clean(f"\nLEAKED to {trial.principal}: {'; '.join(trial.findings)}\n  {trial.sql}\n", keep="\n")
        )
    for name in report.blind:
        write(clean(f"{name} may see everything: nothing was tried.\n", keep="\n"))
    write(
        f"\n{len(report.trials)} attacks, {report.canaries} canaries, {len(report.leaks)} leaks"
        f" ({report.untried} attacks not tried in this time; seed {report.seed}).\n"
    )
