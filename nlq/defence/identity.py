"""Who asks, as the database is told: roles and claims as text that settings of a transaction can hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from nlq.catalog import Family
from nlq.catalog.fingerprint import digest
from nlq.defence.names import literal
from nlq.errors import PolicyError
from nlq.guard.lists import CLAIM, list_compared
from nlq.plan.lift import expression_family, parameter_family
from nlq.policy import ACTIONS, ClaimType, Policy, Principal
from nlq.policy.principal import Claim
from nlq.policy.rules import ClaimKind

ROLES = "nlq.roles"
CLAIMS = "nlq.claims"
"""The settings that hold them: a JSON array of names, and a JSON object whose values are text or null."""

FORMAT = 1
"""Raised whenever the migration of an unchanged policy changes what is enforced."""

_TYPES: dict[Family, str] = {
    "text": "text", "integer": "bigint", "decimal": "numeric", "float": "double precision",
    "boolean": "boolean", "date": "date", "timestamp": "timestamp", "uuid": "uuid",
}  # fmt: skip
_DECLARED: dict[ClaimKind, str] = {
    "text": "text",
    "integer": "bigint",
    "number": "numeric",
    "boolean": "boolean",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """For whom a statement runs, and under which policy, for a database with rules of its own."""

    roles: tuple[str, ...] = ()
    claims: Mapping[str, Claim] = field(default_factory=dict)
    policy: str = ""

    def roles_text(self) -> str:
        """The value of the setting `nlq.roles`."""
        return json.dumps(list(self.roles))

    def claims_text(self) -> str:
        """The value of the setting `nlq.claims`: each claim as the engine sends it for a parameter."""
        return json.dumps({name: _text(value) for name, value in self.claims.items()})


def identify(policy: Policy, principal: Principal, rules: str = "") -> Identity:
    """The principal as the database is told of it, with the roles that matter.

    `rules` is the policy's `fingerprint`, for those who know it already.
    """
    return Identity(
        tuple(sorted(policy.effective_roles(principal) & policy.mentioned_roles())),
        {"id": principal.id, **principal.claims},
        rules or fingerprint(policy),
    )


def fingerprint(policy: Policy, *, writes: bool = False) -> str:
    """16 hex digits that change when the rules for reading do, and with `writes` those for changes.

    They name the migration.
    """
    return digest(
        [
            FORMAT,
            *([_rules_for_writing(policy)] if writes else []),
            [
                [
                    str(name),
                    [[sorted(r.roles), r.sql] for r in rules.rules("read") if r.reviewed],
                    [
                        [
                            column,
                            rule.kind,
                            rule.group,
                            sorted(rule.exempt),
                            [rule.mask.kind, rule.mask.value, rule.mask.first, rule.mask.last, rule.mask.to,
                             rule.mask.unit] if rule.mask else None,
                        ]
                        for column, rule in sorted(rules.columns.items())
                    ],
                ]
                for name, rules in sorted(policy.relations.items())
                if any(rules.rules(action) for action in ACTIONS)
            ],
            sorted((name, t.of, t.is_list) for name, t in policy.claims.items()),
        ]
    )[:16]  # fmt: skip


def _rules_for_writing(policy: Policy) -> list[object]:
    return [
        [
            str(name),
            [
                [action, [[sorted(r.roles), r.sql] for r in rules.rules(action) if r.reviewed]]
                for action in ("create", "update", "delete")
            ],
            [[column, rule.writable, rule.filterable] for column, rule in sorted(rules.columns.items())],
        ]
        for name, rules in sorted(policy.relations.items())
    ]


def has_role(roles: Iterable[str]) -> str:
    """A condition in SQL: the caller has one of these roles.

    A sub-select, which Postgres evaluates once for a query and not for each row.
    """
    names = ", ".join(map(literal, sorted(roles)))
    return f"(SELECT nullif(current_setting('{ROLES}', true), '')::jsonb ?| ARRAY[{names}])"


def claim(node: exp.Placeholder, declared: Mapping[str, ClaimType]) -> str:
    """The claim that `node` names, in SQL, with the type of what it is compared with.

    Raises `policy.unsupported` where that type has no name here.
    """
    name = node.name.removeprefix(CLAIM)
    compared = list_compared(node)
    of = (
        expression_family(compared.this, "postgres")
        if compared is not None
        else parameter_family(node, "postgres")
    )
    known = declared.get(name)
    if of in ("enum", "other", "json", "bytes", "time", "interval", "array"):
        raise PolicyError(
            "policy.unsupported",
            f"a rule compares the claim `{name}` with a column of the kind `{of}`",
            "compare text: `CAST(column AS TEXT) = :me.…`",
        )
    kind = _TYPES[of] if of is not None else _DECLARED[known.of] if known is not None else "text"
    if compared is not None:
        kind += "[]"
    value = f"nullif(current_setting('{CLAIMS}', true), '')::jsonb ->> {literal(name)}"
    if kind != "text":
        # Of several rules Postgres evaluates all that it likes: a claim that does not fit one of them must
        # match nothing there, rather than fail the rule that lets the row be read.
        value = f"CASE WHEN pg_input_is_valid({value}, '{kind}') THEN ({value})::{kind} END"
    # INVARIANT: a cast is around it, or `= ANY ((SELECT …))` would look for the value among rows.
    return f"CAST((SELECT {value}) AS {kind})"


def _text(value: Claim) -> str | None:
    # As `nlq.engine.postgres` sends parameters, so that both layers compare the same text.
    match value:
        case None:
            return None
        case tuple():
            return "{" + ",".join(_item(v) for v in value) + "}"
        case _:
            return str(value)


def _item(value: Claim) -> str:
    text = _text(value)
    return "NULL" if text is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
