"""Questions that stand in programs: `nlq.query("…")` in Python, `useQuery("…")` in TypeScript.

They are found by parsing, and nothing is run or imported. A question is a literal: what is put together
when the program runs cannot be compiled ahead, and is an error here.
"""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nlq.build.parameter import read_parameters
from nlq.build.place import BuildError, Place
from nlq.build.source import (
    Query,
    Sources,
    find_files,
    read_sources,
    read_text,
    require_distinct,
    require_name,
    shown,
)
from nlq.catalog.fingerprint import digest
from nlq.compiler.intake import normalise
from nlq.errors import SettingsError
from nlq.settings import Settings
from nlq.store.plans import slug

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

Kind = Literal["query", "mutation"]

PYTHON = (".py",)
TYPED = (".ts", ".mts", ".cts")
SCRIPT = (".tsx", ".jsx", ".js", ".mjs", ".cjs")
"""What the grammar of TSX reads: JavaScript with or without types, where `<T>value` is no cast."""

_CALLED: dict[str, Kind] = {"query": "query", "mutation": "mutation"}
_HOOKS: dict[str, Kind] = {"useQuery": "query", "useMutation": "mutation"}
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(frozen=True, slots=True)
class Call:
    """A call, its question as it is written there, or None where that is no literal."""

    kind: Kind
    text: str | None
    place: Place


def program_dirs(settings: Settings) -> list[Path]:
    """The directories of programs whose questions are built."""
    return [Path(name.strip()) for name in settings.sources.split(",") if name.strip()]


def read_project(settings: Settings) -> Sources:
    """All that a project asks: in query files, and in programs.

    Raises `build.unreadable` for a directory that is not there, and `settings.missing_extra`.
    """
    directory, programs = Path(settings.queries), program_dirs(settings)
    if not directory.is_dir() and not programs:
        raise BuildError(
            "build.unreadable",
            "there is no such directory",
            "put query files there, or name another with `--queries` or the setting `queries`",
            Place(settings.queries, 1, 1),
        )
    return with_calls(read_sources(directory), programs)


def with_calls(sources: Sources, directories: Sequence[Path]) -> Sources:
    """The sources with the questions of every program below the directories.

    One that a query file asks, too, is that one. Raises `settings.missing_extra` where TypeScript cannot be
    read, and `build.unreadable` for a directory that is not there.
    """
    if not directories:
        return sources
    errors = list(sources.errors)
    found: dict[tuple[object, ...], Query] = {}
    asked = {_asks(q) for q in sources.queries}
    for call in _read_calls(directories, errors):
        try:
            query = _query(call)
        except BuildError as error:
            errors.append(error)
            continue
        if _asks(query) not in asked:
            found.setdefault(_asks(query), query)
    return require_distinct((*sources.queries, *_named(found.values())), errors)


def _asks(query: Query) -> tuple[object, ...]:
    return (query.kind, query.question, query.parameters)


def _query(call: Call) -> Query:
    if call.text is None:
        raise BuildError(
            "build.call",
            "the question is not a literal",
            "write it there as one text, with `{name}` where a value belongs",
            call.place,
        )
    question = read_parameters(call.text, lambda _offset: call.place)
    text = normalise(question.text)
    if not any(c.isalnum() for c in text):
        raise BuildError("build.syntax", "the question is empty", "write it in English", call.place)
    return Query(
        name="",
        kind=call.kind,
        cardinality="exec" if call.kind == "mutation" else "many",
        question=text,
        parameters=question.parameters,
        notes=(),
        roles=(),
        place=call.place,
    )


def _named(queries: Iterable[Query]) -> Iterator[Query]:
    """The queries with names made of their words; a hash tells those apart that share their first words."""
    by_name: dict[str, list[Query]] = defaultdict(list)
    for query in queries:
        by_name[slug(query.question).replace("-", "_")].append(query)
    for name, alike in by_name.items():
        for query in alike:
            whole = len(alike) == 1 and slug(query.question + " x") != slug(query.question)
            unique = name if whole else f"{name}_{digest(list(map(str, _asks(query))))[:6]}"
            try:
                yield replace(query, name=require_name(unique, query.place))
            except BuildError:  # it begins with a digit, or is a word of a language
                yield replace(query, name=f"query_{unique}")


def _read_calls(directories: Sequence[Path], errors: list[BuildError]) -> Iterator[Call]:
    here = Path.cwd()
    for directory in directories:
        if not directory.is_dir():
            place = Place(shown(directory, here), 1, 1)
            raise BuildError("build.unreadable", "there is no such directory", "correct `sources`", place)
        for path in find_files(directory, (*PYTHON, *TYPED, *SCRIPT)):
            if _SKIPPED & set(path.parts):
                continue
            file = shown(path, here)
            try:
                text = read_text(path, file)
                read = read_python if path.suffix in PYTHON else _reader(path.suffix)
                yield from read(text, file)
            except BuildError as error:
                errors.append(error)


def read_python(text: str, file: str) -> Iterator[Call]:
    """The calls of `query` and `mutation` of the module `nlq`, under whatever names it imports them.

    Raises `build.unreadable` where it is not Python.
    """
    if "nlq" not in text:
        return
    try:
        tree = ast.parse(text, file)
    except (SyntaxError, ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
        raise BuildError(
            "build.unreadable", "this is not Python", None, Place(file, line, column)
        ) from error
    modules, functions = _imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (kind := _kind(node.func, modules, functions)) is not None:
            named = (k.value for k in node.keywords if k.arg == "question")
            first = node.args[0] if node.args else next(named, node)
            literal = first.value if isinstance(first, ast.Constant) else None
            place = Place(file, first.lineno, first.col_offset + 1)
            yield Call(kind, literal if isinstance(literal, str) else None, place)


def _imported(tree: ast.Module) -> tuple[set[str], dict[str, Kind]]:
    modules: set[str] = set()
    functions: dict[str, Kind] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {a.asname or a.name for a in node.names if a.name == "nlq"}
        elif isinstance(node, ast.ImportFrom) and node.module == "nlq" and not node.level:
            functions |= {a.asname or a.name: _CALLED[a.name] for a in node.names if a.name in _CALLED}
    return modules, functions


def _kind(called: ast.expr, modules: set[str], functions: dict[str, Kind]) -> Kind | None:
    if isinstance(called, ast.Name):
        return functions.get(called.id)
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        return _CALLED.get(called.attr) if called.value.id in modules else None
    return None


def _reader(suffix: str) -> Callable[[str, str], Iterator[Call]]:
    return partial(read_script, grammar="typescript" if suffix in TYPED else "tsx")


def read_script(text: str, file: str, grammar: Literal["typescript", "tsx"] = "tsx") -> Iterator[Call]:
    """The calls of `useQuery("…")`, `useMutation("…")`, `nlq.query("…")` and `nlq.mutation("…")`.

    Other libraries have a `useQuery` too: one that is given no text is none of ours. Code that does not
    parse is read as far as it does.

    Raises `settings.missing_extra`.
    """
    if not any(word in text for word in (*_HOOKS, "nlq")):
        return
    content = text.encode("utf-8")
    todo = [_parser(grammar).parse(content).root_node]
    while todo:
        node = todo.pop()
        todo += reversed(node.children)
        if node.type == "call_expression" and (call := _script_call(node, file)) is not None:
            yield call


def _script_call(node: Node, file: str) -> Call | None:
    called, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if called is None or given is None or not given.named_children:
        return None
    name = (called.text or b"").decode()
    kind = _HOOKS.get(name)
    if kind is None and name.startswith("nlq."):
        kind = _CALLED.get(name.removeprefix("nlq."))
    first = given.named_children[0]
    if kind is None or first.type not in ("string", "template_string"):
        return None
    row, column = first.start_point
    return Call(kind, _script_text(first), Place(file, row + 1, column + 1))


def _script_text(node: Node) -> str | None:
    parts = []
    for child in node.named_children:
        written = (child.text or b"").decode()
        if child.type == "string_fragment":
            parts.append(written)
        elif child.type == "escape_sequence":
            parts.append(_unescape(written))
        else:
            return None
    return "".join(parts)


def _unescape(written: str) -> str:
    r"""What an escape of JavaScript means, where JSON has it, else the character itself.

    >>> _unescape(r"\n"), _unescape(r"\u00e9"), _unescape(r"\'")
    ('\n', 'é', "'")
    """
    try:
        return str(json.loads(f'"{written}"'))
    except ValueError:
        return written[1:]


@cache
def _parser(grammar: Literal["typescript", "tsx"]) -> Parser:
    try:
        import tree_sitter_typescript
        from tree_sitter import Language, Parser
    except ImportError as error:
        raise SettingsError(
            "settings.missing_extra",
            "TypeScript and JavaScript cannot be read without `tree-sitter`",
            'install it: pip install "nlq[sources]"',
        ) from error
    of = tree_sitter_typescript
    return Parser(Language(of.language_tsx() if grammar == "tsx" else of.language_typescript()))
