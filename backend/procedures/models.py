"""Tables of the catalogue: a procedure, the versions each source gave of it, and the parts of a version."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.database import Base


class Source(StrEnum):
    """Who wrote a version. Earlier members outrank later ones when a citizen is answered, field by field."""

    SPREADSHEET = "spreadsheet"  # the province's own officers
    CATALOGUE = "catalogue"  # our plain wording, in backend/procedures/catalogue/
    PORTAL = "portal"  # the National Public Service Portal's records


class Level(StrEnum):
    """Where a procedure is filed."""

    PROVINCE = "province"
    DISTRICT = "district"  # before 2025-07-01
    COMMUNE = "commune"


class Online(StrEnum):
    """Today's law on online service; the older service levels 2, 3 and 4 are kept beside it."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


class Procedure(Base):
    """One administrative procedure, known by its national code. Which version speaks is derived, never stored."""

    __tablename__ = "procedure"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    created_at: Mapped[datetime]
    versions: Mapped[list["ProcedureVersion"]] = relationship(
        back_populates="procedure", order_by="ProcedureVersion.number", cascade="all, delete-orphan"
    )


class ProcedureVersion(Base):
    """What one source said from `effective_from` until before `effective_to` (None: still). Never edited afterwards."""

    __tablename__ = "procedure_version"
    __table_args__ = (UniqueConstraint("procedure_id", "source", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedure.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(16))
    number: Mapped[int]
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    content_hash: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime]

    name: Mapped[str] = mapped_column(Text)
    short_name: Mapped[str] = mapped_column(String(160))
    field: Mapped[str] = mapped_column(Text, default="")
    level: Mapped[str | None] = mapped_column(String(16))
    levels: Mapped[list[str]]
    agency: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(Text, default="")
    service_level: Mapped[int | None]
    online: Mapped[str | None] = mapped_column(String(16))
    target: Mapped[list[str]]
    phrases: Mapped[list[str]]
    look_alikes: Mapped[list[str]]
    steps: Mapped[list[str]]
    results: Mapped[list[str]]
    conditions: Mapped[list[str]]
    legal_basis: Mapped[list[dict[str, Any]]]
    notes: Mapped[list[str]]
    url: Mapped[str] = mapped_column(Text, default="")

    procedure: Mapped[Procedure] = relationship(back_populates="versions")
    documents: Mapped[list["RequiredDocument"]] = relationship(
        order_by="RequiredDocument.position", cascade="all, delete-orphan"
    )
    methods: Mapped[list["FilingMethod"]] = relationship(order_by="FilingMethod.position", cascade="all, delete-orphan")
    fees: Mapped[list["Fee"]] = relationship(order_by="Fee.position", cascade="all, delete-orphan")


class RequiredDocument(Base):
    """A paper of a dossier. `required` is None where the source does not tell (the portal never does)."""

    __tablename__ = "required_document"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_version.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    original: Mapped[int]
    copy: Mapped[int]
    present: Mapped[bool]
    required: Mapped[bool | None]
    when: Mapped[str] = mapped_column(Text, default="")
    form: Mapped[str] = mapped_column(Text, default="")
    files: Mapped[list[str]]


class FilingMethod(Base):
    """A way to file, and how long it takes that way: a value with its unit, or words where there is no such value."""

    __tablename__ = "filing_method"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_version.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    channel: Mapped[str] = mapped_column(String(16))
    duration_value: Mapped[float | None]
    duration_unit: Mapped[str | None] = mapped_column(String(16))
    duration_text: Mapped[str] = mapped_column(Text, default="")


class Fee(Base):
    """One line of what it costs: `amount` in đồng, None where it is not fixed. No line at all means unknown."""

    __tablename__ = "fee"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_version.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    amount: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")


class CatalogueState(Base):
    """One row: raised by every import that changes something, so that search indexes know to rebuild."""

    __tablename__ = "catalogue_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]
    changed_at: Mapped[datetime]
