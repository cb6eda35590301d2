"""What time does to cases: snoozed ones wake, forgotten ones are escalated.

Everything told has a key, so it is told once, however often the sweep runs.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock
from backend.database import reading, transaction
from backend.i18n import moment
from backend.inbox import access, assigning, cases, records
from backend.inbox.models import Case, Kind, State
from backend.messaging import service as messaging
from backend.notifications.service import Event
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

MOST = 500
ABOVE = (Role.HEAD, Role.LEADER)
"""Who of an agency hears of what its officers forgot; at the hotline all its operators do."""


def due(limit: int = MOST) -> list[int]:
    """Cases the sweep has something to do with."""
    with reading() as session:
        query = select(Case.id).where(Case.look_at <= clock.now(), Case.closed_at.is_(None))
        return list(session.scalars(query.order_by(Case.look_at, Case.id).limit(limit)))


def look(case_id: int) -> None:
    """Do with one case what its time has come for."""
    with transaction() as session:
        case = session.get_one(Case, case_id)
        messaging.hold(case.conversation_id)
        session.refresh(case, with_for_update=True)
        now = clock.now()
        if case.closed_at is not None or case.look_at is None or case.look_at > now:
            return
        if case.state == State.SNOOZED and case.snoozed_until is not None and case.snoozed_until <= now:
            cases.wake(session, case, records.SYSTEM)
        elif case.state != State.SNOOZED:
            _escalate(session, case)
        case.look_at = records.next_look(case)


def _escalate(session: Session, case: Case) -> None:
    """Nobody has answered, or nobody has finished, in time: the holder and those above them hear of it, once each."""
    which, due_at = ("answer", case.answer_due_at) if case.answered_at is None else ("solve", case.solve_due_at)
    if due_at > clock.now():
        return
    records.note_event(session, case, Kind.FORGOTTEN, records.SYSTEM, which=which)
    holder = [organisation.officer(case.assignee_id)] if case.assignee_id else []
    told = [one.id for one in [*holder, *_above(case)] if access.may_know(session, one, case.conversation_id)]
    facts = {"reason": case.summary, "due": moment(due_at)}
    key = f"{which}-{due_at:%Y%m%d%H%M}"
    assigning.tell(session, case, Event.CASE_FORGOTTEN, told, key=key, **facts)


def _above(case: Case) -> list[OfficerInfo]:
    if not case.agency_code:
        return organisation.officers(roles=[Role.HOTLINE_OPERATOR])
    agency = organisation.agency_by_code(case.agency_code)
    return organisation.officers(agency_id=agency.id, roles=ABOVE)
