"""A question that stands in a program, asked while the program runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nlq.answer import Answer
from nlq.build.parameter import read_parameters
from nlq.build.place import Place
from nlq.compiler import Declared
from nlq.policy import Principal
from nlq.service import Service


def ask_declared(service: Service, principal: Principal, text: str, given: Mapping[str, Any]) -> Answer:
    """The answer to a question whose parameters are declared as in a query file.

    Raises `build.parameter`, and all that `Service.ask` raises.
    """
    question = read_parameters(text, lambda _offset: Place("query", 1, 1))
    params = {p.name: p.default for p in question.parameters if not p.required} | dict(given)
    declared = tuple(Declared(p.name, p.family, p.optional) for p in question.parameters)
    plan, _known = service.compile(question.text, principal=principal, params=params, declared=declared)
    return service.ask(question.text, principal=principal, params=params, plan=plan)
