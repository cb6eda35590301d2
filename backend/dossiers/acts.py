"""Doing something to a dossier: the one door through which its state changes.

`act` checks the table (`policy.TRANSITIONS`), lets the action take its effect, and writes the history row, the
notifications and the next look of the sweep in the same transaction. What each action does beyond changing the state
is its function in `_EFFECTS`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.database import transaction
from backend.dossiers import deadlines, fees, needs, parcels, policy, telling, wording
from backend.dossiers.models import Apology, Dossier, DossierEvent, DossierStep
from backend.dossiers.policy import Action, Desk, Party, ReturnBy, Share, State, StepState, StopReason, Transition
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.notifications import service as notifications
from backend.organisation.service import OfficerInfo


@dataclass(frozen=True)
class Actor:
    """Who acts: an officer, the applicant, or the system itself."""

    label: str
    name: str
    officer: OfficerInfo | None = None
    parties: frozenset[Party] = frozenset()


SYSTEM = Actor("system", N_("Hệ thống"), parties=frozenset({Party.SYSTEM}))
APPLICANT = Actor("applicant", N_("Người nộp hồ sơ"), parties=frozenset({Party.APPLICANT}))


def by(officer: OfficerInfo) -> Actor:
    """An officer as the one who acts; what they are to a dossier is worked out for each."""
    return Actor(officer.actor, officer.name, officer)


@dataclass(frozen=True)
class Facts:
    """What goes with an action; each uses its own few.

    `officer_id`, `step_id`: assign. `deadline`: the supplement's or the new appointment. `due_at`: receipt, where the
    regulation names no duration. `stop_for`: why the clock stands still. `lost_day`: a day now off, for which the
    appointment moves.
    """

    reason: str = ""
    legal_ground: str = ""
    deadline: datetime | None = None
    due_at: datetime | None = None
    officer_id: int | None = None
    step_id: int | None = None
    stop_for: StopReason | None = None
    lost_day: date | None = None


@dataclass(frozen=True)
class Done:
    """What was done. `undo_until` is None where it cannot be undone."""

    event_id: int
    version: int
    undo_until: datetime | None


@dataclass
class Act:
    """One action under way."""

    session: Session
    dossier: Dossier
    action: Action
    row: Transition
    actor: Actor
    facts: Facts
    now: datetime
    step: DossierStep | None = None
    details: dict[str, Any] = field(default_factory=dict)
    to_state: State | None = None
    untold: bool = False
    """The applicant is not told of this one."""


def act(
    dossier_id: int, action: Action, actor: Actor, facts: Facts | None = None, *, version: int | None = None
) -> Done:
    """Do `action`. `version` is the one the officer saw.

    Raises NotFound; Forbidden when the actor may not; Conflict when the state does not allow it, or somebody else
    changed the dossier meanwhile (the message says who and what); InvalidInput when something needed is missing.
    """
    with transaction() as session:
        calendar.look_again()  # what is fixed now stays fixed
        dossier = session.get(Dossier, dossier_id, with_for_update=True)
        if dossier is None:
            raise NotFound(gettext("Không có hồ sơ này."))
        doing = Act(session, dossier, action, policy.TRANSITIONS[action], actor, facts or Facts(), clock.now())
        _check(doing, version)
        before, before_state = snapshot(dossier), State(dossier.state)
        _take_effect(doing)
        return _write_down(doing, before_state, before)


def _check(doing: Act, version: int | None) -> None:
    dossier, row = doing.dossier, doing.row
    if not (parties_of(doing.actor, dossier) & row.by):
        raise Forbidden(gettext("Việc này không thuộc quyền của anh/chị đối với hồ sơ này."))
    if version is not None and version != dossier.version:
        raise Conflict(wording.changed_meanwhile(dossier))
    if State(dossier.state) not in row.sources:
        raise Conflict(wording.not_in_this_state(dossier))
    doing.step = _step_of(doing)
    needs.check(row.needs, dossier, doing.facts, doing.step)


def parties_of(actor: Actor, dossier: Dossier) -> frozenset[Party]:
    """What the actor is to this dossier."""
    return _parties(actor, dossier, dossier.steps)


def _parties(actor: Actor, dossier: Dossier, steps: Iterable[DossierStep]) -> frozenset[Party]:
    if actor.officer is None:
        return actor.parties
    who = actor.officer
    shares = [Share(s.agency_code, s.department_id, s.officer_id, StepState(s.state)) for s in steps]
    desk = Desk(who.id, who.role, who.agency_code, who.department_id)
    return policy.parties(desk, desk_code=dossier.desk_code, agency_code=dossier.agency_code, shares=shares)


def _step_of(doing: Act) -> DossierStep | None:
    """The step an action is about: the one named, else the actor's own; a head's first of those that wait for one.

    Raises Forbidden for a step that is not the actor's, though another one may be.
    """
    under_way = [s for s in doing.dossier.steps if s.state not in (StepState.DONE, StepState.WAITING)]
    named = next((s for s in under_way if s.id == doing.facts.step_id), None)
    if doing.actor.officer is None:
        return named
    ours = [s for s in under_way if _acts_on(doing, s)]
    if named is not None and named not in ours:
        raise Forbidden(gettext("Bước này không thuộc quyền của anh/chị."))
    if doing.facts.step_id is not None:
        return named
    first = StepState.OPEN if doing.action == Action.ASSIGN else StepState.ASSIGNED
    likely = [s for s in ours if (s.state == first) == (doing.action in _OF_FRESH_STEPS)]
    return next(iter(likely or ours), None)


_OF_FRESH_STEPS = frozenset({Action.ASSIGN, Action.START})


def _acts_on(doing: Act, step: DossierStep) -> bool:
    """Whether it is by this step that the actor may do it; desk and leader have none."""
    return bool(_parties(doing.actor, doing.dossier, [step]) & doing.row.by & {Party.HEAD, Party.ASSIGNEE})


def _take_effect(doing: Act) -> None:
    dossier, facts = doing.dossier, doing.facts
    if doing.row.target is not None:
        doing.to_state = doing.row.target
    if facts.reason:
        dossier.reason = facts.reason
    elif doing.row.target is not None:
        dossier.reason = ""
    effect = _EFFECTS.get(doing.action)
    if effect is not None:
        effect(doing)
    if doing.to_state is not None:
        dossier.state = doing.to_state
    dossier.look_at = deadlines.next_look(dossier)


def _write_down(doing: Act, before_state: State, before: dict[str, Any]) -> Done:
    dossier, row = doing.dossier, doing.row
    undo_until = doing.now + policy.UNDO_WITHIN if row.undoable and doing.actor.officer else None
    written = DossierEvent(
        dossier_id=dossier.id,
        at=doing.now,
        action=doing.action,
        actor=doing.actor.label,
        actor_name=doing.actor.name,
        from_state=before_state,
        to_state=dossier.state,
        reason=doing.facts.reason,
        step_id=doing.step.id if doing.step else None,
        details=doing.details,
        before=before if undo_until else {},
    )
    doing.session.add(written)
    inspect(dossier).session.flush()  # type: ignore[union-attr]
    if not doing.untold:
        telling.tell(doing.session, dossier, row, written, not_before=undo_until)
    return Done(written.id, dossier.version, undo_until)


# --- what each action does beyond changing the state -----------------------------------------------------------


def _receive(doing: Act) -> None:
    deadlines.start(doing.dossier, doing.now, doing.facts.due_at)
    _open_next(doing)


def _open_next(doing: Act) -> None:
    waiting = [step.sequence for step in doing.dossier.steps if step.state == StepState.WAITING]
    busy = [s for s in doing.dossier.steps if s.state not in (StepState.WAITING, StepState.DONE)]
    if waiting and not busy:
        deadlines.open_step(doing.dossier, min(waiting), doing.now)


def _request_supplement(doing: Act) -> None:
    doing.dossier.supplement_from = doing.dossier.state
    doing.dossier.supplement_due_at = doing.facts.deadline
    doing.details["missing"] = doing.dossier.missing
    doing.details["until"] = doing.facts.deadline.isoformat() if doing.facts.deadline else None
    deadlines.stop(doing.dossier, doing.now, StopReason.SUPPLEMENT)


def _take_supplement(doing: Act) -> None:
    doing.to_state = State(doing.dossier.supplement_from)
    doing.dossier.supplement_due_at = None
    deadlines.resume(doing.dossier, doing.now)


def _end(doing: Act) -> None:
    doing.dossier.finished_at = doing.now
    doing.dossier.legal_ground = doing.facts.legal_ground
    fees.release(doing.session, doing.dossier)


def _assign(doing: Act) -> None:
    assert doing.step is not None
    assert doing.facts.officer_id is not None
    doing.step.officer_id = doing.facts.officer_id
    if doing.step.state == StepState.OPEN:
        doing.step.state = StepState.ASSIGNED
    begun = any(step.state in (StepState.PROCESSING, StepState.DONE) for step in doing.dossier.steps)
    doing.to_state = State.PROCESSING if begun else State.ASSIGNED
    doing.details["officer_id"] = doing.facts.officer_id


def _start(doing: Act) -> None:
    assert doing.step is not None
    doing.step.state = StepState.PROCESSING


def _stop_clock(doing: Act) -> None:
    reason = doing.facts.stop_for or StopReason.CHECK_ELSEWHERE
    if reason == StopReason.FEE and not fees.owed(doing.dossier):
        wrong = gettext("Hồ sơ không còn phí, lệ phí chưa nộp. Anh/chị ghi lệ phí phải nộp trước.")
        raise InvalidInput(wrong, fields=[{"field": "stop_for", "message": wrong}])
    doing.details["stop_for"] = reason
    deadlines.stop(doing.dossier, doing.now, reason)


def _resume_clock(doing: Act) -> None:
    deadlines.resume(doing.dossier, doing.now)


def _return_to_desk(doing: Act) -> None:
    deadlines.resume(doing.dossier, doing.now)
    if doing.step is not None:
        doing.step.state, doing.step.officer_id = StepState.OPEN, None


def _finish_step(doing: Act) -> None:
    assert doing.step is not None
    doing.step.state, doing.step.done_at = StepState.DONE, doing.now
    _open_next(doing)


def _submit(doing: Act) -> None:
    assert doing.step is not None
    doing.step.state, doing.step.done_at = StepState.DONE, doing.now


def _send_back(doing: Act) -> None:
    last = max(doing.dossier.steps, key=lambda step: (step.done_at or doing.now, step.id))
    last.state, last.done_at = StepState.PROCESSING, None
    doing.step = last


def _issue_result(doing: Act) -> None:
    doing.dossier.finished_at = doing.now
    if doing.dossier.return_by == ReturnBy.POST:
        parcels.order_return(doing.session, doing.dossier)


def _apologise(doing: Act) -> None:
    dossier, deadline, apology = doing.dossier, doing.facts.deadline, doing.dossier.apology
    if dossier.due_at is None:
        raise Conflict(gettext("Hồ sơ không có ngày hẹn trả, không cần hẹn lại."))
    if apology is not None and apology.signed_at is not None:
        raise Conflict(gettext("Hồ sơ đã được xin lỗi và hẹn lại một lần; chỉ được hẹn lại một lần."))
    if deadline is None or deadline <= dossier.due_at:
        wrong = gettext("Ngày hẹn lại phải sau ngày hẹn cũ.")
        raise InvalidInput(wrong, fields=[{"field": "deadline", "message": wrong}])
    if apology is None:
        apology = dossier.apology = Apology(drafted_at=doing.now, signed_at=None, signed_by=None)
    apology.reason, apology.old_due_at, apology.new_due_at = doing.facts.reason, dossier.due_at, deadline
    apology.signed_at, apology.signed_by = doing.now, doing.actor.officer.id if doing.actor.officer else None
    doing.details["old_due_at"] = _plain(dossier.due_at)
    deadlines.new_appointment(dossier, doing.now, deadline)


def _move_appointment(doing: Act) -> None:
    dossier, day = doing.dossier, doing.facts.lost_day
    doing.details |= {"old_due_at": _plain(dossier.due_at), "day": day.isoformat() if day else None}
    moved_for = {row.details.get("day") for row in dossier.history if row.action == Action.MOVE_APPOINTMENT}
    if day is None or day.isoformat() in moved_for or not deadlines.lose_day(dossier, day, dossier.history, doing.now):
        raise Conflict(gettext("Ngày này không nằm trong thời hạn giải quyết của hồ sơ."))
    # A stopped clock's appointment is told when it goes on; of one that has passed there is nothing to tell.
    doing.untold = dossier.clock_stopped_at is not None or dossier.due_at is None or dossier.due_at <= doing.now


_EFFECTS: Mapping[Action, Callable[[Act], None]] = {
    Action.RECEIVE: _receive,
    Action.REQUEST_SUPPLEMENT: _request_supplement,
    Action.TAKE_SUPPLEMENT: _take_supplement,
    Action.CANCEL: _end,
    Action.REFUSE: _end,
    Action.WITHDRAW: _end,
    Action.ASSIGN: _assign,
    Action.START: _start,
    Action.STOP_CLOCK: _stop_clock,
    Action.RESUME_CLOCK: _resume_clock,
    Action.RETURN_TO_DESK: _return_to_desk,
    Action.FINISH_STEP: _finish_step,
    Action.SUBMIT: _submit,
    Action.SEND_BACK: _send_back,
    Action.ISSUE_RESULT: _issue_result,
    Action.APOLOGISE: _apologise,
    Action.MOVE_APPOINTMENT: _move_appointment,
}


# --- undo ------------------------------------------------------------------------------------------------------

_DOSSIER_FIELDS = (
    "state", "reason", "legal_ground", "received_at", "working_hours", "due_at", "finished_at", "clock_stopped_at",
    "clock_stopped_for", "supplement_from", "supplement_due_at", "warned", "late_told",
)  # fmt: skip
_STEP_FIELDS = ("state", "officer_id", "opened_at", "due_at", "done_at")


def snapshot(dossier: Dossier) -> dict[str, Any]:
    """What an undo puts back, as JSON."""
    return {
        "dossier": {name: _plain(getattr(dossier, name)) for name in _DOSSIER_FIELDS},
        "steps": {str(s.id): {name: _plain(getattr(s, name)) for name in _STEP_FIELDS} for s in dossier.steps},
    }


def undo(dossier_id: int, event_id: int, actor: Actor) -> Done:
    """Take back one's own last action within `policy.UNDO_WITHIN`; nobody has been told of it yet.

    Raises NotFound, Forbidden for somebody else's, Conflict when it is too late or something followed it.
    """
    with transaction() as session:
        dossier = session.get(Dossier, dossier_id, with_for_update=True)
        last = dossier.history[-1] if dossier and dossier.history else None
        if dossier is None or last is None:
            raise NotFound(gettext("Không có hồ sơ này."))
        if last.actor != actor.label:
            raise Forbidden(gettext("Chỉ người vừa làm mới hoàn tác được."))
        if last.id != event_id or not last.before or clock.now() - last.at > policy.UNDO_WITHIN:
            raise Conflict(gettext("Đã quá thời gian hoàn tác hoặc hồ sơ đã có bước tiếp theo."))
        from_state = dossier.state
        _put_back(dossier, last.before)
        fees.restore(session, dossier)
        dossier.look_at = deadlines.next_look(dossier)
        notifications.take_back(session, f"dossier:{dossier.id}", key=str(last.id))
        undone = DossierEvent(
            dossier_id=dossier.id, at=clock.now(), action=Action.UNDO, actor=actor.label, actor_name=actor.name,
            from_state=from_state, to_state=dossier.state, details={"event_id": last.id, "action": last.action},
        )  # fmt: skip
        session.add(undone)
        session.flush()
        return Done(undone.id, dossier.version, None)


def _put_back(dossier: Dossier, before: dict[str, Any]) -> None:
    for name, value in before["dossier"].items():
        setattr(dossier, name, _revived(name, value))
    for step in dossier.steps:
        for name, value in before["steps"].get(str(step.id), {}).items():
            setattr(step, name, _revived(name, value))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _revived(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value is not None and name.endswith("_at") else value
