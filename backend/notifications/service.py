"""Telling people what has happened: one row a recipient, written in the transaction of the event.

The row is the truth; a task renders it from the template in force and tries the recipient's channels one after the
other (`dispatch`). Features say what happened and to whom; wording, channels and quiet hours are decided here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from backend import clock
from backend.database import after_commit, insert_new, practising, reading
from backend.i18n import gettext
from backend.messaging import service as messaging
from backend.messaging.service import Entry
from backend.notifications import dispatch, tasks, versions, wording
from backend.notifications.events import Audience
from backend.notifications.events import Event as Event
from backend.notifications.models import Notification, State, Why

_silent: ContextVar[bool] = ContextVar("silent", default=False)


@dataclass(frozen=True)
class Applicant:
    """Whom to tell outside the house. `phone` is E.164."""

    name: str
    phone: str
    email: str = ""
    citizen_id: int | None = None


@dataclass(frozen=True)
class Telling:
    """What happened. `subject` is `dossier:<id>`; `about` its code, for the conversation to know what "HS" means.

    `key` makes it unique: the same event, key and recipient are told once, however often it is asked for.
    `facts` fill the template's placeholders. `not_before` holds it back while the event can still be undone.
    """

    event: Event
    subject: str
    about: str
    key: str
    facts: Mapping[str, str]
    variant: str = ""
    not_before: datetime | None = None


def tell_applicant(session: Session, telling: Telling, to: Applicant) -> None:
    """Write the notification of an applicant into the open transaction."""
    _tell(session, telling, to)


def tell_officers(session: Session, telling: Telling, officer_ids: Sequence[int]) -> None:
    """Write the notifications of officers into the open transaction."""
    _tell(session, telling, officer_ids)


def tell_many(session: Session, tellings: Iterable[tuple[Telling, Applicant | Sequence[int]]]) -> int:
    """Write what a sweep has to tell, each to an applicant or to officers, in few statements; how many are new.

    No worker is woken for them: the dispatcher's own sweep finds them within the minute.
    """
    return len(_insert(session, [row for telling, to in tellings for row in _rows(telling, to)]))


def take_back(session: Session, subject: str, key: str) -> None:
    """Suppress what is still held back of an event that is undone."""
    session.execute(
        update(Notification)
        .where(Notification.subject == subject, Notification.key == key, Notification.state == State.WAITING)
        .values(state=State.SUPPRESSED, why=Why.UNDONE, next_at=None)
    )


@contextmanager
def silently() -> Iterator[None]:
    """Within the block nobody is told anything: for made-up dossiers and for taking over old ones."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


@dataclass(frozen=True)
class Told:
    """Something that an applicant was told, or is about to be. `text` is empty while it is not worded yet."""

    at: datetime
    event: str
    channel: str
    text: str
    status: str


def told(subject: str) -> list[Told]:
    """What the applicant of `dossier:<id>` was told, the newest first, in the words of this request's language.

    Each channel that was tried is a line of its own; `text` is what was sent, as it was meant (accented).
    """
    with reading() as session:
        query = select(Notification).where(Notification.subject == subject, Notification.audience == Audience.APPLICANT)
        rows = session.scalars(query.options(selectinload(Notification.attempts)).order_by(Notification.id)).all()
        said = messaging.entries([attempt.message_id for row in rows for attempt in row.attempts])
    lines = [line for row in rows for line in (_attempts(row, said) or [_not_sent(row)])]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _attempts(row: Notification, said: Mapping[int, Entry]) -> list[Told]:
    return [
        Told(
            at=attempt.at,
            event=gettext(wording.EVENTS[Event(row.event)]),
            channel=gettext(wording.CHANNELS.get(attempt.channel, attempt.channel)),
            text=said[attempt.message_id].text,
            status=gettext(wording.STATES[said[attempt.message_id].status]),
        )
        for attempt in row.attempts
    ]


def _not_sent(row: Notification) -> Told:
    if practising() and row.state == State.WAITING:
        return _would_be(row)
    status = gettext(wording.REASONS.get(row.why) or wording.STATES[row.state])
    return Told(row.created_at, gettext(wording.EVENTS[Event(row.event)]), "", "", status)


def _would_be(row: Notification) -> Told:
    """What the applicant would get by SMS: while practising nothing is sent."""
    template = versions.in_force(versions.slot(Event(row.event), row.variant, "sms"))
    status = gettext("tập làm, không gửi; khi làm thật người nộp sẽ nhận tin này")
    text = dispatch.worded(template, "sms", row.facts)
    return Told(row.created_at, gettext(wording.EVENTS[Event(row.event)]), "SMS", text, status)


def _tell(session: Session, telling: Telling, to: Applicant | Sequence[int]) -> None:
    rows = _rows(telling, to)
    made = _insert(session, rows)
    if made:
        after_commit(session, lambda: tasks.wake(made, rows[0]["next_at"]))


def _rows(telling: Telling, to: Applicant | Sequence[int]) -> list[dict[str, Any]]:
    """One for each recipient, all with the same columns."""
    whom: list[tuple[str, str, str, int | None, int | None]]
    if isinstance(to, Applicant):
        whom = [(f"phone:{to.phone}", to.phone, to.email, to.citizen_id, None)]
    else:
        whom = [(f"officer:{one}", "", "", None, one) for one in dict.fromkeys(to)]
    now = clock.now()
    due = max(now, telling.not_before or now)
    common = {
        "audience": Audience.APPLICANT if isinstance(to, Applicant) else Audience.OFFICER,
        "event": telling.event,
        "variant": telling.variant,
        "subject": telling.subject,
        "about": telling.about,
        "key": telling.key,
        "facts": dict(telling.facts),
        "state": State.WAITING,
        "created_at": now,
        "not_before": due,
        "next_at": due,
    }
    columns = ("recipient", "phone", "email", "citizen_id", "officer_id")
    return [common | dict(zip(columns, one, strict=True)) for one in whom]


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    """The ids of those that were not there yet."""
    if _silent.get():
        return []
    return insert_new(session, Notification, rows)
