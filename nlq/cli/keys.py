"""`nlq keys`: API keys for the server."""

from __future__ import annotations

import json as json_
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.options import Json, settings_of
from nlq.cli.screen import say, table, write, write_json, write_rich
from nlq.errors import RequestError, SettingsError

if TYPE_CHECKING:
    from nlq.identity.keys import ApiKey, KeyFile
    from nlq.policy import Principal

keys = typer.Typer(
    name="keys", help="API keys for the server: make one, list them, revoke one.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="what it is for: small letters, digits and `-`")]
File = Annotated[
    str | None,
    typer.Option(
        "--keys", metavar="FILE", help="the file of keys [default: `auth_keys`]", show_default=False
    ),
]

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@keys.command()
def new(
    name: Name,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="a role of its holder", show_default=False),
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(
            "--claim",
            metavar="NAME=VALUE",
            help="a claim of its holder; numbers, true, false and lists are read as JSON",
            show_default=False,
        ),
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="VALUE", help="`:me.id` of its holder [default: NAME]", show_default=False
        ),
    ] = None,
    expires_in: Annotated[
        str | None,
        typer.Option(
            "--expires-in",
            metavar="TIME",
            help="such as 90d, 12h or 30m [default: never]",
            show_default=False,
        ),
    ] = None,
    file: File = None,
    json: Json = False,
) -> None:
    """Make a key and show it, once: only its hash is kept."""
    from nlq.identity.keys import is_name, new_key

    if not is_name(name):
        raise RequestError(
            "request.invalid",
            f"a key cannot be called `{name}`",
            "use small letters, digits and `-`, at most 40, such as `reports-ci`",
        )
    now = datetime.now(UTC)
    expires = now + _duration(expires_in) if expires_in is not None else None
    key, text = new_key(name, _holder(name, id_, role, claim), now, expires)
    _file(file).add(key)
    if json:
        write_json({"key": text, **_shape(key)})
        return
    say(f"`{name}` is kept as a hash; this is shown once, and is sent as `Authorization: Bearer …`")
    write(text + "\n")
    if file is not None and not settings_of().auth_keys:
        say(f"a server asks for it with `nlq serve --keys {file}`, or `auth_keys` in `nlq.toml`")


@keys.command("list")
def list_(file: File = None, json: Json = False) -> None:
    """List the keys; what they are made of is not known."""
    found = list(_file(file).load().values())
    if json:
        write_json({"keys": [_shape(key) for key in found]})
        return
    rows = [
        (key.name, _state(key), ", ".join(sorted(key.principal.roles)), _claims(key.principal))
        for key in found
    ]
    write_rich(table(("name", "state", "roles", "claims"), rows))


@keys.command()
def revoke(name: Name, file: File = None, json: Json = False) -> None:
    """Revoke a key. Servers that run refuse it from the next request on."""
    key = _file(file).revoke(name, datetime.now(UTC))
    if json:
        write_json(_shape(key))
    else:
        say(f"revoked `{name}`")


def _file(given: str | None) -> KeyFile:
    from nlq.identity.keys import KeyFile

    path = given or settings_of().auth_keys
    if not path:
        raise SettingsError(
            "settings.invalid",
            "no file of keys is named",
            'use `--keys FILE`, set `NLQ_AUTH_KEYS`, or put `auth_keys = "keys.json"` into `nlq.toml`',
        )
    return KeyFile(Path(path))


def _holder(name: str, id_: str | None, roles: list[str] | None, claims: list[str] | None) -> Principal:
    from nlq.errors import PolicyError
    from nlq.policy.load import parse_principal

    found: dict[str, object] = {}
    for item in claims or ():
        claim, equals, text = item.partition("=")
        if not equals or not claim:
            raise RequestError(
                "request.invalid", f"`--claim {item}` has no name", "write `--claim account_id=123`"
            )
        if claim in found:
            raise RequestError("request.invalid", f"the claim `{claim}` is given twice")
        if claim in ("id", "roles"):
            raise RequestError(
                "request.invalid", f"`{claim}` is no claim", "there are `--id` and `--role` for it"
            )
        found[claim] = _value(text)
    found |= {"id": name if id_ is None else _value(id_), "roles": roles or []}
    try:
        return parse_principal(found, name)
    except PolicyError as error:
        raise RequestError("request.invalid", error.message) from None


def _value(text: str) -> object:
    """The value that the text is in JSON, else the text.

    >>> _value("123"), _value('"123"'), _value("[1, 2]"), _value("eu"), _value("NaN")
    (123, '123', [1, 2], 'eu', 'NaN')
    """
    try:
        return json_.loads(text, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        return text


def _duration(text: str) -> timedelta:
    """How long `90d`, `12h`, `30m` and `2w` are.

    >>> _duration("90d").days
    90
    """
    shape = re.fullmatch(r"([1-9][0-9]{0,4})([mhdw])", text)
    if shape is None:
        raise RequestError(
            "request.invalid", f"`--expires-in {text}` is no time", "write `90d`, `12h` or `30m`"
        )
    return timedelta(**{_UNITS[shape[2]]: int(shape[1])})


def _shape(key: ApiKey) -> dict[str, object]:
    who = key.principal
    return {
        "name": key.name,
        "id": who.id,
        "roles": sorted(who.roles),
        "claims": dict(who.claims),
        "created": key.created.isoformat(),
        "expires": key.expires.isoformat() if key.expires else None,
        "revoked": key.revoked.isoformat() if key.revoked else None,
    }


def _state(key: ApiKey) -> str:
    if key.revoked is not None:
        return f"revoked {key.revoked:%Y-%m-%d}"
    if key.expires is None:
        return "does not expire"
    return (
        f"{'expired' if key.expires <= datetime.now(UTC) else 'expires'} {key.expires:%Y-%m-%d %H:%M} UTC"
    )


def _claims(who: Principal) -> str:
    shown = {"id": who.id, **who.claims}
    return ", ".join(f"{name}={json_.dumps(value, ensure_ascii=False)}" for name, value in shown.items())
