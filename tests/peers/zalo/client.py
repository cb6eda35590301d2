"""This Zalo from a test's side: start it as a process, play the people, look at what they got."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[3]
OA_ID, APP_ID = "2491302944280861639", "1484028466215632511"
APP_SECRET, OA_SECRET = "the-app-secret-of-the-loopback-zalo", "the-oa-secret-of-the-loopback-zalo"


class Zalo:
    """A running one. `url` is for all of `ZALO_API_URL`, `ZALO_TEMPLATE_URL` and `ZALO_OAUTH_URL`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def control(self, what: str, **asked: Any) -> Any:
        return self._http.post(f"/control/{what}", json=asked).raise_for_status().json()

    def environment(self) -> dict[str, str]:
        """The settings of a gateway that is to talk to this Zalo."""
        return {
            "ZALO_OA_ID": OA_ID,
            "ZALO_APP_ID": APP_ID,
            "ZALO_APP_SECRET": APP_SECRET,
            "ZALO_OA_SECRET": OA_SECRET,
            "ZALO_API_URL": self.url,
            "ZALO_TEMPLATE_URL": self.url,
            "ZALO_OAUTH_URL": self.url,
            "ZALO_FILE_HOSTS": self.url.removeprefix("http://"),
        }

    def set(self, **asked: Any) -> None:
        self.control("set", **asked)

    def say(self, user: str, text: str, **more: Any) -> dict[str, Any]:
        return dict(self.control("say", user=user, message={"text": text}, **more))

    def inbox(self, user: str) -> list[dict[str, Any]]:
        return list(self.control("inbox", user=user))

    def texts(self, user: str) -> list[str]:
        return [one["message"].get("text", "") for one in self.inbox(user)]

    @property
    def seen(self) -> dict[str, Any]:
        return dict(self.control("seen"))


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a message in the inbox."""
    return list(message["message"].get("attachment", {}).get("payload", {}).get("buttons", []))


def wait_for(what: Callable[[], Any], seconds: float, why: str) -> Any:
    """The first truthy value of `what`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := what():
            return value
        time.sleep(0.03)
    raise TimeoutError(why)


@contextmanager
def running(*options: str) -> Iterator[Zalo]:
    """A process of its own, ended with the block."""
    command = [sys.executable, "-m", "tests.peers.zalo", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, "this Zalo did not start"
        yield Zalo(url)
    finally:
        process.terminate()
        process.wait(10)
