"""Words: answers to the citizen, at once or later, notes among officers, and what is typed and not sent yet.

A refused answer is never lost: the page shows it again, and the draft keeps it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend import clock
from backend.database import insert_for, reading, transaction
from backend.errors import Conflict, InvalidInput, MotCuaError, NotFound
from backend.i18n import gettext, moment
from backend.inbox import access, assigning, cases, handing_out, policy, records
from backend.inbox.models import Case, CaseEvent, Draft, Kind, Later
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.service import ConversationView
from backend.notifications.service import Event
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.procedures import service as procedures
from backend.text import normalise

KEY_LENGTH = 64
SENT, TAKEN_BACK = "sent", "taken_back"


def answer(
    case_id: int, officer: OfficerInfo, text: str, *, key: str, files: Sequence[str] = (), from_colleague: bool = False
) -> int:
    """Send an officer's words to the citizen, on the channel they wrote from; the message's id.

    Whoever answers has taken over. Files that the channel does not carry go as a link. The same `key` sends once.
    Raises InvalidInput (nothing, too long, blanks left), Conflict (closed, a colleague has it, blocked, unreachable,
    too late for the channel).
    """
    words = _checked(text, files)
    with records.acting(case_id, officer, closed_too=True) as (session, case):
        known = session.scalars(select(CaseEvent).where(CaseEvent.key == _key(officer, key))).one_or_none()
        if known is not None:
            return int(known.details.get("message", 0))
        return _say(session, case, officer, words, files, key=key, from_colleague=from_colleague)


def _say(
    session: Session, case: Case, officer: OfficerInfo, words: str, files: Sequence[str], *, key: str,
    from_colleague: bool = False,
) -> int:  # fmt: skip
    if case.closed_at is not None:
        raise Conflict(gettext(records.CLOSED_ALREADY))
    why_not = hindrance(messaging.view(case.conversation_id))
    if why_not:
        raise Conflict(why_not)
    cases.take_in(session, case, officer, from_colleague=from_colleague)
    message_id = handing_out.say(session, case, officer, words, files)
    if named := procedures.named_in(words):  # "còn lệ phí thì sao" is about it, once the assistant talks again
        messaging.remember_procedure(case.conversation_id, named)
    case.answered_at = case.answered_at or clock.now()
    case.waits_since = case.told_away_at = None
    case.look_at = records.next_look(case)
    records.note_event(session, case, Kind.ANSWERED, officer, key=_key(officer, key), message=message_id)
    records.refresh_search(session, case)
    _forget_draft(session, case.id, officer.id)
    return message_id


def hindrance(conversation: ConversationView) -> str:
    """Why nothing can be sent there now, in the language of the page; empty when it can."""
    if conversation.blocked_at is not None:
        return gettext("Người này đang bị chặn. Anh/chị bỏ chặn rồi trả lời.")
    if conversation.unreachable_since is not None:
        return gettext("Công dân đã chặn hoặc rời kênh này. Anh/chị liên hệ bằng điện thoại.")
    if not channels.offers(conversation.channel):
        return gettext("Kênh này đang tắt, chưa gửi được tin.")
    closes = channels.get(conversation.channel).window(conversation.heard_at).closes_at
    if closes is not None and closes <= clock.now():
        return gettext("Đã hết thời gian kênh cho phép trả lời (%(at)s). Anh/chị gọi điện.", at=moment(closes))
    return ""


def _checked(text: str, files: Sequence[str]) -> str:
    words = normalise(text)
    if (not words and not files) or len(words) > policy.ANSWER_LENGTH:
        raise InvalidInput(gettext("Câu trả lời cần từ 1 đến %(n)s ký tự.", n=policy.ANSWER_LENGTH))
    if len(files) > policy.MOST_FILES:
        raise InvalidInput(gettext("Mỗi lần gửi không quá %(n)s tệp.", n=policy.MOST_FILES))
    if blanks := policy.blanks_left(words):
        raise InvalidInput(gettext("Còn chỗ chưa điền: %(blanks)s.", blanks=", ".join(f"{{{b}}}" for b in blanks)))
    return words


def _key(officer: OfficerInfo, key: str) -> str:
    """Keys are random, made with the form; whose form it was goes into it all the same."""
    if not key or len(key) > KEY_LENGTH - 12:
        raise InvalidInput(gettext("Biểu mẫu đã cũ. Anh/chị tải lại trang rồi gửi lại."))
    return f"{officer.id}:{key}"


# --- notes -------------------------------------------------------------------------------------------------------


def note(case_id: int, officer: OfficerInfo, text: str, *, key: str) -> None:
    """Something among officers; the citizen never sees it. Those called by @username hear of it. Once per `key`.

    Raises InvalidInput for an empty note, and for a name that nobody who may see the case has.
    """
    words = normalise(text)
    if not words or len(words) > policy.NOTE_LENGTH:
        raise InvalidInput(gettext("Ghi chú cần từ 1 đến %(n)s ký tự.", n=policy.NOTE_LENGTH))
    with records.acting(case_id, officer, closed_too=True) as (session, case):
        if session.scalar(select(CaseEvent.id).where(CaseEvent.key == _key(officer, key))) is not None:
            return
        called = _called(session, words, case)
        row = records.note_event(session, case, Kind.NOTED, officer, text=words, key=_key(officer, key))
        others = [one for one in called if one != officer.id]
        if others:
            facts = {"name": officer.name, "reason": words}
            assigning.tell(session, case, Event.CASE_MENTION, others, key=f"note-{row.id}", **facts)


def _called(session: Session, words: str, case: Case) -> list[int]:
    names = policy.mentioned(words)
    if not names:
        return []
    may = {
        one.username: one.id
        for one in organisation.officers()
        if one.username in names
        and access.may_serve(one, case.agency_code)
        and access.may_know(session, one, case.conversation_id)
    }
    if unknown := sorted(names - may.keys()):
        told = ", ".join(f"@{name}" for name in unknown)
        raise InvalidInput(gettext("Không có cán bộ phụ trách nào tên %(names)s.", names=told))
    return [may[name] for name in names]


# --- later -------------------------------------------------------------------------------------------------------


def put_off(
    case_id: int, officer: OfficerInfo, text: str, send_at: datetime, *, key: str, files: Sequence[str] = ()
) -> int:
    """Send it later; the id. The same `key` once. Raises InvalidInput, Conflict as `answer` does."""
    words = _checked(text, files)
    if not clock.now() < send_at <= clock.now() + policy.LATEST_SNOOZE:
        raise InvalidInput(gettext("Anh/chị chọn một lúc trong 60 ngày tới."))
    with records.acting(case_id, officer) as (session, case):
        row = {
            "case_id": case.id, "officer_id": officer.id, "text": words, "files": list(files), "send_at": send_at,
            "key": _key(officer, key), "outcome": "",
        }  # fmt: skip
        added = session.scalar(insert_for(session, Later).values(**row).on_conflict_do_nothing().returning(Later.id))
        if added is None:
            return session.scalars(select(Later.id).where(Later.key == row["key"])).one()
        records.note_event(session, case, Kind.PUT_OFF, officer, until=send_at.isoformat())
        _forget_draft(session, case.id, officer.id)
        return int(added)


def take_back(case_id: int, officer: OfficerInfo, later_id: int) -> None:
    """Do not send it after all; what it said becomes the draft. Raises NotFound, Conflict when it has gone out."""
    with records.acting(case_id, officer) as (session, case):
        row = session.get(Later, later_id, with_for_update=True)
        if row is None or row.case_id != case.id:
            raise NotFound(gettext("Không có tin hẹn giờ này."))
        if row.done_at is not None:
            raise Conflict(gettext("Tin hẹn giờ đã gửi hoặc đã hủy."))
        row.done_at, row.outcome = clock.now(), TAKEN_BACK
        keep_draft(case.id, officer, row.text)
        records.note_event(session, case, Kind.TAKEN_BACK, officer, event=row.id)


def due_later(limit: int = 500) -> list[int]:
    """Answers whose time has come."""
    with reading() as session:
        due = select(Later.id).where(Later.done_at.is_(None), Later.send_at <= clock.now())
        return list(session.scalars(due.order_by(Later.send_at, Later.id).limit(limit)))


def send_later(later_id: int) -> None:
    """Send one now. What cannot be sent becomes its officer's draft, and rings their bell."""
    with transaction() as session:
        row = session.get_one(Later, later_id)
        officer = organisation.officer(row.officer_id)
        try:
            with records.acting(row.case_id, officer, closed_too=True) as (_, case):
                session.refresh(row, with_for_update=True)
                if row.done_at is not None:
                    return
                row.done_at = clock.now()
                try:
                    _say(session, case, officer, row.text, row.files, key=f"later{row.id}")
                    row.outcome = SENT
                except MotCuaError as error:
                    row.outcome = error.message[:200]
                    keep_draft(case.id, officer, row.text)
                    lost = " Tệp kèm theo cần chọn lại." if row.files else ""
                    facts = {"reason": f"Tin hẹn giờ không gửi được: {error.message}{lost}"}
                    assigning.tell(session, case, Event.CASE_GIVEN, [officer.id], key=f"later-{row.id}", **facts)
        except NotFound as error:  # the case went to another agency
            row.done_at, row.outcome = clock.now(), error.message[:200]


# --- drafts ------------------------------------------------------------------------------------------------------


def keep_draft(case_id: int, officer: OfficerInfo, text: str) -> None:
    """Remember what is typed; an empty text forgets it."""
    with transaction() as session:
        if not text.strip():
            _forget_draft(session, case_id, officer.id)
            return
        values = {"text": text.replace("\0", "")[: 2 * policy.ANSWER_LENGTH], "saved_at": clock.now()}
        row = insert_for(session, Draft).values(case_id=case_id, officer_id=officer.id, **values)
        session.execute(row.on_conflict_do_update(index_elements=["case_id", "officer_id"], set_=values))


def draft(session: Session, case_id: int, officer: OfficerInfo) -> str:
    """What this officer has typed there and not sent."""
    row = session.get(Draft, (case_id, officer.id))
    return row.text if row else ""


def _forget_draft(session: Session, case_id: int, officer_id: int) -> None:
    session.execute(delete(Draft).where(Draft.case_id == case_id, Draft.officer_id == officer_id))
