"""The compiler's loop: what the model is told, how often, and what comes of each kind of reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from nlq.catalog import Catalog, RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler import Asked, compile_query, intake, load_prompts
from nlq.compiler.compile import Answered, Turns, unused_numbers
from nlq.compiler.values import Match
from nlq.errors import CompileError, EngineError, ModelError, NlqError, PlanError
from nlq.events import Drafted, Drafting, DraftMended, DraftRefused, Event
from nlq.plan import Parameter, Plan, Provenance, ResultColumn

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, secret_code TEXT);
    CREATE TABLE posts (
        id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users (id), title TEXT, likes INTEGER,
        number TEXT
    );
    CREATE TABLE payroll (id INTEGER PRIMARY KEY, salary INTEGER);
    COMMENT ON TABLE posts IS 'costs $5, or ${schema}';
    """,
    "duckdb",
)
SEEN = CATALOG.restrict(lambda r: r.name.name != "payroll", lambda r, c: c.name != "secret_code")
TITLES = "SELECT title FROM posts WHERE likes > 100"

Reply = str | NlqError


@dataclass
class Conversation:
    """A model that says what is written, one after the other, and all that it was told."""

    replies: list[Reply]
    told: list[tuple[Turns, float, int]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    refuses: Callable[[Plan], NlqError | None] = lambda plan: None

    def complete(self, turns: Turns, *, max_tokens: int, temperature: float, seed: int) -> Answered:
        self.told.append((turns, temperature, seed))
        reply = self.replies[len(self.told) - 1]
        if isinstance(reply, NlqError):
            raise reply
        return Answered(reply, 100 + seed, 10, 0.25, 0.001, from_cache=False)

    def describe(self, plan: Plan) -> tuple[ResultColumn, ...]:
        self.described.append(plan.sql)
        if error := self.refuses(plan):
            raise error
        return (ResultColumn("title", "TEXT"),)

    def ask(
        self, question: str, catalog: Catalog = SEEN, params: dict[str, Any] | None = None, **given: Any
    ) -> Plan:
        return compile_query(
            Asked(
                request=intake(question, params),
                catalog=catalog,
                scope="owner",
                model="scripted",
                complete=self.complete,
                describe=self.describe,
                prompts=load_prompts(),
                observe=self.events.append,
                **given,
            )
        )

    def refusal(self, question: str, **given: Any) -> NlqError:
        with pytest.raises(NlqError) as caught:
            self.ask(question, **given)
        return caught.value


def say(*replies: Reply) -> Conversation:
    return Conversation(list(replies))


def test_a_draft_that_is_right_at_once() -> None:
    talk = say(f"```sql\n{TITLES};\n```")
    plan = talk.ask("titles of posts with more than 100 likes")
    assert (plan.template, plan.parameters) == (
        "titles of posts with more than {p1} likes",
        (Parameter("p1", "integer", 100),),
    )
    assert plan.columns == (ResultColumn("title", "TEXT"),)
    assert plan.provenance == Provenance(
        model="scripted",
        prompt_hash=load_prompts().hash,
        attempts=1,
        prompt_tokens=101,
        completion_tokens=10,
        seconds=0.25,
        cost_usd=0.001,
        confidence=0.9,
    )
    assert talk.events == [
        Drafting(1, "scripted"),
        Drafted(1, 101, 10, 0.25, from_cache=False, cost_usd=0.001),
    ]


def test_the_prompt_holds_what_is_visible_and_ends_in_the_question() -> None:
    talk = say("SELECT title FROM posts WHERE title = :title")
    talk.ask(
        'posts titled {title}, $schema ${} {} %s "q"',
        params={"title": "x"},
        samples={(RelationName("main", "users"), "name"): ("Ana",)},
        matches=(Match(RelationName("main", "users"), "name", "Ana"),),
    )
    ((turns, temperature, seed),) = talk.told
    assert (temperature, seed) == (0.0, 1)
    system, user = (text for _, text in turns)
    assert [speaker for speaker, _ in turns] == ["system", "user"]
    assert "SQL for DuckDB" in system
    assert system.endswith(
        "CREATE TABLE posts ( -- costs $5, or ${schema}\n"
        "  id INT PRIMARY KEY,\n"
        "  author_id INT,\n"
        "  title TEXT,\n"
        "  likes INT,\n"
        "  number TEXT,\n"
        "  FOREIGN KEY (author_id) REFERENCES users (id)\n"
        ");\n\n"
        "CREATE TABLE users (\n"
        "  id INT PRIMARY KEY,\n"
        "  name TEXT -- e.g. 'Ana'\n"
        ");"
    )
    assert user == "-- 'Ana' is a value of users.name\nposts titled :title, $schema ${} {} %s \"q\""


def test_a_finding_goes_back_with_its_hint_and_without_what_is_hidden() -> None:
    talk = say("SELECT salary FROM payroll", "SELECT secret_code FROM users", TITLES)
    talk.ask("titles of posts with more than 100 likes")
    first, second, third = talk.told
    assert second[0][:2] == first[0]
    assert second[0][2:] == (
        ("assistant", "SELECT salary FROM payroll"),
        (
            "user",
            "That SQL is not valid: unknown relation `payroll`\nWrite the corrected SELECT statement.",
        ),
    )
    # The last attempt starts afresh, and warmer.
    assert third[0] == first[0]
    assert [(temperature, seed) for _, temperature, seed in talk.told] == [(0.0, 1), (0.0, 2), (0.7, 3)]
    assert [e for e in talk.events if isinstance(e, DraftRefused)] == [
        DraftRefused(1, "plan.unknown_relation", "unknown relation `payroll`"),
        DraftRefused(2, "plan.unknown_column", "unknown column `secret_code`"),
    ]


def test_what_is_hidden_reads_like_what_is_missing() -> None:
    hidden = say(*["SELECT salary FROM payroll"] * 3).refusal("salaries")
    missing = say(*["SELECT salary FROM patroll"] * 3).refusal("salaries")
    assert hidden.message.replace("payroll", "…") == missing.message.replace("patroll", "…")
    assert hidden.hint == missing.hint


def test_the_whole_finding_is_told() -> None:
    talk = say("SELECT posts.totl FROM posts, users", "SELECT titles_of FROM posts", TITLES)
    talk.ask("titles of posts with more than 100 likes")
    assert [turns[3][1].splitlines()[0] for turns, _, _ in talk.told[1:2]] == [
        "That SQL is not valid: unknown column `totl` in `posts`; did you mean `title`?"
    ]


def test_tokens_and_time_of_all_attempts_are_counted() -> None:
    plan = say("what?", "DROP TABLE posts", TITLES).ask("titles of posts with more than 100 likes")
    assert plan.provenance == Provenance(
        "scripted", load_prompts().hash, 3, 101 + 102 + 103, 30, 0.75, pytest.approx(0.003), confidence=0.76
    )


def test_attempts_are_bounded() -> None:
    talk = say(*["SELECT nothing_like_it FROM posts"] * 9)
    error = talk.refusal("titles of posts")
    assert error.to_json() == {
        "code": "compile.failed",
        "message": "no valid SQL came of this question in 3 attempts; the last one: "
        "unknown column `nothing_like_it`",
        "hint": "say it in other words, name the relations that you mean, or write the SQL yourself",
        "span": None,
    }
    assert len(talk.told) == 3
    talk = say(*["SELECT nothing_like_it FROM posts"] * 9)
    talk.refusal("titles of posts", attempts=5)
    assert len(talk.told) == 5


@pytest.mark.parametrize(
    ("replies", "told"),
    [(["CANNOT"], 1), (["SELECT x_y_z FROM posts", "I cannot do that."], 2)],
    ids=["at once", "shown its error"],
)
def test_a_refusal_is_final(replies: list[str], told: int) -> None:
    talk = say(*replies)
    error = talk.refusal("what is the weather")
    assert (type(error), error.code, len(talk.told)) == (CompileError, "compile.refused", told)


def test_nothing_to_ask_about_costs_nothing() -> None:
    talk = say()
    error = talk.refusal("titles", catalog=Catalog.of("duckdb", []))
    assert (error.code, error.message) == ("compile.refused", "there is no relation that you may see")
    assert talk.told == []


def test_the_engine_has_the_last_word() -> None:
    talk = say("SELECT title FROM posts WHERE likes > title", TITLES)
    refusals: list[NlqError | None] = [PlanError("plan.invalid", "no such comparison"), None]
    talk.refuses = lambda plan: refusals.pop(0)
    plan = talk.ask("titles of posts with more than 100 likes")
    assert len(talk.described) == 2 and plan.provenance.attempts == 2
    assert "no such comparison" in talk.told[1][0][3][1]


@pytest.mark.parametrize(
    "error",
    [
        ModelError("model.timeout", "it took too long"),
        EngineError("engine.unreachable", "it is gone"),
        EngineError("engine.cancelled", "the caller went away"),
    ],
    ids=lambda e: e.code,
)
def test_what_no_other_draft_would_change_ends_it(error: NlqError) -> None:
    talk = say(error) if isinstance(error, ModelError) else say(TITLES)
    talk.refuses = lambda plan: error
    assert talk.refusal("titles of posts with more than 100 likes") is error
    assert len(talk.told) == 1


def test_what_was_mended_is_an_assumption() -> None:
    talk = say("SELECT titel FROM posts")
    plan = talk.ask("titles of posts")
    assert plan.assumptions == ("Read `titel` as `posts.title`",)
    assert plan.provenance.mended == ("read `titel` as `posts.title`",)
    assert DraftMended(("read `titel` as `posts.title`",)) in talk.events


def test_the_question_chooses_between_two_ways_to_mend() -> None:
    plan = say("SELECT posts.title, users.name FROM posts").ask("titles and authors' names")
    assert plan.assumptions == ("Joined `users` by `author_id` for `name`",)


# numbers of the question that the draft does not use

DOUBT = "2026 of the question is not used: look whether that is right"
ALL = "SELECT title FROM posts"
SOME = "SELECT title FROM posts WHERE likes = 2026"


@pytest.mark.parametrize(
    ("replies", "sql", "assumptions", "attempts"),
    [
        pytest.param([ALL, SOME], ":p1", (), 2, id="the second draft uses it"),
        pytest.param([ALL, ALL], "posts", (DOUBT,), 2, id="the second does not either"),
        pytest.param([ALL, "SELECT x_y_z FROM posts"], "posts", (DOUBT,), 2, id="the second is not valid"),
        pytest.param([ALL, "CANNOT"], "posts", (DOUBT,), 2, id="the second is a refusal"),
        pytest.param(
            [ALL, ModelError("model.timeout", "too long")], "posts", (DOUBT,), 1, id="there is no second"
        ),
        pytest.param(["SELECT x_y_z FROM posts", ALL], "posts", (DOUBT,), 2, id="the first is not valid"),
    ],
)
def test_a_number_that_is_not_used_is_doubted_once(
    replies: Sequence[Reply], sql: str, assumptions: tuple[str, ...], attempts: int
) -> None:
    plan = say(*replies).ask("titles of posts of 2026")
    assert sql in plan.sql
    assert plan.assumptions == assumptions
    assert plan.provenance.attempts == attempts


def test_the_only_attempt_is_taken_with_its_doubt() -> None:
    assert say(ALL).ask("titles of posts of 2026", attempts=1).assumptions == (DOUBT,)


@pytest.mark.parametrize(
    ("question", "sql", "examples", "unused"),
    [
        pytest.param("orders of 2026 over 100", "x > 100", [], ("2026",), id="not there"),
        pytest.param("over 1,250", "x > 1250", [], (), id="with separators"),
        pytest.param("over 12.50", "x > :p1", [12.5], (), id="a lifted decimal"),
        pytest.param("since 2026-01-31", "x >= :p1", ["2026-01-31"], (), id="a lifted date"),
        pytest.param("in 2026", "x >= '2026-01-01'", [], (), id="within a date"),
        pytest.param("titled 'Top 100'", "x = :p1", ["Top 100"], (), id="within a lifted text"),
        pytest.param("top 5, the 3rd, 50%, at 10:30", "x", [], ("10",), id="small and others"),
        pytest.param("2026 and 2026", "x", [], ("2026",), id="said once"),
    ],
)
def test_numbers_that_are_not_used(
    question: str, sql: str, examples: list[float | str], unused: tuple[str, ...]
) -> None:
    parameters = tuple(Parameter("p1", "other", e) for e in examples)
    assert unused_numbers(question, sql, parameters) == unused


# parameters


def test_named_parameters_are_kept_and_must_be_used() -> None:
    talk = say("SELECT title FROM posts", "SELECT title FROM posts WHERE likes > :least")
    plan = talk.ask("titles with more than {least} likes", params={"least": 5})
    assert plan.template == "titles with more than {least} likes"
    assert plan.parameters == (Parameter("least", "integer"),)
    assert "the parameter `:least` is not used; use `:least`" in talk.told[1][0][3][1]


def test_a_parameter_of_the_drafts_own_is_refused() -> None:
    talk = say(*["SELECT title FROM posts WHERE likes > :p1"] * 3)
    assert "unknown parameter `:p1`" in talk.refusal("titles with more than 100 likes").message


def test_a_number_compared_with_text_stays_in_the_sql() -> None:
    plan = say("SELECT title FROM posts WHERE number = 500").ask("titles of the posts with the number 500")
    assert (plan.template, plan.parameters) == ("titles of the posts with the number 500", ())


def test_a_year_is_lifted_as_one() -> None:
    plan = say("SELECT title FROM posts WHERE likes = 2026").ask("titles of 2026")
    assert plan.template == "titles of {p1:year}"
    other = replace(intake("titles of 500"), params={})
    assert plan.template not in [template for template, _ in other.templates()]


EMPTY = "SELECT title FROM posts WHERE likes > 100 AND id < 0"
OTHER = "SELECT number FROM posts WHERE likes > 100"


def find(plan: Plan) -> list[tuple[str]]:
    """As if no id were negative, and each column held one text."""
    if "< 0" in plan.sql:
        return []
    return [("a title",)] if '"title"' in plan.sql else [("a number",)]


@pytest.mark.parametrize(
    ("replies", "kept", "attempts", "confidence"),
    [
        pytest.param([TITLES], "title", 1, 0.9, id="no doubt"),
        pytest.param([EMPTY, EMPTY], "title", 2, 0.22, id="two agree"),
        pytest.param([EMPTY, TITLES, TITLES], "title", 3, 0.85, id="two of three"),
        pytest.param([EMPTY, TITLES, OTHER], "title", 3, 0.77, id="what finds something"),
        pytest.param(
            [EMPTY, "SELECT nothing FROM payroll", TITLES], "title", 3, 0.85, id="one is not valid"
        ),
    ],
)
def test_drafts_vote_where_the_first_finds_nothing(
    replies: Sequence[Reply], kept: str, attempts: int, confidence: float
) -> None:
    plan = say(*replies).ask("titles of posts with more than 100 likes", find=find)
    assert f'"{kept}"' in plan.sql
    assert (plan.provenance.attempts, plan.provenance.confidence) == (attempts, confidence)


def test_the_first_stands_where_the_model_gives_out() -> None:
    down = ModelError("model.unreachable", "the model cannot be reached")
    plan = say(EMPTY, down).ask("titles of posts with more than 100 likes", find=find)
    assert (plan.provenance.attempts, plan.provenance.confidence) == (1, 0.15)


def test_without_a_way_to_try_them_drafts_do_not_vote() -> None:
    assert say(EMPTY).ask("titles of posts with more than 100 likes").provenance.attempts == 1
