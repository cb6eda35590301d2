"""The chat gateway over an empty database, and somebody who answers."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine

from chat_gateway import wsgi
from chat_gateway.settings import chat_settings
from chat_gateway.web_chat import sms_form, waiting
from chat_gateway.zalo.settings import zalo_settings
from sms_gateway.wsgi import build as build_sms
from tests.builders.chat import FakeWorker, Visitor, served


@pytest.fixture(autouse=True)
def _fresh_chat() -> Iterator[None]:
    caches = (chat_settings, waiting.places, sms_form.of, zalo_settings)
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


@pytest.fixture
def sms_gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The SMS gateway, where the chat gateway looks for it."""
    with served(build_sms()) as url:
        monkeypatch.setenv("SMS_URL", f"{url}/")
        chat_settings.cache_clear()
        yield
