"""What an officer has to do: lists of dossiers per role, with how many there are in each, and how urgent each one is.

Every list is one query over an index (`models`), a page at a time by the last row's key, never by counting rows past.
Lists of open work are small and start from what is unfinished; lists of everything walk `DossierPlace`, newest first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from backend import calendar, clock
from backend.database import UtcDateTime, reading
from backend.dossiers import access
from backend.dossiers.models import (
    Apology,
    Dossier,
    DossierEvent,
    DossierPaper,
    DossierPlace,
    DossierStep,
    PaperFile,
)
from backend.dossiers.policy import FINISHED, IN_WORK, Action, FileState, State, StepState
from backend.i18n import N_
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

PAGE = 50
COUNTED = 1000
"""Counting stops here; what is more is told as `999+`."""
SOON_HOURS = 15.0
"""Working hours before the appointment from which a dossier is due soon: two days."""
FAR = datetime(9999, 1, 1, tzinfo=UTC)
UNFINISHED = (StepState.OPEN, StepState.ASSIGNED, StepState.PROCESSING)
HELD = (StepState.ASSIGNED, StepState.PROCESSING)


class Order(StrEnum):
    """How a list is sorted: `due` and `answer` the most urgent first, then the oldest."""

    DUE = "due"
    ANSWER = "answer"  # by the end of the supplement's deadline
    AGE = "age"
    NEWEST = "newest"


class Urgency(StrEnum):
    """How much time is left."""

    LATE = "late"
    SOON = "soon"
    IN_TIME = "in_time"
    STOPPED = "stopped"
    NONE = "none"  # no clock runs: not received yet, or over


@dataclass(frozen=True)
class Tab:
    """One list of a role. `empty` says what to do when there is nothing in it."""

    key: str
    title: str
    empty: str
    order: Order
    condition: Callable[[OfficerInfo, datetime], ColumnElement[bool]]


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to. `since`, `until`: days of filing, both included."""

    procedure: str = ""
    state: str = ""
    agency: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """A dossier in a list. `hours_left`: working hours to its appointment, negative when late, None without a clock."""

    id: int
    code: str
    procedure_name: str
    applicant_name: str
    applicant_phone: str
    agency_name: str
    state: State
    submitted_at: datetime
    due_at: datetime | None
    answer_by: datetime | None
    urgency: Urgency
    hours_left: float | None
    holders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed:
    """A page of a list; `after` is the key of the next one, empty on the last."""

    tab: Tab
    lines: list[Line]
    after: str


# --- conditions ------------------------------------------------------------------------------------------------

_RUNNING = and_(
    Dossier.finished_at.is_(None),
    Dossier.clock_stopped_at.is_(None),
    Dossier.due_at.is_not(None),
    Dossier.state.in_(sorted(IN_WORK)),
)


def late(now: datetime) -> ColumnElement[bool]:
    """Computed, never stored: the clock runs and the appointment has passed."""
    return and_(_RUNNING, Dossier.due_at < now)


def due_soon(now: datetime) -> ColumnElement[bool]:
    """The appointment is at most `SOON_HOURS` of working time away."""
    return and_(_RUNNING, Dossier.due_at >= now, Dossier.due_at <= calendar.add_working_hours(now, SOON_HOURS))


def _with_step(condition: ColumnElement[bool], states: Sequence[StepState] = UNFINISHED) -> ColumnElement[bool]:
    return _unfinished(select(DossierStep.dossier_id).where(condition, DossierStep.state.in_(states)))


def _unfinished(steps: Select[int]) -> ColumnElement[bool]:
    """Unfinished ones alone: a dossier that was refused or withdrawn keeps its steps as they were."""
    return and_(Dossier.finished_at.is_(None), Dossier.id.in_(steps))


def _at_desk(*states: State) -> Callable[[OfficerInfo, datetime], ColumnElement[bool]]:
    return lambda officer, _now: and_(Dossier.desk_code == officer.agency_code, Dossier.state.in_(states))


def _photos_arrived(officer: OfficerInfo, now: datetime) -> ColumnElement[bool]:
    sent = exists().where(
        DossierPaper.dossier_id == Dossier.id,
        PaperFile.paper_id == DossierPaper.id,
        PaperFile.state == FileState.SENT,
    )
    return and_(_at_desk(State.SUPPLEMENT_REQUESTED)(officer, now), sent.correlate(Dossier))


def _last_act(of: type[Dossier], among: Sequence[Action]) -> ColumnElement[str]:
    of_it = and_(DossierEvent.dossier_id == of.id, DossierEvent.action.in_(among))
    return (
        select(DossierEvent.action).where(of_it).order_by(DossierEvent.id.desc()).limit(1).correlate(of)
    ).scalar_subquery()


def _came_back(of: type[Dossier] = Dossier) -> ColumnElement[bool]:
    """Sent back to the desk, which has not seen to it yet."""
    last = _last_act(of, (Action.RECEIVE, Action.RETURN_TO_DESK, Action.TAKE_SUPPLEMENT))
    return and_(of.state == State.RECEIVED, last == Action.RETURN_TO_DESK)


def _sent_back(of: type[Dossier] = Dossier) -> ColumnElement[bool]:
    """Not signed; the specialist works on it again."""
    last = _last_act(of, (Action.START, Action.SUBMIT, Action.SEND_BACK, Action.TAKE_SUPPLEMENT))
    return and_(of.state == State.PROCESSING, last == Action.SEND_BACK)


def _given_back(officer: OfficerInfo) -> ColumnElement[bool]:
    """Of the department and sent back. Asked of its few steps: PostgreSQL would ask all dossiers in work first."""
    held = aliased(Dossier)
    steps = (
        select(DossierStep.dossier_id)
        .join(held, held.id == DossierStep.dossier_id)
        .where(
            access.of_department(officer), DossierStep.state.in_(UNFINISHED), or_(_sent_back(held), _came_back(held))
        )
    )
    return _unfinished(steps)


def _mine(*states: StepState) -> Callable[[OfficerInfo], ColumnElement[bool]]:
    return lambda officer: _with_step(DossierStep.officer_id == officer.id, states or HELD)


def _of_department(officer: OfficerInfo) -> ColumnElement[bool]:
    return _with_step(access.of_department(officer))


def _of_agency(officer: OfficerInfo) -> ColumnElement[bool]:
    """What the agency decides or has an unfinished step of; only together with a condition on what is unfinished."""
    return or_(Dossier.agency_code == officer.agency_code, _with_step(DossierStep.agency_code == officer.agency_code))


def _everywhere(_officer: OfficerInfo) -> ColumnElement[bool]:
    return true()


Scope = Callable[[OfficerInfo], ColumnElement[bool]]


def _late_in(scope: Scope) -> Callable[[OfficerInfo, datetime], ColumnElement[bool]]:
    return lambda officer, now: and_(late(now), scope(officer))


def _soon_in(scope: Scope) -> Callable[[OfficerInfo, datetime], ColumnElement[bool]]:
    return lambda officer, now: and_(due_soon(now), scope(officer))


_TO_ASSIGN = (State.RECEIVED, State.ASSIGNED, State.PROCESSING)
_CLOCK_STANDS = and_(Dossier.clock_stopped_at.is_not(None), Dossier.finished_at.is_(None))


def _everything(officer: OfficerInfo, _now: datetime) -> ColumnElement[bool]:
    return access.visible(officer)


def _late_tab(scope: Scope) -> Tab:
    return Tab("late", N_("Quá hạn"), N_("Không có hồ sơ nào quá hạn."), Order.DUE, _late_in(scope))


def _soon_tab(scope: Scope) -> Tab:
    nothing = N_("Không có hồ sơ nào đến hạn trong hai ngày làm việc tới.")
    return Tab("soon", N_("Sắp đến hạn"), nothing, Order.DUE, _soon_in(scope))


def _all_tab(title: str) -> Tab:
    nothing = N_("Không có hồ sơ nào. Nếu đang lọc, anh/chị thử bỏ bớt điều kiện lọc.")
    return Tab("all", title, nothing, Order.NEWEST, _everything)


TABS: Mapping[Role, tuple[Tab, ...]] = {
    Role.RECEPTIONIST: (
        Tab(
            "check", N_("Cần kiểm tra"), N_("Không có hồ sơ nào chờ kiểm tra. Hồ sơ nộp trực tuyến sẽ hiện ở đây."),
            Order.AGE, _at_desk(State.SUBMITTED),
        ),
        Tab(
            "arrived", N_("Bổ sung đã đến"), N_("Chưa có giấy tờ bổ sung nào chờ anh/chị xem."),
            Order.ANSWER, _photos_arrived,
        ),
        Tab(
            "returned", N_("Chuyển lại một cửa"), N_("Không có hồ sơ nào bị phòng chuyên môn chuyển lại."),
            Order.DUE, lambda officer, now: and_(_at_desk(State.RECEIVED)(officer, now), _came_back()),
        ),
        Tab(
            "ready", N_("Trả kết quả"), N_("Không có kết quả nào chờ trả."),
            Order.AGE, _at_desk(State.APPROVED, State.RESULT_READY),
        ),
        Tab(
            "waiting", N_("Chờ công dân"), N_("Không có hồ sơ nào đang chờ công dân bổ sung."),
            Order.ANSWER, _at_desk(State.SUPPLEMENT_REQUESTED),
        ),
        _all_tab(N_("Tất cả của một cửa")),
    ),
    Role.SPECIALIST: (
        Tab(
            "mine", N_("Của tôi"), N_("Anh/chị không giữ hồ sơ nào. Hồ sơ được phân công sẽ hiện ở đây."),
            Order.DUE, lambda officer, _now: _mine()(officer),
        ),
        Tab(
            "new", N_("Mới giao"), N_("Không có hồ sơ mới giao. Khi bắt đầu xử lý, hồ sơ rời danh sách này."),
            Order.DUE, lambda officer, _now: _mine(StepState.ASSIGNED)(officer),
        ),
        _soon_tab(_mine()),
        _late_tab(_mine()),
        Tab(
            "waiting", N_("Chờ công dân"), N_("Không có hồ sơ nào đang chờ công dân bổ sung."), Order.ANSWER,
            lambda officer, _now: and_(Dossier.state == State.SUPPLEMENT_REQUESTED, _mine()(officer)),
        ),
        Tab(
            "stopped", N_("Tạm dừng"), N_("Không có hồ sơ nào đang tạm dừng thời hạn."), Order.DUE,
            lambda officer, _now: and_(_CLOCK_STANDS, Dossier.state == State.PROCESSING, _mine()(officer)),
        ),
    ),
    Role.HEAD: (
        Tab(
            "assign", N_("Cần phân công"), N_("Không có hồ sơ nào chờ phân công."), Order.DUE,
            lambda officer, _now: and_(
                Dossier.state.in_(_TO_ASSIGN), ~_came_back(),
                _with_step(access.of_department(officer), (StepState.OPEN,)),
            ),
        ),
        Tab(
            "department", N_("Đang ở phòng"), N_("Phòng không có hồ sơ nào đang xử lý."), Order.DUE,
            lambda officer, _now: _of_department(officer),
        ),
        _soon_tab(_of_department),
        _late_tab(_of_department),
        Tab(
            "returned", N_("Bị trả lại"), N_("Không có hồ sơ nào bị lãnh đạo trả lại hay đang ở một cửa."), Order.DUE,
            lambda officer, _now: _given_back(officer),
        ),
    ),
    Role.LEADER: (
        Tab(
            "approve", N_("Chờ ký"), N_("Không có hồ sơ nào chờ ký."), Order.DUE,
            lambda officer, _now: and_(
                Dossier.agency_code == officer.agency_code, Dossier.state == State.APPROVING
            ),
        ),
        _late_tab(_of_agency),
        _soon_tab(_of_agency),
        Tab(
            "apologies", N_("Xin lỗi cần ký"), N_("Không có thư xin lỗi nào chờ ký."), Order.DUE,
            lambda officer, _now: and_(
                Dossier.agency_code == officer.agency_code,
                Dossier.id.in_(select(Apology.dossier_id).where(Apology.signed_at.is_(None))),
                Dossier.state.in_(sorted(IN_WORK)),
            ),
        ),
        _all_tab(N_("Tất cả của cơ quan")),
    ),
    Role.PROVINCE_LEADER: (_late_tab(_everywhere), _all_tab(N_("Tất cả"))),
}  # fmt: skip


# --- lists -----------------------------------------------------------------------------------------------------

_DUE = func.coalesce(Dossier.due_at, literal(FAR, UtcDateTime()), type_=UtcDateTime())
_ANSWER = func.coalesce(Dossier.supplement_due_at, literal(FAR, UtcDateTime()), type_=UtcDateTime())
_SHOWN = (
    Dossier.id, Dossier.code, Dossier.procedure_name, Dossier.applicant_name, Dossier.applicant_phone,
    Dossier.agency_name, Dossier.state, Dossier.submitted_at, Dossier.due_at, Dossier.supplement_due_at,
    Dossier.finished_at, Dossier.clock_stopped_at,
)  # fmt: skip


def tabs(role: Role) -> tuple[Tab, ...]:
    """The lists of a role; empty for roles that do not work on dossiers."""
    return TABS.get(role, ())


def tab(role: Role, key: str) -> Tab:
    """The list of that key, the role's first where it has none such."""
    return next((tab for tab in tabs(role) if tab.key == key), tabs(role)[0])


def counts(officer: OfficerInfo) -> dict[str, int]:
    """How many dossiers each list holds, counted up to `COUNTED`; one question to the database."""
    now = clock.now()
    capped = [
        select(func.count()).select_from(_counted(tab, officer, now).limit(COUNTED).subquery()).scalar_subquery()
        for tab in tabs(officer.role)
    ]
    with reading() as session:
        found = session.execute(select(*capped)).one()
    return dict(zip((tab.key for tab in tabs(officer.role)), found, strict=True))


def _counted(tab: Tab, officer: OfficerInfo, now: datetime) -> Select[int]:
    if _of_one_agency(tab, officer):
        return select(DossierPlace.dossier_id).where(DossierPlace.agency_code == officer.agency_code)
    return select(Dossier.id).where(tab.condition(officer, now))


def listed(officer: OfficerInfo, key: str, filters: Filters | None = None, after: str = "", size: int = PAGE) -> Listed:
    """A page of a list; `after` as the page before gave it (anything else begins at the beginning)."""
    now, shown, narrowed = clock.now(), tab(officer.role, key), filters or Filters()
    place = _place(after)
    with reading() as session:
        if _of_one_agency(shown, officer):
            ids = list(session.scalars(_newest_here(officer, narrowed, place).limit(size + 1)))
            visible = select(*_SHOWN).where(Dossier.id.in_(ids), access.visible(officer))
            rows = session.execute(visible.order_by(*_sorting(Order.NEWEST))).all() if ids else []
        else:
            query = select(*_SHOWN).where(shown.condition(officer, now), *_narrowing(narrowed))
            if place is not None:
                query = query.where(_beyond(shown.order, place))
            rows = session.execute(query.order_by(*_sorting(shown.order)).limit(size + 1)).all()
        lines = lines_of(session, rows[:size], now)
    return Listed(shown, lines, _key(shown.order, rows[size - 1]) if len(rows) > size else "")


def _of_one_agency(tab: Tab, officer: OfficerInfo) -> bool:
    """Everything at an agency, of which `DossierPlace` is the list."""
    return tab.order == Order.NEWEST and officer.role != Role.PROVINCE_LEADER


def _newest_here(officer: OfficerInfo, filters: Filters, place: tuple[datetime, int] | None) -> Select[int]:
    """Ids, found over the narrow table; asking for `access.visible` here would let PostgreSQL hash all steps there."""
    here = DossierPlace.agency_code == officer.agency_code
    query = select(DossierPlace.dossier_id).where(here, *_narrowing(filters, DossierPlace))
    if place is not None:
        last = tuple_(literal(place[0], UtcDateTime()), literal(place[1]))
        query = query.where(tuple_(DossierPlace.submitted_at, DossierPlace.dossier_id) < last)
    if filters.state or filters.agency:
        query = query.join(Dossier, Dossier.id == DossierPlace.dossier_id).where(*_narrowing(filters))
    return query.order_by(DossierPlace.submitted_at.desc(), DossierPlace.dossier_id.desc())


def _sorting(order: Order) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    match order:
        case Order.DUE:
            return (_DUE.asc(), Dossier.id.asc())
        case Order.ANSWER:
            return (_ANSWER.asc(), Dossier.id.asc())
        case Order.AGE:
            return (Dossier.submitted_at.asc(), Dossier.id.asc())
        case Order.NEWEST:
            return (Dossier.submitted_at.desc(), Dossier.id.desc())


def _beyond(order: Order, place: tuple[datetime, int]) -> ColumnElement[bool]:
    here = tuple_(literal(place[0], UtcDateTime()), literal(place[1]))
    match order:
        case Order.NEWEST:
            return tuple_(Dossier.submitted_at, Dossier.id) < here
        case Order.AGE:
            return tuple_(Dossier.submitted_at, Dossier.id) > here
        case Order.ANSWER:
            return tuple_(_ANSWER, Dossier.id) > here
        case Order.DUE:
            return tuple_(_DUE, Dossier.id) > here


def _key(order: Order, row: Row[*tuple[Any, ...]]) -> str:
    moments = {Order.DUE: row.due_at, Order.ANSWER: row.supplement_due_at}
    moment = moments.get(order, row.submitted_at) or FAR
    return f"{moment:%Y%m%d%H%M%S%f}.{row.id}"


def _place(after: str) -> tuple[datetime, int] | None:
    moment, _, number = after.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    try:
        return datetime.strptime(moment, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC), int(number)
    except ValueError:
        return None


def _narrowing(filters: Filters, table: type[Dossier] | type[DossierPlace] = Dossier) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.procedure:
        found.append(table.procedure_code == filters.procedure)
    if filters.since is not None:
        found.append(table.submitted_at >= _midnight(filters.since))
    if filters.until is not None:
        found.append(table.submitted_at < _midnight(filters.until + timedelta(days=1)))
    if table is Dossier and filters.state:
        found.append(Dossier.state == filters.state)
        if filters.state not in FINISHED | {State.RESULT_READY}:
            found.append(Dossier.finished_at.is_(None))
    if table is Dossier and filters.agency:
        found.append(Dossier.agency_code == filters.agency)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), clock.VIETNAM).astimezone(UTC)


# --- lines -----------------------------------------------------------------------------------------------------


def lines_of(session: Session, rows: Sequence[Row[*tuple[Any, ...]]], now: datetime) -> list[Line]:
    """Rows of `shown_columns()` as lines, with how urgent they are and who holds them."""
    holders = _holders(session, [row.id for row in rows])
    left: dict[datetime, float] = {}  # most appointments of a page end with the same few days
    return [replace(_line(row, now, left), holders=tuple(holders.get(row.id, ()))) for row in rows]


def shown_columns() -> tuple[Any, ...]:
    """What a query must select for `lines_of`."""
    return _SHOWN


def _line(row: Row[*tuple[Any, ...]], now: datetime, left: dict[datetime, float]) -> Line:
    state, due = State(row.state), row.due_at
    running = state in IN_WORK and row.clock_stopped_at is None and due is not None
    hours = None
    if running:
        hours = left.get(due)
        if hours is None:
            hours = left[due] = calendar.working_hours_between(now, due)
    return Line(
        id=row.id,
        code=row.code,
        procedure_name=row.procedure_name,
        applicant_name=row.applicant_name,
        applicant_phone=row.applicant_phone,
        agency_name=row.agency_name,
        state=state,
        submitted_at=row.submitted_at,
        due_at=due,
        answer_by=row.supplement_due_at if state == State.SUPPLEMENT_REQUESTED else None,
        urgency=_urgency(row, hours, now),
        hours_left=hours,
    )


def _urgency(row: Row[*tuple[Any, ...]], hours: float | None, now: datetime) -> Urgency:
    if hours is None:
        return Urgency.STOPPED if row.clock_stopped_at is not None and row.finished_at is None else Urgency.NONE
    if row.due_at < now:
        return Urgency.LATE
    return Urgency.SOON if hours <= SOON_HOURS else Urgency.IN_TIME


def _holders(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """The names of those who hold a dossier's unfinished steps."""
    held = select(DossierStep.dossier_id, DossierStep.officer_id).where(
        DossierStep.dossier_id.in_(ids), DossierStep.officer_id.is_not(None), DossierStep.state.in_(HELD)
    )
    rows = session.execute(held).all() if ids else []
    names = organisation.officers_by_id({row.officer_id for row in rows if row.officer_id})
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.dossier_id, []).append(names.get(row.officer_id or 0, ""))
    return found


@dataclass(frozen=True)
class Choice:
    """A procedure that occurs, for the filter."""

    code: str
    name: str


def procedures(officer: OfficerInfo) -> list[Choice]:
    """The procedures of the dossiers at the officer's agency (of all for a province leader), by name.

    Hops from one code to the next over an index, so that it takes as many looks as there are codes, not dossiers.
    """
    if officer.role == Role.PROVINCE_LEADER:
        column, condition = Dossier.procedure_code, _everywhere(officer)
    else:
        column, condition = DossierPlace.procedure_code, DossierPlace.agency_code == officer.agency_code
    first = select(func.min(column).label("code")).where(condition)
    hops = first.cte("hops", recursive=True)
    following = select(func.min(column)).where(condition, column > hops.c.code).scalar_subquery()
    hops = hops.union_all(select(following).select_from(hops).where(hops.c.code.is_not(None)))
    name = select(Dossier.procedure_name).where(Dossier.procedure_code == hops.c.code).limit(1).scalar_subquery()
    with reading() as session:
        rows = session.execute(select(hops.c.code, name.label("name")).where(hops.c.code.is_not(None))).all()
    return sorted((Choice(row.code, row.name or row.code) for row in rows), key=lambda choice: choice.name)
