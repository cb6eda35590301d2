"""Where workers hand messages to the session, some at once: a line of JSON each way, on a connection that is kept.

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

LONGEST_LINE = 2**21


class OneHanded(BaseModel):
    """A message for one person."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(pattern=r"^\+[1-9]\d{7,14}$")
    body: str = Field(min_length=1, max_length=10_000)
    reference: str = Field(min_length=1, max_length=64)


class Handed(BaseModel):
    """Messages from a worker."""

    model_config = ConfigDict(extra="forbid")

    token: str
    messages: list[OneHanded] = Field(min_length=1, max_length=1_000)


class Answers(BaseModel):
    """What became of each, in the same order."""

    answers: list[Result]


async def opened(session: Session, host: str, port: int) -> asyncio.Server:
    """Listen for workers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.LimitOverrunError, ValueError):
            while line := await reader.readline():
                answers = await _answers(session, line)
                if answers is None:
                    break
                writer.write(Answers(answers=answers).model_dump_json().encode() + b"\n")
                await writer.drain()
        writer.close()

    return await asyncio.start_server(serve, host, port, limit=LONGEST_LINE)


async def _answers(session: Session, line: bytes) -> list[Result] | None:
    """None for somebody who is not one of us."""
    try:
        handed = Handed.model_validate_json(line)
    except ValidationError:
        log.warning("a malformed message at the door")
        return [Result("rejected", "malformed", "malformed")]
    if not hmac.compare_digest(handed.token.encode(), settings().internal_token.get_secret_value().encode()):
        log.warning("a stranger at the door")
        return None
    return await session.send_all([(one.to, one.body, one.reference) for one in handed.messages])
