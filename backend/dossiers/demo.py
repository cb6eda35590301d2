"""Demo dossiers: 300 of invented people, in all states, with histories in working time. The same every time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from backend import calendar, clock
from backend.database import reading, transaction
from backend.dossiers.filing import Filing
from backend.dossiers.models import Dossier
from backend.dossiers.policy import FINISHED, State
from backend.dossiers.walking import Walk, walk
from backend.organisation import service as organisation
from backend.organisation.models import Level
from backend.organisation.service import DEMO_COMMUNE as COMMUNE
from backend.organisation.service import AgencyInfo
from backend.procedures import service as procedures

COUNT = 300
PEOPLE = 60

# What people forget most.
_PROCEDURES = {
    "1.001193": ("Giấy chứng sinh",),
    "1.004873": ("Trích lục ghi chú ly hôn",),
    "1.000894": ("Giấy xác nhận tình trạng hôn nhân",),
    "1.004194": ("Hợp đồng thuê nhà",),
    "1.004222": ("Giấy tờ chứng minh chỗ ở hợp pháp",),
    "1.001612": ("Bản sao căn cước của chủ hộ kinh doanh",),
    "2.000635": ("Văn bản ủy quyền",),
    "2.000815": ("Bản chính để đối chiếu",),
}
_CAN_BE_LATE = (State.ASSIGNED, State.PROCESSING, State.APPROVING)
LATE_REASON = "chờ kết quả xác minh của cơ quan phối hợp"
_COMMUNES = 8
"""In how many communes the demo happens; half of it in the first, where the demo officers work."""

_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Y", "H'", "Đặng", "Bùi")
_MIDDLE = ("Văn", "Thị", "Minh", "Ngọc", "Thanh", "Hữu")
_GIVEN = ("An", "Bình", "Chi", "Dũng", "Hạnh", "Khoa", "Lan", "Mai", "Phúc", "Quyên", "Sơn", "Tâm", "Uyên", "Vinh")


@dataclass(frozen=True)
class Wish:
    """One demo dossier to be: whose, in which state, late or not, due in how many working days."""

    person: int
    state: State
    late: bool = False
    days: int = 4


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
        late = state in _CAN_BE_LATE and number // len(states) % 4 == 0
        yield Wish(2 + number % (PEOPLE - 1), state, late, days=1 + number // len(states) % 6)


def seed() -> int:
    """Make the demo dossiers unless there are some already: one of each kind for the first person; how many."""
    with reading() as session:
        if session.scalar(select(Dossier.id).limit(1)):
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


def make_at(agency_code: str, count: int, first_number: int) -> None:
    """Make dossiers in all states at one agency, of what its catalogue has; none where it has nothing."""
    maker = _Maker(first_number, only=organisation.agency_by_code(agency_code))
    if maker.codes:
        for wish in _spread(count):
            maker.make(wish)


class _Maker:
    """Makes dossiers one after the other, with procedures and communes drawn the same way every time."""

    def __init__(self, first_number: int, only: AgencyInfo | None = None) -> None:
        self.codes = sorted(_PROCEDURES)
        if only:
            known = procedures.current_codes()
            self.codes = sorted(_PROCEDURES.keys() & known) or known[:8]
        self._number = first_number
        self._chance = random.Random(first_number)  # noqa: S311 - a fixed seed on purpose
        if only:
            self._communes = [only]
            return
        communes = organisation.agencies_at(clock.today(), level=Level.COMMUNE)
        mostly = organisation.agency_by_code(COMMUNE)
        self._communes = [mostly] * (_COMMUNES - 1) + communes[: _COMMUNES - 1]

    def make(self, wish: Wish) -> str:
        code = self._chance.choice(self.codes)
        agency = self._chance.choice(self._communes)
        start = _start(wish, self._chance)
        filing = Filing(
            code=f"{agency.code}-{clock.local(start):%y%m%d}-{self._number:04d}",
            procedure_code=code,
            agency_code=agency.code,
            applicant_name=_name(wish.person),
            applicant_phone=phone(wish.person),
        )
        self._number += 1
        made = walk(filing, Walk(wish.state, start, missing=_PROCEDURES.get(code, ()), due_at=_due(wish)))
        if wish.late:
            _explain(made.id)
        return made.code


def _start(wish: Wish, chance: random.Random) -> datetime:
    """When it was filed: some days ago, or long ago where it is over; a supplement's deadline still lies ahead."""
    back = 20 + chance.randrange(40) if wish.state in FINISHED else 1 + chance.randrange(4)
    moment = clock.now() - timedelta(days=back + (8 if wish.late else 0))
    return calendar.add_working_hours(moment, -chance.uniform(0.5, 3))


def _due(wish: Wish) -> datetime | None:
    """The appointment: passed where it is to be late, ahead while it is in work."""
    if wish.state in FINISHED:
        return None
    return (
        calendar.add_working_days(clock.now(), wish.days)
        if not wish.late
        else calendar.add_working_hours(clock.now(), -12)
    )


def _explain(dossier_id: int) -> None:
    with transaction() as session:
        session.get_one(Dossier, dossier_id).reason = LATE_REASON


def _name(person: int) -> str:
    chance = random.Random(person)  # noqa: S311
    return f"{chance.choice(_SURNAMES)} {chance.choice(_MIDDLE)} {chance.choice(_GIVEN)}"
