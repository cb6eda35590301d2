"""Demo reports, invented, in all states, most of them published, and prepared answers. They tell nobody."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.complaints import acts, answer_texts, policy
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity
from backend.complaints.policy import Action, Kind, State
from backend.complaints.public_models import Publication
from backend.database import reading, transaction
from backend.organisation import service as organisation
from backend.organisation.models import Role

_FILE = Path(__file__).with_name("demo_reports.yml")
_WAY: tuple[tuple[Action, State, int], ...] = (
    (Action.FILE, State.RECEIVED, 0),
    (Action.SORT, State.SORTED, 1),
    (Action.ROUTE, State.ROUTED, 2),
    (Action.ANSWER, State.ANSWERED, 14),
    (Action.APPROVE, State.APPROVED, 20),
    (Action.SEND, State.SENT, 22),
)
"""What happens to a report, and how many working hours after it came."""
_TEXTS = (
    ("Đã xử lý xong", "Việc anh/chị báo ngày {ngay_nhan} ở {noi} đã được {co_quan} xử lý xong. Cảm ơn anh/chị."),
    ("Đưa vào kế hoạch", "{co_quan} đã ghi nhận việc ở {noi} và đưa vào kế hoạch; sẽ báo lại anh/chị trước {han}."),
    ("Ngoài thẩm quyền", "Việc này không thuộc thẩm quyền của tỉnh. Anh/chị gọi {tong_dai} để được chỉ nơi nhận."),
)
_LAST = {"settled": Action.SETTLE, "reviewed": Action.REOPEN}
_STATES = {Action.SETTLE: State.SETTLED, Action.REOPEN: State.REOPENED}
_HOURS_UNTIL_LAST = 30


def seed() -> int:
    """Make the demo reports unless there are reports already; how many."""
    with reading() as session:
        if session.scalar(select(Complaint.id).limit(1)):
            return 0
    told: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text("utf-8"))
    with transaction() as session:
        for one in sorted(told, key=lambda one: -one["days"]):
            _make(session, one)
        for operator in organisation.officers(roles=[Role.HOTLINE_OPERATOR])[:1]:
            for title, text in _TEXTS:
                answer_texts.save(operator, None, title, text, category="", for_all=True)
    return len(told)


def _make(session: Session, told: dict[str, Any]) -> None:
    start = calendar.add_working_hours(clock.now() - timedelta(days=told["days"]), -1)
    latitude, longitude = told.get("at", (None, None))
    complaint = Complaint(
        text=told["words"], kind=told.get("kind", Kind.REPORT), category=told["category"], place=told["area"],
        latitude=latitude, longitude=longitude, state=State.RECEIVED, created_at=start, answer=told.get("answer", ""),
    )  # fmt: skip
    session.add(complaint)
    session.flush()
    complaint.code = f"PA-{clock.local(start):%y%m%d}-{complaint.id:04d}"
    session.add(ComplaintIdentity(complaint_id=complaint.id, phone=f"+84900{complaint.id:06d}"))
    _live(session, complaint, told, start)
    if complaint.sent_at and not told.get("kept"):
        _publish(session, complaint, told)


def _live(session: Session, complaint: Complaint, told: dict[str, Any], start: datetime) -> None:
    """Its history, up to the state it is to be in."""
    last = _LAST.get(told["state"])
    for action, state, hours in _WAY:
        if not last and complaint.history and complaint.state == told["state"]:
            break
        at = _later(start, hours)
        details = {}
        if action == Action.ROUTE:
            agency = organisation.agency_by_code(told["agency"])
            complaint.agency_code, complaint.agency_name = agency.code, agency.name
            complaint.due_at = calendar.add_working_days(at, policy.WORKING_DAYS[Kind(complaint.kind)])
            details = {"agency_code": agency.code}
        elif action == Action.SEND:
            complaint.sent_at = at
        _note(complaint, action, state, at, **details)
    if last:
        _note(complaint, last, _STATES[last], _later(start, _HOURS_UNTIL_LAST))
    if complaint.state == State.REOPENED:
        complaint.reopened, complaint.due_at = 1, None
        complaint.agency_code = complaint.agency_name = ""
    complaint.look_at = acts.next_look(complaint)


def _later(start: datetime, hours: int) -> datetime:
    """So many working hours later, but not in the future: a long holiday may lie between."""
    return min(calendar.add_working_hours(start, hours) if hours else start, clock.now() - timedelta(hours=2))


def _note(complaint: Complaint, action: Action, state: State, at: datetime, **details: str) -> None:
    citizen = action in (Action.FILE, Action.SETTLE, Action.REOPEN)
    complaint.history.append(
        ComplaintEvent(
            at=at, action=action, actor="citizen" if citizen else "system", details=details,
            from_state=None if action == Action.FILE else complaint.state, to_state=state,
        )
    )  # fmt: skip
    complaint.state = state


def _publish(session: Session, complaint: Complaint, told: dict[str, Any]) -> None:
    place = (round(one, 3) for one in told["at"]) if "at" in told else (None, None)
    latitude, longitude = place
    assert complaint.sent_at is not None
    row = Publication(
        complaint_id=complaint.id, code=complaint.code or "", words=told["words"], answer=told["answer"],
        category=told["category"], area=told["area"], latitude=latitude, longitude=longitude,
        agency_name=organisation.agency_by_code(told["agency"]).name,
        published_at=complaint.sent_at + timedelta(hours=1),
    )  # fmt: skip
    session.add(row)
    complaint.may_publish = True
