"""JSON of which there is one reading: what two readers could take for two things is refused."""

from __future__ import annotations

import json
from typing import Any

from nlq.strict import distinct, refuse_constant


def parse_object(content: bytes) -> dict[str, Any]:
    r"""The JSON object in `content`, which is UTF-8.

    Raises ValueError, also where a key is there twice, at any depth: of two readers, one may take the
    first of them and the other the last.

    >>> parse_object(b'{"a": {"b": 1, "b": 2}}')
    Traceback (most recent call last):
    ValueError: an object has the same key twice
    """
    try:
        raw = json.loads(
            content.decode("utf-8"), object_pairs_hook=distinct, parse_constant=refuse_constant
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(raw, dict):
        raise ValueError("it is not a JSON object")
    return raw
