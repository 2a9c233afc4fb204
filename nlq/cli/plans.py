"""`nlq plans`: the compiled questions in the cache directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from nlq.cli.options import As, Db, Json, PolicyFile, settings_of
from nlq.cli.screen import clean, compiled_by, say, sql_text, table, write_json, write_rich
from nlq.errors import NlqError, RequestError

if TYPE_CHECKING:
    from nlq.plan import Plan
    from nlq.settings import Settings
    from nlq.store import Finding, PlanStore


def plans(
    action: Annotated[Literal["list", "show", "remove"], typer.Argument()] = "list",
    plan_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="a plan's id, or how it begins", show_default=False)
    ] = None,
    db: Db = None,
    policy: PolicyFile = None,
    as_: As = None,
    json: Json = False,
) -> None:
    """List, show or remove compiled questions. With a database, also say which are out of date."""
    from nlq.store import PlanStore

    settings = settings_of(db=db, policy=policy)
    store = PlanStore(Path(settings.cache_dir))
    if action == "list":
        _list(store, settings, as_, as_json=json)
        return
    if plan_id is None:
        raise RequestError("request.invalid", f"`nlq plans {action}` needs an id", "`nlq plans` lists them")
    plan = _require_plan(store, plan_id)
    if action == "remove":
        store.remove(plan)
        _tell(settings, plan)
        if json:
            write_json({"removed": plan.id})
        else:
            say(f"removed {plan.id}: {plan.template}")
    else:
        _show(plan, as_json=json)


def _tell(settings: Settings, plan: Plan) -> None:
    """Have the other servers of the database remove it too, where they share what they know."""
    from nlq.wire import tell_servers

    if tell_servers(settings, {"removed": plan.id}) is False:
        say("the other servers of the database could not be told: they still have it")


def _list(store: PlanStore, settings: Settings, as_: str | None, *, as_json: bool) -> None:
    from nlq.answer import plan_to_json
    from nlq.plan import Plan

    everything = list(store.all())
    found = [plan for plan in everything if isinstance(plan, Plan)]
    findings = [f for f in everything if not isinstance(f, Plan)] + _find_stale(found, store, settings, as_)
    if as_json:
        listed = [{"path": str(f.path), **f.error.to_json()} for f in findings]
        write_json({"plans": [plan_to_json(p) for p in found], "findings": listed})
    elif found:
        stale = {f.path for f in findings}
        rows = [
            (p.id, p.dialect, p.scope, "stale" if store.path(p) in stale else "", p.template) for p in found
        ]
        write_rich(table(("id", "dialect", "scope", "", "question"), rows))
    elif not findings:
        say(f"no plans in `{store.directory}` yet: `nlq ask` makes them")
    if findings:
        for finding in findings:
            say(f"{finding.path}: {finding.error.message} ({finding.error.code})")
        raise typer.Exit(1)


def _find_stale(found: list[Plan], store: PlanStore, settings: Settings, as_: str | None) -> list[Finding]:
    """Plans that the principal's scope cannot run any more; none where no database is named."""
    if not settings.db or not found:
        return []
    from nlq.cli.session import open_session
    from nlq.errors import StoreError
    from nlq.store import Finding

    stale = []
    with open_session(settings, as_) as session:
        service, scope = session.service, session.service.policy.scope(session.principal)
        for plan in found:
            if (plan.scope, plan.dialect) != (scope, service.engine.dialect):
                continue
            try:
                service.require_current(plan, session.principal)
            except StoreError as error:
                stale.append(Finding(store.path(plan), error))
            except NlqError as error:
                told = StoreError("store.stale", f"the plan does not pass its check: {error.message}")
                stale.append(Finding(store.path(plan), told))
    return stale


def _require_plan(store: PlanStore, beginning: str) -> Plan:
    from nlq.plan import Plan

    found = {p.id: p for p in store.all() if isinstance(p, Plan) and p.id.startswith(beginning)}
    if len(found) != 1:
        raise RequestError(
            "request.not_found",
            f"{len(found)} plans have an id that begins with `{beginning}`"
            if found
            else f"there is no plan `{beginning}`",
            "give more of the id" if found else "`nlq plans` lists them",
        )
    return next(iter(found.values()))


def _show(plan: Plan, *, as_json: bool) -> None:
    from rich.text import Text

    from nlq.answer import plan_to_json

    if as_json:
        write_json(plan_to_json(plan))
        return
    reads = "; ".join(f"{d.relation} ({', '.join(name for name, _ in d.columns)})" for d in plan.depends)
    takes = ", ".join(f"{p.name} ({p.family})" for p in plan.parameters)
    gives = ", ".join(f"{c.name} {c.type}" for c in plan.columns)
    lines = [("question", plan.template), ("takes", takes), ("gives", gives), ("reads", reads)]
    lines += [("assumed", a) for a in plan.assumptions]
    lines += [("", plan.explanation), ("", compiled_by(plan))]
    notes = [Text.assemble((f"{k}: " if k else "", "bold"), clean(v)) for k, v in lines if v]
    write_rich(Text(plan.id, style="dim"), sql_text(plan.sql), Text(""), *notes)
