"""The calendar as administered: what is set wins, what is wrong is refused, everybody sees it, the audit knows."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine, select

from backend import calendar
from backend.audit import AuditEntry
from backend.database import reading, transaction
from backend.errors import Conflict, InvalidInput, NotFound
from backend.organisation import calendar_days
from backend.organisation.calendar_days import Kind

TUESDAY, SATURDAY, NEW_YEAR = date(2027, 3, 16), date(2027, 3, 20), date(2027, 1, 1)
ACTOR = "officer:1"


@pytest.fixture(autouse=True)
def _installed(database: Engine) -> Iterator[None]:
    calendar_days.install()
    yield
    calendar.overlay_with(None)


def test_a_day_off_and_a_day_worked_are_seen_at_once_and_named() -> None:
    calendar_days.add(TUESDAY, "off", "  Nghỉ do bão ", ACTOR)
    calendar_days.add(SATURDAY, Kind.WORKED, "Làm bù", ACTOR)
    assert not calendar.is_working_day(TUESDAY)
    assert calendar.holiday_name(TUESDAY) == "Nghỉ do bão"
    assert calendar.is_working_day(SATURDAY)
    mine = [day for day in calendar_days.days(2027) if day.administered]
    assert [(day.day, day.kind, day.name) for day in mine] == [
        (TUESDAY, "off", "Nghỉ do bão"),
        (SATURDAY, "worked", "Làm bù"),
    ]


def test_the_law_s_days_are_listed_but_not_ours() -> None:
    known = {day.day: day for day in calendar_days.days(2027)}
    assert known[NEW_YEAR].kind == Kind.OFF
    assert not known[NEW_YEAR].administered
    with pytest.raises(NotFound):
        calendar_days.remove(NEW_YEAR, ACTOR)


def test_what_is_set_wins_over_the_law() -> None:
    calendar_days.add(NEW_YEAR, "worked", "Trực", ACTOR)
    assert calendar.is_working_day(NEW_YEAR)
    calendar_days.remove(NEW_YEAR, ACTOR)
    assert not calendar.is_working_day(NEW_YEAR)


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        (TUESDAY, "off", " "),
        (TUESDAY, "off", "x" * 121),
        (TUESDAY, "holiday", "Nghỉ"),
        (TUESDAY, "worked", "Vốn làm việc"),
        (SATURDAY, "off", "Vốn nghỉ"),
        (NEW_YEAR, "off", "Vốn nghỉ"),
        (date(1999, 3, 16), "off", "Ngoài lịch"),
    ],
)
def test_what_makes_no_sense_is_refused(day: date, kind: str, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        calendar_days.add(day, kind, name, ACTOR)
    assert refused.value.fields
    assert [one for one in calendar_days.days(2027) if one.administered] == []


def test_a_day_is_set_once_and_can_be_set_anew_after_its_removal() -> None:
    calendar_days.add(TUESDAY, "off", "Nghỉ do bão", ACTOR)
    with pytest.raises(Conflict):
        calendar_days.add(TUESDAY, "worked", "Làm", ACTOR)
    calendar_days.remove(TUESDAY, ACTOR)
    with pytest.raises(NotFound):
        calendar_days.remove(TUESDAY, ACTOR)
    calendar_days.add(TUESDAY, "off", "Nghỉ do lũ", ACTOR)
    assert calendar.holiday_name(TUESDAY) == "Nghỉ do lũ"


def test_the_audit_knows_who_changed_the_calendar() -> None:
    calendar_days.add(TUESDAY, "off", "Nghỉ do bão", ACTOR)
    calendar_days.remove(TUESDAY, ACTOR)
    with reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(row.tag, row.actor, row.subject) for row in rows] == [
        ("calendar_day:added", ACTOR, f"calendar_day:{TUESDAY}"),
        ("calendar_day:removed", ACTOR, f"calendar_day:{TUESDAY}"),
    ]


def test_another_process_sees_it_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "look_again", lambda: None)  # as if it had been changed elsewhere
    calendar_days.add(TUESDAY, "off", "Nghỉ do bão", ACTOR)
    assert calendar.is_working_day(TUESDAY)
    monkeypatch.setattr(calendar, "ASK_AGAIN_SECONDS", 0.0)
    assert not calendar.is_working_day(TUESDAY)


def test_what_cannot_be_read_leaves_the_known_days_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    calendar_days.add(TUESDAY, "off", "Nghỉ do bão", ACTOR)

    def broken() -> calendar.Overlay:
        raise RuntimeError("no database")

    monkeypatch.setattr(calendar._administered, "source", broken)
    calendar.look_again()
    assert not calendar.is_working_day(TUESDAY)


def test_the_calendar_is_asked_beside_an_open_transaction() -> None:
    with transaction() as session:
        calendar_days.add(TUESDAY, "off", "Nghỉ do bão", ACTOR)
        calendar.look_again()
        assert calendar.is_working_day(TUESDAY)  # not committed yet
        session.flush()
    assert not calendar.is_working_day(TUESDAY)
