"""A small Twilio on loopback for what a stateless mock cannot do: keep messages, refuse, hang, break off.

Facts: POST and GET /2010-04-01/Accounts/{sid}/Messages.json, Basic auth, 201 or {code, message, status}; the list is
newest first and filtered by To and DateSent>.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx


@dataclass
class Fault:
    """What happens to one request instead of the usual. `taken`: the message is kept all the same."""

    status: int = 0
    code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    taken: bool = False
    hang: bool = False
    drop: bool = False

    def breaks_off(self, fake: "FakeTwilio", form: dict[str, str]) -> bool:
        """Take the message where it is to be taken; True when nothing is to be answered."""
        if self.taken:
            fake.keep(form["To"], form["Body"])
        if self.hang:
            fake.released.wait()
        return self.hang or self.drop


class FakeTwilio:
    """`posts` and `gets` are the requests seen; `faults` are used up one per request, in order."""

    def __init__(self, account: str, token: str, checker: str = "") -> None:
        """`checker`: base URL of a Prism that every message has to get past; `refused` is what it did not let by."""
        self.url = ""
        self.refused: list[str] = []
        self._checker = httpx.Client(base_url=checker, auth=(account, token), trust_env=False) if checker else None
        self.messages: list[dict[str, Any]] = []
        self.posts: list[dict[str, str]] = []
        self.gets: list[dict[str, str]] = []
        self.faults: list[Fault] = []
        self.released = threading.Event()
        self._path = f"/2010-04-01/Accounts/{account}/Messages.json"
        self._authorization = "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()

    def keep(self, to: str, body: str, at: datetime | None = None) -> dict[str, Any]:
        """Take a message as if it had been posted."""
        moment = format_datetime(at or datetime.now(UTC))
        message = {
            "sid": f"SMf{len(self.messages):031x}",  # never one of the texts that tests send in
            "to": to,
            "body": body,
            "status": "queued",
            "direction": "outbound-api",
            "date_created": moment,
            "date_sent": moment,
            "date_updated": moment,
        }
        self.messages.append(message)
        return message

    def answer(self, method: str, target: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if authorization != self._authorization:
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        if urlsplit(target).path != self._path:
            return 404, {"code": 20404, "message": "not found", "status": 404}
        if method == "POST":
            return self._check(form) or (201, self.keep(form["To"], form["Body"]))
        found = [m for m in reversed(self.messages) if m["to"] == form.get("To", m["to"])]
        return 200, {"messages": found, "page": 0, "page_size": 50, "next_page_uri": None, "uri": target}

    def _check(self, form: dict[str, str]) -> tuple[int, dict[str, Any]] | None:
        checked = self._checker.post(self._path, data=form) if self._checker else None
        if checked is None or checked.is_success:
            return None
        self.refused.append(checked.text)
        return checked.status_code, {"code": 20001, "message": "not as the document says", "status": 400}


def _handler(fake: FakeTwilio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}
            fake.posts.append(form)
            self._serve("POST", form)

        def do_GET(self) -> None:
            form = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            fake.gets.append(form)
            self._serve("GET", form)

        def _serve(self, method: str, form: dict[str, str]) -> None:
            fault = fake.faults.pop(0) if fake.faults else None
            if fault is not None and fault.breaks_off(fake, form):
                self.close_connection = True
                return
            status, answer, headers = self._decide(fault, method, form)
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(answer)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def _decide(self, fault: Fault | None, method: str, form: dict[str, str]) -> tuple[int, bytes, Any]:
            if fault is None:
                status, content = fake.answer(method, self.path, form, self.headers.get("Authorization", ""))
                return status, json.dumps(content).encode(), {}
            refusal = {"code": fault.code or fault.status, "message": f"About {form.get('To')}", "status": fault.status}
            body = fault.body if fault.body is not None else json.dumps(refusal)
            return fault.status, body.encode(), fault.headers

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def running(account: str, token: str, checker: str = "") -> Iterator[FakeTwilio]:
    """The fake on a free port of this machine."""
    fake = FakeTwilio(account, token, checker)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
