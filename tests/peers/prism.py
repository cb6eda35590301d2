"""Prism with Twilio's own OpenAPI document: a mock that keeps nothing and refuses whatever Twilio would refuse."""

import os
import queue
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PRISM = HERE / "node_modules/@stoplight/prism-cli/dist/index.js"
SPEC = Path(os.environ.get("TWILIO_SPEC", HERE.parents[2] / "shared/specs/twilio_api_v2010.json"))
_START_SECONDS = 60


@contextmanager
def running() -> Iterator[str]:
    """Base URL of a Prism that mocks Twilio. Skips the test, with the reason, where there is none."""
    if not SPEC.exists():
        pytest.skip(f"Twilio's OpenAPI document is not at {SPEC} (set TWILIO_SPEC)")
    node = shutil.which("node")
    if node is None or not PRISM.exists():
        reason = "Node.js or its modules are missing: npm ci --prefix tests/peers"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # node itself, not npx: npx leaves its child behind when it is ended
    command = [node, str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), str(SPEC)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        _wait_until_listening(process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_listening(process: subprocess.Popen[str]) -> None:
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:  # to the end: a full pipe would stop Prism
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while "is listening" not in (line := lines.get(timeout=_START_SECONDS) or ""):
        assert line, "Prism ended before it listened"
