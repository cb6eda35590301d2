"""An officer's own notices, in the page: which are new, what they say, and that they were read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from backend import clock
from backend.database import reading, transaction
from backend.errors import NotFound
from backend.notifications import texts, versions, wording
from backend.notifications.events import Event
from backend.notifications.models import UNREAD, Notification, State
from backend.notifications.versions import Slot

MOST = 100
KEPT = timedelta(days=30)
"""How long what was read is still listed."""
COUNTED = 99


@dataclass(frozen=True)
class Notice:
    """One line. `title` is Vietnamese, for `gettext`; `dossier_id` or `case_id` is what it is about."""

    id: int
    at: datetime
    title: str
    text: str
    dossier_id: int | None
    read: bool
    case_id: int | None = None


def unread_count(officer_id: int) -> int:
    """How many are new, up to `COUNTED` + 1: nobody needs to know more, and it is asked for on every page."""
    new = _mine(officer_id).with_only_columns(Notification.id).where(Notification.state.in_(UNREAD))
    with reading() as session:
        return session.scalar(select(func.count()).select_from(new.limit(COUNTED + 1).subquery())) or 0


def notices(officer_id: int) -> list[Notice]:
    """The new ones first, then those read lately; each the latest first."""
    latest = _mine(officer_id).order_by(Notification.not_before.desc(), Notification.id.desc()).limit(MOST)
    lately = Notification.read_at > clock.now() - KEPT
    with reading() as session:
        new = session.scalars(latest.where(Notification.state.in_(UNREAD))).all()
        read = session.scalars(latest.where(Notification.state == State.READ, lately)).all()
    rows = [*new, *read]
    return [_notice(row, text) for row, text in zip(rows, lines(rows), strict=True)]


def open_notice(officer_id: int, notification_id: int) -> tuple[str, int] | None:
    """Note that the officer has read it; what it is about: `dossier` or `case`, and its id.

    Raises NotFound for anybody else's.
    """
    with transaction() as session:
        row = session.scalar(_mine(officer_id).where(Notification.id == notification_id))
        if row is None:
            raise NotFound("Không có thông báo này.")
        if row.state in UNREAD:
            row.state, row.read_at, row.next_at = State.READ, clock.now(), None
        return _about(row)


def read_all(officer_id: int, up_to: int) -> None:
    """Everything up to this notification was read; what came while the page was open stays new."""
    with transaction() as session:
        session.execute(
            update(Notification)
            .where(
                Notification.officer_id == officer_id,
                Notification.state.in_(UNREAD),
                Notification.not_before <= clock.now(),
                Notification.id <= up_to,
            )
            .values(state=State.READ, read_at=clock.now(), next_at=None)
        )


def lines(rows: Iterable[Notification]) -> list[str]:
    """What officers' notifications say, in the words of the templates in force."""
    known: dict[Slot, str] = {}
    said = []
    for row in rows:
        slot = versions.slot(Event(row.event), row.variant, "page")
        if slot not in known:
            known[slot] = versions.in_force(slot).text
        said.append(texts.fill(known[slot], row.facts))
    return said


def _mine(officer_id: int) -> Any:
    return select(Notification).where(
        Notification.officer_id == officer_id,
        Notification.state != State.SUPPRESSED,
        Notification.not_before <= clock.now(),
    )


def _notice(row: Notification, text: str) -> Notice:
    title = wording.EVENTS[Event(row.event)]
    kind, number = _about(row) or ("", None)
    dossier, case = (number if kind == name else None for name in ("dossier", "case"))
    return Notice(row.id, row.not_before, title, text, dossier, row.state == State.READ, case)


def _about(row: Notification) -> tuple[str, int] | None:
    kind, _, number = row.subject.partition(":")
    return (kind, int(number)) if kind in ("dossier", "case") and number.isdigit() else None


def newest(found: Sequence[Notice]) -> int:
    """The id up to which this list goes."""
    return max((notice.id for notice in found), default=0)
