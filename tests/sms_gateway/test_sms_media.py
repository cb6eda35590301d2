"""Pictures by MMS: fetched with the account's key, from Twilio's hosts alone."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.messaging.channels import Rejected
from sms_gateway.channel import SmsChannel
from tests.builders import sms

PICTURE = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
def twilio():
    """The port of a server that has one picture, and the keys it was shown."""
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys.append(self.headers.get("Authorization"))
            self.send_response(200 if self.path == "/Media/ME1" else 404)
            self.send_header("Content-Length", str(len(PICTURE) if self.path == "/Media/ME1" else 0))
            self.end_headers()
            if self.path == "/Media/ME1":
                self.wfile.write(PICTURE)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, keys
    server.shutdown()
    server.server_close()


def test_a_picture_is_fetched_with_the_accounts_key(monkeypatch, twilio):
    port, keys = twilio
    sms.configure(monkeypatch, TWILIO_MEDIA_HOSTS=f"127.0.0.1:{port}")
    assert SmsChannel().fetch(f"http://127.0.0.1:{port}/Media/ME1").data == PICTURE
    assert keys == ["Basic " + base64.b64encode(f"{sms.ACCOUNT}:{sms.TOKEN}".encode()).decode()]
    with pytest.raises(Rejected):
        SmsChannel().fetch(f"http://127.0.0.1:{port}/Media/ME2")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{}/Media/ME1", "https://twiliocdn.com.evil.vn/x", "file:///etc/passwd", "http://[::1]/x"]
)
def test_nothing_is_fetched_from_anywhere_else(monkeypatch, twilio, url):
    port, keys = twilio
    sms.configure(monkeypatch)
    with pytest.raises(Rejected):
        SmsChannel().fetch(url.format(port))
    assert keys == []


def test_without_an_account_nothing_is_fetched(monkeypatch, twilio):
    port, _keys = twilio
    sms.configure(monkeypatch, TWILIO_AUTH_TOKEN="", TWILIO_MEDIA_HOSTS=f"127.0.0.1:{port}")
    with pytest.raises(Rejected):
        SmsChannel().fetch(f"http://127.0.0.1:{port}/Media/ME1")
