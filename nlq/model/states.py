"""What llama.cpp made of a prompt's static part, kept on disk for the next process.

Reading a prompt of 600 tokens takes two cores 8 s; reading its state from disk takes 20 ms. A state is
saved when its prompt is used for the second time: the schema of a small database comes with every
question, and a selection from a large one never again.

A file that llama.cpp did not write aborts the process, so each is named by its SHA-256, and by all that
decides its format: the weights, the library and the size of the context.
"""

from __future__ import annotations

import http.client
import json
import secrets
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from nlq.catalog.fingerprint import digest
from nlq.model.base import Call, Reply
from nlq.model.weights import hash_file

SIZE_LIMIT = 512 * 2**20
"""Bytes of all states together (about 29 kB a token); those not used for longest go first."""

WORTHWHILE = 200
"""Tokens; shorter prompts are read faster than their state is saved."""

_FAILURES = (OSError, http.client.HTTPException, ValueError, LookupError, TypeError)


class PromptStates:
    """States in `directory`, of the server at `url`. A failure costs time, never a call."""

    def __init__(self, directory: Path, url: str, key: str, made_with: str) -> None:
        self._directory = directory
        self._url = url
        self._key = key
        self._made_with = made_with
        self._done: set[str] = set()

    def recall(self, call: Call) -> None:
        """Give the server what was kept for the call's static part, if this process has not used it yet."""
        name = self._name(call)
        if name in self._done:
            return
        for path in self._directory.glob(f"{name}.*.state"):
            with suppress(*_FAILURES):
                if path.name == f"{name}.{hash_file(path)[:32]}.state":
                    self._ask("restore", path.name)
                    self._done.add(name)
                    path.touch()
                    return
            with suppress(OSError):
                path.unlink()

    def used(self, call: Call, reply: Reply) -> None:
        """Note that the server has just answered the call; the second time, keep what it made of it."""
        name = self._name(call)
        if name in self._done or reply.prompt_tokens < WORTHWHILE:
            return
        seen = self._directory / f"{name}.seen"
        with suppress(*_FAILURES):
            if not seen.exists():
                seen.touch()
                return
            self._done.add(name)
            self._save(name, reply.prompt_tokens + reply.completion_tokens)
            self._prune()

    def _save(self, name: str, tokens: int) -> None:
        temporary = self._directory / f"{name}.{secrets.token_hex(4)}.tmp"
        try:
            saved = self._ask("save", temporary.name)["n_saved"]
            if abs(saved - tokens) <= 2:  # else another call came between
                temporary.rename(temporary.with_name(f"{name}.{hash_file(temporary)[:32]}.state"))
        finally:
            temporary.unlink(missing_ok=True)

    def _prune(self) -> None:
        paths = sorted(self._directory.iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
        total = 0
        for path in paths:
            total += path.stat().st_size + 100_000  # so that the number of marks is limited too
            if total > SIZE_LIMIT:
                path.unlink(missing_ok=True)

    def _name(self, call: Call) -> str:
        static = call.messages[0].content if call.messages and call.messages[0].role == "system" else ""
        return digest([self._made_with, static])[:16]

    def _ask(self, action: str, file: str) -> Any:
        request = urllib.request.Request(
            f"{self._url}/slots/0?action={action}",
            json.dumps({"filename": file}).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=10) as response:
            return json.load(response)
