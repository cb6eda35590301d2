"""Who is told what of a transition, with the facts that fill the templates."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend.dossiers import fees, wording
from backend.dossiers.models import Dossier, DossierEvent, DossierStep
from backend.dossiers.policy import FiledVia, ReturnBy, State, StepState, Transition
from backend.notifications import service as notifications
from backend.notifications.service import Applicant, Event, Telling
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.settings import settings


def tell(
    session: Session, dossier: Dossier, row: Transition, written: DossierEvent, *, not_before: datetime | None = None
) -> None:
    """Write the notifications of one history row."""
    if row.tells is not None:
        told = telling(dossier, row.tells, str(written.id), variant=_variant(dossier, row.tells), not_before=not_before)
        notifications.tell_applicant(session, told, applicant(dossier))
    if row.tells_officers is not None:
        told = telling(dossier, row.tells_officers, str(written.id), not_before=not_before)
        notifications.tell_officers(session, told, recipients(dossier, row.tells_officers))
    if row.tells == Event.RESULT_READY and (dossier.return_by != ReturnBy.DESK or fees.is_paid_online(dossier)):
        fee_notice(session, dossier, str(written.id))  # who pays at the desk was told with the result


def telling(
    dossier: Dossier, event: Event, key: str, *, variant: str = "", not_before: datetime | None = None
) -> Telling:
    """An event of this dossier with all facts a template may use."""
    return Telling(event, f"dossier:{dossier.id}", dossier.code, key, facts(dossier), variant, not_before)


def fee_notice(session: Session, dossier: Dossier, key: str) -> None:
    """Ask for what is owed; not of somebody who stands at the desk, which asks for it there."""
    at_the_desk = dossier.filed_via == FiledVia.DESK and dossier.state == State.SUBMITTED
    if fees.owed(dossier) and (fees.is_paid_online(dossier) or not at_the_desk):
        told = telling(dossier, Event.FEE_NOTICE, key, variant=_way_to_pay(dossier))
        notifications.tell_applicant(session, told, applicant(dossier))


def _way_to_pay(dossier: Dossier) -> str:
    if not fees.is_paid_online(dossier):
        return "desk" if dossier.return_by == ReturnBy.DESK else ""
    if dossier.state == State.SUBMITTED:
        return "before_filing"
    return "post" if dossier.return_by == ReturnBy.POST else "before_collecting"


def applicant(dossier: Dossier) -> Applicant:
    """Whom to tell."""
    return Applicant(dossier.applicant_name, dossier.applicant_phone, dossier.applicant_email, dossier.citizen_id)


def facts(dossier: Dossier) -> dict[str, str]:
    """The placeholders of templates; every one is always there, empty where it says nothing."""
    return {
        "code": dossier.code,
        "name": dossier.applicant_name,
        "procedure": dossier.procedure_name,
        "agency": dossier.agency_name,
        "desk": dossier.desk_name,
        "due": wording.moment(dossier.due_at),
        "missing": "; ".join(_asked(dossier)),
        "deadline": wording.moment(dossier.supplement_due_at),
        "reason": dossier.reason.rstrip("."),
        "ground": dossier.legal_ground.rstrip("."),
        "fee": wording.money(fees.owed(dossier)),
        "tracking": next((s.tracking_code or "" for s in reversed(dossier.shipments)), ""),
        "link": wording.link(dossier),
        "hotline": settings().hotline,
    }


def _asked(dossier: Dossier) -> list[str]:
    named = {paper.name: paper.remark for paper in dossier.papers}
    return [f"{name} ({named[name]})" if named[name] else name for name in dossier.missing]


def _variant(dossier: Dossier, event: Event) -> str:
    """Which wording of an event: how it was filed, how the result goes out, or why the clock stands still."""
    match event:
        case Event.FILED:
            return dossier.filed_via
        case Event.RECEIVED | Event.RESULT_READY:
            return dossier.return_by
        case Event.STOPPED:
            return dossier.clock_stopped_for
        case _:
            return ""


def recipients(dossier: Dossier, event: Event) -> list[int]:
    """The officers who have to act next."""
    match event:
        case Event.TO_CHECK | Event.BACK_AT_DESK:
            return _desk(dossier)
        case Event.TO_ASSIGN:
            return [officer for step in _steps(dossier, StepState.OPEN) for officer in heads(step)]
        case Event.TO_APPROVE | Event.APOLOGY_DRAFTED:
            return leaders(dossier)
        case Event.SUPPLEMENT_ARRIVED:
            return holders(dossier) or _desk(dossier)
        case Event.APPROVED:
            return [*_desk(dossier), *holders(dossier, StepState.DONE)]
        case _:
            return holders(dossier)


def _steps(dossier: Dossier, *states: StepState) -> list[DossierStep]:
    return [step for step in dossier.steps if step.state in states]


def holders(dossier: Dossier, *states: StepState) -> list[int]:
    """The specialists who hold a step in one of these states (default: an unfinished one)."""
    steps = _steps(dossier, *(states or (StepState.ASSIGNED, StepState.PROCESSING)))
    return [step.officer_id for step in steps if step.officer_id is not None]


def heads(step: DossierStep) -> list[int]:
    """The heads who may assign this step."""
    agency = organisation.agency_by_code(step.agency_code)
    found = organisation.officers(agency_id=agency.id, roles=[Role.HEAD])
    return [head.id for head in found if head.department_id in (None, step.department_id)]


def leaders(dossier: Dossier) -> list[int]:
    """The leaders of the agency that decides."""
    agency = organisation.agency_by_code(dossier.agency_code)
    return [leader.id for leader in organisation.officers(agency_id=agency.id, roles=[Role.LEADER])]


def _desk(dossier: Dossier) -> list[int]:
    agency = organisation.agency_by_code(dossier.desk_code)
    return [officer.id for officer in organisation.officers(agency_id=agency.id, roles=[Role.RECEPTIONIST])]


def filed_event(dossier: Dossier) -> Event | None:
    """What the applicant is told on filing; at the desk they hold the paper already."""
    return None if dossier.filed_via == FiledVia.DESK else Event.FILED
