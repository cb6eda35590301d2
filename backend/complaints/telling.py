"""Who is told of an act: the citizen where the report came from, officers by their bell (a code, no more)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock
from backend.complaints import access, wording
from backend.complaints.models import Complaint
from backend.complaints.policy import Action, Contact, State, Transition
from backend.messaging import service as messaging
from backend.messaging.channels import Choice, Reply
from backend.notifications import service as notifications
from backend.notifications.events import Event
from backend.notifications.service import Telling
from backend.organisation.models import Role

_AT_HOTLINE = (Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER)


def tell(session: Session, complaint: Complaint, row: Transition, action: Action, event_id: int) -> None:
    """Tell whom this row of the table tells, within the act's transaction."""
    if row.tells:
        _tell_citizens(session, complaint, action)
    if row.tells_officers is not None:
        ring(session, complaint, row.tells_officers, _who(complaint, row.tells_officers), key=str(event_id))


def _tell_citizens(session: Session, complaint: Complaint, action: Action) -> None:
    """Whoever sent it, and those whose reports were merged into it, once there is an answer."""
    picks = wording.decisions(complaint) if complaint.state == State.SENT else ()
    say(complaint, wording.told(complaint, action), picks)
    if complaint.state == State.SENT:
        for follower in session.scalars(select(Complaint).where(Complaint.merged_into_id == complaint.id)):
            say(follower, f"Dạ, việc anh/chị báo ở phản ánh {follower.code} đã có trả lời: {complaint.answer}")


def say(complaint: Complaint, text: str, picks: Sequence[Choice] = ()) -> None:
    """Say something to whoever sent the report, where it came from; a caller has no conversation.

    Who asked not to be told is not.
    """
    if complaint.conversation_id is not None and complaint.contact != Contact.NONE:
        messaging.say(complaint.conversation_id, Reply(text, choices=tuple(picks)))


def _who(complaint: Complaint, event: Event) -> Sequence[int]:
    agency = complaint.agency_code
    match event:
        case Event.REPORT_GIVEN if complaint.officer_id is not None:
            return [complaint.officer_id]
        case Event.REPORT_TO_APPROVE:
            return ids(access.officers_for(complaint, [Role.LEADER], agency_code=agency))
        case Event.REPORT_ROUTED | Event.REPORT_GIVEN:
            return ids(access.officers_for(complaint, [Role.HEAD, Role.LEADER], agency_code=agency))
        case _:
            operators = access.officers_for(complaint, [Role.HOTLINE_OPERATOR])
            return ids(operators or access.officers_for(complaint, _AT_HOTLINE))


def ids(officers: Iterable[object]) -> list[int]:
    """Their ids."""
    return [officer.id for officer in officers]  # type: ignore[attr-defined]


def ring(session: Session, complaint: Complaint, event: Event, officer_ids: Sequence[int], *, key: str) -> None:
    """Ring officers' bells; the same key once."""
    due = f"{clock.local(complaint.due_at):%d/%m/%Y}" if complaint.due_at else ""
    facts = {"code": complaint.code or "", "due": due}
    told = Telling(event, subject=f"complaint:{complaint.id}", about=complaint.code or "", key=key, facts=facts)
    notifications.tell_officers(session, told, officer_ids)
