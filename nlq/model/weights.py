"""The embedded model's file: which it is, where it is kept, and whether it is the one."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nlq.settings import user_cache_dir


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file, pinned: `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str

    @property
    def file(self) -> str:
        """Its name on disk, and at its source."""
        return f"{self.name}.gguf"


QWEN = Weights(
    name="qwen2.5-coder-1.5b-instruct-q4_k_m",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)
"""Small enough to run on two cores, good enough to draft SQL. Apache-2.0."""


def models_dir() -> Path:
    """Where models are kept."""
    return user_cache_dir() / "models"


def model_path() -> Path | None:
    """The embedded model's file, if it is on this machine and is the pinned one."""
    return find_weights(QWEN, models_dir())


def find_weights(weights: Weights, directory: Path) -> Path | None:
    """The file in `directory`, if it is the pinned one; hashed only when it changed since last time."""
    path = directory / weights.file
    try:
        if path.stat().st_size != weights.size:
            return None
        stamp = _stamp(path, weights)
        note = path.with_suffix(".verified.json")
        if _read_note(note) == stamp:
            return path
        if hash_file(path) != weights.sha256:
            return None
    except OSError:
        return None
    with suppress(OSError):  # without the note the next start hashes again, and that is all
        note.write_text(json.dumps(stamp, indent=2) + "\n", "utf-8")
    return path


def hash_file(path: Path) -> str:
    """SHA-256 (hex) of its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(path: Path, weights: Weights) -> dict[str, object]:
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": weights.sha256}


def _read_note(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
