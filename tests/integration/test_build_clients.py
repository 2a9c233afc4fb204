"""Generated clients: the strictest checkers take them, they run, and odd names do not break them."""

# ruff: noqa: E501  # a signature on one line is read more easily

from __future__ import annotations

import dataclasses
import importlib.util
import json
import keyword
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from node import node_packages, run_node

from nlq.build.clients import Field, Signature, ValueType, python_client, react_client, typescript_client
from nlq.build.clients.signature import Argument, Record

KINDS: tuple[Any, ...] = (
    "integer", "bigint", "decimal", "bigdecimal", "float", "text", "boolean", "date", "timestamp", "time",
    "uuid", "bytes", "interval", "json",
)  # fmt: skip
ODD = [
    "class", "total revenue", "2026", "ID", "id", "self", "int", "str", "list", "object", "__init__", "_x", "%",
    "", "café", 'a"b', "*/", "a\\b", "line\nbreak", "__proto__", "None", "date", "Any", "truncated", "ﬁ", "fi",
]  # fmt: skip


def argument(name: str, kind: Any, default: Any = None, *, optional: bool = False) -> Argument:
    return Argument(name, ValueType(kind), default, optional)


SIGNATURES = [
    Signature(
        "trending_posts", "many", "published posts with more than {min_likes} likes", ("shown on the front page",),
        (argument("min_likes", "integer", 100),),
        (Field("id", ValueType("integer"), False), Field("title", ValueType("text"), True)),
    ),
    Signature("post", "one", "the post {id}", (), (argument("id", "integer"),),
              (Field("id", ValueType("integer"), False), Field("rating", ValueType("float"), True))),
    Signature("every_kind", "many", "everything", (), (), tuple(Field(k, ValueType(k), False) for k in KINDS)),
    Signature("every_null", "one", "nothing", (), (), tuple(Field(k, ValueType(k), True) for k in KINDS)),
    Signature("lists", "many", "lists", (), (), (Field("a", ValueType("integer", 1), False),
                                                 Field("b", ValueType("date", 2), True))),
    Signature("odd_names", "many", 'ends """ a comment */ or a \\', ('a """ note */ \\',), (),
              tuple(Field(n, ValueType("text"), True) for n in ODD)),
    Signature("odd_arguments", "one", "odd", (), tuple(argument(n, "text") for n in ("self", "class", "from", "int")),
              (Field("n", ValueType("bigint"), False),)),
    Signature("defaults", "many", "defaults", (), (
        argument("needed", "date"), argument("a", "decimal", Decimal("12.50")), argument("b", "date", date(2026, 1, 31)),
        argument("c", "timestamp", datetime(2026, 1, 31, 12)), argument("d", "boolean", True),
        argument("e", "text", "it's \"x\" \\ é"), argument("f", "float", 1.5), argument("g", "text", optional=True),
        argument("h", "uuid", "6f1de0f4-1c1c-4a2e-8f3a-1a2b3c4d5e6f"), argument("i", "time", "12:30"),
        argument("j", "decimal", 3), argument("k", "scalar", optional=True),
    ), (Field("n", ValueType("bigint"), False),)),
    *(Signature(n, "many", n, (), (), (Field("n", ValueType("integer"), False),))
      for n in ("int", "list", "fetch", "create_client", "one", "many", "problem", "rows", "query", "top_10", "top10",
                "over_http", "client", "use_query", "react")),
    Signature("people", "many", "users with their posts", (), (), (
        Field("name", ValueType("text"), False),
        Field("posts", Record((
            Field("title", ValueType("text"), True), Field("score", ValueType("float"), False),
            Field("media_type", Record((Field("class", ValueType("date"), False),)), True),
        ), is_list=True), False),
        Field("list", Record((Field("List", ValueType("integer"), False),)), False), Field("List", ValueType("text"), True),
    )),
    Signature("rename", "exec", "call the post {id} {title}", ("a note",),
              (argument("id", "integer"), argument("title", "text", "Untitled")), ()),
    Signature("tidy", "exec", "tidy up", (), (), ()),
    Signature("empty", "many", "no column", (), (), ()),
]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the clients of all signatures."""
    directory = tmp_path_factory.mktemp("clients")
    (directory / "queries.py").write_text(python_client(SIGNATURES), "utf-8")
    (directory / "queries.ts").write_text(typescript_client(SIGNATURES), "utf-8")
    (directory / "queries.react.ts").write_text(react_client("./queries"), "utf-8")
    return directory


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"client_{path.parent.name.replace('-', '_')}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


USE = """
from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from queries import AsyncQueries, Changed, Options, PeopleRow, PostRow, Queries, QueryError, Rows, TrendingPostsRow, in_process, over_http

class Database(Protocol):
    def query(self, name: str, params: Mapping[str, Any] | None = None) -> object: ...

    def change(
        self, name: str, params: Mapping[str, Any] | None = None, *, preview: bool = False,
        approval: str | None = None, limit: int | None = None, key: str | None = None,
    ) -> object: ...


queries = Queries(over_http("http://localhost:8000", token="x"))
local: Callable[[Database], Queries] = lambda database: Queries(in_process(database))
rows: Rows[TrendingPostsRow] = queries.trending_posts()
first: int = rows[0].id
title: str | None = rows[0].title
more: bool = rows.truncated
post: PostRow | None = queries.post(id=7)
queries.defaults(needed=datetime.date(2026, 1, 31), a=7, g=None)
media: PeopleRow.Posts.MediaType | None = queries.people()[0].posts[0].media_type
number: int = queries.people()[0].list_.List
changed: Changed = queries.rename(id=7)
token: str | None = queries.rename(Options(preview=True), id=7, title="x").approval
days: list[list[datetime.date | None] | None] | None = queries.lists()[0].b
try:
    queries.odd_arguments(self_="a", class_="b", from_="c", int_="d")
except QueryError as error:
    code: str = error.code


async def wait() -> str | None:
    rows = await AsyncQueries(over_http("http://localhost:8000")).trending_posts(min_likes=5)
    return rows[0].title


asyncio.run(wait())
"""

MISUSE = """
from queries import Queries, over_http

queries = Queries(over_http("http://localhost:8000"))
queries.trending_posts(min_likes="5")
queries.trending_posts(5)
queries.post()
queries.post(id=1).rating
queries.trending_posts()[0].likes
queries.trending_posts()[0].id = 3
queries.people()[0].posts[0].media_type.class_
queries.rename(Options(previw=True), id=7)
queries.tidy(id=7)
"""


def test_strict_mypy_takes_the_python_client(project: Path) -> None:
    (project / "use.py").write_text(USE)
    (project / "misuse.py").write_text(MISUSE)
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unreachable", "--no-error-summary",
               "--cache-dir", str(project / ".mypy"), "queries.py", "use.py", "misuse.py"]  # fmt: skip
    found = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    lines = [line for line in found.stdout.splitlines() if ": note:" not in line]
    assert [line.partition(": error:")[0] for line in lines] == [f"misuse.py:{n}" for n in range(5, 14)]


def test_strict_pyright_takes_the_python_client(project: Path) -> None:
    packages = node_packages()
    (project / "pyrightconfig.json").write_text(
        '{"typeCheckingMode": "strict", "pythonVersion": "3.11", "reportPrivateUsage": false}'
    )
    found = run_node(packages, "pyright", "queries.py", cwd=project)
    assert found.returncode == 0, found.stdout


TYPESCRIPT = """
import { createClient, defaults, everyKind, oddNames, people, post, QueryError, rename, tidy, trendingPosts } from "./queries";
import type { PostRow, Rows, TrendingPostsRow } from "./queries";
import * as nlq from "./queries";
import { useMutation, useQuery } from "./queries.react";

export async function use(): Promise<number> {
  const client = createClient({ url: "http://localhost:8000", token: async () => "x" });
  const rows: Rows<TrendingPostsRow> = await client.run(trendingPosts);
  const again = await client.run(trendingPosts, { min_likes: 5 });
  const found: PostRow | null = await client.run(post, { id: 7 });
  const title: string | null = rows[0]!.title;
  const media: string | undefined = (await client.run(people))[0]!.posts[0]!.media_type?.class;
  const odd: string | null = (await client.run(oddNames))[0]!["total revenue"];
  await client.run(defaults, { needed: "2026-01-31", g: null });
  try {
    await client.run(everyKind);
  } catch (error) {
    if (error instanceof QueryError) return error.code.length;
  }
  return rows.length + (found?.id ?? 0) + (title?.length ?? 0) + (odd?.length ?? 0) + (media?.length ?? 0) + Number(again.truncated);
}

export function Posts(): string {
  const { data, error, loading, reload } = useQuery(trendingPosts, { min_likes: 5 });
  const one = useQuery(post, { id: 1 });
  const asked = useQuery("published posts with more than {min_likes: int = 100} likes", { min_likes: 5 });
  const same: Rows<TrendingPostsRow> | undefined = asked.data;
  const other = useQuery("the post { id }", { id: 7 }).data?.rating;
  if (loading || error || same || other) reload();
  return `${data?.[0]?.title} ${one.data?.id}`;
}

export const g: Promise<Rows<TrendingPostsRow>> = createClient().run(
  nlq.query("published posts with more than {min_likes} likes"),
  { min_likes: 5 },
);
// @ts-expect-error it is not built
export const h = nlq.query("unpublished posts");
// @ts-expect-error a parameter is missing
export const i = (): unknown => useQuery("the post {id: int}");
// @ts-expect-error a text is no number
export const j = (): unknown => useQuery("the post {id: int}", { id: "7" });
// @ts-expect-error a text is no number
export const a = createClient().run(trendingPosts, { min_likes: "5" });
// @ts-expect-error a parameter is missing
export const b = createClient().run(post);
// @ts-expect-error there is no such parameter
export const c = createClient().run(trendingPosts, { likes: 5 });
// @ts-expect-error it has no parameter
export const f = createClient().run(everyKind, { likes: 5 });
// @ts-expect-error a result may be null
export const d = async (): Promise<number> => (await createClient().run(post, { id: 1 })).id;
export function Rename(): string {
  const { run, data } = useMutation(rename);
  const other = useMutation("call the post {id: int} {title: text = 'Untitled'}");
  const third = useMutation("tidy up");
  void run({ id: 7 }, { preview: true }).then(({ approval }) => other.run({ id: 7 }, { approval: approval! }));
  void third.run().then(() => createClient().change(nlq.mutation("tidy up"), {}, { limit: 3 }));
  return `${data?.changes[0]?.action} ${String(createClient().change(tidy))}`;
}
// @ts-expect-error a parameter is missing
export const l = createClient().change(rename);
// @ts-expect-error an instruction is not run as a query
export const m = createClient().run(rename, { id: 7 });
// @ts-expect-error it is not built
export const n = (): unknown => useMutation("tidy everything up");
// @ts-expect-error an object may be null
export const k = async (): Promise<string> => (await createClient().run(people))[0]!.posts[0]!.media_type.class;
// @ts-expect-error rows are not to be changed
export const e = async (): Promise<void> => void ((await createClient().run(trendingPosts))[0]!.id = 3);
"""

CONFIG = """
{"compilerOptions": {"strict": true, "noEmit": %s, "target": "ES2022", "module": "ESNext", "outDir": "out",
 "moduleResolution": "bundler", "lib": ["ES2022", "DOM"], "noUnusedLocals": true, "noImplicitReturns": true,
 "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true, "noPropertyAccessFromIndexSignature": true,
 "verbatimModuleSyntax": true, "skipLibCheck": true, "types": []}, "files": %s}
"""


def test_strict_tsc_takes_the_typescript_client(project: Path) -> None:
    packages = node_packages()
    modules = project / "node_modules"
    if not modules.exists():
        modules.symlink_to(packages / "node_modules")
    (project / "use.ts").write_text(TYPESCRIPT)
    (project / "tsconfig.json").write_text(CONFIG % ("true", '["use.ts"]'))
    found = run_node(packages, "tsc", "--project", ".", cwd=project)
    assert (found.returncode, found.stdout) == (0, "")


SCRIPT_RUN = """
import { createClient, everyKind, people, post, query, QueryError, rename } from "./queries";

const sent: unknown[] = [];
const replies = [
  [200, { rows: [{ id: 1, title: null }], truncated: true }],
  [200, { row: { id: 7, rating: "NaN" } }],
  [200, { row: null }],
  [404, { code: "request.not_found", detail: "there is none", hint: "look" }],
  [502, "no JSON"],
  [200, { committed: false }],
  [200, { rows: [{ name: "Ana", posts: [{ score: 1 }, { score: "NaN" }], list: null }], truncated: false }],
] as const;
const answer = async (url: unknown, init?: { body?: unknown; headers?: unknown }) => {
  const [status, body] = replies[sent.length]!;
  sent.push([url, init?.body, (init?.headers as Record<string, string>)["authorization"]]);
  return new Response(JSON.stringify(body), { status });
};
const client = createClient({ url: "http://x/", token: () => "t", fetch: answer as typeof fetch });
const rows = await client.run(query("published posts with more than {min_likes: int = 100}  likes" as never));
const found = [rows, (rows as { truncated: boolean }).truncated, await client.run(post, { id: 7 })];
found.push(Number.isNaN((found[2] as { rating: number }).rating), await client.run(post, { id: 8 }));
const failures: unknown[] = [];
for (const ask of [() => client.run(everyKind), () => client.run(everyKind), async () => query("x" as never)])
  await ask().catch((error: unknown) => error instanceof QueryError && failures.push([error.code, error.message, error.hint]));
await client.change(rename, { id: 7 }, { preview: true, limit: 3, idempotencyKey: "k" });
const [person] = await client.run(people);
found.push(person!.posts[0]!.score, Number.isNaN(person!.posts[1]!.score));
console.log(JSON.stringify({ sent, found, failures }));
"""


def test_the_typescript_client_runs(project: Path) -> None:
    packages = node_packages()
    (project / "run.ts").write_text(SCRIPT_RUN)
    built = run_node(
        packages, "esbuild", "run.ts", "--bundle", "--format=esm", "--outfile=run.mjs", cwd=project
    )
    assert built.returncode == 0, built.stderr
    ran = subprocess.run(["node", "run.mjs"], cwd=project, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "sent": [
            ["http://x/queries/trending_posts", "{}", "Bearer t"],
            ["http://x/queries/post", '{"id":7}', "Bearer t"],
            ["http://x/queries/post", '{"id":8}', "Bearer t"],
            ["http://x/queries/every_kind", "{}", "Bearer t"],
            ["http://x/queries/every_kind", "{}", "Bearer t"],
            ["http://x/queries/rename?preview=true&limit=3", '{"id":7}', "Bearer t"],
            ["http://x/queries/people", "{}", "Bearer t"],
        ],
        "found": [[{"id": 1, "title": None}], True, {"id": 7, "rating": None}, True, None, 1, True],
        "failures": [
            ["request.not_found", "there is none", "look"],
            ["internal.error", "the server replied with status 502", None],
            ["request.not_found", "the question is not built: x", None],
        ],
    }


def test_clients_are_the_same_for_the_same_queries() -> None:
    backwards = list(reversed(SIGNATURES))
    assert python_client(SIGNATURES) == python_client(backwards)
    assert typescript_client(SIGNATURES) == typescript_client(backwards)
    assert python_client([]).count("class ") == python_client(SIGNATURES[:1]).count("class ") - 1


def test_rows_are_read_as_they_are_typed(project: Path) -> None:
    client = load(project / "queries.py")
    row = {
        "integer": 1, "bigint": "9007199254740993", "decimal": 12.5, "bigdecimal": "0.1234567890123456789",
        "float": "NaN", "text": "x", "boolean": 1, "date": "2026-01-31", "timestamp": "2026-01-31T12:00:00+00:00",
        "time": "12:30:00", "uuid": "6f1de0f4-1c1c-4a2e-8f3a-1a2b3c4d5e6f", "bytes": "AAE=", "interval": 1.5,
        "json": {"a": [1]},
    }  # fmt: skip
    sent: list[Any] = []

    def transport(name: str, params: Mapping[str, object], /) -> Mapping[str, Any]:
        sent.append((name, dict(params)))
        return {"rows": [row | {"n": 1}], "truncated": True, "row": dict.fromkeys(row)}

    rows = client.Queries(transport).every_kind()
    found = dict(zip(KINDS, dataclasses.astuple(rows[0]), strict=True))
    assert (str(found.pop("float")), rows.truncated) == ("nan", True)
    assert list(found.values()) == [
        1, 9007199254740993, Decimal("12.5"), Decimal("0.1234567890123456789"), "x", True, date(2026, 1, 31),
        datetime(2026, 1, 31, 12, tzinfo=UTC), time(12, 30), UUID("6f1de0f4-1c1c-4a2e-8f3a-1a2b3c4d5e6f"), b"\0\1",
        timedelta(seconds=1.5), {"a": [1]},
    ]  # fmt: skip
    nothing = client.Queries(transport).every_null()
    assert nothing is not None and set(dataclasses.astuple(nothing)) == {None}
    given = {"name": "Ana", "list": {"List": 2}, "List": None, "posts": [
        {"title": None, "score": "Infinity", "media_type": {"class": "2026-01-31"}},
        {"title": "x", "score": 1, "media_type": None},
    ]}  # fmt: skip
    [person] = client.Queries(lambda _name, _params: {"rows": [given], "truncated": False}).people()
    post = client.PeopleRow.Posts
    assert person == client.PeopleRow(
        name="Ana",
        posts=[post(None, float("inf"), post.MediaType(date(2026, 1, 31))), post("x", 1.0, None)],
        list_=client.PeopleRow.List_(2),
        List=None,
    )
    client.Queries(transport).defaults(needed=date(2026, 1, 31))
    assert sent[-1] == (
        "defaults",
        {"needed": date(2026, 1, 31), "a": Decimal("12.50"), "b": date(2026, 1, 31),
         "c": datetime(2026, 1, 31, 12), "d": True, "e": "it's \"x\" \\ é", "f": 1.5, "g": None,
         "h": UUID("6f1de0f4-1c1c-4a2e-8f3a-1a2b3c4d5e6f"), "i": time(12, 30), "j": Decimal(3), "k": None},
    )  # fmt: skip


def test_odd_names_keep_their_columns(project: Path) -> None:
    client = load(project / "queries.py")
    rows = client.Queries(
        lambda _name, _params: {"rows": [{n: n for n in ODD}], "truncated": False}
    ).odd_names()
    assert list(dataclasses.astuple(rows[0])) == ODD
    assert all(f.name.isidentifier() and not keyword.iskeyword(f.name) for f in dataclasses.fields(rows[0]))
