"""No value comes out where none should: not in errors, logs, stderr or records, at any log level.

Each canary is a value that some failing request has: an argument, a literal, a row, a password, a key.
"""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import nlq
from nlq.cli.app import run
from nlq.errors import NlqError
from nlq.http import create_app
from nlq.settings import Settings, load
from nlq.wire import open_service

ARGUMENT, LITERAL, ROW, SECRET = "plugh7731", "xyzzy4419", "frobozz8802", "hunter5521hunter"
NUMBER = "48151623"
CANARIES = (ARGUMENT, LITERAL, ROW, SECRET, NUMBER)
CLIENTS = ("httpx", "httpcore")
"""They log what the tests send and receive."""
ENGINES = ("duckdb", "sqlite", "postgres")

SCRIPT = f"""
CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT NOT NULL, day DATE);
INSERT INTO notes VALUES (1, '{ROW}', NULL), (2, '{ROW}{ROW}', NULL);
"""

CONVERT = "SELECT CAST(word AS INTEGER) AS n FROM notes"
COMPARE = "SELECT id FROM notes WHERE id = CAST(:x AS INTEGER)"
SQL = {
    "row": (CONVERT, {}),
    "row-in-condition": ("SELECT id FROM notes WHERE CAST(word AS INTEGER) > 5", {}),
    "argument": (COMPARE, {"x": ARGUMENT}),
    "argument-of-another-type": ("SELECT id FROM notes WHERE id = :x", {"x": ARGUMENT}),
    "argument-as-day": ("SELECT id FROM notes WHERE day = :x", {"x": ARGUMENT}),
    "argument-that-is-not-asked-for": ("SELECT id FROM notes", {"x": ARGUMENT}),
    "literal": (f"SELECT CAST('{LITERAL}' AS INTEGER) AS n FROM notes", {}),
    "literal-as-day": (f"SELECT id FROM notes WHERE day > DATE '{LITERAL}'", {}),
    "literal-compared": (f"SELECT id FROM notes WHERE id = '{LITERAL}'", {}),
    "literal-of-a-type": (f"SELECT id FROM notes WHERE day = '{LITERAL}'", {}),
    "pattern": (f"SELECT id FROM notes WHERE regexp_matches(word, '({LITERAL}')", {}),
    "syntax": (f"SELECT id FROM notes WHERE word = '{LITERAL}' '{LITERAL}' FROM", {}),
    "syntax-at-its-end": (f"SELECT id FROM notes WHERE word IN ('{LITERAL}'", {}),
    "open-text": (f"SELECT id FROM notes WHERE word = '{LITERAL} and more", {}),
    "open-dollars": (f"SELECT id FROM notes WHERE word = $$ {LITERAL} and more", {}),
    "open-comment": (f"SELECT id FROM notes /* {LITERAL} and more", {}),
    "comment": (f"SELECT id FROM nowhere /* {LITERAL} */", {}),
    "function": (f"SELECT read_text('{LITERAL}') AS t", {}),
    "node": (f"SELECT id FROM notes LIMIT '{LITERAL}' PERCENT", {}),
    "collation": (f"SELECT id FROM notes ORDER BY word COLLATE '{LITERAL}'", {}),
    "number": (f"SELECT {NUMBER}x FROM notes", {}),
    "number-out-of-range": (f"SELECT id FROM notes WHERE id = CAST({NUMBER}00000000000 AS INTEGER)", {}),
    "long-literal": (f"SELECT id FROM notes WHERE id = CAST('a {LITERAL} of words' AS INTEGER)", {}),
    "json": (f"SELECT id FROM notes WHERE word LIKE '{LITERAL}' ESCAPE '{LITERAL}'", {}),
    "two": (f"SELECT 1 AS a; SELECT '{LITERAL}' AS b", {}),
    "write": (f"UPDATE notes SET word = '{LITERAL}'", {}),
}  # fmt: skip

DOORS = ("row", "argument", "argument-of-another-type", "literal", "open-text")
"""Cases for the doors that add nothing to an error but a form."""

LENIENT = """
row row-in-condition argument literal literal-as-day literal-compared literal-of-a-type number-out-of-range
long-literal argument-as-day open-comment
""".split()

REPLIES = {
    f"words of '{LITERAL}'": CONVERT,
    f"more of '{LITERAL}'": f"SELECT CAST('{LITERAL}' AS INTEGER) AS n FROM notes",
    f"notes like '{LITERAL}'": f"SELECT id FROM notes WHERE word = '{LITERAL}' FROM",
    "notes of :day": "SELECT id FROM notes WHERE day = :day",
    "notes since :day": "SELECT id FROM notes WHERE day > :day",
}
ASKED = {
    "row": (f"words of '{LITERAL}'", {}),
    "literal": (f"more of '{LITERAL}'", {}),
    "no-sql": (f"the weather in '{LITERAL}'", {}),
    "bad-sql": (f"notes like '{LITERAL}'", {}),
    "argument": ("notes of {day}", {"day": ARGUMENT}),
    "argument-again": ("notes of {day}", {"day": ARGUMENT}),
    "missing": ("notes since {day}", {"other": ARGUMENT}),
    "reserved": ("notes since {p1}", {"p1": ARGUMENT}),
    "long": (f"'{LITERAL}' " * 1000, {}),
}


@pytest.fixture(autouse=True)
def told(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    """All that anything logs, at the most talkative level, formatted as logs are."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s"))
    handler.addFilter(lambda record: not record.name.startswith(CLIENTS))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(1)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, shared_database: Callable[[str, str], str]) -> str:
    return shared_database(request.param, SCRIPT)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def canaries_in(*texts: object) -> list[str]:
    """Each canary that is in one of the texts, with where."""
    return [f"{c}: {text}"[:400] for text in map(str, texts) for c in CANARIES if c in text]


def whole(error: BaseException) -> str:
    """All that a program could print of an error."""
    shown = json.dumps(error.to_json()) if isinstance(error, NlqError) else ""
    return "\n".join([shown, repr(error), str(error), *traceback.format_exception(error)])


@pytest.fixture
def replying(model: Any) -> Any:
    model.replies = REPLIES
    return model


def python_sql(db: nlq.Database, case: str) -> str:
    """What a program could print of the error, or nothing where there is an answer."""
    sql, params = SQL[case]
    try:
        db.sql(sql, params=params)
    except NlqError as error:
        return whole(error)
    return ""


@pytest.mark.parametrize("case", SQL)
def test_sql_through_python(case: str, url: str, log: Path, told: io.StringIO, capfd: Any) -> None:
    with nlq.open(url, audit=str(log)) as db:
        found = python_sql(db, case)
    assert canaries_in(found, told.getvalue(), *capfd.readouterr(), log.read_text("utf-8")) == []


def test_the_cases_fail(url: str, log: Path) -> None:
    """Or else they would show nothing. SQLite converts what it cannot read to 0, and compares anything."""
    with nlq.open(url, audit=str(log)) as db:
        answered = {case for case in SQL if not python_sql(db, case)}
    as_day = {"literal-as-day", "literal-of-a-type"}
    assert answered <= ({*LENIENT} if "sqlite" in url else as_day if "duckdb" in url else set())


@pytest.mark.parametrize("case", ASKED)
def test_questions_through_python(
    case: str, url: str, log: Path, told: io.StringIO, capfd: Any, replying: Any, tmp_path: Path
) -> None:
    question, params = ASKED[case]
    events: list[object] = []
    found = ""
    with nlq.open(url, audit=str(log), model=replying, cache_dir=str(tmp_path / "cache")) as db:
        for _ in range(2):  # the second time, the plan may be known
            try:
                db.ask(question, params=params, observe=events.append)
            except NlqError as error:
                found += whole(error)
    assert found or ("sqlite" in url and case in ("row", "literal"))
    texts = (found, told.getvalue(), *capfd.readouterr(), log.read_text("utf-8"), *events)
    assert canaries_in(*texts) == []


@pytest.mark.parametrize("case", DOORS)
def test_sql_at_the_terminal(
    case: str, url: str, log: Path, told: io.StringIO, capfd: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NLQ_AUDIT", str(log))
    sql, params = SQL[case]
    given = [f"--param={name}={value}" for name, value in params.items()]
    for options in ([], ["--json"]):
        capfd.readouterr()
        status = run(["sql", sql, "--db", url, *given, *options])
        out, err = capfd.readouterr()
        shown = (err, told.getvalue(), log.read_text("utf-8"), out if status else "")
        assert canaries_in(*shown) == []


@pytest.mark.parametrize("case", [*ASKED, *DOORS])
def test_requests_over_http(
    case: str, url: str, log: Path, told: io.StringIO, capfd: Any, replying: Any, tmp_path: Path,
    serve: Callable[..., httpx.Client],
) -> None:  # fmt: skip
    settings = Settings(db=url, audit=str(log), open=True, cache_dir=str(tmp_path / "cache"))
    client = serve(create_app(open_service(settings, model=replying)))
    kind, (text, params) = ("/query", ASKED[case]) if case in ASKED else ("/sql", SQL[case])
    body = {"question" if kind == "/query" else "sql": text, "params": params}
    for accept in ("application/json", "text/event-stream", "text/csv"):
        reply = client.post(kind, json=body, headers={"accept": accept})
        shown = "" if reply.status_code == 200 and accept != "text/event-stream" else reply.text
        events = shown.partition("event: answer")[0]
        assert canaries_in(events, told.getvalue(), *capfd.readouterr(), log.read_text("utf-8")) == []


# what is wrong with the form of a request


@pytest.mark.parametrize(
    "body",
    [
        {"sql": "SELECT 1", "params": {"x": [ARGUMENT]}},
        {"sql": "SELECT 1", "params": ARGUMENT},
        {"sql": [LITERAL]},
        {"sql": "SELECT 1", "limit": ARGUMENT},
        {"sql": "SELECT 1", "explain": ARGUMENT},
        f'{{"sql": "{LITERAL}',
        f'{{"sql": "{LITERAL}", "sql": "{LITERAL}"}}',
        f'["{LITERAL}"]',
        f'{{"sql": {LITERAL}}}',
    ],
    ids=repr,
)
def test_malformed_bodies(body: Any, stable_client: httpx.Client, told: io.StringIO, capfd: Any) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    reply = stable_client.post("/sql", content=text, headers={"content-type": "application/json"})
    assert reply.status_code == 400
    assert canaries_in(reply.text, told.getvalue(), *capfd.readouterr()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["sql", "SELECT 1", "--param", f"={ARGUMENT}"],
        ["sql", "SELECT 1", "--param", ARGUMENT],
        ["sql", "SELECT 1", "--as", f'{{"id": "{ARGUMENT}", "roles": "{ARGUMENT}"}}'],
        ["sql", "SELECT 1", "--as", f'{{"id": {ARGUMENT}'],
        ["sql", "SELECT 1", "--as", f'{{"id": 1, "account": {{"a": "{ARGUMENT}"}}}}'],
        ["audit", "verify", "--noted", ARGUMENT],
    ],
    ids=lambda value: value[-1],
)
def test_malformed_command_lines(
    arguments: list[str], shop: Path, tmp_path: Path, told: io.StringIO, capfd: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NLQ_DB", str(shop))
    monkeypatch.setenv("NLQ_AUDIT", str(tmp_path / "audit.jsonl"))
    for options in ([], ["--json"]):
        assert run([*arguments, *options]) != 0
        assert canaries_in(told.getvalue(), *capfd.readouterr()) == []


# passwords and keys


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://app:{SECRET}@127.0.0.1:1/shop",
        f"postgresql://app@127.0.0.1:1/shop?password={SECRET}",
        f"postgresql://app:{SECRET}@127.0.0.1:port/shop",
        f"postgresql://app:{SECRET}@[::1/shop",
        f"postgresql://app:{SECRET}@/shop?nonsense=1",
        f"postgresql:/app:{SECRET}@127.0.0.1/shop",
        f"postgresql:app:{SECRET}@127.0.0.1/shop",
        f"mysql://app:{SECRET}@127.0.0.1/shop",
        f"duckdb://app:{SECRET}@127.0.0.1/shop",
        f"app:{SECRET}@127.0.0.1/shop",
        f"app:{SECRET}@127.0.0.1://shop",
    ],
)
def test_passwords_of_databases(
    url: str, tmp_path: Path, told: io.StringIO, capfd: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NlqError) as raised:
        nlq.open(url)
    assert run(["sql", "SELECT 1", "--db", url]) != 0
    assert (
        canaries_in(whole(raised.value), told.getvalue(), *capfd.readouterr(), repr(Settings(db=url))) == []
    )


def test_a_password_that_the_database_refuses(
    postgres_url: str, tmp_path: Path, told: io.StringIO, capfd: Any
) -> None:
    url = postgres_url.format("postgres").replace("postgres@", f"nobody:{SECRET}@")
    with pytest.raises(NlqError) as raised:
        nlq.open(url)
    assert canaries_in(whole(raised.value), told.getvalue(), *capfd.readouterr()) == []


SECRETS = ("model_key", "hash_key", "audit_key", "auth_jwt_secret")


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", [f'"{SECRET}"', f'["{SECRET}"]', f'{{ a = "{SECRET}" }}', SECRET])
def test_keys_in_settings(name: str, value: str, tmp_path: Path, told: io.StringIO) -> None:
    (tmp_path / "nlq.toml").write_text(f"{name} = {value}\n")
    found = ""
    try:
        found = repr(load(tmp_path, {}))
    except NlqError as error:
        found = whole(error)
    assert canaries_in(found, told.getvalue()) == []


def test_tokens_over_http(stable_client: httpx.Client, told: io.StringIO, capfd: Any) -> None:
    replies = [
        stable_client.get(f"/schema?token={SECRET}"),
        stable_client.get("/schema", headers={"authorization": f"Bearer {SECRET}"}),
        stable_client.get("/schema", headers={"x-nlq-as": f'{{"id": "{SECRET}"'}),
        stable_client.post("/sql", content=SECRET, headers={"content-type": SECRET}),
    ]
    assert canaries_in(*(r.text for r in replies), told.getvalue(), *capfd.readouterr()) == []


# bugs


def test_a_bug_tells_where_it_is_and_no_value(
    shop_settings: Any, replying: Any, told: io.StringIO, capfd: Any, serve: Callable[..., httpx.Client],
    monkeypatch: Any,
) -> None:  # fmt: skip
    service = open_service(shop_settings(open=True), model=replying)

    def fail(*_: Any, **__: Any) -> None:
        try:
            raise KeyError(ROW)
        except KeyError as error:
            raise ValueError(f"cannot read {ROW}") from error

    monkeypatch.setattr(service.engine, "run", fail)
    client = serve(create_app(service))
    for accept in ("application/json", "text/event-stream"):
        reply = client.post("/sql", json={"sql": "SELECT 1 AS x"}, headers={"accept": accept})
        assert "internal.error" in reply.text
        assert canaries_in(reply.text) == []
    out = capfd.readouterr()
    assert canaries_in(told.getvalue(), *out) == []
    assert told.getvalue().count("a bug of nlq: ValueError") == 2
    assert "test_redaction.py" in told.getvalue()


def test_a_bug_at_the_terminal_tells_no_value(
    shop: Path, tmp_path: Path, told: io.StringIO, capfd: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    def fail(*_: Any, **__: Any) -> None:
        raise ValueError(f"cannot read {ROW}")

    monkeypatch.setattr("nlq.service.Service.sql", fail)
    for options in ([], ["--json"]):
        assert run(["sql", "SELECT 1 AS x", "--db", str(shop), *options]) == 1
        out, err = capfd.readouterr()
        assert canaries_in(out, err, told.getvalue()) == []
        assert "internal.error" in out + err
        assert "ValueError" in err
