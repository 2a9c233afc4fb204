from __future__ import annotations

import pytest

from nlq.cli.demo import served
from nlq.demo import POLICY
from nlq.settings import Settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            Settings(),
            Settings(open=True, dev=True, mutations=True, policy=str(POLICY)),
            id="this-machine-may-be-anybody",
        ),
        pytest.param(
            Settings(policy="own.toml"),
            Settings(open=True, dev=True, mutations=True, policy="own.toml"),
            id="own-policy",
        ),
        pytest.param(
            Settings(host="0.0.0.0"), Settings(host="0.0.0.0", open=True), id="others-are-believed-nothing"
        ),
    ],
)
def test_how_the_demo_is_served(given: Settings, expected: Settings) -> None:
    assert served(given) == expected
