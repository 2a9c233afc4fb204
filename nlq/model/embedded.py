"""The model that runs in this process: llama.cpp's own server, on a port of the loopback interface.

It is started by the first call. litellm is imported while the weights are read, which takes as long.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from nlq.errors import ModelError, NlqError, SettingsError
from nlq.events import ModelLoading, Observer, ignore
from nlq.model.base import Call, Reply
from nlq.model.hosted import LiteLlmModel, load_litellm
from nlq.model.states import PromptStates
from nlq.model.weights import QWEN, model_path
from nlq.settings import Settings, user_cache_dir

CACHE_MB = 512
"""Memory for the states of earlier prompts. llama.cpp would take 8 GB."""

GLANCE_S = 0.1
"""Seconds of looking at the processors before the number of threads is chosen."""

TICKS_A_SECOND = 100
"""Of `/proc/stat`, on every Linux that is in use."""


class EmbeddedModel:
    """Qwen2.5-Coder-1.5B on llama.cpp. Weights are mapped, so that processes share most of them."""

    name = QWEN.name
    is_local = True

    def __init__(self, settings: Settings, observe: Observer = ignore) -> None:
        self._settings = settings
        self._observe = observe
        self._lock = Lock()
        self._server: Any = None
        self._running: tuple[LiteLlmModel, PromptStates] | None = None

    def complete(self, call: Call) -> Reply:
        """The model's reply. The first call takes seconds longer: it starts the model.

        Raises `model.not_installed`, `model.unreachable`, `model.timeout`, `model.rejected`,
        `settings.missing_extra`.
        """
        client, states = self._start()
        states.recall(call)
        reply = client.complete(call)
        states.used(call, reply)
        return reply

    def close(self) -> None:
        """Stop the server and free its memory."""
        with self._lock:
            if self._running is not None:
                self._running[0].close()
            self._running = self._server = None

    def _start(self) -> tuple[LiteLlmModel, PromptStates]:
        with self._lock:
            if self._running is None:
                path = model_path()
                if path is None:
                    raise ModelError(
                        "model.not_installed",
                        "the embedded model is not on this machine yet",
                        "run `nlq model pull` (1.1 GB), or set `NLQ_MODEL` to a hosted model",
                    )
                self._observe(ModelLoading(self.name))
                key = secrets.token_urlsafe(24)
                threads = self._settings.model_threads or count_threads()
                importing = Thread(target=_import_quietly)
                importing.start()
                self._server = start_server(path, key, threads, self._settings.model_context)
                importing.join()
                self._running = self._connect(key)
            return self._running

    def _connect(self, key: str) -> tuple[LiteLlmModel, PromptStates]:
        url = self._server.listening_address
        extra = {"cache_prompt": True, "logprobs": True, "top_logprobs": 1}
        client = LiteLlmModel(self.name, url, key, self._settings, label=self.name, extra=extra)
        made_with = f"{QWEN.sha256} {version('xllamacpp')} {self._settings.model_context}"
        return client, PromptStates(states_dir(), url, key, made_with)


def start_server(path: Path, key: str, threads: int, context: int) -> Any:
    """llama.cpp's server on a free port of 127.0.0.1, for those who know `key`. It prints nothing.

    Raises `settings.missing_extra`, `model.unreachable`.
    """
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")  # else a failure inside starts a debugger
    try:
        import xllamacpp
    except ImportError as error:
        raise SettingsError(
            "settings.missing_extra",
            f"the embedded model needs the package `{error.name}`",
            "install `nlq[embedded]`, or set `NLQ_MODEL` to a hosted model",
        ) from error
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    with suppress(OSError):  # they hold parts of schemas: for this user only
        states_dir().mkdir(mode=0o700, parents=True, exist_ok=True)
        params.slot_save_path = f"{states_dir()}/"
    params.ui = False
    params.verbosity = 0
    params.warmup = False
    params.n_ctx = context
    params.n_parallel = 1
    params.cache_ram_mib = CACHE_MB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise ModelError(
            "model.unreachable",
            "the embedded model could not be started",
            "it needs 2.5 GB of memory; if there is enough, delete its file and run `nlq model pull`",
        ) from error


def states_dir() -> Path:
    """Where the states of prompts are kept."""
    return user_cache_dir() / "prompts"


def count_threads() -> int:
    """As many threads as cores are free at this moment, from one to eight: more gain nothing here.

    Threads wait for each other at every step: beside one busy core of two, two threads were measured at 9
    tokens/s and one thread at 20.
    """
    try:
        allowed = sorted(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        allowed = list(range(os.cpu_count() or 1))
    before = _idle_ticks(allowed)
    time.sleep(GLANCE_S)
    idle = (_idle_ticks(allowed) - before) / (GLANCE_S * TICKS_A_SECOND)
    free = round(idle) if before else len(allowed)
    return max(1, min(8, free // 2 if _has_two_threads_a_core() else free))


def _idle_ticks(allowed: Sequence[int]) -> int:
    """Ticks that these processors did nothing since they started; 0 where the system does not say."""
    try:
        rows = [line.split() for line in Path("/proc/stat").read_text("ascii").splitlines()]
    except OSError:
        return 0
    wanted = {f"cpu{n}" for n in allowed}
    return sum(int(row[4]) for row in rows if row and row[0] in wanted)


def _has_two_threads_a_core() -> bool:
    try:
        return Path("/sys/devices/system/cpu/smt/active").read_text("ascii").strip() == "1"
    except OSError:
        return False


def _import_quietly() -> None:
    with suppress(NlqError):  # the call that needs it says what is missing
        load_litellm()
