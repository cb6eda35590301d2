"""The rows of a case: one locked act at a time, each with its event and its audit entry."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import transaction
from backend.errors import Conflict
from backend.i18n import N_, gettext
from backend.inbox import access, policy
from backend.inbox.models import Case, CaseEvent, Kind, State
from backend.messaging import service as messaging
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.text import phone_number

SYSTEM = "system"
SEARCHED = 100
"""The last messages of a conversation, by whose words its case is found."""
CLOSED_ALREADY = N_("Việc này đã đóng. Anh/chị mở lại rồi làm tiếp.")
_TAGS = {
    Kind.TAKEN: Audit.CASE_TAKEN,
    Kind.GIVEN_BACK: Audit.CASE_GIVEN_BACK,
    Kind.ANSWERED: Audit.CONVERSATION_ANSWERED,
    Kind.NOTED: Audit.CASE_NOTED,
    Kind.ASSIGNED: Audit.CASE_ASSIGNED,
    Kind.ROUTED: Audit.CASE_ROUTED,
    Kind.LABELLED: Audit.CASE_LABELLED,
    Kind.PRIORITISED: Audit.CASE_PRIORITISED,
    Kind.SNOOZED: Audit.CASE_SNOOZED,
    Kind.WOKEN: Audit.CASE_WOKEN,
    Kind.CLOSED: Audit.CASE_CLOSED,
    Kind.REOPENED: Audit.CASE_REOPENED,
    Kind.MERGED: Audit.CASE_MERGED,
    Kind.BLOCKED: Audit.CASE_BLOCKED,
    Kind.UNBLOCKED: Audit.CASE_UNBLOCKED,
    Kind.CALL_BACK: Audit.CASE_CALL_BACK,
    Kind.CALLED: Audit.CASE_CALLED,
    Kind.PUT_OFF: Audit.CASE_PUT_OFF,
    Kind.TAKEN_BACK: Audit.CASE_TAKEN_BACK,
    Kind.UNDONE: Audit.CASE_UNDONE,
    Kind.OPENED_SEAL: Audit.CASE_IDENTITY_REVEALED,
}
KEPT = ("state", "assignee_id", "priority", "labels", "agency_code", "skill", "call_back")
MOMENTS = ("snoozed_until", "waits_since", "look_at")


@contextmanager
def acting(case_id: int, officer: OfficerInfo, *, closed_too: bool = False) -> Iterator[tuple[Session, Case]]:
    """The transaction of one act, with the case locked. Raises NotFound, Conflict when it is closed."""
    with transaction() as session:
        case = access.load(session, case_id, officer, for_update=True)
        if case.state == State.CLOSED and not closed_too:
            raise Conflict(gettext(CLOSED_ALREADY))
        yield session, case


def note_event(
    session: Session, case: Case, kind: str, by: OfficerInfo | str, *, text: str = "", key: str | None = None,
    **details: Any,
) -> CaseEvent:  # fmt: skip
    """Write one event, and the audit entry where an officer acted; the version goes up."""
    officer = by if isinstance(by, OfficerInfo) else None
    actor = officer.actor if officer else str(by)
    row = CaseEvent(
        case_id=case.id, at=clock.now(), kind=kind, actor=actor, officer_id=officer.id if officer else None,
        text=text, details=details, key=key,
    )  # fmt: skip
    session.add(row)
    case.version = (case.version or 0) + 1
    if officer is not None and kind in _TAGS:
        seen = {name: value for name, value in details.items() if name in ("message", "to", "until", "into", "event")}
        subject = f"conversation:{case.conversation_id}" if kind == Kind.ANSWERED else f"case:{case.id}"
        audit.record(session, _TAGS[kind], actor=actor, subject=subject, **seen)
    session.flush()
    return row


def before(case: Case) -> dict[str, Any]:
    """What an undo puts back."""
    kept: dict[str, Any] = {name: getattr(case, name) for name in KEPT}
    moments = {name: getattr(case, name) for name in MOMENTS}
    owner = messaging.view(case.conversation_id).owner
    return kept | {name: at.isoformat() if at else None for name, at in moments.items()} | {"owner": owner}


def name_of(officer_id: int) -> str:
    """An officer's name."""
    return organisation.officers_by_id({officer_id}).get(officer_id, "?")


def set_deadlines(case: Case) -> None:
    """Both timers from the opening and the priority, and when the sweep looks."""
    case.answer_due_at = policy.answer_due(case.opened_at, case.priority)
    case.solve_due_at = policy.solve_due(case.opened_at, case.priority)
    case.look_at = next_look(case)


def next_look(case: Case) -> datetime | None:
    """The next moment at which the sweep has something to do."""
    due = case.solve_due_at if case.answered_at else case.answer_due_at
    moments = [moment for moment in (case.snoozed_until, due) if moment is not None and moment > clock.now()]
    return min(moments, default=None)


def refresh_search(session: Session, case: Case) -> None:
    """What the case is found by: what it is about, and the last things that citizen and officers said."""
    address = messaging.view(case.conversation_id).address
    number = address if phone_number(address) else ""
    labels = [policy.label_term(label) for label in case.labels]
    answered = select(CaseEvent.details).where(CaseEvent.case_id == case.id, CaseEvent.kind == Kind.ANSWERED)
    ours = {details.get("message") for details in session.scalars(answered)}
    latest = reversed(messaging.record_of(case.conversation_id, limit=SEARCHED))
    said = [entry.text for entry in latest if entry.direction == "in" or entry.id in ours]
    case.search_text = policy.search_text(case.summary, case.wanted, number, *labels, *said)


def end(case: Case) -> None:
    """What closing does to the row."""
    case.closed_at, case.waits_since, case.snoozed_until, case.look_at = clock.now(), None, None, None
