"""Making dossiers by walking them through the real acts on days gone by: for demo data, practice, load and tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend import calendar, clock
from backend.database import transaction
from backend.dossiers import acts, deadlines, filing
from backend.dossiers.acts import Actor, Facts
from backend.dossiers.filing import Filed, Filing
from backend.dossiers.models import Dossier
from backend.dossiers.policy import Action, PaperState, Party, State
from backend.notifications import service as notifications
from backend.organisation import service as organisation
from backend.organisation.models import Role

HOUSE = Actor("system", "Hệ thống", parties=frozenset(Party))
"""May do everything; only made-up dossiers are walked by it."""

_HAPPY = (
    Action.RECEIVE,
    Action.ASSIGN,
    Action.START,
    Action.SUBMIT,
    Action.APPROVE,
    Action.ISSUE_RESULT,
    Action.HAND_OVER,
)
PATHS: dict[State, tuple[Action, ...]] = {
    State.SUBMITTED: (),
    State.RECEIVED: _HAPPY[:1],
    State.ASSIGNED: _HAPPY[:2],
    State.PROCESSING: _HAPPY[:3],
    State.APPROVING: _HAPPY[:4],
    State.APPROVED: _HAPPY[:5],
    State.RESULT_READY: _HAPPY[:6],
    State.RETURNED: _HAPPY,
    State.SUPPLEMENT_REQUESTED: (Action.RECEIVE, Action.REQUEST_SUPPLEMENT),
    State.CANCELLED: (Action.REQUEST_SUPPLEMENT, Action.CANCEL),
    State.REFUSED: (*_HAPPY[:3], Action.REFUSE),
    State.WITHDRAWN: (Action.RECEIVE, Action.WITHDRAW),
}
_REASONS = {
    Action.REFUSE: "chưa đủ điều kiện giải quyết theo quy định",
    Action.CANCEL: "quá hạn bổ sung giấy tờ",
    Action.WITHDRAW: "công dân xin rút",
}
LEGAL_GROUND = "Điều 9 Luật Hộ tịch 2014"


@dataclass(frozen=True)
class Walk:
    """Where to walk a dossier. `pace`: working hours between two acts. `missing`: names of papers to ask for."""

    to: State
    start: datetime
    pace: float = 0.4
    missing: Sequence[str] = ()
    due_at: datetime | None = None


def walk(filed: Filing, way: Walk) -> Filed:
    """File a dossier at `way.start` and act until it is in the state `way.to`; no act lies in the future."""
    now, moment = clock.now(), way.start
    with transaction(), notifications.silently():
        with clock.stopped_at(min(moment, now)):
            made = filing.file(filed, HOUSE)
        for action in PATHS[way.to]:
            moment = min(calendar.add_working_hours(moment, way.pace), now)
            with clock.stopped_at(moment):
                _one(made.id, action, way)
    return made


def _one(dossier_id: int, action: Action, way: Walk) -> None:
    with transaction() as session:
        dossier = session.get_one(Dossier, dossier_id)
        _see_to_papers(dossier, action, way.missing)
        if action == Action.HAND_OVER:
            for payment in dossier.payments:
                payment.state, payment.method, payment.paid_at = "paid", "desk", clock.now()
        acts.act(dossier_id, action, HOUSE, _facts(dossier, action, way))


def _see_to_papers(dossier: Dossier, action: Action, missing: Sequence[str]) -> None:
    if action == Action.RECEIVE:
        for paper in dossier.papers:
            paper.state = PaperState.PRESENT if paper.required else PaperState.NOT_NEEDED
    if action == Action.REQUEST_SUPPLEMENT:
        forgotten = [p for p in dossier.papers if p.name in missing] or [p for p in dossier.papers if p.required][:1]
        for paper in forgotten or dossier.papers[:1]:
            paper.state = PaperState.MISSING


def _facts(dossier: Dossier, action: Action, way: Walk) -> Facts:
    match action:
        case Action.RECEIVE:
            known = way.due_at or (None if dossier.duration_value else calendar.add_working_days(clock.now(), 5))
            return Facts(due_at=known)
        case Action.REQUEST_SUPPLEMENT:
            return Facts(deadline=calendar.add_working_days(clock.now(), deadlines.SUPPLEMENT_DAYS))
        case Action.ASSIGN:
            step = next(step for step in dossier.steps if step.state == "open")
            return Facts(officer_id=specialist_of(step.agency_code), step_id=step.id)
        case Action.START | Action.SUBMIT:
            step = next(step for step in dossier.steps if step.state in ("assigned", "processing"))
            return Facts(step_id=step.id)
        case Action.REFUSE:
            return Facts(reason=_REASONS[action], legal_ground=LEGAL_GROUND)
        case _:
            return Facts(reason=_REASONS.get(action, ""))


def specialist_of(agency_code: str) -> int:
    """A specialist of the agency, made (without a password) where it has none yet."""
    agency = organisation.agency_by_code(agency_code)
    known = organisation.officers(agency_id=agency.id, roles=[Role.SPECIALIST])
    if known:
        return known[0].id
    return organisation.add_officer(
        name="Chuyên viên (thử)", username=f"cv-{agency.code.lower()}", password=None, agency_id=agency.id,
        role=Role.SPECIALIST,
    )  # fmt: skip
