"""A dossier as its applicant sees it by the secret link: where it stands, what to do, and what they may do."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import audit
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import acts, fees, parcels, payments, policy, supplements, wording
from backend.dossiers.acts import APPLICANT, SYSTEM, Facts
from backend.dossiers.models import Dossier, DossierEvent, DossierPaper, Payment
from backend.dossiers.policy import Action, FileState, PaperState, ReturnBy, State
from backend.errors import InvalidInput, NotFound

_KEY = re.compile(r"[A-Za-z0-9_-]{1,24}")
REASON_LENGTH = 500
_ENDED_EARLY = {
    State.REFUSED: "Không được giải quyết",
    State.CANCELLED: "Đã bị hủy",
    State.WITHDRAWN: "Đã rút theo yêu cầu",
}
_LINE = (
    (Action.FILE, "Đã nộp"),
    (Action.RECEIVE, "Đã tiếp nhận"),
    (Action.START, "Đang xử lý"),
    (Action.APPROVE, "Đã ký duyệt"),
    (Action.ISSUE_RESULT, "Có kết quả"),
    (Action.HAND_OVER, "Đã trả kết quả"),
)


@dataclass(frozen=True)
class Mark:
    """One place on the timeline. `at` is None for what lies ahead; `here` is where the dossier is now."""

    title: str
    at: datetime | None
    here: bool = False


@dataclass(frozen=True)
class File:
    """A file of the applicant's, and what the officer said to it."""

    name: str
    state: FileState
    remark: str


@dataclass(frozen=True)
class Line:
    """One paper. `asked`: the supplement request names it. `open`: files can be added now."""

    id: int
    name: str
    remark: str
    asked: bool
    open: bool
    accepted: bool
    files: tuple[File, ...]

    @property
    def there(self) -> bool:
        """Something was brought or sent for it, or still can be; what was not needed is nobody's concern."""
        return self.accepted or self.open or bool(self.files)

    @property
    def lacks(self) -> bool:
        """Nothing has been sent for it that is not sent back."""
        return self.open and not any(file.state == FileState.SENT for file in self.files)


@dataclass(frozen=True)
class Fee:
    """A fee with its state in words."""

    text: str
    amount: int
    state: str


@dataclass(frozen=True)
class Result:
    """A result file that can be downloaded."""

    id: int
    title: str
    number: str


@dataclass(frozen=True)
class Parcel:
    """The parcel with the result. `track`: when and what, the newest first."""

    tracking_code: str
    track: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True)
class Status:
    """All that the page shows."""

    dossier_id: int
    key: str
    link: str
    code: str
    procedure_code: str
    procedure_name: str
    applicant_name: str
    phone: str
    desk_name: str
    state: State
    headline: str
    where: str
    due_at: datetime | None
    supplement_due_at: datetime | None
    why_stopped: str
    next_steps: tuple[str, ...]
    timeline: tuple[Mark, ...]
    papers: tuple[Line, ...]
    fees: tuple[Fee, ...]
    can_pay: bool
    can_withdraw: bool
    has_receipt: bool
    results: tuple[Result, ...]
    parcel: Parcel | None

    @property
    def asked(self) -> list[Line]:
        """The papers of the supplement request."""
        return [line for line in self.papers if line.asked]


def status(key: str) -> Status:
    """The dossier behind a link. Raises NotFound, the same for every wrong key."""
    with reading() as session:
        return _status(_by_key(session, key))


def withdraw(key: str, reason: str) -> None:
    """Take the dossier back. Raises NotFound, InvalidInput without a reason, Conflict when it is too late."""
    if not 2 <= len(reason.strip()) <= REASON_LENGTH:
        raise InvalidInput(f"Anh/chị ghi lý do rút hồ sơ, không quá {REASON_LENGTH} ký tự.")
    with transaction() as session:
        dossier = _by_key(session, key)
        acts.act(dossier.id, Action.WITHDRAW, APPLICANT, Facts(reason=reason.strip()))


def result_file(key: str, result_id: int) -> str:
    """The storage id of a result that may be downloaded; the first download hands the result over. Raises NotFound."""
    with transaction() as session:
        dossier = _by_key(session, key)
        found = next((r for r in dossier.results if r.id == result_id), None) if _may_download(dossier) else None
        if found is None:
            raise NotFound
        audit.record(
            session, Audit.RESULT_DOWNLOADED, actor=APPLICANT.label, subject=f"dossier:{dossier.id}", result=result_id
        )
        if dossier.state == State.RESULT_READY:
            acts.act(dossier.id, Action.HAND_OVER, SYSTEM)
        return found.file_id


def _by_key(session: Session, key: str) -> Dossier:
    found = session.scalar(select(Dossier).where(Dossier.key == key)) if _KEY.fullmatch(key) else None
    if found is None:
        raise NotFound("Không tìm thấy hồ sơ theo đường liên kết này.")
    return found


def _status(dossier: Dossier) -> Status:
    state = State(dossier.state)
    asked = {paper.id for paper in supplements.asked_for(dossier)}
    return Status(
        dossier_id=dossier.id,
        key=dossier.key,
        link=wording.link(dossier),
        code=dossier.code,
        procedure_code=dossier.procedure_code,
        procedure_name=dossier.procedure_name,
        applicant_name=dossier.applicant_name,
        phone=f"{dossier.applicant_phone[-3:]:*>10}",
        desk_name=dossier.desk_name,
        state=state,
        headline=wording.state_name(state),
        where=wording.where(dossier) if state in policy.CLOCK_RUNS else "",
        due_at=dossier.due_at if state not in policy.FINISHED else None,
        supplement_due_at=dossier.supplement_due_at if state == State.SUPPLEMENT_REQUESTED else None,
        why_stopped=wording.why_stopped(dossier) if state in policy.CLOCK_RUNS else "",
        next_steps=tuple(_without_link(dossier)),
        timeline=tuple(_timeline(dossier)),
        papers=tuple(_line(dossier, paper, asked) for paper in dossier.papers),
        fees=tuple(_fee(payment) for payment in dossier.payments if payment.amount),
        can_pay=payments.payable(dossier) is not None,
        can_withdraw=state in policy.NOT_YET_APPROVED,
        has_receipt=dossier.received_at is not None,
        results=tuple(_results(dossier)),
        parcel=_parcel(dossier),
    )


def _without_link(dossier: Dossier) -> Iterable[str]:
    """What a message says, for a page that is itself what the link in it leads to."""
    link = wording.link(dossier)
    return [step.replace(f"ở {link}", "ở trang này").rstrip(".") + "." for step in wording.next_steps(dossier)]


def _timeline(dossier: Dossier) -> Iterable[Mark]:
    done = _last_of_each(dossier.history)
    state = State(dossier.state)
    marks = [Mark(title, done[action].at if action in done else None) for action, title in _LINE]
    if request := done.get(Action.REQUEST_SUPPLEMENT):
        taken = done.get(Action.TAKE_SUPPLEMENT)
        marks.append(Mark("Yêu cầu bổ sung giấy tờ", request.at))
        if taken or state == State.SUPPLEMENT_REQUESTED:
            marks.append(Mark("Đã bổ sung đủ", taken.at if taken else None))
    if state in _ENDED_EARLY:
        marks = [mark for mark in marks if mark.at] + [Mark(_ENDED_EARLY[state], dossier.finished_at)]
    past = sorted((mark for mark in marks if mark.at), key=lambda mark: mark.at or dossier.submitted_at)
    ahead = sorted((mark for mark in marks if not mark.at), key=lambda mark: mark.title != "Đã bổ sung đủ")
    return [*past[:-1], *(Mark(mark.title, mark.at, here=True) for mark in past[-1:]), *ahead]


def _last_of_each(history: Sequence[DossierEvent]) -> dict[str, DossierEvent]:
    """The last act of each kind; what was undone, or happened before the dossier went back to the desk, is left out."""
    undone = {row.details.get("event_id") for row in history if row.action == Action.UNDO}
    found: dict[str, DossierEvent] = {}
    for row in history:
        if row.id in undone:
            continue
        if row.action == Action.RETURN_TO_DESK:
            found.pop(Action.START, None)
        if row.action == Action.START and Action.START in found:
            continue  # the second agency's start is not the first
        found[row.action] = row
    return found


def _line(dossier: Dossier, paper: DossierPaper, asked: set[int]) -> Line:
    files = tuple(File(file.name, FileState(file.state), file.remark) for file in paper.files)
    return Line(
        paper.id, paper.name, paper.remark if paper.state == PaperState.MISSING else "", paper.id in asked,
        supplements.is_awaited(dossier, paper), paper.state == PaperState.PRESENT, files,
    )  # fmt: skip


_FEE_STATES = {
    fees.PaymentState.DUE: "chưa nộp",
    fees.PaymentState.PAID: "đã nộp",
    fees.PaymentState.REFUND_DUE: "đang hoàn lại",
    fees.PaymentState.REFUNDED: "đã hoàn lại",
    fees.PaymentState.VOID: "không phải nộp",
}


def _fee(payment: Payment) -> Fee:
    return Fee(payment.text or "Lệ phí", payment.amount, _FEE_STATES[fees.PaymentState(payment.state)])


def _may_download(dossier: Dossier) -> bool:
    there = dossier.state in (State.RESULT_READY, State.RETURNED)
    return there and dossier.return_by == ReturnBy.ONLINE and not fees.owed(dossier)


def _results(dossier: Dossier) -> Iterable[Result]:
    return [Result(r.id, r.title, r.number) for r in dossier.results] if _may_download(dossier) else []


def _parcel(dossier: Dossier) -> Parcel | None:
    parcel = parcels.outgoing(dossier)
    if parcel is None:
        return None
    track = [(datetime.fromisoformat(one["at"]), str(one["text"])) for one in parcel.track]
    return Parcel(parcel.tracking_code or "", tuple(reversed(track)))
