"""The clients that the settings name, written from what was built, or found to be out of date.

What they are made from is plans and lockfiles: while those are as they were, and so is a client, nothing
is parsed. That is remembered in `cache/local/clients.json`, which may be deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from nlq.build.clients.python import python_client
from nlq.build.clients.react import react_client
from nlq.build.clients.signature import Signature, signature_of
from nlq.build.clients.typescript import typescript_client
from nlq.build.lock import Locked, write_if_changed
from nlq.build.place import BuildError, Place
from nlq.build.seal import View
from nlq.build.source import shown
from nlq.catalog.fingerprint import digest
from nlq.errors import SettingsError, StoreError
from nlq.plan import Plan
from nlq.settings import Settings
from nlq.store.files import parse_object, read_object, replace_atomically

_SUFFIXES = {"client_python": (".py",), "client_typescript": (".ts",), "client_react": (".ts", ".tsx")}


class Clients:
    """The clients of a project. `views` is what each role sees."""

    def __init__(self, settings: Settings, cache: Path, views: Mapping[str, View]) -> None:
        """Raises `settings.invalid` for a file that cannot be such a client."""
        self._paths = {key: Path(path) for key in _SUFFIXES if (path := getattr(settings, key))}
        self._cache = cache
        self._views = views
        for key, path in self._paths.items():
            if path.suffix not in _SUFFIXES[key]:
                raise SettingsError(
                    "settings.invalid",
                    f"setting `{key}` names no file of its language: `{path}`",
                    f"let it end in `{_SUFFIXES[key][0]}`",
                )
        if "client_react" in self._paths and "client_typescript" not in self._paths:
            raise SettingsError(
                "settings.invalid",
                "`client_react` is a hook of the TypeScript client, and there is none",
                'set `client_typescript = "web/queries.ts"`, say',
            )

    def write(self, locks: Mapping[str, Locked]) -> list[Path]:
        """Write the clients, and say which of them that changed. Raises `store.unwritable`."""
        if not self._paths or self._remembered(locks):
            return []
        texts = self._texts(locks)
        changed = [path for path, text in texts.items() if write_if_changed(path, text)]
        self._remember(locks)
        return changed

    def stale(self, locks: Mapping[str, Locked]) -> list[BuildError]:
        """A finding for each client that a build would write otherwise."""
        if not self._paths or self._remembered(locks):
            return []
        found = [
            BuildError(
                "build.stale",
                f"the client `{shown(path)}` is not that of the plans",
                "run `nlq build`",
                Place(shown(path), 1, 1),
            )
            for path, text in self._texts(locks).items()
            if _read(path) != text.encode()
        ]
        if not found:
            self._remember(locks)
        return found

    def _texts(self, locks: Mapping[str, Locked]) -> dict[Path, str]:
        signatures = [s for locked in locks.values() if (s := self._signature(locked)) is not None]
        texts: dict[Path, str] = {}
        for key, path in self._paths.items():
            match key:
                case "client_python":
                    texts[path] = python_client(signatures)
                case "client_typescript":
                    texts[path] = typescript_client(signatures)
                case "client_react":
                    texts[path] = react_client(_module(self._paths["client_typescript"], path))
        return texts

    def _signature(self, locked: Locked) -> Signature | None:
        """The signature of a query; None while its plans are not there."""
        readings = []
        for access in locked.access:
            if access.plan is None or access.role not in self._views:
                continue
            with suppress(StoreError, OSError):
                plan = Plan.from_json(read_object(self._cache / "plans" / access.plan))
                readings.append((plan, self._views[access.role].seen))
        if not readings:
            return None
        return signature_of(
            locked.name, locked.cardinality, locked.question, locked.notes, locked.parameters, readings,
            locked.paths,
        )  # fmt: skip

    # what was found in order before

    def _remembered(self, locks: Mapping[str, Locked]) -> bool:
        with suppress(OSError, StoreError):
            known = parse_object(self._memory.read_bytes())
            return known == {"inputs": self._inputs(locks), "files": self._files()}
        return False

    def _remember(self, locks: Mapping[str, Locked]) -> None:
        content = json.dumps({"inputs": self._inputs(locks), "files": self._files()}).encode()
        with suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            replace_atomically(self._memory, content)

    @property
    def _memory(self) -> Path:
        return self._cache / "local" / "clients.json"

    def _inputs(self, locks: Mapping[str, Locked]) -> str:
        # A seal is over the plan's file, what the role sees of its columns, and the version of nlq.
        return digest([_generator(), *sorted(repr(locked) for locked in locks.values())])

    def _files(self) -> dict[str, str]:
        return {
            f"{key} {path}": hashlib.sha256(_read(path) or b"").hexdigest()
            for key, path in sorted(self._paths.items())
        }


@cache
def _generator() -> str:
    """The hash of what makes clients, which may change without the version."""
    parts = [p for p in sorted(Path(__file__).parent.iterdir()) if p.suffix in (".py", ".ts")]
    return hashlib.sha256(b"".join(p.read_bytes() for p in parts)).hexdigest()


def _module(client: Path, hook: Path) -> str:
    """How the module of the hook imports that of the client."""
    relative = Path(os.path.relpath(client.with_suffix(""), hook.parent)).as_posix()
    return relative if relative.startswith(".") else f"./{relative}"


def _read(path: Path) -> bytes | None:
    with suppress(OSError):
        return path.read_bytes()
    return None
