"""The options that commands share, and what they become."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlq.errors import RequestError
from nlq.settings import EMBEDDED, Settings, load

if TYPE_CHECKING:
    from nlq.policy import Principal
    from nlq.service import Service

Db = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="duckdb:///file.duckdb, postgresql://user@host/database, sqlite:///file.sqlite or demo",
        show_default=False,
    ),
]
PolicyFile = Annotated[
    str | None, typer.Option("--policy", metavar="FILE", help="who may read what", show_default=False)
]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME|JSON",
        help='who asks: a name of the policy, or {"id": 7, "roles": ["analyst"]}',
        show_default=False,
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="embedded, or provider/name", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="one JSON object, also for errors")]
Csv = Annotated[bool, typer.Option("--csv", help="the rows alone")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="at most so many rows", show_default=False)
]
Params = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="a value for a parameter; numbers, true, false and null are read as JSON",
        show_default=False,
    ),
]


def settings_of(**flags: object) -> Settings:
    """The settings of this directory and environment, overridden by flags that are not None.

    A flag that names the embedded model does not mean the server at `model_url`.
    """
    if flags.get("model") == EMBEDDED:
        flags = {"model_url": "", **flags}
    settings = load(Path.cwd(), os.environ, flags)
    if settings.db != "demo":
        return settings
    from nlq.cli.screen import progress
    from nlq.demo.named import find_demo

    with progress("making the demo") as observe:
        return find_demo(settings, observe)


def principal_of(name: str | None, service: Service) -> Principal:
    """Who asks: the one that `--as` names, else the owner where there is no policy, else nobody."""
    from nlq.policy import OWNER
    from nlq.policy.claims import require_claims
    from nlq.policy.load import choose_principal
    from nlq.policy.principal import ANONYMOUS

    if name is not None:
        return require_claims(choose_principal(name, service.policy), service.policy)
    return OWNER if service.policy.open_to_owner else ANONYMOUS


def params_of(given: list[str] | None) -> Mapping[str, Any]:
    """The values of `--param`.

    >>> params_of(["country=Portugal", "least=5", 'code="5"'])
    {'country': 'Portugal', 'least': 5, 'code': '5'}
    """
    params: dict[str, Any] = {}
    for item in given or ():
        name, equals, text = item.partition("=")
        if not equals or not name:
            raise RequestError("request.invalid", "a `--param` has no name", "write `--param name=value`")
        if name in params:
            raise RequestError("request.invalid", f"the parameter `{name}` is given twice")
        params[name] = _value(text)
    return params


def _value(text: str) -> object:
    try:
        value = json.loads(text, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, dict | list) else value


def text_of(argument: str, what: str) -> str:
    """The argument, or all of standard input where it is `-`.

    Raises `request.too_large`, and `request.invalid` where it is not UTF-8.
    """
    if argument == "-":
        content = sys.stdin.buffer.read(MAX_STDIN + 1)
        if len(content) > MAX_STDIN:
            raise RequestError("request.too_large", f"the {what} is longer than {MAX_STDIN:,} bytes")
    else:
        # The locale may have made something else of the bytes that the terminal sent.
        content = os.fsencode(argument)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        if argument == "-" or any("\ud800" <= c <= "\udfff" for c in argument):
            raise RequestError("request.invalid", f"the {what} is not UTF-8") from None
        return argument


MAX_STDIN = 1_000_000
