"""The assistant's answers over real HTTP: what is asked again and what is not."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from backend.errors import InvalidInput, Unavailable
from backend.messaging import assistant
from backend.messaging.channels import Card, Choice, Link, Reply
from backend.settings import settings

TURN = {
    "replies": [{"text": "Dạ", "buttons": [{"title": "Lệ phí", "payload": "/ask_fee"}]}, {"text": "", "buttons": []}],
    "intent": "greet",
    "confidence": 0.5,
}


class Rasa(BaseHTTPRequestHandler):
    """Answers everything in the same way."""

    status, body = 200, b""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_arguments):
        """Quiet."""


@pytest.fixture
def rasa(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Rasa]]:
    handler = type("ThisRasa", (Rasa,), {"body": json.dumps(TURN).encode()})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("RASA_URLS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # of the office; nothing of ours goes through it
    settings.cache_clear()
    assistant._client.cache_clear()
    yield handler
    assistant._client().close()
    assistant._client.cache_clear()
    server.shutdown()
    server.server_close()


def ask() -> assistant.Answer:
    return assistant.ask(conversation_id=1, message_id=2, text="a", payload="", channel="sms")


def test_links_a_card_and_what_is_asked_for_become_parts_of_the_reply(rasa: type[Rasa]):
    link, card = {"title": "Trang hồ sơ", "url": "https://a.vn/hs/x"}, {"title": "Hồ sơ", "lines": ["Đang xử lý."]}
    more = {"text": "", "buttons": [], "links": [link], "card": card, "ask": "phone"}
    rasa.body = json.dumps(TURN | {"replies": [more]}).encode()
    assert ask().replies == (
        Reply("", links=(Link("Trang hồ sơ", "https://a.vn/hs/x"),), card=Card("Hồ sơ", ("Đang xử lý.",)), ask="phone"),
    )


def test_the_replies_come_as_they_are_without_empty_ones(rasa: type[Rasa]):
    assert ask() == assistant.Answer((Reply("Dạ", (Choice("Lệ phí", "/ask_fee"),)),), "greet", 0.5)


@pytest.mark.parametrize(("status", "body"), [(503, b"{}"), (401, b"{}"), (200, b"<html>"), (200, b'{"replies": 1}')])
def test_what_may_pass_is_asked_again(rasa: type[Rasa], status: int, body: bytes):
    rasa.status, rasa.body = status, body
    with pytest.raises(Unavailable):
        ask()


def test_a_question_called_malformed_is_not_asked_again(rasa: type[Rasa]):
    rasa.status = 400
    with pytest.raises(InvalidInput):
        ask()
