"""The calendar as administered: days off and days worked that neither the law's list nor our files know.

Every process lays them over its calendar (`install`), and sees a change within `calendar.ASK_AGAIN_SECONDS`. A change
that takes working time away is left `unsettled` until `dossiers` has moved the appointments it concerns.
"""

from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update

from backend import audit, calendar, clock
from backend.audit import Audit
from backend.database import after_commit, reading, transaction
from backend.errors import Conflict, InvalidInput, NotFound
from backend.i18n import gettext
from backend.organisation.models import CalendarDay

LONGEST_NAME = 120
FIRST_YEAR, LAST_YEAR = 2017, 2100


class Kind(StrEnum):
    """What an administered day is."""

    OFF = "off"
    WORKED = "worked"


@dataclass(frozen=True)
class Day:
    """A day unlike the others of its kind: a weekday that is off, or a weekend day that is worked.

    `administered` ones can be removed; the others come from the law's list or from our files.
    """

    day: date
    kind: Kind
    name: str
    administered: bool


@dataclass(frozen=True)
class CalendarLoss:
    """Working time that a change of the calendar took away: since `changed_at` the whole day is not counted."""

    day: date
    name: str
    changed_at: datetime


def days(year: int) -> list[Day]:
    """The days of a year that are off though weekdays, or worked though on a weekend, in order."""
    with reading() as session:
        mine = select(CalendarDay).where(
            CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)), CalendarDay.removed.is_(False)
        )
        administered = {row.day: Day(row.day, Kind(row.kind), row.name, True) for row in session.scalars(mine)}
    known = {day.day: day for day in _known(year)}
    return [day for _, day in sorted((known | administered).items())]


def _known(year: int) -> Iterator[Day]:
    day = date(year, 1, 1)
    while day.year == year:
        weekend = day.weekday() >= calendar.SATURDAY
        if weekend and calendar.is_working_day(day):
            yield Day(day, Kind.WORKED, "Ngày làm việc (hoán đổi)", False)
        elif not weekend and not calendar.is_working_day(day):
            yield Day(day, Kind.OFF, calendar.holiday_name(day) or "Ngày nghỉ", False)
        day += timedelta(days=1)


def add(day: date, kind: Kind | str, name: str, actor: str) -> None:
    """Set a day off or worked. `actor` as in the audit.

    Raises InvalidInput for a name that is missing or too long, a day out of reach, and a day that is that already;
    Conflict where the day has been set the other way before: it has to be removed first.
    """
    name = name.strip()
    if kind not in set(Kind):
        raise _wrong("kind", "Hãy chọn ngày nghỉ hoặc ngày làm việc.")
    if not 0 < len(name) <= LONGEST_NAME:
        raise _wrong("name", f"Cần ghi tên ngày, nhiều nhất {LONGEST_NAME} chữ.")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _wrong("day", "Ngày này nằm ngoài lịch.")
    calendar.look_again()
    with transaction() as session:
        row = session.get(CalendarDay, day, with_for_update=True)
        if row is not None and not row.removed:
            raise Conflict(
                gettext(
                    "Ngày %(day)s đã được đặt là “%(name)s”. Hãy xóa trước khi đặt lại.",
                    day=f"{day:%d/%m/%Y}",
                    name=row.name,
                )
            )
        if calendar.is_working_day(day) == (kind == Kind.WORKED):
            already = "ngày làm việc" if kind == Kind.WORKED else "ngày nghỉ"
            raise _wrong("day", f"Ngày {day:%d/%m/%Y} vốn đã là {already}.")
        if row is None:
            row = CalendarDay(day=day)
            session.add(row)
        row.kind, row.name, row.removed = kind, name, False
        row.changed_at, row.settled = clock.now(), kind == Kind.WORKED
        audit.record(session, Audit.CALENDAR_DAY_ADDED, actor=actor, subject=f"calendar_day:{day}", kind=str(kind))
        after_commit(session, calendar.look_again)


def remove(day: date, actor: str) -> None:
    """Let a day be what it was before it was set. Raises NotFound where it was not."""
    with transaction() as session:
        row = session.get(CalendarDay, day, with_for_update=True)
        if row is None or row.removed:
            raise NotFound(gettext("Ngày %(day)s không có trong lịch đã đặt.", day=f"{day:%d/%m/%Y}"))
        row.removed, row.changed_at, row.settled = True, clock.now(), row.kind == Kind.OFF
        audit.record(session, Audit.CALENDAR_DAY_REMOVED, actor=actor, subject=f"calendar_day:{day}", kind=row.kind)
        after_commit(session, calendar.look_again)


def _wrong(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, fields=[{"field": field, "message": message}])


def calendar_losses() -> list[CalendarLoss]:
    """The changes that took working time away and for which no appointments have been moved yet."""
    with reading() as session:
        rows = session.scalars(select(CalendarDay).where(CalendarDay.settled.is_(False)).order_by(CalendarDay.day))
        return [CalendarLoss(row.day, row.name, row.changed_at) for row in rows]


def settle_calendar_loss(loss: CalendarLoss) -> None:
    """The appointments have been moved; nothing happens where the day was changed again meanwhile."""
    with transaction() as session:
        same = (CalendarDay.day == loss.day) & (CalendarDay.changed_at == loss.changed_at)
        session.execute(update(CalendarDay).where(same).values(settled=True))


def overlay() -> calendar.Overlay:
    """What is administered, for the calendar. It reads beside an open transaction, which may be another database's."""
    return Context().run(_overlay)


def _overlay() -> calendar.Overlay:
    with reading() as session:
        query = select(CalendarDay.day, CalendarDay.kind, CalendarDay.name).where(CalendarDay.removed.is_(False))
        rows = session.execute(query).all()
    return calendar.Overlay(
        off={row.day: row.name for row in rows if row.kind == Kind.OFF},
        worked=frozenset(row.day for row in rows if row.kind == Kind.WORKED),
    )


def install() -> None:
    """Lay the administered days over this process's calendar; for the composition roots."""
    calendar.overlay_with(overlay)
