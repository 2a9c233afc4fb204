"""Questions found in programs, and what is taken for none."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlq.build.calls import Call, read_python, read_script, with_calls
from nlq.build.parameter import QueryParameter
from nlq.build.place import BuildError, Place
from nlq.build.source import Sources, read_sources

PYTHON = '''\
import nlq
import nlq as n
from nlq import query as ask, mutation
from sqlalchemy import query as other

rows = nlq.query("all users", {})
def later():
    return (n.query("posts " "of {id: int}"), ask(question="x"), ask(f"users of {rows}"))
mutation("""like
  post {id}""")
session.query("not this"); other("nor this"); nlq.open("x"); query("nor this")
'''

SCRIPT = """\
import { useQuery } from "./client";
const Row = <T,>(p: T) => { const { data } = useQuery<Row>("posts of {country: text}", { country });
  const b = nlq.query(`all
 posts of "\\u0041"`); useMutation('it\\'s liked');
  useQuery({ queryKey: ["not this"] }); useQuery(QUESTION); other.query("nor this");
  return <p title={useQuery(`posts of ${country}`)}>{data}</p> };
"""


def test_calls_of_python_are_found_under_their_names() -> None:
    assert list(read_python(PYTHON, "a.py")) == [
        Call("query", "all users", Place("a.py", 6, 18)),
        Call("mutation", "like\n  post {id}", Place("a.py", 9, 10)),
        Call("query", "posts of {id: int}", Place("a.py", 8, 21)),
        Call("query", "x", Place("a.py", 8, 60)),
        Call("query", None, Place("a.py", 8, 70)),
    ]


def test_calls_of_typescript_are_found_where_a_text_is_given() -> None:
    assert list(read_script(SCRIPT, "a.tsx")) == [
        Call("query", "posts of {country: text}", Place("a.tsx", 2, 60)),
        Call("query", 'all\n posts of "A"', Place("a.tsx", 3, 23)),
        Call("mutation", "it's liked", Place("a.tsx", 4, 35)),
        Call("query", None, Place("a.tsx", 6, 29)),
    ]
    assert list(read_script('const x = <Row>nlq.query("all users");', "a.ts", "typescript")) == [
        Call("query", "all users", Place("a.ts", 1, 26))
    ]
    assert [c.text for c in read_script('useQuery("all users"); const = broken', "a.js")] == ["all users"]


def test_a_question_is_one_query_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "queries/a.nlq": "-- name: posts_of :many\nposts of {id: int}",
        "app/a.py": 'import nlq\nnlq.query("posts of {id: int}"); nlq.query("how many  users")\n'
        'nlq.query("10 users"); nlq.query("the " + "users")',
        "app/b.py": 'from nlq import query\nquery("posts of {id: text}"); query("how many users")',
        "app/broken.py": "import nlq (",
        "app/node_modules/c.js": 'useQuery("not this")',
        "app/c.jsx": 'useQuery("how many users"); useQuery("how many {users}?");'
        ' useQuery("users of a country that I would rather not name here"); useQuery("{")',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    sources = with_calls(read_sources(Path("queries")), [Path("app")])
    assert [(q.name, q.question, q.parameters, str(q.place)) for q in sources.queries] == [
        ("how_many_users_024c96", "how many {users}?", (QueryParameter("users"),), "app/c.jsx:1:38"),
        ("how_many_users_abe04b", "how many users", (), "app/a.py:2:44"),
        ("posts_of", "posts of {id}", (QueryParameter("id", "integer"),), "queries/a.nlq:1:1"),
        ("posts_of_id", "posts of {id}", (QueryParameter("id", "text"),), "app/b.py:2:7"),
        ("query_10_users", "10 users", (), "app/a.py:3:11"),
        (
            "users_of_a_country_that_i_would_rather_e73a85",
            "users of a country that I would rather not name here", (), "app/c.jsx:1:69",
        ),
    ]  # fmt: skip
    assert [(e.code, e.message) for e in sources.errors] == [
        ("build.call", "app/a.py:3:34: the question is not a literal"),
        ("build.unreadable", "app/broken.py:1:12: this is not Python"),
        ("build.parameter", "app/c.jsx:1:135: `{` is not a parameter"),
    ]


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        with_calls(Sources(()), [tmp_path / "nowhere"])
    assert caught.value.code == "build.unreadable"
