"""`nlq model`: the embedded model's file."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from nlq.cli.options import Json
from nlq.cli.screen import download_bar, say, write, write_json


def model(
    action: Annotated[Literal["status", "pull"], typer.Argument()] = "status", json: Json = False
) -> None:
    """Say whether the embedded model is on this machine, or fetch it (1.1 GB, once)."""
    from nlq.model.weights import QWEN, model_path, models_dir

    path = model_path()
    if action == "pull" and path is None:
        from nlq.model.pull import pull

        # In this thread, so that Ctrl-C reaches it: it ends the program that it runs.
        with download_bar(QWEN.name) as observe:
            path = pull(observe)
    where = str(path or models_dir() / QWEN.file)
    if json:
        write_json({"name": QWEN.name, "installed": path is not None, "path": where, "bytes": QWEN.size})
    elif path is None:
        write(f"{QWEN.name} is not on this machine\n")
    elif action == "pull":
        say(f"{QWEN.name} is on this machine")
    else:
        write(f"{QWEN.name} is on this machine: {where}\n")
    if path is None:
        if not json:
            say("`nlq model pull` fetches it")
        raise typer.Exit(1)
