"""What happened to a made-up dossier, and when: acts on an axis of working hours, told up to the present moment.

Bulk data cannot walk through `acts` (a million dossiers would take days), so this tells the same stories as rows. The
states a story goes through are those of `policy.TRANSITIONS`; a test holds it to that table.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from backend import calendar, clock
from backend.dossiers.policy import Action, State, StepState

SUPPLEMENT_HOURS = 75.0  # ten working days
_HOURS_A_DAY = 7.5
_DAYS = {"working_day": 1.0, "day": 5 / 7, "month": 21.0}
_KINDS = (
    ("plain", 82), ("supplement", 7), ("late_supplement", 3), ("cancelled", 1), ("refused", 2), ("withdrawn", 1),
    ("returned", 1), ("sent_back", 2), ("stopped", 1),
)  # fmt: skip


class Axis:
    """Working time from one day to another as one line of hours, so that no act asks the calendar anew."""

    def __init__(self, first: date, last: date) -> None:
        self.days: list[date] = []
        self._day_at: list[float] = []
        self._session_at: list[float] = []
        self._opens: list[float] = []
        self._counts_until: list[float] = []
        hours = 0.0
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            sessions = calendar.office_hours(day)
            if not sessions:
                continue
            self.days.append(day)
            self._day_at.append(hours)
            until = datetime.combine(day, calendar.rules().received_until, clock.VIETNAM)
            self._counts_until.append(hours + calendar.working_hours_between(sessions[0][0], until))
            for opens, closes in sessions:
                self._session_at.append(hours)
                self._opens.append(opens.timestamp())
                hours += (closes - opens) / timedelta(hours=1)
        self.end = hours

    def hour(self, moment: datetime) -> float:
        """How much working time has passed since the beginning, at `moment`."""
        day = clock.local(moment).date()
        before = bisect_left(self.days, day)
        if before == len(self.days):
            return self.end
        opening = calendar.office_hours(self.days[before])[0][0]
        return self._day_at[before] + max(0.0, calendar.working_hours_between(opening, moment))

    def epoch(self, hour: float) -> float:
        """Seconds since 1970 at that hour of the line; the closing rather than the next opening."""
        session = max(0, bisect_left(self._session_at, hour) - 1)
        return self._opens[session] + (hour - self._session_at[session]) * 3600

    def due(self, received: float, value: float, unit: str) -> float:
        """The appointment, as `deadlines.appointment` counts it (calendar time roughly, by working days)."""
        if unit == "hour":
            return received + value
        day = bisect_right(self._day_at, received) - 1
        if received > self._counts_until[day]:
            day += 1
        day += max(1, round(value * _DAYS[unit]))
        return self._day_at[min(day + 1, len(self._day_at) - 1)]

    def night_before(self, hour: float, back: float) -> float:
        """Seconds since 1970, some hours before offices opened on the day of `hour`: what is filed online."""
        day = bisect_right(self._day_at, hour) - 1
        return self.epoch(self._day_at[day] + 0.001) - back * 3600


@dataclass(frozen=True)
class Moment:
    """One act of a story: at which hour, and on which of the steps (from 0)."""

    hour: float
    action: Action
    step: int = 0


def plan(chance: Random, filed: float, granted: float, steps: int) -> list[Moment]:
    """The whole life of a dossier filed at hour `filed`, whose processing is granted so many working hours."""
    kind = chance.choices([kind for kind, _ in _KINDS], [weight for _, weight in _KINDS])[0]
    received = filed + 0.1 + chance.expovariate(1.0)
    if kind in ("supplement", "cancelled"):
        asked = received
        if kind == "cancelled":
            return [Moment(asked, Action.REQUEST_SUPPLEMENT), Moment(asked + SUPPLEMENT_HOURS, Action.CANCEL)]
        received = asked + chance.uniform(4, 70)
        begin = [Moment(asked, Action.REQUEST_SUPPLEMENT), Moment(received - 0.05, Action.TAKE_SUPPLEMENT)]
    else:
        begin = []
    begin.append(Moment(received, Action.RECEIVE))
    took = granted * _pace(chance)
    return begin + [
        Moment(received + act.hour * took + later, act.action, act.step)
        for act, later in _after_receipt(chance, kind, steps)
    ]


def _pace(chance: Random) -> float:
    """What part of the granted time it took: mostly less than all of it, sometimes more, rarely far more."""
    drawn = chance.random()
    if drawn < 0.93:
        return chance.triangular(0.15, 0.98, 0.7)
    return chance.uniform(1.02, 1.8) if drawn < 0.99 else chance.uniform(2, 8)


def _after_receipt(chance: Random, kind: str, steps: int) -> Iterator[tuple[Moment, float]]:
    """Acts at parts of the time taken, each with the working hours by which it is delayed beyond that."""
    later = 0.0
    for step in range(steps):
        share, at = 1 / steps, step / steps
        yield Moment(at + 0.10 * share, Action.ASSIGN, step), later
        if kind == "withdrawn":
            yield Moment(at + 0.15 * share, Action.WITHDRAW, step), later
            return
        yield Moment(at + 0.18 * share, Action.START, step), later
        if step == 0:
            middle, later = _middle(chance, kind, at, share, later)
            yield from middle
            if kind == "refused":
                return
        if step < steps - 1:
            yield Moment(at + 0.8 * share, Action.FINISH_STEP, step), later
    last = steps - 1
    if kind == "sent_back":
        yield Moment(1 - 0.30 / steps, Action.SUBMIT, last), later
        yield Moment(1 - 0.25 / steps, Action.SEND_BACK, last), later
    yield Moment(1 - 0.18 / steps, Action.SUBMIT, last), later
    yield Moment(1 - 0.06 / steps, Action.APPROVE, last), later
    yield Moment(1.0, Action.ISSUE_RESULT, last), later
    yield Moment(1.0, Action.HAND_OVER, last), later + chance.expovariate(1 / 12)


def _middle(
    chance: Random, kind: str, at: float, share: float, later: float
) -> tuple[list[tuple[Moment, float]], float]:
    """What befalls the first step while it is worked on, and how much later everything is afterwards."""
    here = at + 0.4 * share
    match kind:
        case "refused":
            return [(Moment(here, Action.REFUSE), later)], later
        case "late_supplement" | "stopped":
            pause = chance.uniform(4, 70)
            two = (Action.REQUEST_SUPPLEMENT, Action.TAKE_SUPPLEMENT)
            begin, finish = two if kind == "late_supplement" else (Action.STOP_CLOCK, Action.RESUME_CLOCK)
            return [(Moment(here, begin), later), (Moment(here, finish), later + pause)], later + pause
        case "returned":
            again = ((0.4, Action.RETURN_TO_DESK), (0.5, Action.ASSIGN), (0.55, Action.START))
            return [(Moment(at + part * share, action), later) for part, action in again], later
        case _:
            return [], later


REASONS = {
    Action.REFUSE: "chưa đủ điều kiện giải quyết theo quy định",
    Action.CANCEL: "quá hạn bổ sung giấy tờ",
    Action.WITHDRAW: "công dân xin rút hồ sơ",
    Action.RETURN_TO_DESK: "thiếu chữ ký của người nộp",
    Action.SEND_BACK: "đề nghị rà soát lại căn cứ pháp lý",
    Action.STOP_CLOCK: "chờ kết quả xác minh của cơ quan phối hợp",
}
_ENDINGS = frozenset({Action.ISSUE_RESULT, Action.REFUSE, Action.CANCEL, Action.WITHDRAW})
AFTER: dict[Action, State] = {
    Action.RECEIVE: State.RECEIVED,
    Action.REQUEST_SUPPLEMENT: State.SUPPLEMENT_REQUESTED,
    Action.CANCEL: State.CANCELLED,
    Action.REFUSE: State.REFUSED,
    Action.WITHDRAW: State.WITHDRAWN,
    Action.ASSIGN: State.ASSIGNED,
    Action.START: State.PROCESSING,
    Action.RETURN_TO_DESK: State.RECEIVED,
    Action.SUBMIT: State.APPROVING,
    Action.APPROVE: State.APPROVED,
    Action.SEND_BACK: State.PROCESSING,
    Action.ISSUE_RESULT: State.RESULT_READY,
    Action.HAND_OVER: State.RETURNED,
}


_days: dict[int, str] = {}


def stamp(epoch: float) -> str:
    """A moment as both databases read it in bulk, UTC: `2026-11-23 02:30:00.000000`."""
    day, second = divmod(int(epoch), 86400)
    text = _days.get(day)
    if text is None:
        text = _days[day] = f"{datetime.fromtimestamp(day * 86400, UTC):%Y-%m-%d}"
    return f"{text} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000000"


def granted_hours(value: float, unit: str) -> float:
    """Working hours that a duration of the regulation amounts to, roughly."""
    return value if unit == "hour" else max(1.0, value * _DAYS[unit]) * _HOURS_A_DAY


@dataclass(slots=True)
class ToldStep:
    """One agency's share, in hours of the axis."""

    state: str = StepState.WAITING.value
    opened: float | None = None
    due: float | None = None
    done: float | None = None


class Told:
    """A dossier as far as its story has been told."""

    def __init__(self, axis: Axis, value: float, unit: str, submitted: float, steps: int) -> None:
        self._axis, self._value, self._unit = axis, value, unit
        self.submitted = submitted
        self.granted = 0.0
        self.state = State.SUBMITTED.value
        self.reason = self.supplement_from = self.stopped_for = ""
        self.received: float | None = None
        self.due: float | None = None
        self.finished: float | None = None
        self.stopped: float | None = None
        self.supplement_due: float | None = None
        self.steps = [ToldStep() for _ in range(steps)]
        self.history: list[tuple[Moment, str, str]] = []
        self.acts = 1

    def stamp(self, hour: float | None) -> str | None:
        """An hour of the axis as a moment."""
        return None if hour is None else stamp(max(self._axis.epoch(hour), self.submitted))

    def happens(self, moment: Moment) -> None:
        """Tell one act."""
        before, action, hour = self.state, moment.action, moment.hour
        target = AFTER.get(action)
        if action == Action.TAKE_SUPPLEMENT:
            self.state = self.supplement_from
        elif target is not None and not (action == Action.ASSIGN and moment.step > 0):
            self.state = target.value
            self.reason = REASONS.get(action, "")
        effect = _EFFECTS.get(action)
        if effect is not None:
            effect(self, moment.step, hour, before)
        if action in _ENDINGS:
            self.finished = hour
        self.acts += 1
        self.history.append((moment, before, self.state))

    def receive(self, _step: int, hour: float, _before: str) -> None:
        """The clock starts."""
        self.received, self.due = hour, self._axis.due(hour, self._value, self._unit)
        self.granted = self.due - hour
        self._open(0, hour)

    def _open(self, step: int, hour: float) -> None:
        told = self.steps[step]
        told.state, told.opened = StepState.OPEN.value, hour
        told.due = hour + self.granted / len(self.steps)

    def stop(self, _step: int, hour: float, before: str) -> None:
        """The clock stands still, when it ran."""
        if self.received is not None:
            self.stopped, self.stopped_for = hour, "check_elsewhere"
        if self.state == State.SUPPLEMENT_REQUESTED:
            self.supplement_from = before
            self.stopped_for = "supplement" if self.received is not None else ""
            self.supplement_due = hour + SUPPLEMENT_HOURS

    def resume(self, _step: int, hour: float, _before: str) -> None:
        """It goes on."""
        if self.stopped is not None and self.due is not None:
            self.due += hour - self.stopped
        self.stopped, self.stopped_for, self.supplement_due = None, "", None

    def assign(self, step: int, _hour: float, _before: str) -> None:
        """A head has given it to somebody."""
        self.steps[step].state = StepState.ASSIGNED.value

    def start(self, step: int, _hour: float, _before: str) -> None:
        """They have begun."""
        self.steps[step].state = StepState.PROCESSING.value

    def finish(self, step: int, hour: float, _before: str) -> None:
        """Their share is done; the next one opens."""
        self.steps[step].state, self.steps[step].done = StepState.DONE.value, hour
        if step + 1 < len(self.steps):
            self._open(step + 1, hour)

    def send_back(self, step: int, _hour: float, _before: str) -> None:
        """The leader wants it done again."""
        self.steps[step].state, self.steps[step].done = StepState.PROCESSING.value, None

    def back_to_desk(self, step: int, _hour: float, _before: str) -> None:
        """The desk is to see to what is invalid."""
        self.steps[step].state = StepState.OPEN.value


_EFFECTS: dict[Action, Callable[[Told, int, float, str], None]] = {
    Action.RECEIVE: Told.receive,
    Action.REQUEST_SUPPLEMENT: Told.stop,
    Action.STOP_CLOCK: Told.stop,
    Action.TAKE_SUPPLEMENT: Told.resume,
    Action.RESUME_CLOCK: Told.resume,
    Action.ASSIGN: Told.assign,
    Action.START: Told.start,
    Action.FINISH_STEP: Told.finish,
    Action.SUBMIT: Told.finish,
    Action.SEND_BACK: Told.send_back,
    Action.RETURN_TO_DESK: Told.back_to_desk,
}
