"""Text of a mutation to steps, each a query and what becomes of its rows. Names are not looked up here.

    IF EXISTS (SELECT 1 FROM likes WHERE user_id = :me.id AND post_id = :post_id) THEN
      DELETE FROM likes WHERE user_id = :me.id AND post_id = :post_id;
    ELSE
      INSERT INTO likes (user_id, post_id) VALUES (:me.id, :post_id);
    END IF;

What a statement may hold is listed, argument by argument, as for queries (`nlq.plan.allow`): the rest of it
is a query, which goes through that list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from nlq.catalog import Dialect
from nlq.errors import PlanError
from nlq.plan.syntax import parse, parse_statement, render, require_plain_text, require_small_tree, tokenize

WriteAction = Literal["create", "update", "delete"]

MAX_STEPS = 12
"""Statements of one mutation."""

MAX_ROWS = 16
"""Rows that one VALUES may list: each becomes a SELECT."""

ME, NOW, NEW = "me.", "now", "new."
"""Names of parameters that nobody sends: claims of the caller, the time, keys of rows that were made."""

_WRAPPERS = frozenset({"BEGIN", "COMMIT", "START", "END"})
_ALLOWED: dict[type[exp.Expr], frozenset[str]] = {
    exp.Insert: frozenset({"this", "expression", "conflict"}),
    exp.Update: frozenset({"this", "expressions", "where"}),
    exp.Delete: frozenset({"this", "where"}),
    exp.Schema: frozenset({"this", "expressions"}),
    exp.OnConflict: frozenset({"expressions", "action", "conflict_keys"}),
    exp.Values: frozenset({"expressions"}),
}
_WORD = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class When:
    """A condition of `IF`, as `SELECT 1 WHERE condition`; a step of ELSE has it `negated`."""

    number: int
    query: exp.Expr
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One INSERT, UPDATE or DELETE.

    `query` gives, for each row: the values of `columns`, in order. Its FROM is the relation itself where
    rows are updated or deleted (which select nothing that is of interest). `target` is as it was written.
    """

    action: WriteAction
    target: exp.Table
    columns: tuple[str, ...]
    query: exp.Expr
    when: When | None = None


def read_steps(text: str, dialect: Dialect) -> tuple[Step, ...]:
    """The steps that `text` says, in order.

    Raises `plan.syntax`, `plan.too_complex`, `plan.unsupported`.
    """
    require_plain_text(text)
    steps = [
        step
        for statement, when in _statements(text, dialect)
        for step in _steps_of(parse_statement(statement, dialect), when)
    ]
    if not steps:
        raise PlanError("plan.syntax", "nothing is changed", "write INSERT, UPDATE or DELETE")
    if len(steps) > MAX_STEPS:
        raise PlanError(
            "plan.too_complex", f"the SQL has more than {MAX_STEPS} statements", "do less at once"
        )
    for step in steps:
        for tree in (step.query, *([step.when.query] if step.when else [])):
            read_names(tree)
            require_small_tree(tree)
    return tuple(steps)


def write_steps(steps: tuple[Step, ...], dialect: Dialect) -> str:
    """The text of bound steps, which `read_steps` reads as the same."""
    lines: list[str] = []
    open_: When | None = None
    for step in steps:
        when = step.when
        if open_ is not None and (when is None or when.number != open_.number):
            lines.append("END IF;")
            open_ = None
        if when is not None and (open_ is None or open_.negated != when.negated):
            condition = render(when.query, dialect, pretty=False).removeprefix("SELECT 1 WHERE ")
            if open_ is None:
                lines.append(f"IF {condition} THEN")
            if when.negated:
                lines.append("ELSE")
            open_ = when
        lines.append(render(_statement_of(step), dialect) + ";")
    return "\n".join([*lines, *(["END IF;"] if open_ else [])])


def leaves(query: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs whose rows are those of the query."""
    if isinstance(query, exp.SetOperation):
        yield from leaves(query.left)
        yield from leaves(query.right)
    elif isinstance(query, exp.Subquery):
        yield from leaves(query.this)
    elif isinstance(query, exp.Select):
        yield query


def _statements(text: str, dialect: Dialect) -> Iterator[tuple[str, When | None]]:
    """Each statement's text, with the condition that it stands under."""
    tokens = tokenize(text, dialect)
    words = [t.text.upper() if text[t.start] not in "'\"" else "" for t in tokens]
    conditions = 0
    when: When | None = None
    at = 0
    while at < len(tokens):
        if words[at] == ";":
            at += 1
        elif words[at] == "IF":
            if when is not None:
                raise _bad_block("an IF may not stand inside of another")
            then = _find(words, at, "THEN")
            condition = text[tokens[at].end + 1 : tokens[then].start]
            when = When(conditions, parse(f"SELECT 1 WHERE {condition}", dialect))
            if {k for k, v in when.query.args.items() if v} != {"expressions", "where"}:
                raise _bad_block("after IF, write a condition")
            conditions += 1
            at = then + 1
        elif words[at] == "ELSE" and when is not None and not when.negated:
            when = When(when.number, when.query.copy(), negated=True)
            at += 1
        elif words[at] == "END" and when is not None:
            when = None
            at += 2 if words[at + 1 : at + 2] == ["IF"] else 1
        elif words[at] in _WRAPPERS:
            at = _find(words, at, ";", at_end=True)
        else:
            end = _end_of_statement(words, at, within_if=when is not None)
            yield text[tokens[at].start : tokens[end - 1].end + 1], when
            at = end
    if when is not None:
        raise _bad_block("an IF does not end")


def _end_of_statement(words: list[str], start: int, *, within_if: bool) -> int:
    """Where it ends: at a semicolon, or at ELSE and END, unless of a CASE: models forget semicolons."""
    cases = 0
    for at in range(start, len(words)):
        word = words[at]
        if word == ";" or (within_if and not cases and word in ("ELSE", "END")):
            return at
        cases += (word == "CASE") - (word == "END" and cases > 0)
    return len(words)


def _find(words: list[str], start: int, word: str, *, at_end: bool = False) -> int:
    for at in range(start, len(words)):
        if words[at] == word:
            return at
    if at_end:
        return len(words)
    raise _bad_block(f"{word} is missing")


def _bad_block(what: str) -> PlanError:
    return PlanError("plan.syntax", what, "write `IF condition THEN statement; ELSE statement; END IF;`")


def _steps_of(root: exp.Expr, when: When | None) -> Iterator[Step]:
    if type(root) not in (exp.Insert, exp.Update, exp.Delete):
        raise PlanError(
            "plan.unsupported",
            f"`{root.key.upper()}` is no change of rows",
            "write INSERT, UPDATE or DELETE statements",
        )
    _require_arguments(root)
    match root:
        case exp.Insert():
            yield from _insert(root, when)
        case exp.Update():
            target = _table(root.this)
            assigned = [_assignment(e, target) for e in root.expressions]
            query = exp.Select(expressions=[value for _, value in assigned])
            yield Step("update", target, _distinct([n for n, _ in assigned]), _over(query, root), when)
        case exp.Delete():
            query = exp.Select(expressions=[exp.Literal.number(1)])
            yield Step("delete", _table(root.this), (), _over(query, root), when)


def _over(query: exp.Select, root: exp.Expr) -> exp.Select:
    query.set("from_", exp.From(this=root.this.copy()))
    if root.args.get("where") is not None:
        query.set("where", root.args["where"])
    return query


def _insert(root: exp.Insert, when: When | None) -> Iterator[Step]:
    schema = root.this
    if not isinstance(schema, exp.Schema) or not schema.expressions:
        raise PlanError(
            "plan.unsupported", "INSERT does not name its columns", "write INSERT INTO t (a, b) …"
        )
    _require_arguments(schema)
    target = _table(schema.this)
    if target.alias:
        raise PlanError("plan.unsupported", "INSERT gives its relation another name", "leave the alias out")
    if not all(isinstance(c, exp.Identifier) for c in schema.expressions):
        raise PlanError("plan.unsupported", "INSERT lists more than names of columns")
    columns = _distinct([c.name for c in schema.expressions])
    columns, query = _rows(columns, root.expression)
    for leaf in leaves(query):
        if len(leaf.expressions) != len(columns) and not any(e.is_star for e in leaf.expressions):
            raise PlanError(
                "plan.syntax",
                f"INSERT names {len(columns)} columns and gives {len(leaf.expressions)} values",
                "give one value for each column",
            )
    conflict = root.args.get("conflict")
    if conflict is None:
        yield Step("create", target, columns, query, when)
    else:
        yield from _upsert(target, columns, query, conflict, when)


def _rows(columns: tuple[str, ...], given: exp.Expr | None) -> tuple[tuple[str, ...], exp.Expr]:
    """VALUES as SELECTs; columns that are DEFAULT in every row are left out."""
    if not isinstance(given, exp.Values):
        if not isinstance(given, exp.Select | exp.SetOperation | exp.Subquery):
            raise PlanError("plan.unsupported", "INSERT gives no rows", "write VALUES (…) or SELECT …")
        return columns, given
    _require_arguments(given)
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in given.expressions]
    if len(rows) > MAX_ROWS:
        raise PlanError("plan.too_complex", f"VALUES has more than {MAX_ROWS} rows", "insert fewer at once")
    if any(len(row) != len(columns) for row in rows):
        raise PlanError("plan.syntax", "INSERT does not give one value for each column")
    kept = [i for i in range(len(columns)) if not all(_is_default(row[i]) for row in rows)]
    if any(_is_default(row[i]) for row in rows for i in kept):
        raise PlanError("plan.unsupported", "some rows have DEFAULT for a column and some do not")
    selects = [exp.Select(expressions=[row[i] for i in kept]) for row in rows]
    query: exp.Expr = selects[0]
    for select in selects[1:]:
        query = exp.Union(this=query, expression=select, distinct=False)
    return tuple(columns[i] for i in kept), query


def _upsert(
    target: exp.Table, columns: tuple[str, ...], query: exp.Expr, conflict: exp.Expr, when: When | None
) -> Iterator[Step]:
    """`ON CONFLICT` as an update of the row that there is, and an insert where there is none."""
    _require_arguments(conflict)
    keys = [k.this if isinstance(k, exp.Ordered) else k for k in conflict.args.get("conflict_keys") or ()]
    plain = isinstance(query, exp.Select) and {k for k, v in query.args.items() if v} == {"expressions"}
    names = [k.name for k in keys]
    if not plain or not names or not set(names) <= set(columns):
        raise PlanError(
            "plan.unsupported",
            "ON CONFLICT is for one row of VALUES, and names columns of it",
            "write UPDATE, or INSERT … SELECT … WHERE NOT EXISTS (…)",
        )
    given = dict(zip(columns, query.expressions, strict=True))
    same = exp.and_(*(exp.EQ(this=exp.column(n), expression=given[n].copy()) for n in names), copy=False)
    if conflict.text("action").upper() == "DO UPDATE":
        assigned = [_assignment(e, target) for e in conflict.expressions]
        select = exp.Select(expressions=[_excluded(value, given) for _, value in assigned])
        select.set("from_", exp.From(this=target.copy()))
        select.set("where", exp.Where(this=same.copy()))
        yield Step("update", target, _distinct([n for n, _ in assigned]), select, when)
    there = exp.Select(expressions=[exp.Literal.number(1)])
    there.set("from_", exp.From(this=target.copy()))
    there.set("where", exp.Where(this=same))
    query.set("where", exp.Where(this=exp.Not(this=exp.Exists(this=there))))
    yield Step("create", target, columns, query, when)


def _excluded(value: exp.Expr, given: dict[str, exp.Expr]) -> exp.Expr:
    whole = exp.Paren(this=value)
    for column in list(whole.find_all(exp.Column)):
        if column.table.lower() == "excluded":
            if column.name not in given:
                raise PlanError("plan.unknown_column", f"`excluded.{column.name}` is not inserted")
            column.replace(given[column.name].copy())
    inner: exp.Expr = whole.this
    return inner


def _assignment(node: exp.Expr, target: exp.Table) -> tuple[str, exp.Expr]:
    if not isinstance(node, exp.EQ) or not isinstance(node.left, exp.Column):
        raise PlanError(
            "plan.unsupported", "SET assigns to more than one column at once", "write a = 1, b = 2"
        )
    if node.left.table and node.left.table not in (target.alias, target.name):
        raise PlanError("plan.unsupported", f"SET assigns to a column of `{node.left.table}`")
    if _is_default(node.right):
        raise PlanError("plan.unsupported", "SET cannot say DEFAULT", "write the value")
    return node.left.name, node.right


def _is_default(node: exp.Expr) -> bool:
    bare = isinstance(node, exp.Var | exp.Column) and not node.text("table")
    return bare and node.name.upper() == "DEFAULT"


def _distinct(names: list[str]) -> tuple[str, ...]:
    if len({n.casefold() for n in names}) != len(names):
        raise PlanError("plan.syntax", "a column is written twice")
    return tuple(names)


def _table(node: exp.Expr) -> exp.Table:
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise PlanError("plan.unsupported", "only a relation can be changed")
    if {k for k, v in node.args.items() if v} - {"this", "db", "alias"}:
        raise PlanError("plan.unsupported", f"more is said of `{node.name}` than its name")
    return node


def _require_arguments(node: exp.Expr) -> None:
    for key, value in node.args.items():
        if value not in (None, False, []) and key not in _ALLOWED[type(node)]:
            name = key.rstrip("_").upper()
            raise PlanError(
                "plan.unsupported",
                f"`{name}` is not allowed in `{node.key.upper()}`",
                "use subqueries in WHERE and SET: `x IN (SELECT …)`",
            )


def _statement_of(step: Step) -> exp.Expr:
    """The step as the statement that it was, of its bound query."""
    names = [exp.to_identifier(c, quoted=True) for c in step.columns]
    if step.action == "create":
        table = exp.Schema(this=step.target.copy(), expressions=names)
        return exp.Insert(this=table, expression=step.query.copy())
    query = step.query.copy()
    table, where = query.args["from_"].this, query.args.get("where")
    if step.action == "delete":
        return exp.Delete(this=table, where=where)
    pairs = zip(names, query.expressions, strict=True)
    sets = [exp.EQ(this=exp.Column(this=n), expression=e) for n, e in pairs]
    return exp.Update(this=table, expressions=sets, where=where)


def read_names(tree: exp.Expr) -> None:
    """Bring `:me.id`, `:me`, CURRENT_USER and `:new.posts.id` into their one form, in place."""
    for node in list(tree.find_all(exp.Dot)):
        path = _path(node)
        if path and not isinstance(node.parent, exp.Dot):
            name = ".".join(path)
            if not (len(path) == 2 and name.startswith(ME)) and not (
                len(path) == 3 and name.startswith(NEW)
            ):
                raise PlanError("plan.parameter", f"unknown parameter `:{name}`", "there is `:me.id`")
            node.replace(exp.Placeholder(this=name))
    for found in list(tree.find_all(exp.Placeholder, exp.CurrentUser)):
        if isinstance(found, exp.CurrentUser) or found.name == "me":
            found.replace(exp.Placeholder(this=f"{ME}id"))


def _path(node: exp.Expr) -> list[str]:
    """The names of `:a.b.c`; none where it is anything else."""
    if isinstance(node, exp.Placeholder):
        return [node.name]
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        before = _path(node.this)
        return [*before, node.expression.name] if before and _WORD.fullmatch(node.expression.name) else []
    return []
