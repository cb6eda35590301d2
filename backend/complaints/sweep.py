"""What time does to reports: the overdue ladder, and the question four weeks after the answer. Nobody is told twice."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.complaints import access, acts, draft_words, drafting, policy, telling, wording
from backend.complaints.models import Complaint
from backend.complaints.policy import Question, State
from backend.database import reading, transaction
from backend.inbox import service as inbox
from backend.messaging.channels import Choice
from backend.notifications.events import Event
from backend.organisation.models import Role


def due() -> list[int]:
    """The reports to look at now."""
    with reading() as session:
        query = select(Complaint.id).where(Complaint.look_at <= clock.now()).order_by(Complaint.look_at).limit(500)
        return list(session.scalars(query))


def look(complaint_id: int) -> None:
    """Look at one report; what is no longer due does nothing."""
    with transaction() as session:
        complaint = session.get(Complaint, complaint_id, with_for_update=True, populate_existing=True)
        if complaint is None or complaint.look_at is None or complaint.look_at > clock.now():
            return
        if complaint.state == State.DRAFT:
            _draft(session, complaint)
            return
        if complaint.state in policy.CLOCK_RUNS and complaint.due_at is not None:
            for rung, days in enumerate(policy.LADDER_DAYS):
                at = calendar.add_working_days(complaint.due_at, days) if days else complaint.due_at
                if at <= clock.now():
                    who = _rung(complaint, policy.LADDER[rung])
                    telling.ring(
                        session, complaint, Event.REPORT_LATE, who, key=f"late-{complaint.due_at:%y%m%d%H%M}-{rung}"
                    )
        elif complaint.state in policy.TOLD:
            telling.say(complaint, wording.follow_up(complaint), wording.decisions(complaint))
        complaint.look_at = acts.next_look(complaint)


def _draft(session: Session, draft: Complaint) -> None:
    """Nobody confirmed it: asked for once, dropped a day later. An officer who talks there is not talked over."""
    asked = draft.asked
    if asked.get("reminded") or not draft.text or draft.conversation_id is None:
        drafting.forget(session, draft)
        return
    if not inbox.is_with_officer(draft.conversation_id):
        picks = (Choice("Gửi", f"{drafting.WORD}:send"), Choice("Bỏ", f"{drafting.WORD}:drop"))
        telling.say(draft, draft_words.remind(draft), picks)
        question = Question.CONFIRM
        draft.asked = asked | {"reminded": True, "question": question, "at": clock.now().isoformat()}
    else:
        draft.asked = asked | {"reminded": True}
    draft.look_at = clock.now() + policy.FORGET_AFTER


def _rung(complaint: Complaint, role: Role) -> list[int]:
    agency = "" if role == Role.PROVINCE_LEADER else complaint.agency_code
    found = telling.ids(access.officers_for(complaint, [role], agency_code=agency))
    if role == Role.SPECIALIST:
        return [one for one in found if one == complaint.officer_id]
    return found
