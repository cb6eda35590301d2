"""Where workers hand messages to the session: a line of JSON each way, on a connection that is kept.

Only our own processes know the token. The door is opened on the session's machine; workers elsewhere need the way to
it to be closed to everybody else, as the token crosses it in the clear.
"""

import asyncio
import hmac
from contextlib import suppress

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.logs import logger
from backend.settings import settings
from sms_gateway.smpp.session import Result, Session

log = logger(__name__)

LONGEST_LINE = 64 * 1024


class Handed(BaseModel):
    """A message from a worker."""

    model_config = ConfigDict(extra="forbid")

    token: str
    to: str = Field(pattern=r"^\+[1-9]\d{7,14}$")
    body: str = Field(min_length=1, max_length=10_000)
    reference: str = Field(min_length=1, max_length=64)


class Answer(BaseModel):
    """What became of it, see `session.Result`."""

    result: str
    reason: str = ""
    code: str = ""
    after: float | None = None


async def opened(session: Session, host: str, port: int) -> asyncio.Server:
    """Listen for workers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.LimitOverrunError, ValueError):
            while line := await reader.readline():
                answer = await _answer(session, line)
                if answer is None:
                    break
                writer.write(Answer(**answer.stored()).model_dump_json().encode() + b"\n")
                await writer.drain()
        writer.close()

    return await asyncio.start_server(serve, host, port, limit=LONGEST_LINE)


async def _answer(session: Session, line: bytes) -> Result | None:
    """None for somebody who is not one of us."""
    try:
        handed = Handed.model_validate_json(line)
    except ValidationError:
        log.warning("a malformed message at the door")
        return Result("rejected", "malformed", "malformed")
    if not hmac.compare_digest(handed.token.encode(), settings().internal_token.get_secret_value().encode()):
        log.warning("a stranger at the door")
        return None
    try:
        return await session.send(handed.to, handed.body, handed.reference)
    except Exception:
        log.exception("handing over failed")
        return Result("undecided", "a fault of the session")
