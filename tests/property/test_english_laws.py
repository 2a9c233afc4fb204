"""Laws of rules in English: no word is passed over, and nothing is granted before its review."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.rules import RuleCompiler, changed
from nlq.errors import PolicyError
from nlq.guard.predicate import parse_predicate
from nlq.policy import Principal, decide
from nlq.policy.english import Reading, Words, guess_principals, read_rule
from nlq.policy.load import load_policy
from nlq.policy.rules import ACTIONS
from nlq.store import Review, RuleStore, rule_book

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE teams (id INT PRIMARY KEY);
    CREATE TABLE users (
        id INT PRIMARY KEY, team_id INT REFERENCES teams (id), manager_id INT REFERENCES users (id)
    );
    CREATE TABLE posts (
        id INT PRIMARY KEY, author_id INT NOT NULL REFERENCES users (id), account_id INT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('draft', 'published')), archived_at TIMESTAMP, likes INT
    );
    """,
    "duckdb",
)
POSTS = CATALOG.find("posts")[0]
POLICY = """
[roles]
admin = { includes = ["editor"] }
[claims]
account_id = "integer"
[relations.posts]
"""
KNOWN = Words(
    guess_principals(CATALOG), frozenset({"admin", "editor"}), load_policy(POLICY, CATALOG).claims
)
PHRASES = [
    "everyone",
    "nobody",
    "only the author",
    "the author or an admin",
    "editors and the author",
    "anyone if published, otherwise just the author",
    "members of the same team",
    "posts of the caller's account",
    "signed-in users",
    "anyone unless archived",
    "everyone except the author",
    "editors of the same team, if not archived",
    "the author, or an admin if published and not archived",
    "published posts",
    "posts archived within the last 30 days",
    "anyone if likes is at least 10",
    "their manager",
    "the author's manager",
    "anyone in the same account, unless archived",
]
EMPTY_WORDS = {"only", "just", "the", "an", "a", "same", ",", "-", "or", "otherwise", "archived"}
"""Words that some phrase above may lose and still say the same: `otherwise` and `or` after a comma, and the
only date that there is."""


def read(phrase: str) -> tuple[Reading, ...]:
    return read_rule(phrase, POSTS, "read", CATALOG, KNOWN)


def read_or_refuse(phrase: str) -> tuple[Reading, ...]:
    try:
        return read(phrase)
    except PolicyError:
        return ()


def grants(phrase: str) -> frozenset[object]:
    return frozenset(r.grants for r in read_or_refuse(phrase))


def words_of(phrase: str) -> list[str]:
    return re.findall(r"'s|[\w]+|[^\s\w]", phrase)


@pytest.mark.parametrize("phrase", PHRASES)
def test_each_phrase_has_one_reading(phrase: str) -> None:
    assert len(read(phrase)) == 1


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("stranger", ["quokka", "hardly", "sometimes", "§0", "1", "(", "/*"])
def test_a_word_that_is_not_known_is_never_passed_over(phrase: str, stranger: str) -> None:
    words = words_of(phrase)
    spoiled = [" ".join([*words[:at], stranger, *words[at:]]) for at in range(len(words) + 1)]
    assert [s for s in spoiled if read_or_refuse(s)] == []


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("word", ["not", "nobody", "unless", "except", "otherwise", "admin", "draft"])
def test_a_word_that_matters_changes_the_meaning_or_is_refused(phrase: str, word: str) -> None:
    words = words_of(phrase)
    meant = grants(phrase)
    added = [" ".join([*words[:at], word, *words[at:]]) for at in range(len(words) + 1)]
    assert [a for a in added if grants(a) == meant] == []


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_word_less_changes_the_meaning_or_is_refused(phrase: str) -> None:
    words = words_of(phrase)
    meant = grants(phrase)
    same = {
        words[at] for at in range(len(words)) if grants(" ".join(words[:at] + words[at + 1 :])) == meant
    }
    assert same - EMPTY_WORDS == set()


VOCABULARY = sorted(
    {w for phrase in PHRASES for w in words_of(phrase)} | {"or", "but", "who", "are", "user"}
)
sentences = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=9).map(" ".join)
joined = st.lists(st.sampled_from(PHRASES), min_size=1, max_size=2).map(", or ".join)
phrases = st.one_of(sentences, joined, st.text(max_size=40))


@given(phrases)
@settings(max_examples=150)
def test_every_reading_is_a_rule_that_can_be_applied(phrase: str) -> None:
    for reading in read_or_refuse(phrase):
        for grant in reading.grants:
            if grant.sql is not None:
                parse_predicate(grant.sql, POSTS, CATALOG, KNOWN.claims)


@given(joined, st.sampled_from(ACTIONS), st.booleans())
@settings(max_examples=40)
def test_nothing_is_granted_before_its_review(phrase: str, action: str, reviewed: bool) -> None:
    text = f"{POLICY}{action} = '''{phrase}'''\n"
    policy = load_policy(text, CATALOG)
    compiler = RuleCompiler.of(policy, CATALOG)
    english = " ".join(phrase.split())
    with tempfile.TemporaryDirectory() as directory:
        store = RuleStore(Path(directory))
        try:
            rule = compiler.compile(english, POSTS, action)  # type: ignore[arg-type]
        except PolicyError:
            return
        store.put(rule, Review("ann", "2026-01-01T00:00:00+00:00") if reviewed else None)
        loaded = load_policy(text, CATALOG, rule_book(store, CATALOG))
        everyone = [Principal(), Principal(id=1), Principal(id=1, roles=frozenset({"admin"}))]
        reach = [decide(loaded, who, POSTS.name, action).predicates for who in everyone]  # type: ignore[arg-type]
        assert changed(rule, CATALOG) is None
        if not reviewed:
            assert reach == [(), (), ()]
        elif rule.grants:
            assert reach[2] != ()
