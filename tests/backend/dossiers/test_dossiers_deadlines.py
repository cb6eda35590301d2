"""Appointments in every unit, the clock that stops, and how work stands: named days and laws for every moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import calendar
from backend.clock import VIETNAM
from backend.dossiers import deadlines
from backend.dossiers.deadlines import Standing
from backend.dossiers.models import Dossier, DossierStep
from backend.dossiers.policy import State, StepState

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
HOURS = st.floats(0.25, 400)
PAUSES = st.timedeltas(timedelta(), timedelta(days=40))


def at(text: str) -> datetime:
    """A moment on the clocks of Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("received", "value", "unit", "due"),
    [
        ("2026-11-30T09:00", 3, "working_day", "2026-12-03T17:00"),
        ("2026-11-30T15:01", 3, "working_day", "2026-12-04T17:00"),  # after 15:00: from the next day
        ("2026-11-30T15:00", 3, "working_day", "2026-12-03T17:00"),
        ("2026-11-28T09:00", 1, "working_day", "2026-12-01T17:00"),  # a Saturday
        ("2026-11-30T09:00", 7.5, "working_day", "2026-12-10T11:15"),
        ("2026-11-30T09:00", 0.5, "working_day", "2026-11-30T14:45"),
        ("2026-11-30T09:00", 4, "hour", "2026-11-30T15:00"),
        ("2026-11-30T12:00", 2, "hour", "2026-11-30T15:30"),  # at lunch
        ("2026-11-30T15:30", 2, "hour", "2026-12-01T09:30"),  # after 15:00: from the next opening
        ("2026-11-30T06:00", 1, "hour", "2026-11-30T08:30"),
        ("2026-11-30T09:00", 8, "hour", "2026-12-01T09:30"),
        ("2026-11-30T09:00", 15, "day", "2026-12-15T17:00"),
        ("2026-11-30T16:00", 15, "day", "2026-12-16T17:00"),
        ("2026-11-30T09:00", 5, "day", "2026-12-07T17:00"),  # a Saturday moves on to the Monday
        ("2026-11-30T09:00", 1, "month", "2026-12-30T17:00"),
        ("2026-12-02T09:00", 1, "month", "2027-01-04T17:00"),  # the second of January 2027 is a Saturday
    ],
)
def test_appointments(received: str, value: float, unit: str, due: str) -> None:
    assert deadlines.appointment(at(received), value, unit) == at(due)


@given(MOMENTS, st.sampled_from([0.5, 1, 2.5, 7, 30]), st.sampled_from(["hour", "working_day", "day", "month"]))
def test_an_appointment_lies_ahead_in_office_hours_and_is_never_earlier_for_a_later_receipt(
    received: datetime, value: float, unit: str
) -> None:
    due = deadlines.appointment(received, value, unit)
    assert due > received
    assert due.utcoffset() == timedelta()
    assert any(opens < due <= closes for opens, closes in calendar.office_hours(due.astimezone(VIETNAM).date()))
    assert deadlines.appointment(received + timedelta(hours=5), value, unit) >= due


def made(received: datetime, hours: float) -> Dossier:
    """A dossier received then, with so many working hours."""
    dossier = Dossier(
        state=State.RECEIVED, warned=0, late_told=False, clock_stopped_at=None, clock_stopped_for="",
        steps=[DossierStep(sequence=1, share=1.0, state=StepState.WAITING, done_at=None, due_at=None)],
    )  # fmt: skip
    deadlines.start(dossier, received, calendar.add_working_hours(received, hours))
    deadlines.open_step(dossier, 1, received)
    return dossier


@given(MOMENTS, HOURS, PAUSES, PAUSES)
def test_stopping_moves_the_appointment_by_exactly_the_working_time_it_stood_still(
    received: datetime, hours: float, after: timedelta, pause: timedelta
) -> None:
    dossier = made(received, hours)
    before = dossier.due_at
    assert before
    stop = received + after
    deadlines.stop(dossier, stop, "check_elsewhere")
    deadlines.resume(dossier, stop + pause)
    assert dossier.due_at
    stood = calendar.working_hours_between(stop, stop + pause)
    assert calendar.working_hours_between(before, dossier.due_at) == pytest.approx(stood, abs=1e-6)
    assert dossier.due_at >= before
    assert stood or dossier.due_at == before
    assert dossier.steps[0].due_at == dossier.due_at


@given(MOMENTS, HOURS, st.lists(st.tuples(PAUSES, PAUSES), max_size=4))
def test_many_stops_leave_exactly_the_granted_time(
    received: datetime, hours: float, stops: list[tuple[timedelta, timedelta]]
) -> None:
    dossier, now, stood = made(received, hours), received, 0.0
    for after, pause in stops:
        deadlines.stop(dossier, now + after, "fee")
        deadlines.stop(dossier, now + after + pause / 2, "supplement")  # a clock that stands is not stopped again
        stood += calendar.working_hours_between(now + after, now := now + after + pause)
        deadlines.resume(dossier, now)
    assert dossier.due_at
    counted = calendar.working_hours_between(received, dossier.due_at) - stood
    assert counted == pytest.approx(dossier.working_hours, abs=1e-6)


@given(MOMENTS, HOURS)
def test_warnings_come_in_order_and_the_last_at_the_appointment(received: datetime, hours: float) -> None:
    dossier = made(received, hours)
    moments = [deadlines.warning_at(dossier, per_cent) for per_cent in deadlines.WARNINGS]
    assert moments == sorted(moments)
    assert moments[-1] == dossier.due_at
    assert moments[0] <= deadlines.late_at(dossier) <= moments[-1]
    assert deadlines.next_look(dossier) == moments[0]


@pytest.mark.parametrize(
    ("due", "done", "now", "standing"),
    [
        ("2026-12-03T17:00", "2026-12-02T16:00", "2026-12-05T09:00", Standing.EARLY),
        ("2026-12-03T17:00", "2026-12-03T08:00", "2026-12-05T09:00", Standing.ON_TIME),
        ("2026-12-03T17:00", "2026-12-03T17:00", "2026-12-05T09:00", Standing.ON_TIME),
        ("2026-12-03T17:00", "2026-12-03T17:01", "2026-12-05T09:00", Standing.LATE),
        ("2026-12-03T17:00", None, "2026-12-03T16:00", Standing.RUNNING),
        ("2026-12-03T17:00", None, "2026-12-03T17:30", Standing.LATE),
        (None, "2026-12-03T17:00", "2026-12-03T17:30", Standing.ON_TIME),
        (None, None, "2026-12-03T17:30", Standing.RUNNING),
    ],
)
def test_how_a_step_stands(due: str | None, done: str | None, now: str, standing: Standing) -> None:
    step = DossierStep(due_at=due and at(due), done_at=done and at(done))
    step.dossier = Dossier(clock_stopped_at=None)
    assert deadlines.step_standing(step, at(now)) == standing


def test_a_step_whose_clock_stands_still_does_not_become_late() -> None:
    step = DossierStep(due_at=at("2026-12-03T17:00"), done_at=None)
    step.dossier = Dossier(clock_stopped_at=at("2026-12-02T09:00"))
    assert deadlines.step_standing(step, at("2026-12-30T09:00")) == Standing.RUNNING


def test_a_step_not_done_when_the_dossier_ended_stands_as_it_did_then() -> None:
    step = DossierStep(due_at=at("2026-12-03T17:00"), done_at=None)
    step.dossier = Dossier(finished_at=at("2026-12-02T09:00"), clock_stopped_at=None)
    assert deadlines.step_standing(step, at("2026-12-30T09:00")) == Standing.EARLY
