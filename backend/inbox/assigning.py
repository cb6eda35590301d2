"""Who gets a case: by hand, in turn, or whoever has least; nobody who is away today."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import service as dossiers
from backend.errors import InvalidInput
from backend.i18n import gettext
from backend.inbox import access, records
from backend.inbox.models import Case, CaseEvent, Kind, Method, Queue, State
from backend.messaging import service as messaging
from backend.messaging.models import Owner
from backend.notifications import service as notifications
from backend.notifications.service import Event, Telling
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.screening import without_sender

SERVING = {Role.HOTLINE_OPERATOR, Role.RECEPTIONIST, Role.SPECIALIST, Role.HEAD}
"""Roles that cases are handed out to; others may take one by hand."""


def colleagues(agency_code: str) -> list[OfficerInfo]:
    """Who serves a queue: the hotline's operators, or the agency's officers."""
    if not agency_code:
        return organisation.officers(roles=[Role.HOTLINE_OPERATOR])
    agency = organisation.agency_by_code(agency_code)
    return organisation.officers(agency_id=agency.id, roles=SERVING - {Role.HOTLINE_OPERATOR})


def here(session: Session, agency_code: str, skill: str) -> list[OfficerInfo]:
    """Those of them who are not away today; those with the skill alone, where anybody has it."""
    found = colleagues(agency_code)
    away = dossiers.back_on(session, [one.id for one in found])
    present = [one for one in found if one.id not in away]
    skilled = dossiers.skilled_in([one.id for one in present], skill) if skill else set()
    return [one for one in present if one.id in skilled] or present


def give(session: Session, case: Case, to: int | None, by: OfficerInfo) -> CaseEvent:
    """Give a locked case to an officer, or to nobody; a takeover by somebody else goes on with the new one.

    Raises InvalidInput for an officer who does not serve the queue.
    """
    was = records.before(case)
    if to is not None:
        officer = organisation.officer(to)
        serves = access.may_serve(officer, case.agency_code)
        if not serves or not access.may_know(session, officer, case.conversation_id):
            raise InvalidInput(gettext("Cán bộ này không phụ trách hộp thư của cơ quan đó."))
    case.assignee_id = to
    if to is None and case.state == State.OPEN:
        case.state = State.WAITING
    elif to is not None and messaging.view(case.conversation_id).owner == Owner.OFFICER:
        case.state = State.OPEN
    row = records.note_event(session, case, Kind.ASSIGNED, by, before=was, to=to)
    if to is not None and to != by.id:
        tell(session, case, Event.CASE_GIVEN, [to], key=f"given-{row.id}", reason=case.summary)
    return row


def tell(session: Session, case: Case, event: Event, officer_ids: Sequence[int], *, key: str, **facts: str) -> None:
    """Ring officers' bells; the same key once."""
    about = f"#{case.id}"
    if access.sealed(session, {case.id}):
        facts = {name: without_sender(value) for name, value in facts.items()}
    short = {name: value[:160] for name, value in facts.items()}
    telling = Telling(event, subject=f"case:{case.id}", about=about, key=key, facts={"code": about, **short})
    notifications.tell_officers(session, telling, officer_ids)


def hand_out(session: Session, case: Case) -> None:
    """Give a case that has just come into its queue to whom the queue's method says, if anybody is there."""
    if case.assignee_id is not None:
        return
    queue = _queue(session, case.agency_code, case.skill, lock=True)
    if queue is None or queue.method == Method.BY_HAND:
        return
    found = here(session, case.agency_code, case.skill)
    present = [one for one in found if access.may_know(session, one, case.conversation_id)]
    if not present:
        return
    chosen = _in_turn(queue, present) if queue.method == Method.ROUND_ROBIN else _least(session, present)
    queue.last_officer_id = case.assignee_id = chosen
    row = records.note_event(session, case, Kind.ASSIGNED, records.SYSTEM, to=chosen)
    tell(session, case, Event.CASE_GIVEN, [chosen], key=f"given-{row.id}", reason=case.summary)


def _queue(session: Session, agency_code: str, skill: str, *, lock: bool = False) -> Queue | None:
    """The queue's row; the one of the agency without a skill where the skill has none."""
    query = select(Queue).where(Queue.agency_code == agency_code, Queue.skill.in_({skill, ""}))
    found = session.scalars(query.order_by(Queue.skill.desc()).limit(1))
    queue = found.one_or_none()
    if queue is not None and lock:
        session.refresh(queue, with_for_update=True)
    return queue


def _in_turn(queue: Queue, present: Sequence[OfficerInfo]) -> int:
    ids = sorted(one.id for one in present)
    return next((one for one in ids if one > (queue.last_officer_id or 0)), ids[0])


def _least(session: Session, present: Sequence[OfficerInfo]) -> int:
    held = loads(session, [one.id for one in present])
    return min(present, key=lambda one: (held.get(one.id, 0), one.id)).id


def loads(session: Session, officer_ids: Sequence[int]) -> dict[int, int]:
    """How many cases that are not closed or snoozed each of these holds; who holds none is not in it."""
    query = (
        select(Case.assignee_id, func.count())
        .where(Case.assignee_id.in_(officer_ids), Case.state.in_((State.WAITING, State.OPEN)))
        .group_by(Case.assignee_id)
    )
    return {holder: held for holder, held in session.execute(query) if holder is not None}


def set_method(officer: OfficerInfo, agency_code: str, skill: str, method: str) -> None:
    """How a queue hands out. Raises InvalidInput."""
    if method not in Method.ALL:
        raise InvalidInput(gettext("Anh/chị chọn cách chia việc trong danh sách."))
    if agency_code and agency_code not in {one.code for one in organisation.agencies_at(clock.today())}:
        raise InvalidInput(gettext("Không có cơ quan nào có mã này."))
    with transaction() as session:
        same = select(Queue).where(Queue.agency_code == agency_code, Queue.skill == skill)
        queue = session.scalars(same).one_or_none() or Queue(agency_code=agency_code, skill=skill)
        queue.method = method
        session.add(queue)
        session.flush()
        subject = f"inbox_queue:{queue.id}"
        audit.record(session, Audit.INBOX_QUEUE_SET, actor=officer.actor, subject=subject, method=method)


def methods(agency_code: str) -> dict[str, str]:
    """The methods of an agency's queues, by skill; "" is everything that has none of its own."""
    with reading() as session:
        rows = session.scalars(select(Queue).where(Queue.agency_code == agency_code).order_by(Queue.skill))
        return {"": Method.BY_HAND} | {row.skill: row.method for row in rows}
