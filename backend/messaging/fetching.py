"""Getting a file from a provider: only from hosts we name, only so large, only so long. Gateways' `fetch` uses it.

An address may carry a key of its own, so none is ever logged or put into an error.
"""

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import httpx

from backend.messaging.channels import Rejected, TryLater

TOO_LARGE, GONE, NOT_ALLOWED = "too_large", "gone", "not_allowed"
"""`Rejected.code` of what `download` raises; `media` words them for the citizen."""
SECONDS = 12.0
"""For a whole download, well within the lease of a turn."""
MOST_REDIRECTS = 4
_PIECE = 64 * 1024
_MOST_WAIT = 600.0
"""Seconds of a Retry-After that are believed."""
_PASSING = frozenset({408, 425, 429})


def download(
    url: str,
    *,
    hosts: Collection[str],
    most_bytes: int,
    seconds: float = SECONDS,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes at `url`, following at most four redirects, all of them to `hosts`.

    `hosts`: exact names, or `*.suffix` for all below it; `name:port` for another port than 443. HTTPS only, but for
    a loopback address that `hosts` names. `auth` and `headers` go to the first host alone. Raises Rejected
    (`TOO_LARGE`, `GONE`, `NOT_ALLOWED`) and TryLater (no answer in `seconds`, 408, 429, 5xx).
    """
    with _Clock(seconds) as clock, _client(seconds) as client:
        try:
            return _follow(client, clock, httpx.URL(url), hosts, most_bytes, auth, dict(headers or {}))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise Rejected("not an address", NOT_ALLOWED) from None
        except httpx.HTTPError as error:
            # `from None`: the chained error would hold the address.
            raise TryLater("too slow" if clock.is_over else type(error).__name__) from None


def allowed(url: httpx.URL, hosts: Collection[str]) -> bool:
    """Whether a file may be fetched from there; see `download`."""
    if url.userinfo or not url.host:
        return False
    if url.scheme == "http":
        return _is_loopback(url.host) and bool({url.host, f"{url.host}:{url.port or 80}"} & set(hosts))
    if url.scheme != "https":
        return False
    port = url.port or 443
    return any(_matches(url.host.lower(), port, entry.lower()) for entry in hosts)


def _matches(host: str, port: int, entry: str) -> bool:
    name, _, named_port = entry.partition(":")
    if port != int(named_port or 443):
        return False
    return host.endswith(name[1:]) and host != name[2:] if name.startswith("*.") else host == name


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class _Clock:
    """Cuts the connections when the time is over: a read's own time-out begins anew with every byte."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._sockets: list[socket.socket] = []
        self.is_over = False

    def __enter__(self) -> "_Clock":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by httpcore of each step of a request; notes the sockets."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            if self.is_over:
                self._cut()

    def _cut(self) -> None:
        self.is_over = True
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _client(seconds: float) -> httpx.Client:
    return httpx.Client(
        trust_env=False,  # a proxy of the machine must not see what citizens send
        timeout=seconds,
        headers={"Accept-Encoding": "identity", "User-Agent": "mot-cua"},
    )


def _follow(
    client: httpx.Client,
    clock: _Clock,
    url: httpx.URL,
    hosts: Collection[str],
    most_bytes: int,
    auth: tuple[str, str] | None,
    headers: dict[str, str],
) -> bytes:
    first = url
    for _ in range(MOST_REDIRECTS + 1):
        if not allowed(url, hosts):
            raise Rejected("not one of our hosts", NOT_ALLOWED)
        at_home = (url.scheme, url.host, url.port) == (first.scheme, first.host, first.port)
        request = client.build_request(
            "GET", url, headers=headers if at_home else {}, extensions={"trace": clock.trace}
        )
        signing = httpx.BasicAuth(*auth) if auth and at_home else None
        with _answer(client, request, signing) as response:
            if not response.has_redirect_location:
                return _body(response, clock, most_bytes)
            url = url.join(response.headers["Location"])
    raise Rejected("too many redirects", NOT_ALLOWED)


@contextlib.contextmanager
def _answer(client: httpx.Client, request: httpx.Request, auth: httpx.Auth | None) -> Iterator[httpx.Response]:
    response = client.send(request, stream=True, auth=auth, follow_redirects=False)
    try:
        yield response
    finally:
        response.close()


def _body(response: httpx.Response, clock: _Clock, most_bytes: int) -> bytes:
    status = response.status_code
    if status in _PASSING or status >= 500:
        raise TryLater(f"status {status}", _named_wait(response.headers.get("Retry-After", "")))
    if status != httpx.codes.OK:
        raise Rejected(f"status {status}", GONE)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Rejected("packed although not asked for", NOT_ALLOWED)
    declared = response.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > most_bytes:
        raise Rejected("too large", TOO_LARGE)
    kept = bytearray()
    for piece in response.iter_raw(_PIECE):
        kept += piece
        if len(kept) > most_bytes:
            raise Rejected("too large", TOO_LARGE)
        if clock.is_over:
            raise TryLater("too slow")
    if clock.is_over:  # cut in the middle of a body without a length looks like its end
        raise TryLater("too slow")
    return bytes(kept)


def _named_wait(header: str) -> float | None:
    return min(float(header), _MOST_WAIT) if header.isascii() and header.isdigit() else None
