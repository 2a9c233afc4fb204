"""What a person is asked before a change is made: a table of instructions, drafts and doubts."""

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.doubt.find import find_doubts
from nlq.plan.bind_steps import bind_steps
from nlq.plan.dml import read_steps

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE comments (
        id int PRIMARY KEY, user_id int NOT NULL REFERENCES users (id), post_id int NOT NULL,
        likes int NOT NULL
    );
    """,
    "postgres",
)
ONE = "it uses the value `1`, which the instruction does not say"

DOUBTS = {
    "somebody nobody spoke of": (
        "add a comment on post 19",
        "INSERT INTO comments (user_id, post_id, likes) VALUES (1, 19, 0)",
        (ONE,),
    ),
    "somebody who was named": (
        "add a comment of user 1 on post 19",
        "INSERT INTO comments (user_id, post_id, likes) VALUES (1, 19, 0)",
        (),
    ),
    "the caller": (
        "add a comment on post 19",
        "INSERT INTO comments (user_id, post_id, likes) VALUES (:me.id, 19, 0)",
        (),
    ),
    "one more": ("like comment 7", "UPDATE comments SET likes = likes + 1 WHERE id = 7", ()),
    "another row": ("like the comment", "UPDATE comments SET likes = likes + 1 WHERE id = 1", (ONE,)),
}


@pytest.mark.parametrize(("instruction", "draft", "doubts"), DOUBTS.values(), ids=DOUBTS)
def test_what_is_doubtful(instruction: str, draft: str, doubts: tuple[str, ...]) -> None:
    steps, _ = bind_steps(read_steps(draft, "postgres"), CATALOG)
    assert find_doubts(instruction, (), steps, CATALOG) == doubts
