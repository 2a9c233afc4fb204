"""The ASGI entry, `uvicorn server:app`. Settings are those of `nlq.toml` and `NLQ_*`."""

from nlq.http import app_from_environment

app = app_from_environment()
