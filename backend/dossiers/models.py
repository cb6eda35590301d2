"""A dossier with its papers, steps, money, parcels and its immutable history."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, event, inspect, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.database import Base
from backend.dossiers import terms
from backend.dossiers.policy import FiledVia, PaperState, ReturnBy, StepState

_UNFINISHED = text("finished_at IS NULL")
_RETURNS = text("to_state = 'returned'")


class Dossier(Base):
    """One filing of one procedure by one applicant. Names are kept as they were on the day of filing."""

    __tablename__ = "dossier"
    __table_args__ = (
        Index("ix_dossier_applicant_phone_id", "applicant_phone", "id"),
        Index("ix_dossier_agency_code_state", "agency_code", "state"),
        Index("ix_dossier_desk_code_state", "desk_code", "state"),
        # Which list needs which: `worklists`, measured by `tests/bench/worklists.py`.
        Index("ix_dossier_unfinished", "due_at", "id", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
        Index("ix_dossier_submitted_at_id", "submitted_at", "id"),
        Index("ix_dossier_state_submitted_at_id", "state", "submitted_at", "id"),
        Index("ix_dossier_procedure_code_submitted_at_id", "procedure_code", "submitted_at", "id"),
        Index("ix_dossier_finished_at_agency_code_due_at", "finished_at", "agency_code", "due_at"),
        Index("ix_dossier_search_text", "search_text", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(48), unique=True)
    key: Mapped[str] = mapped_column(String(24), unique=True)
    """Unguessable; whoever holds the link with it (on the receipt, in a message) is the applicant."""
    procedure_code: Mapped[str] = mapped_column(String(40))
    procedure_name: Mapped[str] = mapped_column(String(300))
    service_level: Mapped[int] = mapped_column(default=2)
    agency_code: Mapped[str] = mapped_column(String(32))
    """The agency that decides."""
    agency_name: Mapped[str] = mapped_column(String(200))
    desk_code: Mapped[str] = mapped_column(String(32))
    """The agency whose one-stop desk took it in and hands the result over; mostly the same."""
    desk_name: Mapped[str] = mapped_column(String(200))

    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"), index=True)
    applicant_name: Mapped[str] = mapped_column(String(200))
    applicant_phone: Mapped[str] = mapped_column(String(16))
    """E.164; who may be told about the dossier is decided by this number."""
    applicant_email: Mapped[str] = mapped_column(String(120), default="")
    applicant_address: Mapped[str] = mapped_column(String(300), default="")
    content: Mapped[str] = mapped_column(Text, default="")
    """What is applied for, in the applicant's words."""
    filed_via: Mapped[str] = mapped_column(String(8), default=FiledVia.DESK)
    return_by: Mapped[str] = mapped_column(String(8), default=ReturnBy.DESK)
    search_text: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"), default="")
    """What the officers' search finds it by (see `terms`); follows code, name and phone by itself."""

    state: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text, default="")
    """Of the last transition that has one, or why it is late; shown to the applicant."""
    legal_ground: Mapped[str] = mapped_column(Text, default="")
    submitted_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    duration_value: Mapped[float | None]
    """What the regulation gives, in `duration_unit` (hour | working_day | day | month); None where it names none."""
    duration_unit: Mapped[str] = mapped_column(String(12), default="")
    working_hours: Mapped[float] = mapped_column(default=0.0)
    """From receipt to appointment, as granted; shares of steps and warnings are parts of it."""
    due_at: Mapped[datetime | None]
    """The appointment; None until the dossier is received. Moves when a stopped clock goes on."""
    finished_at: Mapped[datetime | None]
    """When the result was there, or the dossier ended otherwise."""
    clock_stopped_at: Mapped[datetime | None]
    clock_stopped_for: Mapped[str] = mapped_column(String(16), default="")
    supplement_from: Mapped[str] = mapped_column(String(24), default="")
    """The state a supplement was asked from; empty while none was ever requested."""
    supplement_due_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the sweep has something to do with it: a warning, a reminder, a cancellation (see `deadlines`)."""
    warned: Mapped[int] = mapped_column(default=0)
    """The last warning given, in per cent of the time: 0, 50, 80, 100."""
    late_told: Mapped[bool] = mapped_column(default=False)
    """Whether the applicant has been told that the result will not be there at this appointment."""
    version: Mapped[int] = mapped_column()

    papers: Mapped[list["DossierPaper"]] = relationship(order_by="DossierPaper.position", back_populates="dossier")
    steps: Mapped[list["DossierStep"]] = relationship(
        order_by="DossierStep.sequence, DossierStep.id", back_populates="dossier"
    )
    history: Mapped[list["DossierEvent"]] = relationship(order_by="DossierEvent.id", back_populates="dossier")
    notes: Mapped[list["DossierNote"]] = relationship(order_by="DossierNote.id")
    results: Mapped[list["DossierResult"]] = relationship(order_by="DossierResult.id")
    payments: Mapped[list["Payment"]] = relationship(order_by="Payment.id")
    shipments: Mapped[list["Shipment"]] = relationship(order_by="Shipment.id")
    apology: Mapped["Apology | None"] = relationship()
    places: Mapped[list["DossierPlace"]] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the protocol of SQLAlchemy

    @property
    def missing(self) -> list[str]:
        """What the supplement request lists, in the order of the checklist."""
        return [paper.name for paper in self.papers if paper.state == PaperState.MISSING]


class DossierPlace(Base):
    """An agency that a dossier concerns: it was filed there, is decided there or has a step there. Written at filing.

    Lists of everything at an agency walk this narrow table; who may see a dossier is still decided by `access`.
    """

    __tablename__ = "dossier_place"
    __table_args__ = (
        Index("ix_dossier_place_agency_code_submitted_at", "agency_code", "submitted_at", "dossier_id"),
        Index("ix_dossier_place_agency_code_procedure_code", "agency_code", "procedure_code", "submitted_at"),
    )

    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    agency_code: Mapped[str] = mapped_column(String(32), primary_key=True)
    procedure_code: Mapped[str] = mapped_column(String(40))
    submitted_at: Mapped[datetime]


class DossierPaper(Base):
    """One line of the checklist: a required document as it stands in this dossier."""

    __tablename__ = "dossier_paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    required: Mapped[bool] = mapped_column(default=True)
    originals: Mapped[int] = mapped_column(default=0)
    copies: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(12), default=PaperState.UNCHECKED)
    compared: Mapped[bool] = mapped_column(default=False)
    """Compared with the original (level 3)."""
    remark: Mapped[str] = mapped_column(Text, default="")
    """What is wrong with it, told to the applicant."""

    dossier: Mapped[Dossier] = relationship(back_populates="papers")
    files: Mapped[list["PaperFile"]] = relationship(order_by="PaperFile.id")


class PaperFile(Base):
    """A scan or photo of a paper; `file_id` is a `backend.storage` id."""

    __tablename__ = "paper_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("dossier_paper.id"), index=True)
    file_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    remark: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))


class DossierStep(Base):
    """One agency's share of the work. A simple procedure has one, an interconnected one several."""

    __tablename__ = "dossier_step"
    __table_args__ = (
        Index("ix_dossier_step_agency_code_state", "agency_code", "state"),
        Index("ix_dossier_step_officer_id_state", "officer_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    sequence: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    agency_code: Mapped[str] = mapped_column(String(32))
    agency_name: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    share: Mapped[float] = mapped_column(default=1.0)
    """Of the dossier's working hours, 0 to 1."""
    state: Mapped[str] = mapped_column(String(12), default=StepState.WAITING)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    opened_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    dossier: Mapped[Dossier] = relationship(back_populates="steps")


class DossierEvent(Base):
    """One act: who, when, from where to where, why. Never changed; an undo is a row of its own."""

    __tablename__ = "dossier_event"
    __table_args__ = (Index("ix_dossier_event_returned_at", "at", sqlite_where=_RETURNS, postgresql_where=_RETURNS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(64))
    """`officer:<id>`, `applicant` or `system`."""
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    from_state: Mapped[str | None] = mapped_column(String(24))
    to_state: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text, default="")
    step_id: Mapped[int | None] = mapped_column(ForeignKey("dossier_step.id"))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What an undo would put back."""

    dossier: Mapped[Dossier] = relationship(back_populates="history")


class DossierNote(Base):
    """A note, an opinion or a draft of an officer; inside the house only."""

    __tablename__ = "dossier_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    officer_name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(8))
    """note | opinion | draft"""
    text: Mapped[str] = mapped_column(Text)
    file_id: Mapped[str] = mapped_column(String(32), default="")
    file_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]


class DossierResult(Base):
    """A result file, as signed."""

    __tablename__ = "dossier_result"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    number: Mapped[str] = mapped_column(String(60), default="")
    file_id: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))


class Payment(Base):
    """A fee to pay or paid: at the desk, or online through a provider that knows it by `reference`."""

    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True)
    amount: Mapped[int]
    """Đồng."""
    text: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(12))
    """due | paid | refund_due | refunded | void; see `fees`."""
    surplus: Mapped[bool] = mapped_column(default=False)
    """Paid twice, or not the amount that was asked: only ever to be given back."""
    method: Mapped[str] = mapped_column(String(8), default="")
    """desk | online, once paid."""
    provider: Mapped[str] = mapped_column(String(32), default="")
    provider_reference: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]


class Shipment(Base):
    """A parcel: papers that come in by post, or a result that goes out."""

    __tablename__ = "shipment"
    __table_args__ = (Index("ix_shipment_state_direction", "state", "direction"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    direction: Mapped[str] = mapped_column(String(3))
    """in | out"""
    carrier: Mapped[str] = mapped_column(String(32))
    tracking_code: Mapped[str | None] = mapped_column(String(40), index=True)
    """Not unique: an envelope may hold the papers of two dossiers."""
    address: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(12))
    """ordered | on_the_way | delivered | failed; see `parcels`."""
    track: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`[{"at", "text"}]` as the carrier tells."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Apology(Base):
    """The apology with a new appointment: drafted before the dossier is late, signed by a person, once."""

    __tablename__ = "apology"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    old_due_at: Mapped[datetime]
    new_due_at: Mapped[datetime]
    drafted_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))


class WorkflowStep(Base):
    """How a procedure goes through the house. A procedure without rows has one step, at the agency that decides."""

    __tablename__ = "workflow_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure_code: Mapped[str] = mapped_column(String(40), index=True)
    sequence: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    agency_code: Mapped[str] = mapped_column(String(32), default="")
    """Empty: the agency that decides."""
    department_name: Mapped[str] = mapped_column(String(120), default="")
    share: Mapped[float]


class DossierSequence(Base):
    """The last number given to a dossier of an agency on a day."""

    __tablename__ = "dossier_sequence"

    prefix: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int]


class OfficerSkill(Base):
    """What an officer is good at: a procedure (its code) or a whole field of them ("Hộ tịch")."""

    __tablename__ = "officer_skill"
    __table_args__ = (UniqueConstraint("officer_id", "skill"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    skill: Mapped[str] = mapped_column(String(120))


class Absence(Base):
    """Days on which an officer is away, both included; nothing is assigned to them meanwhile."""

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_officer_id_last_day", "officer_id", "last_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str] = mapped_column(String(120), default="")
    entered_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    entered_at: Mapped[datetime]


@event.listens_for(Dossier, "before_insert")
@event.listens_for(Dossier, "before_update")
def _found_by_what_it_says(_mapper: object, _connection: object, dossier: Dossier) -> None:
    attributes = inspect(dossier).attrs
    if any(attributes[name].history.has_changes() for name in ("code", "applicant_name", "applicant_phone")):
        agencies = {dossier.desk_code, dossier.agency_code, *(step.agency_code for step in dossier.steps)}
        dossier.search_text = terms.of(dossier.code, dossier.applicant_name, dossier.applicant_phone, agencies)


@event.listens_for(DossierEvent, "before_update")
@event.listens_for(DossierEvent, "before_delete")
def _history_stays(*_: object) -> None:
    raise RuntimeError("the history of a dossier is never changed")
