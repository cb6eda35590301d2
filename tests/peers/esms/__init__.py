"""eSMS on loopback, enforcing what its interface documents: `python -m tests.peers.esms --port 2780`.

Rules: keys (101), money (103), brand name (104), phone (108), a RequestId once in 24 hours (124), accents only with
`IsUnicode` (146 stands for "not of the template"); errors are HTTP 200 with a code; a sandboxed message is accepted and
not sent; reports are GETs without signature, up to five times while nobody answers.
"""

import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import httpx

from sms_gateway.segments import is_gsm7

PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
KNOWN_FIELDS = {
    "ApiKey",
    "SecretKey",
    "Content",
    "Phone",
    "Brandname",
    "SmsType",
    "IsUnicode",
    "Sandbox",
    "RequestId",
    "CallbackUrl",
    "SendDate",
}
DAY_SECONDS = 24 * 3600
CALLBACK_TRIES = 5
_PHONE = re.compile(r"(?:0|84)[35789]\d{8}", re.ASCII)


class Esms:
    """The account and what was sent with it. `faults` are answers to be given instead, once each, in order:
    a code, "drop" (taken, then the connection breaks), or an HTTP status as `int`."""

    def __init__(self, key: str, secret: str, brandname: str) -> None:
        self._account = (key, secret, brandname)
        self.money = 10**6
        self.sent: list[dict[str, str]] = []
        self.asked: list[dict[str, str]] = []
        self.faults: list[str | int] = []
        self.callbacks: list[int] = []
        self._requests: dict[str, float] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def take(self, message: dict[str, str], now: Callable[[], float] = time.time) -> str:
        """The code for a message."""
        with self._lock:
            self.asked.append(message)
            code = self._judged(message, now())
            if code == "100":
                self._requests[message["RequestId"]] = now()
                if message["Sandbox"] == "0":
                    self.money -= 500
                    self.sent.append(message)
            return code

    def _judged(self, message: dict[str, str], now: float) -> str:
        if set(message) - KNOWN_FIELDS or not all(isinstance(value, str) for value in message.values()):
            return "99"
        if (message.get("ApiKey"), message.get("SecretKey")) != self._account[:2]:
            return "101"
        if self.money <= 0:
            return "103"
        if message.get("Brandname") != self._account[2] or message.get("SmsType") != "2":
            return "104"
        if not _PHONE.fullmatch(message.get("Phone", "")):
            return "108"
        if not 0 < len(message.get("RequestId", "")) <= 50:
            return "99"
        if now - self._requests.get(message["RequestId"], -DAY_SECONDS) < DAY_SECONDS:
            return "124"
        accented = not is_gsm7(message.get("Content", ""))
        return "146" if not message.get("Content") or (accented and message.get("IsUnicode") != "1") else "100"

    def report(self, message: dict[str, str], send_status: str = "5", *, failed: bool = False) -> None:
        """Tell the sender what became of it, again while nobody answers."""
        fields = {
            "SMSID": str(next(self._ids)),
            "SendStatus": send_status,
            "SendSuccess": "0" if failed else "1",
            "SendFailed": "1" if failed else "0",
            "RequestId": message["RequestId"],
            "TypeId": "2",
            "telcoid": "1",
            "phonenumber": message["Phone"],
        }
        for _ in range(CALLBACK_TRIES):
            try:
                answer = httpx.get(f"{message['CallbackUrl']}?{urlencode(fields)}", timeout=5, trust_env=False)
            except httpx.HTTPError:
                continue
            self.callbacks.append(answer.status_code)
            return


def handler(esms: Esms) -> type[BaseHTTPRequestHandler]:
    """Its HTTP face."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = esms.faults.pop(0) if esms.faults else None
            if isinstance(fault, int):
                self._answer(fault, {})
            elif fault is not None and fault != "drop":
                self._answer(200, {"CodeResult": fault, "ErrorMessage": "…"})
            else:
                code = esms.take(json.loads(raw)) if self.path == PATH else "99"
                if fault == "drop":
                    self.close_connection = True
                    return
                more: dict[str, Any] = {"SMSID": f"sms-{code}", "CountRegenerate": 0} if code == "100" else {}
                self._answer(200, {"CodeResult": code, **more})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running(esms: Esms, port: int = 0) -> Any:
    """Its base URL while it runs."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler(esms))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
