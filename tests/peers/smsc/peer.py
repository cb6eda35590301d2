"""Carriers as processes, for tests: what they said, commands to them, and a line to them that can be cut."""

import contextlib
import json
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end.stack import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


class Smsc:
    """A carrier's process. `events` is all it has said."""

    def __init__(self, command: list[str], port: int) -> None:
        self.port, self.events = port, list[dict[str, Any]]()
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait(lambda: self.of("listening"), 60)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))

    def of(self, event: str) -> list[dict[str, Any]]:
        """The events of a kind, in order."""
        return [each for each in list(self.events) if each["event"] == event]

    def do(self, **command: Any) -> None:
        """Give it a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def text(self, source: str, words: str, **options: Any) -> None:
        """A citizen's text."""
        self.do(do="text", **{"from": source}, text=words, **options)

    def wait(self, what: Callable[[], Any], seconds: float = 30) -> Any:
        """The first truthy value of `what`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := what():
                return value
            time.sleep(0.01)
        raise TimeoutError(f"the carrier said only {self.events[-5:]}")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)


def smsc(receipts: str = "text", port: int = 0) -> Smsc:
    """The carrier on `smpp34`."""
    port = port or free_port()
    command = [sys.executable, "-m", "tests.peers.smsc", "--port", str(port), "--receipts", receipts]
    return Smsc(command, port)


def npm_smsc(system_id: str, password: str) -> Smsc | None:
    """The carrier on npm's `smpp`; None where Node.js or the module is missing."""
    node = shutil.which("node")
    if node is None or not (HERE.parent / "node_modules/smpp").exists():
        return None
    port = free_port()
    return Smsc([node, str(HERE / "npm_smsc.js"), str(port), system_id, password], port)


class Line:
    """A line to a carrier that can be cut in the middle of anything, or swallow what comes back."""

    def __init__(self, to: int) -> None:
        self._to, self._ends = to, list[socket.socket]()
        self.deaf = threading.Event()
        """While it is set nothing comes back from the carrier."""
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._door.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            self._ends += [near, far]
            threading.Thread(target=self._pump, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, self.deaf), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket, deaf: threading.Event | None) -> None:
        try:
            while data := source.recv(65536):
                if deaf is None or not deaf.is_set():
                    target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            end.close()

    def cut(self) -> None:
        """End every connection at once; new ones are let through."""
        ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        """Cut, and let nothing through any more."""
        self._door.close()
        self.cut()
