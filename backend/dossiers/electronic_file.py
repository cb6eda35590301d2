"""The electronic file of a citizen: all their dossiers that an officer may see, and the papers in them.

A citizen is known by their phone number. Whoever may see none of their dossiers learns nothing, not even the name.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend import audit
from backend.audit import Audit
from backend.citizens import service as citizens
from backend.database import transaction
from backend.dossiers import access, supplements
from backend.dossiers.models import Dossier
from backend.dossiers.supplements import Reusable
from backend.errors import NotFound
from backend.i18n import gettext
from backend.organisation.service import OfficerInfo

LISTED = 100


@dataclass(frozen=True)
class ElectronicFile:
    """What the house knows of a citizen; `dossiers` and `papers` newest first, `channels` besides SMS."""

    citizen_id: int
    name: str
    phone: str
    address: str
    email: str
    channels: tuple[str, ...]
    dossiers: list[Dossier]
    papers: list[Reusable]


def by_phone(phone: str, officer: OfficerInfo) -> ElectronicFile | None:
    """The file of the owner of a number (E.164), None where the officer may see nothing of it; the look is audited."""
    with transaction() as session:
        return _file(session, Dossier.applicant_phone == phone, officer)


def of(citizen_id: int, officer: OfficerInfo) -> ElectronicFile:
    """The file of a citizen; the look is audited. Raises NotFound also where the officer may see nothing of it."""
    with transaction() as session:
        found = _file(session, Dossier.citizen_id == citizen_id, officer)
    if found is None:
        raise NotFound(gettext("Không có công dân này."))
    return found


def _file(session: Session, whose: ColumnElement[bool], officer: OfficerInfo) -> ElectronicFile | None:
    query = select(Dossier).where(whose, access.visible(officer)).order_by(Dossier.id.desc()).limit(LISTED)
    dossiers = list(session.scalars(query))
    if not dossiers:
        return None
    newest = dossiers[0]
    audit.record(session, Audit.CITIZEN_VIEWED, actor=officer.actor, subject=f"citizen:{newest.citizen_id}")
    codes = {dossier.code for dossier in dossiers}
    return ElectronicFile(
        citizen_id=newest.citizen_id,
        name=newest.applicant_name,
        phone=newest.applicant_phone,
        address=next((dossier.applicant_address for dossier in dossiers if dossier.applicant_address), ""),
        email=next((dossier.applicant_email for dossier in dossiers if dossier.applicant_email), ""),
        channels=tuple(sorted(citizens.addresses(newest.applicant_phone))),
        dossiers=dossiers,
        papers=[paper for paper in supplements.reusable(newest.citizen_id) if paper.dossier_code in codes],
    )
