"""`nlq ask` and `nlq sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.options import (
    As,
    Csv,
    Db,
    Json,
    Limit,
    ModelName,
    Params,
    PolicyFile,
    params_of,
    settings_of,
    text_of,
)
from nlq.cli.screen import progress, say, show_answer, sql_text, write_json, write_rich
from nlq.cli.session import Session, open_session, run_stoppable
from nlq.errors import NlqError, RequestError

if TYPE_CHECKING:
    from nlq.answer import Answer


def ask(
    question: Annotated[str, typer.Argument(help="in plain English; `-` reads it from standard input")],
    db: Db = None,
    policy: PolicyFile = None,
    as_: As = None,
    model: ModelName = None,
    param: Params = None,
    limit: Limit = None,
    follows: Annotated[
        str | None,
        typer.Option("--follows", metavar="QUESTION", help="the question that this one refines"),
    ] = None,
    sql_only: Annotated[
        bool, typer.Option("--sql-only", help="compile, show the SQL, run nothing")
    ] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Answer a question. The first time it is compiled, from then on it is known."""
    _require_one_format(json, csv)
    if sql_only and follows:
        raise RequestError(
            "request.invalid", "`--sql-only` is for a question that stands alone", "choose one"
        )
    text, params = text_of(question, "question"), params_of(param)
    settings = settings_of(db=db, policy=policy, model=model)
    with progress("reading the catalog") as observe, open_session(settings, as_) as session:
        try:
            if sql_only:
                plan, cached = run_stoppable(
                    lambda cancellation: session.service.compile(
                        text,
                        principal=session.principal,
                        params=params,
                        observe=observe,
                        cancellation=cancellation,
                    )
                )
            else:
                answer = run_stoppable(
                    lambda cancellation: session.service.ask(
                        text,
                        principal=session.principal,
                        params=params,
                        limit=limit,
                        observe=observe,
                        cancellation=cancellation,
                        follows=follows,
                    )
                )
        except NlqError as error:
            raise _with_advice(error, session, as_) from error
    if not sql_only and answer.question is not None:
        say(f"asked: {answer.question}")
    if not sql_only:
        _say_of_whom(answer, session, as_)
        show_answer(answer, as_json=json, as_csv=csv, permissions=not session.principal.is_owner)
    elif json:
        from nlq.answer import plan_to_json

        write_json({"plan": plan_to_json(plan), "cached": cached})
    else:
        write_rich(sql_text(plan.sql))


def sql(
    text: Annotated[
        str, typer.Argument(metavar="SQL", help="one SELECT; `-` reads it from standard input")
    ],
    db: Db = None,
    policy: PolicyFile = None,
    as_: As = None,
    model: ModelName = None,
    param: Params = None,
    limit: Limit = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="QUESTION", help="the question that it answers from now on"),
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Run SQL written by hand, through the same check and the same permissions as the model's."""
    _require_one_format(json, csv)
    written, params = text_of(text, "SQL"), params_of(param)
    settings = settings_of(db=db, policy=policy, model=model)
    with progress("reading the catalog") as observe, open_session(settings, as_) as session:
        try:
            answer = run_stoppable(
                lambda cancellation: session.service.sql(
                    written,
                    principal=session.principal,
                    params=params,
                    limit=limit,
                    observe=observe,
                    cancellation=cancellation,
                )
            )
            kept = keep and session.service.keep(keep, written, principal=session.principal, params=params)
        except NlqError as error:
            raise _with_advice(error, session, as_) from error
    if kept:
        say(f"kept as the plan {kept.id} of `{kept.template}`")
    _say_of_whom(answer, session, as_)
    show_answer(answer, as_json=json, as_csv=csv, permissions=not session.principal.is_owner)


def _require_one_format(json: bool, csv: bool) -> None:
    if json and csv:
        raise RequestError("request.invalid", "`--json` and `--csv` exclude each other", "choose one")


def _with_advice(error: NlqError, session: Session, as_: str | None) -> NlqError:
    """The error, with a hint for those who forgot to say who they are, or to review the rules."""
    lacking = error.code in ("compile.refused", "compile.failed", "plan.unknown_relation", "policy.denied")
    advice = []
    if lacking and _is_nobody(session, as_):
        advice.append(f"there is a policy, and `--as` does not say who asks{_whom_it_names(session)}")
    if lacking and session.service.policy.unreviewed():
        advice.append("rules in English grant nothing until they are reviewed: `nlq rules` lists them")
    if not advice:
        return error
    hint = "; ".join([error.hint, *advice] if error.hint else advice)
    return type(error)(error.code, error.message, hint, error.span)


def _say_of_whom(answer: Answer, session: Session, as_: str | None) -> None:
    """Tell those who forgot to say who they are why rows are missing."""
    if answer.decisions and _is_nobody(session, as_):
        say(f"asked as nobody: there is a policy, and `--as` says who asks{_whom_it_names(session)}")


def _is_nobody(session: Session, as_: str | None) -> bool:
    return as_ is None and not session.principal.is_owner


def _whom_it_names(session: Session) -> str:
    names = ", ".join(f"`{n}`" for n in session.service.policy.principals)
    return f": it names {names}" if names else ""
