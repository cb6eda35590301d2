"""Handing conversations to officers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from backend import audit, calendar, clock
from backend.audit import Audit
from backend.database import insert_for, reading, transaction
from backend.errors import InvalidInput, NotFound
from backend.inbox.models import Escalation, Reason
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.service import Entry
from backend.settings import settings
from backend.text import normalise

SUMMARY_LENGTH = 500
ANSWER_LENGTH = 2_000


@dataclass(frozen=True)
class Escalated:
    """What the citizen is told, and whether an officer is at the desk now."""

    text: str
    within_office_hours: bool


@dataclass(frozen=True)
class Waiting:
    """A line of the list of conversations that wait for an officer."""

    id: int
    conversation_id: int
    channel: str
    address: str
    reason: str
    summary: str
    created_at: datetime


def escalate(conversation_id: int, reason: str, summary: str, message_id: int) -> Escalated:
    """Put a conversation before the officers; the same message does it once. Raises InvalidInput, NotFound."""
    if reason not in Reason.ALL:
        raise InvalidInput(f"Lý do “{reason}” không có trong danh mục.")
    messaging.message_text(conversation_id, message_id)  # raises NotFound for a message of somebody else
    with transaction() as session:
        row = {
            "conversation_id": conversation_id,
            "message_id": message_id,
            "reason": reason,
            "summary": summary.strip()[:SUMMARY_LENGTH],
            "created_at": clock.now(),
        }
        insert = insert_for(session, Escalation).values(**row).on_conflict_do_nothing().returning(Escalation.id)
        added = session.scalar(insert)
        if added is not None:
            actor, subject = f"conversation:{conversation_id}", f"escalation:{added}"
            audit.record(session, Audit.CONVERSATION_ESCALATED, actor=actor, subject=subject, reason=reason)
    open_now = calendar.is_open(clock.now())
    return Escalated(_told(open_now), open_now)


def _told(open_now: bool) -> str:
    if open_now:
        return (
            "Dạ, em đã chuyển cho cán bộ, cán bộ sẽ trả lời anh/chị ngay tại đây."
            f" Cần gấp, anh/chị gọi {settings().hotline}."
        )
    opening = clock.local(calendar.next_opening(clock.now()))
    return (
        f"Dạ, em đã chuyển cho cán bộ. Giờ này cơ quan nghỉ, cán bộ sẽ trả lời từ {opening:%H:%M} ngày {opening:%d/%m}."
        f" Cần gấp, anh/chị gọi {settings().hotline}."
    )


def waiting(limit: int = 200) -> list[Waiting]:
    """The conversations that wait for an officer, oldest first."""
    with reading() as session:
        query = select(Escalation).where(Escalation.closed_at.is_(None)).order_by(Escalation.id).limit(limit)
        rows = session.scalars(query).all()
        return [_line(row) for row in rows]


def _line(row: Escalation) -> Waiting:
    conversation = messaging.view(row.conversation_id)
    return Waiting(
        id=row.id,
        conversation_id=row.conversation_id,
        channel=conversation.channel,
        address=conversation.address,
        reason=row.reason,
        summary=row.summary,
        created_at=row.created_at,
    )


def escalation(escalation_id: int, *, actor: str = "system") -> tuple[Waiting, list[Entry]]:
    """One escalation with the last turns of its conversation. Each look is audited. Raises NotFound."""
    with transaction() as session:
        row = session.get(Escalation, escalation_id)
        if row is None:
            raise NotFound("Không có yêu cầu này.")
        audit.record(session, Audit.CONVERSATION_VIEWED, actor=actor, subject=f"conversation:{row.conversation_id}")
        return _line(row), messaging.history(row.conversation_id, limit=40)


def answer(escalation_id: int, text: str, *, actor: str) -> None:
    """Send an officer's words to the citizen, on the channel they wrote from. Raises NotFound, InvalidInput."""
    words = normalise(text)
    if not words or len(words) > ANSWER_LENGTH:
        raise InvalidInput(f"Câu trả lời cần từ 1 đến {ANSWER_LENGTH} ký tự.")
    with transaction() as session:
        row = session.get(Escalation, escalation_id)
        if row is None:
            raise NotFound("Không có yêu cầu này.")
        message_id = messaging.say(row.conversation_id, Reply(words))
        subject = f"conversation:{row.conversation_id}"
        audit.record(session, Audit.CONVERSATION_ANSWERED, actor=actor, subject=subject, message=message_id)


def close(escalation_id: int, *, actor: str = "system") -> None:
    """An officer has dealt with it. Closing twice keeps the first time, and who it was. Raises NotFound."""
    with transaction() as session:
        row = session.get(Escalation, escalation_id, with_for_update=True)
        if row is None:
            raise NotFound("Không có yêu cầu này.")
        if row.closed_at is None:
            row.closed_at = clock.now()
            audit.record(session, Audit.ESCALATION_CLOSED, actor=actor, subject=f"escalation:{escalation_id}")
