"""`nlq audit`: look at the audit log, and find out whether it was tampered with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nlq.cli.options import Json, settings_of
from nlq.cli.screen import say, say_error, table, write, write_json, write_rich
from nlq.errors import RequestError

if TYPE_CHECKING:
    from nlq.audit.record import Link
    from nlq.audit.verify import Verdict

_LINK = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


def audit(
    action: Annotated[Literal["show", "verify"], typer.Argument()],
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="the log [default: the setting `audit`]")
    ] = None,
    principal: Annotated[
        str | None, typer.Option("--principal", metavar="ID", help="show: an id, `owner` or `anonymous`")
    ] = None,
    relation: Annotated[
        str | None, typer.Option("--relation", metavar="NAME", help="show: what a plan read")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="show: 2026-01-31, 2026-01-31T12:00 or 12h"),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", metavar="CODE", help="show: `ok`, `failed`, `policy` or `policy.denied`"),
    ] = None,
    last: Annotated[
        int, typer.Option("--last", min=1, help="show: so many records at most, the newest")
    ] = 100,
    first: Annotated[
        int, typer.Option("--from", min=1, help="verify: the first record that should be there")
    ] = 1,
    noted: Annotated[
        str | None,
        typer.Option("--noted", metavar="NUMBER:HASH", help="verify: a record that must be there"),
    ] = None,
    json: Json = False,
) -> None:
    """Show the records of the audit log, or verify that none was changed, removed or added."""
    from nlq.audit.open import audit_key

    settings = settings_of(audit=path)
    if not settings.audit:
        raise RequestError("request.invalid", "no audit log is named", "give its path, or set `audit`")
    log = Path(settings.audit)
    if action == "show":
        _show(log, principal, relation, since, outcome, last, as_json=json)
    else:
        _verify(log, audit_key(settings), first, _link(noted) if noted else None, as_json=json)


def _show(
    log: Path,
    principal: str | None,
    relation: str | None,
    since: str | None,
    outcome: str | None,
    last: int,
    *,
    as_json: bool,
) -> None:
    from datetime import UTC, datetime

    from nlq.audit.read import Filter, parse_since, read_records

    moment = parse_since(since, datetime.now(UTC)) if since else None
    found, unread = read_records(log, Filter(principal, relation, moment, outcome), last)
    if as_json:
        write_json({"records": found, "unreadable": unread})
    elif found:
        write_rich(table(_COLUMNS, [_row(r) for r in found], [False] * 5 + [True] * 2))
    else:
        say("no record fits")
    if unread:
        say(f"{unread:,} lines cannot be read: `nlq audit verify` says which")


_COLUMNS = ("time", "who", "kind", "outcome", "question", "rows", "ms")


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    from nlq.audit.read import who

    time = str(record.get("time", ""))[:19].replace("T", " ")
    asked = record.get("template") or f"{record.get('refused', 0)} requests were refused"
    shown = (record.get("kind", ""), record.get("outcome", ""), asked, record.get("rows", ""))
    return (time, who(record), *map(str, shown), str(record.get("ms", "")))


def _verify(log: Path, key: bytes, first: int, noted: Link | None, *, as_json: bool) -> None:
    from nlq.audit.verify import verify

    verdict = verify(log, key, first=first, noted=noted)
    if as_json:
        write_json(_verdict_json(verdict))
    elif verdict.error is None:
        end = f"{verdict.last.seq}:{verdict.last.hash}"
        write(f"{verdict.records:,} records, each as it was written; the last is {end}\n")
    else:
        where = f" ({verdict.place})" if verdict.place else ""
        say_error(
            type(verdict.error)(verdict.error.code, verdict.error.message + where, verdict.error.hint)
        )
    if verdict.unanchored:
        say(f"the last {verdict.unanchored:,} were written after the head: a process ended just then")
    if verdict.torn:
        say("one more line was begun and not ended: the next record puts it aside")
    if verdict.error is not None:
        raise typer.Exit(1)


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    place, error = verdict.place, verdict.error
    return {
        "intact": error is None,
        "records": verdict.records,
        "last": {"seq": verdict.last.seq, "hash": verdict.last.hash},
        "unanchored": verdict.unanchored,
        "torn": verdict.torn,
        "error": {"code": error.code, "message": error.message, "hint": error.hint} if error else None,
        "place": {"file": place.path.name, "line": place.line} if place else None,
    }


def _link(text: str) -> Link:
    from nlq.audit.record import Link

    found = _LINK.fullmatch(text)
    if found is None:
        raise RequestError(
            "request.invalid", "`--noted` is not a number and a hash", "write it as `nlq audit verify` does"
        )
    return Link(int(found[1]), found[2])
