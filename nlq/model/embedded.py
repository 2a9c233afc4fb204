"""The model that runs in this process: llama.cpp's own server, on a port of the loopback interface.

It is started by the first call. litellm is imported while the weights are read, which takes as long.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from nlq.errors import ModelError, NlqError, SettingsError
from nlq.events import ModelLoading, Observer, ignore
from nlq.model.base import Call, Reply
from nlq.model.hosted import LiteLlmModel, load_litellm
from nlq.model.weights import QWEN, model_path
from nlq.settings import Settings

CACHE_MB = 512
"""Memory for the states of earlier prompts. llama.cpp would take 8 GB."""


class EmbeddedModel:
    """Qwen2.5-Coder-1.5B on llama.cpp. Weights are mapped, so that processes share most of them."""

    name = QWEN.name
    is_local = True

    def __init__(self, settings: Settings, observe: Observer = ignore) -> None:
        self._settings = settings
        self._observe = observe
        self._lock = Lock()
        self._server: Any = None
        self._client: LiteLlmModel | None = None

    def complete(self, call: Call) -> Reply:
        """The model's reply. The first call takes seconds longer: it starts the model.

        Raises `model.not_installed`, `model.unreachable`, `model.timeout`, `model.rejected`,
        `settings.missing_extra`.
        """
        return self._start().complete(call)

    def close(self) -> None:
        """Stop the server and free its memory."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = self._server = None

    def _start(self) -> LiteLlmModel:
        with self._lock:
            if self._client is None:
                path = model_path()
                if path is None:
                    raise ModelError(
                        "model.not_installed",
                        "the embedded model is not on this machine yet",
                        "run `nlq model pull` (1.1 GB), or set `NLQ_MODEL` to a hosted model",
                    )
                self._observe(ModelLoading(self.name))
                importing = Thread(target=_import_quietly)
                importing.start()
                key = secrets.token_urlsafe(24)
                self._server = start_server(path, key, self._settings)
                importing.join()
                self._client = LiteLlmModel(
                    f"openai/{self.name}",
                    f"{self._server.listening_address}/v1",
                    key,
                    self._settings,
                    extra={"cache_prompt": True},
                )
            return self._client


def start_server(path: Path, key: str, settings: Settings) -> Any:
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
    params.ui = False
    params.verbosity = 0
    params.warmup = False
    params.n_ctx = settings.model_context
    params.n_parallel = 1
    params.cache_ram_mib = CACHE_MB
    params.cpuparams_batch.n_threads = settings.model_threads or cores()
    params.cpuparams.n_threads = settings.model_threads or idle_cores()
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise ModelError(
            "model.unreachable",
            "the embedded model could not be started",
            "it needs 2.5 GB of memory; if there is enough, delete its file and run `nlq model pull`",
        ) from error


def cores() -> int:
    """Processor cores that this process may use, at most eight: more gain nothing for a small model."""
    try:
        threads = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        threads = os.cpu_count() or 1
    return max(1, min(8, threads // 2 if _has_two_threads_a_core() else threads))


def idle_cores() -> int:
    """Cores that no other job seems to use, at least one.

    Threads that write a reply wait for each other at every step: beside one busy core of two, two threads
    were measured at 9 tokens/s and one thread at 20. Reading a prompt is no slower with both.
    """
    load = 0.0
    with suppress(AttributeError, OSError):
        load = os.getloadavg()[0]
    return max(1, cores() - round(load))


def _has_two_threads_a_core() -> bool:
    try:
        return Path("/sys/devices/system/cpu/smt/active").read_text("ascii").strip() == "1"
    except OSError:
        return False


def _import_quietly() -> None:
    with suppress(NlqError):  # the call that needs it says what is missing
        load_litellm()
