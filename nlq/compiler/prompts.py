"""Prompt templates: files, validated when they are loaded, hashed into every plan.

`$name` marks a variable. An unknown key, a missing variable or one too many is an error at start, not
at the first question.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from nlq.catalog.fingerprint import digest
from nlq.errors import SettingsError

_VARIABLES = {"system": {"dialect", "schema"}, "user": {"hints", "question"}, "repair": {"finding"}}
_OF_FOLLOW_UPS = {"system": set[str](), "user": {"question", "follow_up"}, "repair": {"finding"}}
_OF_RULES = {
    "system": {"dialect", "schema", "claims", "principals"},
    "user": {"relation", "action", "rule"},
    "repair": {"finding"},
}


@dataclass(frozen=True, slots=True)
class Prompts:
    """The parts of a prompt and the hash of its file."""

    system: Template
    user: Template
    repair: Template
    max_tokens: int
    hash: str


def prompts_dir() -> Path:
    """Where the templates are: in the checkout, or in the installed package."""
    installed = Path(__file__).parent.parent / "_prompts"
    return installed if installed.is_dir() else Path(__file__).parent.parent.parent / "prompts"


def load_prompts(directory: Path | None = None) -> Prompts:
    """The validated templates of questions, `query.toml` of `directory`.

    Raises `settings.invalid`, naming the file and what is wrong with it.
    """
    return _load((directory or prompts_dir()) / "query.toml", _VARIABLES)


def load_rule_prompts(directory: Path | None = None) -> Prompts:
    """The validated templates of rules, `rule.toml` of `directory`; raises as `load_prompts`."""
    return _load((directory or prompts_dir()) / "rule.toml", _OF_RULES)


def load_mutation_prompts(directory: Path | None = None) -> Prompts:
    """The validated templates of mutations, `mutation.toml` of `directory`; raises as `load_prompts`."""
    return _load((directory or prompts_dir()) / "mutation.toml", _VARIABLES)


def load_follow_prompts(directory: Path | None = None) -> Prompts:
    """The validated templates of follow-ups, `follow.toml` of `directory`; raises as `load_prompts`."""
    return _load((directory or prompts_dir()) / "follow.toml", _OF_FOLLOW_UPS)


def _load(path: Path, variables: Mapping[str, set[str]]) -> Prompts:
    try:
        text = path.read_text("utf-8")
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        if isinstance(error, UnicodeDecodeError):
            reason = "it is not UTF-8"
        message = f"cannot read the prompt `{path.name}`: {reason}"
        raise SettingsError("settings.invalid", message) from error
    if set(raw) != {*variables, "max_tokens"}:
        wanted = ", ".join(f"`{k}`" for k in (*variables, "max_tokens"))
        raise SettingsError("settings.invalid", f"the prompt `{path.name}` must have exactly {wanted}")
    templates = {}
    for key, wanted_names in variables.items():
        if not isinstance(raw[key], str):
            raise SettingsError("settings.invalid", f"`{key}` of the prompt `{path.name}` is not text")
        template = Template(raw[key].strip())
        if not template.is_valid() or set(template.get_identifiers()) != wanted_names:
            names = ", ".join(f"`${n}`" for n in sorted(wanted_names))
            raise SettingsError(
                "settings.invalid",
                f"`{key}` of the prompt `{path.name}` must use exactly {names}",
                "write `$$` for a dollar sign",
            )
        templates[key] = template
    if not isinstance(raw["max_tokens"], int) or not 16 <= raw["max_tokens"] <= 8192:
        raise SettingsError("settings.invalid", f"`max_tokens` of `{path.name}` must be 16 to 8192")
    return Prompts(**templates, max_tokens=raw["max_tokens"], hash=digest(text)[:16])
