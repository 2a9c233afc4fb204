"""`nlq schema`, `nlq init` and `nlq version`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from nlq.cli.options import As, Db, Json, PolicyFile, settings_of
from nlq.cli.screen import progress, say, sql_text, write, write_json, write_rich
from nlq.cli.session import open_session

if TYPE_CHECKING:
    from nlq.catalog import Catalog, Relation


def schema(db: Db = None, policy: PolicyFile = None, as_: As = None, json: Json = False) -> None:
    """Show what may be asked about: the relations and columns that the principal may see."""
    from nlq.answer import catalog_to_json

    settings = settings_of(db=db, policy=policy)
    with progress("reading the catalog"), open_session(settings, as_) as session:
        seen = session.service.catalog_for(session.principal)
    if json:
        write_json(catalog_to_json(seen))
    elif seen.relations:
        from nlq.compiler.schema_text import schema_text

        write_rich(sql_text(schema_text(seen, {})))
    else:
        say("there is no relation that you may see")


def init(db: Db = None, json: Json = False) -> None:
    """Start a project here: settings, a policy that allows nothing yet, and folders. Overwrites nothing."""
    settings = settings_of(db=db, policy="")
    with progress("reading the catalog"), open_session(settings, None) as session:
        catalog = session.service.catalog
    files = {
        Path("nlq.toml"): settings_text(settings.db),
        Path("policy.toml"): policy_text(catalog),
        Path("queries/README.md"): _QUERIES,
        Path("evals/README.md"): _EVALS,
    }
    written, kept = [], []
    for path, text in files.items():
        if path.exists() or path.is_symlink():
            kept.append(str(path))
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        written.append(str(path))
    if json:
        write_json({"written": written, "kept": kept})
        return
    for name in written:
        write(f"wrote {name}\n")
    for name in kept:
        say(f"kept {name}, which is there already")
    say(
        'next: `nlq ask "…"`; then write into policy.toml who may read what: '
        "`nlq serve --policy policy.toml`"
    )


def version(json: Json = False) -> None:
    """Show the version."""
    import nlq

    if json:
        write_json({"version": nlq.__version__})
    else:
        write(f"nlq {nlq.__version__}\n")


_PASSWORD = re.compile(r"(?P<user>://[^/@:]*):[^/@]*@")


def settings_text(url: str) -> str:
    """The starter `nlq.toml`. A password is left out: the file is for version control.

    >>> print(settings_text("postgresql://me:plugh@db/shop").splitlines()[3])
    db = "postgresql://me@db/shop"
    """
    without_password = _PASSWORD.sub(r"\g<user>@", url)
    note = (
        ""
        if without_password == url
        else "# Its password comes from PGPASSWORD, or with the URL in NLQ_DB.\n"
    )
    return f"""\
# Settings of nlq. An environment variable, such as NLQ_DB, overrides the setting; a flag overrides both.

{note}db = {_toml(without_password)}
# policy = "policy.toml"   # who may read what; `nlq serve` needs it
# model = "embedded"       # or a hosted one: "provider/name"
"""


def policy_text(catalog: Catalog) -> str:
    """The starter policy: every relation by name, and nobody reads any of them yet."""
    parts = [_POLICY]
    parts += [_relation_text(relation, catalog) for relation in catalog]
    return "\n".join(parts)


def _relation_text(relation: Relation, catalog: Catalog) -> str:
    name = relation.name.name
    if relation.name.schema != catalog.default_schema:
        name = str(relation.name)
    columns = ", ".join(_one_line(c.name) for c in relation.columns)
    return f"[relations.{_toml_key(name)}]\n# columns: {columns}\n# read = true\n"


def _toml_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(text: str) -> str:
    """Text as TOML writes it, which is how JSON does, with DEL escaped too."""
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f")


def _one_line(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)


_POLICY = """\
# Who may read what. A relation without a `read` rule is read by nobody.
#
#   read = true                                        everyone reads every row
#   read = { roles = ["staff"] }                       those with the role read every row
#   read = { sql = "customer_id = :me.id" }            everyone reads the rows for which it holds
#   read = [{ roles = ["staff"] }, { sql = "…" }]      any rule is enough
#
# What else than `:me.id` keys and tokens say of the caller is declared:
#
#   [claims]
#   team_id = "integer"                                for { sql = "team_id = :me.team_id" }
#
# Columns are visible unless they are hidden:
#
#   [relations.customers.columns]
#   email = "hidden"
#   country = { sample = true }                        its values may be shown to the model

[principals.me]   # for development: `nlq ask --policy policy.toml --as me "…"`
id = 1
roles = ["staff"]
"""

_QUERIES = """\
# Queries

Questions that the application asks, compiled ahead by `nlq build`. `queries/orders.nlq` may be:

    -- name: orders_of :many
    orders of the customer {customer_id: int} over {least: decimal = 0}
"""

_EVALS = """\
# Evals

Suites of questions with SQL written by hand, run by `nlq eval`. `evals/shop.toml` may be:

    name = "shop"

    [[case]]
    question = "How many customers are there?"
    gold = "SELECT count(*) FROM customers"
"""
