"""`nlq serve`."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlq.cli.build_watch import watching_beside
from nlq.cli.options import Db, Json, ModelName, PolicyFile, settings_of
from nlq.cli.screen import say
from nlq.garbage import leave_out_what_is_there

if TYPE_CHECKING:
    from socket import socket

    from nlq.http.work import Workers
    from nlq.settings import Settings

HTTP = "nlq.http.protocol:OnePacketProtocol"
"""By name: what serves in other processes is imported there."""

GRACE_S = 5
"""How long replies that are under way may take when the server is told to stop."""

Host = Annotated[
    str | None,
    typer.Option("--host", help="the address to listen on [default: 127.0.0.1]", show_default=False),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=0, max=65535, help="the port to listen on [default: 8000]", show_default=False
    ),
]


Keys = Annotated[
    str | None,
    typer.Option(
        "--keys", metavar="FILE", help="the API keys that `nlq keys` wrote [default: `auth_keys`]",
        show_default=False,
    ),
]  # fmt: skip


def serve(
    db: Db = None,
    policy: PolicyFile = None,
    keys: Keys = None,
    model: ModelName = None,
    open_: Annotated[
        bool, typer.Option("--open", help="without a policy: whoever reaches the server reads everything")
    ] = False,
    dev: Annotated[
        bool, typer.Option("--dev", help="the header `X-Nlq-As` says who asks: for development only")
    ] = False,
    frozen: Annotated[bool, typer.Option("--frozen", help="compile nothing, answer what is known")] = False,
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="processes that serve [default: 1]", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Serve questions over HTTP."""
    run_server(
        settings_of(
            db=db,
            policy=policy,
            auth_keys=keys,
            model=model,
            open=open_ or None,
            dev=dev or None,
            frozen=frozen or None,
            host=host,
            port=port,
            workers=workers,
        )
    )


def run_server(settings: Settings) -> None:
    """Serve until it is told to stop. The database must be there when it starts."""
    from asyncio import get_running_loop

    import uvicorn

    from nlq.http import open_app

    if settings.workers > 1:
        _run_processes(settings)
        return
    app = open_app(settings)
    leave_out_what_is_there()
    where = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(
        f"serving {app.state.door.service.engine.name} on http://{where}:{settings.port}/ (Ctrl-C stops it)"
    )
    say_who_is_believed(settings)
    if waiting := len(app.state.door.service.policy.unreviewed()):
        say(f"rules in English that grant nothing until they are reviewed: {waiting} (`nlq rules`)")
    workers: Workers = app.state.door.workers

    class Server(uvicorn.Server):
        """Stops what still runs when the time of grace is over."""

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            get_running_loop().call_later(GRACE_S, workers.cancel_all)
            await super().shutdown(sockets)

    server = Server(
        uvicorn.Config(
            app,
            http=HTTP,
            host=settings.host,
            port=settings.port,
            log_config=_logging(),
            server_header=False,
            timeout_graceful_shutdown=GRACE_S + 2,
        )
    )
    watched = settings.dev and not settings.frozen
    try:
        with watching_beside(settings, app.state.door.service) if watched else nullcontext():
            server.run()
    except KeyboardInterrupt:
        pass  # uvicorn has ended in good order, and passes the signal on
    except SystemExit:
        raise typer.Exit(1) from None  # it has said why


def say_who_is_believed(settings: Settings) -> None:
    """Say at the start whom callers are taken for, where that is not for their credentials to say."""
    ruled = bool(settings.policy or settings.models)
    if settings.dev:
        say("development: callers say who they are, and are believed")
        if settings.open and ruled:
            say("open: whoever does not say so is the owner, and reads everything")
    elif ruled and not (settings.auth_keys or settings.auth_jwt_algorithm):
        say("everybody is anonymous: neither keys (`--keys`) nor tokens are asked for")
    if settings.open and not ruled:
        say("open: there is no policy, everyone who reaches the server reads everything")


def _run_processes(settings: Settings) -> None:
    """Serve from several processes, each of which reads the settings from the environment.

    What this one found out in vain is said here: a process that fails is only started again.
    """
    import os
    from dataclasses import fields
    from pathlib import Path

    import uvicorn

    from nlq.http.app import require_policy
    from nlq.settings import load
    from nlq.wire import open_service

    require_policy(settings)
    open_service(settings, serving=True).close()
    found = load(Path.cwd(), os.environ)
    for name in (f.name for f in fields(settings)):
        value = getattr(settings, name)
        if value != getattr(found, name):
            os.environ[f"NLQ_{name.upper()}"] = str(value)
    say(f"serving from {settings.workers} processes on http://{settings.host}:{settings.port}/")
    say_who_is_believed(settings)
    if not settings.frozen:
        say("each process has a model of its own: `--frozen` serves what is known, and loads none")
    uvicorn.run(
        "nlq.http:app_from_environment",
        factory=True,
        http=HTTP,
        workers=settings.workers,
        host=settings.host,
        port=settings.port,
        log_config=_logging(),
        server_header=False,
        timeout_graceful_shutdown=GRACE_S + 2,
    )


def _logging() -> dict[str, Any]:
    """uvicorn's own, with the log of requests on stderr too."""
    from copy import deepcopy

    from uvicorn.config import LOGGING_CONFIG

    config = deepcopy(LOGGING_CONFIG)
    config["handlers"]["access"]["stream"] = "ext://sys.stderr"
    config["loggers"]["nlq"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    return config
