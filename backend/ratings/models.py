"""Ratings."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class Rating(Base):
    """What an applicant thought of the service for one dossier: 1 (very dissatisfied) to 5 (very satisfied)."""

    __tablename__ = "rating"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_code: Mapped[str] = mapped_column(String(48), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    score: Mapped[int]
    words: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
