"""Compiled rules as files: one readable JSON each in `cache/rules`, reviewed in a diff.

A file is untrusted. What was altered after its review is unreviewed; what cannot be read is no rule. The
hash shows a change, it proves no author: who may write here is for version control to say.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from nlq.catalog import Catalog, Dialect, RelationName
from nlq.compiler.rules import FORMAT, EnglishRule, changed, lookup_of
from nlq.errors import StoreError
from nlq.plan import Dependency
from nlq.policy import ACTIONS, Action
from nlq.policy.english import Grant
from nlq.policy.load import CompiledRule, RuleBook
from nlq.store.files import read_object, replace_atomically, unwritable
from nlq.store.plans import Finding, slug

_KEYS = frozenset(
    "format id english relation action dialect grants explanation assumptions depends made_by"
    " reviewed".split()
)


@dataclass(frozen=True, slots=True)
class Review:
    """Who approved of a rule, and when (ISO 8601, UTC)."""

    by: str
    at: str


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A compiled rule, and its review if it had one."""

    rule: EnglishRule
    review: Review | None


class RuleStore:
    """Rules in `<directory>/rules`, one file for each rule of the policy."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "rules"

    def copy_to(self, directory: Path) -> None:
        """Have the same rules, and their reviews, in another directory."""
        if self.directory.is_dir():
            shutil.copytree(self.directory, directory / "rules", dirs_exist_ok=True)

    def find(
        self, relation: RelationName, action: Action, english: str, dialect: Dialect
    ) -> StoredRule | Finding | None:
        """What the rule was compiled to, or why its file does not say."""
        lookup = lookup_of(relation, action, english, dialect)
        for path in sorted(self.directory.glob(f"*.{lookup}.json")):
            return self._load(path)
        return None

    def all(self) -> Iterator[StoredRule | Finding]:
        """Every file, in order of name."""
        for path in sorted(self.directory.glob("*.json")):
            yield self._load(path)

    def path(self, rule: EnglishRule) -> Path:
        """Where `put` writes it."""
        name = slug(f"{rule.relation.name} {rule.action} {rule.english}")
        return self.directory / f"{name}.{rule.lookup}.json"

    def put(self, rule: EnglishRule, review: Review | None = None) -> Path:
        """The file that now holds the rule. Without a `review`, one of the very same rule is kept.

        Raises `store.unwritable`.
        """
        path = self.path(rule)
        if review is None and path.exists():
            stored = self._load(path)
            if isinstance(stored, StoredRule) and stored.rule.id == rule.id:
                return path
        text = json.dumps(_to_json(rule, review), sort_keys=True, indent=2, ensure_ascii=False)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            replace_atomically(path, (text + "\n").encode("utf-8"))
        except OSError as error:
            raise unwritable(path, error.strerror) from error
        return path

    def _load(self, path: Path) -> StoredRule | Finding:
        try:
            stored = _from_json(read_object(path))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return Finding(path, _invalid(f"not a rule: {str(error)[:120]}"))
        except StoreError as error:
            return Finding(path, error)
        except OSError as error:
            return Finding(path, _invalid(f"the file cannot be read: {error.strerror}"))
        if not path.name.endswith(f".{stored.rule.lookup}.json"):
            return Finding(path, _invalid("the file is named for another rule than the one that it holds"))
        return stored


def rule_book(store: RuleStore, catalog: Catalog) -> RuleBook:
    """What the rules of a policy were compiled to, as far as that still fits the catalog."""

    def find(relation: RelationName, action: Action, english: str) -> CompiledRule | None:
        stored = store.find(relation, action, english, catalog.dialect)
        if not isinstance(stored, StoredRule) or changed(stored.rule, catalog) is not None:
            return None
        return CompiledRule(stored.rule.grants, stored.review is not None)

    return find


def _to_json(rule: EnglishRule, review: Review | None) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": rule.id,
        "english": rule.english,
        "relation": {"schema": rule.relation.schema, "name": rule.relation.name},
        "action": rule.action,
        "dialect": rule.dialect,
        "grants": [{"roles": sorted(g.roles), "predicate": g.sql} for g in rule.grants],
        "explanation": rule.explanation,
        "assumptions": list(rule.assumptions),
        "depends": {
            d.relation.schema: {
                e.relation.name: dict(e.columns)
                for e in rule.depends
                if e.relation.schema == d.relation.schema
            }
            for d in rule.depends
        },
        "made_by": rule.made_by,
        # INVARIANT: a review names what was reviewed, so that it does not outlive a change of it.
        "reviewed": {"by": review.by, "at": review.at, "id": rule.id} if review else None,
    }


def _from_json(raw: Mapping[str, Any]) -> StoredRule:
    if raw.keys() != _KEYS:
        raise ValueError("missing or unknown keys: " + ", ".join(sorted(raw.keys() ^ _KEYS)))
    if raw["format"] != FORMAT or raw["action"] not in ACTIONS or raw["dialect"] not in get_args(Dialect):
        raise ValueError("its format, action or dialect is not one that this version has")
    rule = EnglishRule(
        english=_text(raw["english"]),
        relation=RelationName(_text(raw["relation"]["schema"]), _text(raw["relation"]["name"])),
        action=raw["action"],
        dialect=raw["dialect"],
        grants=tuple(
            Grant(
                frozenset(_text(r) for r in g["roles"]),
                None if g["predicate"] is None else _text(g["predicate"]),
            )
            for g in raw["grants"]
        ),
        explanation=_text(raw["explanation"]),
        assumptions=tuple(_text(a) for a in raw["assumptions"]),
        depends=tuple(
            Dependency(RelationName(schema, name), tuple(sorted((c, _text(f)) for c, f in columns.items())))
            for schema, relations in sorted(raw["depends"].items())
            for name, columns in sorted(relations.items())
        ),
        made_by=_text(raw["made_by"]),
    )
    if rule.id != raw["id"]:
        raise ValueError("it was changed by hand: its content does not match its id")
    reviewed = raw["reviewed"]
    if reviewed is None or reviewed["id"] != rule.id:
        return StoredRule(rule, None)
    return StoredRule(rule, Review(_text(reviewed["by"]), _text(reviewed["at"])))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value


def _invalid(message: str) -> StoreError:
    return StoreError("store.invalid", message, "`nlq rules compile` writes it anew")
