"""The web chat's test visitors, and a worker that answers what they write without Rasa and without a queue."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from backend.messaging.channels import Choice, Reply
from chat_gateway.web_chat.channel import WebChannel
from tests.builders.messaging import install, work

OWN_PAGE = {"X-Mot-Cua-Chat": "1"}


class Visitor:
    """A browser that has opened the page."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.client.get("/chat")

    def write(self, text: str = "", *, token: str = "", key: str = "", **more: object) -> TestResponse:
        """POST a message, with a new key unless one is given."""
        body = {"id": key or str(uuid4()), **({"token": token} if token else {"text": text}), **more}
        return self.client.post("/chat/messages", json=body, headers=OWN_PAGE)

    def read(self, after: int = 0, **query: object) -> dict:
        """GET the messages; the answer's JSON."""
        response = self.client.get("/chat/messages", query_string={"after": after, **query})
        assert response.status_code == 200
        return response.json

    def texts(self) -> list[str]:
        """Everything the page would show, oldest first."""
        return [message["text"] for message in self.read()["messages"]]


class FakeWorker:
    """Answers every waiting message with `replies`, through the real turn and the real outbox."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _, self.assistant = install(monkeypatch, WebChannel())

    def answer(self, *replies: Reply) -> None:
        """Answer all that waits."""
        self.assistant.answer = lambda _: replies or [Reply("Dạ.")]
        work()


def make_reply(text: str = "Anh/chị chọn thủ tục:", *titles: str) -> Reply:
    """A reply offering `titles`."""
    return Reply(text, tuple(Choice(title, f"/pick{{{number}}}") for number, title in enumerate(titles)))


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
