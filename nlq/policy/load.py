"""Policy files (TOML) to `Policy`, strictly: what is not understood is refused, never skipped.

[principals.alice]                 # development only
id = 7
roles = ["analyst"]
account_id = 123

[roles]
admin = { includes = ["analyst"] }

principals_are = "users"           # the relation of those who ask; found by its name if left out

[claims]                           # their types; a token that has others is refused
account_id = "integer"             # or ["integer"]: a list

[relations.orders]                 # or [relations."sales.orders"]
read   = { sql = "account_id = :me.account_id" }   # true, a table, English, or a list of these
update = { roles = ["admin"], english = "orders of the caller's account" }

[relations.orders.columns]
card_number = "hidden"
phone       = { hidden = true, except = ["support"] }
email       = { mask = "partial" }    # null, constant, hash, partial, rounded
amount      = { aggregate = 5 }       # only in sums and averages over at least 5 rows
status      = { sample = true }       # its values may be shown to the model
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeGuard

from nlq.catalog import Catalog, RelationName
from nlq.catalog.models import Model, access_rules
from nlq.errors import PolicyError, did_you_mean
from nlq.policy.english.formula import Grant
from nlq.policy.load_columns import load_column_rule
from nlq.policy.principal import Claim, Principal, Scalar
from nlq.policy.rules import ACTIONS, CLAIM_KINDS, Action, ClaimType, Policy, RelationRules, Rule


class CompiledRule(NamedTuple):
    """What an English rule was compiled to, none for nobody, and whether a person has approved of that."""

    grants: tuple[Grant, ...]
    reviewed: bool


RuleBook = Callable[[RelationName, Action, str], CompiledRule | None]
"""Gives what the English rule of a relation and action was compiled to, if it was."""


Access = Mapping[RelationName, Mapping[str, object]]
"""What models say of their relations, in the words of a policy: `nlq.catalog.models.access_rules`."""


def policy_from_models(
    models: Iterable[type[Model]],
    catalog: Catalog,
    rule_book: RuleBook = lambda _r, _action, _english: None,
) -> Policy:
    """The policy that the `access` of these models makes, without a file.

    Raises `policy.invalid`.
    """
    return load_policy("", catalog, rule_book, access_rules(models, catalog.dialect))


def load_policy(
    text: str,
    catalog: Catalog,
    rule_book: RuleBook = lambda _relation, _action, _english: None,
    access: Access = MappingProxyType({}),
) -> Policy:
    """The policy in `text`, and in the `access` of models; names are looked up in `catalog`.

    A rule in English that `rule_book` does not have, or that nobody has reviewed, grants nothing. What both
    file and model say of the same action, or of columns, is refused: neither overrides the other.

    Raises `policy.invalid`.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError("policy.invalid", f"the policy is not TOML: {error}") from error
    _require_keys(raw, {"principals", "roles", "claims", "relations", "principals_are"}, "the policy")
    includes = {name: _includes(name, value) for name, value in _table(raw, "roles").items()}
    relations: dict[RelationName, RelationRules] = {}
    for name, rules in _table(raw, "relations").items():
        relation = _relation(name, catalog)
        if relation in relations:
            raise PolicyError(
                "policy.invalid", f"the policy has rules for `{name}` twice", "put them together"
            )
        together = _together(relation, rules, access.get(relation, {}))
        relations[relation] = _relation_rules(relation, together, rule_book)
    for relation, said in access.items():
        if relation not in relations:
            relations[relation] = _relation_rules(relation, dict(said), rule_book)
    return Policy(
        relations=MappingProxyType(relations),
        includes=MappingProxyType(includes),
        principals=MappingProxyType(
            {name: parse_principal(value, name) for name, value in _table(raw, "principals").items()}
        ),
        claims=MappingProxyType({n: _claim_type(n, value) for n, value in _table(raw, "claims").items()}),
        principals_are=_principals(raw, catalog),
    )


def require_reviewed(policy: Policy) -> None:
    """Refuse a policy with a rule in English that nobody has approved of as it is now.

    Raises `policy.unreviewed`, naming each.
    """
    waiting = [f"{action} of `{n.name}`: {r.english}" for n, action, r in policy.unreviewed()]
    if waiting:
        raise PolicyError(
            "policy.unreviewed",
            f"{len(waiting)} rules in English are not reviewed: {'; '.join(waiting)}"
            if len(waiting) > 1
            else f"a rule in English is not reviewed: {waiting[0]}",
            "`nlq rules compile`, look at them with `nlq rules show`, then `nlq rules approve`",
        )


def parse_principal(raw: Mapping[str, Any], name: str) -> Principal:
    """A principal from a table such as `{"id": 7, "roles": ["analyst"], "account_id": 123}`.

    Raises `policy.invalid` where a claim is not a scalar or a list of scalars.
    """
    if not isinstance(raw, Mapping):
        raise PolicyError("policy.invalid", f"the principal `{name}` is not a table")
    roles = raw.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(r, str) for r in roles):
        raise PolicyError("policy.invalid", f"`roles` of the principal `{name}` is not a list of names")
    identity = raw.get("id")
    if not isinstance(identity, str | int | None) or isinstance(identity, bool):
        raise PolicyError("policy.invalid", f"`id` of the principal `{name}` is neither text nor a number")
    claims = {key: _claim(key, value, name) for key, value in raw.items() if key not in ("id", "roles")}
    return Principal(id=identity, roles=frozenset(roles), claims=MappingProxyType(claims))


def choose_principal(text: str, policy: Policy) -> Principal:
    """The principal that `--as` names: one of the policy's, or a JSON object.

    Raises `policy.unknown_principal`.
    """
    if text.lstrip().startswith("{"):
        try:
            return parse_principal(json.loads(text), "--as")
        except json.JSONDecodeError as error:
            raise PolicyError("policy.invalid", f"`--as` is not a JSON object: {error}") from error
    if text not in policy.principals:
        known = ", ".join(f"`{p}`" for p in policy.principals)
        raise PolicyError(
            "policy.unknown_principal",
            f"the policy names no principal `{text}`",
            f"it names {known}" if known else 'give a JSON object, such as {"id": 7, "roles": ["analyst"]}',
        )
    return policy.principals[text]


def _relation_rules(name: RelationName, raw: object, rule_book: RuleBook) -> RelationRules:
    if not isinstance(raw, dict):
        raise PolicyError("policy.invalid", f"the rules of `{name.name}` are not a table")
    _require_keys(raw, {*ACTIONS, "columns"}, f"the rules of `{name.name}`")
    rules = {action: _rules(name, action, raw.get(action, False), rule_book) for action in ACTIONS}
    columns = {c: load_column_rule(name.name, c, r) for c, r in _table(raw, "columns").items()}
    return RelationRules(**rules, columns=MappingProxyType(columns))


def _together(name: RelationName, rules: object, said: Mapping[str, object]) -> object:
    """The rules of the file with those of the model, which may not speak of the same."""
    if not isinstance(rules, dict):
        return rules
    for key in rules:
        if key in said:
            raise PolicyError(
                "policy.invalid",
                f"`{key}` of `{name.name}` has rules in the policy and in its model",
                "keep one of them",
            )
    return {**said, **rules}


def _rules(name: RelationName, action: Action, raw: object, rule_book: RuleBook) -> tuple[Rule, ...]:
    where = f"{_A[action]} rule of `{name.name}`"
    match raw:
        case True:
            return (Rule(),)
        case False:
            return ()
        case list():
            return tuple(rule for item in raw for rule in _rules(name, action, item, rule_book))
        case str():
            return _english(name, action, frozenset(), raw, rule_book)
        case dict():
            _require_keys(raw, {"roles", "sql", "english"}, where)
            roles, sql, english = raw.get("roles", []), raw.get("sql"), raw.get("english")
            if not isinstance(roles, list) or not all(isinstance(r, str) for r in roles):
                raise PolicyError("policy.invalid", f"`roles` in {where} is not a list of names")
            if "roles" in raw and not roles:
                raise PolicyError("policy.invalid", f"`roles` in {where} is empty", "name a role")
            for key, value in (("sql", sql), ("english", english)):
                if value is not None and not isinstance(value, str):
                    raise PolicyError("policy.invalid", f"`{key}` in {where} is not text")
            if not raw:
                raise PolicyError("policy.invalid", f"{where} is empty", "use `true` or `sql`")
            if english is not None:
                if sql is not None:
                    raise PolicyError("policy.invalid", f"{where} has both `sql` and `english`", "keep one")
                return _english(name, action, frozenset(roles), english, rule_book)
            return (Rule(frozenset(roles), sql),)
        case _:
            raise PolicyError("policy.invalid", f"{where} is not a rule: `{raw}`")


def _english(
    name: RelationName, action: Action, roles: frozenset[str], english: str, rule_book: RuleBook
) -> tuple[Rule, ...]:
    text = " ".join(english.split())
    if not text:
        raise PolicyError("policy.invalid", f"{_A[action]} rule of `{name.name}` is empty", "write a rule")
    compiled = rule_book(name, action, text)
    if compiled is None or not compiled.reviewed:
        return (Rule(roles, "FALSE", text, reviewed=False),)
    if roles and any(grant.roles for grant in compiled.grants):
        raise PolicyError(
            "policy.invalid",
            f"{_A[action]} rule of `{name.name}` has `roles`, and its English names others",
            "say all of it in English, or the roles in `roles` alone",
        )
    return tuple(Rule(roles or grant.roles, grant.sql, text) for grant in compiled.grants)


_A: dict[Action, str] = {
    "read": "a read",
    "create": "a create",
    "update": "an update",
    "delete": "a delete",
}


def _principals(raw: Mapping[str, Any], catalog: Catalog) -> RelationName | None:
    named = raw.get("principals_are")
    if named is None:
        return None
    if not isinstance(named, str):
        raise PolicyError("policy.invalid", "`principals_are` is not the name of a relation")
    return _relation(named, catalog)


def _claim_type(name: str, raw: object) -> ClaimType:
    of = raw[0] if isinstance(raw, list) and len(raw) == 1 else raw
    if name == "roles" or of not in CLAIM_KINDS or (name == "id" and raw not in ("text", "integer")):
        kinds = ", ".join(f"`{k}`" for k in CLAIM_KINDS)
        raise PolicyError(
            "policy.invalid", f"the type of the claim `{name}` is `{raw}`", f'use {kinds}, or ["integer"]'
        )
    return ClaimType(of, isinstance(raw, list))


def _relation(name: str, catalog: Catalog) -> RelationName:
    schema, _, bare = name.rpartition(".")
    exact = [r.name for r in catalog if str(r.name) == name or (r.name.name == name)]
    found = exact or [r.name for r in catalog.find(bare, schema or None)]
    preferred = [r for r in found if r.schema == catalog.default_schema] or found
    if len(preferred) != 1:
        near = did_you_mean(name, (r.name.name for r in catalog))
        several = "say which schema" if preferred else None
        raise PolicyError(
            "policy.invalid",
            f"the policy names a relation `{name}` that the database does not have"
            if not preferred
            else f"the relation `{name}` of the policy may mean several",
            several or near,
        )
    return preferred[0]


def _includes(name: str, raw: object) -> frozenset[str]:
    if not isinstance(raw, dict):
        raise PolicyError("policy.invalid", f"the role `{name}` is not a table")
    _require_keys(raw, {"includes"}, f"the role `{name}`")
    included = raw.get("includes", [])
    if not isinstance(included, list) or not all(isinstance(r, str) for r in included):
        raise PolicyError("policy.invalid", f"`includes` of the role `{name}` is not a list of names")
    return frozenset(included)


def _claim(key: str, value: object, principal: str) -> Claim:
    if isinstance(value, list) and all(_is_scalar(v) for v in value):
        return tuple(value)
    if _is_scalar(value):
        return value
    raise PolicyError(
        "policy.invalid", f"the claim `{key}` of `{principal}` is neither a scalar nor a list"
    )


def _is_scalar(value: object) -> TypeGuard[Scalar]:
    return value is None or isinstance(value, str | int | float | bool)


def _table(raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise PolicyError("policy.invalid", f"`{key}` is not a table")
    return value


def _require_keys(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in raw:
        if key not in known:
            raise PolicyError("policy.invalid", f"unknown key `{key}` in {where}", did_you_mean(key, known))
