"""The client over a real loopback connection: what it sends, and that no failure passes for an answer."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from actions import backend_api
from actions.backend_api import BackendApi, BackendUnavailable, NotAccepted, NotFound
from actions.settings import settings
from tests.builders.turns import Citizen, FakeBackend

SECRET_WORDS = "số căn cước của tôi là 066190001234"


class Handler(BaseHTTPRequestHandler):
    status, body, seen = 200, b"{}", []  # type: ignore[var-annotated]

    def do_GET(self) -> None:
        type(self).seen.append((self.path, dict(self.headers)))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    fresh = type("Fresh", (Handler,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), fresh)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("BACKEND_URL", f"http://127.0.0.1:{server.server_port}/")
    settings.cache_clear()
    yield fresh
    server.shutdown()
    server.server_close()
    thread.join()
    settings.cache_clear()


def search(text: str) -> backend_api.Search:
    async def ask() -> backend_api.Search:
        backend_api.client.cache_clear()
        client = backend_api.client()
        try:
            return await BackendApi(client, "7", "turn-7-1").search(text)
        finally:
            await client.aclose()
            backend_api.client.cache_clear()

    return asyncio.run(ask())


def test_token_request_id_and_question_are_sent(handler: type[Handler]) -> None:
    handler.body = json.dumps({"decision": "none", "residual": "", "hits": [], "new": 1}).encode()
    assert search("khai sinh").decision == "none"
    path, headers = handler.seen[0]
    assert path == "/api/v1/procedures/search?q=khai+sinh&limit=5"
    assert headers["authorization" if "authorization" in headers else "Authorization"] == "Bearer test-internal-token"
    assert {k.lower(): v for k, v in headers.items()}["x-request-id"] == "turn-7-1"


def test_long_texts_are_cut_before_they_are_sent(handler: type[Handler]) -> None:
    handler.body = b'{"decision": "none", "residual": "", "hits": []}'
    search("a" * 5000)
    assert len(handler.seen[0][0]) < 500


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFound),
        (422, NotAccepted),
        (413, NotAccepted),
        (401, BackendUnavailable),
        (409, BackendUnavailable),
        (302, BackendUnavailable),
        (500, BackendUnavailable),
        (503, BackendUnavailable),
    ],
)
def test_statuses(handler: type[Handler], status: int, error: type[Exception]) -> None:
    handler.status = status
    with pytest.raises(error) as raised:
        search(SECRET_WORDS)
    assert "066190001234" not in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"decision": "maybe", "residual": "", "hits": []}'])
def test_an_answer_of_another_shape_is_a_failure(handler: type[Handler], body: bytes) -> None:
    handler.body = body
    with pytest.raises(BackendUnavailable, match="answer not understood"):
        search("khai sinh")


def test_nobody_there_is_a_failure_that_tells_nothing_of_the_citizen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKEND_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    with pytest.raises(BackendUnavailable) as raised:
        search(SECRET_WORDS)
    assert str(raised.value) == "GET /procedures/search: ConnectError"
    assert raised.value.__suppress_context__


def test_the_backend_is_found_where_the_web_process_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKEND_URL", raising=False)
    monkeypatch.setenv("WEB_PORT", "8123")
    settings.cache_clear()
    assert settings().backend == "http://127.0.0.1:8123"
    settings.cache_clear()


@pytest.mark.parametrize("token", ["", "development-only", "generate-me"])
def test_production_needs_a_secret(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("INTERNAL_TOKEN", token)
    settings.cache_clear()
    with pytest.raises(ValueError, match="INTERNAL_TOKEN"):
        settings()
    settings.cache_clear()


@pytest.mark.parametrize(
    ("text", "intent", "call"),
    [
        ("khai sinh cần gì", "ask_documents", "search"),
        ("hồ sơ của tôi", "check_dossier", "dossier-lookups"),
        ("gặp cán bộ", "request_officer", "escalations"),
        ("rác chất đống trước chợ", "file_complaint", "complaint-drafts"),
        ("5 điểm", "rate_service", "ratings"),
        ("ơ kìa", "nlu_fallback", "search"),
        ("đừng nhắn nữa", "unsubscribe", "notices"),
        ("mấy giờ mở cửa", "ask_office_hours", "office-hours"),
    ],
)
@pytest.mark.parametrize("status", [500, 401, 404])
def test_a_failing_backend_fails_the_action(text: str, intent: str, call: str, status: int) -> None:
    with pytest.raises(backend_api.BackendError):
        Citizen(FakeBackend(answers={call: status})).writes(text, intent)


def test_a_message_from_elsewhere_than_the_ledger_fails_the_action() -> None:
    citizen = Citizen(FakeBackend())
    citizen.message_id = "shell-"  # type: ignore[assignment]
    with pytest.raises((ValueError, TypeError)):
        citizen.writes("chào", "greet")


def test_a_slow_backend_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    backend = FakeBackend()
    monkeypatch.setattr(backend, "handle", too_slow)
    with pytest.raises(BackendUnavailable, match="ReadTimeout"):
        Citizen(backend).writes("mấy giờ mở cửa", "ask_office_hours")
