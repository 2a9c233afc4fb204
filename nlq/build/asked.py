"""Questions and instructions that stand in a program, while the program runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nlq.answer import Answer
from nlq.build.named import NamedQueries, Options
from nlq.build.parameter import Question, read_parameters
from nlq.build.place import Place
from nlq.compiler import Declared
from nlq.mutations import Outcome
from nlq.mutations.doer import Order
from nlq.policy import Principal
from nlq.service import Service


def ask_declared(
    service: Service, named: NamedQueries, principal: Principal, text: str, given: Mapping[str, Any]
) -> Answer:
    """The answer to a question whose parameters are declared as in a query file, as it was built.

    What is not built is compiled. Raises `build.parameter`, and all that `Service.ask` raises.
    """
    question = _read(text)
    built = named.asked("query", question.text, question.parameters)
    if built is not None and named.is_for(built, principal):
        return named.run(built.name, principal, given).answer
    params = _with_defaults(question, given)
    declared = tuple(Declared(p.name, p.family, p.optional) for p in question.parameters)
    plan, _known = service.compile(question.text, principal=principal, params=params, declared=declared)
    return service.ask(question.text, principal=principal, params=params, plan=plan)


def do_declared(
    service: Service,
    named: NamedQueries,
    principal: Principal,
    text: str,
    given: Mapping[str, Any],
    options: Options,
) -> Outcome:
    """What became of an instruction, likewise.

    Raises `build.parameter`, and all that `Service.do` raises.
    """
    instruction = _read(text)
    built = named.asked("mutation", instruction.text, instruction.parameters)
    if built is not None and named.is_for(built, principal):
        return named.change(built.name, principal, given, options)
    params = _with_defaults(instruction, given)
    order = Order(
        instruction.text, params, options.preview, options.approval, options.limit, options.key
    )  # fmt: skip
    return service.do(order, principal=principal)


def _read(text: str) -> Question:
    return read_parameters(text, lambda _offset: Place("query", 1, 1))


def _with_defaults(question: Question, given: Mapping[str, Any]) -> dict[str, Any]:
    return {p.name: p.default for p in question.parameters if not p.required} | dict(given)
