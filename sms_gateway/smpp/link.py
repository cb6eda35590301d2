"""One bound connection to the carrier: what we ask and its answers, enquire_link, answers to what comes in."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

import smpp34

from backend.logs import logger
from sms_gateway.settings import SmsSettings
from sms_gateway.smpp import pdu
from sms_gateway.smpp.parts import Piece
from sms_gateway.smpp.pdu import Broken, Frame

log = logger(__name__)

CONNECT_SECONDS = 10.0
MOST_DELIVERIES = 200
"""So many of the carrier's messages are worked on at once; with more it is left to wait."""

Deliver = Callable[[smpp34.DeliverSm], Awaitable[int]]
"""What a `deliver_sm` comes to: the status of our answer, once it is safe."""


class Refused(Exception):
    """The carrier does not let us in; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"bind refused with 0x{status:08X}")
        self.status = status


class Down(Exception):
    """The connection ended; nothing of what was asked had been written to it."""


class Unanswered(Exception):
    """It was written and no answer came: nobody can tell whether it was taken."""


class Link:
    """Made by `Link.bound`; ends when the carrier, the network or `unbind` ends it, and is not used again."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, settings: SmsSettings, deliver: Deliver
    ) -> None:
        self._reader, self._writer, self._settings, self._deliver = reader, writer, settings, deliver
        self._sequence = 0
        self._awaited: dict[int, asyncio.Future[Frame]] = {}
        self._deliveries: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_DELIVERIES)
        self._heard = False
        self._tasks: list[asyncio.Task[None]] = []
        self.down = asyncio.Event()

    @classmethod
    async def bound(cls, settings: SmsSettings, deliver: Deliver) -> "Link":
        """Connect and bind as transceiver. Raises OSError, TimeoutError, Broken or Refused."""
        tls = ssl.create_default_context() if settings.smpp_tls else None
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(settings.smpp_host, settings.smpp_port, ssl=tls)
        link = cls(reader, writer, settings, deliver)
        try:
            async with asyncio.timeout(settings.smpp_response_seconds):
                await link._introduce()
        except BaseException:
            writer.close()
            raise
        link._tasks = [asyncio.create_task(link._read()), asyncio.create_task(link._enquire())]
        return link

    async def _introduce(self) -> None:
        self._writer.write(pdu.bind_transceiver(self._settings, self._next()))
        await self._writer.drain()
        try:
            while (frame := await pdu.read(self._reader)).command != pdu.BIND_TRANSCEIVER | pdu.RESPONSE:
                if frame.command == pdu.GENERIC_NACK:
                    raise Refused(frame.status)
        except asyncio.IncompleteReadError as error:
            raise OSError("the carrier closed the connection") from error
        if frame.status != pdu.OK:
            raise Refused(frame.status)

    def _next(self) -> int:
        self._sequence = self._sequence % pdu.LAST_SEQUENCE + 1
        return self._sequence

    # --- what we ask --------------------------------------------------------------------------------------------

    async def submit(self, to: str, piece: Piece, data_coding: int, late: Callable[[Frame], None]) -> Frame:
        """Hand over one segment and wait for the answer. Raises Down, Unanswered or ValueError.

        `late` is called with an answer that comes after we stopped waiting for it.
        """
        if self.down.is_set():
            raise Down
        sequence = self._next()
        unit = pdu.submit_sm(self._settings, to, piece, data_coding, sequence)
        return await self._ask(unit, sequence, late)

    async def _ask(self, unit: bytes, sequence: int, late: Callable[[Frame], None] | None = None) -> Frame:
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._awaited[sequence] = answer
        self._writer.write(unit)
        try:
            async with asyncio.timeout(self._settings.smpp_response_seconds):
                return await asyncio.shield(answer)
        except TimeoutError as error:
            if late is not None and not answer.done():
                answer.add_done_callback(lambda done: late(done.result()) if _came(done) else None)
            raise Unanswered from error

    async def unbind(self) -> None:
        """Wait for what is being answered, say goodbye and close."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.smpp_response_seconds):
                while self._awaited or self._deliveries:
                    if self.down.is_set():
                        return
                    await asyncio.sleep(0.02)
        if not self.down.is_set():
            sequence = self._next()
            with suppress(Unanswered, Down):
                await self._ask(pdu.plain(pdu.UNBIND, sequence), sequence)
        self.close()

    def close(self) -> None:
        """End the connection at once; whatever waits for an answer is told that there will be none."""
        if self.down.is_set():
            return
        self.down.set()
        self._writer.close()
        for answer in self._awaited.values():
            if not answer.done():
                answer.set_exception(Unanswered())
                answer.exception()  # somebody may have stopped waiting
        self._awaited.clear()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    async def _enquire(self) -> None:
        """Ask whether the carrier is there whenever it has been silent; one that does not answer is given up."""
        while True:
            self._heard = False
            await asyncio.sleep(self._settings.smpp_enquire_seconds)
            if self._heard:
                continue
            sequence = self._next()
            try:
                await self._ask(pdu.plain(pdu.ENQUIRE_LINK, sequence), sequence)
            except Unanswered:
                log.warning("the carrier is silent")
                self.close()
                return

    # --- what we are asked --------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                frame = await pdu.read(self._reader)
                self._heard = True
                if frame.command & pdu.RESPONSE:
                    self._take_answer(frame)
                elif frame.command == pdu.DELIVER_SM:
                    await self._room.acquire()
                    task = asyncio.create_task(self._answer_delivery(frame))
                    self._deliveries.add(task)
                    task.add_done_callback(self._deliveries.discard)
                elif self._is_last(frame):
                    return
        except (asyncio.IncompleteReadError, OSError):
            log.warning("the connection to the carrier broke")
        except Broken as error:
            log.error("the carrier does not speak SMPP", reason=str(error))
        finally:
            self.close()

    def _take_answer(self, frame: Frame) -> None:
        answer = self._awaited.pop(frame.sequence, None)
        if answer is not None and not answer.done():
            answer.set_result(frame)

    def _is_last(self, frame: Frame) -> bool:
        """Answer everything that is not about a message; whether the carrier has said goodbye."""
        if frame.command in (pdu.ENQUIRE_LINK, pdu.UNBIND):
            self._writer.write(pdu.plain(frame.command | pdu.RESPONSE, frame.sequence))
        elif frame.command != pdu.ALERT_NOTIFICATION:
            self._writer.write(pdu.plain(pdu.GENERIC_NACK, frame.sequence, pdu.INVALID_COMMAND))
        return frame.command == pdu.UNBIND

    async def _answer_delivery(self, frame: Frame) -> None:
        try:
            delivered = pdu.deliver_sm(frame)
            status = pdu.INVALID_LENGTH if delivered is None else await self._deliver(delivered)
        except Exception:
            log.exception("a delivery could not be taken")
            status = pdu.TEMPORARY
        finally:
            self._room.release()
        if not self.down.is_set():
            self._writer.write(pdu.plain(pdu.DELIVER_SM | pdu.RESPONSE, frame.sequence, status, b"\0"))


def _came(answer: "asyncio.Future[Frame]") -> bool:
    return not answer.cancelled() and answer.exception() is None
