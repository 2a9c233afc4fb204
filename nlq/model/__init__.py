"""Language models. Their replies are untrusted text; their libraries are imported when first called."""

from __future__ import annotations

from pathlib import Path

from nlq.errors import SettingsError
from nlq.events import Observer, ignore
from nlq.model.base import Call, Message, Model, Reply
from nlq.model.cached import CachedModel
from nlq.model.embedded import EmbeddedModel
from nlq.model.hosted import LiteLlmModel
from nlq.model.recorded import RecordedModel
from nlq.settings import EMBEDDED, Settings

__all__ = [
    "CachedModel",
    "Call",
    "EmbeddedModel",
    "LiteLlmModel",
    "Message",
    "Model",
    "RecordedModel",
    "Reply",
    "open_model",
]


def open_model(settings: Settings, observe: Observer = ignore) -> Model:
    """The model that `settings.model` names; nothing is loaded or asked before its first call.

    - `embedded`: the local model in this process
    - `provider/name`: a hosted model, as litellm names it
    - any name, with `model_url`: a server that speaks OpenAI's protocol
    - `recorded:DIRECTORY`: replies recorded there, for tests
    - `record:DIRECTORY`: the same, and the embedded model for what is not there, recording it

    Raises `settings.invalid`.
    """
    name, url = settings.model, settings.model_url
    kind, colon, place = name.partition(":")
    if colon and place and kind in ("recorded", "record"):
        return RecordedModel(Path(place), EmbeddedModel(settings, observe) if kind == "record" else None)
    if name == EMBEDDED and not url:
        return EmbeddedModel(settings, observe)
    if name == EMBEDDED:
        raise SettingsError(
            "settings.invalid",
            "`model_url` is set, and `model` does not say which model is there",
            "set `NLQ_MODEL` to the name that the server knows it by",
        )
    if url or "/" in name:
        return LiteLlmModel(name, url, settings.model_key, settings)
    raise SettingsError(
        "settings.invalid",
        f"setting `model` cannot be `{name}`",
        "use `embedded`, or `provider/name`, or set `model_url` too",
    )
