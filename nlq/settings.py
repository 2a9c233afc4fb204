"""Settings: `nlq.toml`, overridden by `NLQ_*` environment variables, overridden by flags."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from nlq.errors import SettingsError, did_you_mean

EMBEDDED = "embedded"
"""The name of the local model that runs in this process."""

_SWITCH = {"true": True, "1": True, "yes": True, "on": True,
           "false": False, "0": False, "no": False, "off": False}  # fmt: skip
_CHOICES: Mapping[str, tuple[object, ...]] = {
    "sample": ("auto", "declared", "never"),
    "check_isolation": ("auto", "process", "none"),
    "engine_isolation": ("auto", "process", "none"),
    "auth_jwt_algorithm": ("", "HS256", "RS256", "ES256"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. Each is documented in `docs/settings.md`."""

    db: str = field(default="", repr=False)
    policy: str = ""
    models: str = ""
    cache_dir: str = "cache"
    queries: str = "queries"
    client_python: str = ""
    client_typescript: str = ""
    client_react: str = ""
    sources: str = ""
    descriptions: str = ""
    model: str = EMBEDDED
    model_url: str = ""
    model_key: str = field(default="", repr=False)
    model_timeout_s: float = 120.0
    model_retries: int = 2
    model_concurrency: int = 1
    model_threads: int = 0
    model_context: int = 8192
    prompt_tokens: int = 3000
    attempts: int = 3
    sample: Literal["auto", "declared", "never"] = "auto"
    hash_key: str = field(default="", repr=False)
    row_limit: int = 1000
    statement_timeout_s: float = 30.0
    memory_limit_mb: int = 1024
    threads: int = 2
    result_cache_mb: int = 64
    db_role: str = ""
    mutations: bool = False
    change_limit: int = 1000
    journal_h: float = 24.0
    effects: str = ""
    effects_url: str = ""
    effects_key: str = field(default="", repr=False)
    check_isolation: Literal["auto", "process", "none"] = "auto"
    engine_isolation: Literal["auto", "process", "none"] = "auto"
    question_limit: int = 4000
    ambiguous: Literal["ask", "answer"] = "ask"
    paraphrases: bool = True
    audit: str = ""
    audit_key: str = field(default="", repr=False)
    audit_values: bool = False
    audit_sync: bool = True
    audit_rotate_mb: int = 64
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    request_limit: int = 256
    share_key: str = field(default="", repr=False)
    metrics: bool = False
    open: bool = False
    frozen: bool = False
    dev: bool = False
    auth_jwt_algorithm: Literal["", "HS256", "RS256", "ES256"] = ""
    auth_jwt_secret: str = field(default="", repr=False)
    auth_jwt_key: str = ""
    auth_jwks_url: str = ""
    auth_issuer: str = ""
    auth_audience: str = ""
    auth_max_lifetime_s: float = 86400.0
    auth_roles_claim: str = "roles"
    auth_keys: str = ""


def load(
    directory: Path, environment: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Settings:
    """Settings from `directory/nlq.toml`, then `environment`, then `flags` that are not None.

    Raises `settings.unknown` and `settings.invalid`, naming the source.
    """
    settings = Settings()
    path = directory / "nlq.toml"
    if path.is_file():
        try:
            settings = _override(settings, tomllib.loads(path.read_text("utf-8")), "nlq.toml")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError("settings.invalid", f"`nlq.toml` is not TOML: {error}") from error
        except OSError as error:
            raise SettingsError("settings.invalid", f"cannot read `nlq.toml`: {error.strerror}") from error
    from_environment = {
        key[4:].lower(): value for key, value in environment.items() if key.startswith("NLQ_") and value
    }
    settings = _override(settings, from_environment, "environment")
    given = {k: v for k, v in (flags or {}).items() if v is not None}
    return _override(settings, given, "flags")


def user_cache_dir() -> Path:
    """Where files that outlive a project are kept: models, demo databases. XDG rules."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "nlq"


def _override(settings: Settings, values: Mapping[str, object], source: str) -> Settings:
    known = {f.name: f for f in fields(Settings)}
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(
                "settings.unknown", f"unknown setting `{key}` in {source}", did_you_mean(key, known)
            )
        changes[key] = _convert(key, value, getattr(settings, key), source)
    return replace(settings, **changes)


def _convert(key: str, value: object, current: object, source: str) -> object:
    wanted = type(current)
    shown = f"`{value}`" if _SHOWN[key] else "what it is"
    try:
        if wanted is bool:
            converted: object = _SWITCH[str(value).lower()]
        elif wanted is int and isinstance(value, float) and not value.is_integer():
            raise ValueError
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            converted = wanted(value)  # type: ignore[call-arg]  # str, int or float: all take one value
        else:
            raise ValueError
    except (ValueError, OverflowError, KeyError):
        takes = "`true` or `false`" if wanted is bool else "text" if wanted is str else "a number"
        raise SettingsError(
            "settings.invalid",
            f"setting `{key}` in {source} cannot be {shown}",
            hint=f"it takes {takes}" + (f", such as `{current}`" if current and wanted is not bool else ""),
        ) from None
    if converted not in _CHOICES.get(key, (converted,)):
        choices = [f"`{choice}`" for choice in _CHOICES[key] if choice]
        raise SettingsError(
            "settings.invalid",
            f"setting `{key}` in {source} cannot be {shown}",
            hint=f"use {', '.join(choices[:-1])} or {choices[-1]}",
        )
    if isinstance(converted, (int, float)) and not 0 <= converted < float("inf"):
        raise SettingsError(
            "settings.invalid",
            f"setting `{key}` in {source} cannot be {shown}",
            hint="it takes a number that is finite and not negative",
        )
    return converted


_SHOWN: Mapping[str, bool] = {f.name: f.repr for f in fields(Settings)}
"""Whether a setting may be shown: what may not is, or can hold, a password."""
