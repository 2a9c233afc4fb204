"""The console: a page for people, and the few routes that it needs beside those of programs."""

from nlq.http.console import chart, plans, rules, session
from nlq.http.console.page import add_page
from nlq.http.console.router import router

__all__ = ["add_page", "chart", "plans", "router", "rules", "session"]
