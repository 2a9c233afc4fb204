"""The directory of descriptions that a setting names, read beside each introspection."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from nlq.catalog import Catalog
from nlq.catalog.descriptions import Description, read_descriptions, with_comments
from nlq.errors import SettingsError

MOST_BYTES = 1_000_000
"""Of one file; what is longer describes no table."""


def describe_columns(catalog: Catalog, directory: str) -> Catalog:
    """The catalog with what the CSV files of `directory` say of its columns; as it is without one.

    Raises `settings.invalid` for what is no directory.
    """
    if not directory:
        return catalog
    root = Path(directory)
    try:
        files = sorted(p for p in root.iterdir() if p.suffix.casefold() == ".csv")
        seen = [(p, p.stat()) for p in files]
        found = {p.stem: _read(p, s.st_mtime_ns, s.st_size) for p, s in seen if s.st_size <= MOST_BYTES}
    except OSError as error:
        raise SettingsError(
            "settings.invalid",
            f"the descriptions in `{root.name}` cannot be read: {error.strerror}",
            "`descriptions` is a directory of CSV files, one for each relation",
        ) from error
    return with_comments(catalog, found)


@lru_cache(maxsize=512)
def _read(path: Path, _changed_ns: int, _size: int) -> dict[str, Description]:
    return read_descriptions(_decode(path.read_bytes()))


def _decode(content: bytes) -> str:
    """The text, in UTF-8 or what spreadsheets on Windows write.

    >>> _decode(b"\\xef\\xbb\\xbfcaf\\xc3\\xa9"), _decode(b"caf\\xe9")
    ('café', 'café')
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
