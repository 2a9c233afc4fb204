"""Rules that a model drafts: what is taken from a reply, what is refused, what is told."""

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.compile import Answered, Turns
from nlq.compiler.prompts import load_rule_prompts
from nlq.compiler.rules import (
    Asking,
    EnglishRule,
    RuleCompiler,
    extract_predicate,
    known_words,
    written_rules,
)
from nlq.errors import CompileError, PlanError, PolicyError
from nlq.policy import ClaimType
from nlq.policy.english import Grant
from nlq.policy.load import load_policy

DDL = """
CREATE TABLE users (id INT PRIMARY KEY, team_id INT, country TEXT);
CREATE TABLE posts (
    id INT PRIMARY KEY, author_id INT REFERENCES users (id), title TEXT, created_at TIMESTAMP
);
CREATE TABLE comments (
    id INT PRIMARY KEY, post_id INT REFERENCES posts (id), user_id INT REFERENCES users (id)
);
"""
CATALOG = catalog_from_ddl(DDL, "duckdb")
POSTS = CATALOG.find("posts")[0]
POLICY = load_policy(
    """
    [principals.ann]
    id = 1
    roles = ["boss"]
    region = "north"
    [roles]
    admin = { includes = ["editor"] }
    [claims]
    team_ids = ["integer"]
    [relations.posts]
    read = [{ roles = ["writer"] }, "whoever", { sql = "author_id = :me.id" }]
    update = "nobody"
    """,
    CATALOG,
)


def drafted(english: str, *replies: str) -> tuple[EnglishRule, list[Turns]]:
    """What comes of these replies of a model, and what it was asked."""
    asked: list[Turns] = []

    def complete(turns: Turns, *, max_tokens: int, temperature: float, seed: int) -> Answered:
        asked.append(turns)
        return Answered(replies[len(asked) - 1], 1, 1, 0.0, 0.0, False)

    asking = Asking("a-model", complete, load_rule_prompts(), attempts=len(replies))
    return RuleCompiler.of(POLICY, CATALOG).compile(english, POSTS, "read", asking), asked


@pytest.mark.parametrize(
    ("reply", "predicate"),
    [
        ("```sql\nWHERE author_id = :me.id;\n```", "author_id = :me.id"),
        ("author_id = :me.id", "author_id = :me.id"),
        ("SELECT * FROM posts WHERE author_id = :me.id", "author_id = :me.id"),
        ("SELECT * FROM posts AS p WHERE p.author_id = :me.id LIMIT 3", "posts.author_id = :me.id"),
        (
            "SELECT p.* FROM posts p JOIN comments c ON c.post_id = p.id WHERE c.user_id = :me.id",
            '"id" IN (SELECT "p"."id" FROM posts AS p JOIN comments AS c ON c.post_id = p.id '
            "WHERE c.user_id = :me.id)",
        ),
    ],
)
def test_the_condition_of_a_reply(reply: str, predicate: str) -> None:
    assert extract_predicate(reply, POSTS, "duckdb") == predicate


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("CANNOT", CompileError),
        ("```sql\n```", PlanError),
        ("SELECT * FROM users WHERE id = :me.id", PlanError),
        ("SELECT * FROM posts", PlanError),
        ("SELECT 1; DROP TABLE posts", PlanError),
    ],
)
def test_a_reply_that_is_no_condition(reply: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        extract_predicate(reply, POSTS, "duckdb")


@pytest.mark.parametrize(
    ("reply", "finding"),
    [
        ("author_id", "the rule is neither true nor false"),
        ("created_at > now()", "says something else each time"),
        ("created_at > CURRENT_TIMESTAMP", "says something else each time"),
        ("random() > 0.5", "is not allowed"),
        ("id IN (SELECT post_id FROM comments LIMIT 1)", "says something else each time"),
        ("author_id = :me.secret", "the policy declares no claim `secret`"),
        ("owner_id = :me.id", "unknown column `owner_id`"),
        ("author_id = :id", "unknown parameter `:id`"),
        ("read_blob('/etc/passwd') IS NOT NULL", "is not allowed"),
    ],
)
def test_what_may_not_be_a_rule_goes_back_to_the_model(reply: str, finding: str) -> None:
    rule, asked = drafted("people from the moon", reply, "author_id = :me.id")
    assert rule.grants == (Grant(frozenset(), "author_id = :me.id"),)
    assert finding in asked[1][-1][1]


def test_what_the_english_does_not_say_is_told() -> None:
    rule, asked = drafted(
        "people of Portugal who were there lately",
        "author_id IN (SELECT id FROM users WHERE country = 'Portugal' AND team_id = 7) "
        "AND created_at > CURRENT_DATE",
    )
    assert rule.assumptions == (
        "`a-model` wrote this: compare each word of the rule with it",
        "the rule depends on the day on which it is asked",
        "`7` stands in the rule, and not in the English",
    )
    assert rule.made_by == "a-model"
    assert [str(d.relation) for d in rule.depends] == ["main.posts", "main.users"]
    system, user = asked[0]
    assert "may use :me.id, :me.region, :me.team_ids" in system[1]
    assert "The rule is: people of Portugal who were there lately" in user[1]


def test_a_model_that_cannot_ends_in_an_error_that_says_what_to_do() -> None:
    with pytest.raises(PolicyError) as caught:
        drafted("people from the moon", "CANNOT")
    assert caught.value.to_json() == {
        "code": "policy.not_understood",
        "message": "neither the grammar nor the model can make a rule of `people from the moon`",
        "hint": "say it in one of the phrases of docs/policy.md, or write it in SQL",
        "span": None,
    }


def test_the_model_is_not_asked_for_what_the_grammar_understands() -> None:
    rule, asked = drafted("the author", "TRUE")
    assert (rule.made_by, rule.grants, asked) == (
        "grammar",
        (Grant(frozenset(), "author_id = :me.id"),),
        [],
    )


def test_several_readings_are_listed_and_the_model_is_not_asked_to_choose() -> None:
    with pytest.raises(PolicyError) as caught:
        drafted("users", "TRUE")
    assert caught.value.to_json() == {
        "code": "policy.ambiguous",
        "message": "the rule `users` has 3 readings",
        "hint": "(1) Everyone may read every row. "
        "(2) Everyone may read the rows where the caller is known. "
        "(3) Everyone may read the rows where `author_id` is the caller's `id`. "
        "Say which in other words, or write it in SQL",
        "span": None,
    }


def test_the_policy_tells_the_words_that_rules_may_use() -> None:
    known = known_words(POLICY, CATALOG)
    assert known.principals is not None
    assert (known.principals.name, known.guessed) == ("users", True)
    assert known.roles == {"admin", "editor", "boss", "writer"}
    assert known.claims == {
        "team_ids": ClaimType("integer", is_list=True),
        "region": ClaimType("text"),
    }


def test_rules_have_names_in_the_order_of_the_file() -> None:
    assert [(w.name, w.english, w.sql) for w in written_rules(POLICY)] == [
        ("posts.read", None, None),
        ("posts.read.2", "whoever", None),
        ("posts.read.3", None, "author_id = :me.id"),
        ("posts.update", "nobody", None),
    ]
