"""The `access` of Python models is a policy like any other."""

from __future__ import annotations

from typing import Literal

import pytest

from nlq.catalog import RelationName
from nlq.catalog.models import Model, access_rules, catalog_from_models, field
from nlq.errors import PolicyError
from nlq.policy import Principal, Rule, column_rule, decide
from nlq.policy.english import Grant
from nlq.policy.load import CompiledRule, load_policy, policy_from_models, require_reviewed


class User(Model, table="users"):
    id: int = field(primary_key=True)
    email: str

    access = {"read": True, "columns": {"email": "hidden"}}  # noqa: RUF012


class Post(Model, table="posts"):
    id: int = field(primary_key=True)
    author: User
    status: Literal["draft", "published"] = "draft"

    access = {  # noqa: RUF012
        "read": "anyone if published, otherwise just the author",
        "update": {"sql": "author_id = :me.id"},
        "delete": {"roles": ["admin"]},
    }


MODELS = [User, Post]
CATALOG = catalog_from_models(MODELS, "duckdb")
POSTS, USERS = RelationName("main", "posts"), RelationName("main", "users")
READ = CompiledRule((Grant(frozenset(), "status = 'published' OR author_id = :me.id"),), reviewed=True)


def test_access_makes_the_rules_of_a_policy_file() -> None:
    policy = policy_from_models(MODELS, CATALOG, lambda *_rule: READ)
    posts = policy.relations[POSTS]
    english = "anyone if published, otherwise just the author"
    assert posts.read == (Rule(frozenset(), READ.grants[0].sql, english),)
    assert posts.update == (Rule(sql="author_id = :me.id"),)
    assert posts.delete == (Rule(frozenset({"admin"})),)
    users = CATALOG.relation(USERS)
    assert users is not None
    assert column_rule(policy, Principal(), users, users.columns[1]).kind == "hidden"


def test_what_is_not_reviewed_grants_nothing_and_is_named() -> None:
    policy = policy_from_models(MODELS, CATALOG)
    assert decide(policy, Principal(id=1), POSTS, "read").predicates == ()
    with pytest.raises(PolicyError) as caught:
        require_reviewed(policy)
    assert (caught.value.code, caught.value.message) == (
        "policy.unreviewed",
        "a rule in English is not reviewed: read of `posts`: "
        "anyone if published, otherwise just the author",
    )


def test_a_file_adds_to_models() -> None:
    access = access_rules(MODELS, "duckdb")
    text = "[roles]\nadmin = { includes = ['editor'] }\n[relations.posts]\ncreate = true\n"
    policy = load_policy(text, CATALOG, access=access)
    assert (policy.relations[POSTS].create, policy.relations[POSTS].delete) == (
        (Rule(),),
        (Rule(frozenset({"admin"})),),
    )
    assert policy.relations[USERS].read == (Rule(),)


@pytest.mark.parametrize("said", ["delete = false", "[relations.posts.columns]\nstatus = 'hidden'"])
def test_a_file_and_a_model_that_say_the_same_are_refused(said: str) -> None:
    access = {POSTS: {"delete": True, "columns": {}}}
    with pytest.raises(PolicyError) as caught:
        load_policy(f"[relations.posts]\n{said}", CATALOG, access=access)
    key = said.partition(" ")[0] if said.startswith("delete") else "columns"
    assert caught.value.message == f"`{key}` of `posts` has rules in the policy and in its model"


def test_a_model_that_says_what_no_policy_could_is_refused() -> None:
    with pytest.raises(PolicyError, match="unknown key `reed` in the rules of `posts`"):
        load_policy("", CATALOG, access={POSTS: {"reed": True}})
