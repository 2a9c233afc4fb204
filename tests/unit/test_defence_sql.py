"""The migration as text: what becomes of rules, claims and columns. Nothing is run here."""

from __future__ import annotations

import pytest

from nlq.catalog import Catalog, RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.defence import Drift, Fact, Names, compare, fingerprint, identify, make_defence, write_migration
from nlq.errors import NlqError
from nlq.policy import Policy, Principal, RelationRules, Rule
from nlq.policy.load import load_policy
from nlq.policy.rules import OPEN

CATALOG = catalog_from_ddl(
    """
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE TABLE t (id int, team_id int, word text, at date, code uuid, mood mood);
    CREATE TABLE other (id int, t_id int);
    """,
    "postgres",
)
CLAIM = "nullif(current_setting('nlq.claims', true), '')::jsonb ->> "


def policy(rules: str) -> Policy:
    return load_policy(rules, CATALOG)


def rule_of(rules: str) -> str:
    """The expression of the policy for rows on `t`."""
    made = {m.subject: m.sql for m in make_defence(policy(rules), CATALOG, "r").made()}
    return made["r_rows on public.t"].partition("USING (")[2].removesuffix(")")


def typed(claim: str, kind: str) -> str:
    value = f"{CLAIM}'{claim}'"
    valid = f"CASE WHEN pg_input_is_valid({value}, '{kind}') THEN ({value})::{kind} END"
    return f"CAST((SELECT {valid}) AS {kind})"


RULES = {
    "everyone": ("read = true", "(true)"),
    "nobody": ("create = true", "false"),
    "role": (
        'read = { roles = ["b", "a"] }',
        "((SELECT nullif(current_setting('nlq.roles', true), '')::jsonb ?| ARRAY['a', 'b']))",
    ),
    "integer": ('read = { sql = "id = :me.id" }', f'(("t"."id" = {typed("id", "bigint")}))'),
    "text": (
        'read = { sql = "word = :me.word" }',
        f'(("t"."word" = CAST((SELECT {CLAIM}\'word\') AS text)))',
    ),
    "date": ('read = { sql = "at > :me.since" }', f'(("t"."at" > {typed("since", "date")}))'),
    "uuid": ('read = { sql = "code = :me.code" }', f'(("t"."code" = {typed("code", "uuid")}))'),
    "list": (
        'read = { sql = "team_id = ANY(:me.teams)" }',
        f'(("t"."team_id" = ANY({typed("teams", "bigint[]")})))',
    ),
    "role-and-rule": (
        'read = [{ roles = ["a"], sql = "id > 1" }, { sql = "id < 0" }]',
        "((SELECT nullif(current_setting('nlq.roles', true), '')::jsonb ?| ARRAY['a'])"
        ' AND ("t"."id" > 1))'
        ' OR (("t"."id" < 0))',
    ),
    "other-relation": (
        'read = { sql = "EXISTS (SELECT 1 FROM other WHERE other.t_id = t.id)" }',
        '((EXISTS(SELECT 1 FROM "r"."rules read public.other" AS "other"'
        ' WHERE "other"."t_id" = "t"."id")))',
    ),
    "same-relation": (
        'read = { sql = "team_id IN (SELECT team_id FROM t WHERE word = \'x\')" }',
        '(("t"."team_id" IN (SELECT "__inner"."team_id" FROM "r"."rules read public.t" AS "__inner"'
        ' WHERE "__inner"."word" = \'x\')))',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "wanted"), RULES.values(), ids=RULES)
def test_a_rule_becomes_a_policy(rule: str, wanted: str) -> None:
    assert rule_of(f'[claims]\nteams = ["integer"]\n[relations.t]\n{rule}') == wanted


@pytest.mark.parametrize(
    ("rules", "role", "code", "message"),
    [
        pytest.param('read = { sql = "mood = :me.mood" }', "r", "policy.unsupported",
                     "a rule compares the claim `mood` with a column of the kind `enum`", id="enum"),
        pytest.param('read = { sql = "no = 1" }', "r", "policy.invalid",
                     "the read rule `no = 1` of `t` cannot be applied: unknown column `no`", id="rule"),
        pytest.param("read = true", "R", "settings.invalid", "`R` cannot be the role of the database",
                     id="case"),
        pytest.param("read = true", "pg_x", "settings.invalid", "`pg_x` cannot be the role of the database",
                     id="reserved"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused(rules: str, role: str, code: str, message: str) -> None:
    with pytest.raises(NlqError) as refused:
        make_defence(policy(f"[relations.t]\n{rules}"), CATALOG, role)
    assert (refused.value.code, refused.value.message) == (code, message)


def test_without_a_policy_there_is_nothing_to_enforce() -> None:
    with pytest.raises(NlqError) as refused:
        make_defence(OPEN, CATALOG, "r")
    assert refused.value.code == "policy.invalid"
    with pytest.raises(NlqError) as refused:
        make_defence(policy(""), Catalog.of("duckdb", ()), "r")
    assert refused.value.code == "policy.unsupported"


def read_by(rule: Rule) -> Policy:
    return Policy(relations={RelationName("public", "t"): RelationRules(read=(rule,))})


def test_a_rule_that_nobody_has_reviewed_grants_nothing() -> None:
    made, told = {}, {}
    for reviewed in (False, True):
        rule = Rule(sql="id > 0", english="everything", reviewed=reviewed)
        defence = make_defence(read_by(rule), CATALOG, "r")
        made[reviewed] = {m.subject: m.sql for m in defence.made()}
        told[reviewed] = [line for line in write_migration(defence).splitlines() if "everything" in line]
    assert told == {
        False: ["--    left out, for nobody has approved of it: everything"],
        True: ["--    read by everyone: everything"],
    }
    assert "USING (false)" in made[False]["r_rows on public.t"]
    assert ("r_public.t" in made[False], "r_public.t" in made[True]) == (False, True)


def test_text_of_a_policy_cannot_leave_its_place() -> None:
    rule = Rule(sql="word <> 'a''b; --'", english="x\n; DROP TABLE t; --\u2028'")
    text = write_migration(make_defence(read_by(rule), CATALOG, "r"))
    assert [line for line in text.splitlines() if "DROP TABLE t" in line] == [
        "--    read by everyone: x ; DROP TABLE t; -- '"
    ]
    assert "\"word\" <> 'a''b; --'" in text


POLICY = """
[claims]
x = "text"
[relations.t]
read = { sql = "word = :me.x" }
[relations.t.columns]
at = "hidden"
"""
CHANGES = {
    "rule": (POLICY.replace("word =", "word <>"), True),
    "roles": (POLICY.replace("{ sql", '{ roles = ["a"], sql'), True),
    "claim": (POLICY.replace('"text"', '"integer"'), True),
    "mask": (POLICY.replace('"hidden"', '{ mask = "null" }'), True),
    "except": (POLICY.replace('"hidden"', '{ hidden = true, except = ["a"] }'), True),
    "development": (POLICY + "\n[principals.a]\nid = 1", False),
    "includes": (POLICY + "\n[roles]\na = { includes = [] }", False),
    "writing": (POLICY.replace("[relations.t]\n", "[relations.t]\ncreate = true\n"), False),
}


@pytest.mark.parametrize(("text", "changed"), CHANGES.values(), ids=CHANGES)
def test_the_fingerprint_changes_when_reading_does(text: str, changed: bool) -> None:
    assert (fingerprint(policy(text)) != fingerprint(policy(POLICY))) is changed


def test_an_identity_is_roles_that_matter_and_claims_as_text() -> None:
    rules = policy('[roles]\nb = { includes = ["a"] }\n[relations.t]\nread = { roles = ["a"] }')
    who = Principal(
        id=7, roles=frozenset({"b", "c"}), claims={"l": (1, None, 'x"\\'), "t": True, "f": 2.5, "n": None}
    )
    identity = identify(rules, who)
    assert (identity.roles_text(), identity.claims_text()) == (
        '["a"]',
        r'{"id": "7", "l": "{\"1\",NULL,\"x\\\"\\\\\"}", "t": "True", "f": "2.5", "n": null}',
    )


def test_differences_are_named() -> None:
    expected = [Fact("role", "r", "no attribute"), Fact("view", "v", "1"), Fact("view", "w", "1"),
                Fact("grant", "x to r", "SELECT"), Fact("row security", "t", "on")]  # fmt: skip
    found = [Fact("role", "r", "LOGIN"), Fact("view", "v", "altered"), Fact("view", "w", "2"),
             Fact("grant", "x to r", "SELECT"), Fact("grant", "x to r", "UPDATE"),
             Fact("view", "y", "3")]  # fmt: skip
    assert compare(expected, found) == (
        Drift("changed", "grant", "x to r", "UPDATE"),
        Drift("changed", "role", "r", "LOGIN"),
        Drift("missing", "row security", "t", ""),
        Drift("changed", "view", "v", "altered by hand"),
        Drift("changed", "view", "w", "of another policy or catalog"),
        Drift("extra", "view", "y", ""),
    )
    assert compare(expected, expected) == ()


def test_long_names_are_cut_by_us_and_not_by_postgres() -> None:
    names = Names("r" * 30)
    relation = CATALOG.relations[0].name
    assert names.looked_up(relation).name == f"rules read {relation}"
    long = type(relation)("s" * 40, "t" * 60)
    assert len(names.looked_up(long).name) <= 63
    with pytest.raises(NlqError) as refused:
        names.view(long)
    assert refused.value.code == "policy.unsupported"
