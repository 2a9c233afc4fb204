"""The HTTP door: transport to questions, answers and errors to replies. Imported only to serve."""

from nlq.http.app import app_from_environment, create_app, open_app

__all__ = ["app_from_environment", "create_app", "open_app"]
