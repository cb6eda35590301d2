"""Reports of citizens, whom they are about, who sent them (sealed), and their immutable history."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, event, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.complaints.policy import Contact, Kind, Protection
from backend.database import Base
from backend.screening import without_sender
from backend.text import fold


class Complaint(Base):
    """One report. One message makes at most one; what a caller told has no message."""

    __tablename__ = "complaint"
    __table_args__ = (Index("ix_complaint_agency_code_state", "agency_code", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(String(24), unique=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    """As the citizen wrote it."""
    kind: Mapped[str] = mapped_column(String(20), default=Kind.REPORT)
    category: Mapped[str] = mapped_column(String(24), default="")
    protection: Mapped[str] = mapped_column(String(12), default=Protection.NAMED)
    place: Mapped[str] = mapped_column(String(300), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    """Degrees, WGS 84."""
    happened: Mapped[str] = mapped_column(String(120), default="")
    """When, in the citizen's words, where they said it apart from the rest."""
    contact: Mapped[str] = mapped_column(String(8), default=Contact.HERE)
    may_publish: Mapped[bool | None]
    """Whether everybody may read of it, in words that name nobody; None: nobody has said so, which is no."""
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of a draft, and of what its receipt asks: `question`, `at` (ISO), `same` (ids offered); `heard` and `said`: the
    last message and its answer."""
    files: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Photos: `file_id` in `backend.storage`, `name`, `media_type`."""
    state: Mapped[str] = mapped_column(String(16))
    agency_code: Mapped[str] = mapped_column(String(32), default="")
    """Who has to answer; "" while it is with the hotline."""
    agency_name: Mapped[str] = mapped_column(String(200), default="")
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    answer: Mapped[str] = mapped_column(Text, default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("complaint.id"))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When the agency's answer is due."""
    sent_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the sweep has to look next."""
    reopened: Mapped[int] = mapped_column(default=0)
    """How often the citizen re-opened it."""
    search_text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column()

    subjects: Mapped[list["ComplaintSubject"]] = relationship(cascade="all, delete-orphan")
    history: Mapped[list["ComplaintEvent"]] = relationship(order_by="ComplaintEvent.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the protocol of SQLAlchemy


class ComplaintSubject(Base):
    """Whom a report is about; neither that officer nor that unit ever sees it."""

    __tablename__ = "complaint_subject"

    id: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    agency_code: Mapped[str] = mapped_column(String(32), index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"), index=True)


class ComplaintIdentity(Base):
    """Who sent a report. Read by `identity.reveal` only: with a reason, leaving a row in history and audit."""

    __tablename__ = "complaint_identity"

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    """A phone number, or the address on the channel it came by."""


class ComplaintEvent(Base):
    """One act: who, when, from where to where, why. Never changed."""

    __tablename__ = "complaint_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(64))
    """`officer:<id>`, `citizen` or `system`."""
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


@event.listens_for(Complaint, "before_insert")
@event.listens_for(Complaint, "before_update")
def _found_by_what_it_says(_mapper: object, _connection: object, complaint: Complaint) -> None:
    changed = inspect(complaint).attrs
    if any(changed[name].history.has_changes() for name in ("code", "text", "place", "protection")):
        sealed = complaint.protection not in (None, Protection.NAMED)  # nobody tries a name or a number on it
        words = without_sender(complaint.text) if sealed else complaint.text
        complaint.search_text = fold(f"{complaint.code or ''} {words} {complaint.place}")


@event.listens_for(ComplaintEvent, "before_update")
@event.listens_for(ComplaintEvent, "before_delete")
def _history_stays(*_: object) -> None:
    raise RuntimeError("the history of a report is never changed")
