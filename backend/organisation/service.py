"""Agencies: which exist on a day, what became of the old ones, and how to reach them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend import clock
from backend.database import reading
from backend.errors import NotFound
from backend.organisation import boundaries, wording

# For other features, whose door to this one is `service`: whether a place can be ours at all.
from backend.organisation.boundaries import PROVINCE_BOX as PROVINCE_BOX
from backend.organisation.boundaries import near_province as near_province

# For other features, whose door to this one is `service`: days taken out of the calendar.
from backend.organisation.calendar_days import CalendarLoss as CalendarLoss
from backend.organisation.calendar_days import calendar_losses as calendar_losses
from backend.organisation.calendar_days import settle_calendar_loss as settle_calendar_loss
from backend.organisation.models import Agency, AgencySuccession, Department, Level, Officer
from backend.organisation.names import Index, Named
from backend.organisation.seeding import PROVINCE

# For other features, whose door to this one is `service`: who works where.
from backend.organisation.sign_in import OfficerInfo as OfficerInfo
from backend.organisation.sign_in import add_officer as add_officer
from backend.organisation.sign_in import officer as officer
from backend.organisation.sign_in import officers as officers
from backend.text import normalise

MOST_CONTACTS = 5
DEMO_COMMUNE = "H15.24.133"
"""Phường Buôn Ma Thuột: where the demo officers work and most demo dossiers are."""


@dataclass(frozen=True)
class AgencyInfo:
    """An agency as other features see it. `valid_to` is its last day, None while it exists."""

    id: int
    code: str
    name: str
    unit: str
    unit_id: str | None
    level: Level
    parent_id: int | None
    valid_from: date
    valid_to: date | None
    address: str | None
    phone: str | None
    email: str | None

    def exists_on(self, day: date) -> bool:
        """True from `valid_from` to `valid_to`, both included."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Became:
    """What the agency asked for is on a given day: itself, or those who do its work now.

    `district` is the territory above an old commune. `in_parts` when its territory went to several. `dissolved` when
    its work went to others without a successor of its own kind, as with the districts; `now` then holds the communes
    on its territory.
    """

    asked: AgencyInfo
    now: tuple[AgencyInfo, ...]
    district: str = ""
    in_parts: bool = False
    dissolved: bool = False


@dataclass(frozen=True)
class Contacts:
    """The answer to "how do I reach …": text for the citizen, and the agencies it speaks of."""

    text: str
    agencies: tuple[AgencyInfo, ...]


@dataclass(frozen=True)
class OfficeHours:
    """Whether agencies are open at the moment, and the text that says so."""

    text: str
    open_now: bool


def agencies_at(day: date, *, level: Level | None = None, province: str = PROVINCE) -> list[AgencyInfo]:
    """The agencies of the province that exist on `day`, ordered by level and code."""
    with reading() as session:
        query = select(Agency).where(
            Agency.province == province,
            Agency.valid_from <= day,
            or_(Agency.valid_to.is_(None), Agency.valid_to >= day),
        )
        found = [_info(row) for row in session.scalars(query.order_by(Agency.code))]
    order = list(Level)
    chosen = (agency for agency in found if level is None or agency.level == level)
    return sorted(chosen, key=lambda agency: order.index(agency.level))


def counts_at(day: date) -> dict[Level, int]:
    """How many agencies of each level the province has on `day`."""
    counter = Counter(agency.level for agency in agencies_at(day))
    return {level: counter[level] for level in Level}


def agency(agency_id: int) -> AgencyInfo:
    """One agency, of any time. Raises NotFound."""
    with reading() as session:
        row = session.get(Agency, agency_id)
        if row is None:
            raise NotFound("Không có cơ quan này.")
        return _info(row)


def agency_by_code(code: str, day: date | None = None) -> AgencyInfo:
    """The agency that carries `code` on `day` (default: today). Raises NotFound."""
    day = day or clock.today()
    with reading() as session:
        rows = session.scalars(select(Agency).where(Agency.code == code.strip().upper()))
        for row in rows:
            if (info := _info(row)).exists_on(day):
                return info
    raise NotFound(f"Không có cơ quan mang mã {code}.")


def commune_at(latitude: float, longitude: float) -> AgencyInfo | None:
    """The people's committee of the commune that a place lies in; None where the boundaries do not tell."""
    area = boundaries.area_at(latitude, longitude)
    if area is None:
        return None
    communes = agencies_at(clock.today(), level=Level.COMMUNE)
    return next((one for one in communes if area.unit_id and one.unit_id == area.unit_id), None) or next(
        (one for one in communes if area.name and _same(one.unit, area.name)), None
    )


def place_name(latitude: float, longitude: float) -> str:
    """The commune that a place lies in, "Xã Ea Tul"; "" where the boundaries do not tell."""
    if (commune := commune_at(latitude, longitude)) is not None:
        return commune.unit
    area = boundaries.area_at(latitude, longitude)
    return area.name if area else ""


def _same(name: str, other: str) -> bool:
    return normalise(name).casefold() == normalise(other).casefold()


def find(query: str, day: date | None = None) -> list[Became]:
    """The agencies of any time that `query` names, each with what it is on `day` (default: today).

    Accents, case, apostrophes and blanks do not matter; small typos do not either when nothing else is found. Of
    several agencies of the same name the ones that exist come first.
    """
    day = day or clock.today()
    with reading() as session:
        register = _Register(session, day)
    ids = register.index.find(query)
    became = [register.became(register.agencies[agency_id]) for agency_id in ids]
    return _without_repeats(became, day)


def contacts(query: str) -> Contacts:
    """How to reach the agencies that `query` names today; old names lead to the successors."""
    found = find(query)
    today = [agency for became in found for agency in became.now]
    agencies = tuple(dict.fromkeys(today))[:MOST_CONTACTS]
    return Contacts(wording.contacts(found), agencies)


def office_hours() -> OfficeHours:
    """Today's office hours, whether agencies are open, and when they open again if not."""
    text, open_now = wording.office_hours(clock.now())
    return OfficeHours(text, open_now)


def _info(row: Agency) -> AgencyInfo:
    return AgencyInfo(
        id=row.id,
        code=row.code,
        name=row.name,
        unit=row.unit,
        unit_id=row.unit_id,
        level=Level(row.level),
        parent_id=row.parent_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        address=row.address,
        phone=row.phone,
        email=row.email,
    )


def _without_repeats(found: Sequence[Became], day: date) -> list[Became]:
    """Existing agencies first; old ones only where they lead to something not named yet."""
    existing = [became for became in found if became.asked.exists_on(day)]
    named = {agency.id for became in existing for agency in became.now}
    kept = list(existing)
    for became in found:
        new = {agency.id for agency in became.now} - named
        if became in existing or not new or (became.dissolved and existing):
            continue
        named |= new
        kept.append(became)
    return kept


class _Register:
    """All agencies with their successions, read once for one question."""

    def __init__(self, session: Session, day: date) -> None:
        self._day = day
        rows = list(session.scalars(select(Agency)))
        self.agencies = {row.id: _info(row) for row in rows}
        self._successors: dict[int, list[int]] = defaultdict(list)
        for succession in session.scalars(select(AgencySuccession)):
            self._successors[succession.old_id].append(succession.new_id)
        self.index = Index(Named(row.id, _names(row), frozenset(self._above(row.id))) for row in rows)

    def _above(self, agency_id: int) -> Iterable[int]:
        """The chain of parents, and the later forms of each: "xã Ea Tu, thành phố Buôn Ma Thuột"."""
        parent = self.agencies[agency_id].parent_id
        while parent is not None:
            yield parent
            parent = self.agencies[parent].parent_id

    def became(self, asked: AgencyInfo) -> Became:
        """Follow the successions of `asked` to the agencies that exist on the day."""
        if asked.exists_on(self._day):
            return Became(asked, (asked,))
        now = self._follow([asked.id])
        if not now and asked.level is Level.DISTRICT:
            return Became(asked, self._follow(self._children(asked)), dissolved=True)
        parent = self.agencies.get(asked.parent_id or 0)
        district = parent.unit if parent and parent.level is Level.DISTRICT else ""
        return Became(asked, now, district, in_parts=len(now) > 1)

    def _follow(self, start: Iterable[int]) -> tuple[AgencyInfo, ...]:
        waiting, seen, now = list(start), set[int](), list[AgencyInfo]()
        while waiting:
            current = waiting.pop(0)
            if current in seen:
                continue
            seen.add(current)
            if self.agencies[current].exists_on(self._day):
                now.append(self.agencies[current])
            else:
                waiting.extend(self._successors[current])
        return tuple(now)

    def _children(self, district: AgencyInfo) -> list[int]:
        last_day = district.valid_to or self._day + timedelta(days=1)
        return [a.id for a in self.agencies.values() if a.parent_id == district.id and a.exists_on(last_day)]


def _names(row: Agency) -> tuple[str, ...]:
    return (row.unit or row.name, *row.aliases)


def department_id(agency_id: int, name: str) -> int | None:
    """The department of that name; None for '' and where the agency has none of that name."""
    with reading() as session:
        return session.scalar(select(Department.id).where(Department.agency_id == agency_id, Department.name == name))


def officers_by_id(ids: set[int]) -> dict[int, str]:
    """Their names, for lists of what they do or did."""
    if not ids:
        return {}
    with reading() as session:
        rows = session.execute(select(Officer.id, Officer.name).where(Officer.id.in_(ids)))
        return {row.id: row.name for row in rows}
