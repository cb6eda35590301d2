"""A dossier and its immutable history."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.database import Base


class Dossier(Base):
    """One filing of one procedure by one applicant. Names are kept as they were on the day of filing."""

    __tablename__ = "dossier"
    __table_args__ = (Index("ix_dossier_applicant_phone_id", "applicant_phone", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(48), unique=True)
    procedure_code: Mapped[str] = mapped_column(String(40), index=True)
    procedure_name: Mapped[str] = mapped_column(String(300))
    agency_code: Mapped[str] = mapped_column(String(32), index=True)
    agency_name: Mapped[str] = mapped_column(String(200))
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"), index=True)
    applicant_name: Mapped[str] = mapped_column(String(200))
    applicant_phone: Mapped[str] = mapped_column(String(16))
    """E.164; who may be told about the dossier is decided by this number."""
    state: Mapped[str] = mapped_column(String(24), index=True)
    submitted_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """The appointment; None until the dossier is received."""
    missing: Mapped[list[str]] = mapped_column(default=list)
    """What the supplement request lists, in the order it was asked for."""
    supplement_due_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it was refused, cancelled or withdrawn, or is late; shown to the applicant."""
    version: Mapped[int] = mapped_column()

    history: Mapped[list["DossierEvent"]] = relationship(order_by="DossierEvent.id", back_populates="dossier")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the protocol of SQLAlchemy


class DossierEvent(Base):
    """One transition: who, when, from where to where, why. Never changed."""

    __tablename__ = "dossier_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    from_state: Mapped[str | None] = mapped_column(String(24))
    to_state: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text, default="")

    dossier: Mapped[Dossier] = relationship(back_populates="history")
