"""Composition root of the backend's web process: the only module here that knows every feature."""

from flask import Flask
from flask_openapi3 import Info, OpenAPI

from backend import http, logs
from backend.settings import settings

MAX_BODY = 1024 * 1024


def build() -> Flask:
    """Wire features, API, pages and commands into one Flask application."""
    logs.configure("web")
    app = OpenAPI(
        "backend",
        info=Info(title="Một Cửa API", version="1"),
        doc_prefix="/api",
        security_schemes={"internal": {"type": "http", "scheme": "bearer"}},
    )
    app.secret_key = settings().secret_key.get_secret_value()
    http.install(app, max_body=MAX_BODY)
    return app
