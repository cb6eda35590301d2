"""When a dossier is due, what a stopped clock does to it, and when the sweep should look at it again.

All of it is working time on the clocks of Vietnam (`backend.calendar`); nothing here touches the database.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from math import ceil

from dateutil.relativedelta import relativedelta

from backend import calendar, clock
from backend.dossiers.models import Dossier, DossierEvent, DossierStep
from backend.dossiers.policy import CLOCK_RUNS, Action, State, StepState
from backend.errors import InvalidInput
from backend.i18n import gettext

WARNINGS = (50, 80, 100)
"""Per cent of the granted working time at which officers are warned."""
LATE_HOURS = 3.0
"""Working hours before the appointment at which the applicant is told that the result is not there."""
REMINDERS = (3, 1)
"""Days before the end of a supplement's deadline."""
SUPPLEMENT_DAYS = 10
"""Working days to bring what is missing, unless the desk sets another day."""

Interval = tuple[datetime, datetime | None]


class Standing(StrEnum):
    """How work stands to the time it was given. Computed, never stored."""

    EARLY = "early"  # done on a day before it was due
    ON_TIME = "on_time"
    LATE = "late"  # whether done or not
    RUNNING = "running"  # or not begun


# --- the appointment -------------------------------------------------------------------------------------------


def appointment(received_at: datetime, value: float, unit: str) -> datetime:
    """When a result is due that takes `value` hours, working days, days or months after receipt. UTC.

    What is received after 15:00 counts from the next working day, in every unit; the day of receipt itself is not
    counted, except in hours and parts of a day. A calendar day that is off moves on to the next working day; the
    result is due when the office hours of its day end.
    """
    if unit == "hour":
        return calendar.add_working_hours(_counts_from(received_at), value)
    if unit == "working_day":
        return _after_working_days(received_at, value)
    day = calendar.counting_day(received_at) + _calendar_span(value, unit)
    if not calendar.is_working_day(day):
        day = calendar.next_working_day(day)
    return closing(day)


def closing(day: date) -> datetime:
    """When the office hours of a working day end. UTC."""
    return calendar.office_hours(day)[-1][1].astimezone(UTC)


def _after_working_days(received_at: datetime, value: float) -> datetime:
    whole, part = int(value), value - int(value)
    begin = calendar.add_working_days(received_at, whole) if whole else _counts_from(received_at)
    return calendar.add_working_hours(begin, part * hours_a_day())


def _calendar_span(value: float, unit: str) -> relativedelta:
    if unit == "month":
        return relativedelta(months=int(value), days=ceil((value - int(value)) * 30))
    return relativedelta(days=ceil(value))


def _counts_from(received_at: datetime) -> datetime:
    """The instant from which hours count: the receipt in office hours up to 15:00, else the next opening."""
    day = calendar.counting_day(received_at)
    return max(calendar.office_hours(day)[0][0].astimezone(UTC), calendar.next_opening(received_at))


def hours_a_day() -> float:
    """The working hours of a working day."""
    return sum((closes - opens for opens, closes in calendar.usual_hours(clock.today())), timedelta()) / _HOUR


_HOUR = timedelta(hours=1)


def start(dossier: Dossier, now: datetime, due_at: datetime | None) -> None:
    """Receipt: fix the appointment (`due_at` where the desk names it) and the working hours it grants.

    Raises InvalidInput for an appointment that is not ahead.
    """
    if due_at is not None and due_at <= now:
        wrong = gettext("Ngày hẹn trả phải sau lúc tiếp nhận.")
        raise InvalidInput(wrong, fields=[{"field": "due_at", "message": wrong}])
    dossier.received_at = now
    if due_at is None and dossier.duration_value:
        due_at = appointment(now, dossier.duration_value, dossier.duration_unit)
    dossier.due_at = due_at
    dossier.working_hours = calendar.working_hours_between(now, due_at) if due_at else 0.0


def new_appointment(dossier: Dossier, now: datetime, due_at: datetime) -> None:
    """An apology's: it grants the time up to `due_at`, and what of it is over counts as warned of."""
    assert dossier.due_at is not None
    dossier.working_hours += calendar.working_hours_between(dossier.due_at, due_at)
    dossier.due_at, dossier.late_told = due_at, False
    dossier.warned = max((p for p in WARNINGS if warning_at(dossier, p) <= now), default=0)


def open_step(dossier: Dossier, sequence: int, now: datetime) -> None:
    """Let the steps of this sequence number begin; each is due when its share of the time is over."""
    for step in dossier.steps:
        if step.sequence == sequence and step.state == StepState.WAITING:
            step.state, step.opened_at = StepState.OPEN, now
            step.due_at = (
                calendar.add_working_hours(now, step.share * dossier.working_hours) if dossier.due_at else None
            )


# --- the clock stands still ------------------------------------------------------------------------------------

_STOPPING = frozenset({Action.REQUEST_SUPPLEMENT, Action.STOP_CLOCK})
_RESUMING = frozenset({Action.TAKE_SUPPLEMENT, Action.RESUME_CLOCK, Action.RETURN_TO_DESK})


def stop(dossier: Dossier, now: datetime, reason: str) -> None:
    """Let the clock stand still; nothing happens before receipt or when it stands already."""
    if dossier.received_at and dossier.clock_stopped_at is None:
        dossier.clock_stopped_at, dossier.clock_stopped_for = now, reason


def resume(dossier: Dossier, now: datetime) -> None:
    """Let the clock go on: appointment and open steps move by the working time it stood still, to the second."""
    if dossier.clock_stopped_at is None:
        return
    move(dossier, calendar.working_hours_between(dossier.clock_stopped_at, now), now)
    dossier.clock_stopped_at, dossier.clock_stopped_for = None, ""


def move(dossier: Dossier, hours: float, now: datetime) -> None:
    """Appointment and steps under way are due so many working hours later; what was told of the old one is over."""
    if hours <= 0:  # a clock set back
        return
    due_at = dossier.due_at = later(dossier.due_at, hours)
    for step in dossier.steps:
        if step.state not in (StepState.WAITING, StepState.DONE):
            step.due_at = later(step.due_at, hours)
    dossier.late_told = dossier.late_told and not (due_at and due_at > now)


def later(due_at: datetime | None, hours: float) -> datetime | None:
    """`due_at` moved on by working hours; never back, so that an appointment outside office hours stays one."""
    return calendar.add_working_hours(due_at, hours) if due_at and hours > 0 else due_at


def stops(history: Iterable[DossierEvent]) -> list[Interval]:
    """When the clock stood still since receipt, leaving out what was undone; None ends one that still does."""
    events = list(history)
    undone = {event.details.get("event_id") for event in events if event.action == Action.UNDO}
    found: list[Interval] = []
    received = False
    for event in (event for event in events if event.id not in undone):
        received = received or event.action == Action.RECEIVE
        stands = bool(found) and found[-1][1] is None
        if event.action in _STOPPING and received and not stands:
            found.append((event.at, None))
        elif event.action in _RESUMING and stands:
            found[-1] = (found[-1][0], event.at)
    return found


def lose_day(dossier: Dossier, day: date, history: Iterable[DossierEvent], now: datetime) -> bool:
    """`day`, worked till now, is off: move on what is due by the hours it took away. False when it took none."""
    if dossier.due_at is None or dossier.received_at is None:
        return False
    stood_still = stops(history)
    lost = lost_hours(day, dossier.received_at, dossier.due_at, stood_still)
    for step in dossier.steps:
        if step.opened_at and step.due_at and step.state != StepState.DONE:
            step.due_at = later(step.due_at, lost_hours(day, step.opened_at, step.due_at, stood_still))
    if lost > 0:
        dossier.due_at = calendar.add_working_hours(dossier.due_at, lost)
        dossier.late_told = dossier.late_told and dossier.due_at <= now
    return lost > 0


def lost_hours(day: date, begin: datetime, due_at: datetime, stood_still: Sequence[Interval]) -> float:
    """How much of the working time from `begin` to `due_at` falls away when `day`, worked till now, is off.

    What lies in a stop that is over was never counted. A stop that still lasts does not matter: what was left at its
    beginning is counted after it.
    """
    spans = [(max(opens, begin), min(closes, due_at)) for opens, closes in calendar.usual_hours(day)]
    lost = sum((_length(*span) for span in spans), timedelta())
    for since, until in stood_still:
        if until is not None:
            lost -= sum((_length(max(a, since), min(b, until)) for a, b in spans), timedelta())
    return lost / _HOUR


def _length(begin: datetime, end: datetime) -> timedelta:
    return max(end - begin, timedelta())


# --- what the sweep does next ----------------------------------------------------------------------------------


def next_look(dossier: Dossier) -> datetime | None:
    """The next moment at which something must be told or done about the dossier; None when only people can."""
    state = State(dossier.state)
    if state == State.SUPPLEMENT_REQUESTED:
        return _next_reminder(dossier)
    if state not in CLOCK_RUNS or dossier.clock_stopped_at or dossier.due_at is None:
        return None
    moments = [warning_at(dossier, per_cent) for per_cent in WARNINGS if per_cent > dossier.warned][:1]
    if not dossier.late_told:
        moments.append(late_at(dossier))
    return min(moments, default=None)


def warning_at(dossier: Dossier, per_cent: int) -> datetime:
    """When that much of the granted working time is over."""
    return _before_due(dossier, dossier.working_hours * (1 - per_cent / 100))


def late_at(dossier: Dossier) -> datetime:
    """When the applicant is told that the result will not be there; of very short times, half are waited for."""
    return _before_due(dossier, min(LATE_HOURS, dossier.working_hours / 2))


def _before_due(dossier: Dossier, hours: float) -> datetime:
    assert dossier.due_at is not None
    return calendar.add_working_hours(dossier.due_at, -hours) if hours > 0 else dossier.due_at


def _next_reminder(dossier: Dossier) -> datetime | None:
    if dossier.supplement_due_at is None:
        return None
    moments = [dossier.supplement_due_at - timedelta(days=days) for days in REMINDERS]
    return next((moment for moment in moments if moment > clock.now()), dossier.supplement_due_at)


# --- how the work stands ---------------------------------------------------------------------------------------


def standing(due_at: datetime | None, done_at: datetime | None, now: datetime) -> Standing:
    """Of work due at `due_at`. What has no appointment is never late; early means on an earlier day."""
    if done_at is None:
        return Standing.LATE if due_at is not None and now > due_at else Standing.RUNNING
    if due_at is None:
        return Standing.ON_TIME
    if done_at > due_at:
        return Standing.LATE
    return Standing.EARLY if clock.local(done_at).date() < clock.local(due_at).date() else Standing.ON_TIME


def step_standing(step: DossierStep, now: datetime) -> Standing:
    """Of one agency's share. It stands as when the clock was stopped, or as when the dossier ended before its end."""
    dossier = step.dossier
    return standing(step.due_at, step.done_at or dossier.finished_at, dossier.clock_stopped_at or now)


def dossier_standing(dossier: Dossier, now: datetime) -> Standing:
    """Of the whole: finished when the result was there, or when the dossier ended otherwise."""
    return standing(dossier.due_at, dossier.finished_at, dossier.clock_stopped_at or now)
