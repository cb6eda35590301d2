"""The door of the inbox for other features: putting a conversation before officers. The use cases live beside it.

`cases` the life of a case · `answering` words to the citizen and notes · `listing` lists, search, saved views ·
`page` everything about one case · `assigning` queues · `sweep` what time does · `live` what is new, at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import audit, calendar, clock
from backend.audit import Audit
from backend.database import insert_for, reading, transaction
from backend.dossiers import service as dossiers
from backend.errors import InvalidInput
from backend.inbox import assigning, cases, policy, records
from backend.inbox.models import Case, Escalation, Kind, Reason, State
from backend.inbox.policy import blanks_left as blanks_left
from backend.inbox.policy import filled as filled
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.models import Owner
from backend.organisation.service import OfficerInfo
from backend.settings import settings

HOLDER_AWAY = "Dạ, cán bộ trao đổi với anh/chị vắng đến {back}. Em đã báo cán bộ khác đọc và trả lời anh/chị."
AWAY = "Dạ, giờ này cơ quan nghỉ, cán bộ sẽ đọc và trả lời từ {opening}. Cần gấp, anh/chị gọi {hotline}."


@dataclass(frozen=True)
class Escalated:
    """What the citizen is told, and whether an officer is at the desk now."""

    text: str
    within_office_hours: bool


@dataclass(frozen=True)
class Waiting:
    """A conversation that is not closed."""

    id: int
    conversation_id: int
    channel: str
    address: str
    reason: str
    summary: str
    created_at: datetime


def escalate(
    conversation_id: int,
    reason: str,
    summary: str,
    message_id: int,
    *,
    agency_code: str = "",
    skill: str = "",
    priority: int | None = None,
) -> Escalated:
    """Put a conversation before the officers of an agency ("": the hotline); the same message does it once.

    A conversation that has a case already gets no second one: the new line comes on top. Raises InvalidInput, NotFound.
    """
    if reason not in Reason.ALL:
        raise InvalidInput(f"Lý do “{reason}” không có trong danh mục.")
    wanted = messaging.message_text(conversation_id, message_id)  # raises NotFound for a message of somebody else
    with transaction() as session:
        messaging.hold(conversation_id)
        row = {
            "conversation_id": conversation_id,
            "message_id": message_id,
            "reason": reason,
            "summary": " ".join(summary.split())[: policy.SUMMARY_LENGTH],
            "created_at": clock.now(),
        }
        insert = insert_for(session, Escalation).values(**row).on_conflict_do_nothing().returning(Escalation.id)
        added = session.scalar(insert)
        if added is not None:
            case = _case_of(session, conversation_id) or _opened(session, row, agency_code, skill)
            session.get_one(Escalation, added).case_id = case.id
            _escalated(session, case, session.get_one(Escalation, added), wanted, priority)
            actor, subject = f"conversation:{conversation_id}", f"escalation:{added}"
            audit.record(session, Audit.CONVERSATION_ESCALATED, actor=actor, subject=subject, reason=reason)
    open_now = calendar.is_open(clock.now())
    return Escalated(_told(open_now), open_now)


def _case_of(session: Session, conversation_id: int) -> Case | None:
    """The case that is not closed, locked; its conversation is locked already."""
    alive = select(Case).where(Case.conversation_id == conversation_id, Case.closed_at.is_(None))
    return session.scalars(alive.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _opened(session: Session, row: dict[str, object], agency_code: str, skill: str) -> Case:
    now, reason = clock.now(), str(row["reason"])
    case = Case(
        conversation_id=row["conversation_id"],
        channel=messaging.view(int(str(row["conversation_id"]))).channel,
        state=State.WAITING,
        reason=reason,
        summary=row["summary"],
        agency_code=agency_code,
        skill=skill,
        priority=policy.priority_of(reason),
        labels=[],
        opened_at=now,
        waits_since=now,
        version=0,
    )
    records.set_deadlines(case)
    session.add(case)
    session.flush()
    records.note_event(session, case, Kind.OPENED, f"conversation:{case.conversation_id}", reason=reason)
    return case


def _escalated(session: Session, case: Case, row: Escalation, wanted: str, priority: int | None) -> None:
    """What an escalation does to its case: the last line counts, the gravest reason stays."""
    case.reason = policy.graver(case.reason, row.reason)
    case.summary, case.wanted = row.summary, wanted
    asked = max(policy.priority_of(row.reason), priority or 0)
    if asked > case.priority:
        case.priority = asked
        records.set_deadlines(case)
    if case.waits_since is None:
        case.waits_since = clock.now()
    if not calendar.is_open(clock.now()):
        case.told_away_at = case.told_away_at or clock.now()  # what they are told now says so
    records.refresh_search(session, case)
    cases.wake(session, case, f"conversation:{case.conversation_id}")
    records.note_event(
        session, case, Kind.ESCALATED, f"conversation:{case.conversation_id}", text=row.summary, reason=row.reason
    )
    assigning.hand_out(session, case)


def _told(open_now: bool) -> str:
    if open_now:
        return (
            "Dạ, em đã chuyển cho cán bộ, cán bộ sẽ trả lời anh/chị ngay tại đây."
            f" Cần gấp, anh/chị gọi {settings().hotline}."
        )
    opening = clock.local(calendar.next_opening(clock.now()))
    return (
        f"Dạ, em đã chuyển cho cán bộ. Giờ này cơ quan nghỉ, cán bộ sẽ trả lời từ {opening:%H:%M} ngày {opening:%d/%m}."
        f" Cần gấp, anh/chị gọi {settings().hotline}."
    )


def heard(conversation_id: int) -> None:
    """The citizen has written to the officer who has taken over: they wait, a snoozed case wakes.

    Out of hours they are told once when somebody will read it.
    """
    with transaction() as session:
        case = _case_of(session, conversation_id)
        if case is None:
            return
        cases.wake(session, case, f"conversation:{conversation_id}")
        records.refresh_search(session, case)
        if case.waits_since is None:
            case.waits_since = clock.now()
            records.note_event(session, case, Kind.WROTE, f"conversation:{conversation_id}")
        _leave_who_is_away(session, case)
        if not calendar.is_open(clock.now()) and case.told_away_at is None:
            case.told_away_at = clock.now()
            opening = clock.local(calendar.next_opening(clock.now()))
            words = AWAY.format(opening=f"{opening:%H:%M} ngày {opening:%d/%m}", hotline=settings().hotline)
            messaging.say(conversation_id, Reply(words))
            records.note_event(session, case, Kind.AWAY, records.SYSTEM)


def _leave_who_is_away(session: Session, case: Case) -> None:
    """Nobody waits for an officer on leave: the case goes back to its queue, and the citizen is told."""
    back = dossiers.back_on(session, [case.assignee_id]).get(case.assignee_id) if case.assignee_id else None
    if back is None:
        return
    case.assignee_id, case.state = None, State.WAITING
    records.note_event(session, case, Kind.ASSIGNED, records.SYSTEM, to=None)
    messaging.say(case.conversation_id, Reply(HOLDER_AWAY.format(back=f"{back:%d/%m}")))
    assigning.hand_out(session, case)


def waiting(limit: int = 200) -> list[Waiting]:
    """The cases that are not closed, oldest first."""
    with reading() as session:
        alive = select(Case).where(Case.closed_at.is_(None)).order_by(Case.opened_at, Case.id).limit(limit)
        return [_line(case) for case in session.scalars(alive)]


def _line(case: Case) -> Waiting:
    conversation = messaging.view(case.conversation_id)
    return Waiting(
        id=case.id,
        conversation_id=case.conversation_id,
        channel=conversation.channel,
        address=conversation.address,
        reason=case.reason,
        summary=case.summary,
        created_at=case.opened_at,
    )


def is_with_officer(conversation_id: int) -> bool:
    """Whether an officer talks there: nobody is asked to rate, or bothered otherwise, meanwhile."""
    return messaging.view(conversation_id).owner == Owner.OFFICER


# --- beside the talk ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Beside:
    """Something of this citizen's that another feature has, and the page where it is: a report."""

    title: str
    state: str
    endpoint: str
    number: Mapping[str, int]


Shelf = Callable[[OfficerInfo, int], Sequence[Beside]]
_shelves: list[Shelf] = []


def shelf(found: Shelf) -> Shelf:
    """Register what is shown beside a conversation (its id); who may see which is the feature's decision."""
    _shelves.append(found)
    return found


def beside(officer: OfficerInfo, conversation_id: int) -> list[Beside]:
    """What this officer may see there."""
    return [one for found in _shelves for one in found(officer, conversation_id)]
