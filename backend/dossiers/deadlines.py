"""When a dossier is due, what a stopped clock does to it, and when the sweep should look at it again.

All of it is working time on the clocks of Vietnam (`backend.calendar`); nothing here touches the database.
"""

from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from backend import calendar, clock
from backend.dossiers.models import Dossier
from backend.dossiers.policy import FINISHED, IN_WORK, State, StepState

WARNINGS = (50, 80, 100)
REMINDERS = (timedelta(days=3), timedelta(days=1))
"""Before the end of a supplement's deadline."""
SUPPLEMENT_DAYS = 10
"""Working days to bring what is missing, unless the desk sets another day."""


def appointment(received_at: datetime, value: float, unit: str) -> datetime:
    """When a result is due: by working days or hours, or by calendar time moved on to the end of a working day."""
    if unit == "hour":
        return calendar.add_working_hours(calendar.next_opening(received_at), value)
    if unit == "working_day":
        return calendar.add_working_days(received_at, max(1, round(value)))
    span = relativedelta(months=round(value)) if unit == "month" else relativedelta(days=round(value))
    day = clock.local(received_at).date() + span
    if not calendar.is_working_day(day):
        day = calendar.next_working_day(day)
    return calendar.office_hours(day)[-1][1]


def start(dossier: Dossier, now: datetime, due_at: datetime | None) -> None:
    """Receipt: fix the appointment (`due_at` where the desk names it) and the working hours it grants."""
    dossier.received_at = now
    if due_at is None and dossier.duration_value:
        due_at = appointment(now, dossier.duration_value, dossier.duration_unit)
    dossier.due_at = due_at
    dossier.working_hours = calendar.working_hours_between(now, due_at) if due_at else 0.0


def open_step(dossier: Dossier, sequence: int, now: datetime) -> None:
    """Let the steps of this sequence number begin; each is due when its share of the time is over."""
    for step in dossier.steps:
        if step.sequence == sequence and step.state == StepState.WAITING:
            step.state, step.opened_at = StepState.OPEN, now
            step.due_at = (
                calendar.add_working_hours(now, step.share * dossier.working_hours) if dossier.due_at else None
            )


def stop(dossier: Dossier, now: datetime, reason: str) -> None:
    """Let the clock stand still; nothing happens before receipt or when it stands already."""
    if dossier.received_at and dossier.clock_stopped_at is None:
        dossier.clock_stopped_at, dossier.clock_stopped_for = now, reason


def resume(dossier: Dossier, now: datetime) -> None:
    """Let the clock go on: what was left of the working time is counted from now."""
    if dossier.clock_stopped_at is None:
        return
    stopped = dossier.clock_stopped_at
    dossier.due_at = _moved(dossier.due_at, stopped, now)
    for step in dossier.steps:
        if step.state not in (StepState.WAITING, StepState.DONE):
            step.due_at = _moved(step.due_at, stopped, now)
    dossier.clock_stopped_at, dossier.clock_stopped_for = None, ""


def _moved(due_at: datetime | None, stopped: datetime, now: datetime) -> datetime | None:
    return due_at and calendar.add_working_hours(now, calendar.working_hours_between(stopped, due_at))


def next_look(dossier: Dossier) -> datetime | None:
    """The next moment at which something must be told or done about the dossier; None when only people can."""
    state = State(dossier.state)
    if state in FINISHED:
        return None
    if state == State.SUPPLEMENT_REQUESTED:
        return _next_reminder(dossier)
    if state not in IN_WORK or dossier.clock_stopped_at or dossier.due_at is None:
        return None
    left = [per_cent for per_cent in WARNINGS if per_cent > dossier.warned]
    return warning_at(dossier, left[0]) if left else None


def warning_at(dossier: Dossier, per_cent: int) -> datetime:
    """When that much of the granted working time is over."""
    assert dossier.due_at is not None
    left = dossier.working_hours * (1 - per_cent / 100)
    return calendar.add_working_hours(dossier.due_at, -left) if left else dossier.due_at


def _next_reminder(dossier: Dossier) -> datetime | None:
    if dossier.supplement_due_at is None:
        return None
    moments = [dossier.supplement_due_at - before for before in REMINDERS] + [dossier.supplement_due_at]
    return next((moment for moment in moments if moment > clock.now()), dossier.supplement_due_at)
