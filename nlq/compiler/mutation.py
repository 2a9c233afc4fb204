"""Instructions to mutation plans: the loop of questions, with drafts that are several statements."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from nlq.compiler.compile import Asked, compile_query, unused_numbers
from nlq.compiler.doubt.find import DOUBT, find_doubts
from nlq.compiler.doubt.instruction import FIRST_PERSON, take_apart
from nlq.compiler.draft import quote_names, reject_refusal
from nlq.compiler.untrusted import Untrusted
from nlq.compiler.words import words
from nlq.errors import PlanError
from nlq.plan import Plan, Provenance
from nlq.plan.bind_steps import bind_steps
from nlq.plan.dml import ME, read_steps
from nlq.plan.inputs import input_schema
from nlq.plan.mutation import Fill, assigned

_FENCE = re.compile(r"```(?:\w+)?\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_NAMED_VALUE = re.compile(
    r"""(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<![:\w]):[\w.]+:\s*(?=[\d'])|(?P<name>(?<![:\w]):[\w.]+):(?![:\w])"""
)
_PARAMETER = re.compile(
    r"""(?P<quoted>'(?:[^']|'')*')|(?P<set>(?P<column>"?\w+"?)\s*=\s*)?(?<!:):(?P<name>[A-Za-z_][\w.]*)(?!:)"""
)
_START = re.compile(
    r"^[ \t]*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|IF\s+(?:NOT\s+)?EXISTS|IF\s|BEGIN\b)",
    re.MULTILINE | re.IGNORECASE,
)


def compile_mutation(asked: Asked, fill: Fill) -> Plan:
    """The plan of an instruction; `fill` are the columns of new rows that rules decide.

    Raises `compile.*`, `model.*`, and `policy.denied` where what was drafted is not for this principal.
    """

    def read(reply: str, asked: Asked, spent: Provenance) -> Plan:
        return plan_from_steps(extract_steps(reply), asked, spent, fill)

    # Nothing is tried out to compare drafts: to run one would be to change something.
    plan = compile_query(replace(asked, read=read, find=None))
    forgotten = unused_numbers(asked.request.question, plan.sql, plan.parameters)
    if not forgotten:
        return plan
    doubt = f"{DOUBT}it does not use {' and '.join(forgotten)} of the instruction"
    return replace(plan, assumptions=(*plan.assumptions[:-1], doubt))


def extract_steps(reply: str) -> str:
    """The statements in the reply: in the fenced blocks that hold some, else where they begin.

    Raises `compile.refused` where the model says that it cannot, and `plan.syntax` where there are none.
    """
    said = reject_refusal(reply)
    blocks = [block for block in _FENCE.findall(said) if _START.search(block)]
    text = "\n".join(blocks) if blocks else said
    found = _START.search(text)
    if found is None:
        raise PlanError(
            "plan.syntax", "the model wrote no change", "write INSERT, UPDATE or DELETE statements"
        )
    text = text[found.start() :].strip()
    # What follows the last semicolon behind a blank line is talk.
    head, blank, tail = text.rpartition("\n\n")
    return head if blank and head.rstrip().endswith(";") and not _START.search(tail) else text


def mend_parameters(draft: str, instruction: str, named: Collection[str] = ()) -> str:
    """The draft without parameters for what the instruction says, or for what stands behind them.

    `named` are those that the caller sends.

    >>> mend_parameters("user_id = :me.id:40 AND post_id = :post_id: AND note = ':a:1'", "on post 7")
    "user_id = 40 AND post_id = 7 AND note = ':a:1'"
    >>> mend_parameters("VALUES (:me.id, :post_id, :tag)", "tag post 7")
    'VALUES (:me.id, 7, :tag)'
    """
    draft = _NAMED_VALUE.sub(lambda found: found["quoted"] or found["name"] or "", draft)
    said = take_apart(instruction)

    def give(found: re.Match[str]) -> str:
        if found["quoted"] or found["name"] in named:
            return found[0]
        if found["name"].startswith(ME) and said.words & FIRST_PERSON:
            return found[0]
        told = (found["column"] or "") if found["name"].startswith(ME) else found["name"]
        noun = next((w for w in reversed(words(told)) if w != "id"), "")
        numbers = set(said.numbers_of(noun)) if noun else set()
        return f"{found['set'] or ''}{numbers.pop()}" if len(numbers) == 1 else found[0]

    return _PARAMETER.sub(give, draft)


def plan_from_steps(draft: str, asked: Asked, provenance: Provenance, fill: Fill) -> Plan:
    """The draft as a plan, each of whose queries the engine has prepared.

    Raises `plan.*`, `policy.*`.
    """
    request, catalog = asked.request, asked.catalog
    examined = asked.examiner.examine(
        Untrusted(
            quote_names(mend_parameters(draft, request.question, request.names), catalog),
            request.names,
            request.question,
            request.slots,
            fill=fill,
        ),
        catalog,
    )
    checked = examined.checked
    # Read here once more: what another process says of it is not believed.
    steps, _ = bind_steps(read_steps(checked.sql, catalog.dialect), catalog)
    lifted = {s.name: str(s.value) for s in request.slots}
    doubts = find_doubts(request.question, request.names, steps, catalog, lifted)
    plan = Plan(
        kind="mutation",
        template=request.template(frozenset(p.name for p in checked.parameters)),
        dialect=catalog.dialect,
        scope=asked.scope,
        sql=checked.sql,
        parameters=checked.parameters,
        columns=(),
        depends=checked.depends,
        explanation=checked.explanation,
        assumptions=(*examined.mended, *(f"{DOUBT}{d}" for d in doubts)),
        provenance=replace(provenance, mended=()),
        inputs=input_schema(checked.parameters, assigned(steps), catalog),
    )
    asked.describe(plan)
    return plan
