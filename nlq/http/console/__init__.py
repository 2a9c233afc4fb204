"""The console: a page for people, and the few routes that it needs beside those of programs."""

from nlq.http.console.page import add_page
from nlq.http.console.routes import router

__all__ = ["add_page", "router"]
