"""Descriptions of columns, as people write them beside a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.catalog.descriptions import Description, comment_of, read_descriptions, with_comments
from nlq.described import describe_columns
from nlq.errors import SettingsError

HEADER = "original_column_name,column_name,column_description,data_format,value_description\n"


def _catalog(*columns: str, relation: str = "account") -> Catalog:
    name = RelationName("main", relation)
    return Catalog.of("sqlite", [Relation(name, tuple(Column(c, "TEXT") for c in columns))])


READ = {
    "plain": ("A2,name,of it,text,\n", {"A2": Description("name", "of it")}),
    "lines": ('k,,,text,"A: all\nB: both"\n', {"k": Description(values="A: all\nB: both")}),
    "a comma that nobody quoted": ("k,,,text,0: no, 1: yes\n", {"k": Description(values="0: no, 1: yes")}),
    "short lines": ("k,full name\n\n,,\n", {"k": Description("full name")}),
    "zero bytes": ("k,a\0b\n", {"k": Description("ab")}),
    "a quote that never ends": (
        'k,full name\nl,"never ends', {"k": Description("full name"), "l": Description("never ends")},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "found"), READ.values(), ids=READ)
def test_what_is_read(lines: str, found: dict[str, Description]) -> None:
    assert read_descriptions(HEADER + lines) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Column_Name , ORIGINAL COLUMN NAME\na,A2 \n", {"A2": Description("a")}, id="spelled"),
        pytest.param("name,of\na,b\n", {}, id="another table"),
        pytest.param("", {}, id="nothing"),
    ],
)
def test_headers(text: str, found: dict[str, Description]) -> None:
    assert read_descriptions(text) == found


def test_a_field_that_is_too_long_ends_the_file() -> None:
    text = HEADER + "a,first\n" + f"b,{'x' * 200_000}\nc,third\n"
    assert read_descriptions(text) == {"a": Description("first")}


@pytest.mark.parametrize(
    ("column", "description", "comment"),
    [
        pytest.param("A11", Description("average salary", "average salary"), "average salary", id="once"),
        pytest.param("W2", Description("account name"), "account name", id="a code is called something"),
        pytest.param("account_id", Description("account id", "unique id of the account"), "", id="no news"),
        pytest.param("GOT", Description("AST", "AST, a transaminase"), "AST, a transaminase", id="in full"),
        pytest.param(
            "status",
            Description("", "status", "'A' stands for paid;\n'B' stands for late.\n"),
            "'A' stands for paid; 'B' stands for late",
            id="what values mean",
        ),
        pytest.param(
            "height_cm",
            Description("", "", "Commonsense evidence:\n• The unit is centimeters.\n• 0 means missing."),
            "The unit is centimeters; 0 means missing",
            id="bullets",
        ),
        pytest.param("remark", Description("", "", "+: good\n-: bad"), "+: good; -: bad", id="signs"),
    ],
)
def test_what_a_comment_says(column: str, description: Description, comment: str) -> None:
    assert comment_of(column, "account", description) == comment


def test_a_comment_is_bounded() -> None:
    assert len(comment_of("a", "b", Description("", "word " * 5_000))) < 1_001


def test_names_that_differ_in_case_and_punctuation() -> None:
    catalog = _catalog("Exam Date", "A2", "A3", relation="Exam Results")
    described = with_comments(
        catalog, {"exam_results": {"exam date ": Description("when"), "a2": Description("region")}}
    )
    (relation,) = described
    assert [(c.name, c.comment) for c in relation.columns] == [
        ("Exam Date", "when"), ("A2", "region"), ("A3", None),
    ]  # fmt: skip


def test_files_of_any_encoding(tmp_path: Path) -> None:
    (tmp_path / "account.csv").write_bytes(b"\xef\xbb\xbf" + (HEADER + "A2,café\n").encode())
    (tmp_path / "Branch.CSV").write_bytes((HEADER + "A3,Größe\n").encode("cp1252"))
    (tmp_path / "notes.txt").write_text("no description")
    catalog = Catalog.of("sqlite", [*_catalog("A2"), *_catalog("A3", relation="branch")])
    comments = {c.name: c.comment for r in describe_columns(catalog, str(tmp_path)) for c in r.columns}
    assert comments == {"A2": "café", "A3": "Größe"}


def test_a_directory_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        describe_columns(_catalog("A2"), str(tmp_path / "missing"))
    assert str(raised.value) == (
        "the descriptions in `missing` cannot be read: No such file or directory\n"
        "hint: `descriptions` is a directory of CSV files, one for each relation"
    )
