"""Dossiers with a history that is worth printing, acted on by named officers at given hours."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from backend import clock
from backend.database import reading, transaction
from backend.dossiers import acts, filing
from backend.dossiers.acts import Actor, Facts
from backend.dossiers.models import Dossier
from backend.dossiers.policy import Action, PaperState, Party
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

Crew = dict[Role, OfficerInfo]
APPLICANT = "H'Hương Niê Kđăm"


def at(text: str) -> datetime:
    """`2026-09-30 08:30` on the clocks of Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.VIETNAM)


def named(officer: OfficerInfo, name: str) -> Actor:
    """This officer under a name of their own, allowed everything."""
    return Actor(officer.actor, name, officer=None, parties=frozenset(Party))


def act(dossier_id: int, moment: str, action: Action, actor: Actor, **facts: object) -> int:
    """Do it at that moment; the id of its history row."""
    with clock.stopped_at(at(moment)):
        return acts.act(dossier_id, action, actor, Facts(**facts)).event_id  # type: ignore[arg-type]


def file(moment: str, filed: filing.Filing, actor: Actor) -> int:
    """A dossier filed at that moment, all its papers brought; its id."""
    with clock.stopped_at(at(moment)):
        made = filing.file(filed, actor)
    mark(made.id, PaperState.PRESENT)
    return made.id


def mark(dossier_id: int, state: PaperState, *names: str, remark: str = "") -> None:
    """Set the state of these papers, of all where none is named."""
    with transaction() as session:
        for paper in session.get_one(Dossier, dossier_id).papers:
            if not names or paper.name in names:
                paper.state, paper.remark = state, remark


def first_step(dossier_id: int) -> int:
    """The id of its first step that is not done."""
    return unfinished(dossier_id)[0]


def unfinished(dossier_id: int) -> list[int]:
    """The ids of its steps that are not done, in their order."""
    with reading() as session:
        return [step.id for step in session.get_one(Dossier, dossier_id).steps if step.state != "done"]


@contextmanager
def loaded(dossier_id: int) -> Iterator[Dossier]:
    """The dossier in an open session."""
    with reading() as session:
        yield session.get_one(Dossier, dossier_id)
