"""The life of a case: opened by an escalation, taken and given back, given to somebody, put aside, closed, undone.

Every act locks the conversation, then the case, and writes one event and one audit entry in its transaction. Taking and
giving back raise the epoch of the conversation (`messaging.hand_over`): from then on no reply of the assistant leaves.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend import clock
from backend.database import transaction
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.i18n import gettext
from backend.inbox import access, assigning, policy, records
from backend.inbox.models import Case, CaseEvent, Kind, Priority, State
from backend.inbox.records import acting, before, end, name_of, next_look, note_event, refresh_search, set_deadlines
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.models import Owner
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.text import normalise, phone_number

GONE_ON = "Dạ, cán bộ đã trao đổi xong. Từ đây trợ lý tự động lại trả lời anh/chị; cần gặp cán bộ, anh/chị nhắn CB."
WILL_CALL = "Dạ, cán bộ sẽ gọi cho anh/chị qua số {phone} trong giờ làm việc."
UNDOABLE = frozenset({Kind.CLOSED, Kind.ASSIGNED, Kind.SNOOZED, Kind.PRIORITISED, Kind.LABELLED, Kind.ROUTED})


# --- takeover ----------------------------------------------------------------------------------------------------


def take(case_id: int, officer: OfficerInfo, *, from_colleague: bool = False) -> None:
    """The officer talks from here on; the assistant is silent. Taking one's own again changes nothing.

    Raises Conflict, with the name, while a colleague has it, unless `from_colleague`; Conflict for a closed case.
    """
    with acting(case_id, officer) as (session, case):
        take_in(session, case, officer, from_colleague=from_colleague)


def take_in(session: Session, case: Case, officer: OfficerInfo, *, from_colleague: bool = False) -> None:
    """`take` inside an act."""
    is_theirs = messaging.view(case.conversation_id).owner == Owner.OFFICER
    if is_theirs and case.assignee_id == officer.id and case.state == State.OPEN:
        return
    if is_theirs and case.assignee_id not in (None, officer.id) and not from_colleague:
        assert case.assignee_id is not None
        raise Conflict(gettext("%(name)s đang giữ cuộc trò chuyện này.", name=name_of(case.assignee_id)))
    epoch = messaging.hand_over(case.conversation_id, Owner.OFFICER)
    case.state, case.assignee_id, case.snoozed_until = State.OPEN, officer.id, None
    note_event(session, case, Kind.TAKEN, officer, epoch=epoch)


def give_back(
    case_id: int, officer: OfficerInfo, *, seen: int | None = None, procedure_code: str = "", finished: bool = True
) -> CaseEvent | None:
    """The assistant talks again, knowing what it is about. Not `finished`, the case stays with the officer.

    `seen` is the last message on the officer's page: when the citizen has written since, Conflict says so.
    """
    with acting(case_id, officer) as (session, case):
        _must_hold(case, officer)
        if seen is not None and messaging.newest(case.conversation_id, "in") > seen:
            raise Conflict(gettext("Công dân vừa nhắn thêm. Anh/chị đọc tin mới rồi hãy trả lại cho trợ lý."))
        was = before(case)
        hand_back(session, case, officer, procedure_code=procedure_code)
        case.waits_since = None
        if not finished:
            return None
        case.state = State.CLOSED
        end(case)
        return note_event(session, case, Kind.CLOSED, officer, before=was)


def hand_back(session: Session, case: Case, officer: OfficerInfo, *, procedure_code: str = "") -> None:
    """Let the assistant talk, where an officer did; the citizen is told."""
    if messaging.view(case.conversation_id).owner != Owner.OFFICER:
        return
    epoch = messaging.hand_over(case.conversation_id, Owner.ASSISTANT)
    if procedure_code:
        messaging.remember_procedure(case.conversation_id, procedure_code)
    if case.answered_at is not None:
        messaging.say(case.conversation_id, Reply(GONE_ON))
    note_event(session, case, Kind.GIVEN_BACK, officer, epoch=epoch)


def _must_hold(case: Case, officer: OfficerInfo) -> None:
    if messaging.view(case.conversation_id).owner != Owner.OFFICER:
        raise Conflict(gettext("Trợ lý đang trả lời cuộc trò chuyện này."))
    if case.assignee_id not in (None, officer.id):
        assert case.assignee_id is not None
        raise Conflict(gettext("%(name)s đang giữ cuộc trò chuyện này.", name=name_of(case.assignee_id)))


# --- who and where -----------------------------------------------------------------------------------------------


def assign(case_id: int, officer: OfficerInfo, to: int | None) -> CaseEvent:
    """Give it to a colleague (who is told by the bell), or back to the queue. Raises InvalidInput, Conflict."""
    with acting(case_id, officer) as (session, case):
        return assigning.give(session, case, to, officer)


def route(case_id: int, officer: OfficerInfo, agency_code: str, skill: str = "") -> CaseEvent:
    """Put it into another queue. Raises InvalidInput for an agency that there is not."""
    with acting(case_id, officer) as (session, case):
        if agency_code:
            try:
                organisation.agency_by_code(agency_code)
            except NotFound as error:
                raise InvalidInput(error.message) from error
        was = before(case)
        case.agency_code, case.skill, case.assignee_id = agency_code.strip().upper(), skill.strip()[:120], None
        if case.state == State.OPEN:
            case.state = State.WAITING
        row = note_event(session, case, Kind.ROUTED, officer, before=was, to=case.agency_code)
        assigning.hand_out(session, case)
        return row


# --- order -------------------------------------------------------------------------------------------------------


def set_priority(case_id: int, officer: OfficerInfo, priority: int) -> CaseEvent:
    """The deadlines move with it. Raises InvalidInput."""
    if priority not in Priority.ALL:
        raise InvalidInput(gettext("Anh/chị chọn mức ưu tiên trong danh sách."))
    with acting(case_id, officer) as (session, case):
        was = before(case)
        case.priority = priority
        set_deadlines(case)
        return note_event(session, case, Kind.PRIORITISED, officer, before=was, to=priority)


def set_labels(case_id: int, officer: OfficerInfo, text: str) -> CaseEvent:
    """Labels parted by commas, replacing those before."""
    with acting(case_id, officer, closed_too=True) as (session, case):
        was = before(case)
        case.labels = policy.clean_labels(text)
        refresh_search(session, case)
        return note_event(session, case, Kind.LABELLED, officer, before=was, labels=case.labels)


def add_label(case_id: int, officer: OfficerInfo, label: str) -> CaseEvent:
    """One more. Raises InvalidInput for an empty one."""
    if not policy.clean_labels(label):
        raise InvalidInput(gettext("Anh/chị ghi nhãn."))
    with transaction() as session:
        labels = access.load(session, case_id, officer).labels
        return set_labels(case_id, officer, ", ".join([*labels, label]))


def snooze(case_id: int, officer: OfficerInfo, until: datetime) -> CaseEvent:
    """Out of sight until then, or until the citizen writes. Raises InvalidInput for a moment that has passed."""
    if not clock.now() < until <= clock.now() + policy.LATEST_SNOOZE:
        raise InvalidInput(gettext("Anh/chị chọn một lúc trong 60 ngày tới."))
    with acting(case_id, officer) as (session, case):
        was = before(case)
        case.state, case.snoozed_until = State.SNOOZED, until
        case.look_at = next_look(case)
        return note_event(session, case, Kind.SNOOZED, officer, before=was, until=until.isoformat())


def wake(session: Session, case: Case, by: OfficerInfo | str) -> None:
    """Back in sight."""
    if case.state != State.SNOOZED:
        return
    owner = messaging.view(case.conversation_id).owner
    case.state = State.OPEN if owner == Owner.OFFICER else State.WAITING
    case.snoozed_until = None
    case.look_at = next_look(case)
    note_event(session, case, Kind.WOKEN, by)


def unsnooze(case_id: int, officer: OfficerInfo) -> None:
    """Back in sight now."""
    with acting(case_id, officer) as (session, case):
        wake(session, case, officer)


# --- end ---------------------------------------------------------------------------------------------------------


def close(case_id: int, officer: OfficerInfo, *, reason: str = "") -> CaseEvent | None:
    """It is dealt with; the assistant talks again. Closing twice keeps the first; None then."""
    with acting(case_id, officer, closed_too=True) as (session, case):
        if case.state == State.CLOSED:
            return None
        was = before(case)
        hand_back(session, case, officer)
        case.state = State.CLOSED
        end(case)
        return note_event(session, case, Kind.CLOSED, officer, text=normalise(reason)[:500], before=was)


def reopen(case_id: int, officer: OfficerInfo) -> None:
    """It was not dealt with after all. Raises Conflict when the conversation has another open case."""
    with acting(case_id, officer, closed_too=True) as (session, case):
        if case.state != State.CLOSED:
            return
        other = select(Case.id).where(Case.conversation_id == case.conversation_id, Case.closed_at.is_(None))
        if session.scalar(other) is not None:
            raise Conflict(gettext("Công dân này đã có một việc khác đang mở."))
        case.state, case.closed_at, case.merged_into_id = State.WAITING, None, None
        case.look_at = next_look(case)
        note_event(session, case, Kind.REOPENED, officer)


def undo(case_id: int, officer: OfficerInfo, event_id: int) -> None:
    """Take back what this officer did last, within a minute. Raises Conflict, NotFound."""
    with acting(case_id, officer, closed_too=True) as (session, case):
        row = session.get(CaseEvent, event_id)
        if row is None or row.case_id != case.id or row.officer_id != officer.id or row.kind not in UNDOABLE:
            raise NotFound(gettext("Không có việc này để hoàn tác."))
        later = select(CaseEvent.id).where(
            CaseEvent.case_id == case.id, CaseEvent.id > row.id, CaseEvent.officer_id.is_not(None)
        )
        if clock.now() - row.at > policy.UNDO_WITHIN or session.scalar(later.limit(1)) is not None:
            raise Conflict(gettext("Đã quá lúc hoàn tác, hoặc đã có người làm tiếp."))
        _put_back(session, case, row.details["before"], officer)
        note_event(session, case, Kind.UNDONE, officer, event=row.id)


def _put_back(session: Session, case: Case, was: Mapping[str, Any], officer: OfficerInfo) -> None:
    if case.state == State.CLOSED:
        other = select(Case.id).where(Case.conversation_id == case.conversation_id, Case.closed_at.is_(None))
        if session.scalar(other) is not None:
            raise Conflict(gettext("Công dân này đã có một việc khác đang mở."))
        case.closed_at = None
    for name in records.KEPT:
        setattr(case, name, was[name])
    for name in records.MOMENTS:
        setattr(case, name, datetime.fromisoformat(was[name]) if was[name] else None)
    if was["owner"] == Owner.OFFICER:
        messaging.hand_over(case.conversation_id, Owner.OFFICER)
    set_deadlines(case)
    refresh_search(session, case)


def merge(case_id: int, officer: OfficerInfo, into_id: int) -> None:
    """Two cases of one citizen become one: this one is closed, pointing to the other. Raises InvalidInput, NotFound."""
    if case_id == into_id:
        raise InvalidInput(gettext("Anh/chị chọn một việc khác để gộp vào."))
    with acting(case_id, officer) as (session, case):
        into = access.load(session, into_id, officer)
        if into.state == State.CLOSED:
            raise InvalidInput(gettext("Việc nhận gộp đã đóng. Anh/chị chọn một việc đang mở."))
        hand_back(session, case, officer)
        case.state, case.merged_into_id = State.CLOSED, into.id
        end(case)
        note_event(session, case, Kind.MERGED, officer, into=into.id)
        row = CaseEvent(
            case_id=into.id, at=clock.now(), kind=Kind.MERGED, actor=officer.actor, officer_id=officer.id,
            text=case.summary, details={"from": case.id},
        )  # fmt: skip
        session.add(row)
        session.execute(update(Case).where(Case.id == into.id).values(version=Case.version + 1))


# --- the sender --------------------------------------------------------------------------------------------------


def open_seal(case_id: int, officer: OfficerInfo, reason: str) -> None:
    """Note that an officer is to know who writes, and why. Raises InvalidInput without a reason, Forbidden."""
    if not access.may_open(officer):
        raise Forbidden(gettext("Danh tính người phản ánh được bảo vệ, anh/chị không xem được."))
    why = normalise(reason)[: policy.REASON_LENGTH]
    if not why:
        raise InvalidInput(gettext("Anh/chị ghi lý do xem danh tính."))
    with acting(case_id, officer, closed_too=True) as (session, case):
        note_event(session, case, Kind.OPENED_SEAL, officer, text=why)


def block(case_id: int, officer: OfficerInfo, reason: str) -> None:
    """Keep the sender out; they are told why. Raises InvalidInput without a reason."""
    why = normalise(reason)
    if not why or len(why) > policy.REASON_LENGTH:
        raise InvalidInput(gettext("Anh/chị ghi lý do chặn, không quá %(n)s ký tự.", n=policy.REASON_LENGTH))
    with acting(case_id, officer, closed_too=True) as (session, case):
        if messaging.set_blocked(case.conversation_id, why):
            note_event(session, case, Kind.BLOCKED, officer, text=why)


def unblock(case_id: int, officer: OfficerInfo) -> None:
    """Let the sender in again; they are told."""
    with acting(case_id, officer, closed_too=True) as (session, case):
        if messaging.set_blocked(case.conversation_id, ""):
            note_event(session, case, Kind.UNBLOCKED, officer)


def promise_call(case_id: int, officer: OfficerInfo, phone: str) -> None:
    """Go on by telephone: the citizen is told that somebody rings. Raises InvalidInput for what is no number."""
    number = phone_number(phone)
    if number is None:
        raise InvalidInput(gettext("Anh/chị ghi số điện thoại, ví dụ 0905 123 456."))
    with acting(case_id, officer) as (session, case):
        case.call_back = number
        messaging.say(case.conversation_id, Reply(WILL_CALL.format(phone="0" + number.removeprefix("+84"))))
        note_event(session, case, Kind.CALL_BACK, officer)


def called(case_id: int, officer: OfficerInfo, what: str) -> None:
    """The call was made; what was said is kept as a note. Raises InvalidInput, Conflict where none was promised."""
    words = normalise(what)[: policy.NOTE_LENGTH]
    if not words:
        raise InvalidInput(gettext("Anh/chị ghi kết quả cuộc gọi."))
    with acting(case_id, officer) as (session, case):
        if not case.call_back:
            raise Conflict(gettext("Không có cuộc gọi nào đang chờ."))
        case.call_back, case.waits_since = "", None
        case.answered_at = case.answered_at or clock.now()
        case.look_at = next_look(case)
        note_event(session, case, Kind.CALLED, officer, text=words)
