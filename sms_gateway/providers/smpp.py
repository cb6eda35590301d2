"""A carrier by SMPP: the session process (`sms_gateway.smpp`) holds the link, this hands it messages and waits.

Whatever happens to the worker or to the session, the journal knows which messages the carrier took. Undecidable is
only what was written to the link and not answered before it broke; see `sms_gateway.smpp.session`.
"""

import select
import socket
import threading
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from backend.messaging.channels import Rejected, SendError, TryLater, Undecided
from backend.settings import settings
from sms_gateway.providers.base import Handing, Provider, Unclassified
from sms_gateway.settings import SmsSettings
from sms_gateway.smpp import journal
from sms_gateway.smpp.door import LONGEST_LINE, Answers, Handed, OneHanded
from sms_gateway.smpp.session import Result

_CONNECT_SECONDS = 2.0
_MARGIN_SECONDS = 4.0


class SmppProvider(Provider):
    """Each thread of a worker keeps a connection of its own to the session process."""

    name = "smpp"

    def __init__(self, configured: SmsSettings) -> None:
        self.at_once = configured.smpp_window
        self._address = (configured.smpp_session_host or settings().host, configured.smpp_session_port)
        self._seconds = 2 * configured.smpp_response_seconds + _MARGIN_SECONDS
        self._own = threading.local()

    def try_send(self, to: str, body: str, reference: str) -> str:
        """Hand it to the session and wait for the carrier's answer."""
        [result] = self.try_send_all([Handing(to, body, reference)])
        if isinstance(result, Exception):
            raise result
        return result

    def try_send_all(self, messages: Sequence[Handing]) -> list[str | Exception]:
        """All go to the session at once, which keeps as many open as the carrier's window holds."""
        written = [_written(message) for message in messages]
        answers = iter(self._answers([each for each in written if isinstance(each, OneHanded)]))
        return [next(answers) if isinstance(each, OneHanded) else each for each in written]

    def _answers(self, messages: list[OneHanded]) -> list[str | SendError]:
        if not messages:
            return []
        handed = Handed(token=settings().internal_token.get_secret_value(), messages=messages)
        try:
            answers = self._asked(handed.model_dump_json().encode() + b"\n").answers
            if len(answers) != len(messages):
                raise Undecided("the SMPP session answered something else")
        except SendError as error:
            return [error] * len(messages)
        return [_result(message.reference, answer) for message, answer in zip(messages, answers, strict=True)]

    def find(self, to: str, body: str, reference: str, since: datetime) -> str | None:
        """Looked up in the journal, in which every yes of the carrier stands."""
        return journal.provider_id(reference) if journal.whole(reference) else None

    def _asked(self, line: bytes) -> Answers:
        connection = self._connection()
        try:
            connection.sendall(line)
            answer = _line(connection)
            return Answers.model_validate_json(answer)
        except (OSError, ValidationError) as error:
            self._drop()
            raise Undecided("the SMPP session did not answer") from error

    def _connection(self) -> socket.socket:
        kept: socket.socket | None = getattr(self._own, "connection", None)
        if kept is not None:
            if not select.select([kept], [], [], 0)[0]:
                return kept
            self._drop()  # nothing is due on it: it was closed from the other side
        try:
            connection = socket.create_connection(self._address, timeout=_CONNECT_SECONDS)
        except OSError as error:
            raise TryLater("the SMPP session does not run") from error
        connection.settimeout(self._seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._own.connection = connection
        return connection

    def _drop(self) -> None:
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()
            self._own.connection = None


def _written(message: Handing) -> OneHanded | Rejected:
    try:
        return OneHanded(**message._asdict())
    except ValidationError:
        return Rejected("cannot be handed over", "malformed")


def _result(reference: str, answer: Result) -> str | SendError:
    match answer.result:
        case "sent":
            return journal.provider_id(reference)
        case "later":
            return TryLater(answer.reason, answer.after)
        case "rejected":
            return Rejected(answer.reason, answer.code)
        case "unclassified":
            return Unclassified(answer.reason, answer.code)
    return Undecided(answer.reason)


def _line(connection: socket.socket) -> bytes:
    """Bytes up to the end of a line. Raises OSError when it does not come."""
    line = b""
    while not line.endswith(b"\n"):
        piece = connection.recv(4096)
        if not piece or len(line) > LONGEST_LINE:
            raise ConnectionError
        line += piece
    return line
