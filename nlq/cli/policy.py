"""`nlq policy`: the policy as a migration for Postgres, and whether a database is still what it made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.options import Db, Json, PolicyFile, settings_of
from nlq.cli.screen import progress, say, write, write_json
from nlq.errors import SettingsError

if TYPE_CHECKING:
    from nlq.catalog import Catalog
    from nlq.defence import Defence
    from nlq.defence.drift import Drift
    from nlq.engine.postgres import PostgresEngine
    from nlq.settings import Settings

DEFAULT_ROLE = "nlq_reader"

policy = typer.Typer(
    name="policy",
    help="The policy in the database itself: write the migration, or check the database against it.",
    no_args_is_help=True,
)

Role = Annotated[
    str | None,
    typer.Option(
        "--role",
        metavar="NAME",
        help=f"the role that requests run as [default: `db_role`, else {DEFAULT_ROLE}]",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="write it there [default: stdout]", show_default=False),
]


@policy.command()
def sql(
    db: Db = None, policy: PolicyFile = None, role: Role = None, out: Out = None, json: Json = False
) -> None:
    """Write the migration that makes Postgres enforce the policy: review it, then run it."""
    from nlq.defence import write_migration

    settings = settings_of(db=db, policy=policy)
    with _opened(settings) as engine, progress("reading the catalog"):
        defence = _defence(settings, engine.introspect(), _role(role, settings))
    text = write_migration(defence)
    if out is not None:
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            raise SettingsError("settings.invalid", f"cannot write `{out}`: {error.strerror}") from error
    if json:
        given = {"out": str(out)} if out is not None else {"sql": text}
        write_json({"role": defence.names.reader, "policy": defence.fingerprint, **given})
    elif out is None:
        write(text)
    else:
        say(f"wrote {out}: review it, then run it as a superuser: psql -v ON_ERROR_STOP=1 -f {out}")


@policy.command()
def check(db: Db = None, policy: PolicyFile = None, role: Role = None, json: Json = False) -> None:
    """Say where the database differs from what the migration of this policy makes of it."""
    from nlq.defence import compare, expect_facts

    settings = settings_of(db=db, policy=policy)
    reader = _role(role, settings)
    with _opened(settings) as engine, progress("reading the database"):
        catalog = engine.introspect()
        if not catalog.relations:
            # The service's own login reads no table: it knows what the roles behind it may read.
            catalog = engine.introspect(as_role=reader)
        defence = _defence(settings, catalog, reader)
        drifts = compare(expect_facts(defence), engine.read_facts(defence.names))
    if json:
        findings = [
            {"what": d.what, "kind": d.kind, "subject": d.subject, "detail": d.detail} for d in drifts
        ]
        write_json({"role": reader, "policy": defence.fingerprint, "findings": findings})
    else:
        for line in _lines(drifts, defence.names.home):
            write(f"{line}\n")
        if drifts:
            say("`nlq policy sql` writes the migration that puts this right")
        else:
            say(f"the database enforces the policy (role `{reader}`, policy {defence.fingerprint})")
    if drifts:
        raise typer.Exit(1)


def _lines(drifts: Sequence[Drift], home: str) -> Iterator[str]:
    """What to say of each; of all that is missing in one line, where the migration was never run."""
    missing = [d for d in drifts if d.what == "missing"]
    never = any((d.kind, d.subject) == ("schema", home) for d in missing)
    if never:
        yield f"missing schema: {home}, and {len(missing) - 1} other things: the migration was never run"
    yield from (str(d) for d in drifts if not (never and d.what == "missing"))


@contextmanager
def _opened(settings: Settings) -> Iterator[PostgresEngine]:
    from nlq.engine import open_engine

    if not settings.db or not settings.policy:
        missing = "database" if not settings.db else "policy"
        raise SettingsError(
            "settings.invalid", f"no {missing} is named", "use `--db postgresql://…` and `--policy FILE`"
        )
    if not settings.db.startswith(("postgresql://", "postgres://")):
        raise SettingsError(
            "settings.invalid", "only Postgres can enforce a policy itself", "use `--db postgresql://…`"
        )
    engine = open_engine(settings.db, replace(settings, db_role=""))
    try:
        yield engine  # type: ignore[misc]  # the scheme says which engine it is
    finally:
        engine.close()


def _defence(settings: Settings, catalog: Catalog, role: str) -> Defence:
    from nlq.defence import make_defence
    from nlq.guard.predicate import require_applicable
    from nlq.wire import policy_source

    found = policy_source(settings)(catalog)
    require_applicable(found, catalog)
    return make_defence(found, catalog, role, writes=settings.mutations)


def _role(given: str | None, settings: Settings) -> str:
    return given or settings.db_role or DEFAULT_ROLE
