"""Who asks: bearer tokens and API keys to a `Principal`. Knows no transport; nothing else knows PyJWT."""

from nlq.identity.authentication import Authentication, invalid, open_authentication, require_declared

__all__ = ["Authentication", "invalid", "open_authentication", "require_declared"]
