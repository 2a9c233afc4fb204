"""From the credentials of a request to the principal that they prove: the one place that decides it."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from nlq.errors import AuthError, PolicyError, SettingsError
from nlq.identity.keys import PREFIX, KeyFile, find_key
from nlq.identity.refusal import Refusal
from nlq.policy import Policy, Principal
from nlq.policy.claims import keep_declared, require_claims
from nlq.policy.principal import Claim, Scalar
from nlq.settings import Settings

if TYPE_CHECKING:
    from nlq.identity.jwks import FixedKey, KeySet
    from nlq.identity.tokens import Algorithm, TokenVerifier

MIN_SECRET = 32
"""Bytes of a secret for HS256: as many as the hash has (RFC 7518, 3.2)."""

PROVEN = 1000
"""Credentials that are remembered with what they proved; all are forgotten when there are more."""

_INTEGER = re.compile(r"-?[1-9][0-9]{0,18}|0")
_CLAIM = re.compile(r":\s*me\s*\.\s*\"?(\w+)")
_LOG = logging.getLogger("nlq.identity")


@dataclass(frozen=True, slots=True)
class _Proof:
    """What credentials proved under a policy, from `since` until before `until`.

    It holds as long as `by` does: the keys of the file, or what the token of this `kid` was checked with.
    """

    principal: Principal
    policy: Policy
    since: float
    until: float
    by: object
    kid: str | None = None


@dataclass(frozen=True, slots=True)
class Authentication:
    """What credentials are believed. `authenticate` does no I/O but to read a file that has changed."""

    tokens: TokenVerifier | None
    keys: KeyFile | None
    roles_claim: str
    _proven: dict[str, _Proof] = field(default_factory=dict, init=False, repr=False, compare=False)

    def recall(self, bearer: str, policy: Policy, now: float) -> Principal | None:
        """What `authenticate` would say of credentials that it believed before; None where it must look."""
        proof = self._proven.get(bearer)
        if proof is None or proof.policy is not policy or not proof.since <= now < proof.until:
            return None
        try:
            if bearer.startswith(PREFIX):
                holds = self.keys is not None and self.keys.load() is proof.by
            else:
                keys = self.tokens.keys if self.tokens is not None else None
                holds = (
                    keys is not None and not keys.must_fetch(proof.kid) and keys.find(proof.kid) is proof.by
                )
        except (SettingsError, AuthError):
            return None
        return proof.principal if holds else None

    def must_fetch(self, bearer: str) -> bool:
        """Whether `fetch` should come first. It blocks: not for an event loop."""
        return self.tokens is not None and not bearer.startswith(PREFIX) and self.tokens.must_fetch(bearer)

    def fetch(self) -> None:
        """Fetch the issuer's keys, unless that was done a moment ago."""
        from nlq.identity.jwks import KeySet

        if self.tokens is not None and isinstance(self.tokens.keys, KeySet):
            self.tokens.keys.fetch()

    def authenticate(self, bearer: str, policy: Policy, now: float) -> Principal:
        """Whose credentials these are: an API key or a token. `now` is seconds since 1970, UTC.

        The log says why credentials are refused; their bearer learns only whether to get new ones.

        Raises `auth.invalid`, `auth.expired`, `auth.unavailable`.
        """
        try:
            from_ = self._from_key if bearer.startswith(PREFIX) else self._from_token
            proof = from_(bearer, policy, now)
            if len(self._proven) >= PROVEN:
                self._proven.clear()
            self._proven[bearer] = proof
            return proof.principal
        except Refusal as refusal:
            _LOG.info("refused: %s", refusal.reason)
            if refusal.is_expired:
                raise AuthError("auth.expired", "the credentials have expired", "get new ones") from None
        except PolicyError as error:
            _LOG.info("refused: %s", error.message)
        raise invalid()

    def _from_key(self, bearer: str, policy: Policy, now: float) -> _Proof:
        if self.keys is None:
            raise Refusal("API keys are not taken here (`auth_keys`)")
        try:
            keys = self.keys.load()
        except SettingsError as error:
            _LOG.error("%s", error.message)
            raise AuthError("auth.unavailable", "API keys cannot be checked at this moment") from None
        key = find_key(bearer, keys, now)
        principal = require_claims(keep_declared(key.principal, policy), policy)
        until = key.expires.timestamp() if key.expires is not None else math.inf
        return _Proof(principal, policy, now, until, keys)

    def _from_token(self, bearer: str, policy: Policy, now: float) -> _Proof:
        if self.tokens is None:
            raise Refusal("tokens are not taken here (`auth_jwt_algorithm`)")
        verified = self.tokens.verify(bearer, now)
        principal = principal_of(verified.claims, policy, self.roles_claim)
        return _Proof(principal, policy, now, verified.claims["exp"], verified.key, verified.kid)


def invalid() -> AuthError:
    """All that a caller is told of credentials that prove nothing."""
    return AuthError("auth.invalid", "the credentials are not valid")


def principal_of(claims: Mapping[str, Any], policy: Policy, roles_claim: str = "roles") -> Principal:
    """The principal that the claims of a token describe: `sub`, roles, and what the policy declares.

    Roles that the policy does not know are kept, and grant nothing.

    Raises `Refusal` and `policy.bad_claim`.
    """
    declared = policy.claims.keys() - {"id"}
    principal = Principal(
        id=_id(claims["sub"], policy),
        roles=_roles(claims, roles_claim),
        claims=MappingProxyType({name: _claim(name, claims[name]) for name in declared & claims.keys()}),
    )
    return require_claims(principal, policy)


def _id(subject: str, policy: Policy) -> Scalar:
    """The subject, which is text in every token; a number where the policy declares that `id` is one."""
    declared = policy.claims.get("id")
    if declared is not None and declared.of == "integer" and _INTEGER.fullmatch(subject):
        return int(subject)
    return subject


def _roles(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    # Names that are URLs (as some issuers want them) hold dots that lead nowhere.
    names = [path] if "://" in path else path.split(".")
    value: object = claims
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            return frozenset()
    roles = [value] if isinstance(value, str) else value
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Refusal(f"`{path}` of the token is not a list of roles")
    return frozenset(roles)


def _claim(name: str, value: object) -> Claim:
    if isinstance(value, list) and all(_is_scalar(member) for member in value):
        return tuple(value)
    if _is_scalar(value):
        return value
    raise Refusal(f"the claim `{name}` of the token is neither a value nor a list of values")


def _is_scalar(value: object) -> TypeGuard[Scalar]:
    return value is None or isinstance(value, str | int | float)


def require_declared(policy: Policy) -> None:
    """Refuse a policy with a rule for a claim that it does not declare: no token or key could bring it.

    Raises `policy.invalid`, saying which rule.
    """
    for relation, action, rule in policy.each_rule():
        for name in _CLAIM.findall(rule.sql or ""):
            if name != "id" and name not in policy.claims:
                raise PolicyError(
                    "policy.invalid",
                    f"a {action} rule of `{relation.name}` compares with `:me.{name}`, which `[claims]`"
                    " does not declare",
                    f'say `{name} = "integer"` there, or "text": nothing else is taken from tokens',
                )


def open_authentication(settings: Settings) -> Authentication | None:
    """What the settings say of credentials; None where they say nothing, and everybody is anonymous.

    Raises `settings.invalid` and `settings.missing_extra`.
    """
    tokens = _open_tokens(settings)
    keys = KeyFile(Path(settings.auth_keys)) if settings.auth_keys else None
    if keys is not None:
        keys.load()
    if tokens is None and keys is None:
        return None
    return Authentication(tokens, keys, settings.auth_roles_claim)


_OF_TOKENS = ("auth_jwt_secret", "auth_jwt_key", "auth_jwks_url", "auth_issuer", "auth_audience")


def _open_tokens(settings: Settings) -> TokenVerifier | None:
    algorithm = settings.auth_jwt_algorithm
    if not algorithm:
        for name in _OF_TOKENS:
            if getattr(settings, name):
                raise _inconsistent(f"`{name}` is of no use without `auth_jwt_algorithm`", "set it too")
        return None
    for name in ("auth_issuer", "auth_audience", "auth_roles_claim"):
        if not getattr(settings, name):
            raise _inconsistent(
                f"`{name}` is empty, and `auth_jwt_algorithm` is set",
                "say whose tokens are taken, and for whom they are made",
            )
    if not settings.auth_max_lifetime_s:
        raise _inconsistent("`auth_max_lifetime_s` is 0, so that no token could be taken", "set it")
    try:
        from nlq.identity.tokens import TokenVerifier
    except ImportError as error:
        if error.name is not None and error.name.startswith("nlq"):
            raise
        raise SettingsError(
            "settings.missing_extra",
            "tokens need an optional part of the installation",
            'run `pip install "nlq[auth]"`',
        ) from error
    return TokenVerifier(
        algorithm,
        _open_keys(algorithm, settings),
        settings.auth_issuer,
        settings.auth_audience,
        settings.auth_max_lifetime_s,
    )


def _open_keys(algorithm: Algorithm, settings: Settings) -> FixedKey | KeySet:
    from nlq.identity.jwks import FixedKey, KeySet, require_url

    sources = {
        name: getattr(settings, name) for name in ("auth_jwt_secret", "auth_jwt_key", "auth_jwks_url")
    }
    given = [name for name, value in sources.items() if value]
    wanted = ["auth_jwt_secret"] if algorithm == "HS256" else ["auth_jwt_key", "auth_jwks_url"]
    if len(given) != 1 or given[0] not in wanted:
        # A public key must never be taken for a secret, nor a secret be kept where none is needed.
        raise _inconsistent(
            f"{algorithm} needs {' or '.join(f'`{name}`' for name in wanted)}, and nothing else",
            f"set are {' and '.join(f'`{name}`' for name in given)}" if given else None,
        )
    if algorithm == "HS256":
        return FixedKey(_secret(settings.auth_jwt_secret))
    if settings.auth_jwt_key:
        return FixedKey(_public_key(Path(settings.auth_jwt_key), algorithm))
    try:
        require_url(settings.auth_jwks_url)
    except ValueError as error:
        raise _inconsistent(
            f"`auth_jwks_url` cannot be `{settings.auth_jwks_url}`: {error}", None
        ) from None
    return KeySet(settings.auth_jwks_url, algorithm)


def _secret(text: str) -> bytes:
    secret = text.encode("utf-8", "surrogateescape")
    if len(secret) < MIN_SECRET:
        raise _inconsistent(
            f"`auth_jwt_secret` has {len(secret)} bytes, and {MIN_SECRET} are the least",
            "make one with `openssl rand -hex 32`",
        )
    if b"-----BEGIN" in secret:
        raise _inconsistent(
            "`auth_jwt_secret` is a key, which others may know", "use RS256 or ES256, and `auth_jwt_key`"
        )
    return secret


def _public_key(path: Path, algorithm: Literal["RS256", "ES256"]) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    from nlq.identity.jwks import fits

    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise _inconsistent(f"cannot read `auth_jwt_key` `{path}`: {error.strerror}", None) from error
    except (ValueError, UnsupportedAlgorithm):
        raise _inconsistent(
            f"`auth_jwt_key` `{path}` is not a public key in PEM",
            "`openssl pkey -in private.pem -pubout` makes one of a private key, which no server needs",
        ) from None
    if not fits(key, algorithm):
        needs = "an RSA key of at least 2048 bits" if algorithm == "RS256" else "a key on the curve P-256"
        raise _inconsistent(f"`auth_jwt_key` `{path}` is not for {algorithm}", f"it needs {needs}")
    return key


def _inconsistent(message: str, hint: str | None) -> SettingsError:
    return SettingsError("settings.invalid", message, hint)
