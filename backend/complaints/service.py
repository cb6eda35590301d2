"""Taking reports in and telling where they stand."""

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from backend import clock
from backend.complaints.models import Complaint
from backend.database import insert_for, reading, transaction
from backend.errors import InvalidInput
from backend.inbox import service as inbox
from backend.messaging import service as messaging
from backend.settings import settings

RECEIVED = "received"
ADDED_WITHIN = timedelta(hours=3)
CODE = re.compile(r"(?:PA)?[\s.-]*(\d{6})[\s.-]*(\d{4,6})", re.IGNORECASE)


@dataclass(frozen=True)
class Filed:
    """A report that was taken in."""

    code: str
    text: str


@dataclass(frozen=True)
class Lookup:
    """`outcome`: found | not_found | unclear."""

    outcome: str
    text: str


def file(conversation_id: int, message_id: int, text: str) -> Filed:
    """Take a report in, give it a code and show it to the hotline's officers; the same message gives the same code.

    Raises InvalidInput, NotFound.
    """
    if not text.strip():
        raise InvalidInput("Nội dung phản ánh đang để trống.")
    messaging.message_text(conversation_id, message_id)  # raises NotFound for a message of somebody else
    with transaction() as session:
        row = {
            "conversation_id": conversation_id,
            "message_id": message_id,
            "text": text.strip(),
            "state": RECEIVED,
            "created_at": clock.now(),
        }
        session.execute(insert_for(session, Complaint).values(**row).on_conflict_do_nothing())
        complaint = session.scalars(select(Complaint).where(Complaint.message_id == message_id)).one()
        if complaint.code is None:
            complaint.code = f"PA-{clock.local(complaint.created_at):%y%m%d}-{complaint.id:04d}"
            inbox.escalate(conversation_id, "complaint", f"{complaint.code}: {complaint.text}", message_id)
        return Filed(complaint.code, _receipt(complaint.code))


def add(conversation_id: int, message_id: int, text: str) -> Lookup:
    """Add to the report that this conversation made within the last hours; the same message adds once.

    Outcomes: found (added) or not_found (no such report: nothing is written).
    """
    with transaction() as session:
        query = select(Complaint).where(
            Complaint.conversation_id == conversation_id, Complaint.created_at > clock.now() - ADDED_WITHIN
        )
        complaint = session.scalars(query.order_by(Complaint.id.desc()).limit(1).with_for_update()).first()
        if complaint is None:
            return Lookup("not_found", "")
        line = f"[{message_id}] {' '.join(text.split())}"
        if line not in complaint.text.splitlines():
            complaint.text = f"{complaint.text}\n{line}"
            inbox.escalate(conversation_id, "complaint", f"{complaint.code}, bổ sung: {text.strip()}", message_id)
        return Lookup("found", f"Dạ, em đã ghi thêm vào phản ánh {complaint.code}. Cảm ơn anh/chị.")


def look_up(conversation_id: int, code: str | None) -> Lookup:
    """Where a report of this conversation stands; without a code, the last one."""
    match = CODE.fullmatch(code.strip()) if code else None
    if code and match is None:
        return Lookup("unclear", "Dạ, mã phản ánh có dạng PA-261101-0003. Anh/chị nhắn PA và mã giúp em.")
    with reading() as session:
        query = select(Complaint).where(Complaint.conversation_id == conversation_id)
        if match:
            query = query.where(Complaint.code == f"PA-{match[1]}-{match[2]}")
        complaint = session.scalars(query.order_by(Complaint.id.desc()).limit(1)).first()
    if complaint is None:
        return Lookup(
            "not_found", "Dạ, em không tìm thấy phản ánh nào như vậy được gửi từ đây. Anh/chị xem lại mã giúp em."
        )
    sent = f"{clock.local(complaint.created_at):%d/%m/%Y}"
    return Lookup(
        "found",
        f"Dạ, phản ánh {complaint.code} gửi ngày {sent} đã được tiếp nhận, tổng đài đang chuyển cơ quan xử lý."
        f" Cần gấp, anh/chị gọi {settings().hotline}.",
    )


def _receipt(code: str) -> str:
    return (
        f"Dạ, em đã ghi nhận phản ánh, mã {code}. Tổng đài {settings().hotline} sẽ chuyển cơ quan có trách nhiệm."
        f" Xem tiến độ: nhắn PA {code.removeprefix('PA-')}."
    )
