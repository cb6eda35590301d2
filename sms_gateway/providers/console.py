"""The provider for machines without an account: messages go to a file and to the terminal."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from backend import clock
from backend.messaging.channels import SendError, TryLater, Undecided
from backend.text import masked
from sms_gateway.providers.base import Handing, Provider
from sms_gateway.segments import count

FILE_NAME = "sms_outbox.jsonl"


class ConsoleProvider(Provider):
    """Appends a line `{"id", "to", "body", "segments", "at"}` to `path` for each message; several processes may."""

    name = "console"

    def __init__(self, path: Path) -> None:
        self._path = path

    at_once = 50

    def try_send(self, to: str, body: str, reference: str) -> str:
        """Always taken, unless the disk refuses."""
        return self._written([Handing(to, body, reference)])[0]

    def try_send_all(self, messages: Sequence[Handing]) -> list[str | Exception]:
        """All in one write: the disk takes all of them, or nobody knows which."""
        try:
            return [*self._written(messages)]
        except SendError as error:
            return [error] * len(messages)

    def _written(self, messages: Sequence[Handing]) -> list[str]:
        counted = [count(message.body) for message in messages]
        now = clock.now().isoformat(timespec="milliseconds")
        lines = b""
        for (to, body, reference), segments in zip(messages, counted, strict=True):
            record = {"id": self._id(reference), "to": to, "body": body, "segments": segments.segments, "at": now}
            lines += json.dumps(record, ensure_ascii=False).encode() + b"\n"
        self._append(lines)
        for (to, body, _), segments in zip(messages, counted, strict=True):
            sys.stdout.write(f"[SMS {masked(to)}, {segments.segments} x {segments.encoding}] {body}\n")
        sys.stdout.flush()
        return [self._id(message.reference) for message in messages]

    def find(self, to: str, body: str, reference: str, since: datetime) -> str | None:
        """Looks through the file; a line that a crash cut short was not sent."""
        provider_id = self._id(reference)
        try:
            with self._path.open("rb") as lines:
                return provider_id if any(_is_whole(line, provider_id) for line in lines) else None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Undecided("outbox file unreadable") from error

    @staticmethod
    def _id(reference: str) -> str:
        return f"console-{reference}"

    def _append(self, lines: bytes) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise TryLater("outbox file unwritable") from error
        try:
            if not _ends_with_newline(file):  # a crash cut the last line short; ours must not be glued to it
                lines = b"\n" + lines
            # One call: O_APPEND keeps the lines of several processes apart only within a single write.
            if os.write(file, lines) != len(lines):
                raise Undecided("outbox file took half a line")
            os.fsync(file)
        except OSError as error:
            raise Undecided("outbox file failed") from error
        finally:
            os.close(file)


def _ends_with_newline(file: int) -> bool:
    size = os.fstat(file).st_size
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"


def _is_whole(line: bytes, provider_id: str) -> bool:
    if provider_id.encode() not in line:
        return False
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and record.get("id") == provider_id
