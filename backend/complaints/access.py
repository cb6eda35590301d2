"""Which reports an officer may see: the conflict guard. Every list, search, count, page and notice goes through here.

What somebody may *do* to a report is another question, answered by `policy.parties`.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from backend.complaints import policy
from backend.complaints.models import Complaint, ComplaintSubject
from backend.complaints.policy import Desk, Protection, State, Subject
from backend.errors import NotFound
from backend.i18n import gettext
from backend.inbox import access as inbox_access
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo


def visible(officer: OfficerInfo) -> ColumnElement[bool]:
    """The condition, on `Complaint`, that this officer may see it.

    Operators and the province's leaders: all; leaders and heads: their agency's; specialists: what they were given.
    Then the guard, for everybody: never what is about them, nor about their unit. Nobody sees a draft.
    """
    return and_(Complaint.state != State.DRAFT, _share(officer), ~_about(officer))


def _share(officer: OfficerInfo) -> ColumnElement[bool]:
    match officer.role:
        case Role.HOTLINE_OPERATOR | Role.PROVINCE_LEADER:
            return true()
        case Role.LEADER | Role.HEAD:
            return Complaint.agency_code == officer.agency_code
        case Role.SPECIALIST:
            return and_(Complaint.agency_code == officer.agency_code, Complaint.officer_id == officer.id)
        case _:
            return false()


def _about(officer: OfficerInfo) -> ColumnElement[bool]:
    of_it = ComplaintSubject.complaint_id == Complaint.id
    return exists(select(ComplaintSubject.id).where(of_it, _theirs(officer)))


def _theirs(officer: OfficerInfo) -> ColumnElement[bool]:
    """As `policy.is_about`, in the database."""
    theirs = ComplaintSubject.officer_id == officer.id
    if officer.role == Role.PROVINCE_LEADER:
        return theirs
    return or_(theirs, ComplaintSubject.agency_code == officer.agency_code)


@inbox_access.bars
def kept_from(officer: OfficerInfo) -> Select[int]:
    """The conversations in which somebody reports this officer or their unit: the inbox does not show them either."""
    reports = select(func.coalesce(Complaint.conversation_id, 0)).join(ComplaintSubject)
    return reports.where(_theirs(officer))


@inbox_access.seals
def is_sealed(conversation_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Who reports without a name, or protected, stays unknown to officers who talk with them, too."""
    theirs = and_(Complaint.conversation_id == conversation_id, Complaint.protection != Protection.NAMED)
    return exists(select(Complaint.id).where(theirs))


def load(session: Session, complaint_id: int, officer: OfficerInfo) -> Complaint:
    """The report. Raises NotFound for one that does not exist and for one the officer may not see: both look alike."""
    found = session.scalars(select(Complaint).where(Complaint.id == complaint_id, visible(officer))).one_or_none()
    if found is None:
        raise NotFound(gettext("Không có phản ánh này trong phạm vi của anh/chị."))
    return found


def desk(officer: OfficerInfo) -> Desk:
    """An officer as `policy` knows them."""
    return Desk(officer.id, officer.role, officer.agency_code)


def subjects(complaint: Complaint) -> list[Subject]:
    """Whom the report is about, as `policy` knows them."""
    return [Subject(row.agency_code, row.officer_id) for row in complaint.subjects]


def officers_for(complaint: Complaint, roles: Iterable[Role], *, agency_code: str = "") -> list[OfficerInfo]:
    """Active officers of these roles (of an agency where given) whom the report is not about."""
    about = subjects(complaint)
    return [
        officer
        for officer in organisation.officers(roles=roles)
        if (not agency_code or officer.agency_code == agency_code) and not policy.is_about(desk(officer), about)
    ]
