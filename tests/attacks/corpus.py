"""Reads the corpus: files of SQL, one for each family, in which a line `--: name` begins a statement.

After the name may stand `!`, where the statement must be refused before a database hears of it, and
`[duckdb postgres]`, where it is meant for some engines only. `<U+200B>` is that character, and
`{{"(" * 50}}` so many of them: an attack should be readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from nlq.catalog import Dialect

HERE = Path(__file__).parent
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

_HEAD = re.compile(r"--: (?P<name>[^!\[\n]+?)(?P<refused> !)?(?: \[(?P<engines>[a-z ]+)\])?")
_CHARACTER = re.compile(r"<U\+([0-9A-F]{4,6})>")
_MANY = re.compile(r'\{\{"(.+?)" \* (\d+)\}\}', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement of a family, for some engines. `refused`: it may not run at all."""

    family: str
    name: str
    sql: str
    engines: tuple[str, ...]
    refused: bool


def load(directory: str, family: str) -> list[Entry]:
    """The statements of one file."""
    return list(_read(HERE / directory / f"{family}.sql"))


def families(directory: str) -> list[str]:
    """The names of the files."""
    return sorted(path.stem for path in (HERE / directory).glob("*.sql"))


def _read(path: Path) -> Iterator[Entry]:
    head: re.Match[str] | None = None
    lines: list[str] = []
    for line in [*path.read_text("utf-8").splitlines(), "--: end"]:
        found = _HEAD.fullmatch(line)
        if found is None:
            assert not line.startswith("--:"), f"{path.name}: {line}"
            lines.append(line)
            continue
        if head is not None:
            text = _MANY.sub(lambda m: m[1] * int(m[2]), "\n".join(lines).strip())
            sql = _CHARACTER.sub(lambda m: chr(int(m[1], 16)), text)
            assert sql, f"{path.name}: {head['name']} is empty"
            engines = tuple(head["engines"].split()) if head["engines"] else DIALECTS
            assert set(engines) <= set(DIALECTS), f"{path.name}: {head['name']}"
            yield Entry(path.stem, head["name"], sql, engines, head["refused"] is not None)
        head, lines = found, []
