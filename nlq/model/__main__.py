"""`python -m nlq.model DIRECTORY…`: ask the embedded model again all that is recorded there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from nlq.model.embedded import EmbeddedModel
from nlq.model.recorded import record_again
from nlq.settings import Settings


def main(directories: Sequence[str]) -> int:
    """0 when all was asked; the recordings whose reply is another one have changed."""
    if not directories:
        print("usage: python -m nlq.model DIRECTORY…", file=sys.stderr)
        return 2
    live = EmbeddedModel(Settings())
    for directory in directories:
        print(f"{directory}: {record_again(Path(directory), live)} replies changed")
    live.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
