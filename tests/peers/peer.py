"""A chat service of our own as a process beside a test: started, steered by `/control/…`, ended with the block."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]


class Peer:
    """A running one at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def control(self, what: str, **asked: Any) -> Any:
        return self._http.post(f"/control/{what}", json=asked).raise_for_status().json()

    @property
    def seen(self) -> dict[str, Any]:
        return dict(self.control("seen"))


@contextmanager
def process(module: str, *options: str) -> Iterator[str]:
    """`python -m <module> <options>`; the address that it says first."""
    command = [sys.executable, "-m", module, *options]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        assert url, f"{module} did not start"
        yield url
    finally:
        running.terminate()
        running.wait(10)
