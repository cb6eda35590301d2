"""Whether everybody may read of a report: asked once with the receipt, said otherwise at any time. Silence is a no."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock
from backend.complaints import intake, policy, wording
from backend.complaints.acts import CITIZEN, Actor
from backend.complaints.models import Complaint
from backend.complaints.policy import Action, Protection, Question
from backend.database import transaction
from backend.errors import NotFound
from backend.messaging.channels import Choice

WORD = "report-publish"
"""Begins the payload of the two choices under a receipt."""
QUESTION = "Anh/chị cho công khai việc này, không nêu tên và số của anh/chị, được không ạ?"


def ask(complaint: Complaint) -> tuple[str, tuple[Choice, ...]]:
    """What a receipt asks at its end; nothing where the report is never published anyway."""
    if complaint.kind not in policy.PUBLIC_KINDS or complaint.protection != Protection.NAMED or complaint.subjects:
        return "", ()
    code = complaint.code
    return f" {QUESTION}", (Choice("Cho công khai", f"{WORD}:yes {code}"), Choice("Không", f"{WORD}:no {code}"))


def note_asked(complaint: Complaint) -> None:
    """The next words may answer it."""
    if ask(complaint)[0]:
        complaint.asked = complaint.asked | {"question": Question.PUBLISH, "at": clock.now().isoformat()}


def say(conversation_id: int, code: str, agrees: bool) -> str:
    """The citizen says it of a report of this conversation; what to tell them. Raises NotFound."""
    with transaction() as session:
        mine = select(Complaint).where(Complaint.conversation_id == conversation_id, Complaint.code == code)
        complaint = session.scalars(mine.with_for_update()).one_or_none()
        if complaint is None:
            raise NotFound("Dạ, em không tìm thấy phản ánh nào như vậy được gửi từ đây.")
        return record(session, complaint, agrees)


def record(session: Session, complaint: Complaint, agrees: bool, actor: Actor = CITIZEN) -> str:
    """Keep what was said, with who said it when; what to tell the citizen."""
    complaint.asked = complaint.asked | {"question": ""}
    if complaint.may_publish != agrees:
        complaint.may_publish = agrees
        intake.note(session, complaint, Action.CONSENT if agrees else Action.REFUSE, actor)
    code = wording.short_code(complaint)
    if agrees:
        return f"Dạ, em đã ghi. Có trả lời mới công khai. Đổi ý, anh/chị nhắn PA {code} KHONG CONG KHAI."
    return f"Dạ, phản ánh {complaint.code} không được công khai. Đổi ý, anh/chị nhắn PA {code} CONG KHAI."
