"""Working time: named days of real years, and laws that hold for every moment."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from backend import calendar
from backend.clock import VIETNAM

MOMENTS = st.datetimes(datetime(2017, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
DAYS = st.dates(date(2017, 1, 1), date(2030, 12, 31))
MINUTES = st.integers(min_value=1, max_value=60 * 200)


def at(text: str) -> datetime:
    """A moment on the clocks of Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("day", "working", "name"),
    [
        ("2026-11-23", True, None),
        ("2026-11-24", False, "Ngày Văn hóa Việt Nam"),
        ("2026-11-28", False, None),  # a plain Saturday
        ("2026-02-17", False, "Tết Nguyên Đán"),
        ("2026-02-13", True, None),
        ("2026-02-23", True, None),
        ("2026-01-02", False, "Tết Dương lịch (nghỉ hoán đổi)"),  # our own file
        ("2026-01-10", True, None),
        ("2026-08-22", True, None),  # the library's
        ("2018-12-31", False, "Ngày nghỉ (thay cho ngày 05/01/2019)"),  # a swap across the year's end
        ("2019-01-05", True, None),
        ("2014-12-27", True, None),
        ("2017-01-02", False, "Tết Dương lịch (nghỉ bù)"),
    ],
)
def test_days(day: str, working: bool, name: str | None) -> None:
    assert calendar.is_working_day(date.fromisoformat(day)) is working
    assert calendar.holiday_name(date.fromisoformat(day)) == name


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T07:29:59", False),
        ("2026-11-23T07:30", True),
        ("2026-11-23T11:30", False),
        ("2026-11-23T12:15", False),
        ("2026-11-23T13:30", True),
        ("2026-11-23T16:59:59", True),
        ("2026-11-23T17:00", False),
        ("2026-11-24T09:00", False),
        ("2026-01-10T09:00", True),
    ],
)
def test_office_hours(moment: str, is_open: bool) -> None:
    assert calendar.is_open(at(moment)) is is_open


def test_the_province_decides_the_day_not_utc() -> None:
    sunday_evening_in_utc = datetime(2026, 11, 23, 0, 45, tzinfo=UTC)  # Monday 07:45 in Vietnam
    assert calendar.is_open(sunday_evening_in_utc)
    assert not calendar.is_open(sunday_evening_in_utc - timedelta(hours=1))


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-23T06:00", "2026-11-23T07:30"),
        ("2026-11-23T09:10", "2026-11-23T09:10"),
        ("2026-11-23T11:30", "2026-11-23T13:30"),
        ("2026-11-23T17:00", "2026-11-25T07:30"),  # the 24th is a holiday
        ("2026-02-13T18:00", "2026-02-23T07:30"),  # Tết
    ],
)
def test_next_opening(moment: str, opening: str) -> None:
    assert calendar.next_opening(at(moment)) == at(opening)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2026-11-23T09:00", 0, "2026-11-23T17:00"),
        ("2026-11-23T09:00", 1, "2026-11-25T17:00"),
        ("2026-11-23T15:00", 3, "2026-11-27T17:00"),
        ("2026-11-23T15:00:01", 3, "2026-11-30T17:00"),  # too late for the day: counts from the 25th
        ("2026-11-21T10:00", 1, "2026-11-25T17:00"),  # filed on a Saturday: counts from Monday
        ("2026-02-13T09:00", 2, "2026-02-24T17:00"),
        ("2017-11-20T10:00", 15, "2017-12-11T17:00"),
    ],
)
def test_due_in_working_days(received: str, days: int, due: str) -> None:
    result = calendar.add_working_days(at(received), days)
    assert result == at(due)
    assert result.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "hours", "end"),
    [
        ("2026-11-23T10:30", 2, "2026-11-23T14:30"),
        ("2026-11-23T16:00", 1, "2026-11-23T17:00"),
        ("2026-11-23T16:00", 1.5, "2026-11-25T08:00"),
        ("2026-11-25T08:00", -1.5, "2026-11-23T16:00"),
        ("2026-11-27T17:00", -3, "2026-11-27T14:00"),
        ("2026-11-22T10:00", 7.5, "2026-11-23T17:00"),
    ],
)
def test_working_hours(moment: str, hours: float, end: str) -> None:
    assert calendar.add_working_hours(at(moment), hours) == at(end)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        calendar.is_open(datetime(2026, 11, 23, 9))  # noqa: DTZ001
    with pytest.raises(ValueError, match="negative"):
        calendar.add_working_days(at("2026-11-23T09:00"), -1)


@given(MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(moment: datetime) -> None:
    opening = calendar.next_opening(moment)
    assert opening >= moment
    assert calendar.is_open(opening)
    assert calendar.working_hours_between(moment, opening) == 0


@given(MOMENTS, st.integers(0, 60))
def test_days_counted_back_give_the_days_added(moment: datetime, days: int) -> None:
    due = calendar.add_working_days(moment, days).astimezone(VIETNAM)
    assert calendar.working_days_between(calendar.counting_day(moment), due.date()) == days


@given(MOMENTS, st.integers(0, 60))
def test_nothing_is_ever_due_on_a_day_off(moment: datetime, days: int) -> None:
    due = calendar.add_working_days(moment, days).astimezone(VIETNAM)
    known = holidays.country_holidays("VN", years=due.year)
    assert due.date() not in known
    assert due.weekday() < 5 or due.date() in known.weekend_workdays or due.date() == date(2026, 1, 10)
    assert due.time() == time(17)


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=20)), st.integers(0, 20), st.integers(0, 5))
def test_later_or_longer_is_never_due_earlier(moment: datetime, wait: timedelta, days: int, more: int) -> None:
    assert calendar.add_working_days(moment, days) <= calendar.add_working_days(moment + wait, days + more)
    assert calendar.add_working_hours(moment, days) <= calendar.add_working_hours(moment + wait, days + more)


@given(MOMENTS, MINUTES, st.sampled_from([1, -1]))
def test_hours_counted_back_give_the_hours_added(moment: datetime, minutes: int, sign: int) -> None:
    hours = sign * minutes / 60
    end = calendar.add_working_hours(moment, hours)
    assert calendar.working_hours_between(moment, end) == pytest.approx(hours, abs=1e-6)


@given(MOMENTS, MINUTES, MINUTES)
def test_hours_add_up(moment: datetime, first: int, second: int) -> None:
    in_two_steps = calendar.add_working_hours(calendar.add_working_hours(moment, first / 60), second / 60)
    assert abs(in_two_steps - calendar.add_working_hours(moment, (first + second) / 60)) < timedelta(milliseconds=1)


@given(MOMENTS, MOMENTS, MOMENTS)
@settings(max_examples=20)  # spans of years
def test_hours_between_are_additive_and_antisymmetric(a: datetime, b: datetime, c: datetime) -> None:
    between = calendar.working_hours_between
    assert between(a, b) == -between(b, a)
    assert between(a, b) + between(b, c) == pytest.approx(between(a, c), abs=1e-6)


@given(DAYS)
def test_a_day_is_a_working_day_when_it_has_office_hours(day: date) -> None:
    midnight = datetime.combine(day, time(), VIETNAM)
    hours = calendar.working_hours_between(midnight, midnight + timedelta(days=1))
    assert hours == (7.5 if calendar.is_working_day(day) else 0)


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "own.yml"
    monkeypatch.setenv("CALENDAR_FILE", str(path))

    def write(text: str) -> None:
        path.write_text(text, "utf-8")
        calendar.reset()

    yield write
    monkeypatch.undo()
    calendar.reset()


def test_a_province_overrides_the_shipped_file(own_file) -> None:
    own_file(
        'office_hours: [["07:00", "11:00"], ["13:00", "17:00"]]\n'
        "swaps: [{day_off: 2027-04-29, day_worked: 2027-05-08, name: nghỉ hoán đổi}]\n"
        "days_off: [{day: 2027-11-22, name: Kỷ niệm thành lập tỉnh}]\n"
    )
    assert calendar.is_open(at("2026-11-23T07:05"))
    assert not calendar.is_working_day(date(2027, 4, 29))
    assert calendar.is_working_day(date(2027, 5, 8))
    assert calendar.holiday_name(date(2027, 11, 22)) == "Kỷ niệm thành lập tỉnh"
    assert calendar.is_working_day(date(2026, 1, 10)), "the shipped swaps stay"


@pytest.mark.parametrize("text", ['office_hours: [["11:00", "07:00"]]', "swap: []", "swaps: [{day_off: 2027-04-29}]"])
def test_a_malformed_file_is_refused(own_file, text: str) -> None:
    own_file(text)
    with pytest.raises(ValidationError):
        calendar.rules()
