"""Settings to the audit log."""

from __future__ import annotations

import sys
from pathlib import Path

from nlq.audit.account import NO_AUDIT, Audit
from nlq.errors import SettingsError
from nlq.settings import Settings

KEY_LENGTH = 16
"""Who can guess the key can write the log anew."""


def open_audit(settings: Settings) -> Audit:
    """The audit log that the settings name, or none.

    Raises `settings.invalid`, `audit.unwritable` and `audit.broken`.
    """
    if not settings.audit:
        return NO_AUDIT
    from nlq.audit.log import AuditLog

    return AuditLog(
        Path(settings.audit),
        key=audit_key(settings),
        values=settings.audit_values,
        sync=settings.audit_sync,
        rotate_bytes=settings.audit_rotate_mb * 2**20 or sys.maxsize,
    )


def audit_key(settings: Settings) -> bytes:
    """The key of the audit log; empty for none.

    Raises `settings.invalid` where it could be guessed.
    """
    if settings.audit_key and len(settings.audit_key) < KEY_LENGTH:
        raise SettingsError(
            "settings.invalid",
            f"`audit_key` is shorter than {KEY_LENGTH} characters",
            "set `NLQ_AUDIT_KEY` to a long random text, and keep it",
        )
    return settings.audit_key.encode("utf-8", "surrogateescape")
