"""Which dossiers an officer may see. Every list, search and page of officers goes through here.

What somebody may *do* to a dossier is another question, answered by `policy.parties`.
"""

from sqlalchemy import ColumnElement, exists, false, or_, select, true
from sqlalchemy.orm import Session

from backend.dossiers.models import Dossier, DossierStep
from backend.dossiers.policy import StepState
from backend.errors import Forbidden, NotFound
from backend.i18n import gettext
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo


def visible(officer: OfficerInfo) -> ColumnElement[bool]:
    """The condition, on `Dossier`, that this officer may see it.

    Desk and leader: what was filed at their agency, is decided by it or has a step there. Head: what their agency
    decides, and steps of their department (of the agency where they have none). Specialist: what they hold or held,
    and, to read, what waits in their department to be assigned. Province leader: all. Others: nothing.
    """
    match officer.role:
        case Role.PROVINCE_LEADER:
            return true()
        case Role.RECEPTIONIST | Role.LEADER:
            agency = officer.agency_code
            return or_(Dossier.desk_code == agency, Dossier.agency_code == agency, _step(_of_agency(officer)))
        case Role.HEAD:
            return or_(Dossier.agency_code == officer.agency_code, _step(of_department(officer)))
        case Role.SPECIALIST:
            return _step(or_(DossierStep.officer_id == officer.id, unassigned(officer)))
        case _:
            return false()


def of_department(head: OfficerInfo) -> ColumnElement[bool]:
    """The condition, on `DossierStep`, that it belongs to the head's department, or to the agency of one without."""
    if head.department_id is None:
        return _of_agency(head)
    return _of_agency(head) & (DossierStep.department_id == head.department_id)


def unassigned(specialist: OfficerInfo) -> ColumnElement[bool]:
    """The condition, on `DossierStep`, that it waits in the specialist's department for a head to assign it."""
    same = (
        DossierStep.department_id.is_(None)
        if specialist.department_id is None
        else DossierStep.department_id == specialist.department_id
    )
    return _of_agency(specialist) & same & DossierStep.officer_id.is_(None) & (DossierStep.state == StepState.OPEN)


def load(session: Session, dossier_id: int, officer: OfficerInfo, *, for_update: bool = False) -> Dossier:
    """The dossier, fresh from the database and locked when `for_update`.

    Raises NotFound for one that does not exist, Forbidden with the reason for one of an agency that is not theirs.
    """
    query = select(Dossier).where(Dossier.id == dossier_id, visible(officer))
    if for_update:
        query = query.with_for_update(of=Dossier)
    found = session.scalars(query, execution_options={"populate_existing": for_update}).one_or_none()
    if found is None and session.get(Dossier, dossier_id) is not None:
        raise Forbidden(gettext("Hồ sơ này do cơ quan khác tiếp nhận và giải quyết, không thuộc việc của anh/chị."))
    if found is None:
        raise NotFound(gettext("Không có hồ sơ này."))
    return found


def _of_agency(officer: OfficerInfo) -> ColumnElement[bool]:
    return DossierStep.agency_code == officer.agency_code


def _step(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(DossierStep.dossier_id == Dossier.id, condition).correlate(Dossier)
