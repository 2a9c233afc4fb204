"""What every language model does. Replies are untrusted text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from nlq.catalog.fingerprint import digest


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Call:
    """All that can change a reply. `extra` goes to the server as it is (a grammar, say)."""

    messages: tuple[Message, ...]
    max_tokens: int = 400
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()

    def key(self, model: str) -> str:
        """SHA-256 (hex) of the call as `model` would be sent it."""
        return digest([model, self.to_json()])

    def to_json(self) -> dict[str, Any]:
        """The call as a JSON object."""
        return {
            "messages": [{"role": m.role, "content": m.content} for m in self.messages],
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
            "stop": list(self.stop),
            "extra": dict(self.extra),
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model wrote, and what it cost. `seconds` is wall time; `cost_usd` 0 where unknown.

    `certainty` is the probability, 0 to 1, that the model gave to the text as a whole; None where it is not
    told.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0
    from_cache: bool = False
    certainty: float | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object, without `from_cache`, and without a certainty that is not known."""
        told = {} if self.certainty is None else {"certainty": self.certainty}
        return {
            "text": self.text,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "seconds": self.seconds,
            "cost_usd": self.cost_usd,
            **told,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], *, from_cache: bool = False) -> Reply:
        """The reply that `to_json` wrote."""
        return cls(
            text=str(raw["text"]),
            prompt_tokens=int(raw["prompt_tokens"]),
            completion_tokens=int(raw["completion_tokens"]),
            seconds=float(raw["seconds"]),
            cost_usd=float(raw["cost_usd"]),
            from_cache=from_cache,
            certainty=float(raw["certainty"]) if raw.get("certainty") is not None else None,
        )


class Model(Protocol):
    """A language model. Safe to call from several threads; bounds its own concurrency."""

    @property
    def name(self) -> str:
        """What names the weights and the server, for cache keys and provenance."""

    @property
    def is_local(self) -> bool:
        """True where prompts do not leave this machine."""

    def complete(self, call: Call) -> Reply:
        """The model's reply.

        Raises `model.unreachable`, `model.timeout`, `model.rejected` or `model.not_installed`.
        """

    def close(self) -> None:
        """Stop what was started."""
