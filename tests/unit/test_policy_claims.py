"""Claims have the types that the policy declares, whoever brings them."""

from __future__ import annotations

from typing import Any

import pytest

from nlq.catalog import Catalog
from nlq.errors import PolicyError
from nlq.policy import ClaimType, Policy, Principal
from nlq.policy.claims import keep_declared, require_claims
from nlq.policy.load import load_policy


def declaring(**claims: ClaimType) -> Policy:
    return Policy(claims=claims)


TEXT, INTEGER, NUMBER, BOOLEAN = (ClaimType(k) for k in ("text", "integer", "number", "boolean"))
INTEGERS, TEXTS = ClaimType("integer", is_list=True), ClaimType("text", is_list=True)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        pytest.param(TEXT, "a", id="text"),
        pytest.param(TEXT, "", id="empty-text"),
        pytest.param(INTEGER, -7, id="integer"),
        pytest.param(INTEGER, 2**63 - 1, id="largest"),
        pytest.param(NUMBER, 1, id="number-integer"),
        pytest.param(NUMBER, 0.5, id="number"),
        pytest.param(BOOLEAN, False, id="boolean"),
        pytest.param(INTEGERS, (), id="empty-list"),
        pytest.param(INTEGERS, (1, 2), id="list"),
        pytest.param(INTEGER, None, id="null"),
        pytest.param(INTEGERS, None, id="null-list"),
    ],
)
def test_a_claim_of_its_type(declared: ClaimType, value: Any) -> None:
    principal = Principal(7, claims={"c": value})
    assert require_claims(principal, declaring(c=declared)) is principal


@pytest.mark.parametrize(
    ("declared", "value", "wanted"),
    [
        pytest.param(TEXT, 1, "text", id="number-for-text"),
        pytest.param(TEXT, ("a",), "text", id="list-for-text"),
        pytest.param(TEXT, "a\0", "text", id="nul"),
        pytest.param(TEXT, "\udfff", "text", id="surrogate"),
        pytest.param(INTEGER, "1", "integer", id="text-for-integer"),
        pytest.param(INTEGER, 1.0, "integer", id="float-for-integer"),
        pytest.param(INTEGER, True, "integer", id="truth-for-integer"),
        pytest.param(INTEGER, 2**63, "integer", id="too-large"),
        pytest.param(NUMBER, 10**400, "number", id="far-too-large"),
        pytest.param(NUMBER, float("inf"), "number", id="infinity"),
        pytest.param(NUMBER, float("nan"), "number", id="nan"),
        pytest.param(NUMBER, True, "number", id="truth-for-number"),
        pytest.param(BOOLEAN, 1, "boolean", id="one-for-truth"),
        pytest.param(BOOLEAN, "true", "boolean", id="text-for-truth"),
        pytest.param(INTEGERS, 1, "a list of integer", id="one-for-list"),
        pytest.param(INTEGERS, (1, "2"), "a list of integer", id="mixed"),
        pytest.param(INTEGERS, (1, None), "a list of integer", id="null-inside"),
        pytest.param(TEXTS, (("a",),), "a list of text", id="nested"),
        pytest.param(TEXT, {"a": 1}, "text", id="object"),
    ],
)
def test_a_claim_of_another_type(declared: ClaimType, value: Any, wanted: str) -> None:
    with pytest.raises(PolicyError) as caught:
        require_claims(Principal(7, claims={"c": value}), declaring(c=declared))
    assert (caught.value.code, caught.value.message, caught.value.hint) == (
        "policy.bad_claim",
        f"the claim `c` is not {wanted}",
        "the policy's `[claims]` declares it",
    )


def test_the_id_may_be_declared_too() -> None:
    assert require_claims(Principal(7), declaring(id=INTEGER)) == Principal(7)
    with pytest.raises(PolicyError, match="the claim `id` is not integer"):
        require_claims(Principal("7"), declaring(id=INTEGER))


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        pytest.param('id = "integer"', {"id": INTEGER}, id="id-integer"),
        pytest.param('id = "text"', {"id": TEXT}, id="id-text"),
        pytest.param('teams = ["integer"]', {"teams": INTEGERS}, id="list"),
        pytest.param('id = "number"', None, id="id-number"),
        pytest.param('id = ["integer"]', None, id="id-list"),
        pytest.param('roles = ["text"]', None, id="roles"),
        pytest.param('a = "int"', None, id="unknown"),
    ],
)
def test_what_a_policy_may_declare(declared: str, expected: dict[str, ClaimType] | None) -> None:
    text = f"[claims]\n{declared}"
    if expected is not None:
        assert load_policy(text, Catalog("duckdb", ())).claims == expected
        return
    with pytest.raises(PolicyError, match="the type of the claim"):
        load_policy(text, Catalog("duckdb", ()))


def test_a_claim_that_is_not_there_or_not_declared() -> None:
    principal = Principal(7, claims={"other": "x"})
    assert require_claims(principal, declaring(c=INTEGER)) is principal
    assert keep_declared(principal, declaring(c=INTEGER)) == Principal(7)
    kept = Principal(7, frozenset({"r"}), {"c": 1, "other": "x"})
    assert keep_declared(kept, declaring(c=INTEGER)) == Principal(7, frozenset({"r"}), {"c": 1})
