"""Settings to a working `Service`: the one place where adapters are chosen."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nlq.audit.open import open_audit
from nlq.catalog import Catalog
from nlq.catalog.models import Model as Declared
from nlq.catalog.models import access_rules
from nlq.compilations import NO_PEERS
from nlq.compiler import load_prompts
from nlq.compiler.untrusted import Examiner, Here
from nlq.engine import Engine, open_engine
from nlq.errors import SettingsError
from nlq.events import Observer, ignore
from nlq.isolation import Pool
from nlq.model import CachedModel, Model, open_model
from nlq.policy import Policy
from nlq.policy.load import RuleBook, load_policy, require_reviewed
from nlq.policy.rules import OPEN
from nlq.service import Service
from nlq.settings import Settings
from nlq.store import PlanStore, ReplyStore, RuleStore, rule_book

if TYPE_CHECKING:
    from nlq.engine.postgres_peers import PostgresPeers

SHARE_KEY_LENGTH = 16
"""Who can guess the key can have other servers keep plans of theirs."""


def open_service(
    settings: Settings, *, model: Model | None = None, serving: bool = False, prompts: Path | None = None
) -> Service:
    """The service for `settings.db`. `model` replaces the one that the settings name (a recorded one, say).

    `prompts` is a directory of templates to use in place of ours.

    `serving` strangers, untrusted SQL is checked where it can break nothing that others need.

    Raises `settings.*`, `policy.*`, `audit.*`, `engine.unreachable`, `catalog.empty`.
    """
    if not settings.db:
        raise SettingsError(
            "settings.invalid",
            "no database is named",
            'use `--db URL`, set `NLQ_DB`, or put `db = "…"` into `nlq.toml`; `nlq demo` needs none',
        )
    templates = load_prompts(prompts)
    cache = Path(settings.cache_dir)
    with ExitStack() as opened:
        audit = open_audit(settings)
        opened.callback(audit.close)
        engine = open_engine(settings.db, settings, serving=serving)
        opened.callback(engine.close)
        peers = _open_peers(settings, engine) if serving else None
        service = Service(
            engine=engine,
            policy=policy_source(settings),
            plans=PlanStore(cache),
            prompts=templates,
            settings=settings,
            model=None
            if settings.frozen
            else lambda observe: model or open_cached_model(settings, observe),
            examiner=_examiner(settings, serving),
            audit=audit,
            peers=peers or NO_PEERS,
        )
        opened.pop_all()
        if peers is not None:
            peers.start(service.hear)
        return service


def tell_servers(settings: Settings, message: Mapping[str, object]) -> bool | None:
    """Whether the servers of the database were told; None where the settings do not say how.

    Raises `settings.invalid` and what `open_engine` raises.
    """
    if not (settings.db and settings.share_key):
        return None
    with closing(open_engine(settings.db, settings)) as engine:
        peers = _open_peers(settings, engine)
        if peers is None:
            return None
        with closing(peers):
            return peers.tell(message)


def _open_peers(settings: Settings, engine: Engine) -> PostgresPeers | None:
    """Other servers of the same database, if the settings say how to know them.

    Raises `settings.invalid`.
    """
    if not settings.share_key:
        return None
    if engine.dialect != "postgres":
        raise SettingsError(
            "settings.invalid",
            "`share_key` is for servers of one Postgres database",
            "leave it out: on one machine, servers share what they compile by `cache_dir`",
        )
    if len(settings.share_key) < SHARE_KEY_LENGTH:
        raise SettingsError(
            "settings.invalid",
            f"`share_key` is shorter than {SHARE_KEY_LENGTH} characters",
            "set `NLQ_SHARE_KEY` to a long random text, the same for all servers",
        )
    from nlq.engine.postgres import PostgresEngine
    from nlq.engine.postgres_peers import PostgresPeers

    assert isinstance(engine, PostgresEngine)
    return PostgresPeers(engine.conninfo, settings.share_key.encode("utf-8", "surrogateescape"))


def _examiner(settings: Settings, serving: bool) -> Examiner:
    if settings.check_isolation == "process" or (settings.check_isolation == "auto" and serving):
        return Pool()
    return Here()


def open_cached_model(settings: Settings, observe: Observer = ignore) -> Model:
    """The model that the settings name; its replies are kept beside the plans, out of version control.

    Raises `settings.invalid`.
    """
    replies = ReplyStore(Path(settings.cache_dir) / "local" / "replies")
    return CachedModel(open_model(settings, observe), replies)


def policy_source(settings: Settings) -> Callable[[Catalog], Policy]:
    """Reads the policy again each time, so that a refreshed catalog meets the rules of that moment."""
    if not settings.policy and not settings.models:
        return lambda _catalog: OPEN

    def read(catalog: Catalog) -> Policy:
        policy = read_policy(settings, catalog, rule_book(RuleStore(Path(settings.cache_dir)), catalog))
        if settings.frozen:
            require_reviewed(policy)
        # Who develops a policy reads everything, and as a principal of it what that principal does.
        return replace(policy, open_to_owner=True) if settings.open and settings.dev else policy

    return read


def read_policy(
    settings: Settings, catalog: Catalog, book: RuleBook = lambda _relation, _action, _english: None
) -> Policy:
    """The policy of the file and the models that the settings name; rules in English as `book` has them.

    Raises `settings.invalid`, `policy.invalid`.
    """
    text = ""
    if settings.policy:
        try:
            text = Path(settings.policy).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise SettingsError(
                "settings.invalid", f"cannot read the policy `{settings.policy}`: {reason}"
            ) from error
    return load_policy(text, catalog, book, access_rules(_models(settings.models), catalog.dialect))


def _models(module: str) -> list[type[Declared]]:
    """The models that a Python module defines or imports; none where none is named."""
    if not module:
        return []
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # as `python -m` does: the module is the project's own
    try:
        found = vars(importlib.import_module(module)).values()
    except ImportError as error:
        raise SettingsError(
            "settings.invalid", f"cannot import the models `{module}`: {error}", "name a Python module"
        ) from error
    return [m for m in found if isinstance(m, type) and issubclass(m, Declared) and m is not Declared]
