"""Replies of a real model, recorded as files that people can read, for tests.

One file for each call, so that recordings merge and many processes record at once. `python -m nlq.model
DIRECTORY…` asks all recorded calls again, as when the model is another one.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nlq.errors import ModelError
from nlq.model.base import Call, Message, Model, Reply

KEY_OF = "recording"
"""Recordings are found by the call alone, whichever model made them."""


class RecordedModel:
    """Replies from `directory`; with `live`, what is not there is asked of it and recorded."""

    name = "recorded"
    is_local = True

    def __init__(self, directory: Path, live: Model | None = None) -> None:
        self._directory = directory
        self._live = live

    def complete(self, call: Call) -> Reply:
        """The recorded reply.

        Raises `model.no_recording`; with `live`, what that raises.
        """
        path = _path(self._directory, call)
        try:
            return Reply.from_json(json.loads(path.read_text("utf-8"))["reply"])
        except FileNotFoundError:
            if self._live is None:
                raise ModelError(
                    "model.no_recording",
                    f"no reply is recorded for “{_brief(call)}”",
                    f"record it: run the same with `NLQ_MODEL=record:{self._directory}`",
                ) from None
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise ModelError(
                "model.no_recording", f"`{path.name}` is not a recording", "delete it and record it again"
            ) from error
        reply = self._live.complete(call)
        _record(path, call, reply, self._live.name)
        return reply

    def close(self) -> None:
        """Close `live`."""
        if self._live:
            self._live.close()


def record_again(directory: Path, live: Model) -> int:
    """How many recordings in `directory` have another reply, now that `live` was asked again."""
    changed = 0
    for path in sorted(directory.glob("*.json")):
        raw = json.loads(path.read_text("utf-8"))
        call = _read_call(raw["call"])
        reply = live.complete(call)
        if reply.text != raw["reply"]["text"]:
            _record(path, call, reply, live.name)
            changed += 1
    return changed


def _path(directory: Path, call: Call) -> Path:
    words = re.findall(r"[a-z0-9]+", _brief(call).lower())
    return directory / f"{'-'.join(words)[:40].strip('-') or 'call'}.{call.key(KEY_OF)[:16]}.json"


def _brief(call: Call) -> str:
    """The last line that is asked, shortened: in a prompt, the question comes last."""
    lines = call.messages[-1].content.strip().splitlines() if call.messages else []
    return lines[-1][:80] if lines else ""


def _record(path: Path, call: Call, reply: Reply, model: str) -> None:
    raw = {"asks": _brief(call), "model": model, "reply": reply.to_json(), "call": _write_call(call)}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        temporary.write_text(json.dumps(raw, indent=2, ensure_ascii=False) + "\n", "utf-8")
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _write_call(call: Call) -> dict[str, Any]:
    """The call with its messages as lists of lines, which show well in a diff."""
    lines = [{"role": m.role, "content": m.content.split("\n")} for m in call.messages]
    return {**call.to_json(), "messages": lines}


def _read_call(raw: Mapping[str, Any]) -> Call:
    return Call(
        messages=tuple(Message(m["role"], "\n".join(m["content"])) for m in raw["messages"]),
        max_tokens=raw["max_tokens"],
        temperature=raw["temperature"],
        seed=raw["seed"],
        stop=tuple(raw["stop"]),
        extra=tuple(raw["extra"].items()),
    )
