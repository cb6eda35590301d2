"""The chat gateway over an empty database, and somebody who answers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.serving import make_server

from backend import http
from chat_gateway import wsgi
from chat_gateway.settings import chat_settings
from chat_gateway.web_chat import sms_form, waiting
from sms_gateway import preview
from tests.builders.chat import FakeWorker, Visitor


@pytest.fixture(autouse=True)
def _fresh_chat() -> Iterator[None]:
    caches = (chat_settings, waiting.places, sms_form.of)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def app(database: Engine) -> Flask:
    return wsgi.build()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> FakeWorker:
    return FakeWorker(monkeypatch)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """`app` behind real HTTP on a free loopback port; its base URL."""
    logging.getLogger("werkzeug").setLevel("ERROR")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def sms_gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The SMS gateway's preview, where the chat gateway looks for it."""
    gateway = Flask("sms", static_folder=None)
    http.install(gateway, max_body=64 * 1024)
    gateway.register_blueprint(preview.blueprint)
    with served(gateway) as url:
        monkeypatch.setenv("SMS_URL", f"{url}/")
        chat_settings.cache_clear()
        yield
