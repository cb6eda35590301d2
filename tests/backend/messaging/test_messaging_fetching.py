"""Downloading for gateways: only from named hosts, only so much, only so long, and nothing told about the address."""

import time

import httpx
import pytest

from backend.messaging import fetching
from backend.messaging.channels import Rejected, TryLater
from tests.builders.served import served

LOOPBACK = ("127.0.0.1:8099",)


@pytest.fixture
def files():
    with served() as running:
        running.answers["/a.jpg"] = (200, {}, b"x" * 1000)
        yield running


def get(files, path="/a.jpg", **changed):
    given = {"hosts": [files.host], "most_bytes": 1000, "seconds": 5.0} | changed
    return fetching.download(files.url + path, **given)


@pytest.mark.parametrize(
    ("url", "hosts", "yes"),
    [
        ("https://api.twilio.com/x", ["api.twilio.com"], True),
        ("https://API.twilio.com/x", ["api.twilio.com"], True),
        ("https://a.zdn.vn/x", ["*.zdn.vn"], True),
        ("https://a.b.zdn.vn/x", ["*.zdn.vn"], True),
        ("https://zdn.vn/x", ["*.zdn.vn"], False),
        ("https://evilzdn.vn/x", ["*.zdn.vn"], False),
        ("https://zdn.vn.evil.com/x", ["*.zdn.vn", "zdn.vn"], False),
        ("https://zdn.vn./x", ["zdn.vn"], False),
        ("https://zdn.vn:8443/x", ["zdn.vn"], False),
        ("https://zdn.vn:8443/x", ["zdn.vn:8443"], True),
        ("https://zdn.vn@evil.com/x", ["zdn.vn"], False),
        ("https://u:p@zdn.vn/x", ["zdn.vn"], False),
        ("http://zdn.vn/x", ["zdn.vn"], False),
        ("http://10.0.0.1/x", ["10.0.0.1"], False),
        ("http://169.254.169.254/latest", ["169.254.169.254"], False),
        ("http://127.0.0.1:8099/x", LOOPBACK, True),
        ("http://127.0.0.1:8098/x", LOOPBACK, False),
        ("http://127.0.0.1/x", [], False),
        ("file:///etc/passwd", ["*"], False),
        ("ftp://zdn.vn/x", ["zdn.vn"], False),
        ("https:///x", ["*.vn"], False),
    ],
)
def test_only_named_hosts_and_https(url, hosts, yes):
    assert fetching.allowed(httpx.URL(url), hosts) is yes


def test_a_file_of_just_the_size_that_is_taken(files):
    assert get(files) == b"x" * 1000


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1000"}])
def test_too_large_with_and_without_a_length_told(files, headers):
    files.answers["/a.jpg"] = (200, headers, b"x" * 1000)
    with pytest.raises(Rejected) as refused:
        get(files, most_bytes=999)
    assert refused.value.code == fetching.TOO_LARGE


@pytest.mark.parametrize("status", [404, 410, 403, 204, 206, 304])
def test_what_is_not_there_is_gone(files, status):
    files.answers["/a.jpg"] = (status, {}, b"")
    with pytest.raises(Rejected) as refused:
        get(files)
    assert refused.value.code == fetching.GONE


@pytest.mark.parametrize(("status", "named", "wait"), [(503, "7", 7), (429, "99999999", 600), (500, "soon", None)])
def test_passing_faults_are_tried_again_when_the_provider_says(files, status, named, wait):
    files.answers["/a.jpg"] = (status, {"Retry-After": named}, b"")
    with pytest.raises(TryLater) as later:
        get(files)
    assert later.value.after_seconds == wait


def test_redirects_are_followed_among_named_hosts_and_the_key_stays_at_home(files):
    with served() as other:
        other.answers["/b.jpg"] = (200, {}, b"b")
        files.answers["/a.jpg"] = (307, {"Location": "/moved.jpg"}, b"")
        files.answers["/moved.jpg"] = (302, {"Location": f"{other.url}/b.jpg"}, b"")
        with pytest.raises(Rejected) as refused:
            get(files, auth=("AC1", "secret"))
        assert (refused.value.code, other.seen) == (fetching.NOT_ALLOWED, [])
        assert get(files, hosts=[files.host, other.host], auth=("AC1", "secret")) == b"b"
        assert all(authorization for _, authorization in files.seen)
        assert other.seen == [("/b.jpg", None)]


@pytest.mark.parametrize(
    "location", ["/a.jpg", "http://169.254.169.254/latest", "file:///etc/passwd", "https://", "http://[", "\u00ff"]
)
def test_a_redirect_to_nowhere_good_is_refused(files, location):
    files.answers["/a.jpg"] = (302, {"Location": location}, b"")
    with pytest.raises((Rejected, TryLater)):
        get(files)
    assert len(files.seen) <= fetching.MOST_REDIRECTS + 1


def test_a_packed_answer_is_refused_so_that_nothing_unpacks_to_gigabytes(files):
    files.answers["/a.jpg"] = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")
    with pytest.raises(Rejected):
        get(files)


def test_a_server_that_drips_is_cut_off_in_head_and_body(files):
    files.answers["/slow"] = (200, {"X-Long": "y" * 500}, b"x" * 500)
    files.drips.add("/slow")
    began = time.monotonic()
    with pytest.raises(TryLater):
        get(files, "/slow", seconds=0.5)
    assert time.monotonic() - began < 3  # 50 seconds at its own pace


def test_nobody_listens_and_nothing_tells_the_address(files):
    url = "http://127.0.0.1:1/bot123:secret/a.jpg"
    with pytest.raises(TryLater) as later:
        fetching.download(url, hosts=["127.0.0.1:1"], most_bytes=10, seconds=2)
    assert "secret" not in repr(later.value)
    assert later.value.__cause__ is None
    assert later.value.__suppress_context__


@pytest.mark.parametrize("url", ["", "not an address", "http://[::1", "https://\x00.vn/"])
def test_what_is_no_address(url):
    with pytest.raises(Rejected) as refused:
        fetching.download(url, hosts=["*.vn"], most_bytes=10)
    assert refused.value.code == fetching.NOT_ALLOWED


def test_a_proxy_of_the_machine_is_not_used(files, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert get(files) == b"x" * 1000
