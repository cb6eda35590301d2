"""Which cases an officer may see. Every list, page and act goes through here; who sees a case may deal with it."""

from collections.abc import Callable, Collection

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, false, literal, or_, select, true
from sqlalchemy.orm import Session

from backend.errors import NotFound
from backend.i18n import gettext
from backend.inbox.models import Case
from backend.messaging import service as messaging
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

EVERYWHERE = frozenset({Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER, Role.ADMINISTRATOR})
"""They serve the whole province; everybody else sees the queues of their agency and what was given to them."""
Bar = Callable[[OfficerInfo], Select[int]]
_bars: list[Bar] = []
Seal = Callable[[SQLColumnExpression[int]], ColumnElement[bool]]
_seals: list[Seal] = []
SUPERVISORS = frozenset({Role.HOTLINE_OPERATOR, Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER, Role.ADMINISTRATOR})


def bars(bar: Bar) -> Bar:
    """Register a select of the conversations (ids, never NULL) that are kept from an officer, wherever they queue."""
    _bars.append(bar)
    return bar


def seals(seal: Seal) -> Seal:
    """Register the condition, on a conversation's id, that officers know who writes there only with a reason."""
    _seals.append(seal)
    return seal


def is_sealed() -> ColumnElement[bool]:
    """The condition, on `Case`, that who writes there is sealed."""
    return or_(false(), *(seal(Case.conversation_id) for seal in _seals))


def sealed(session: Session, case_ids: Collection[int]) -> set[int]:
    """Those of these cases whose citizen is sealed."""
    return set(session.scalars(select(Case.id).where(Case.id.in_(case_ids), is_sealed()))) if case_ids else set()


def may_open(officer: OfficerInfo) -> bool:
    """Whether this officer may open a seal at all: the hotline, and the leaders of the province."""
    return officer.role in (Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER)


def visible(officer: OfficerInfo) -> ColumnElement[bool]:
    """The condition, on `Case`, that this officer may see it."""
    return and_(_share(officer), *(Case.conversation_id.not_in(bar(officer)) for bar in _bars))


def may_know(session: Session, officer: OfficerInfo, conversation_id: int) -> bool:
    """Whether no feature keeps the conversation from this officer; asked before one is given it or told of it."""
    return not any(session.scalar(select(literal(conversation_id).in_(bar(officer)))) for bar in _bars)


def _share(officer: OfficerInfo) -> ColumnElement[bool]:
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
