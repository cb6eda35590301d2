"""What must outlive the session process, written before anybody is told: segments taken, receipts, messages that came.

One thread writes; whatever has gathered while it wrote goes into its next transaction. A carrier's burst costs few
commits that way, and two segments of one text never race.
"""

import asyncio
import hashlib
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from backend import clock
from backend.database import insert_in, reading, transaction
from backend.logs import logger
from backend.messaging import service
from backend.messaging.models import Status
from backend.messaging.service import Inbound
from backend.text import phone_number
from sms_gateway.models import SmppIn, SmppOut
from sms_gateway.senders import person
from sms_gateway.settings import sms_settings
from sms_gateway.smpp import alphabet
from sms_gateway.smpp.parts import Part
from sms_gateway.smpp.receipts import Receipt, plain_id, spellings

log = logger(__name__)
T = TypeVar("T")

CHANNEL = "sms"
MISSING = " … "
"""Stands for segments of a citizen's text that never came."""
_MOST_AT_ONCE = 100
_KEPT_OUT = timedelta(days=4)
_KEPT_IN = timedelta(days=1)
_SAME_PARTS = timedelta(hours=1)
"""How long a segment of a long text is known again: a reference is used anew after 256 texts at the earliest."""


class Journal:
    """Writes to the database from a thread of its own; `close` ends it after what was asked."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[Callable[[Session], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def write(self, call: Callable[[Session], T]) -> T:
        """The result of `call(session)` once it is committed. Raises what it raised."""
        done: Future[T] = Future()
        self._asked.put((call, done))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Write what is asked, then stop."""
        self._asked.put(None)
        self._thread.join(10)

    def _run(self) -> None:
        while (first := self._asked.get()) is not None:
            calls = [first]
            ended = False
            while len(calls) < _MOST_AT_ONCE and not self._asked.empty():
                call = self._asked.get()
                if call is None:
                    ended = True
                    break
                calls.append(call)
            # From here on a call cannot be cancelled any more: its result has somewhere to go.
            _commit([call for call in calls if call[1].set_running_or_notify_cancel()])
            if ended:
                return


def _commit(calls: Sequence[tuple[Callable[[Session], Any], Future[Any]]]) -> None:
    try:
        with transaction() as session:
            results = [call(session) for call, _done in calls]
    except Exception as error:
        if len(calls) == 1:
            calls[0][1].set_exception(error)
            return
        for call in calls:  # one of them spoils it for all
            _commit([call])
        return
    for (_call, done), result in zip(calls, results, strict=True):
        done.set_result(result)


# --- out --------------------------------------------------------------------------------------------------


def provider_id(reference: str) -> str:
    """How the ledger knows a message: the carrier's own ids are per segment, and begin anew when it restarts."""
    return f"smpp-{reference}"


# Built once, and giving rows instead of objects: they run for every segment, and that way cost a sixth.
_out = cast(Table, SmppOut.__table__)
_TAKEN = select(_out.c.number, _out.c.total).where(_out.c.reference == bindparam("reference"))
_STATES = select(_out.c.status, _out.c.error).where(_out.c.reference == bindparam("reference"))
_EARLY = select(_out.c.id, _out.c.address, _out.c.status, _out.c.error).where(
    _out.c.reference.is_(None), _out.c.message_id.in_(bindparam("ids", expanding=True))
)
_MEANT = (
    select(_out.c.id, _out.c.reference, _out.c.total, _out.c.address, _out.c.message_id, _out.c.status)
    .where(_out.c.reference.is_not(None), _out.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(_out.c.id)
)
_MOVE = (
    update(_out)
    .where(_out.c.id == bindparam("of"))
    .values(status=bindparam("new_status"), error=bindparam("new_error"))
)
_FORGET = delete(_out).where(_out.c.id == bindparam("of"))


@cache
def _write_down(dialect: str) -> Any:
    return insert_in(dialect, _out).on_conflict_do_nothing(index_elements=["reference", "number"])


def taken(reference: str) -> set[int]:
    """Which segments of a message the carrier has taken."""
    with reading() as session:
        return {row.number for row in session.connection().execute(_TAKEN, {"reference": reference})}


def whole(reference: str) -> bool:
    """Whether the carrier has taken all of a message."""
    with reading() as session:
        rows = session.connection().execute(_TAKEN, {"reference": reference}).all()
    return bool(rows) and len(rows) >= rows[0].total


@dataclass(frozen=True)
class Taken:
    """The carrier's yes to one segment."""

    reference: str
    number: int
    total: int
    address: str
    message_id: str


def note_taken(session: Session, one: Taken) -> None:
    """Write it down, once; a receipt that was faster is found and counts."""
    connection, message_id = session.connection(), plain_id(one.message_id)
    found = connection.execute(_EARLY, {"ids": spellings(message_id)}).all()
    early = next((row for row in found if row.address in ("", one.address)), None)
    row = {
        "reference": one.reference,
        "number": one.number,
        "total": one.total,
        "address": one.address,
        "message_id": message_id,
        "status": early.status if early else Status.SENT,
        "error": early.error if early else "",
        "at": clock.now(),
    }
    connection.execute(_write_down(connection.dialect.name), row)
    if early is not None:
        connection.execute(_FORGET, {"of": early.id})
        _settle(session, one.reference, one.total, early.status, early.error)


def note_receipt(session: Session, receipt: Receipt, source: str) -> bool:
    """What a receipt says of a segment, and thereby of its message; False when nobody here knows the segment yet.

    `source` is the receipt's own sender, the phone the message went to; some carriers leave it out.
    """
    if receipt.status is None:
        return True
    connection, address = session.connection(), phone_number(source) or ""
    row = _meant(connection, receipt.message_id, address)
    if row is None:
        early = {
            "reference": None,
            "number": 0,
            "total": 0,
            "address": address,
            "message_id": plain_id(receipt.message_id),
            "status": receipt.status,
            "error": receipt.error,
            "at": clock.now(),
        }
        connection.execute(_out.insert(), early)
        return False
    if row.status == Status.SENT and receipt.status != Status.SENT:
        connection.execute(_MOVE, {"of": row.id, "new_status": receipt.status, "new_error": receipt.error})
        _settle(session, row.reference, row.total, receipt.status, receipt.error)
    return True


def _meant(connection: Connection, message_id: str, address: str) -> Any:
    """The segment a receipt means: that number's, the same spelling before another one, the latest of several."""
    wanted = spellings(message_id)
    rows = connection.execute(_MEANT, {"ids": wanted}).all()
    if address:  # another number's message may happen to have such an id
        rows = [row for row in rows if row.address == address]
    return max(rows, key=lambda row: (-wanted.index(row.message_id), row.id), default=None)


def _settle(session: Session, reference: str, total: int, status: str, error: str) -> None:
    """Tell the ledger once something is sure of the whole message: one segment failed, or all arrived."""
    if status == Status.FAILED:
        service.record_receipt(CHANNEL, provider_id(reference), Status.FAILED, error)
    elif status == Status.DELIVERED and (total == 1 or _all_arrived(session, reference, total)):
        service.record_receipt(CHANNEL, provider_id(reference), Status.DELIVERED)


def _all_arrived(session: Session, reference: str, total: int) -> bool:
    states = session.connection().execute(_STATES, {"reference": reference}).all()
    return len(states) >= total and all(state.status == Status.DELIVERED for state in states)


# --- in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrived:
    """One `deliver_sm` with a person's text, or a segment of it."""

    source: str
    destination: str
    data_coding: int
    part: Part

    @property
    def digest(self) -> str:
        """The same for the carrier's repetition, which has no id of its own."""
        part = self.part
        return _digest(self._key, self.data_coding, part.number, part.data)

    @property
    def message(self) -> str:
        """What segments of one text share."""
        return _digest(self._key, self.digest if self.part.total == 1 else "")

    @property
    def _key(self) -> tuple[object, ...]:
        return (self.source, self.destination, self.part.reference, self.part.total)


def _digest(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:40]


def note_arrived(session: Session, arrived: Arrived) -> str:
    """Write a segment down, and receive the text when it was the last one missing; what was done, for the log."""
    if person(arrived.source) is None:
        return "machine"
    now, part = clock.now(), arrived.part
    window = _SAME_PARTS if part.total > 1 else timedelta(seconds=sms_settings().smpp_repeat_seconds)
    known = select(SmppIn.id).where(SmppIn.digest == arrived.digest, SmppIn.at > now - window)
    if session.scalar(known.limit(1)) is not None:
        return "repeated"
    row = SmppIn(
        digest=arrived.digest,
        message=arrived.message,
        source=arrived.source,
        number=part.number,
        total=part.total,
        data_coding=arrived.data_coding,
        content=part.data,
        received=False,
        at=now,
    )
    session.add(row)
    session.flush()
    open_parts = select(SmppIn).where(SmppIn.message == arrived.message, SmppIn.received.is_(False))
    rows = session.scalars(open_parts.order_by(SmppIn.id)).all()
    if len({row.number for row in rows}) < part.total:
        return "part"
    _receive(rows)
    return "received"


def _receive(rows: Sequence[SmppIn]) -> None:
    """Hand the text of these segments to messaging; gaps are shown as such."""
    by_number = {row.number: row for row in rows}
    text, run = "", list[tuple[int, bytes]]()
    for number in range(1, rows[0].total + 1):
        row = by_number.get(number)
        if row is not None:
            run.append((row.data_coding, row.content))
            continue
        text, run = text + _text(run) + MISSING, []
    text += _text(run)
    address = person(rows[0].source)
    assert address is not None, "checked when it arrived"
    service.receive(Inbound(CHANNEL, f"smpp-{rows[0].message[:24]}-{min(row.id for row in rows)}", address, text))
    for row in rows:
        row.received = True


def _text(run: Sequence[tuple[int, bytes]]) -> str:
    return alphabet.decoded(run, sms_settings().smpp_default_alphabet) or ""


def tidy(session: Session) -> int:
    """Pass on texts whose missing segments are overdue, forget what is old; how many were passed on incomplete."""
    now = clock.now()
    overdue = now - timedelta(seconds=sms_settings().smpp_parts_seconds)
    stale = select(SmppIn.message).where(SmppIn.received.is_(False)).group_by(SmppIn.message)
    messages = [
        message
        for message in session.scalars(stale.limit(1_000)).all()
        if max(session.scalars(select(SmppIn.at).where(SmppIn.message == message)).all()) < overdue
    ]
    for message in messages:
        query = select(SmppIn).where(SmppIn.message == message, SmppIn.received.is_(False))
        _receive(session.scalars(query.order_by(SmppIn.id)).all())
    session.execute(delete(SmppIn).where(SmppIn.received.is_(True), SmppIn.at < now - _KEPT_IN))
    session.execute(delete(SmppOut).where(SmppOut.at < now - _KEPT_OUT))
    return len(messages)
