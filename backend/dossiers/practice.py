"""Made-up dossiers to practise on, and how far somebody has come with the first dossier they filed themselves."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database import reading, transaction
from backend.dossiers import demo
from backend.dossiers.models import Dossier, DossierEvent
from backend.dossiers.policy import Action, PaperState

COUNT = 20


@dataclass(frozen=True)
class Lesson:
    """The newest dossier of a beginner. `done`: what was done to it and not taken back; `checked`: its papers."""

    dossier_id: int
    code: str
    done: frozenset[Action]
    checked: bool


def seed_practice(agency_code: str, first_number: int) -> int:
    """Make `COUNT` dossiers at one agency, numbered from `first_number` on; how many."""
    with transaction():
        demo.make_at(agency_code, COUNT, first_number)
    return COUNT


def practice_lesson(officer_ids: Iterable[int]) -> Lesson | None:
    """How far the newest dossier filed by one of these officers has come; None before the first."""
    actors = [f"officer:{one}" for one in officer_ids]
    with reading() as session:
        query = (
            select(Dossier)
            .join(DossierEvent, DossierEvent.dossier_id == Dossier.id)
            .where(DossierEvent.action == Action.FILE, DossierEvent.actor.in_(actors))
        )
        found = session.scalars(query.order_by(DossierEvent.id.desc()).limit(1)).one_or_none()
        return _lesson(session, found) if found else None


def _lesson(session: Session, dossier: Dossier) -> Lesson:
    history = session.scalars(select(DossierEvent).where(DossierEvent.dossier_id == dossier.id)).all()
    undone = {event.details.get("event_id") for event in history if event.action == Action.UNDO}
    done = frozenset(Action(event.action) for event in history if event.id not in undone)
    checked = all(paper.state != PaperState.UNCHECKED for paper in dossier.papers if paper.required)
    return Lesson(dossier.id, dossier.code, done, checked)
