"""API keys: a name and 256 random bits, of which the server keeps a hash.

The hash is one round of SHA-256. For passwords that would be wrong: they are guessed, and a slow hash makes
guessing dear. Nobody guesses 256 random bits at any speed, and a slow hash would only let strangers keep a
server busy. The whole key is hashed, so that a hash is of use under its own name only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nlq.errors import PolicyError, SettingsError
from nlq.identity.refusal import Refusal
from nlq.identity.strict import parse_object
from nlq.policy import Principal
from nlq.policy.load import parse_principal

PREFIX = "nlq_"
"""What every key begins with, so that it is told from a token, and found where it should not be."""

_KEY = re.compile(r"nlq_([a-z0-9][a-z0-9-]{0,39})_([0-9a-f]{64})")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_NO_HASH = "sha256:" + "0" * 64
"""Compared with where there is no key of that name, so that this takes as long."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key: who its holder is, and until when. Times are UTC, to the second."""

    name: str
    hash: str
    principal: Principal
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None


def new_key(
    name: str, principal: Principal, created: datetime, expires: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, which is not kept anywhere."""
    text = f"{PREFIX}{name}_{secrets.token_hex(32)}"
    created = created.astimezone(UTC).replace(microsecond=0)
    if expires is not None:
        expires = expires.astimezone(UTC).replace(microsecond=0)
    return ApiKey(name, hash_key(text), principal, created, expires), text


def hash_key(text: str) -> str:
    """The hash under which a key is kept."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_name(name: str) -> bool:
    """Whether a key may have the name.

    >>> is_name("ci-1"), is_name("CI"), is_name("a_b"), is_name("")
    (True, False, False, False)
    """
    return _NAME.fullmatch(name) is not None


def find_key(text: str, keys: Mapping[str, ApiKey], now: float) -> ApiKey:
    """The key whose text this is. `now` is seconds since 1970, UTC.

    Raises `Refusal`; a name that nobody has and a wrong secret take the same way to the same reason.
    """
    shape = _KEY.fullmatch(text)
    found = keys.get(shape[1]) if shape else None
    is_right = hmac.compare_digest(hash_key(text), found.hash if found else _NO_HASH)
    if found is None or not is_right:
        raise Refusal("the API key is not known")
    if found.revoked is not None:
        raise Refusal(f"the API key `{found.name}` is revoked")
    if found.expires is not None and found.expires.timestamp() <= now:
        raise Refusal(f"the API key `{found.name}` has expired", is_expired=True)
    return found


class KeyFile:
    """A file of keys. It is read again when it has changed: a key that is revoked is refused at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = str(path)
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, ...], Mapping[str, ApiKey]] | None = None

    def load(self) -> Mapping[str, ApiKey]:
        """The keys by name.

        Raises `settings.invalid` where the file cannot be read.
        """
        try:
            status = os.stat(self._name)  # noqa: PTH116  # on the way of every request
            # Whoever writes it replaces it, so that two changes within one tick of the clock differ too.
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            with self._lock:
                if self._read is None or self._read[0] != stamp:
                    self._read = (stamp, parse_keys(self.path.read_bytes()))
                return self._read[1]
        except OSError as error:
            raise _unreadable(self.path, error.strerror or str(error)) from error
        except (ValueError, PolicyError) as error:
            raise _unreadable(self.path, str(error)) from error

    def add(self, key: ApiKey) -> None:
        """Keep a new key; the file is made if there is none.

        Raises `settings.invalid` where there is a key of that name, or the file cannot be written.
        """
        with self._changing() as keys:
            if key.name in keys:
                raise SettingsError(
                    "settings.invalid",
                    f"there is a key `{key.name}` already",
                    "choose another name: that of a revoked key stays taken, so that logs name one key",
                )
            keys[key.name] = key

    def revoke(self, name: str, now: datetime) -> ApiKey:
        """The key, which is of no use from now on. Revoking it again changes nothing.

        Raises `settings.invalid` where there is none of that name.
        """
        with self._changing() as keys:
            if name not in keys:
                raise SettingsError(
                    "settings.invalid", f"there is no key `{name}`", "`nlq keys list` lists them"
                )
            when = keys[name].revoked or now.astimezone(UTC).replace(microsecond=0)
            keys[name] = replace(keys[name], revoked=when)
            return keys[name]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, ApiKey]]:
        """The keys, to be changed by one process at a time: a revocation must not be written over."""
        import fcntl

        try:
            directory = os.open(self.path.parent, os.O_RDONLY)
        except OSError as error:
            raise _unreadable(self.path, error.strerror or str(error)) from error
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            keys = dict(self.load()) if self.path.exists() else {}
            yield keys
            try:
                _replace(self.path, write_keys(keys))
            except OSError as error:
                raise SettingsError(
                    "settings.invalid", f"cannot write the keys `{self.path}`: {error.strerror}"
                ) from error
        finally:
            os.close(directory)


def parse_keys(content: bytes) -> Mapping[str, ApiKey]:
    """The keys of a file, read strictly.

    Raises ValueError, and `policy.invalid` where a key has a claim that cannot be one.
    """
    raw = parse_object(content)
    if set(raw) != {"keys"} or not isinstance(raw["keys"], dict):
        raise ValueError("it is not an object of `keys`")
    return MappingProxyType({name: _parse_key(name, value) for name, value in raw["keys"].items()})


def write_keys(keys: Mapping[str, ApiKey]) -> bytes:
    """The content of a file that holds these keys."""
    listed = {name: _key_to_json(key) for name, key in sorted(keys.items())}
    return (json.dumps({"keys": listed}, indent=2, ensure_ascii=False) + "\n").encode()


def _parse_key(name: str, raw: object) -> ApiKey:
    if not is_name(name) or not isinstance(raw, dict):
        raise ValueError("a key has a name that it cannot have, or is not an object")
    unknown = set(raw) - {"hash", "id", "roles", "claims", "created", "expires", "revoked"}
    if unknown:
        raise ValueError(f"the key `{name}` has a field `{min(unknown)}`, which is not known")
    digest = raw.get("hash")
    if not isinstance(digest, str) or not _HASH.fullmatch(digest):
        raise ValueError(f"the `hash` of the key `{name}` is none")
    claims = raw.get("claims", {})
    if not isinstance(claims, dict) or claims.keys() & {"id", "roles"}:
        raise ValueError(f"the `claims` of the key `{name}` are none")
    who = {**claims, "id": raw.get("id", name), "roles": raw.get("roles", [])}
    created, expires, revoked = (
        _parse_time(name, raw, which) for which in ("created", "expires", "revoked")
    )
    if created is None:
        raise ValueError(f"the key `{name}` does not say when it was created")
    return ApiKey(name, digest, parse_principal(who, name), created, expires, revoked)


def _key_to_json(key: ApiKey) -> dict[str, Any]:
    who = key.principal
    return {
        "hash": key.hash,
        "id": who.id,
        "roles": sorted(who.roles),
        "claims": {n: list(v) if isinstance(v, tuple) else v for n, v in who.claims.items()},
        "created": key.created.isoformat(),
        "expires": key.expires.isoformat() if key.expires else None,
        "revoked": key.revoked.isoformat() if key.revoked else None,
    }


def _parse_time(name: str, raw: Mapping[str, Any], which: str) -> datetime | None:
    value = raw.get(which)
    if value is None:
        return None
    with suppress(ValueError, TypeError):
        time = datetime.fromisoformat(value)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    raise ValueError(f"`{which}` of the key `{name}` is not a time with its zone")


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    try:
        temporary.touch(0o600, exist_ok=False)
        with temporary.open("wb") as file:
            os.fchmod(file.fileno(), mode)  # as it was, whatever the umask says
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _unreadable(path: Path, reason: str) -> SettingsError:
    return SettingsError("settings.invalid", f"cannot read the keys `{path}`: {reason}")
