"""Escalated conversations."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class Reason:
    """Why a conversation needs an officer."""

    ASKED = "asked"
    NOT_UNDERSTOOD = "not_understood"
    COMPLAINT = "complaint"
    ABUSE = "abuse"
    EMERGENCY = "emergency"
    LOW_RATING = "low_rating"

    ALL = frozenset({ASKED, NOT_UNDERSTOOD, COMPLAINT, ABUSE, EMERGENCY, LOW_RATING})


class Escalation(Base):
    """A conversation that waits for an officer, with one line of what it is about. At most one a message."""

    __tablename__ = "escalation"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(24))
    summary: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
