"""The door of this feature for others: filing, acting, asking. The use cases live in the modules named here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from backend.database import reading
from backend.dossiers import wording
from backend.dossiers.absences import back_on as back_on
from backend.dossiers.acts import APPLICANT as APPLICANT
from backend.dossiers.acts import SYSTEM as SYSTEM
from backend.dossiers.acts import Actor as Actor
from backend.dossiers.acts import Done as Done
from backend.dossiers.acts import Facts as Facts
from backend.dossiers.acts import act as act
from backend.dossiers.acts import by as by
from backend.dossiers.acts import undo as undo
from backend.dossiers.agenda import Agenda as Agenda
from backend.dossiers.agenda import agenda as agenda
from backend.dossiers.filing import Filed as Filed
from backend.dossiers.filing import Filing as Filing
from backend.dossiers.filing import file as file
from backend.dossiers.handled import Handled as Handled
from backend.dossiers.handled import handled as handled
from backend.dossiers.handled import handled_by_key as handled_by_key
from backend.dossiers.handled import returned_between as returned_between
from backend.dossiers.lookup import Lookup as Lookup
from backend.dossiers.lookup import Summary as Summary
from backend.dossiers.lookup import look_up as look_up
from backend.dossiers.lookup import returned_to as returned_to
from backend.dossiers.models import Dossier, OfficerSkill
from backend.dossiers.policy import Action as Action
from backend.dossiers.policy import State
from backend.dossiers.practice import Lesson as Lesson
from backend.dossiers.practice import practice_lesson as practice_lesson
from backend.dossiers.practice import seed_practice as seed_practice


def skilled_in(officer_ids: Iterable[int], skill: str) -> set[int]:
    """Those of these officers who are good at a field ("Hộ tịch") or a procedure."""
    with reading() as session:
        query = select(OfficerSkill.officer_id)
        return set(
            session.scalars(query.where(OfficerSkill.officer_id.in_(list(officer_ids)), OfficerSkill.skill == skill))
        )


def skills_of(officer_ids: Iterable[int]) -> dict[int, list[str]]:
    """What each of these officers is good at, by name; who has no skill is not in it."""
    query = select(OfficerSkill.officer_id, OfficerSkill.skill).where(OfficerSkill.officer_id.in_(list(officer_ids)))
    found: dict[int, list[str]] = {}
    with reading() as session:
        for officer_id, skill in session.execute(query.order_by(OfficerSkill.skill)):
            found.setdefault(officer_id, []).append(skill)
    return found


@dataclass(frozen=True)
class Held:
    """A dossier of a citizen, for an officer who talks with them."""

    id: int
    code: str
    procedure_code: str
    procedure_name: str
    state: str
    title: str
    applicant_name: str
    agency_code: str
    due_at: datetime | None


def held_by(phone: str, *, limit: int = 5) -> list[Held]:
    """The newest dossiers of a phone number (E.164). Whoever shows them audits it."""
    with reading() as session:
        mine = select(Dossier).where(Dossier.applicant_phone == phone)
        rows = session.scalars(mine.order_by(Dossier.submitted_at.desc(), Dossier.id.desc()).limit(limit))
        return [
            Held(
                row.id, row.code, row.procedure_code, row.procedure_name, row.state, wording.title(row),
                row.applicant_name, row.agency_code, row.due_at,
            )
            for row in rows
        ]  # fmt: skip


def papers_awaited(phone: str) -> bool:
    """Whether a dossier of this phone number (E.164) waits for papers."""
    with reading() as session:
        query = select(Dossier.id).where(Dossier.applicant_phone == phone, Dossier.state == State.SUPPLEMENT_REQUESTED)
        return session.scalar(query.limit(1)) is not None


def count() -> int:
    """How many dossiers there are."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Dossier)) or 0
