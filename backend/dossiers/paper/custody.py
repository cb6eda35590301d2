"""Who held a dossier from when to when, read from its history and its steps: what the control slip shows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backend.dossiers import deadlines, wording
from backend.dossiers.deadlines import Standing
from backend.dossiers.models import Dossier, DossierEvent, DossierStep
from backend.dossiers.paper.kinds import lasting
from backend.dossiers.policy import Action
from backend.errors import NotFound
from backend.organisation import service as organisation

APPLICANT_PLACE = "Người nộp hồ sơ"


@dataclass(frozen=True)
class Held:
    """One stretch in one place. `until` None: still there. `standing` None where no time was given for it."""

    place: str
    task: str
    person: str
    since: datetime
    until: datetime | None
    due_at: datetime | None
    standing: Standing | None
    notes: tuple[str, ...]


@dataclass
class _Row:
    place: str
    task: str
    since: datetime
    person: str = ""
    step: DossierStep | None = None
    timed: bool = False
    """Measured: against its step, or against the dossier where it has none."""
    until: datetime | None = None
    notes: list[str] = field(default_factory=list)


def held(dossier: Dossier, now: datetime) -> list[Held]:
    """Every stretch, in the order in which it began; steps side by side overlap."""
    ledger = _Ledger(dossier)
    for event in lasting(dossier.history):
        move = _MOVES.get(Action(event.action))
        if move is not None:
            move(ledger, event)
    return [_held(row, dossier, now) for row in ledger.rows]


def _held(row: _Row, dossier: Dossier, now: datetime) -> Held:
    due_at = (row.step.due_at if row.step else dossier.due_at) if row.timed else None
    standing = None
    if row.timed:
        stands = dossier.clock_stopped_at if row.until is None else None
        standing = deadlines.standing(due_at, row.until, stands or now)
    return Held(row.place, row.task, row.person, row.since, row.until, due_at, standing, tuple(row.notes))


class _Ledger:
    """The rows so far. Those that are open are known by their step, or by None: the desk's, the leader's."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self.steps = {step.id: step for step in dossier.steps}
        self.rows: list[_Row] = []
        self.open: dict[int | None, _Row] = {}
        self.interrupted: dict[int | None, _Row] = {}

    def begin(self, key: int | None, row: _Row) -> None:
        self.rows.append(row)
        self.open[key] = row

    def end(self, key: int | None, event: DossierEvent, *, named: bool = True) -> _Row | None:
        """`named`: whoever did the act is who held it."""
        row = self.open.pop(key, None)
        if row is not None:
            row.until = event.at
            row.person = row.person or (_person(event) if named else "")
        return row

    def steps_opened(self, at: datetime) -> Iterator[DossierStep]:
        return (step for step in self.dossier.steps if step.opened_at == at)


def _person(event: DossierEvent) -> str:
    return event.actor_name if event.actor.startswith("officer:") else ""


def _officer(officer_id: int | None) -> str:
    try:
        return organisation.officer(officer_id).name if officer_id else ""
    except NotFound:
        return ""


def _file(ledger: _Ledger, event: DossierEvent) -> None:
    ledger.begin(None, _Row(ledger.dossier.desk_name, "Nhận, kiểm tra hồ sơ", event.at))


def _receive(ledger: _Ledger, event: DossierEvent) -> None:
    ledger.end(None, event)
    _await_assignment(ledger, event)


def _await_assignment(ledger: _Ledger, event: DossierEvent) -> None:
    for step in ledger.steps_opened(event.at):
        ledger.begin(step.id, _Row(step.agency_name, "Phân công", event.at, step=step))


def _assign(ledger: _Ledger, event: DossierEvent) -> None:
    step = ledger.steps.get(event.step_id or 0)
    if step is None:
        return
    ledger.end(step.id, event)
    person = _officer(event.details.get("officer_id"))
    ledger.begin(step.id, _Row(step.agency_name, step.title, event.at, person, step, timed=True))


def _finish_step(ledger: _Ledger, event: DossierEvent) -> None:
    ledger.end(event.step_id, event)
    _await_assignment(ledger, event)


def _submit(ledger: _Ledger, event: DossierEvent) -> None:
    ledger.end(event.step_id, event)
    ledger.begin(None, _Row(ledger.dossier.agency_name, "Xem xét, ký duyệt", event.at, timed=True))


def _send_back(ledger: _Ledger, event: DossierEvent) -> None:
    _note(ledger, event, "Trả lại")
    ledger.end(None, event)
    earlier = [row for row in ledger.rows if row.step is not None and row.step.id == event.step_id]
    if earlier:
        last = earlier[-1]
        ledger.begin(event.step_id, _Row(last.place, last.task, event.at, last.person, last.step, timed=True))


def _approve(ledger: _Ledger, event: DossierEvent) -> None:
    ledger.end(None, event)
    ledger.begin(None, _Row(ledger.dossier.agency_name, "Chuyển kết quả về một cửa", event.at, timed=True))


def _issue_result(ledger: _Ledger, event: DossierEvent) -> None:
    ledger.end(None, event)
    ledger.begin(None, _Row(ledger.dossier.desk_name, "Trả kết quả", event.at))


def _request_supplement(ledger: _Ledger, event: DossierEvent) -> None:
    ledger.interrupted = dict(ledger.open)
    for key in list(ledger.open):
        ledger.end(key, event, named=key is None)
    ledger.begin(None, _Row(APPLICANT_PLACE, "Bổ sung giấy tờ (không tính thời hạn)", event.at))


def _take_supplement(ledger: _Ledger, event: DossierEvent) -> None:
    ledger.end(None, event, named=False)
    for key, row in ledger.interrupted.items():
        again = _Row(row.place, row.task, event.at, row.person if row.step else "", row.step, row.timed)
        row.timed = False  # it is measured when it is done, not when it was interrupted
        ledger.begin(key, again)
    ledger.interrupted = {}


def _return_to_desk(ledger: _Ledger, event: DossierEvent) -> None:
    row = ledger.end(event.step_id, event)
    if row is not None:
        row.timed = False
        row.notes.append(f"Trả lại một cửa: {event.reason.rstrip('.')}")
    ledger.begin(event.step_id, _Row(ledger.dossier.desk_name, "Xem lại hồ sơ bị trả", event.at))


def _end(ledger: _Ledger, event: DossierEvent) -> None:
    if event.reason:
        _note(ledger, event, _ENDINGS.get(Action(event.action), "Kết thúc"))
    for key in list(ledger.open):
        ledger.end(key, event, named=key is None)


_ENDINGS = {Action.REFUSE: "Từ chối", Action.CANCEL: "Hủy", Action.WITHDRAW: "Người nộp rút hồ sơ"}


def _note(ledger: _Ledger, event: DossierEvent, what: str) -> None:
    for row in ledger.open.values():
        row.notes.append(f"{what}: {event.reason.rstrip('.')}" if event.reason else what)


def _stop_clock(ledger: _Ledger, event: DossierEvent) -> None:
    _note(ledger, event, f"Tạm dừng từ {wording.moment(event.at)}")


def _resume_clock(ledger: _Ledger, event: DossierEvent) -> None:
    _note(ledger, event, f"Tính tiếp từ {wording.moment(event.at)}")


def _move_appointment(ledger: _Ledger, event: DossierEvent) -> None:
    _note(ledger, event, "Hẹn lại ngày trả kết quả")


_MOVES: Mapping[Action, Callable[[_Ledger, DossierEvent], None]] = {
    Action.FILE: _file,
    Action.RECEIVE: _receive,
    Action.ASSIGN: _assign,
    Action.REQUEST_SUPPLEMENT: _request_supplement,
    Action.TAKE_SUPPLEMENT: _take_supplement,
    Action.STOP_CLOCK: _stop_clock,
    Action.RESUME_CLOCK: _resume_clock,
    Action.RETURN_TO_DESK: _return_to_desk,
    Action.FINISH_STEP: _finish_step,
    Action.SUBMIT: _submit,
    Action.SEND_BACK: _send_back,
    Action.APPROVE: _approve,
    Action.ISSUE_RESULT: _issue_result,
    Action.HAND_OVER: _end,
    Action.CANCEL: _end,
    Action.REFUSE: _end,
    Action.WITHDRAW: _end,
    Action.APOLOGISE: _move_appointment,
    Action.MOVE_APPOINTMENT: _move_appointment,
}
