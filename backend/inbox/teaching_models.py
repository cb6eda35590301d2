"""Messages that the assistant misread, as officers marked them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class Verdict:
    """Where a marked message stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Misreading(Base):
    """One message and what it meant. Kept masked: who wrote it must not get into the training data."""

    __tablename__ = "misreading"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    understood: Mapped[str] = mapped_column(String(40), default="")
    """The intent it was taken for; empty where it never reached the assistant."""
    confidence: Mapped[float | None]
    intent: Mapped[str] = mapped_column(String(40))
    example: Mapped[str] = mapped_column(Text)
    """As in `nlu_data`: entities are `[words](entity)`."""
    state: Mapped[str] = mapped_column(String(12), default=Verdict.PROPOSED, index=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    """Why it was refused."""
    marked_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    marked_at: Mapped[datetime]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    reviewed_at: Mapped[datetime | None]
