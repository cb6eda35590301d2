"""Working time: when agencies are open, and when something counted in working days or hours is due.

All moments are aware; they are stored and returned in UTC and decided on the clocks of Vietnam. Public holidays come
from the library `holidays`, everything else from `calendar.yml`, on top of it the file named by `CALENDAR_FILE`, and
on top of all the days an administrator has set (`overlay_with`), which every process asks for again after a while.
"""

import time as stopwatch
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path

import holidays
import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from backend import clock
from backend.logs import logger
from backend.settings import Environment

log = logger(__name__)

SHIPPED = Path(__file__).with_name("calendar.yml")
SATURDAY = 5
ASK_AGAIN_SECONDS = 20.0
"""How old a process's knowledge of the administered days may be."""

Session = tuple[datetime, datetime]


class CalendarSettings(Environment):
    """`CALENDAR_FILE`: the province's own office hours, swaps and days off, in the shape of `calendar.yml`."""

    calendar_file: Path | None = None


class Swap(BaseModel):
    """A working day exchanged for a weekend day. `name` is what citizens are told on the day off."""

    model_config = ConfigDict(extra="forbid")
    day_off: date
    day_worked: date
    name: str


class DayOff(BaseModel):
    """A day off that is neither a weekend nor known to the library."""

    model_config = ConfigDict(extra="forbid")
    day: date
    name: str


class CalendarFile(BaseModel):
    """One calendar file. Office hours are pairs of local times in ascending order."""

    model_config = ConfigDict(extra="forbid")
    office_hours: list[tuple[time, time]] | None = None
    received_until: time | None = None
    swaps: list[Swap] = []
    days_off: list[DayOff] = []

    @field_validator("office_hours")
    @classmethod
    def _ascend(cls, pairs: list[tuple[time, time]] | None) -> list[tuple[time, time]] | None:
        flat = [moment for pair in pairs or [] for moment in pair]
        if pairs is not None and (not flat or flat != sorted(set(flat))):
            raise ValueError("office hours must ascend")
        return pairs


@dataclass(frozen=True)
class Rules:
    """What the files say together. `sessions` are the office hours of a day, local time."""

    sessions: tuple[tuple[time, time], ...]
    received_until: time
    days_off: dict[date, str]
    worked: frozenset[date]


@dataclass(frozen=True)
class Overlay:
    """The administered days: they win over everything else. `off` with the names citizens are told."""

    off: dict[date, str] = field(default_factory=dict)
    worked: frozenset[date] = frozenset()


@dataclass(frozen=True)
class _Year:
    off: dict[date, str]
    worked: frozenset[date]


class _Administered:
    """What the source last said. It is asked again by whoever needs a day when the answer has grown old."""

    def __init__(self) -> None:
        self.source: Callable[[], Overlay] | None = None
        self.known = Overlay()
        self._asked = -ASK_AGAIN_SECONDS

    def look(self, *, now: bool = False) -> None:
        if self.source is None or (not now and stopwatch.monotonic() - self._asked < ASK_AGAIN_SECONDS):
            return
        self._asked = stopwatch.monotonic()  # first, so that one thread asks and the source may ask for days itself
        try:
            known = self.source()
        except Exception:
            log.exception("the administered days cannot be read, those known before stay in force")
            return
        if known != self.known:
            self.known = known
            _year.cache_clear()


_administered = _Administered()


def overlay_with(source: Callable[[], Overlay] | None) -> None:
    """Have administered days read from `source`, in this process; None to have none."""
    _administered.source, _administered.known = source, Overlay()
    _year.cache_clear()
    look_again()


def look_again() -> None:
    """Ask the source now: before an appointment is fixed, and after a day was changed."""
    _administered.look(now=True)


@lru_cache
def rules() -> Rules:
    """The rules in force; read once a process (`reset()` forgets them). A malformed file raises ValidationError."""
    shipped, own = _read(SHIPPED), _read(CalendarSettings().calendar_file)
    swaps = shipped.swaps + own.swaps
    return Rules(
        sessions=tuple(own.office_hours or shipped.office_hours or []),
        received_until=own.received_until or shipped.received_until or time(15),
        days_off={swap.day_off: swap.name for swap in swaps}
        | {extra.day: extra.name for extra in shipped.days_off + own.days_off},
        worked=frozenset(swap.day_worked for swap in swaps),
    )


def _read(path: Path | None) -> CalendarFile:
    return CalendarFile.model_validate(yaml.safe_load(path.read_text("utf-8")) or {} if path else {})


def reset() -> None:
    """Read the files anew at the next question."""
    for known in (rules, usual_hours, _year):
        known.cache_clear()


@lru_cache
def _year(year: int) -> _Year:
    # The neighbours too: the day worked for 31 December lies in the next year, the one for 2 January in the last.
    known = holidays.country_holidays("VN", years=(year - 1, year, year + 1), language="vi")
    mine, set_by_hand = rules(), _administered.known
    return _Year(
        off=dict(known) | mine.days_off | set_by_hand.off,
        worked=(frozenset(known.weekend_workdays) | mine.worked | set_by_hand.worked) - set_by_hand.off.keys(),
    )


def is_working_day(day: date) -> bool:
    """True from Monday to Friday outside holidays, and on the weekend days that were swapped for them."""
    _administered.look()
    year = _year(day.year)
    if day in year.worked:
        return True
    return day.weekday() < SATURDAY and day not in year.off


def holiday_name(day: date) -> str | None:
    """The Vietnamese name of the public holiday on `day`; None on working days and on plain weekends."""
    return None if is_working_day(day) else _year(day.year).off.get(day)


def office_hours(day: date) -> tuple[Session, ...]:
    """The sessions of `day` as (opens, closes) in Vietnamese time; empty when it is not a working day."""
    return usual_hours(day) if is_working_day(day) else ()


@lru_cache(maxsize=4096)
def usual_hours(day: date) -> tuple[Session, ...]:
    """What the sessions of `day` are, or would be were it not off; Vietnamese time."""
    return tuple(
        (datetime.combine(day, opens, clock.VIETNAM), datetime.combine(day, closes, clock.VIETNAM))
        for opens, closes in rules().sessions
    )


def is_open(moment: datetime) -> bool:
    """True from the opening up to, not including, the closing of a session."""
    moment = _local(moment)
    return any(opens <= moment < closes for opens, closes in office_hours(moment.date()))


def next_opening(moment: datetime) -> datetime:
    """The first instant from `moment` on at which agencies are open: `moment` itself when they are. UTC."""
    moment = _local(moment)
    opens = next(opens for opens, closes in _from(moment) if closes > moment)
    return max(opens, moment).astimezone(UTC)


def next_working_day(day: date) -> date:
    """The first working day after `day`."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def counting_day(moment: datetime) -> date:
    """The working day that something received at `moment` belongs to: after 15:00 or on a day off, the next one."""
    moment = _local(moment)
    if is_working_day(moment.date()) and moment.time() <= rules().received_until:
        return moment.date()
    return next_working_day(moment.date())


def add_working_days(moment: datetime, days: int) -> datetime:
    """When a result is due that takes `days` working days (0 or more) after receipt at `moment`.

    The day of receipt is not counted; the result is due when the office hours of the last day end. UTC.
    """
    if days < 0:
        raise ValueError("a number of working days cannot be negative")
    day = counting_day(moment)
    for _ in range(days):
        day = next_working_day(day)
    return office_hours(day)[-1][1].astimezone(UTC)


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after `start` up to and including `end`; negative when `end` is the earlier one."""
    if end < start:
        return -working_days_between(end, start)
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def add_working_hours(moment: datetime, hours: float) -> datetime:
    """The instant at which `hours` of open time have passed since `moment`; negative hours count back. UTC.

    Ends at the closing, not at the next opening, when the hours fill a session exactly.
    """
    left = timedelta(hours=hours)
    moment = _local(moment)
    step = _forward if left > timedelta() else _backward
    return (step(moment, abs(left)) if left else moment).astimezone(UTC)


def _forward(moment: datetime, left: timedelta) -> datetime:
    for opens, closes in _from(moment):
        begin = max(opens, moment)
        if closes - begin >= left:
            return begin + left
        left -= max(closes - begin, timedelta())
    raise AssertionError("the calendar has no end")


def _backward(moment: datetime, left: timedelta) -> datetime:
    for opens, closes in _from(moment, back=True):
        finish = min(closes, moment)
        if finish - opens >= left:
            return finish - left
        left -= max(finish - opens, timedelta())
    raise AssertionError("the calendar has no beginning")


def working_hours_between(start: datetime, end: datetime) -> float:
    """Hours of open time from `start` to `end`; negative when `end` is the earlier one."""
    if end < start:
        return -working_hours_between(end, start)
    start, end = _local(start), _local(end)
    total = timedelta()
    for opens, closes in _from(start):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), timedelta())
    return total / timedelta(hours=1)


def _from(moment: datetime, *, back: bool = False) -> Iterator[Session]:
    """All sessions from the day of `moment` on, or back from it, latest first."""
    for n in count():
        sessions = office_hours(moment.date() + timedelta(days=-n if back else n))
        yield from reversed(sessions) if back else sessions


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return clock.local(moment)
