"""What of an officer's own work is due soon or late already, for the morning mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.database import reading
from backend.dossiers.models import Dossier, DossierStep
from backend.dossiers.policy import IN_WORK, State, StepState
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

MOST = 20
_UNFINISHED = (StepState.OPEN, StepState.ASSIGNED, StepState.PROCESSING)


@dataclass(frozen=True)
class Line:
    """A dossier with the moment that counts for this officer: their step's, or the appointment."""

    code: str
    procedure: str
    due_at: datetime


@dataclass(frozen=True)
class Agenda:
    """The most pressing first, at most `MOST` of each; the counts are of all."""

    late: Sequence[Line] = ()
    late_count: int = 0
    due: Sequence[Line] = ()
    due_count: int = 0


def agenda(officer: OfficerInfo) -> Agenda:
    """What is late, and what is due before the next working day ends; empty for roles that hold no dossiers."""
    mine = _mine(officer)
    if mine is None:
        return Agenda()
    query, due_at = mine
    now = clock.now()
    soon = calendar.office_hours(calendar.next_working_day(clock.today()))[-1][1]
    with reading() as session:
        late, late_count = _lines(session, query.where(due_at < now), due_at)
        due, due_count = _lines(session, query.where(due_at >= now, due_at <= soon), due_at)
    return Agenda(late, late_count, due, due_count)


def _mine(officer: OfficerInfo) -> tuple[Select[Any], ColumnElement[datetime | None]] | None:
    """The dossiers in this officer's hands whose clock runs, and the column that says when they are due."""
    running = and_(Dossier.state.in_(IN_WORK), Dossier.clock_stopped_at.is_(None))
    appointment: Any = Dossier.due_at
    whole = select(Dossier.code, Dossier.procedure_name, appointment).where(running)
    step_due: Any = DossierStep.due_at
    steps = select(Dossier.code, Dossier.procedure_name, step_due).join(DossierStep).where(running)
    match officer.role:
        case Role.RECEPTIONIST:
            return whole.where(Dossier.desk_code == officer.agency_code), appointment
        case Role.LEADER:
            at_their_desk = and_(Dossier.agency_code == officer.agency_code, Dossier.state == State.APPROVING)
            return whole.where(at_their_desk), appointment
        case Role.SPECIALIST:
            return steps.where(DossierStep.officer_id == officer.id, DossierStep.state.in_(_UNFINISHED)), step_due
        case Role.HEAD:
            theirs = and_(DossierStep.agency_code == officer.agency_code, DossierStep.state.in_(_UNFINISHED))
            if officer.department_id is not None:
                theirs = and_(theirs, DossierStep.department_id == officer.department_id)
            return steps.where(theirs), step_due
        case _:
            return None


def _lines(session: Session, query: Select[Any], due_at: ColumnElement[datetime | None]) -> tuple[list[Line], int]:
    found = [Line(code, procedure, due) for code, procedure, due in session.execute(query.order_by(due_at).limit(MOST))]
    if len(found) < MOST:
        return found, len(found)
    return found, session.scalar(select(func.count()).select_from(query.subquery())) or 0
