"""The officers' worklists of reports and one report's page. Everything goes through `access.visible`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select

from backend import audit, clock
from backend.audit import Audit
from backend.complaints import access, acts, identity, nearby, policy, wording
from backend.complaints.models import Complaint, ComplaintEvent
from backend.complaints.policy import Action, Protection, State
from backend.database import reading, transaction
from backend.i18n import N_, gettext
from backend.inbox import service as inbox
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.text import fold

PAGE_SIZE = 50
_SOON = timedelta(days=2)
TABS = {
    "new": N_("Mới"),
    "mine": N_("Của tôi"),
    "working": N_("Đang xử lý"),
    "soon": N_("Sắp đến hạn"),
    "late": N_("Quá hạn"),
    "to_approve": N_("Chờ duyệt"),
    "to_send": N_("Chờ gửi"),
    "reopened": N_("Mở lại"),
    "all": N_("Tất cả"),
}


@dataclass(frozen=True)
class Line:
    """One report in a list."""

    id: int
    code: str
    text: str
    kind: str
    state: str
    agency_name: str
    created_at: datetime
    due_at: datetime | None
    late: bool


@dataclass(frozen=True)
class Page:
    """One report as this officer sees it; nothing of who sent it."""

    complaint: Complaint
    history: list[ComplaintEvent]
    actions: list[Action]
    late: bool
    may_reveal: bool
    agencies: list[organisation.AgencyInfo]
    officers: list[OfficerInfo]
    followers: int
    """How many more have reported the same."""
    about: list[tuple[str, str]]
    """Code and name of the units it is about."""
    next: Action | None
    """What moves it on; whatever else may be done leaves it where it is."""
    alike: Sequence[Complaint]
    """What it may repeat, for whoever may merge it; `nearby` offers nobody's that is hidden."""


def _tab(tab: str, officer: OfficerInfo) -> ColumnElement[bool]:
    now = clock.now()
    runs = Complaint.state.in_(policy.CLOCK_RUNS)
    match tab:
        case "new":
            return Complaint.state.in_((State.RECEIVED, State.SORTED))
        case "mine":
            return and_(Complaint.officer_id == officer.id, Complaint.state.in_(policy.OPEN))
        case "working":
            return runs
        case "soon":
            return and_(runs, Complaint.due_at > now, Complaint.due_at <= now + _SOON)
        case "late":
            return and_(runs, Complaint.due_at < now)
        case "to_approve":
            return Complaint.state == State.ANSWERED
        case "to_send":
            return Complaint.state == State.APPROVED
        case "reopened":
            return Complaint.state == State.REOPENED
        case _:
            return Complaint.id > 0


def listed(officer: OfficerInfo, tab: str = "all", q: str = "", page: int = 1) -> list[Line]:
    """The reports of a tab that this officer may see, the oldest deadline first (of all: the newest); `q` as typed."""
    query = select(Complaint).where(access.visible(officer), _tab(tab, officer))
    for word in fold(q).split():
        query = query.where(Complaint.search_text.contains(word, autoescape=True))
    if tab != "all":  # where most are over, the newest matters
        query = query.order_by(Complaint.due_at.is_(None), Complaint.due_at)
    query = query.order_by(Complaint.id.desc())
    with reading() as session:
        rows = session.scalars(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)).all()
    return [_line(row) for row in rows]


def counts(officer: OfficerInfo) -> dict[str, int]:
    """How many each tab has for this officer."""
    with reading() as session:
        count = select(func.count()).select_from(Complaint).where(access.visible(officer))
        return {tab: session.scalar(count.where(_tab(tab, officer))) or 0 for tab in TABS}


def _line(row: Complaint) -> Line:
    late = policy.is_late(State(row.state), row.due_at, clock.now())
    return Line(
        row.id, row.code or "", identity.shown(row, row.text), row.kind, row.state, row.agency_name, row.created_at,
        row.due_at, late,
    )  # fmt: skip


@inbox.shelf
def of_conversation(officer: OfficerInfo, conversation_id: int) -> list[inbox.Beside]:
    """The last reports sent from a conversation, for who talks there; audited.

    Only those whose sender gave their name: beside a phone number the others would not be sealed any more.
    """
    theirs = and_(Complaint.conversation_id == conversation_id, Complaint.protection == Protection.NAMED)
    query = select(Complaint).where(theirs, access.visible(officer)).order_by(Complaint.id.desc()).limit(5)
    with transaction() as session:
        rows = session.scalars(query).all()
        for row in rows:
            audit.record(
                session, Audit.COMPLAINT_VIEWED, actor=officer.actor, subject=f"complaint:{row.id}", via="inbox"
            )
    return [
        inbox.Beside(
            title=f"{row.code}: {row.text}",
            state=gettext(wording.STATES[State(row.state)]),
            endpoint="complaints.one",
            number={"complaint_id": row.id},
        )
        for row in rows
    ]


def one(officer: OfficerInfo, complaint_id: int) -> Page:
    """One report; the look is audited. Raises NotFound."""
    with transaction() as session:
        complaint = access.load(session, complaint_id, officer)
        audit.record(session, Audit.COMPLAINT_VIEWED, actor=officer.actor, subject=f"complaint:{complaint.id}")
        who = acts.parties_of(acts.by(officer), complaint)
        actions = policy.actions_for(State(complaint.state), who)
        routes = {Action.ROUTE, Action.FORWARD, Action.NAME_SUBJECT} & set(actions)
        people = [Role.SPECIALIST, Role.HEAD] if Action.ASSIGN in actions else []
        return Page(
            complaint,
            list(complaint.history),
            actions,
            policy.is_late(State(complaint.state), complaint.due_at, clock.now()),
            complaint.protection == Protection.NAMED or policy.Party.OPERATOR in who,
            organisation.agencies_at(clock.today()) if routes else [],
            access.officers_for(complaint, people, agency_code=complaint.agency_code) if people else [],
            session.scalar(select(func.count()).where(Complaint.merged_into_id == complaint.id)) or 0,
            _about(complaint),
            next((one for one in actions if policy.TRANSITIONS[one].target not in (None, complaint.state)), None),
            nearby.alike(session, complaint) if Action.MERGE in actions else (),
        )


def _about(complaint: Complaint) -> list[tuple[str, str]]:
    codes = sorted({subject.agency_code for subject in complaint.subjects})
    names = {one.code: one.name for one in organisation.agencies_at(clock.today())} if codes else {}
    return [(code, names.get(code, code)) for code in codes]
