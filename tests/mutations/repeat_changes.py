"""Makes one change after the other, each with a key of its own, until it is killed; says which it made.

Started by `test_mutation_crashes.py`: `python repeat_changes.py URL FIRST`.
"""

from __future__ import annotations

import sys

from mutations.blog import Blog

from nlq.policy import OWNER

DRAFT = """
UPDATE posts SET views = views + 1 WHERE id = 3;
INSERT INTO users (name) VALUES (:name);
UPDATE posts SET views = views + 1 WHERE id = 4;
"""


def main(url: str, first: int) -> None:
    blog = Blog.open(url)
    for number in range(first, first + 10_000):
        key = (f"key {number}", "body")
        blog.make(DRAFT, OWNER, {"name": f"n{number}"}, repeat=key, id=f"{first}.{number}")
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
