"""Files on a loopback address, with every bad habit a provider's file server can have."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Served:
    """`answers`: path → (status, headers, body); `seen`: the (path, Authorization) of every request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.host = url.removeprefix("http://")
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[tuple[str, str | None]] = []
        self.drips: set[str] = set()
        """Paths whose answer comes one byte every 50 ms, its head included."""


@contextmanager
def served() -> Iterator[Served]:
    """A file server for one test."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.seen.append((self.path, self.headers.get("Authorization")))
            status, headers, body = files.answers.get(self.path, (404, {}, b""))
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            raw = f"HTTP/1.0 {status} X\r\n{head}\r\n".encode() + body
            try:
                if self.path not in files.drips:
                    self.wfile.write(raw)
                    return
                for at in range(len(raw)):
                    self.wfile.write(raw[at : at + 1])
                    time.sleep(0.05)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    files = Served(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
