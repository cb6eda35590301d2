"""The dossier page of an officer: everything about one dossier, and acting on it as this officer.

Each look is audited. What comes back is loaded whole, so that a template needs no session.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from backend import audit, calendar, clock
from backend.audit import Audit
from backend.database import transaction
from backend.dossiers import access, acts, apologies, assigning, deadlines, meanwhile, offers, policy, records
from backend.dossiers.acts import Done, Facts
from backend.dossiers.assigning import Proposal
from backend.dossiers.deadlines import Standing
from backend.dossiers.models import Dossier, DossierEvent, DossierStep
from backend.dossiers.offers import Offer
from backend.dossiers.paper.kinds import TITLES, Kind, printable
from backend.dossiers.policy import Action, Party, State
from backend.errors import NotFound
from backend.notifications import service as notifications
from backend.notifications.service import Told
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.procedures import service as procedures

_PICTURES = (".jpg", ".jpeg", ".png", ".webp")  # what `storage` lets a picture end with


@dataclass(frozen=True)
class Line:
    """One row of the history. `undone_at` when it was taken back."""

    event: DossierEvent
    undone_at: datetime | None


@dataclass(frozen=True)
class Undoable:
    """What this officer has just done and may still take back."""

    event_id: int
    action: Action
    until: datetime


@dataclass(frozen=True)
class Page:
    """All that the page shows. `candidates` by the id of the step to assign, the best first."""

    dossier: Dossier
    parties: frozenset[Party]
    offers: list[Offer]
    undoable: Undoable | None
    history: list[Line]
    may_check: bool
    candidates: dict[int, list[Proposal]]
    officers: dict[int, str]
    grounds: list[str]
    standing: Standing
    late_steps: frozenset[int]
    hours_left: float | None
    """Working hours to the appointment, negative when it has passed; None while none is fixed or the clock stands."""
    would_be_due: datetime | None
    supplement_day: date
    documents: dict[str, str]
    """What the regulation says of a paper, by its name: its form, or the case it is for."""
    result_titles: list[str]
    used: dict[int, int]
    """How much of its time each step has used, in per cent up to 100, by its id."""
    images: frozenset[str]
    """The ids of files that have a thumbnail."""
    may_note: bool
    may_add_result: bool
    may_set_fee: bool
    may_take_money: bool
    may_draft_apology: bool
    proposed_day: date | None
    """The new appointment that an apology would propose."""
    apology_day: date | None
    """The new appointment of the draft."""
    told: list[Told]
    printed: dict[Kind, str]
    """The papers that can be printed, with their titles."""

    @property
    def apology_waits(self) -> bool:
        """A draft that can still be signed; what ended without it needs none."""
        apology = self.dossier.apology
        return apology is not None and apology.signed_at is None and State(self.dossier.state) in policy.CLOCK_RUNS

    @property
    def forms(self) -> set[str]:
        """The forms that the page has for this officer; a blocked action has none."""
        there = {
            "checklist": self.may_check,
            "note": self.may_note,
            "result": self.may_add_result,
            "fee": self.may_set_fee or self.may_take_money,
            "apology": self.may_draft_apology,
        }
        return {name for name, shown in there.items() if shown} | {o.form for o in self.offers if not o.unmet}


def look(dossier_id: int, officer: OfficerInfo) -> Page:
    """The page as this officer may see it. Raises Forbidden for a dossier that is not theirs to see."""
    with transaction() as session:
        dossier = access.load(session, dossier_id, officer)
        audit.record(session, Audit.DOSSIER_VIEWED, actor=officer.actor, subject=f"dossier:{dossier.id}")
        return _page(session, dossier, officer)


def do(dossier_id: int, action: Action, officer: OfficerInfo, facts: Facts, *, version: int | None) -> Done:
    """Act as this officer. Raises what `acts.act` raises, and Forbidden for a dossier that is not theirs to see."""
    with transaction() as session:
        dossier = access.load(session, dossier_id, officer)
        meanwhile.check(session, dossier, version)
        offers.check_appointment(dossier, action, facts)
        return acts.act(dossier_id, action, acts.by(officer), facts, version=version)


def undo(dossier_id: int, event_id: int, officer: OfficerInfo) -> Done:
    """Take back what this officer has just done. Raises what `acts.undo` raises, Forbidden as `do`."""
    with transaction() as session:
        access.load(session, dossier_id, officer)
        return acts.undo(dossier_id, event_id, acts.by(officer))


def apologise(
    dossier_id: int, officer: OfficerInfo, reason: str, new_due_at: datetime, *, sign_at: int | None = None
) -> None:
    """Write the apology's draft, and sign it when `sign_at` gives the version that the leader saw.

    Raises what `apologies` raises, Forbidden as `do`.
    """
    actor = acts.by(officer)
    with transaction() as session:
        dossier = access.load(session, dossier_id, officer)
        meanwhile.check(session, dossier, sign_at)
        if dossier.apology is None:
            apologies.draft(dossier_id, actor)
        apologies.edit(dossier_id, actor, reason=reason, new_due_at=new_due_at)
        if sign_at is not None:
            session.flush()
            apologies.sign(dossier_id, actor)


def dismiss_apology(dossier_id: int, officer: OfficerInfo) -> None:
    """Throw the draft away. Raises as `apologise`."""
    with transaction() as session:
        access.load(session, dossier_id, officer)
        apologies.dismiss(dossier_id, acts.by(officer))


def _page(session: Session, dossier: Dossier, officer: OfficerInfo) -> Page:
    actor = acts.by(officer)
    offered = offers.offers(dossier, actor)
    _load_whole(dossier)
    regulation = _regulation(dossier)
    parties = acts.parties_of(actor, dossier)
    open_ = State(dossier.state) not in policy.FINISHED
    return Page(
        dossier=dossier,
        parties=parties,
        offers=offered,
        undoable=_undoable(dossier, officer),
        history=_lines(dossier.history),
        may_check=offers.may_check(dossier, actor),
        candidates={o.step.id: _candidates(session, o) for o in offered if o.action == Action.ASSIGN and o.step},
        officers={step.officer_id: organisation.officer(step.officer_id).name
                  for step in dossier.steps if step.officer_id},
        grounds=regulation.grounds,
        standing=deadlines.dossier_standing(dossier, clock.now()),
        late_steps=frozenset(
            step.id for step in dossier.steps if deadlines.step_standing(step, clock.now()) == Standing.LATE
        ),
        hours_left=_hours_left(dossier),
        would_be_due=_would_be_due(dossier),
        supplement_day=supplement_day(),
        documents=regulation.documents,
        result_titles=regulation.results,
        used={step.id: _used(step) for step in dossier.steps},
        images=_images(dossier),
        may_note=records.may_note(dossier, officer),
        may_add_result=records.may_add_result(dossier, officer),
        may_set_fee=open_ and bool(parties & {Party.DESK, Party.ASSIGNEE}),
        may_take_money=Party.DESK in parties,
        may_draft_apology=bool(parties & apologies.DRAFTERS),
        proposed_day=_proposed_day(dossier),
        apology_day=clock.local(dossier.apology.new_due_at).date() if dossier.apology else None,
        told=notifications.told(f"dossier:{dossier.id}"),
        printed={kind: TITLES[kind] for kind in printable(dossier)},
    )  # fmt: skip


def _load_whole(dossier: Dossier) -> None:
    for paper in dossier.papers:
        _ = paper.files
    _ = dossier.notes, dossier.results, dossier.payments, dossier.shipments, dossier.apology


def _lines(history: Sequence[DossierEvent]) -> list[Line]:
    undone = {e.details.get("event_id"): e.at for e in history if e.action == Action.UNDO}
    return [Line(event, undone.get(event.id)) for event in history if event.action != Action.UNDO]


def _undoable(dossier: Dossier, officer: OfficerInfo) -> Undoable | None:
    last = dossier.history[-1] if dossier.history else None
    if last is None or last.actor != officer.actor or not last.before:
        return None
    until = last.at + policy.UNDO_WITHIN
    return Undoable(last.id, Action(last.action), until) if clock.now() < until else None


def _candidates(session: Session, offer: Offer) -> list[Proposal]:
    """Who may hold the step instead of its holder, the best first."""
    assert offer.step is not None
    return [p for p in assigning.proposals(session, offer.step) if p.officer.id != offer.step.officer_id]


@dataclass(frozen=True)
class _Regulation:
    grounds: list[str] = field(default_factory=list)
    documents: dict[str, str] = field(default_factory=dict)
    results: list[str] = field(default_factory=list)


def _regulation(dossier: Dossier) -> _Regulation:
    """Legal grounds to suggest, and what is said of each paper; nothing where the procedure is no longer known."""
    try:
        procedure = procedures.current_version(dossier.procedure_code, clock.local(dossier.submitted_at).date())
    except NotFound:
        return _Regulation()
    grounds = [" ".join(part for part in (law.name, law.code) if part) for law in procedure.legal_basis]
    said = {d.name: ". ".join(part for part in (d.when, d.form) if part) for d in procedure.documents}
    return _Regulation([ground for ground in dict.fromkeys(grounds) if ground], said, procedure.results)


def _used(step: DossierStep) -> int:
    if step.opened_at is None or step.due_at is None:
        return 100 if step.done_at else 0
    granted = calendar.working_hours_between(step.opened_at, step.due_at)
    stopped = step.dossier.finished_at or step.dossier.clock_stopped_at
    used = calendar.working_hours_between(step.opened_at, step.done_at or stopped or clock.now())
    return max(0, min(100, round(100 * used / granted))) if granted else 100


def _images(dossier: Dossier) -> frozenset[str]:
    names = {file.file_id: file.name.lower() for paper in dossier.papers for file in paper.files}
    return frozenset(file_id for file_id, name in names.items() if name.endswith(_PICTURES))


def _proposed_day(dossier: Dossier) -> date | None:
    """None where an appointment cannot be missed, or an apology is there already."""
    if dossier.apology is not None or dossier.due_at is None or State(dossier.state) not in policy.CLOCK_RUNS:
        return None
    return clock.local(apologies.propose(dossier.due_at, dossier.working_hours)).date()


def _hours_left(dossier: Dossier) -> float | None:
    if dossier.due_at is None or (dossier.clock_stopped_at and not dossier.finished_at):
        return None
    return calendar.working_hours_between(dossier.finished_at or clock.now(), dossier.due_at)


def _would_be_due(dossier: Dossier) -> datetime | None:
    """When the result is due if it is received now."""
    if dossier.received_at or not dossier.duration_value:
        return None
    return deadlines.appointment(clock.now(), dossier.duration_value, dossier.duration_unit)


def supplement_day() -> date:
    """Until when papers may be brought, unless the officer chooses another day."""
    return clock.local(calendar.add_working_days(clock.now(), deadlines.SUPPLEMENT_DAYS)).date()
