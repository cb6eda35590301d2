"""Everything about one case for the officer who opens it: who writes, what was said, what they have with us.

Every look is audited, and so is every dossier that the side panel shows.
"""

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from backend import audit, clock, storage
from backend.audit import Audit
from backend.citizens import service as citizens
from backend.database import insert_for, reading, transaction
from backend.dossiers import service as dossiers
from backend.dossiers.service import Held
from backend.errors import NotFound
from backend.i18n import gettext
from backend.inbox import access, answering, assigning, cases, listing, policy, records, service, wording
from backend.inbox.models import Case, CaseEvent, Draft, Kind, Later, Presence
from backend.inbox.policy import Timer
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.channels import Window
from backend.messaging.models import Owner
from backend.messaging.service import ConversationView, Entry
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.procedures import service as procedures
from backend.screening import without_sender
from backend.storage import StoredInfo

SHOWN = 60
"""Messages; earlier ones are a page away."""
MARKED = 12
"""The last messages, whose coming and going a page that is open watches."""
HERE_FOR = timedelta(seconds=40)
"""After so long without a sign somebody no longer has the case open."""
TYPES_FOR = timedelta(seconds=8)


@dataclass(frozen=True)
class File:
    """A file of a message. `position` counts within the message; `small` where a thumbnail can be had."""

    position: int
    name: str
    is_image: bool


@dataclass(frozen=True)
class Said:
    """A line of the talk: a message, or an act between the messages."""

    at: datetime
    who: str
    """citizen | assistant | officer | notice (said unasked) | note | event"""
    name: str
    text: str
    status: str = ""
    intent: str = ""
    confidence: float | None = None
    message_id: int = 0
    event_id: int = 0
    files: tuple[File, ...] = ()
    refused: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True)
class Colleague:
    """Somebody else who has the case open."""

    name: str
    types: bool


@dataclass(frozen=True)
class Waits:
    """An answer that goes out later."""

    id: int
    text: str
    send_at: datetime
    name: str
    files: int = 0


@dataclass(frozen=True)
class Page:
    """What the template shows. `sealed`: who writes is kept from whoever looks; `may_open`: unless they say why."""

    case: Case
    summary: str
    wanted: str
    sealed: bool
    may_open: bool
    conversation: ConversationView
    agency: str
    assignee: str
    talk: Sequence[Said]
    earlier: int | None
    newest_in: int
    mark: str
    slots: Mapping[str, str]
    answer_timer: Timer
    solve_timer: Timer
    window: Window
    hindrance: str
    phone: str
    dossiers: Sequence[Held]
    beside: Sequence[service.Beside]
    others: Sequence[listing.Line]
    colleagues: Sequence[Colleague]
    later: Sequence[Waits]
    draft: str
    undo: int | None
    people: Sequence[OfficerInfo]

    @property
    def is_mine(self) -> bool:
        """Whether the officer who looks talks here now."""
        return self.conversation.owner == Owner.OFFICER and self.held_by_me

    held_by_me: bool = False


def look(case_id: int, officer: OfficerInfo, *, before: int | None = None, opened: bool = False) -> Page:
    """One case; `opened`: the seal of who writes there has just been opened. Raises NotFound."""
    with transaction() as session:
        case = access.load(session, case_id, officer)
        conversation = messaging.view(case.conversation_id)
        subject = f"conversation:{case.conversation_id}"
        audit.record(session, Audit.CONVERSATION_VIEWED, actor=officer.actor, subject=subject, case=case.id)
        note_presence(session, case.id, officer)
        entries = messaging.record_of(case.conversation_id, **({"before": before} if before else {}), limit=SHOWN)
        hindrance, phone = answering.hindrance(conversation), _phone(conversation)
        cover = _plain if opened else _cover(session, case, phone)
        sealed = cover is not _plain
        if sealed:
            conversation, phone = replace(conversation, address="", about=""), ""
        held = _dossiers(session, phone, officer)
        latest = entries if before is None else messaging.record_of(case.conversation_id, limit=SHOWN)
        events = _events(session, case, entries)
        others = colleagues(session, case.id, officer)
        return Page(
            case=case,
            summary=cover(case.summary),
            wanted=cover(case.wanted),
            sealed=sealed,
            may_open=sealed and access.may_open(officer),
            conversation=conversation,
            agency=_agency(case.agency_code),
            assignee=records.name_of(case.assignee_id) if case.assignee_id else "",
            talk=_covered(_talk(events, entries, whole=before is None), cover),
            earlier=entries[0].id if len(entries) == SHOWN else None,
            newest_in=_newest_in(case, latest),
            mark=_mark(case, latest, others),
            slots=_slots(conversation),
            answer_timer=policy.timer(case.answer_due_at, case.answered_at),
            solve_timer=policy.timer(case.solve_due_at, case.closed_at),
            window=_window(conversation),
            hindrance=hindrance,
            phone=phone,
            dossiers=held,
            beside=[] if sealed else service.beside(officer, case.conversation_id),
            others=_others(session, case, officer, _elsewhere(phone)),
            colleagues=others,
            later=_later(session, case.id),
            draft=answering.draft(session, case.id, officer),
            undo=_undoable(events, case, officer),
            people=assigning.colleagues(case.agency_code),
            held_by_me=case.assignee_id == officer.id,
        )


def _phone(conversation: ConversationView) -> str:
    return citizens.verified_phone(conversation.channel, conversation.address) or ""


def _plain(text: str) -> str:
    return text


def _cover(session: Session, case: Case, phone: str) -> Callable[[str], str]:
    """What takes out of a text who its writer is, where officers are not to know; `_plain` where they may."""
    if case.id not in access.sealed(session, {case.id}):
        return _plain
    names = [one.applicant_name for one in dossiers.held_by(phone)] if phone else []
    return lambda text: without_sender(text, names)


def _covered(talk: Sequence[Said], cover: Callable[[str], str]) -> list[Said]:
    return [one if one.who == "note" else replace(one, text=cover(one.text)) for one in talk]


def _agency(code: str) -> str:
    try:
        return organisation.agency_by_code(code).name if code else ""
    except NotFound:  # it was merged into another one meanwhile
        return code


def _slots(conversation: ConversationView) -> dict[str, str]:
    """What the assistant had understood so far, by Vietnamese name."""
    found = {}
    if conversation.procedure_code:
        found[gettext("Thủ tục đang hỏi")] = _procedure_name(conversation.procedure_code)
    if conversation.about:
        found[gettext("Hồ sơ nói đến")] = conversation.about
    return found


def _procedure_name(code: str) -> str:
    try:
        return f"{procedures.short_name(code)} ({code})"
    except NotFound:
        return code


def _window(conversation: ConversationView) -> Window:
    if not channels.offers(conversation.channel):
        return Window()
    return channels.get(conversation.channel).window(conversation.heard_at)


def _dossiers(session: Session, phone: str, officer: OfficerInfo) -> Sequence[Held]:
    held = dossiers.held_by(phone) if phone else []
    for one in held:
        audit.record(session, Audit.DOSSIER_VIEWED, actor=officer.actor, subject=f"dossier:{one.id}", via="inbox")
    return held


def _elsewhere(phone: str) -> set[int]:
    """The conversations of whoever has proved to own this number."""
    return messaging.conversations_at({"sms": phone} | citizens.addresses(phone)) if phone else set()


def _others(session: Session, case: Case, officer: OfficerInfo, elsewhere: Collection[int]) -> Sequence[listing.Line]:
    """Earlier cases of this conversation, and those of the same number on other channels where they are not sealed."""
    there = and_(Case.conversation_id.in_(elsewhere), ~access.is_sealed())
    theirs = or_(Case.conversation_id == case.conversation_id, there)
    query = select(Case).where(theirs, Case.id != case.id, access.visible(officer)).order_by(Case.id.desc()).limit(5)
    return listing.lines_of(session.scalars(query).all())


def _later(session: Session, case_id: int) -> list[Waits]:
    query = select(Later).where(Later.case_id == case_id, Later.done_at.is_(None)).order_by(Later.send_at)
    rows = session.scalars(query).all()
    names = organisation.officers_by_id({row.officer_id for row in rows})
    return [Waits(row.id, row.text, row.send_at, names.get(row.officer_id, ""), len(row.files)) for row in rows]


def _undoable(events: Sequence[CaseEvent], case: Case, officer: OfficerInfo) -> int | None:
    """The last act, while this officer can take it back."""
    last = next((row for row in reversed(events) if row.case_id == case.id and row.officer_id is not None), None)
    if last is None or last.officer_id != officer.id or last.kind not in cases.UNDOABLE:
        return None
    return last.id if clock.now() - last.at < policy.UNDO_WITHIN else None


# --- the talk ----------------------------------------------------------------------------------------------------


def _events(session: Session, case: Case, entries: Sequence[Entry]) -> Sequence[CaseEvent]:
    """What was done in all cases of the conversation since the first of these messages, oldest first."""
    query = select(CaseEvent).join(Case, Case.id == CaseEvent.case_id)
    query = query.where(Case.conversation_id == case.conversation_id)
    if entries:
        query = query.where(CaseEvent.at >= entries[0].created_at)
    return session.scalars(query.order_by(CaseEvent.id)).all()


def _talk(events: Sequence[CaseEvent], entries: Sequence[Entry], *, whole: bool) -> list[Said]:
    """Messages and acts in the order of time; not `whole`, without the acts after the last message."""
    by_message = {row.details.get("message"): row.officer_id for row in events if row.kind == Kind.ANSWERED}
    last = entries[-1].created_at if entries and not whole else None
    shown = [row for row in events if row.kind in wording.SHOWN_EVENTS and (last is None or row.at <= last)]
    named = {row.officer_id for row in events} | {row.details.get("to") for row in events if row.kind == Kind.ASSIGNED}
    names = organisation.officers_by_id({one for one in named if one is not None})
    said = [_message(entry, by_message, names) for entry in entries] + [_event(row, names) for row in shown]
    return sorted(said, key=lambda one: (one.at, one.event_id, one.message_id))


def _message(entry: Entry, by_message: Mapping[Any, int | None], names: Mapping[int, str]) -> Said:
    officer_id = by_message.get(entry.id)
    is_ours = entry.direction == "out"
    ours = "officer" if officer_id else "assistant" if entry.is_reply else "notice"
    who = ours if is_ours else "citizen"
    shows_state = is_ours or entry.status == "ignored"
    return Said(
        at=entry.created_at or clock.now(),
        who=who,
        name=names.get(officer_id or 0, ""),
        text=entry.text,
        status=wording.MESSAGE_STATES.get(entry.status, "") if shows_state else "",
        intent=entry.intent,
        confidence=entry.confidence,
        message_id=entry.id,
        files=tuple(_files(entry)),
        refused=tuple(f"{one['name']}: {one['why']}" for one in entry.attachments if one.get("kind") == "refused"),
        place=_place(entry),
    )


def _files(entry: Entry) -> list[File]:
    found = []
    for position, file_id in enumerate(file_ids(entry)):
        info = _info(file_id)
        if info is not None:
            found.append(File(position, info.name, info.is_image))
    return found


def file_ids(entry: Entry) -> list[str]:
    """The stored files of a message, in order; empty strings hold the places of what has no file."""
    if entry.direction == "out":
        return list(entry.extras.files)
    return [str(one["file_id"]) if one.get("kind") == "file" else "" for one in entry.attachments]


def _info(file_id: str) -> StoredInfo | None:
    try:
        return storage.info(file_id) if file_id else None
    except NotFound:
        return None


def _place(entry: Entry) -> str:
    for one in entry.attachments:
        if one.get("kind") == "location":
            return f"{one['latitude']:.5f}, {one['longitude']:.5f} {one['place']}".strip()
    return ""


def _event(row: CaseEvent, names: Mapping[int, str]) -> Said:
    name = names.get(row.officer_id or 0, "")
    if row.kind in (Kind.NOTED, Kind.CALLED):
        return Said(row.at, "note", name, row.text, event_id=row.id)
    words = gettext(wording.EVENTS[row.kind])
    to = row.details.get("to")
    if row.kind == Kind.ASSIGNED:
        words += ": " + (names.get(to, "?") if to else gettext("không ai"))
    if row.text:
        words += f": {row.text}"
    return Said(row.at, "event", name, words, event_id=row.id)


@dataclass(frozen=True)
class Talk:
    """The part of a page that changes while it is open."""

    case: Case
    conversation: ConversationView
    assignee: str
    talk: Sequence[Said]
    newest_in: int
    colleagues: Sequence[Colleague]
    earlier: int | None = None


def talk_of(case: Case, officer: OfficerInfo) -> Talk:
    """That part; whoever asks may see the case."""
    with reading() as session:
        entries = messaging.record_of(case.conversation_id, limit=SHOWN)
        conversation = messaging.view(case.conversation_id)
        cover = _cover(session, case, _phone(conversation))
        return Talk(
            case=case,
            conversation=conversation,
            assignee=records.name_of(case.assignee_id) if case.assignee_id else "",
            talk=_covered(_talk(_events(session, case, entries), entries, whole=True), cover),
            newest_in=_newest_in(case, entries),
            colleagues=colleagues(session, case.id, officer),
            earlier=entries[0].id if len(entries) == SHOWN else None,
        )


def file_of(case_id: int, officer: OfficerInfo, message_id: int, position: int) -> str:
    """The storage id of a file in this case's conversation. Audited. Raises NotFound."""
    with transaction() as session:
        case = access.load(session, case_id, officer)
        found = messaging.record_of(case.conversation_id, before=message_id + 1, limit=1)
        ids = file_ids(found[0]) if found and found[0].id == message_id else []
        if position >= len(ids) or not ids[position]:
            raise NotFound(gettext("Không có tệp này."))
        subject = f"conversation:{case.conversation_id}"
        audit.record(session, Audit.CONVERSATION_FILE_VIEWED, actor=officer.actor, subject=subject, message=message_id)
        return ids[position]


# --- who else is here, and what is new ---------------------------------------------------------------------------


def note_presence(session: Session, case_id: int, officer: OfficerInfo, *, types: bool = False) -> None:
    """This officer has the case open now, and types."""
    now = clock.now()
    values = {"seen_at": now} | ({"typed_at": now} if types else {})
    row = insert_for(session, Presence).values(case_id=case_id, officer_id=officer.id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["case_id", "officer_id"], set_=values))


def colleagues(session: Session, case_id: int, officer: OfficerInfo) -> list[Colleague]:
    """Who else has it open."""
    now = clock.now()
    query = select(Presence).where(
        Presence.case_id == case_id, Presence.officer_id != officer.id, Presence.seen_at > now - HERE_FOR
    )
    rows = session.scalars(query).all()
    names = organisation.officers_by_id({row.officer_id for row in rows}) if rows else {}
    return [
        Colleague(names.get(row.officer_id, ""), row.typed_at is not None and row.typed_at > now - TYPES_FOR)
        for row in sorted(rows, key=lambda row: row.officer_id)
    ]


def _newest_in(case: Case, latest: Sequence[Entry]) -> int:
    """The citizen's last message, which is nearly always among the latest."""
    found = max((entry.id for entry in latest if entry.direction == "in"), default=0)
    return found or messaging.newest(case.conversation_id, "in")


def _mark(case: Case, latest: Sequence[Entry], others: Sequence[Colleague]) -> str:
    """Changes when the page has something new to show: messages, what became of them, acts, colleagues."""
    recent = [(entry.id, entry.status) for entry in latest[-MARKED:]]
    here = [(one.name, one.types) for one in others]
    return f"{zlib.crc32(repr((case.version, case.state, recent, here)).encode()):x}"


def news(case_id: int, officer: OfficerInfo, *, types: bool = False) -> tuple[Case, str]:
    """The case with its mark, for a page that is open already: not a new look. Raises NotFound."""
    with transaction() as session:
        case = access.load(session, case_id, officer)
        note_presence(session, case.id, officer, types=types)
        latest = messaging.record_of(case.conversation_id, limit=MARKED)
        return case, _mark(case, latest, colleagues(session, case.id, officer))


def drafts(officer: OfficerInfo) -> set[int]:
    """The cases in which this officer has typed something and not sent it."""
    with reading() as session:
        return set(session.scalars(select(Draft.case_id).where(Draft.officer_id == officer.id)))
