"""Who works where and on what, for made-up dossiers in bulk: the agencies of today with officers, and their procedures.

Agencies that have no officers yet get some, without passwords: nobody can sign in as them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from backend import clock
from backend.dossiers import invention, stories, terms
from backend.errors import NotFound
from backend.organisation import service as organisation
from backend.organisation.models import Level, Role
from backend.organisation.service import AgencyInfo, OfficerInfo
from backend.procedures import service as procedures
from backend.procedures.service import ProcedureOut

MOST_PAPERS = 4
_COMMUNE_DEPARTMENTS = ("Phòng Văn hóa - Xã hội", "Phòng Kinh tế, Hạ tầng và Đô thị", "Văn phòng HĐND và UBND")
_PROVINCE_DEPARTMENTS = ("Văn phòng", "Phòng Nghiệp vụ 1", "Phòng Nghiệp vụ 2", "Phòng Nghiệp vụ 3")
_RECEPTIONISTS, _SPECIALISTS = 2, 3
_FILED_AT_A_COMMUNE = 0.3  # of what a department decides
_SEVERAL_AGENCIES = 0.04


@dataclass(frozen=True)
class Person:
    """An applicant, with the terms the search finds them by."""

    name: str
    phone: str
    _terms: str

    @classmethod
    def invented(cls, chance: Random, phone: str) -> "Person":
        """Somebody with this number."""
        name = invention.name(chance)
        return cls(name, phone, " ".join((*sorted(terms.words(name)), terms.phone_term(phone))))

    def terms_with(self, *others: str) -> str:
        """Theirs and those of a dossier."""
        return " ".join((self._terms, *others))


@dataclass(frozen=True)
class Kind:
    """A procedure as far as a made-up dossier needs it. `fee` in đồng, 0 where there is none."""

    code: str
    name: str
    field: str
    agency: str
    of_communes: bool
    service_level: int
    duration: float
    unit: str
    fee: int
    papers: tuple[tuple[str, int, int], ...]


@dataclass
class Agency:
    """An agency with its people."""

    code: str
    name: str
    address: str
    receptionists: list[OfficerInfo] = field(default_factory=list)
    heads: list[OfficerInfo] = field(default_factory=list)
    leaders: list[OfficerInfo] = field(default_factory=list)
    specialists: dict[int | None, list[OfficerInfo]] = field(default_factory=lambda: defaultdict(list))

    @property
    def head(self) -> OfficerInfo:
        """The one who assigns."""
        return self.heads[0]

    @property
    def leader(self) -> OfficerInfo:
        """The one who signs."""
        return self.leaders[0]

    def desk_of(self, chance: Random, field_of_work: str) -> tuple[int | None, OfficerInfo]:
        """The department for a field, always the same, and one of its specialists."""
        departments = list(self.specialists)
        department = departments[sum(field_of_work.encode()) % len(departments)]
        return department, chance.choice(self.specialists[department])


@dataclass(frozen=True)
class Task:
    """What is filed where. The first of `agencies` decides; each has a step."""

    procedure: Kind
    desk: Agency
    agencies: tuple[Agency, ...]
    granted: float


class Work:
    """Draws tasks as a province has them: some agencies and procedures far busier than others."""

    def __init__(
        self, chance: Random, communes: Sequence[Agency], others: Sequence[Agency], kinds: Sequence[Kind]
    ) -> None:
        self._communes, self._others = list(communes), list(others)
        self._commune_weights = [1 / (rank + 8) for rank in range(len(communes))]
        self._of_communes = [kind for kind in kinds if kind.of_communes or not others]
        self._of_others = [(kind, _agency_for(kind, others)) for kind in kinds if not kind.of_communes and others]
        chance.shuffle(self._of_communes)
        chance.shuffle(self._of_others)
        self._commune_kind_weights = [1 / (rank + 2) for rank in range(len(self._of_communes))]
        self._other_kind_weights = [1 / (rank + 4) for rank in range(len(self._of_others))]

    def task(self, chance: Random) -> Task:
        """One filing."""
        commune = chance.choices(self._communes, self._commune_weights)[0]
        if not self._of_others or (self._of_communes and chance.random() < 0.62):
            kind = chance.choices(self._of_communes, self._commune_kind_weights)[0]
            desk = lead = commune
        else:
            kind, lead = chance.choices(self._of_others, self._other_kind_weights)[0]
            desk = commune if chance.random() < _FILED_AT_A_COMMUNE else lead
        agencies: tuple[Agency, ...] = (lead,)
        if self._others and chance.random() < _SEVERAL_AGENCIES:
            second = chance.choice(self._others)
            agencies = (lead, second) if second is not lead else agencies
        return Task(kind, desk, agencies, stories.granted_hours(kind.duration, kind.unit))


def house(chance: Random) -> Work:
    """The agencies and procedures of today; missing officers are made. Raises NotFound where either is missing."""
    today = clock.today()
    communes = organisation.agencies_at(today, level=Level.COMMUNE)
    others = organisation.agencies_at(today, level=Level.DEPARTMENT)
    kinds = [_kind(procedures.current_version(code)) for code in procedures.current_codes()]
    if not communes or not kinds:
        raise NotFound("load agencies and procedures first: organisation seed, procedures load-catalogue")
    known: dict[int, list[OfficerInfo]] = defaultdict(list)
    for officer in organisation.officers():
        known[officer.agency_id].append(officer)
    made = [_staffed(chance, info, known[info.id], _COMMUNE_DEPARTMENTS) for info in communes]
    departments = [_staffed(chance, info, known[info.id], _PROVINCE_DEPARTMENTS) for info in others]
    demo = [agency for agency in made if agency.code == organisation.DEMO_COMMUNE]
    return Work(chance, demo + [agency for agency in made if agency not in demo], departments, kinds)


def _kind(procedure: ProcedureOut) -> Kind:
    known = [method.duration for method in procedure.methods if method.duration]
    longest = max(known, key=lambda duration: stories.granted_hours(duration.value, duration.unit), default=None)
    amounts = [fee.amount for fee in procedure.fees if fee.amount]
    papers = [paper for paper in procedure.documents if not paper.when][:MOST_PAPERS]
    return Kind(
        code=procedure.code,
        name=procedure.short_name[:300],
        field=procedure.field,
        agency=procedure.agency,
        of_communes=str(Level.COMMUNE) in map(str, procedure.levels),
        service_level=procedure.service_level or 2,
        duration=longest.value if longest else 5.0,
        unit=longest.unit if longest else "working_day",
        fee=amounts[0] if len(amounts) == len(procedure.fees) == 1 else 0,
        papers=tuple((paper.name[:200].replace("\n", " "), paper.original, paper.copy_) for paper in papers),
    )


def _agency_for(kind: Kind, others: Sequence[Agency]) -> Agency:
    """The department that the procedure names; any, but always the same, where it names none of today's."""
    named = [agency for agency in others if agency.name.lower() in kind.agency.lower()]
    return named[0] if named else others[sum(kind.field.encode()) % len(others)]


def _staffed(chance: Random, info: AgencyInfo, known: list[OfficerInfo], departments: Sequence[str]) -> Agency:
    agency = Agency(info.code, info.name, f"{info.unit}, Đắk Lắk" if info.unit else "Đắk Lắk")
    officers = list(known)
    if not {Role.RECEPTIONIST, Role.SPECIALIST, Role.HEAD, Role.LEADER} <= {officer.role for officer in known}:
        officers += _hired(chance, info, departments)
    for officer in officers:
        match officer.role:
            case Role.RECEPTIONIST:
                agency.receptionists.append(officer)
            case Role.SPECIALIST:
                agency.specialists[officer.department_id].append(officer)
            case Role.HEAD:
                agency.heads.append(officer)
            case Role.LEADER:
                agency.leaders.append(officer)
    return agency


def _hired(chance: Random, info: AgencyInfo, departments: Sequence[str]) -> list[OfficerInfo]:
    posts = [(Role.RECEPTIONIST, "Bộ phận một cửa")] * _RECEPTIONISTS + [(Role.LEADER, "")]
    for department in departments:
        posts += [(Role.HEAD, department)] + [(Role.SPECIALIST, department)] * _SPECIALISTS
    return [
        organisation.officer(
            organisation.add_officer(
                name=invention.name(chance),
                username=f"load-{info.code.lower()}-{number}",
                password=None,
                agency_id=info.id,
                role=role,
                department=department,
            )
        )
        for number, (role, department) in enumerate(posts, 1)
    ]
