"""A report as one HTML page. Pure."""

from collections.abc import Sequence

from nlq.evaluate.compare import Compared


def page_text(compared: Sequence[Compared], failures: Sequence[str]) -> str:
    """The page."""
    return ""
