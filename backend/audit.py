"""Who looked at or changed what. One row in the transaction of the act; tags are `object:action`, never free text."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend import clock
from backend.database import Base


class Audit(StrEnum):
    """Every kind of act that leaves a trace. Retired tags stay, commented, so that old rows can be read."""

    AGENCIES_SEEDED = "agencies:seeded"
    CATALOGUE_IMPORTED = "catalogue:imported"
    CONTACTS_IMPORTED = "agencies:contacts_imported"
    CONVERSATION_ANSWERED = "conversation:answered"
    CONVERSATION_ESCALATED = "conversation:escalated"
    CONVERSATION_VIEWED = "conversation:viewed"
    DOSSIER_VIEWED = "dossier:viewed"
    ESCALATION_CLOSED = "escalation:closed"
    NOTICES_RESUMED = "notices:resumed"
    NOTICES_STOPPED = "notices:stopped"
    OFFICER_ADDED = "officer:added"
    OFFICER_PASSWORD_SET = "officer:password_set"  # noqa: S105 - a tag
    OFFICER_SIGNED_IN = "officer:signed_in"
    OFFICER_SIGN_IN_FAILED = "officer:sign_in_failed"
    OFFICER_SIGNED_OUT = "officer:signed_out"


class AuditEntry(Base):
    """One act. `actor` is `officer:<id>`, `conversation:<id>` or `system`; `subject` is `<object>:<id>`."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    tag: Mapped[str] = mapped_column(String(64), index=True)
    actor: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(96), index=True)
    details: Mapped[dict[str, Any]]


def record(session: Session, tag: Audit, *, actor: str, subject: str, **details: Any) -> None:
    """Add the row to the open transaction. `details` holds ids and counts, never personal data."""
    session.add(AuditEntry(at=clock.now(), tag=tag.value, actor=actor, subject=subject, details=details))
