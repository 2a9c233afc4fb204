"""`nlq rules`: what the rules of the policy mean, who approved of that, and what they decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nlq.cli.options import As, Db, Json, ModelName, PolicyFile, settings_of
from nlq.cli.screen import clean, progress, say, shown, sql_text, table, write_json, write_rich
from nlq.cli.session import Session, open_session
from nlq.errors import PlanError, RequestError
from nlq.events import Observer, ignore
from nlq.review import RuleDesk, State, examples_of, examples_to_json, open_desk

if TYPE_CHECKING:
    from rich.console import RenderableType

    from nlq.compiler.rules import Asking
    from nlq.engine.examples import Examples
    from nlq.policy import Decision
    from nlq.settings import Settings

_DONE = ("sql", "reviewed")


def rules(
    action: Annotated[Literal["list", "compile", "show", "approve", "explain"], typer.Argument()] = "list",
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="rules, such as posts.read; for explain, a question or SQL"
        ),
    ] = None,
    db: Db = None,
    policy: PolicyFile = None,
    as_: As = None,
    model: ModelName = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="who approves", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="approve of all that wait for it")] = False,
    json: Json = False,
) -> None:
    """List the rules of the policy, compile those in English, show who sees what, approve, explain."""
    settings = settings_of(db=db, policy=policy, model=model)
    if action == "explain":
        _explain(settings, as_, names or [], as_json=json)
        return
    with progress("reading the catalog") as observe, open_desk(settings) as desk:
        match action:
            case "list":
                _list(desk.states(names), as_json=json)
            case "compile":
                with model_of(settings, observe) as ask:
                    states = desk.compile(names, ask)
                _list(states, as_json=json)
            case "show":
                if not names:
                    raise RequestError("request.invalid", "`nlq rules show` needs a name", _LISTS)
                _show(desk, desk.states(names), as_json=json)
            case "approve":
                _approve(desk, names, by, everything=everything, as_json=json)


_LISTS = "`nlq rules` lists them"


@contextmanager
def model_of(settings: Settings, observe: Observer = ignore) -> Iterator[Callable[[], Asking | None]]:
    """Opens the model of the settings when it is first called; closed in the end."""
    with ExitStack() as closing:
        yield lambda: _open_model(settings, observe, closing)


def _open_model(settings: Settings, observe: Observer, closing: ExitStack) -> Asking | None:
    """The model as the compiler of rules asks it; none where nothing is compiled by one."""
    from nlq.compiler.prompts import load_rule_prompts
    from nlq.compiler.rules import Asking
    from nlq.compiling import completion
    from nlq.wire import open_cached_model

    if settings.frozen:
        return None
    model = open_cached_model(settings, observe)
    closing.callback(model.close)

    return Asking(
        model.name,
        completion(model),
        load_rule_prompts(),
        observe,
        settings.attempts,
        settings.prompt_tokens,
    )


def _list(states: tuple[State, ...], *, as_json: bool) -> None:
    waiting = [s for s in states if s.status not in _DONE]
    if as_json:
        write_json({"rules": [s.to_json() for s in states]})
    elif not states:
        say("the policy has no rules")
    else:
        from rich.text import Text

        shown_rules: list[RenderableType] = []
        for state in states:
            shown_rules += [*_rule_lines(state), Text("")]
        write_rich(*shown_rules[:-1])
        if waiting:
            say(f"{len(waiting)} of {len(states)} rules grant nothing until they are reviewed")
    if waiting:
        raise typer.Exit(1)


def _rule_lines(state: State) -> list[RenderableType]:
    from rich.text import Text

    written = state.written
    style = "green" if state.status in _DONE else "yellow"
    head = Text.assemble((clean(written.name), "bold"), "  ", (state.status, style))
    if state.review:
        head.append(clean(f" by {state.review.by} on {state.review.at[:10]}"), "dim")
    lines: list[RenderableType] = [head]
    said = {"english": written.english or "", "roles": ", ".join(sorted(written.roles))}
    lines += [_line(k, v) for k, v in said.items() if v]
    if state.rule is not None:
        lines += [_line("sql", _grant_text(roles, sql)) for roles, sql in _shown_grants(state)]
        lines.append(_line("means", state.rule.explanation))
        lines += [_line("assumed", a) for a in state.rule.assumptions]
        if written.english is not None:
            lines.append(_line("made by", state.rule.made_by))
    for n, reading in enumerate(state.readings, start=1):
        lines.append(_line(f"reading {n}", reading.explanation))
    if state.finding is not None:
        lines.append(_line("finding", state.finding.message))
        if state.finding.hint and not state.readings:
            lines.append(_line("hint", state.finding.hint))
    elif state.status == "missing":
        lines.append(_line("hint", "`nlq rules compile` compiles it"))
    return lines


def _shown_grants(state: State) -> list[tuple[list[str], str | None]]:
    return [([] if state.written.roles else sorted(g.roles), g.sql) for g in state.grants]


def _grant_text(roles: list[str], sql: str | None) -> str:
    who = f" for {', '.join(roles)}" if roles else ""
    return f"{'TRUE' if sql is None else sql}{who}"


def _line(name: str, text: str) -> RenderableType:
    from rich.text import Text

    return Text.assemble((f"  {name}: ", "dim"), clean(text))


# show


def _show(desk: RuleDesk, states: tuple[State, ...], *, as_json: bool) -> None:
    from rich.text import Text

    listed: list[dict[str, Any]] = []
    parts: list[RenderableType] = []
    for state in states:
        examples = examples_of(desk, state)
        listed.append({**state.to_json(), "examples": examples_to_json(examples) if examples else None})
        parts += _rule_lines(state)
        if examples is not None:
            who = f"who may {state.written.action} this row?"
            parts += [Text(""), Text(f"  {who}", style="dim"), _examples_table(examples)]
        parts.append(Text(""))
    if as_json:
        write_json({"rules": listed})
    else:
        write_rich(*parts[:-1])
    if any(s.status not in _DONE for s in states):
        raise typer.Exit(1)


def _examples_table(examples: Examples) -> RenderableType:
    several = len(examples.sees) > 1
    heads = [
        f"{n}: {c}" if several else c for n in range(1, len(examples.sees) + 1) for c in examples.callers
    ]
    rows = [
        [
            *("NULL" if v is None else shown(v) for v in row),
            *("yes" if sees else "-" for reading in examples.sees for sees in reading[n]),
        ]
        for n, row in enumerate(examples.rows)
    ]
    return table([*examples.columns, *heads], rows)


# approve


def _approve(
    desk: RuleDesk, names: list[str] | None, by: str | None, *, everything: bool, as_json: bool
) -> None:
    from nlq.store import Review

    if not by or not by.strip():
        raise RequestError("request.invalid", "nobody is named who approves", "use `--by NAME`")
    if bool(names) == everything:
        raise RequestError(
            "request.invalid",
            "say which rules to approve of",
            "name them, or use `--all` for all that wait",
        )
    review = Review(by.strip(), datetime.now(UTC).isoformat(timespec="seconds"))
    approved = desk.approve(names, review)
    if as_json:
        write_json({"approved": [s.to_json() for s in approved]})
        return
    for state in approved:
        say(f"approved {state.written.name}: {state.rule.explanation if state.rule else ''}")
    say(f"commit `{desk.store.directory}`" if approved else "nothing waits for approval")
    if everything and (left := [s.written.name for s in desk.states() if s.status not in _DONE]):
        say(f"not ready for approval: {', '.join(left)}; `nlq rules` says why")


# explain

_SQL = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)


def _explain(settings: Settings, as_: str | None, words: list[str], *, as_json: bool) -> None:
    """What was decided for a question or SQL, as somebody: nothing is run, and nothing hidden is named."""
    text = " ".join(words).strip()
    if not text:
        raise RequestError("request.invalid", "there is nothing to explain", "give a question or SQL")
    with progress("reading the catalog") as observe, open_session(settings, as_) as session:
        found, sql = _decisions(text, session, observe)
        named = [(d, _rules_of(d, session, settings)) for d in found]
    if as_json:
        listed = [
            {
                "relation": str(d.relation) if d.relation.name else None,
                "column": d.column,
                "effect": d.effect,
                "reason": d.reason,
                "rules": by,
            }
            for d, by in named
        ]
        write_json({"sql": sql, "decisions": listed})
    else:
        heads = ("relation", "column", "effect", "reason", "rules")
        rows = [(d.relation.name, d.column or "", d.effect, d.reason, ", ".join(by)) for d, by in named]
        write_rich(*([sql_text(sql)] if sql else []), table(heads, rows))
    if any(d.effect == "denied" for d in found):
        raise typer.Exit(1)


def _decisions(text: str, session: Session, observe: Observer) -> tuple[list[Decision], str]:
    from nlq.guard import guard
    from nlq.plan import Plan, check

    service, principal = session.service, session.principal
    seen = service.catalog_for(principal)
    if _SQL.match(text):
        try:
            checked = check(text, seen)
        except PlanError as error:
            if error.code not in ("plan.unknown_relation", "plan.unknown_column"):
                raise
            return _denied(text, error, session), ""
        scope = service.policy.scope(principal)
        plan = Plan(
            "query",
            text,
            seen.dialect,
            scope,
            checked.sql,
            checked.parameters,
            (),
            checked.depends,
            checked.explanation,
        )
    else:
        plan, _known = service.compile(text, principal=principal, observe=observe)
    statement = guard(plan, service.policy, principal, service.catalog, seen)
    return list(statement.decisions), plan.sql


def _denied(text: str, error: PlanError, session: Session) -> list[Decision]:
    """For SQL that names what may not be seen: the same for what is hidden and what does not exist."""
    from sqlglot import exp

    from nlq.catalog import RelationName
    from nlq.plan.syntax import parse
    from nlq.policy import Decision, decide_read

    service, principal = session.service, session.principal
    seen = service.catalog_for(principal)
    tree = parse(text, seen.dialect)
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    found: dict[str, Decision] = {}
    for node in tree.find_all(exp.Table):
        relations = seen.find(node.name, node.db or None)
        if relations:
            name = relations[0].name
            found[str(name)] = decide_read(service.policy, principal, name).decision
        elif node.name and node.name not in ctes:
            shown_name = RelationName(node.db or seen.default_schema, node.name)
            found[str(shown_name)] = Decision(shown_name, "denied", _UNKNOWN)
    if not any(d.effect == "denied" for d in found.values()):
        nowhere = RelationName("", "")
        return [*found.values(), Decision(nowhere, "denied", f"{error.message}, or you may not read it")]
    return list(found.values())


_UNKNOWN = "there is no such relation, or you may not read it"


def _rules_of(decision: Decision, session: Session, settings: Settings) -> list[str]:
    """The names of the rules that let this caller at the rows."""
    from nlq.compiler.rules import written_rules
    from nlq.wire import read_policy

    policy = session.service.policy
    roles = policy.effective_roles(session.principal)
    found = policy.relations.get(decision.relation)
    if (
        found is None
        or not (settings.policy or settings.models)
        or decision.column is not None
        or decision.effect == "denied"
    ):
        return []
    granted = [r for r in found.read if r.reviewed and (not r.roles or r.roles & roles)]
    said = {r.english or (r.sql, r.roles) for r in granted}
    # Named as the file has them: what they were compiled to may be more rules than one.
    return [
        w.name
        for w in written_rules(read_policy(settings, session.service.catalog))
        if (w.relation, w.action) == (decision.relation, "read") and (w.english or (w.sql, w.roles)) in said
    ]
