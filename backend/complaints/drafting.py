"""A report as it is told to the assistant: a row in state DRAFT until it is confirmed, given up or forgotten.

Words come here by `hear`, photos and a shared place by `put`, choices by `pick`. Each writes down what was learned and
asks for the first thing that is still missing (`policy.Question`). The same message is heard once: asked again, it gets
the same answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend import clock
from backend.complaints import consent, intake, nearby, policy, sorting
from backend.complaints import draft_words as words_of
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity
from backend.complaints.places import Place
from backend.complaints.policy import Action, Kind, Protection, Question, State
from backend.complaints.sorting import Guess
from backend.database import reading, transaction
from backend.errors import InvalidInput
from backend.messaging import service as messaging
from backend.messaging.channels import Choice
from backend.text import fold

MAX_LENGTH = 4_000
MOST_FILES = 10
WORD = "report"
"""Begins the payload of a draft's choices."""
PLACED = frozenset({Kind.REPORT, Kind.PROPOSAL, Kind.EMERGENCY})
"""Kinds that nobody can act on without knowing where."""


@dataclass(frozen=True)
class Said:
    """`outcome`: asking (the draft goes on) | filed | followed | dropped | none (there is no draft)."""

    outcome: str
    text: str = ""
    question: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Titles with payloads."""
    ask: str = ""

    def picks(self) -> tuple[Choice, ...]:
        """The choices as channels offer them."""
        return tuple(Choice(*choice) for choice in self.choices)


NOTHING = Said("none", "Dạ, không còn phản ánh nào đang viết dở. Anh/chị cần báo việc gì cứ nhắn cho em.")


def hear(conversation_id: int, message_id: int, text: str, *, meaning: str = "", urgent: bool = False) -> Said:
    """Take words for the draft, which begins with the first of them.

    `meaning`: wish (they only announce a report), yes, no, or "" for anything else. `urgent`: somebody is in danger,
    nothing more is asked. Raises NotFound for a message of somebody else, InvalidInput for too much.
    """
    messaging.message_text(conversation_id, message_id)
    if said := _after_the_receipt(conversation_id, message_id, text, meaning):
        return said
    came = messaging.attachments_of(conversation_id, message_id)

    def learn(draft: Complaint, session: Session) -> Said | None:
        _keep_files(draft, words_of.photos(came))
        place = words_of.shared_place(came)
        if place is not None and place.is_inside:
            _keep_place(draft, place)
        if meaning == "wish":
            intake.classify(draft, sorting.guess(text))
            words_of.wishes(draft, text)
            return Said("asking", "", Question.WHAT)
        return _learn_words(session, draft, text, meaning)

    return _turn(conversation_id, message_id, learn, begin=True, urgent=urgent)


def put(conversation_id: int, message_id: int, files: list[dict[str, Any]], place: Place | None) -> Said:
    """Put photos and a shared place to the draft that is open; outcome "none", and nothing kept, where none is."""

    def learn(draft: Complaint, _session: Session) -> Said | None:
        _keep_files(draft, files)
        if place is not None and not place.is_inside:
            return Said("asking", words_of.outside(), _question_of(draft))
        if place is not None:
            _keep_place(draft, place)
        elif _question_of(draft) == Question.CONFIRM:  # an album comes one by one: the summary is not told each time
            return Said("asking", words_of.photos_kept(len(draft.files)), Question.CONFIRM, _ways_on(draft))
        return None

    return _turn(conversation_id, message_id, learn)


def begin_with(conversation_id: int, message_id: int, files: list[dict[str, Any]], place: Place | None) -> None:
    """Keep photos or a place that came without a word, in case a report follows; nothing is asked here."""

    def learn(draft: Complaint, _session: Session) -> Said | None:
        _keep_files(draft, files)
        if place is not None and place.is_inside:
            _keep_place(draft, place)
        return Said("asking", "", Question.WHAT)

    _turn(conversation_id, message_id, learn, begin=True)


def pick(conversation_id: int, message_id: int, rest: str) -> Said:
    """A choice of ours: `send`, `drop`, `hide`, `other`, or `same <id of the report that it is>`."""
    verb, _, number = rest.partition(" ")

    def learn(draft: Complaint, session: Session) -> Said | None:
        match verb:
            case "send":
                return _file(session, draft, message_id)
            case "drop":
                return _drop(session, draft)
            case "hide":
                words_of.hide(draft)
            case "same" if number.isdigit():
                return _follow(session, draft, int(number))
            case _:
                draft.asked = draft.asked | {"same": []}
        return None

    return _turn(conversation_id, message_id, learn)


def drop(conversation_id: int, message_id: int) -> Said:
    """Give the draft up; nothing of it is kept."""
    return pick(conversation_id, message_id, "drop")


def awaited(conversation_id: int) -> str:
    """What the draft waits to hear now, as the assistant knows it: see `awaiting` in domain.yml. "" where nothing."""
    with reading() as session:
        draft = session.scalars(_drafts(conversation_id)).first()
        last = session.scalars(_newest(conversation_id)).first()
    if draft is None:
        if last is None or _is_stale(last):
            return ""
        return "complaint_publish" if last.asked.get("question") == Question.PUBLISH else "complaint_sent"
    if _is_stale(draft):
        return ""
    match draft.asked.get("question"):
        case Question.WHERE:
            return "complaint_place"
        case Question.NAME:
            return "complaint_name"
        case Question.SAME | Question.CONFIRM:
            return "complaint_check"
        case _ if draft.files or draft.latitude is not None:
            return "complaint_photo"
        case _:
            return ""


# --- one turn ----------------------------------------------------------------------------------------------------


def _drafts(conversation_id: int) -> Any:
    mine = select(Complaint).where(Complaint.conversation_id == conversation_id, Complaint.state == State.DRAFT)
    return mine.order_by(Complaint.id.desc()).limit(1)


def _newest(conversation_id: int) -> Any:
    mine = select(Complaint).where(Complaint.conversation_id == conversation_id)
    return mine.order_by(Complaint.id.desc()).limit(1)


def _is_stale(draft: Complaint) -> bool:
    at = draft.asked.get("at")
    return at is None or clock.now() - datetime.fromisoformat(at) > policy.DRAFT_HEARD_FOR


def _turn(
    conversation_id: int,
    message_id: int,
    learn: Callable[[Complaint, Session], Said | None],
    *,
    begin: bool = False,
    urgent: bool = False,
) -> Said:
    """Learn, then ask for what is missing; `learn` returns what to say where it is not the next question."""
    with transaction() as session:
        last = session.scalars(_newest(conversation_id)).first()
        if last is not None and last.asked.get("heard") == message_id:
            said = last.asked["said"]
            return Said(**said | {"choices": tuple(tuple(choice) for choice in said["choices"])})
        draft = session.scalars(_drafts(conversation_id).with_for_update()).first()
        if draft is None and not begin:
            return NOTHING
        if draft is not None and begin and draft.text and _is_stale(draft):
            forget(session, draft)  # never confirmed, and something new is told
            draft = None
        draft = draft or _begin(session, conversation_id)
        said_now = learn(draft, session)
        if said_now is None and (urgent or draft.kind == Kind.EMERGENCY):
            said_now = _file(session, draft, message_id)
        said_now = said_now or _ask(session, draft)
        if said_now.outcome != "dropped":
            draft.asked = draft.asked | {
                "question": said_now.question, "at": clock.now().isoformat(), "heard": message_id,
                "said": asdict(said_now),
            }  # fmt: skip
        if draft.state == State.DRAFT:
            draft.look_at = clock.now() + policy.REMIND_AFTER
        return said_now


def _begin(session: Session, conversation_id: int) -> Complaint:
    draft = Complaint(conversation_id=conversation_id, text="", state=State.DRAFT, created_at=clock.now(), asked={})
    session.add(draft)
    session.flush()
    return draft


def _after_the_receipt(conversation_id: int, message_id: int, text: str, meaning: str) -> Said | None:
    """What is said of the report just sent: yes or no to its question, or not to be named. None for anything else."""
    with transaction() as session:
        last = session.scalars(_newest(conversation_id).with_for_update()).first()
        if last is None or last.state not in policy.OPEN or _is_stale(last):
            return None
        if last.asked.get("heard") == message_id:  # it was this very yes that sent the report
            return None
        if last.asked.get("question") == Question.PUBLISH and meaning in ("yes", "no"):
            said = Said("filed", consent.record(session, last, meaning == "yes"))
        elif words_of.only_hides(text):
            said = Said("filed", _hide(session, last))
        else:
            return None
        last.asked = last.asked | {"question": "", "heard": message_id, "said": asdict(said)}
        return said


def _hide(session: Session, report: Complaint) -> str:
    words_of.hide(report)
    intake.forget_sender(session, report)
    return words_of.hidden(report)


def _question_of(draft: Complaint) -> Question:
    return Question(draft.asked.get("question") or Question.WHAT)


def _keep_files(draft: Complaint, files: Sequence[Mapping[str, Any]]) -> None:
    known = {one["file_id"] for one in draft.files or []}
    kept = [*(draft.files or []), *(dict(one) for one in files if one["file_id"] not in known)]
    draft.files = kept[:MOST_FILES]


def _keep_place(draft: Complaint, place: Place) -> None:
    draft.latitude, draft.longitude = place.latitude, place.longitude
    draft.place = draft.place or place.commune


# --- what words mean ---------------------------------------------------------------------------------------------


def _learn_words(session: Session, draft: Complaint, text: str, meaning: str) -> Said | None:
    if len(draft.text) + len(text) > MAX_LENGTH:
        raise InvalidInput("Nội dung phản ánh quá dài, anh/chị gửi phần đã viết trước giúp em.")
    question, rest = _question_of(draft), words_of.wishes(draft, text)
    if number := words_of.number_in(text):
        _seal(session, draft, phone=number)
    if question in (Question.SAME, Question.CONFIRM):
        return _answered(session, draft, rest, meaning)
    if question == Question.WHERE:
        _learn_place(draft, rest, unknown=meaning == "no")
    elif question == Question.NAME and meaning == "no":
        draft.asked = draft.asked | {"nameless": True}
    elif question == Question.NAME:
        _seal(session, draft, name=" ".join(rest.split())[:200])
    elif rest:
        _learn_what(draft, rest)
    return None


def _answered(session: Session, draft: Complaint, rest: str, meaning: str) -> Said | None:
    """Yes, no, "tôi cũng vậy", a correction with or without "sai", or something to add."""
    offered = draft.asked.get("same") or []
    if offered and words_of.ME_TOO.search(fold(rest)):
        return _follow(session, draft, int(offered[0]))
    if _question_of(draft) == Question.SAME and meaning in ("yes", "no"):
        if meaning == "yes" and offered:
            return _follow(session, draft, int(offered[0]))
        draft.asked = draft.asked | {"same": []}
        return None
    if meaning == "yes":
        return _file(session, draft, None)
    if not rest and meaning != "no":
        return None  # "giấu tên" alone: the summary says so
    corrected = words_of.correction(rest)
    if corrected is None and meaning != "no":
        _learn_more(draft, rest)
        return None
    if not corrected:
        return Said("asking", words_of.WHAT_IS_WRONG, Question.CONFIRM)
    _correct(draft, corrected)
    return None


def _learn_what(draft: Complaint, text: str) -> None:
    draft.text = f"{draft.text}\n{text.strip()}".strip()
    draft.place = draft.place or sorting.place_in(text)
    _see(draft)


def _learn_place(draft: Complaint, text: str, *, unknown: bool) -> None:
    if unknown or fold(text).strip(" .!") in words_of.NO_PLACE:
        draft.place = words_of.UNKNOWN_PLACE
        return
    if not words_of.begins_with_place(text) and sorting.place_in(text) not in ("", text):
        _learn_what(draft, text)  # more of the story, with the place in it
        return
    when = sorting.when_in(text)
    place = text.replace(when, "") if when else text
    draft.happened = draft.happened or when
    draft.place = words_of.bare_place(place) or draft.place
    _see(draft)


def _learn_more(draft: Complaint, text: str) -> None:
    """Words to a summary that are no correction in so many words: a place or a time replaces, the rest is added."""
    if words_of.begins_with_place(text) or words_of.is_only_time(text):
        _correct(draft, text)
    elif text:
        _learn_what(draft, text)


def _correct(draft: Complaint, text: str) -> None:
    if words_of.is_only_time(text):
        draft.happened = text.strip(" ,.")[:120]
        return
    place = words_of.bare_place(text) if words_of.begins_with_place(text) else ""
    if not place:
        draft.text, draft.place = text.strip(), sorting.place_in(text) or draft.place
    else:
        draft.text = words_of.with_place(draft.text, old=draft.place, new=place)
        draft.place = place
        draft.latitude = draft.longitude = None
    _see(draft)


def _see(draft: Complaint) -> None:
    """What the words are about; a kind that was told in so many words before is not forgotten."""
    guessed = sorting.guess(draft.text)
    kind = guessed.kind if guessed.kind != Kind.REPORT else Kind(draft.kind or Kind.REPORT)
    intake.classify(draft, Guess(kind, guessed.category or draft.category, ""))
    intake.name_subjects(draft)


def _seal(session: Session, draft: Complaint, **known: str) -> None:
    person = session.get(ComplaintIdentity, draft.id) or ComplaintIdentity(complaint_id=draft.id)
    for name, value in known.items():
        setattr(person, name, value)
    session.add(person)


# --- what is asked next, and how it ends -------------------------------------------------------------------------


def _ask(session: Session, draft: Complaint) -> Said:
    if not draft.text.strip():
        return Said("asking", words_of.ask_what(draft), Question.WHAT)
    if draft.kind in PLACED and not draft.place and draft.latitude is None:
        when = not (draft.happened or sorting.when_in(draft.text))
        return Said("asking", words_of.ask_where(with_time=when), Question.WHERE, ask="location")
    if draft.kind == Kind.FORMAL_COMPLAINT and not (_name(session, draft) or draft.asked.get("nameless")):
        return Said("asking", words_of.ASK_NAME, Question.NAME)
    if "same" not in draft.asked:
        others = nearby.alike(session, draft)
        draft.asked = draft.asked | {"same": [other.id for other in others]}
        if others:
            likely = [
                (words_of.same(other, nearby.metres(draft, other)), f"{WORD}:same {other.id}") for other in others
            ]
            offers = (*likely, ("Việc khác", f"{WORD}:other"))
            return Said("asking", words_of.ask_same(len(others)), Question.SAME, offers)
    return Said("asking", words_of.summary(draft, _name(session, draft)), Question.CONFIRM, _ways_on(draft))


def _ways_on(draft: Complaint) -> tuple[tuple[str, str], ...]:
    hides = draft.protection == Protection.NAMED and draft.kind != Kind.FORMAL_COMPLAINT
    hide = (("Giấu tên tôi", f"{WORD}:hide"),) if hides else ()
    return (("Gửi", f"{WORD}:send"), *hide, ("Bỏ", f"{WORD}:drop"))


def _name(session: Session, draft: Complaint) -> str:
    person = session.get(ComplaintIdentity, draft.id)
    return person.name if person else ""


def _file(session: Session, draft: Complaint, message_id: int | None) -> Said:
    """Take it in as it stands. Without a word it cannot be: then words are asked for."""
    if not draft.text.strip():
        return _ask(session, draft)
    guessed = _become_report(session, draft, State.RECEIVED)
    heard = message_id or messaging.newest(draft.conversation_id or 0, "in")
    intake.show(draft, f"{draft.code}: {draft.text}", heard)
    question, choices = consent.ask(draft)
    offers = tuple((choice.title, choice.payload) for choice in choices)
    told = intake.receipt(draft, guessed.emergency_number) + question
    return Said("filed", told, Question.PUBLISH if question else "", offers)


def _become_report(session: Session, draft: Complaint, state: State) -> Guess:
    _see(draft)
    guessed = sorting.guess(draft.text)
    draft.created_at, draft.look_at = clock.now(), None
    draft.state = State.RECEIVED
    person = session.get(ComplaintIdentity, draft.id) or ComplaintIdentity(complaint_id=draft.id)
    person.phone = person.phone or messaging.view(draft.conversation_id or 0).address[:40]
    if draft.protection == Protection.ANONYMOUS:
        session.execute(delete(ComplaintIdentity).where(ComplaintIdentity.complaint_id == draft.id))
        session.expunge(person) if person in session else None
    intake.take_in(session, draft, Guess(Kind(draft.kind), draft.category, ""), person)
    draft.state = state
    return guessed


def _follow(session: Session, draft: Complaint, other_id: int) -> Said:
    """One more who reports the same: a code of their own, and told of what comes of it."""
    other = session.get(Complaint, other_id)
    if other is None or other_id not in (draft.asked.get("same") or []) or other.state not in policy.OPEN:
        draft.asked = draft.asked | {"same": []}
        return _ask(session, draft)
    _become_report(session, draft, State.MERGED)
    draft.merged_into_id = other.id
    session.add(
        ComplaintEvent(
            complaint_id=draft.id, at=clock.now(), action=Action.MERGE, actor="citizen", from_state=State.RECEIVED,
            to_state=State.MERGED, details={"into": other.id},
        )
    )  # fmt: skip
    return Said("followed", words_of.followed(draft))


def _drop(session: Session, draft: Complaint) -> Said:
    forget(session, draft)
    return Said("dropped", "Dạ, em đã bỏ phản ánh đang viết, chưa gửi đi đâu cả. Anh/chị cần gì khác cứ nhắn cho em.")


def forget(session: Session, draft: Complaint) -> None:
    """Delete a draft with all that was learned."""
    session.execute(delete(ComplaintIdentity).where(ComplaintIdentity.complaint_id == draft.id))
    session.delete(draft)
