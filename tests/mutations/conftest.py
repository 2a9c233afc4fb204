"""A blog to be changed, on every engine that changes rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from mutations.blog import BLOG, Blog, defended_blog


@pytest.fixture(params=["duckdb", "postgres", "defended"])
def blog(request: pytest.FixtureRequest, make_database: Any) -> Iterator[Blog]:
    """The blog; `defended` is Postgres that enforces its policy too."""
    if request.param == "defended":
        blog = Blog.defended(make_database("postgres", defended_blog()))
    else:
        blog = Blog.open(make_database(request.param, BLOG))
    yield blog
    blog.close()
