"""Models behind a network port, by litellm: a provider's, or any server that speaks OpenAI's protocol.

litellm is slow to import (seconds), so it is imported by the first call. Its exceptions stop here, and
their text with them: it may hold the key. The reply is cut, and its numbers are believed only if they
are numbers. Model, URL and key come from the settings, never from a request.
"""

from __future__ import annotations

import importlib
import ipaddress
import json
import logging
import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from nlq.errors import ModelError, SettingsError
from nlq.garbage import leave_out_more
from nlq.model.base import Call, Reply
from nlq.settings import Settings

if TYPE_CHECKING:
    import httpx

TEXT_LIMIT = 20_000
"""Characters of a reply that are kept. Longer SQL would be refused anyway."""

BODY_LIMIT = 1_000_000
"""Bytes that a server may answer with."""

PAUSE_S = 0.5
"""Before the second attempt; doubled before each further one."""


class LiteLlmModel:
    """A model by its litellm name (`provider/name`), or by `url` on a server of one's own.

    With a `url`, the server knows the model by `name` without its first `openai/`. A URL without a path
    gets `/v1`. `extra` goes to such a server with every call.
    """

    def __init__(
        self,
        name: str,
        url: str,
        key: str,
        settings: Settings,
        *,
        label: str = "",
        extra: Mapping[str, object] | None = None,
    ) -> None:
        self._label = label
        self._host = _require_host(url) if url else ""
        self._model = f"openai/{name.removeprefix('openai/')}" if url else name
        self._url = url if not url or urlsplit(url).path.strip("/") else url.rstrip("/") + "/v1"
        # A server of one's own must not be sent the key that litellm finds in the environment.
        self._key = key or ("none" if url else None)
        self._extra = dict(extra or {})
        self._timeout_s = settings.model_timeout_s
        self._retries = settings.model_retries
        self._free = BoundedSemaphore(max(1, settings.model_concurrency))
        self._client: Any = None
        self._lock = Lock()

    @property
    def name(self) -> str:
        """`label`, else `provider/name`, or `name@host:port`."""
        if self._label:
            return self._label
        return f"{self._model.removeprefix('openai/')}@{self._host}" if self._url else self._model

    @property
    def is_local(self) -> bool:
        """True where the URL is on the loopback interface."""
        return bool(self._url) and _is_loopback(urlsplit(self._url).hostname or "")

    def complete(self, call: Call) -> Reply:
        """The model's reply, after at most `model_retries` further attempts, in `model_timeout_s` in all.

        Raises `model.unreachable`, `model.timeout`, `model.rejected`, `settings.missing_extra`.
        """
        litellm = load_litellm()
        started = time.monotonic()
        deadline = started + self._timeout_s
        if not self._free.acquire(timeout=self._timeout_s):
            raise self._error(BUSY_HERE)
        failure = DOWN
        try:
            for pause in self._pauses():
                result = self._attempt(litellm, call, started, deadline)
                if isinstance(result, Reply):
                    return result
                failure = result
                if not failure.again or time.monotonic() + pause >= deadline:
                    break
                time.sleep(pause)
        finally:
            self._free.release()
        raise self._error(failure)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _pauses(self) -> Iterator[float]:
        """Seconds to wait after each attempt; after the last, longer than anyone waits."""
        yield from (PAUSE_S * 2**i for i in range(self._retries))
        yield math.inf

    def _attempt(self, litellm: Any, call: Call, started: float, deadline: float) -> Reply | Failure:
        """The reply, or what went wrong. The library's exception is not kept: it may hold the key."""
        arguments = {**self._where(), **self._arguments(call)}
        try:
            response = litellm.completion(
                model=self._model,
                timeout=max(deadline - time.monotonic(), 0.001),
                num_retries=0,
                max_retries=0,
                drop_params=True,
                **arguments,
            )
            usage = getattr(response, "usage", None)
            return Reply(
                text=_text_of(response),
                prompt_tokens=_count(getattr(usage, "prompt_tokens", 0)),
                completion_tokens=_count(getattr(usage, "completion_tokens", 0)),
                seconds=time.monotonic() - started,
                cost_usd=0.0 if self._url else _cost(litellm, response),
                certainty=_certainty(response),
            )
        except Exception as error:  # noqa: BLE001  # the library raises anything on a strange reply
            return failure_of(error)

    def _where(self) -> dict[str, Any]:
        if not self._url:
            return {"api_key": self._key}
        with self._lock:
            if self._client is None:
                self._client = _open_client(self._url, self._key or "", is_local=self.is_local)
        return {"api_base": self._url, "api_key": self._key, "client": self._client}

    def _arguments(self, call: Call) -> dict[str, Any]:
        extra = dict(call.extra)
        arguments: dict[str, Any] = {
            "messages": [{"role": m.role, "content": m.content} for m in call.messages],
            "max_tokens": call.max_tokens,
            "temperature": call.temperature,
            "seed": call.seed,
        }
        if call.stop:
            arguments["stop"] = list(call.stop)
        if "response_format" in extra:  # of all that may be in `extra`, the one that providers know
            arguments["response_format"] = json.loads(extra.pop("response_format"))
        if self._url:  # a provider would refuse what it does not know
            arguments["extra_body"] = {**self._extra, **extra}
        return arguments

    def _error(self, failure: Failure) -> ModelError:
        return ModelError(failure.code, f"`{self.name}` {failure.says}", failure.hint)


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with a call; `again` says that another attempt may go better."""

    code: Literal["model.unreachable", "model.timeout", "model.rejected"]
    says: str
    hint: str
    again: bool = False


DOWN = Failure("model.unreachable", "cannot be reached", "check the network and `model_url`", again=True)
BROKEN = Failure("model.unreachable", "failed to answer", "try again, or look at its log", again=True)
RUBBISH = Failure(
    "model.unreachable",
    "answered with something that is not a reply",
    "check that `model_url` is a server that speaks OpenAI's protocol",
    again=True,
)
SLOW = Failure("model.timeout", "took too long", "raise `model_timeout_s`, or use a faster model")
BUSY_HERE = Failure(
    "model.timeout", "is busy with other questions", "try again, or raise `model_concurrency`"
)
BUSY = Failure(
    "model.rejected", "is out of quota, or asked too often", "wait, or check its quota", again=True
)
KEY = Failure("model.rejected", "refused the key", "set `NLQ_MODEL_KEY` to one that is valid for it")
ABSENT = Failure("model.rejected", "is not known there", "check `model`: it is `provider/name`")
LONG = Failure(
    "model.rejected", "cannot hold the prompt", "lower `prompt_tokens`, or raise `model_context`"
)
ARGUMENTS = Failure("model.rejected", "refused the arguments of the call", "check `model` and `model_url`")
CONTENT = Failure("model.rejected", "refused the content of the call", "put the question differently")

FAILURES: Mapping[str, Failure] = {
    "APIConnectionError": DOWN,
    "ServiceUnavailableError": BROKEN,
    "BadGatewayError": BROKEN,
    "InternalServerError": BROKEN,
    "MidStreamFallbackError": BROKEN,
    "APIError": BROKEN,
    "OpenAIError": BROKEN,
    "MockException": BROKEN,
    "APIResponseValidationError": RUBBISH,
    "JSONSchemaValidationError": RUBBISH,
    "Timeout": SLOW,
    "RateLimitError": BUSY,
    "BudgetExceededError": BUSY,
    "PaymentRequiredError": BUSY,
    "AuthenticationError": KEY,
    "PermissionDeniedError": KEY,
    "NotFoundError": ABSENT,
    "LiteLLMUnknownProvider": ABSENT,
    "ModelNotMappedError": ABSENT,
    "ContextWindowExceededError": LONG,
    "BadRequestError": ARGUMENTS,
    "InvalidRequestError": ARGUMENTS,
    "RejectedRequestError": ARGUMENTS,
    "UnprocessableEntityError": ARGUMENTS,
    "UnsupportedParamsError": ARGUMENTS,
    "ImageFetchError": ARGUMENTS,
    "VectorStoreSearchError": ARGUMENTS,
    "ContentPolicyViolationError": CONTENT,
    "BlockedPiiEntityError": CONTENT,
    "GuardrailRaisedException": CONTENT,
    "ModifyResponseException": CONTENT,
    "SensitiveDataRouteException": CONTENT,
}
"""What each exception of litellm means here, by the name of its class. A test compares the lists."""


def failure_of(error: Exception) -> Failure:
    """What an exception of litellm means. One of another library comes of a reply that it cannot read.

    litellm calls most of what it did not foresee an error of the connection or of the server, so those
    two are looked at more closely.
    """
    causes = list(_causes(error))
    names = {c.__name__ for cause in causes for c in type(cause).__mro__}
    found = next((FAILURES[c.__name__] for c in type(error).__mro__ if c.__name__ in FAILURES), RUBBISH)
    if found is ARGUMENTS and len(causes) == 1:
        return ABSENT  # nothing was sent: no provider of that name
    if found not in (DOWN, BROKEN):
        return found
    if "DecodingError" in names:
        return RUBBISH
    if names & {"TransportError", "ConnectionError", "gaierror"}:
        return DOWN
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and 400 <= status < 500:
        return KEY if status in (401, 403) else ARGUMENTS
    answered = "HTTPStatusError" in names or status not in (None, 500)
    return BROKEN if answered else RUBBISH


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


_loading = Lock()


def load_litellm() -> Any:
    """litellm, imported and made quiet: no price list from the web, no `.env` read, nothing printed.

    Raises `settings.missing_extra`.
    """
    with _loading:
        is_new = "litellm" not in sys.modules
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
        try:
            litellm: Any = importlib.import_module("litellm")
        except ImportError as error:
            raise SettingsError(
                "settings.missing_extra",
                f"a language model needs the package `{error.name}`",
                "install `nlq[embedded]`, or `nlq[model]` for hosted models only",
            ) from error
        litellm.suppress_debug_info = True
        # httpx logs whole URLs, and some providers take the key in the URL.
        for name in ("LiteLLM", "httpx", "openai"):
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.CRITICAL))
        if is_new:
            leave_out_more()
    return litellm


def _open_client(url: str, key: str, *, is_local: bool) -> Any:
    """A client of a server of one's own.

    It goes to that server only: no redirect is followed, and no proxy is used for a local one.
    """
    import httpx
    from openai import OpenAI

    web = httpx.Client(
        trust_env=not is_local,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_bound_body]},
    )
    return OpenAI(base_url=url, api_key=key, max_retries=0, http_client=web)


def _bound_body(response: httpx.Response) -> None:
    """Limit what the server may answer with, in bytes and in seconds from the first of them."""
    import httpx

    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise httpx.DecodingError("a compressed answer was not asked for", request=response.request)
    deadline = time.monotonic() + (response.request.extensions.get("timeout") or {}).get("read", 60.0)
    assert isinstance(response.stream, httpx.SyncByteStream)
    stream = response.stream

    class Bounded(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for chunk in stream:
                size += len(chunk)
                if size > BODY_LIMIT:
                    raise httpx.DecodingError("the answer is too large", request=response.request)
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer took too long", request=response.request)
                yield chunk

        def close(self) -> None:
            stream.close()

    response.stream = Bounded()


def _text_of(response: Any) -> str:
    choices = getattr(response, "choices", None) or [None]
    text = getattr(getattr(choices[0], "message", None), "content", None)
    # Half of a surrogate pair is valid JSON and would break whoever writes the text as UTF-8.
    return text[:TEXT_LIMIT].encode("utf-8", "replace").decode() if isinstance(text, str) else ""


def _certainty(response: Any) -> float | None:
    """The probability of the text, where the server tells that of each token."""
    choices = getattr(response, "choices", None) or [None]
    tokens = getattr(getattr(choices[0], "logprobs", None), "content", None)
    told: list[Any] = [getattr(token, "logprob", None) for token in tokens or ()]
    if not told or not all(isinstance(value, int | float) for value in told):
        return None
    return math.exp(min(math.fsum(told), 0.0))


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _cost(litellm: Any, response: Any) -> float:
    try:
        return float(litellm.completion_cost(completion_response=response))
    except Exception:  # noqa: BLE001  # an unknown price raises a plain Exception
        return 0.0


def _require_host(url: str) -> str:
    """`host:port` of a URL, without its user and password.

    Raises `settings.invalid`.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https"):
        raise SettingsError(
            "settings.invalid", "setting `model_url` is not a URL", "it is like `http://localhost:8080/v1`"
        )
    return f"{host}:{port}" if port else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
