"""Policy files (TOML) to `Policy`, strictly: what is not understood is refused, never skipped.

[principals.alice]                 # development only
id = 7
roles = ["analyst"]
account_id = 123

[roles]
admin = { includes = ["analyst"] }

[relations.orders]                 # or [relations."sales.orders"]
read = { sql = "account_id = :me.account_id" }   # true, a table, or a list of tables

[relations.orders.columns]
card_number = "hidden"
status      = { sample = true }    # its values may be shown to the model
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeGuard

from nlq.catalog import Catalog, RelationName
from nlq.errors import PolicyError, did_you_mean
from nlq.policy.principal import Claim, Principal, Scalar
from nlq.policy.rules import ColumnRule, Policy, ReadRule, RelationRules

_LATER = ("update", "create", "delete")


def load_policy(text: str, catalog: Catalog) -> Policy:
    """The policy in `text`; relations without a schema are looked up in `catalog`.

    Raises `policy.invalid`, or `policy.unsupported` for kinds of rule that this version lacks.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError("policy.invalid", f"the policy is not TOML: {error}") from error
    _require_keys(raw, {"principals", "roles", "relations"}, "the policy")
    includes = {name: _includes(name, value) for name, value in _table(raw, "roles").items()}
    relations: dict[RelationName, RelationRules] = {}
    for name, rules in _table(raw, "relations").items():
        relations[_relation(name, catalog)] = _relation_rules(name, rules)
    return Policy(
        relations=MappingProxyType(relations),
        includes=MappingProxyType(includes),
        principals=MappingProxyType(
            {name: parse_principal(value, name) for name, value in _table(raw, "principals").items()}
        ),
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


def _relation_rules(name: str, raw: object) -> RelationRules:
    if not isinstance(raw, dict):
        raise PolicyError("policy.invalid", f"the rules of `{name}` are not a table")
    for action in _LATER:
        if action in raw:
            raise PolicyError(
                "policy.unsupported",
                f"`{name}` has a rule for `{action}`, and this version only reads",
                "remove the rule: without one nobody may do it",
            )
    _require_keys(raw, {"read", "columns"}, f"the rules of `{name}`")
    columns = {c: _column_rule(name, c, r) for c, r in _table(raw, "columns").items()}
    return RelationRules(_read_rules(name, raw.get("read", False)), MappingProxyType(columns))


def _read_rules(name: str, raw: object) -> tuple[ReadRule, ...]:
    match raw:
        case True:
            return (ReadRule(),)
        case False:
            return ()
        case list():
            return tuple(rule for item in raw for rule in _read_rules(name, item))
        case dict():
            _require_keys(raw, {"roles", "sql"}, f"a read rule of `{name}`")
            roles, sql = raw.get("roles", []), raw.get("sql")
            if not isinstance(roles, list) or not all(isinstance(r, str) for r in roles):
                raise PolicyError("policy.invalid", f"`roles` in a rule of `{name}` is not a list of names")
            if "roles" in raw and not roles:
                raise PolicyError(
                    "policy.invalid", f"`roles` in a rule of `{name}` is empty", "name a role"
                )
            if sql is not None and not isinstance(sql, str):
                raise PolicyError("policy.invalid", f"`sql` in a rule of `{name}` is not text")
            if not raw:
                raise PolicyError(
                    "policy.invalid", f"a read rule of `{name}` is empty", "use `true` or `sql`"
                )
            return (ReadRule(frozenset(roles), sql),)
        case str():
            raise PolicyError(
                "policy.unsupported",
                f"the read rule of `{name}` is in English, which this version cannot compile",
                'write it in SQL: read = { sql = "account_id = :me.account_id" }',
            )
        case _:
            raise PolicyError("policy.invalid", f"the read rule of `{name}` is not a rule: `{raw}`")


def _column_rule(relation: str, column: str, raw: object) -> ColumnRule:
    where = f"`{column}` of `{relation}`"
    match raw:
        case "visible":
            return ColumnRule()
        case "hidden":
            return ColumnRule("hidden")
        case {"sample": bool() as sample, **rest} if not rest:
            return ColumnRule(sample=sample)
        case {"mask": _} | {"aggregate": _}:
            raise PolicyError(
                "policy.unsupported",
                f"the rule for {where} masks or aggregates, which this version cannot do",
                "use `hidden`",
            )
        case _:
            raise PolicyError(
                "policy.invalid", f"the rule for {where} is `{raw}`", "use `visible` or `hidden`"
            )


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
