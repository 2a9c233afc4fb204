"""The page on policies says what its phrases mean; the grammar has to agree."""

from __future__ import annotations

import re
from pathlib import Path

import nlq
from nlq.catalog.ddl import catalog_from_ddl
from nlq.policy import ClaimType
from nlq.policy.english import Grant, Words, guess_principals, read_rule

PAGE = (Path(nlq.__file__).parent.parent / "docs" / "policy.md").read_text("utf-8")


def grant_of(text: str) -> Grant:
    said = re.fullmatch(r"(?:`(?P<sql>[^`]+)`)?(?: ?for `(?P<role>\w+)`)?", text.strip())
    assert said, text
    return Grant(frozenset({said["role"]} if said["role"] else ()), said["sql"])


def test_every_phrase_means_what_the_page_says() -> None:
    section = PAGE.split("## Rules in English")[1].split("\n## ")[0]
    schema = re.search(r"```sql\n(.*?)```", section, re.DOTALL)
    assert schema
    catalog = catalog_from_ddl(schema[1], "duckdb")
    posts = catalog.find("posts")[0]
    words = Words(
        guess_principals(catalog), frozenset({"admin", "billing"}), {"account_id": ClaimType("integer")}
    )
    said = {
        phrase: () if means.strip() == "no rule" else tuple(map(grant_of, means.split(";")))
        for phrase, means in re.findall(r"^\| `([^`]+)` \|(.*)\|$", section, re.MULTILINE)
    }
    assert len(said) >= 25
    assert {p: [r.grants for r in read_rule(p, posts, "read", catalog, words)] for p in said} == {
        p: [grants] for p, grants in said.items()
    }
