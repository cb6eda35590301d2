"""The words of printed papers as administrators have changed them. Layouts are code and are not kept here."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class PaperTemplate(Base):
    """One version of a paper's words; the highest number is in force. Never changed."""

    __tablename__ = "paper_template"
    __table_args__ = (UniqueConstraint("kind", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[int]
    """From 1 on; 0 is what we ship."""
    texts: Mapped[dict[str, Any]]
    restored: Mapped[int | None]
    """The number it was taken back from."""
    at: Mapped[datetime]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    officer_name: Mapped[str] = mapped_column(String(120))


class PaperDraft(Base):
    """What an administrator is typing: shown to them in the preview, in force for nobody."""

    __tablename__ = "paper_draft"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    texts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
