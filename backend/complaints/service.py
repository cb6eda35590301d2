"""Taking reports in, telling where they stand, and what the citizen decides: settled, or not."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock
from backend.complaints import acts, consent, draft_words, intake, policy, sorting, wording
from backend.complaints.acts import CITIZEN, Facts
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity
from backend.complaints.places import Place as Place
from backend.complaints.policy import Action, Kind, Protection, State
from backend.complaints.sorting import Guess
from backend.database import insert_for, reading, transaction
from backend.errors import Conflict, InvalidInput, NotFound
from backend.messaging import service as messaging
from backend.messaging.channels import Choice
from backend.organisation.service import OfficerInfo
from backend.settings import settings

RECEIVED = State.RECEIVED
ADDED_WITHIN = timedelta(hours=3)
SENT_AGAIN_WITHIN = timedelta(minutes=1)
CODE = re.compile(r"(?:PA)?[\s.-]*(\d{6})[\s.-]*(\d{4,6})", re.IGNORECASE)
MAX_LENGTH = 4_000
NOT_FOUND = "Dạ, em không tìm thấy phản ánh nào như vậy được gửi từ đây. Anh/chị xem lại mã giúp em."
NONE_SENT = "Dạ, em chưa nhận phản ánh nào gửi từ đây. Có mã, anh/chị nhắn PA và mã; muốn gửi mới, nhắn PA và nội dung."


@dataclass(frozen=True)
class Filed:
    """A report that was taken in."""

    code: str
    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Lookup:
    """`outcome`: found | not_found | unclear."""

    outcome: str
    text: str


def file(conversation_id: int, message_id: int, text: str) -> Filed:
    """Take a report in, give it a code and show it to the hotline's officers; the same message gives the same code.

    Raises InvalidInput, NotFound.
    """
    if not text.strip():
        raise InvalidInput("Nội dung phản ánh đang để trống.")
    messaging.message_text(conversation_id, message_id)  # raises NotFound for a message of somebody else
    guessed = sorting.guess(text)
    with transaction() as session:
        row = {
            "conversation_id": conversation_id,
            "message_id": message_id,
            "text": text.strip(),
            "state": RECEIVED,
            "created_at": clock.now(),
            "version": 1,
        }
        session.execute(insert_for(session, Complaint).values(**row).on_conflict_do_nothing())
        complaint = session.scalars(select(Complaint).where(Complaint.message_id == message_id)).one()
        if complaint.code is None:
            _take_over_what_came_before(session, complaint)
            phone = messaging.view(conversation_id).address
            complaint.text = draft_words.wishes(complaint, complaint.text) or complaint.text
            person = ComplaintIdentity(phone=draft_words.number_in(text) or phone)
            intake.take_in(session, complaint, guessed, person)
            consent.note_asked(complaint)
            intake.show(complaint, f"{complaint.code}: {complaint.text}", message_id)
        question, choices = consent.ask(complaint)
        return Filed(complaint.code or "", intake.receipt(complaint, guessed.emergency_number) + question, choices)


def _take_over_what_came_before(session: Session, complaint: Complaint) -> None:
    """A photo or place that came without a word just before belongs to the words that follow."""
    mine = select(Complaint).where(
        Complaint.conversation_id == complaint.conversation_id, Complaint.state == State.DRAFT, Complaint.text == ""
    )
    for draft in session.scalars(mine):
        complaint.files = [*(complaint.files or []), *draft.files]
        complaint.latitude, complaint.longitude, complaint.place = draft.latitude, draft.longitude, draft.place
        session.delete(draft)


@dataclass(frozen=True)
class Call:
    """What a caller tells an operator; what is None is taken from the words. `name` and `phone` are sealed at once."""

    text: str
    place: str = ""
    name: str = ""
    phone: str = ""
    kind: Kind | None = None
    category: str | None = None
    protection: Protection | None = None
    agrees: bool = False
    """That everybody may read of it."""


@dataclass(frozen=True)
class Taken:
    """A caller's report: what to read out to them. `emergency_number` is whom to call at once, "" where nobody."""

    id: int
    code: str
    emergency_number: str


def file_for_caller(officer: OfficerInfo, call: Call) -> Taken:
    """Take in what a caller tells an operator; a form that is sent again at once is one report. Raises InvalidInput."""
    if not call.text.strip() or len(call.text) > MAX_LENGTH:
        message = "Nội dung phản ánh đang để trống hoặc quá dài."
        raise InvalidInput(message, fields=[{"field": "text", "message": message}])
    read = sorting.guess(call.text)
    category = read.category if call.category is None else call.category
    with transaction() as session:
        if known := _just_taken(session, officer, call):
            return Taken(known.id, known.code or "", read.emergency_number)
        complaint = Complaint(
            text=call.text.strip(), place=call.place.strip()[:300], state=RECEIVED, created_at=clock.now(),
            protection=call.protection or Protection.NAMED,  # of a denunciation it is more, whatever was wished
        )  # fmt: skip
        session.add(complaint)
        session.flush()
        person = ComplaintIdentity(name=call.name.strip()[:200], phone=call.phone.strip()[:40])
        intake.take_in(session, complaint, Guess(call.kind or read.kind, category, ""), person, acts.by(officer))
        if call.agrees:
            consent.record(session, complaint, True, acts.by(officer))
        return Taken(complaint.id, complaint.code or "", read.emergency_number)


def _just_taken(session: Session, officer: OfficerInfo, call: Call) -> Complaint | None:
    """What this operator has filed of the same caller in the same words a moment ago."""
    filed = (ComplaintEvent.action == Action.FILE) & (ComplaintEvent.actor == officer.actor)
    query = select(Complaint).join(ComplaintEvent, ComplaintEvent.complaint_id == Complaint.id)
    since = clock.now() - SENT_AGAIN_WITHIN
    same = (Complaint.text == call.text.strip(), Complaint.place == call.place.strip()[:300])
    for row in session.scalars(query.where(filed, *same, Complaint.created_at > since)):
        person = session.get(ComplaintIdentity, row.id)
        told = (call.name.strip()[:200], call.phone.strip()[:40])
        if person is None or (person.name, person.phone) == told:
            return row
    return None


def add(conversation_id: int, message_id: int, code: str, text: str) -> str:
    """Add words to a report that is not ended; what to tell the citizen. The same message adds once.

    Raises NotFound, Conflict.
    """
    with transaction() as session:
        complaint = session.get_one(Complaint, _own(conversation_id, code), with_for_update=True)
        if complaint.state not in policy.OPEN:
            raise Conflict(f"Dạ, phản ánh {complaint.code} đã trả lời xong, em không ghi thêm được.")
        line = f"[{message_id}] {' '.join(text.split())}"
        if line not in complaint.text.splitlines():
            if len(complaint.text) + len(line) >= MAX_LENGTH:
                raise Conflict(
                    f"Dạ, phản ánh {complaint.code} đã dài, em không ghi thêm được nữa. Anh/chị nhắn PA và nội dung"
                    f" thành phản ánh mới, hoặc gọi {settings().hotline}."
                )
            complaint.text = f"{complaint.text}\n{line}"
            draft_words.wishes(complaint, text)  # whoever asks only now not to be named is not named from now on
            intake.forget_sender(session, complaint)
            intake.name_subjects(complaint)
            acts.take_from_subjects(complaint)
            intake.note(session, complaint, Action.ADD)
            intake.show(complaint, f"{complaint.code}, bổ sung: {text.strip()}", message_id)
        return f"Dạ, em đã ghi thêm vào phản ánh {complaint.code}. Cảm ơn anh/chị."


def add_files(conversation_id: int, files: list[dict[str, Any]], place: Place | None) -> str | None:
    """Put photos and a shared place to the report just made; its code, None where there is none.

    A place outside the province is not kept: raises InvalidInput.
    """
    if place is not None and not place.is_inside:
        raise InvalidInput(draft_words.outside())
    with transaction() as session:
        query = select(Complaint).where(
            Complaint.conversation_id == conversation_id,
            Complaint.created_at > clock.now() - ADDED_WITHIN,
            Complaint.state.in_(policy.OPEN),
        )
        complaint = session.scalars(query.order_by(Complaint.id.desc()).limit(1).with_for_update()).first()
        if complaint is None:
            return None
        before = (complaint.files, complaint.latitude, complaint.longitude)
        known = {one["file_id"] for one in complaint.files}
        complaint.files = [*complaint.files, *(one for one in files if one["file_id"] not in known)]
        if place is not None:
            complaint.latitude, complaint.longitude = place.latitude, place.longitude
            complaint.place = place.commune or complaint.place
        if (complaint.files, complaint.latitude, complaint.longitude) != before:
            intake.note(session, complaint, Action.ADD)
        return complaint.code


def look_up(conversation_id: int, code: str | None) -> Lookup:
    """Where a report of this conversation stands; without a code, the last one."""
    match = CODE.fullmatch(code.strip()) if code else None
    if code and match is None:
        return Lookup("unclear", "Dạ, mã phản ánh có dạng PA-261101-0003. Anh/chị nhắn PA và mã giúp em.")
    with reading() as session:
        complaint = _of(session, conversation_id, f"PA-{match[1]}-{match[2]}" if match else None)
        if complaint is None:
            return Lookup("not_found", NOT_FOUND if match else NONE_SENT)
        joined = session.get(Complaint, complaint.merged_into_id) if complaint.merged_into_id else None
        return Lookup("found", wording.standing(complaint, joined))


def settle(conversation_id: int, code: str) -> str:
    """The citizen says that it is settled; what to tell them. Raises NotFound, Conflict."""
    acts.act(_own(conversation_id, code), Action.SETTLE, CITIZEN)
    return f"Dạ, em ghi nhận việc ở phản ánh {normal_code(code)} đã xong. Cảm ơn anh/chị."


def reopen(conversation_id: int, code: str, reason: str) -> str:
    """The citizen says that it is not settled; what to tell them. Raises NotFound, Conflict, InvalidInput."""
    acts.act(_own(conversation_id, code), Action.REOPEN, CITIZEN, Facts(reason=reason))
    code = normal_code(code)
    return (
        f"Dạ, em đã mở lại phản ánh {code}, tổng đài {settings().hotline} sẽ xem lại và báo anh/chị."
        f" Muốn nói rõ còn gì chưa được, anh/chị nhắn PA {code.removeprefix('PA-')} và nội dung."
    )


def withdraw(conversation_id: int, code: str) -> str:
    """The citizen takes it back; what to tell them. Raises NotFound, Conflict."""
    acts.act(_own(conversation_id, code), Action.WITHDRAW, CITIZEN)
    return f"Dạ, em đã rút phản ánh {normal_code(code)}."


def normal_code(text: str) -> str:
    """`PA-261128-0003` however it is typed; what is no code as it is."""
    match = CODE.fullmatch(text.strip())
    return f"PA-{match[1]}-{match[2]}" if match else text.strip()


def _own(conversation_id: int, code: str) -> int:
    with reading() as session:
        complaint = _of(session, conversation_id, normal_code(code))
    if complaint is None:
        raise NotFound("Dạ, em không tìm thấy phản ánh nào như vậy được gửi từ đây.")
    return complaint.id


def _of(session: Session, conversation_id: int, code: str | None) -> Complaint | None:
    query = select(Complaint).where(Complaint.conversation_id == conversation_id, Complaint.state != State.DRAFT)
    if code:
        query = query.where(Complaint.code == code)
    return session.scalars(query.order_by(Complaint.id.desc()).limit(1)).first()
