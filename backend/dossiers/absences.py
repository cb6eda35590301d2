"""Days on which officers are away: who is, until when they are back, and entering, ending and removing such days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import audit, calendar, clock
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import policy
from backend.dossiers.models import Absence
from backend.errors import Conflict, InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.organisation.service import OfficerInfo

LONGEST = timedelta(days=366)
LONGEST_REASON = 120


@dataclass(frozen=True)
class Away:
    """An absence that has not passed. `removable` while it has not begun, or was entered just now by who looks."""

    id: int
    first_day: date
    last_day: date
    reason: str
    begun: bool
    removable: bool


def back_on(session: Session, officer_ids: Iterable[int], day: date | None = None) -> dict[int, date]:
    """The working day on which each of those who are away on `day` (default: today) is back; others are not in it."""
    day = day or clock.today()
    query = select(Absence).where(Absence.officer_id.in_(list(officer_ids)), Absence.last_day >= day)
    found: dict[int, date] = {}
    for row in session.scalars(query.order_by(Absence.first_day)):
        if row.first_day <= found.get(row.officer_id, day):  # one that follows at once goes on with the one before
            back = calendar.next_working_day(row.last_day)
            found[row.officer_id] = max(back, found.get(row.officer_id, back))
    return found


def back_of(officer_id: int) -> date | None:
    """When one officer is back, None when they are not away today."""
    with reading() as session:
        return back_on(session, [officer_id]).get(officer_id)


def of(session: Session, officer_ids: Iterable[int], viewer: OfficerInfo) -> dict[int, list[Away]]:
    """The absences of these officers that have not passed, by officer, the next first."""
    today = clock.today()
    query = select(Absence).where(Absence.officer_id.in_(list(officer_ids)), Absence.last_day >= today)
    found: dict[int, list[Away]] = {}
    for row in session.scalars(query.order_by(Absence.first_day, Absence.id)):
        begun = row.first_day <= today
        away = Away(row.id, row.first_day, row.last_day, row.reason, begun, _removable(row, viewer))
        found.setdefault(row.officer_id, []).append(away)
    return found


def add(officer_id: int, first_day: date | None, last_day: date | None, reason: str, by: OfficerInfo) -> int:
    """Enter days, both included; the id. Raises InvalidInput for days that make no sense or overlap others."""
    if first_day is None or last_day is None:
        raise _wrong("first_day", N_("Anh/chị chọn ngày bắt đầu và ngày cuối nghỉ."))
    if last_day < first_day or last_day - first_day > LONGEST:
        raise _wrong("last_day", N_("Ngày cuối phải từ ngày bắt đầu trở đi và không quá một năm."))
    if last_day < clock.today():
        raise _wrong("last_day", N_("Thời gian nghỉ này đã qua."))
    if len(reason) > LONGEST_REASON:
        raise _wrong("reason", N_("Lý do không quá 120 ký tự."))
    with transaction() as session:
        overlapping = select(Absence.id).where(
            Absence.officer_id == officer_id, Absence.first_day <= last_day, Absence.last_day >= first_day
        )
        if session.scalar(overlapping.limit(1)) is not None:
            raise _wrong("first_day", N_("Những ngày này trùng với một lần nghỉ đã ghi."))
        row = Absence(
            officer_id=officer_id, first_day=first_day, last_day=last_day, reason=reason,
            entered_by=by.id, entered_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        days = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
        audit.record(session, Audit.ABSENCE_ADDED, actor=by.actor, subject=f"officer:{officer_id}", **days)
        return row.id


def end(absence_id: int, officer_id: int, by: OfficerInfo) -> None:
    """They are back today. Raises NotFound, Conflict for one that has not begun."""
    with transaction() as session:
        row, today = _row(session, absence_id, officer_id), clock.today()
        if row.first_day > today:
            raise Conflict(N_("Thời gian nghỉ này chưa bắt đầu."))
        if row.first_day == today:
            session.delete(row)
        else:
            row.last_day = today - timedelta(days=1)
        audit.record(session, Audit.ABSENCE_ENDED, actor=by.actor, subject=f"officer:{officer_id}")


def remove(absence_id: int, officer_id: int, by: OfficerInfo) -> None:
    """It was entered by mistake. Raises NotFound, Conflict when it has begun and was not entered just now by them."""
    with transaction() as session:
        row = _row(session, absence_id, officer_id)
        if not _removable(row, by):
            raise Conflict(N_("Thời gian nghỉ đã bắt đầu: anh/chị dùng “Đã đi làm lại”."))
        session.delete(row)
        audit.record(session, Audit.ABSENCE_REMOVED, actor=by.actor, subject=f"officer:{officer_id}")


def _row(session: Session, absence_id: int, officer_id: int) -> Absence:
    row = session.get(Absence, absence_id)
    if row is None or row.officer_id != officer_id or row.last_day < clock.today():
        raise NotFound(gettext("Không có lần nghỉ này."))
    return row


def _removable(row: Absence, who: OfficerInfo) -> bool:
    just_now = row.entered_by == who.id and clock.now() - row.entered_at <= policy.UNDO_WITHIN
    return row.first_day > clock.today() or just_now


def _wrong(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields=[{"field": field, "message": sentence}])
