"""Records as lines: canonical JSON, sealed with a hash over the record and the one before it. Pure.

A line is the record's JSON with sorted keys and no white space, and `hash` as its last member. The hash is
that of the JSON without this member, so that any tool can check it:

    sed 's/,"hash":"[0-9a-f]*"}$/}/' | tr -d '\\n' | sha256sum
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NoReturn

from nlq.audit.account import Account
from nlq.audit.redact import redact_question, redact_sql
from nlq.compiler.intake import normalise
from nlq.plan import Plan
from nlq.policy import Decision

FORMAT = 1
GENESIS = "0" * 64
"""What the first record has for the hash of the one before it."""

REMEMBERED = 2000
"""Questions of which is remembered what is kept of them; as many records with their forms."""

_REDACTED: dict[tuple[str, str], str] = {}
_FORMS: dict[tuple[object, ...], _Form] = {}
_HOLES = re.compile(
    r'(?<=,"model_calls":)\d+|(?<=,"ms":)[\d.e+-]+|(?<=,"previous":")\w{64}|(?<=,"rows":)\d+'
    r'|(?<=,"seq":)\d+|(?<=,"time":")[^"]+|(?<=,"truncated":)\w+'
)
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SEALED = re.compile(rb'(?P<body>\{"[^\n]*),"hash":"(?P<hash>[0-9a-f]{64})"\}')


@dataclass(frozen=True, slots=True)
class Seal:
    """Makes hashes: SHA-256, or HMAC-SHA-256 with a key, which who only can write the file has not."""

    key: bytes = b""

    def digest(self, content: bytes) -> str:
        """64 hex digits."""
        if self.key:
            return hmac.digest(self.key, content, "sha256").hex()
        return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain ends: the last record's number and hash."""

    seq: int
    hash: str


START = Link(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A line that was read and whose hash is right: `record` is all of it, with `hash`."""

    record: Mapping[str, Any]
    link: Link
    previous: str


def record_of(account: Account, *, values: bool) -> dict[str, Any]:
    """What is written of an account; without `values`, no value of an argument or literal."""
    plan = account.plan
    record: dict[str, Any] = {
        "kind": account.kind,
        "principal": _plain(account.principal.id),
        "roles": sorted(account.principal.roles),
        "scope": plan.scope if plan else account.scope,
        "template": _template(account, values=values),
        "plan": plan.id if plan else None,
        "relations": [str(d.relation) for d in plan.depends] if plan else [],
        "arguments": sorted(account.arguments),
        "decisions": [
            {"relation": str(d.relation), "effect": d.effect, "column": d.column} for d in account.decisions
        ],
        "outcome": account.outcome,
        "rows": account.rows,
        "truncated": account.truncated,
        "model_calls": account.model_calls,
        "ms": round(account.ms, 3),
    }
    if values:
        record["values"] = {name: _plain(value) for name, value in account.arguments.items()}
    return record


def _plain(value: object) -> object:
    """The value as JSON has it, or its text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else str(value)


def _template(account: Account, *, values: bool) -> str:
    if values:
        return account.text if account.kind == "sql" else normalise(account.text)
    if account.kind == "sql":
        return redact_sql(account.text, checked=account.plan is not None)
    if account.plan is None:
        return redact_question(account.text)
    key = (account.text, account.plan.id)
    found = _REDACTED.get(key)
    if found is None:
        if len(_REDACTED) >= REMEMBERED:
            _REDACTED.clear()
        found = _REDACTED[key] = redact_question(account.text, account.plan)
    return found


@dataclass(frozen=True, slots=True)
class _Form:
    """The JSON of records that differ in nothing but what `_HOLES` finds, without that.

    `decisions` are those of its account, kept so that no others can be at their place in memory.
    """

    decisions: tuple[Decision, ...]
    parts: tuple[str, ...]


def seal_account(
    account: Account, last: Link, now: datetime, seal: Seal, *, values: bool
) -> tuple[bytes, Link]:
    """What `seal_record` gives for the record of the account, sooner where it is like an earlier one."""
    if values or account.kind != "query" or account.plan is None or account.outcome != "ok":
        return seal_record(record_of(account, values=values), last, now, seal)
    calls, ms, previous, rows, seq, time, truncated, end = _form(account, account.plan).parts
    body = (
        f"{calls}{account.model_calls}{ms}{round(account.ms, 3)}{previous}{last.hash}{rows}{account.rows}"
        f"{seq}{last.seq + 1}{time}{_utc(now)}{truncated}{'true' if account.truncated else 'false'}{end}"
    ).encode("utf-8", "backslashreplace")
    return _sealed(body, last.seq + 1, seal)


def _form(account: Account, plan: Plan) -> _Form:
    who = account.principal
    # 1, 1.0 and true are equal, and not the same JSON.
    key = (account.kind, account.text, plan.id, plan.scope, type(who.id), who.id, who.roles,
           tuple(account.arguments), id(account.decisions))  # fmt: skip
    found = _FORMS.get(key)
    if found is None or found.decisions is not account.decisions:
        if len(_FORMS) >= REMEMBERED:
            _FORMS.clear()
        record = record_of(account, values=False)
        text = _ENCODER.encode(_placed(record, START, datetime.now(UTC)))
        found = _FORMS[key] = _Form(account.decisions, tuple(_HOLES.split(text)))
    return found


def seal_record(record: Mapping[str, Any], last: Link, now: datetime, seal: Seal) -> tuple[bytes, Link]:
    """The line, with its newline, that follows `last`, and the link that it is."""
    # Half of a surrogate pair becomes the escape that JSON has for it.
    body = _ENCODER.encode(_placed(record, last, now)).encode("utf-8", "backslashreplace")
    return _sealed(body, last.seq + 1, seal)


def _placed(record: Mapping[str, Any], last: Link, now: datetime) -> dict[str, Any]:
    return {**record, "v": FORMAT, "seq": last.seq + 1, "time": _utc(now), "previous": last.hash}


def _sealed(body: bytes, seq: int, seal: Seal) -> tuple[bytes, Link]:
    digest = seal.digest(body)
    return b'%b,"hash":"%b"}\n' % (body[:-1], digest.encode()), Link(seq, digest)


@lru_cache(maxsize=8)  # the records of a batch are of one moment
def _utc(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="microseconds")


def open_line(line: bytes, seal: Seal) -> Sealed | None:
    """The record in a line (without its newline), or None where it is none that was sealed so.

    >>> line, link = seal_record({"kind": "sql"}, START, datetime.now(UTC), Seal(b"key"))
    >>> open_line(line[:-1], Seal(b"key")).link == link
    True
    >>> open_line(line[:-1], Seal()), open_line(line.replace(b"sql", b"sqm")[:-1], Seal(b"key"))
    (None, None)
    """
    found = _SEALED.fullmatch(line)
    if found is None:
        return None
    digest = found["hash"].decode()
    if not hmac.compare_digest(seal.digest(found["body"] + b"}"), digest):
        return None
    record = read_line(line)
    if record is None or type(record.get("seq")) is not int or not isinstance(record.get("previous"), str):
        return None
    return Sealed(record, Link(record["seq"], digest), record["previous"])


def read_line(line: bytes) -> dict[str, Any] | None:
    """The JSON object in a line, sealed rightly or not; None where there is none."""
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
