"""Who should hold a step, and giving many dossiers out at once, each through `acts` with a result of its own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.database import transaction
from backend.dossiers import absences, access, acts, policy
from backend.dossiers.acts import Facts
from backend.dossiers.models import Dossier, DossierStep, OfficerSkill
from backend.dossiers.policy import Action, StepState
from backend.errors import Conflict, MotCuaError, NotFound
from backend.i18n import N_, gettext
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.procedures import service as procedures

MOST = 50
"""Dossiers given out in one go: what a page of a list shows, and what is done well within the time to undo."""
SOON_HOURS = 15.0
LATE_WEIGHT, SOON_WEIGHT, WEIGHT = 3, 2, 1
SKILL_WORTH = 5
"""How much more work a skilled officer may have before an unskilled one is proposed first."""
HOLDERS = (Role.SPECIALIST, Role.HEAD)
HELD = (StepState.ASSIGNED, StepState.PROCESSING)
_NOBODY = N_("Không có chuyên viên nào đang làm việc để đề xuất.")


@dataclass(frozen=True)
class Load:
    """Unfinished steps that somebody holds: how many, and weighted by how near each one's end is."""

    held: int = 0
    weight: int = 0


@dataclass(frozen=True)
class Proposal:
    """An officer for a step. `load`: of their unfinished work. `on_leave`: the day they are back, None when here.

    `why` are sentences' parts for the head, in the language of the page.
    """

    officer: OfficerInfo
    load: Load
    skilled: bool
    on_leave: date | None
    why: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """What became of one dossier. `wrong` says why it was not done; `event_id` is what an undo takes back."""

    dossier_id: int
    code: str
    officer: str = ""
    event_id: int | None = None
    undo_until: datetime | None = None
    wrong: str = ""


def proposals(session: Session, step: DossierStep) -> list[Proposal]:
    """Who may hold the step, the best first, those on leave (who may not) last.

    Those of its department alone, where the step has one and the department has anybody; heads after specialists.
    """
    agency = organisation.agency_by_code(step.agency_code)
    found = organisation.officers(agency_id=agency.id, roles=HOLDERS)
    fitting = [o for o in found if step.department_id in (None, o.department_id)] or found
    ids = [officer.id for officer in fitting]
    load, away, skilled = loads(session, ids), absences.back_on(session, ids), _skilled(session, ids, step.dossier)
    here = [load.get(o.id, Load()).weight for o in fitting if o.id not in away and o.role == Role.SPECIALIST]
    least = min(here, default=-1)
    made = []
    for officer in fitting:
        its = load.get(officer.id, Load())
        back = away.get(officer.id)
        is_least = its.weight == least and officer.role == Role.SPECIALIST
        why = _why(officer.id in skilled, is_least, back)
        made.append(Proposal(officer, its, officer.id in skilled, back, why))
    return sorted(made, key=_rank)


def _rank(proposal: Proposal) -> tuple[bool, bool, int, int]:
    worth = SKILL_WORTH if proposal.skilled else 0
    is_head = proposal.officer.role == Role.HEAD
    return (proposal.on_leave is not None, is_head, proposal.load.weight - worth, proposal.load.held)


def _why(skilled: bool, is_least: bool, back: date | None) -> tuple[str, ...]:
    if back is not None:
        return (gettext("nghỉ, đi làm lại %(day)s", day=f"{back:%d/%m/%Y}"),)
    named = ((skilled, gettext("chuyên lĩnh vực")), (is_least, gettext("ít việc nhất")))
    return tuple(text for holds, text in named if holds)


def loads(session: Session, officer_ids: Iterable[int]) -> dict[int, Load]:
    """What these officers hold, in one question; who holds nothing is not in it."""
    now = clock.now()
    soon = calendar.add_working_hours(now, SOON_HOURS)
    weight = case(
        (DossierStep.due_at.is_(None), WEIGHT),
        (DossierStep.due_at < now, LATE_WEIGHT),
        (DossierStep.due_at <= soon, SOON_WEIGHT),
        else_=WEIGHT,
    )
    query = (
        select(DossierStep.officer_id, func.count().label("held"), func.sum(weight).label("weight"))
        .join(Dossier, Dossier.id == DossierStep.dossier_id)
        .where(
            DossierStep.officer_id.in_(list(officer_ids)),
            DossierStep.state.in_(HELD),
            Dossier.finished_at.is_(None),
        )
        .group_by(DossierStep.officer_id)
    )
    return {row.officer_id: Load(row.held, int(row.weight)) for row in session.execute(query) if row.officer_id}


def _skilled(session: Session, officer_ids: Sequence[int], dossier: Dossier) -> set[int]:
    wanted = [dossier.procedure_code]
    try:
        field = procedures.current_version(dossier.procedure_code).field
    except NotFound:  # no longer in force: its code is still known
        field = ""
    query = select(OfficerSkill.officer_id).where(
        OfficerSkill.officer_id.in_(officer_ids), OfficerSkill.skill.in_([*wanted, field] if field else wanted)
    )
    return set(session.scalars(query))


# --- many at once ----------------------------------------------------------------------------------------------

Which = Callable[[Dossier, OfficerInfo], DossierStep | None]
"""The step of a dossier that is to be given; None when there is none."""


def give_out(dossier_ids: Sequence[int], head: OfficerInfo, officer_id: int | None) -> list[Given]:
    """Assign the step that waits in each dossier to one officer, or (None) to whom is proposed, at most `MOST`.

    One that cannot be assigned does not stop the others. Load is looked at anew for each, so proposals spread.
    """
    return [_give(each, head, officer_id, _waiting) for each in list(dict.fromkeys(dossier_ids))[:MOST]]


def take_over(holder_id: int, head: OfficerInfo, officer_id: int | None) -> list[Given]:
    """Give what an officer holds to another, or spread it by proposal: the most urgent first, at most `MOST` at once.

    Of a dossier with several steps one is given at a time, so that it can be taken back.
    """
    with transaction() as session:
        ids = select(Dossier.id).join(DossierStep).where(
            DossierStep.officer_id == holder_id, DossierStep.state.in_(HELD), access.of_department(head),
            Dossier.finished_at.is_(None), Dossier.state.in_(policy.TRANSITIONS[Action.ASSIGN].sources),
        ).group_by(Dossier.id).order_by(func.min(DossierStep.due_at), Dossier.id).limit(MOST)  # fmt: skip
        found = list(session.scalars(ids))
    return [_give(each, head, officer_id, lambda dossier, _: _held_by(dossier, holder_id)) for each in found]


def take_back(given: Sequence[tuple[int, int]], head: OfficerInfo) -> list[Given]:
    """Undo the assignments (dossier, event) one by one; those that can no longer be undone say why."""
    results = []
    for dossier_id, event_id in given[:MOST]:
        code = ""
        try:
            with transaction() as session:
                code = access.load(session, dossier_id, head).code
                done = acts.undo(dossier_id, event_id, acts.by(head))
            results.append(Given(dossier_id, code, event_id=done.event_id))
        except MotCuaError as error:
            results.append(Given(dossier_id, code, wrong=error.message))
    return results


def _give(dossier_id: int, head: OfficerInfo, officer_id: int | None, which: Which) -> Given:
    code = ""
    try:
        with transaction() as session:
            dossier = access.load(session, dossier_id, head, for_update=True)
            code, step = dossier.code, which(dossier, head)
            if step is None:
                raise Conflict(gettext("Hồ sơ không còn chờ phân công."))
            chosen = officer_id if officer_id is not None else _best(session, step)
            facts = Facts(officer_id=chosen, step_id=step.id)
            done = acts.act(dossier_id, Action.ASSIGN, acts.by(head), facts)
            return Given(dossier_id, code, organisation.officer(chosen).name, done.event_id, done.undo_until)
    except MotCuaError as error:
        return Given(dossier_id, code, wrong=error.message)


def _best(session: Session, step: DossierStep) -> int:
    here = [p.officer.id for p in proposals(session, step) if p.on_leave is None and p.officer.id != step.officer_id]
    if not here:
        raise Conflict(_NOBODY)
    return here[0]


def _waiting(dossier: Dossier, head: OfficerInfo) -> DossierStep | None:
    ours = (s for s in dossier.steps if s.agency_code == head.agency_code and s.state == StepState.OPEN)
    return next((s for s in ours if head.department_id in (None, s.department_id)), None)


def _held_by(dossier: Dossier, holder_id: int) -> DossierStep | None:
    return next((s for s in dossier.steps if s.officer_id == holder_id and s.state in HELD), None)
