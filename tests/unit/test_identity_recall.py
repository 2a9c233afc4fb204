"""Credentials that were believed before: recalled as long as looking again would say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from signing import AUDIENCE, ISSUER, SECRET, claims, sign

from nlq.errors import AuthError
from nlq.identity import Authentication
from nlq.identity.jwks import FixedKey
from nlq.identity.keys import KeyFile, new_key
from nlq.identity.tokens import TokenVerifier
from nlq.policy import Policy, Principal

NOW = 1_800_000_000.0
POLICY = Policy()


def by_token() -> Authentication:
    verifier = TokenVerifier("HS256", FixedKey(SECRET.encode()), ISSUER, AUDIENCE, 3600)
    return Authentication(verifier, None, "roles")


@pytest.mark.parametrize(
    ("policy", "later", "is_recalled"),
    [
        pytest.param(POLICY, 0, True, id="at-once"),
        pytest.param(POLICY, 59, True, id="until-it-expires"),
        pytest.param(POLICY, 60, False, id="expired"),
        pytest.param(POLICY, -1, False, id="the-clock-went-back"),
        pytest.param(Policy(), 0, False, id="another-policy-that-is-equal"),
    ],
)
def test_a_token_is_recalled(policy: Policy, later: float, is_recalled: bool) -> None:
    authentication = by_token()
    token = sign(claims(NOW, exp=NOW + 60, sub="ana"))
    assert authentication.recall(token, POLICY, NOW) is None
    found = authentication.authenticate(token, POLICY, NOW)
    recalled = authentication.recall(token, policy, NOW + later)
    assert (found.id, recalled) == ("ana", found if is_recalled else None)


def test_what_was_refused_is_not_recalled() -> None:
    authentication = by_token()
    token = sign(claims(NOW), b"another secret of thirty-two bytes")
    with pytest.raises(AuthError):
        authentication.authenticate(token, POLICY, NOW)
    assert authentication.recall(token, POLICY, NOW) is None


def test_a_key_is_recalled_until_the_file_changes_or_it_expires(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    now = datetime.fromtimestamp(NOW, UTC)
    ends = now + timedelta(seconds=60)
    key, text = new_key("reports", Principal("ana"), now, ends)
    file.add(key)
    authentication = Authentication(None, file, "roles")
    found = authentication.authenticate(text, POLICY, NOW)
    assert [authentication.recall(text, POLICY, NOW + s) for s in (0, 59, 60)] == [found, found, None]
    file.revoke("reports", now)
    assert authentication.recall(text, POLICY, NOW) is None
    with pytest.raises(AuthError):
        authentication.authenticate(text, POLICY, NOW)
    file.path.unlink()
    assert authentication.recall(text, POLICY, NOW) is None
