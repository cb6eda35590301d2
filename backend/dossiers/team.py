"""The people of a head or a leader: what each holds, is good at, and when they are away."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import audit
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import absences, assigning
from backend.dossiers.absences import Away
from backend.dossiers.assigning import Load
from backend.dossiers.models import OfficerSkill
from backend.errors import Conflict, InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.procedures import service as procedures


@dataclass(frozen=True)
class Member:
    """One of them. `skills` by id. `away_now`: an absence has begun and has not ended."""

    officer: OfficerInfo
    load: Load
    skills: dict[int, str]
    absences: list[Away]

    @property
    def away_now(self) -> bool:
        """Nothing is assigned to them today."""
        return any(away.begun for away in self.absences)


def people(viewer: OfficerInfo) -> list[OfficerInfo]:
    """Who may hold steps: in the head's department; in the whole agency for its leader or a head without one."""
    found = organisation.officers(agency_id=viewer.agency_id, roles=assigning.HOLDERS)
    if viewer.role == Role.LEADER or viewer.department_id is None:
        return found
    return [officer for officer in found if officer.department_id == viewer.department_id]


def member(officer_id: int, viewer: OfficerInfo) -> OfficerInfo:
    """One of the viewer's people. Raises NotFound for anybody else."""
    found = next((officer for officer in people(viewer) if officer.id == officer_id), None)
    if found is None:
        raise NotFound(gettext("Không có cán bộ này."))
    return found


def members(viewer: OfficerInfo) -> list[Member]:
    """All of the viewer's people, by name; four questions to the database however many they are."""
    found = people(viewer)
    ids = [officer.id for officer in found]
    with reading() as session:
        loads, away, skills = assigning.loads(session, ids), absences.of(session, ids, viewer), _skills(session, ids)
    return [Member(o, loads.get(o.id, Load()), skills.get(o.id, {}), away.get(o.id, [])) for o in found]


def _skills(session: Session, ids: list[int]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    query = select(OfficerSkill).where(OfficerSkill.officer_id.in_(ids)).order_by(OfficerSkill.skill)
    for row in session.scalars(query):
        found.setdefault(row.officer_id, {})[row.id] = row.skill
    return found


def add_skill(officer_id: int, skill: str, viewer: OfficerInfo) -> None:
    """Raises InvalidInput for what is neither a procedure nor a field, Conflict for one they have, NotFound."""
    officer, skill = member(officer_id, viewer), skill.strip()
    if skill not in procedures.fields() and skill not in procedures.current_codes():
        raise InvalidInput(N_("Anh/chị chọn một lĩnh vực, hoặc nhập đúng mã thủ tục."))
    with transaction() as session:
        same = select(OfficerSkill.id).where(OfficerSkill.officer_id == officer.id, OfficerSkill.skill == skill)
        if session.scalar(same) is not None:
            raise Conflict(N_("Chuyên môn này đã có."))
        session.add(OfficerSkill(officer_id=officer.id, skill=skill))
        tag = Audit.OFFICER_SKILL_ADDED
        audit.record(session, tag, actor=viewer.actor, subject=f"officer:{officer.id}", skill=skill)


def remove_skill(officer_id: int, skill_id: int, viewer: OfficerInfo) -> None:
    """Raises NotFound."""
    officer = member(officer_id, viewer)
    with transaction() as session:
        row = session.get(OfficerSkill, skill_id)
        if row is None or row.officer_id != officer.id:
            raise NotFound(gettext("Không có chuyên môn này."))
        session.delete(row)
        tag = Audit.OFFICER_SKILL_REMOVED
        audit.record(session, tag, actor=viewer.actor, subject=f"officer:{officer.id}", skill=row.skill)
