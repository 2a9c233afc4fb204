"""Text that hides nothing: questions, SQL and values come from anywhere. Pure."""

from __future__ import annotations

from html import escape


def visible(text: str) -> str:
    r"""The text with all that could hide or turn text around written out.

    >>> visible("a\u202eb\x1b[31m\u00a0c")
    'a\\u202eb\\x1b[31m\xa0c'
    """
    return "".join(
        c if c.isprintable() or c in "\n\t\u00a0" else c.encode("unicode_escape").decode("ascii")
        for c in text
    )


def html_text(text: str) -> str:
    """The text as HTML that shows it.

    >>> html_text('<b>"')
    '&lt;b&gt;&quot;'
    """
    return escape(visible(text))
