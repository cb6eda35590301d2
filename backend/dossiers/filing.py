"""Taking a dossier in: at the desk, online or by post."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock, links
from backend.citizens import service as citizens
from backend.database import insert_for, reading, transaction
from backend.dossiers import parcels, telling
from backend.dossiers.acts import Actor
from backend.dossiers.fees import PaymentState
from backend.dossiers.models import (
    Dossier,
    DossierEvent,
    DossierPaper,
    DossierPlace,
    DossierSequence,
    DossierStep,
    Payment,
    Shipment,
    WorkflowStep,
)
from backend.dossiers.policy import Action, FiledVia, PaperState, ReturnBy, State
from backend.notifications import service as notifications
from backend.notifications.service import Event
from backend.organisation import service as organisation
from backend.organisation.service import AgencyInfo
from backend.procedures import service as procedures
from backend.procedures.service import ProcedureOut
from backend.settings import settings

NAME_LENGTH = 300


@dataclass(frozen=True)
class Filing:
    """What is needed to take a dossier in. `applicant_phone` is E.164; `desk_code` defaults to the deciding agency.

    `code` is only given for dossiers that bring one (an earlier system's). `key`: of the applicant's link, where the
    filing form fixed it already. `tracking_code`: of the parcel in which the papers came.
    """

    procedure_code: str
    agency_code: str
    applicant_name: str
    applicant_phone: str
    applicant_email: str = ""
    applicant_address: str = ""
    content: str = ""
    filed_via: FiledVia = FiledVia.DESK
    return_by: ReturnBy = ReturnBy.DESK
    desk_code: str = ""
    code: str = ""
    key: str = ""
    tracking_code: str = ""


@dataclass(frozen=True)
class Filed:
    """The new dossier. `key` is the secret of the applicant's link."""

    id: int
    code: str
    key: str


def key_of_form(form: str) -> str:
    """The key of the dossier that a form makes: nobody can tell it from the form, and it is always the same."""
    secret = settings().secret_key.get_secret_value()
    return links.key_of(hmac.new(secret.encode(), f"filing:{form}".encode(), hashlib.sha256).digest())


def filed(key: str) -> Filed | None:
    """The dossier of this key, where its form was sent before."""
    with reading() as session:
        row = session.execute(select(Dossier.id, Dossier.code, Dossier.key).where(Dossier.key == key)).one_or_none()
        return Filed(*row) if row else None


def file(filing: Filing, actor: Actor) -> Filed:
    """Write a dossier down as `submitted`, with its checklist, steps and fee. Raises NotFound (procedure, agency)."""
    now = clock.now()
    with transaction() as session:
        procedure = procedures.current_version(filing.procedure_code)
        agency = organisation.agency_by_code(filing.agency_code)
        desk = organisation.agency_by_code(filing.desk_code) if filing.desk_code else agency
        code = filing.code or _next_code(session, desk.code, clock.local(now).date())
        dossier = Dossier(
            code=code,
            key=filing.key or links.new_key(),
            procedure_code=procedure.code,
            procedure_name=procedure.short_name[:NAME_LENGTH],
            service_level=procedure.service_level or 2,
            agency_code=agency.code,
            agency_name=agency.name,
            desk_code=desk.code,
            desk_name=desk.name,
            citizen_id=citizens.register(filing.applicant_name, filing.applicant_phone),
            applicant_name=filing.applicant_name,
            applicant_phone=filing.applicant_phone,
            applicant_email=filing.applicant_email,
            applicant_address=filing.applicant_address,
            content=filing.content,
            filed_via=filing.filed_via,
            return_by=filing.return_by,
            state=State.SUBMITTED,
            submitted_at=now,
            papers=_papers(procedure),
            steps=_steps(session, procedure.code, agency),
            payments=_fees(procedure),
            shipments=_parcels(filing),
            apology=None,
        )
        dossier.duration_value, dossier.duration_unit = _duration(procedure)
        dossier.places = _places(dossier)
        session.add(dossier)
        session.flush()
        _write_down(session, dossier, actor)
        return Filed(dossier.id, code, dossier.key)


def _places(dossier: Dossier) -> list[DossierPlace]:
    agencies = {dossier.desk_code, dossier.agency_code, *(step.agency_code for step in dossier.steps)}
    return [
        DossierPlace(agency_code=code, procedure_code=dossier.procedure_code, submitted_at=dossier.submitted_at)
        for code in sorted(agencies)
    ]


def _write_down(session: Session, dossier: Dossier, actor: Actor) -> None:
    written = DossierEvent(
        dossier_id=dossier.id, at=dossier.submitted_at, action=Action.FILE, actor=actor.label, actor_name=actor.name,
        to_state=State.SUBMITTED,
    )  # fmt: skip
    session.add(written)
    session.flush()
    event = telling.filed_event(dossier)
    if event is None:
        return
    told = telling.telling(dossier, event, str(written.id), variant=dossier.filed_via)
    notifications.tell_applicant(session, told, telling.applicant(dossier))
    telling.fee_notice(session, dossier, str(written.id))
    to_check = telling.telling(dossier, Event.TO_CHECK, str(written.id))
    notifications.tell_officers(session, to_check, telling.recipients(dossier, Event.TO_CHECK))


def _parcels(filing: Filing) -> list[Shipment]:
    if filing.filed_via != FiledVia.POST:
        return []
    return [parcels.incoming(filing.tracking_code.strip()[: parcels.TRACKING_LENGTH], filing.applicant_address)]


def _next_code(session: Session, desk_code: str, day: date) -> str:
    """`<agency code>-<yymmdd>-<sequence>`; numbers are given once, whoever asks at the same time."""
    prefix = f"{desk_code}-{day:%y%m%d}"
    row = insert_for(session, DossierSequence).values(prefix=prefix, last=1)
    counted = row.on_conflict_do_update(
        index_elements=[DossierSequence.prefix], set_={"last": DossierSequence.last + 1}
    ).returning(DossierSequence.last)
    return f"{prefix}-{session.scalar(counted):04d}"


def _papers(procedure: ProcedureOut) -> list[DossierPaper]:
    """The checklist. Papers of a special case ("if married abroad") and unknown ones are not required by default."""
    return [
        DossierPaper(
            position=position,
            name=document.name,
            required=document.required is not False and not document.when,
            originals=document.original,
            copies=document.copy_,
            state=PaperState.UNCHECKED,
        )
        for position, document in enumerate(procedure.documents, 1)
    ]


def _steps(session: Session, procedure_code: str, agency: AgencyInfo) -> list[DossierStep]:
    """The procedure's workflow, or one step at the agency that decides."""
    query = select(WorkflowStep).where(WorkflowStep.procedure_code == procedure_code)
    rows = session.scalars(query.order_by(WorkflowStep.sequence, WorkflowStep.id)).all()
    if not rows:
        return [
            DossierStep(
                sequence=1, title="Thẩm định, giải quyết", agency_code=agency.code, agency_name=agency.name, share=1.0
            )
        ]
    return [_step(row, agency) for row in rows]


def _step(row: WorkflowStep, lead: AgencyInfo) -> DossierStep:
    agency = organisation.agency_by_code(row.agency_code) if row.agency_code else lead
    return DossierStep(
        sequence=row.sequence,
        title=row.title,
        agency_code=agency.code,
        agency_name=agency.name,
        department_id=organisation.department_id(agency.id, row.department_name),
        share=row.share,
    )


def _duration(procedure: ProcedureOut) -> tuple[float | None, str]:
    """The longest of the filing methods: what the applicant may be promised however they filed."""
    known = [method.duration for method in procedure.methods if method.duration]
    longest = max(known, key=lambda duration: _HOURS[duration.unit] * duration.value, default=None)
    return (longest.value, longest.unit) if longest else (None, "")


_HOURS = {"hour": 1, "working_day": 8, "day": 8 * 5 / 7, "month": 8 * 21}


def _fees(procedure: ProcedureOut) -> list[Payment]:
    """The fee, where it is one fixed amount; anything else the desk sets by hand."""
    amounts = [fee for fee in procedure.fees if fee.amount]
    if len(amounts) != 1 or len(procedure.fees) != 1:
        return []
    return [
        Payment(
            reference=links.new_key(), amount=amounts[0].amount, text=amounts[0].text[:200], state=PaymentState.DUE,
            created_at=clock.now(),
        )
    ]  # fmt: skip
