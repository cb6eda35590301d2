"""Demo dossiers: 300 of invented people, in all states, with histories in working time. The same every time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend import calendar, clock
from backend.database import transaction
from backend.dossiers import service
from backend.dossiers.policy import State
from backend.dossiers.service import Filing
from backend.organisation import service as organisation
from backend.organisation.models import Level
from backend.procedures import service as procedures

COUNT = 300
PEOPLE = 60
ACTOR = "system"

# Working days each takes, and what people forget most.
_PROCEDURES = {
    "1.001193": (1, ("Giấy chứng sinh", "Căn cước của người đi khai sinh")),
    "1.004873": (3, ("Trích lục ghi chú ly hôn",)),
    "1.000894": (1, ("Giấy xác nhận tình trạng hôn nhân",)),
    "1.004194": (3, ("Hợp đồng thuê nhà",)),
    "1.004222": (7, ("Giấy tờ chứng minh chỗ ở hợp pháp",)),
    "1.001612": (3, ("Bản sao căn cước của chủ hộ kinh doanh",)),
    "2.000635": (1, ("Văn bản ủy quyền",)),
    "2.000815": (1, ("Bản chính để đối chiếu",)),
}

_HAPPY = (
    State.RECEIVED,
    State.ASSIGNED,
    State.PROCESSING,
    State.APPROVING,
    State.APPROVED,
    State.RESULT_READY,
    State.RETURNED,
)
_PATHS: dict[State, tuple[State, ...]] = {
    State.SUBMITTED: (),
    **{state: _HAPPY[: place + 1] for place, state in enumerate(_HAPPY)},
    State.SUPPLEMENT_REQUESTED: (State.RECEIVED, State.SUPPLEMENT_REQUESTED),
    State.CANCELLED: (State.SUPPLEMENT_REQUESTED, State.CANCELLED),
    State.REFUSED: (State.RECEIVED, State.ASSIGNED, State.PROCESSING, State.REFUSED),
    State.WITHDRAWN: (State.RECEIVED, State.WITHDRAWN),
}
_REASONS = {
    State.REFUSED: "chưa đủ điều kiện giải quyết theo quy định",
    State.CANCELLED: "quá hạn bổ sung giấy tờ",
    State.WITHDRAWN: "công dân xin rút",
}
LATE_REASON = "chờ kết quả xác minh của cơ quan phối hợp"

_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Y", "H'", "Đặng", "Bùi")
_MIDDLE = ("Văn", "Thị", "Minh", "Ngọc", "Thanh", "Hữu")
_GIVEN = ("An", "Bình", "Chi", "Dũng", "Hạnh", "Khoa", "Lan", "Mai", "Phúc", "Quyên", "Sơn", "Tâm", "Uyên", "Vinh")


@dataclass(frozen=True)
class Wish:
    """One demo dossier to be: whose, in which state, late or not."""

    person: int
    state: State
    late: bool = False


def phone(person: int) -> str:
    """The demo number of a person, counted from 1: `+84900000001` …; none of them is anybody's."""
    return f"+84900{person:06d}"


def kinds(person: int) -> dict[str, Wish]:
    """One dossier of each kind worth trying, by a name for the kind."""
    return {
        "processing": Wish(person, State.PROCESSING),
        "result_ready": Wish(person, State.RESULT_READY),
        "supplement_requested": Wish(person, State.SUPPLEMENT_REQUESTED),
        "returned": Wish(person, State.RETURNED),
        "late": Wish(person, State.PROCESSING, late=True),
    }


def _spread(count: int) -> Iterator[Wish]:
    states = list(State)
    for number in range(count):
        state = states[number % len(states)]
        yield Wish(2 + number % (PEOPLE - 1), state, late=state == State.PROCESSING and number % 24 == 3)


def seed() -> int:
    """Make the demo dossiers unless there are some already: one of each kind for the first person; how many."""
    if service.count():
        return 0
    with transaction():
        shown = seed_person(1)
        maker = _Maker(first_number=len(shown) + 1)
        for wish in _spread(COUNT - len(shown)):
            maker.make(wish)
    return COUNT


def seed_person(person: int) -> dict[str, str]:
    """Give a person one dossier of each kind; the codes by kind."""
    with transaction():
        maker = _Maker(first_number=(person - 1) * len(kinds(person)) + 1)
        return {kind: maker.make(wish) for kind, wish in kinds(person).items()}


class _Maker:
    """Makes dossiers one after the other, with procedures and communes drawn the same way every time."""

    def __init__(self, first_number: int) -> None:
        self._number = first_number
        self._chance = random.Random(first_number)  # noqa: S311 - a fixed seed on purpose
        self._communes = organisation.agencies_at(clock.today(), level=Level.COMMUNE)

    def make(self, wish: Wish) -> str:
        code = self._chance.choice(sorted(_PROCEDURES))
        days, forgotten = _PROCEDURES[code]
        agency = self._chance.choice(self._communes)
        start = _start(wish, days, self._chance)
        filing = Filing(
            code=f"{agency.code}-{clock.local(start):%y%m%d}-{self._number:04d}",
            procedure_code=code,
            procedure_name=procedures.short_name(code),
            agency_code=agency.code,
            agency_name=agency.name,
            applicant_name=_name(wish.person),
            applicant_phone=phone(wish.person),
            submitted_at=start,
        )
        self._number += 1
        _walk(service.file(filing, ACTOR), wish, start, days, forgotten)
        return filing.code


def _start(wish: Wish, days: int, chance: random.Random) -> datetime:
    """When it was filed, so that it is on time now, or late when wished so."""
    back = days + 6 + chance.randrange(8) if wish.late else chance.randrange(max(1, days))
    if wish.state in (State.RETURNED, State.REFUSED, State.CANCELLED, State.WITHDRAWN):
        back = 20 + chance.randrange(40)
    moment = clock.now() - timedelta(days=back)
    return calendar.add_working_hours(moment, -chance.uniform(0.5, 3))


def _walk(dossier_id: int, wish: Wish, start: datetime, days: int, forgotten: tuple[str, ...]) -> None:
    moment = start
    for state in _PATHS[wish.state]:
        moment = min(calendar.add_working_hours(moment, 0.4), clock.now())
        asks = state == State.SUPPLEMENT_REQUESTED
        late = LATE_REASON if wish.late and state == wish.state else ""
        service.move(
            dossier_id,
            state,
            actor=ACTOR,
            at=moment,
            reason=_REASONS.get(state, late),
            due_at=calendar.add_working_days(moment, days) if state == State.RECEIVED else None,
            missing=forgotten if asks else (),
            supplement_due_at=calendar.add_working_days(clock.now(), 10) if asks else None,
        )


def _name(person: int) -> str:
    chance = random.Random(person)  # noqa: S311
    return f"{chance.choice(_SURNAMES)} {chance.choice(_MIDDLE)} {chance.choice(_GIVEN)}"
