"""Keeps a link to the carrier up, hands over messages, and decides what each answer means for them.

What nobody can know: a segment that was written to the connection and never answered may or may not have been taken;
the protocol has no question for it (`query_sm` wants the id that did not come) and no key by which the carrier would
know it again. Such a message is `undecided` and is handed over once more, but only those segments of it that were not
answered, under the same reference. Everything answered is in the journal before the worker hears of it.
"""

import asyncio
import random
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import smpp34

from backend.logs import logger
from sms_gateway.settings import SmsSettings
from sms_gateway.smpp import alphabet, journal, parts, pdu, receipts
from sms_gateway.smpp.journal import Arrived, Journal, Reported, Taken
from sms_gateway.smpp.link import Down, Link, Refused, Unanswered
from sms_gateway.smpp.parts import Piece
from sms_gateway.smpp.pdu import Broken, Frame

log = logger(__name__)

FULL = frozenset({0x58, 0x14})
"""Throttled, queue full: slower."""
PASSING = frozenset({0x08, 0x64, 0x65, 0x0D, 0x04, 0x05})
"""System error, temporary errors, not bound (yet): not taken, later perhaps."""
PERMANENT = frozenset({0x01, 0x0B, 0x06, 0x61, 0x62, 0x66, 0x33, 0x34, 0x40, 0x43, 0xFE})
"""About this recipient or this text: length, address, refused for good, undeliverable."""
OPERATOR = frozenset({0x0A, 0x0E, 0x0F, 0x15, 0x48, 0x49, 0x53})
"""About our account or our sender: bad source address, password, system id or type; somebody has to repair it."""

_OPERATOR_PAUSE = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_PATIENCE = 1.5
"""Seconds a message waits here for a pause or a link to end, before it is given back to the worker."""
_FIRST_BACK_OFF = 0.5
PROMPT_SECONDS = 2.0
"""A later answer may cross with the carrier's repetition, which no carrier sends so soon."""
_TIDY_SECONDS = 30.0


@dataclass(frozen=True)
class Result:
    """What became of a message. `result`: sent, later, undecided, rejected or unclassified."""

    result: str
    reason: str = ""
    code: str = ""
    after: float | None = None


class _Answered:
    """Texts that were answered promptly over one link: the carrier has no reason to repeat them there."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._at = seconds, dict[str, float]()

    def __contains__(self, digest: str) -> bool:
        return digest in self._at

    def add(self, digest: str) -> None:
        """Kept as long as an equal text would be taken for a repetition."""
        now = time.monotonic()
        self._at.pop(digest, None)
        self._at[digest] = now
        while now - self._at[oldest := next(iter(self._at))] > self._seconds:
            del self._at[oldest]


class Session:
    """One account at one carrier. `run` until cancelled; `send` at any time."""

    def __init__(self, settings: SmsSettings, notes: Journal) -> None:
        self._settings, self._journal = settings, notes
        self._link: Link | None = None
        self._up = asyncio.Event()
        # Of segments that the carrier may have and the journal does not: so many a kill can double, and no more.
        self._window = asyncio.Semaphore(settings.smpp_window)
        self._under_way: dict[str, asyncio.Task[Result]] = {}
        self._paused_until, self._pause = 0.0, _FIRST_PAUSE
        self._late: set[asyncio.Task[None]] = set()
        self._answered = _Answered(settings.smpp_repeat_seconds)
        self.refused = ""

    @property
    def is_bound(self) -> bool:
        return self._link is not None and not self._link.down.is_set()

    async def run(self) -> None:
        """Bind, and bind again whenever the link goes down; ends with an unbind when it is cancelled."""
        tidying = asyncio.create_task(self._tidy())
        back_off = _FIRST_BACK_OFF
        try:
            while True:
                if await self._bind():
                    back_off = _FIRST_BACK_OFF
                    assert self._link is not None
                    await self._link.down.wait()
                    self._up.clear()
                    log.warning("the link to the carrier is down")
                await asyncio.sleep(back_off * random.uniform(0.8, 1.2))  # noqa: S311 - so that not all come at once
                back_off = min(back_off * 2, self._settings.smpp_reconnect_most_seconds)
        finally:
            tidying.cancel()
            self._up.clear()
            if self._link is not None:
                await self._link.unbind()
            if self._late:
                await asyncio.wait(self._late, timeout=2)

    async def _bind(self) -> bool:
        try:
            self._link = await Link.bound(self._settings, self._deliver)
        except Refused as error:
            self.refused = str(error)
            log.error("the carrier refuses our bind", status=f"0x{error.status:08X}")
            return False
        except (OSError, TimeoutError, Broken) as error:
            self.refused = type(error).__name__
            log.warning("the carrier cannot be reached", error=type(error).__name__)
            return False
        self.refused = ""
        self._answered = _Answered(self._settings.smpp_repeat_seconds)
        self._up.set()
        log.info("bound to the carrier", system=self._settings.smpp_system_id)
        return True

    async def _tidy(self) -> None:
        while True:
            try:
                if passed_on := await self._journal.note(journal.tidy, None):
                    log.warning("texts with missing segments passed on", texts=passed_on)
            except Exception:
                log.exception("tidying failed")
            await asyncio.sleep(min(_TIDY_SECONDS, self._settings.smpp_parts_seconds))

    # --- out --------------------------------------------------------------------------------------------------

    async def send(self, to: str, body: str, reference: str) -> Result:
        """One message, see `send_all`."""
        [result] = await self.send_all([(to, body, reference)])
        return result

    async def send_all(self, messages: Sequence[tuple[str, str, str]]) -> list[Result]:
        """Messages as (to, body, reference); asked twice about one reference, the second waits for the first's result.

        All are begun at once: the window says how many of them are open.
        """
        # Until each has its task nothing is awaited: none may be begun twice, nor on an older look into the journal.
        fresh = {reference: (to, body) for to, body, reference in messages if reference not in self._under_way}
        taken = asyncio.create_task(asyncio.to_thread(journal.taken, list(fresh)))
        for reference, (to, body) in fresh.items():
            task = self._under_way[reference] = asyncio.create_task(self._send(to, body, reference, taken))
            task.add_done_callback(partial(self._ended, reference))
        asked = [asyncio.shield(self._under_way[reference]) for _to, _body, reference in messages]
        return [_result(one) for one in await asyncio.gather(*asked, return_exceptions=True)]

    def _ended(self, reference: str, _task: asyncio.Task[Result]) -> None:
        self._under_way.pop(reference, None)

    async def _send(self, to: str, body: str, reference: str, looked: asyncio.Task[dict[str, set[int]]]) -> Result:
        way = self._settings.smpp_long_messages
        encoded = alphabet.encoded(body, parts.HEADER_OCTETS[way])
        number = zlib.crc32(reference.encode()) & 0xFFFF  # the same at every try: the phone joins what came twice
        taken = (await looked).get(reference, set())
        for piece in parts.pieces(encoded.segments, number, way):
            if piece.number in taken:
                continue
            result = await self._hand_over(to, piece, encoded.data_coding, reference)
            if result is not None:
                return result
        return Result("sent")

    async def _hand_over(self, to: str, piece: Piece, data_coding: int, reference: str) -> Result | None:
        """One segment; None when it was taken and that is written down."""
        async with self._window:
            return await self._hand_over_now(to, piece, data_coding, reference)

    async def _hand_over_now(self, to: str, piece: Piece, data_coding: int, reference: str) -> Result | None:
        link, wait = await self._ready()
        if link is None:
            return Result("later", "not bound" if not wait else "throttled", after=wait or None)

        def taken(frame: Frame) -> Taken:
            return Taken(reference, piece.number, piece.total, to, pdu.message_id(frame))

        def late(frame: Frame) -> None:
            if frame.status == pdu.OK:
                task = asyncio.create_task(self._note(taken(frame)))
                self._late.add(task)
                task.add_done_callback(self._late.discard)

        try:
            frame = await link.submit(to, piece, data_coding, late)
        except Down:
            return Result("later", "not bound")
        except Unanswered:
            return Result("undecided", "the carrier did not answer")
        except (ValueError, smpp34.SmppError):
            return Result("rejected", "cannot be written as SMPP", "unwritable")
        if frame.status != pdu.OK or frame.command == pdu.GENERIC_NACK:
            return self._refusal(frame.status)
        self._pause = _FIRST_PAUSE
        await self._note(taken(frame))
        return None

    async def _note(self, taken: Taken) -> None:
        await self._journal.note(journal.note_taken, taken)

    async def _ready(self) -> tuple[Link | None, float]:
        """A link that may be written to now, else how long it is to be left alone (0: no link)."""
        give_up_at = time.monotonic() + _PATIENCE
        while (wait := self._paused_until - time.monotonic()) > 0:
            if time.monotonic() + wait > give_up_at:
                return None, wait
            await asyncio.sleep(wait)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, give_up_at - time.monotonic())):
                await self._up.wait()
        return (self._link, 0.0) if self._up.is_set() and self.is_bound else (None, 0.0)

    def _refusal(self, status: int) -> Result:
        code = f"0x{status:08X}"
        reason = f"the carrier answered {code}"
        if status in FULL:
            if self._paused_until <= time.monotonic():  # one step for all answers to what was in the window
                self._paused_until = time.monotonic() + self._pause
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            return Result("later", reason, code, max(0.1, self._paused_until - time.monotonic()))
        if status in PASSING:
            return Result("later", reason, code)
        if status in PERMANENT:
            return Result("rejected", reason, code)
        if status in OPERATOR:
            log.error("the carrier refuses our account or sender", status=code)
            return Result("later", reason, code, _OPERATOR_PAUSE)
        return Result("unclassified", reason, code)

    # --- in ---------------------------------------------------------------------------------------------------

    async def _deliver(self, delivered: smpp34.DeliverSm) -> int:
        """A receipt or a citizen's text, written down before this returns the status of our answer."""
        tlvs = {tlv.tag: bytes(tlv.value) for tlv in delivered.tlvs}
        content = bytes(delivered.short_message) or tlvs.get(parts.PAYLOAD, b"")
        if receipts.is_receipt(delivered.esm_class):
            receipt = receipts.read(content, delivered.data_coding, tlvs)
            if receipt is None:
                log.warning("a receipt that names no message")
                return pdu.OK
            source = _number(delivered.source_addr, delivered.source_addr_ton)
            known = await self._journal.note(journal.note_receipts, Reported(receipt, source))
            log.info("receipt", provider_message=receipt.message_id, state=receipt.state, known=known)
            return pdu.OK
        part = parts.taken_apart(delivered.esm_class, bytes(delivered.short_message), tlvs)
        source = _number(delivered.source_addr, delivered.source_addr_ton)
        arrived = Arrived(source, delivered.destination_addr, delivered.data_coding, part)
        answered, came = self._answered, time.monotonic()
        arrived = replace(arrived, anew=part.total == 1 and arrived.digest in answered)
        done = await self._journal.note(journal.note_arrived, arrived)
        if time.monotonic() - came < PROMPT_SECONDS:
            answered.add(arrived.digest)
        log.info("message arrived", done=done, number=part.number, total=part.total)
        return pdu.OK


def _result(ended: Result | BaseException) -> Result:
    if isinstance(ended, Result):
        return ended
    log.error("handing over failed", exc_info=ended)
    return Result("undecided", "a fault of the session")


def _number(address: str, type_of_number: int) -> str:
    """An address with the plus that international numbers do without in SMPP."""
    shown = address if address.isprintable() else ""
    return f"+{shown}" if type_of_number == 1 and shown.isdecimal() and len(shown) >= 8 else shown[:32]
