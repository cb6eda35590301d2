"""Files in an S3-compatible bucket: against moto's server, a process of its own on loopback."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from backend import storage
from backend.errors import NotFound, Unavailable
from backend.settings import Settings, settings
from tests.builders import files as built

KEYS = {"STORAGE_S3_KEY_ID": "key", "STORAGE_S3_SECRET": "secret", "STORAGE_S3_REGION": "ap-southeast-1"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Base URL of a store with one bucket, `files`."""
    if importlib.util.find_spec("moto") is None:
        if os.environ.get("CI"):
            pytest.fail("moto is not installed")
        pytest.skip("moto is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url)
        assert httpx.put(f"{url}/files", trust_env=False).status_code == 200
        yield url
    finally:
        running.terminate()
        running.wait(10)


def _await(url: str) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{url}/moto-api/", trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("moto does not start")


@pytest.fixture
def bucket(s3, monkeypatch) -> Iterator[str]:
    for name, value in (KEYS | {"STORAGE_S3_BUCKET": "files", "STORAGE_S3_ENDPOINT": s3}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("STORAGE_S3_PREFIX", "mot-cua")
    settings.cache_clear()
    storage._bucket.cache_clear()
    yield s3
    storage._bucket.cache_clear()


def test_a_photo_and_its_thumbnail_are_kept_once_in_the_bucket(bucket, database):
    first = storage.store(built.make_photo(), "a.jpg", actor="applicant")
    second = storage.store(built.make_photo(), "b.jpg", actor="applicant")
    assert (first.sha256, first.id != second.id) == (second.sha256, True)
    assert storage.read(first.id) == storage.read(second.id)
    assert b"GPS" not in storage.read(first.id)
    assert storage.small(first.id) == storage.small(second.id)
    listed = httpx.get(f"{bucket}/files?list-type=2", trust_env=False).text
    assert listed.count("<Key>") == 2
    assert f"<Key>mot-cua/{first.sha256}</Key>" in listed


def test_what_is_gone_from_the_bucket_is_not_found(bucket, database):
    info = storage.store(built.make_image("PNG"), "a.png", actor="applicant")
    storage._bucket()._store.delete(info.sha256)
    with pytest.raises(NotFound):
        storage.read(info.id)


@pytest.mark.parametrize("wrong", [{"STORAGE_S3_BUCKET": "nowhere"}, {"STORAGE_S3_ENDPOINT": "http://127.0.0.1:1"}])
def test_a_bucket_that_cannot_be_reached_is_an_outage_and_nothing_is_written_down(bucket, monkeypatch, wrong):
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    storage._bucket.cache_clear()
    with pytest.raises(Unavailable) as outage:
        storage.keep(built.make_image("PNG"), "a.png")
    assert outage.value.__suppress_context__  # the library's words name the address


def test_a_bucket_without_keys_stops_the_start():
    with pytest.raises(ValueError, match="STORAGE_S3_KEY_ID"):
        Settings(storage_s3_bucket="files", storage_s3_key_id="", storage_s3_secret="")
