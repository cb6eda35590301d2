"""What everybody may read of reports: published answers, found by words and filters, and a state by its code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from backend import clock
from backend.complaints import publishing, wording
from backend.complaints.models import Complaint, ComplaintEvent
from backend.complaints.policy import TOLD, Action, State
from backend.complaints.public_models import Publication
from backend.complaints.service import CODE
from backend.database import reading
from backend.errors import NotFound
from backend.organisation import service as organisation
from backend.text import fold

PAGE_SIZE = 20
MOST_ON_MAP = 500
"""The newest; a page with more is slow on a phone, and nobody tells the points apart."""
Box = tuple[float, float, float, float]
"""South, west, north, east in degrees."""


class Standing(StrEnum):
    """How a published report stands, in public words."""

    ANSWERED = "answered"
    SETTLED = "settled"
    REVIEWED = "reviewed"


STANDINGS = {
    Standing.ANSWERED: "Đã trả lời",
    Standing.SETTLED: "Đã giải quyết xong",
    Standing.REVIEWED: "Đang xem lại",
}
BY_CODE = {
    State.RECEIVED: "Đã tiếp nhận, đang chuyển cơ quan xử lý",
    State.SORTED: "Đã tiếp nhận, đang chuyển cơ quan xử lý",
    State.ROUTED: "Cơ quan đang xử lý",
    State.ANSWERED: "Cơ quan đang xử lý",
    State.APPROVED: "Cơ quan đang xử lý",
    State.SENT: "Đã trả lời người phản ánh",
    State.SETTLED: "Đã giải quyết xong",
    State.REOPENED: "Đang xem lại theo yêu cầu của người phản ánh",
    State.MERGED: "Đã gộp với phản ánh cùng việc",
    State.WITHDRAWN: "Người phản ánh đã rút",
}
_STEPS = {
    Action.FILE: "Tổng đài tiếp nhận",
    Action.ROUTE: "Chuyển {agency} xử lý",
    Action.FORWARD: "Chuyển {agency} xử lý",
    Action.SEND: "Trả lời người phản ánh",
    Action.OUT_OF_COMPETENCE: "Trả lời người phản ánh",
    Action.REOPEN: "Người phản ánh chưa hài lòng, mở lại",
    Action.SETTLE: "Người phản ánh xác nhận đã xong",
}


@dataclass(frozen=True)
class Wanted:
    """What is looked for; what is empty does not narrow. `category`: a key of `wording.CATEGORIES`, None for all."""

    q: str = ""
    category: str | None = None
    area: str = ""
    standing: Standing | None = None
    box: Box | None = None


@dataclass(frozen=True)
class Step:
    """A line of a report's public life."""

    day: date
    text: str


@dataclass(frozen=True)
class Report:
    """A published report; nothing in it comes from the citizen's own row but kind, dates and agency."""

    code: str
    words: str
    answer: str
    category: str
    area: str
    agency: str
    standing: Standing
    is_closed: bool
    """Nothing is being done about it."""
    received_at: datetime
    due_at: datetime | None
    published_at: datetime
    latitude: float | None
    longitude: float | None
    photos: tuple[str, ...]
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """A page of reports, and how many there are in all."""

    reports: list[Report]
    total: int


@dataclass(frozen=True)
class Choices:
    """What the filters offer: the categories and areas of what is published."""

    categories: dict[str, str]
    areas: list[str]


_ONE = select(Publication, Complaint).join(Complaint, Complaint.id == Publication.complaint_id)


def _standing(row: Publication, complaint: Complaint) -> Standing:
    if complaint.state == State.SETTLED:
        return Standing.SETTLED
    answered = complaint.state == State.SENT and not publishing.is_outdated(row, complaint)
    return Standing.ANSWERED if answered else Standing.REVIEWED


def _stands(standing: Standing) -> ColumnElement[bool]:
    """As `_standing`, in the database."""
    settled = Complaint.state == State.SETTLED
    answered = and_(Complaint.state == State.SENT, Complaint.sent_at <= Publication.published_at)
    match standing:
        case Standing.SETTLED:
            return settled
        case Standing.ANSWERED:
            return answered
        case _:
            return not_(or_(settled, answered))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """On `Publication` joined with `Complaint`: published, and what is looked for."""
    found = [publishing.shown()]
    found += [Publication.search_text.contains(word, autoescape=True) for word in fold(wanted.q).split()]
    if wanted.category is not None:
        found.append(Publication.category == wanted.category)
    if wanted.area:
        found.append(Publication.area == wanted.area)
    if wanted.standing:
        found.append(_stands(wanted.standing))
    if wanted.box:
        south, west, north, east = wanted.box
        found += [Publication.latitude.between(south, north), Publication.longitude.between(west, east)]
    return found


def find(wanted: Wanted, page: int = 1) -> Found:
    """A page of what is looked for, the newest first."""
    conditions = _conditions(wanted)
    query = _ONE.where(*conditions).order_by(Publication.published_at.desc(), Publication.complaint_id.desc())
    count = select(func.count()).select_from(Publication).join(Complaint).where(*conditions)
    with reading() as session:
        rows = session.execute(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)).all()
        return Found([_report(*row) for row in rows], session.scalar(count) or 0)


def listed(conditions: list[ColumnElement[bool]], most: int) -> list[Report]:
    """Published reports under conditions on `Publication` and `Complaint`, the newest first."""
    query = _ONE.where(publishing.shown(), *conditions)
    with reading() as session:
        rows = session.execute(query.order_by(Complaint.created_at.desc(), Complaint.id.desc()).limit(most))
        return [_report(*row) for row in rows]


def on_map(wanted: Wanted) -> list[Report]:
    """The newest of what is looked for that have a place."""
    query = _ONE.where(*_conditions(wanted), Publication.latitude.is_not(None), Publication.longitude.is_not(None))
    query = query.order_by(Publication.published_at.desc(), Publication.complaint_id.desc()).limit(MOST_ON_MAP)
    with reading() as session:
        return [_report(*row) for row in session.execute(query)]


def choices() -> Choices:
    """What the filters offer."""
    found = select(Publication.category, Publication.area).join(Complaint).where(publishing.shown()).distinct()
    with reading() as session:
        rows = session.execute(found).all()
    used = {row.category for row in rows}
    return Choices(
        {key: name for key, name in wording.CATEGORIES.items() if key in used},
        sorted({row.area for row in rows if row.area}),
    )


def normal_code(text: str) -> str | None:
    """`PA-261128-0003` however it is typed; None for what is no code."""
    match = CODE.fullmatch(text.strip())
    return f"PA-{match[1]}-{match[2]}" if match else None


def one(code: str) -> Report:
    """A published report with its life. Raises NotFound, for one that is not published, too."""
    with reading() as session:
        row = session.execute(_ONE.where(publishing.shown(), Publication.code == (normal_code(code) or ""))).first()
        if row is None:
            raise NotFound("Không có phản ánh nào mang mã này được công khai.")
        return _report(*row, steps=_life(session, row[1].id))


def _report(row: Publication, complaint: Complaint, steps: list[Step] | None = None) -> Report:
    return Report(
        code=row.code, words=row.words, answer=row.answer, category=row.category, area=row.area,
        agency=row.agency_name, standing=_standing(row, complaint),
        is_closed=complaint.state in TOLD, received_at=complaint.created_at,
        due_at=complaint.due_at, published_at=row.published_at, latitude=row.latitude, longitude=row.longitude,
        photos=tuple(row.photos), steps=steps or [],
    )  # fmt: skip


def _life(session: Session, complaint_id: int) -> list[Step]:
    """Days and steps; never who, nor why."""
    query = select(ComplaintEvent).where(ComplaintEvent.complaint_id == complaint_id, ComplaintEvent.action.in_(_STEPS))
    return [_step(event) for event in session.scalars(query.order_by(ComplaintEvent.id))]


def _step(event: ComplaintEvent) -> Step:
    agency = _agency(event) if "agency_code" in event.details else "cơ quan"
    return Step(clock.local(event.at).date(), _STEPS[Action(event.action)].format(agency=agency))


def _agency(event: ComplaintEvent) -> str:
    try:
        return organisation.agency_by_code(event.details["agency_code"], clock.local(event.at).date()).name
    except NotFound:
        return "cơ quan"


def state_of(code: str) -> str:
    """How the report of this code stands, and nothing else of it. Raises NotFound."""
    with reading() as session:
        found = session.scalar(select(Complaint.state).where(Complaint.code == (normal_code(code) or "")))
    if found not in BY_CODE:  # none, or a draft
        raise NotFound("Không có phản ánh nào mang mã này. Anh/chị xem lại mã trong tin nhắn đã nhận.")
    return BY_CODE[State(found)]


def is_published(code: str) -> bool:
    """Whether everybody may read it."""
    with reading() as session:
        query = _ONE.where(publishing.shown(), Publication.code == (normal_code(code) or ""))
        return session.execute(query).first() is not None


def photo(code: str, number: int) -> str:
    """The file of a published photo, counted from 1. Raises NotFound."""
    photos: Sequence[str] = one(code).photos
    if not 0 < number <= len(photos):
        raise NotFound("Không có ảnh này.")
    return photos[number - 1]
