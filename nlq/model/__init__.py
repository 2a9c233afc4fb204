"""Language models. Their replies are untrusted text; their libraries are imported when first called."""

from nlq.model.base import Call, Message, Model, Reply
from nlq.model.cached import CachedModel

__all__ = ["CachedModel", "Call", "Message", "Model", "Reply"]
