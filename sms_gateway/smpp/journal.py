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
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import Connection, Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from backend import clock
from backend.database import insert_in, reading, transaction
from backend.logs import logger
from backend.messaging import service
from backend.messaging.channels import Receipt
from backend.messaging.models import Status
from backend.messaging.service import Inbound
from backend.text import phone_number
from sms_gateway.models import SmppIn, SmppOut
from sms_gateway.senders import person
from sms_gateway.settings import sms_settings
from sms_gateway.smpp import alphabet, receipts
from sms_gateway.smpp.parts import Part
from sms_gateway.smpp.receipts import plain_id, spellings

log = logger(__name__)
T = TypeVar("T")
R = TypeVar("R")

CHANNEL = "sms"
MISSING = " … "
"""Stands for segments of a citizen's text that never came."""
_MOST_AT_ONCE = 100
_KEPT_OUT = timedelta(days=4)
_KEPT_IN = timedelta(days=1)
_SAME_PARTS = timedelta(hours=1)
"""How long a segment of a long text is known again: a reference is used anew after 256 texts at the earliest."""


class Asked(NamedTuple):
    """`call` gets everything that gathered for it, in order, and gives a result for each."""

    call: Callable[[Session, Sequence[Any]], Sequence[Any]]
    item: Any
    done: Future[Any]


class Journal:
    """Writes to the database from a thread of its own; `close` ends it after what was asked."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def note(self, call: Callable[[Session, Sequence[T]], Sequence[R]], item: T) -> R:
        """What `call` makes of `item` once that is committed. Raises what it raised."""
        done: Future[R] = Future()
        self._asked.put(Asked(call, item, done))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Write what is asked, then stop."""
        self._asked.put(None)
        self._thread.join(10)

    def _run(self) -> None:
        while (first := self._asked.get()) is not None:
            gathered = [first]
            ended = False
            while len(gathered) < _MOST_AT_ONCE and not self._asked.empty():
                asked = self._asked.get()
                if asked is None:
                    ended = True
                    break
                gathered.append(asked)
            # From here on nothing of it can be cancelled any more: its result has somewhere to go.
            _commit([asked for asked in gathered if asked.done.set_running_or_notify_cancel()])
            if ended:
                return


def _commit(gathered: Sequence[Asked]) -> None:
    kinds: dict[Any, list[Asked]] = {}
    for asked in gathered:
        kinds.setdefault(asked.call, []).append(asked)
    try:
        with transaction() as session:
            results = [(several, call(session, [one.item for one in several])) for call, several in kinds.items()]
    except Exception as error:
        if len(gathered) == 1:
            gathered[0].done.set_exception(error)
            return
        for asked in gathered:  # one of them spoils it for all
            _commit([asked])
        return
    for several, given in results:
        for asked, result in zip(several, given, strict=True):
            asked.done.set_result(result)


# --- out --------------------------------------------------------------------------------------------------


def provider_id(reference: str) -> str:
    """How the ledger knows a message: the carrier's own ids are per segment, and begin anew when it restarts."""
    return f"smpp-{reference}"


# Built once, and giving rows instead of objects: they run for every segment, and that way cost a sixth.
_out = cast(Table, SmppOut.__table__)
_TAKEN = select(_out.c.reference, _out.c.number, _out.c.total).where(
    _out.c.reference.in_(bindparam("references", expanding=True))
)
_STATES = select(_out.c.reference, _out.c.status).where(_out.c.reference.in_(bindparam("references", expanding=True)))
_EARLY = (
    select(_out.c.id, _out.c.address, _out.c.message_id, _out.c.status, _out.c.error)
    .where(_out.c.reference.is_(None), _out.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(_out.c.id)
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


def taken(references: Sequence[str]) -> dict[str, set[int]]:
    """Which segments of these messages the carrier has taken."""
    found: dict[str, set[int]] = {}
    if references:
        with reading() as session:
            for row in session.connection().execute(_TAKEN, {"references": list(references)}):
                found.setdefault(row.reference, set()).add(row.number)
    return found


def whole(reference: str) -> bool:
    """Whether the carrier has taken all of a message."""
    with reading() as session:
        rows = session.connection().execute(_TAKEN, {"references": [reference]}).all()
    return bool(rows) and len(rows) >= rows[0].total


@dataclass(frozen=True)
class Taken:
    """The carrier's yes to one segment."""

    reference: str
    number: int
    total: int
    address: str
    message_id: str


@dataclass(frozen=True)
class Reported:
    """A receipt; `source` is its own sender, the phone the message went to: some carriers leave it out."""

    receipt: receipts.Receipt
    source: str


class Settled(NamedTuple):
    """A segment of which something new is known."""

    reference: str
    total: int
    status: str
    error: str


def note_taken(session: Session, several: Sequence[Taken]) -> Sequence[None]:
    """Write each down, once; a receipt that was faster is found and counts."""
    connection, now = session.connection(), clock.now()
    wanted = {spelling for one in several for spelling in spellings(plain_id(one.message_id))}
    faster = list(connection.execute(_EARLY, {"ids": list(wanted)}))
    rows, news, used = list[dict[str, Any]](), list[Settled](), list[dict[str, int]]()
    for one in several:
        message_id = plain_id(one.message_id)
        meant = [r for r in faster if r.message_id in spellings(message_id) and r.address in ("", one.address)]
        early = meant[0] if meant else None
        if early is not None:
            faster.remove(early)
            used.append({"of": early.id})
            news.append(Settled(one.reference, one.total, early.status, early.error))
        rows.append(
            {
                "reference": one.reference,
                "number": one.number,
                "total": one.total,
                "address": one.address,
                "message_id": message_id,
                "status": early.status if early else Status.SENT,
                "error": early.error if early else "",
                "at": now,
            }
        )
    connection.execute(_write_down(connection.dialect.name), rows)
    if used:
        connection.execute(_FORGET, used)
        _settle(connection, news)
    return [None] * len(several)


def note_receipts(session: Session, several: Sequence[Reported]) -> Sequence[bool]:
    """What receipts say of segments, and thereby of messages; False for those whose segment nobody here knows yet."""
    connection, now = session.connection(), clock.now()
    wanted = {spelling for one in several for spelling in spellings(one.receipt.message_id)}
    known = connection.execute(_MEANT, {"ids": list(wanted)}).all()
    early, moved, results = list[dict[str, Any]](), dict[int, dict[str, Any]](), list[bool]()
    news: list[Settled] = []
    for receipt, source in ((one.receipt, one.source) for one in several):
        address = phone_number(source) or ""
        row = _meant(known, receipt.message_id, address)
        results.append(receipt.status is None or row is not None)
        if receipt.status is None:
            continue
        if row is None:
            early.append(
                {
                    "reference": None,
                    "number": 0,
                    "total": 0,
                    "address": address,
                    "message_id": plain_id(receipt.message_id),
                    "status": receipt.status,
                    "error": receipt.error,
                    "at": now,
                }
            )
        elif row.id not in moved and row.status == Status.SENT and receipt.status != Status.SENT:
            moved[row.id] = {"of": row.id, "new_status": receipt.status, "new_error": receipt.error}
            news.append(Settled(row.reference, row.total, receipt.status, receipt.error))
    if early:
        connection.execute(_out.insert(), early)
    if moved:
        connection.execute(_MOVE, [moved[number] for number in sorted(moved)])  # all lock in one order
        _settle(connection, news)
    return results


def _meant(rows: Sequence[Any], message_id: str, address: str) -> Any:
    """The segment a receipt means: that number's, the same spelling before another one, the latest of several."""
    wanted = spellings(message_id)
    rows = [row for row in rows if row.message_id in wanted]
    if address:  # another number's message may happen to have such an id
        rows = [row for row in rows if row.address == address]
    return max(rows, key=lambda row: (-wanted.index(row.message_id), row.id), default=None)


def _settle(connection: Connection, news: Sequence[Settled]) -> None:
    """Tell the ledger what is sure of a whole message: one segment failed, or all arrived."""
    parted = {one.reference for one in news if one.total > 1 and one.status == Status.DELIVERED}
    states: dict[str, list[str]] = {reference: [] for reference in parted}
    if parted:
        for row in connection.execute(_STATES, {"references": list(parted)}):
            states[row.reference].append(row.status)
    sure = []
    for one in news:
        arrived = states.get(one.reference, [one.status])
        if one.status == Status.FAILED:
            sure.append(Receipt(provider_id(one.reference), Status.FAILED, one.error))
        elif len(arrived) >= one.total and set(arrived) == {Status.DELIVERED}:
            sure.append(Receipt(provider_id(one.reference), Status.DELIVERED))
    if sure:
        service.record_receipts(CHANNEL, sure)


# --- in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrived:
    """One `deliver_sm` with a person's text, or a segment of it. `anew`: it cannot be the carrier's repetition."""

    source: str
    destination: str
    data_coding: int
    part: Part
    anew: bool = False

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


def note_arrived(session: Session, several: Sequence[Arrived]) -> Sequence[str]:
    """Write segments down, and receive a text when the last one missing is there; what was done, for the log."""
    return [_note_arrived(session, one) for one in several]


def _note_arrived(session: Session, arrived: Arrived) -> str:
    if person(arrived.source) is None:
        return "machine"
    now, part = clock.now(), arrived.part
    window = _SAME_PARTS if part.total > 1 else timedelta(seconds=sms_settings().smpp_repeat_seconds)
    known = select(SmppIn.id).where(SmppIn.digest == arrived.digest, SmppIn.at > now - window)
    if not arrived.anew and session.scalar(known.limit(1)) is not None:
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


def tidy(session: Session, asked: Sequence[None]) -> Sequence[int]:
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
    return [len(messages)] * len(asked)
