"""Which cases an officer may see. Every list, page and act goes through here; who sees a case may deal with it."""

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from backend.errors import NotFound
from backend.i18n import gettext
from backend.inbox.models import Case
from backend.messaging import service as messaging
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

EVERYWHERE = frozenset({Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER, Role.ADMINISTRATOR})
"""They serve the whole province; everybody else sees the queues of their agency and what was given to them."""
SUPERVISORS = frozenset({Role.HOTLINE_OPERATOR, Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER, Role.ADMINISTRATOR})


def visible(officer: OfficerInfo) -> ColumnElement[bool]:
    """The condition, on `Case`, that this officer may see it."""
    if officer.role in EVERYWHERE:
        return true()
    return or_(Case.agency_code == officer.agency_code, Case.assignee_id == officer.id)


def load(session: Session, case_id: int, officer: OfficerInfo, *, for_update: bool = False) -> Case:
    """The case, fresh and locked (after its conversation, as everywhere) when `for_update`.

    Raises NotFound for one that does not exist and for one the officer may not see: both look alike.
    """
    query = select(Case).where(Case.id == case_id, visible(officer))
    found = session.scalars(query).one_or_none()
    if found is not None and for_update:
        messaging.hold(found.conversation_id)
        locked = query.with_for_update(of=Case).execution_options(populate_existing=True)
        found = session.scalars(locked).one_or_none()
    if found is None:
        raise NotFound(gettext("Không có việc này trong hộp thư của anh/chị."))
    return found


def may_serve(officer: OfficerInfo, agency_code: str) -> bool:
    """Whether this officer works on that queue."""
    return officer.active and (officer.role in EVERYWHERE or officer.agency_code == agency_code)
