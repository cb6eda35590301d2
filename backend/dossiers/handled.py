"""Dossiers as those see them who ask what people thought of the service: who handled what, and when it was returned."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from backend.database import reading
from backend.dossiers import policy
from backend.dossiers.models import Dossier, DossierEvent
from backend.dossiers.policy import State


@dataclass(frozen=True)
class Handled:
    """`officer_id` did the last step; None where nobody was assigned. `ended_well`: the result is there or returned."""

    code: str
    phone: str
    applicant_name: str
    procedure_code: str
    procedure_name: str
    agency_code: str
    agency_name: str
    desk_code: str
    officer_id: int | None
    ended_well: bool
    returned: bool


def returned_between(since: datetime, until: datetime, limit: int) -> list[tuple[datetime, str, str]]:
    """When, code and applicant's phone of dossiers handed over after `since` up to `until`, the oldest first."""
    with reading() as session:
        query = (
            select(DossierEvent.at, Dossier.code, Dossier.applicant_phone)
            .join(Dossier, Dossier.id == DossierEvent.dossier_id)
            .where(
                DossierEvent.to_state == State.RETURNED,
                DossierEvent.at > since,
                DossierEvent.at <= until,
                Dossier.state == State.RETURNED,
            )
            .order_by(DossierEvent.at, DossierEvent.id)
            .limit(limit)
        )
        return [(row.at, row.code, row.applicant_phone) for row in session.execute(query)]


def handled(code: str) -> Handled | None:
    """The dossier of that code, in any spelling."""
    wanted = policy.normalised_code(code)
    return _handled(Dossier.code == wanted) if wanted else None


def handled_by_key(key: str) -> Handled | None:
    """The dossier behind an applicant's link."""
    return _handled(Dossier.key == key)


def _handled(condition: ColumnElement[bool]) -> Handled | None:
    with reading() as session:
        dossier = session.scalar(select(Dossier).where(condition))
        return _facts(dossier) if dossier else None


def _facts(dossier: Dossier) -> Handled:
    officers = [step.officer_id for step in dossier.steps if step.officer_id is not None]
    return Handled(
        code=dossier.code,
        phone=dossier.applicant_phone,
        applicant_name=dossier.applicant_name,
        procedure_code=dossier.procedure_code,
        procedure_name=dossier.procedure_name,
        agency_code=dossier.agency_code,
        agency_name=dossier.agency_name,
        desk_code=dossier.desk_code,
        officer_id=officers[-1] if officers else None,
        ended_well=dossier.state in (State.RESULT_READY, State.RETURNED),
        returned=dossier.state == State.RETURNED,
    )
