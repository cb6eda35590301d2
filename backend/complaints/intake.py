"""What taking a report in is made of: code, kind and subjects from its words, its sender sealed, its history begun."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend import clock
from backend.complaints import sorting, wording
from backend.complaints.acts import CITIZEN, Actor
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity, ComplaintSubject
from backend.complaints.policy import Action, Kind, Protection
from backend.complaints.sorting import Guess
from backend.inbox import service as inbox
from backend.settings import settings


def take_in(
    session: Session, complaint: Complaint, guessed: Guess, person: ComplaintIdentity, actor: Actor = CITIZEN
) -> None:
    """Give a flushed report its code and all that is worked out from its words; who sent it is sealed.

    Of an anonymous report nothing is kept that names its sender but the conversation, in which the inbox seals who they
    are should they ask for an officer.
    """
    complaint.code = f"PA-{clock.local(complaint.created_at):%y%m%d}-{complaint.id:04d}"
    classify(complaint, guessed)
    complaint.place = complaint.place or sorting.place_in(complaint.text)
    name_subjects(complaint)
    if complaint.protection != Protection.ANONYMOUS:
        person.complaint_id = complaint.id
        session.merge(person)
    note(session, complaint, Action.FILE, actor)


def forget_sender(session: Session, complaint: Complaint) -> None:
    """Nothing is kept of who sends without a name."""
    if complaint.protection == Protection.ANONYMOUS:
        session.execute(delete(ComplaintIdentity).where(ComplaintIdentity.complaint_id == complaint.id))


def classify(complaint: Complaint, guessed: Guess) -> None:
    """Kind, category and protection as proposed; who denounces is protected without asking for it."""
    complaint.kind, complaint.category = guessed.kind, guessed.category
    if guessed.kind == Kind.DENUNCIATION:
        complaint.protection = Protection.PROTECTED


def name_subjects(complaint: Complaint) -> None:
    """What is said may name whom it is about; nobody is taken off by it."""
    known = {(row.agency_code, row.officer_id) for row in complaint.subjects}
    for subject in sorting.subjects_in(complaint.text):
        if (subject.agency_code, subject.officer_id) not in known:
            complaint.subjects.append(ComplaintSubject(agency_code=subject.agency_code, officer_id=subject.officer_id))


def note(session: Session, complaint: Complaint, action: Action, actor: Actor = CITIZEN) -> None:
    """A row of the history for what leaves the state as it is."""
    row = ComplaintEvent(
        complaint_id=complaint.id, at=clock.now(), action=action, actor=actor.label, actor_name=actor.name,
        from_state=complaint.state if action != Action.FILE else None, to_state=complaint.state,
    )  # fmt: skip
    session.add(row)


def show(complaint: Complaint, line: str, message_id: int) -> None:
    """Put it before the hotline's inbox; what is about people in office, or from somebody unnamed, stays out of it.

    The inbox shows whole conversations: those reports are seen on the reports' own pages only. Who asks for an officer
    all the same gets there, sealed (`access.seals`).
    """
    if complaint.conversation_id and not complaint.subjects and complaint.protection == Protection.NAMED:
        inbox.escalate(complaint.conversation_id, "complaint", line, message_id)


def receipt(complaint: Complaint, emergency_number: str) -> str:
    """What the citizen is told of a report taken in; whom to call comes first."""
    begin = f"Dạ, đang nguy hiểm anh/chị gọi ngay {emergency_number}! Em" if emergency_number else "Dạ, em"
    kept = {
        Protection.PROTECTED: " Danh tính của anh/chị được bảo vệ.",
        Protection.ANONYMOUS: " Tên, số của anh/chị được giấu.",
    }.get(Protection(complaint.protection), "")
    return (
        f"{begin} đã ghi nhận phản ánh, mã {complaint.code}.{kept} Tổng đài {settings().hotline} sẽ chuyển cơ quan có"
        f" trách nhiệm. Xem tiến độ: nhắn PA {wording.short_code(complaint)}."
    )
