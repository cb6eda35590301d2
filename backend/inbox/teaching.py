"""Teaching the assistant: an officer says what a misread message meant, an administrator decides, a command exports.

What is kept is masked at once: phone, identity and dossier numbers, addresses and names become the same few made-up
ones, which the assistant's own pipeline recognises, so that an example teaches the shape and nobody's data.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import yaml
from sqlalchemy import func, select

from backend import audit, clock
from backend.audit import Audit
from backend.database import insert_for, reading, transaction
from backend.errors import Conflict, InvalidInput, NotFound
from backend.i18n import gettext
from backend.inbox import access
from backend.inbox.models import Case
from backend.inbox.teaching_models import Misreading, Verdict
from backend.messaging import service as messaging
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.screening import Placeholders, screened
from backend.settings import ROOT
from backend.text import fold, normalise

LONGEST = 300
REASON_LENGTH = 300
WAITING_SHOWN = 100
TEST_SETS = (ROOT / "tests/nlu/test_set.yml", ROOT / "tests/nlu/dev_set.yml")
TRAINING_DATA = ROOT / "nlu_data"
EXPORTED = TRAINING_DATA / "nlu" / "taught.yml"

PLACEHOLDERS = Placeholders(
    phone="0900000000",
    id_number="000000000000",
    dossier_code="H15.24-260101-0001",
    complaint_code="PA-260101-0001",
    number="000000",
    email="a@example.vn",
    dossier_link="",
    name="Oanh",  # a name that is no other word without its accents
)
_MARKED_BY_THEMSELVES = {
    PLACEHOLDERS.phone: "phone",
    PLACEHOLDERS.id_number: "id_number",
    PLACEHOLDERS.dossier_code: "dossier_code",
    PLACEHOLDERS.complaint_code: "complaint_code",
}
_MARK = re.compile(r"\[([^\[\]]+)\]\(([a-z_]+)\)")
_FILE = Path(__file__).with_name("teaching.yml")
_HEAD = "# Written by `flask --app backend inbox export-nlu` from reviewed messages; change them there."


@dataclass(frozen=True)
class Said:
    """A message as the form shows it: masked, with what it was taken for."""

    conversation_id: int
    message_id: int
    text: str
    understood: str
    confidence: float | None
    case_id: int
    state: str = ""


@dataclass(frozen=True)
class Marked:
    """A row of the reviewer's list."""

    id: int
    understood: str
    confidence: float | None
    intent: str
    example: str
    marked_by: str
    marked_at: datetime
    known: bool
    """An example that folds alike is in the training data already."""


@lru_cache
def _lists() -> Mapping[str, Mapping[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load(_FILE.read_text("utf-8"))
    return read


def intents() -> Mapping[str, str]:
    """What a message can mean: titles by name."""
    return _lists()["intents"]


def entities() -> Mapping[str, str]:
    """What an officer may point at: titles by name."""
    return _lists()["entities"]


# --- marking ---------------------------------------------------------------------------------------------------


def said(conversation_id: int, message_id: int, officer: OfficerInfo) -> Said:
    """A citizen's message, masked.

    Raises NotFound for one of another conversation, one of ours, and one of a case that the officer may not see.
    """
    with reading() as session:
        mine = select(Case.id).where(Case.conversation_id == conversation_id, access.visible(officer))
        case_id = session.scalar(mine.order_by(Case.id.desc()).limit(1))
        if case_id is None:
            raise NotFound(gettext("Không có tin nhắn này."))
    heard = messaging.understood(conversation_id, message_id)
    with reading() as session:
        known = session.scalar(select(Misreading.state).where(Misreading.message_id == message_id))
    text = _masked(heard.text)
    return Said(conversation_id, message_id, text, heard.intent, heard.confidence, case_id, known or "")


def mark(conversation_id: int, message_id: int, intent: str, pointed: Mapping[str, str], officer: OfficerInfo) -> None:
    """Say what a message meant. `pointed`: words of the (masked) text by entity; empty ones say nothing.

    Marking again replaces what was said, until it is decided. Raises NotFound, InvalidInput, Conflict.
    """
    message = said(conversation_id, message_id, officer)
    if intent not in intents():
        raise InvalidInput(gettext("Anh/chị chọn ý của công dân trong danh sách."))
    example = _with_marks(message.text, pointed)
    _check_length(example)
    with transaction() as session:
        values = {
            "intent": intent, "example": example, "marked_by": officer.id, "marked_at": clock.now(),
            "understood": message.understood, "confidence": message.confidence,
        }  # fmt: skip
        fixed = {"message_id": message_id, "conversation_id": conversation_id, "state": Verdict.PROPOSED, "reason": ""}
        session.execute(insert_for(session, Misreading).values(**values, **fixed).on_conflict_do_nothing())
        row = session.scalars(select(Misreading).where(Misreading.message_id == message_id).with_for_update()).one()
        if row.state != Verdict.PROPOSED:
            raise Conflict(gettext("Tin nhắn này đã được duyệt rồi."))
        for name, value in values.items():
            setattr(row, name, value)
        subject = f"misreading:{row.id}"
        audit.record(session, Audit.MISREADING_MARKED, actor=officer.actor, subject=subject, message=message_id)


def _masked(text: str) -> str:
    names = [officer.name for officer in organisation.officers()]
    return " ".join(screened(normalise(text), names, PLACEHOLDERS).replace("[", "(").replace("]", ")").split())


def _with_marks(text: str, pointed: Mapping[str, str]) -> str:
    """The text with its entities marked. Raises InvalidInput for words that it does not hold."""
    spans: list[tuple[int, int, str]] = []
    for words, entity in _MARKED_BY_THEMSELVES.items():
        spans += [(match.start(), match.end(), entity) for match in re.finditer(re.escape(words), text)]
    for entity, words in pointed.items():
        wanted = " ".join(normalise(words).split())
        if not wanted or entity not in entities():
            continue
        at = fold(text).find(fold(wanted))
        if at < 0:
            raise InvalidInput(gettext("“%(words)s” không có trong tin nhắn.", words=wanted[:80]))
        spans.append((at, at + len(wanted), entity))
    return _marked(text, sorted(spans))


def _marked(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    parts, position = list[str](), 0
    for start, end, entity in spans:
        if start < position:
            raise InvalidInput(gettext("Hai phần được chỉ chồng lên nhau."))
        parts += [text[position:start], f"[{text[start:end]}]({entity})"]
        position = end
    return "".join([*parts, text[position:]])


def plain(example: str) -> str:
    """An example without its marks."""
    return _MARK.sub(r"\1", example)


# --- deciding --------------------------------------------------------------------------------------------------


def waiting() -> list[Marked]:
    """What is to be decided, the oldest first."""
    known = trained()
    with reading() as session:
        query = select(Misreading).where(Misreading.state == Verdict.PROPOSED).order_by(Misreading.id)
        rows = session.scalars(query.limit(WAITING_SHOWN)).all()
    names = organisation.officers_by_id({row.marked_by for row in rows})
    return [
        Marked(
            id=row.id,
            understood=row.understood,
            confidence=row.confidence,
            intent=row.intent,
            example=row.example,
            marked_by=names.get(row.marked_by, ""),
            marked_at=row.marked_at,
            known=alike(row.example) in known,
        )
        for row in rows
    ]


def counts() -> dict[str, int]:
    """How many are proposed, accepted and refused."""
    with reading() as session:
        rows = session.execute(select(Misreading.state, func.count().label("n")).group_by(Misreading.state))
        return {row.state: row.n for row in rows}


def accept(misreading_id: int, intent: str, example: str, reviewer: OfficerInfo) -> None:
    """Take it into the training data, as edited. Raises NotFound, InvalidInput, Conflict."""
    if intent not in intents():
        raise InvalidInput(gettext("Anh/chị chọn ý của công dân trong danh sách."))
    example = " ".join(normalise(example).split())
    _check(example)
    _decide(misreading_id, Verdict.ACCEPTED, reviewer, intent=intent, example=example)


def refuse(misreading_id: int, reason: str, reviewer: OfficerInfo) -> None:
    """It teaches nothing, or the wrong thing. Raises NotFound, Conflict."""
    _decide(misreading_id, Verdict.REFUSED, reviewer, reason=normalise(reason)[:REASON_LENGTH])


def _decide(misreading_id: int, state: str, reviewer: OfficerInfo, **changes: str) -> None:
    with transaction() as session:
        row = session.get(Misreading, misreading_id, with_for_update=True)
        if row is None:
            raise NotFound(gettext("Không có tin nhắn này."))
        if row.state != Verdict.PROPOSED:
            raise Conflict(gettext("Tin nhắn này đã được duyệt rồi."))
        row.state, row.reviewed_by, row.reviewed_at = state, reviewer.id, clock.now()
        for name, value in changes.items():
            setattr(row, name, value)
        tag = Audit.MISREADING_ACCEPTED if state == Verdict.ACCEPTED else Audit.MISREADING_REFUSED
        audit.record(session, tag, actor=reviewer.actor, subject=f"misreading:{row.id}")


def _check(example: str) -> None:
    """Raises InvalidInput for what must not get into the training data."""
    _check_length(example)
    allowed = {*entities(), *_MARKED_BY_THEMSELVES.values(), "procedure_code"}
    unknown = {entity for _, entity in _MARK.findall(example)} - allowed
    if unknown or re.search(r"[\[\]{}]", plain(example)):
        names = ", ".join(sorted(allowed))
        raise InvalidInput(gettext("Dấu [từ](tên) chưa đúng. Tên dùng được: %(names)s.", names=names))
    if example.startswith("/"):
        raise InvalidInput(gettext("Câu mẫu không bắt đầu bằng dấu “/”."))
    if plain(example) != _masked(plain(example)):
        raise InvalidInput(gettext("Câu mẫu còn số hoặc tên của người thật: %(text)s", text=_masked(plain(example))))
    if alike(example) in held_out():
        raise InvalidInput(gettext("Câu này có trong bộ kiểm tra, nên không được dùng để dạy."))


def _check_length(example: str) -> None:
    if not re.search(r"\w", plain(example)) or len(plain(example)) > LONGEST:
        raise InvalidInput(gettext("Câu mẫu cần từ 1 đến %(n)s ký tự.", n=LONGEST))


# --- what there is already -------------------------------------------------------------------------------------


def alike(example: str) -> str:
    """Texts with the same value are the same to the assistant: words alone, folded."""
    return " ".join(re.findall(r"\w+", fold(plain(example))))


def held_out() -> frozenset[str]:
    """What is measured with, and so never trained on. Raises FileNotFoundError: without the sets nothing is safe."""
    return frozenset(alike(entry["text"]) for path in TEST_SETS for entry in yaml.safe_load(path.read_text("utf-8")))


def trained(folder: Path = TRAINING_DATA, *, besides: Collection[Path] = ()) -> frozenset[str]:
    """What the training data holds."""
    found = set[str]()
    for path in sorted((folder / "nlu").glob("*.yml")):
        if path in besides:
            continue
        for block in yaml.safe_load(path.read_text("utf-8")).get("nlu") or ():
            lines = str(block.get("examples", "")).splitlines()
            found |= {alike(line.removeprefix("- ")) for line in lines}
    return frozenset(found)


# --- exporting -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Export:
    """What an export wrote and left out."""

    written: int
    known: int
    held_out: int


def export(to: Path = EXPORTED) -> Export:
    """Write every accepted example that is new, ordered by intent; the same rows give the same file."""
    with reading() as session:
        query = select(Misreading.intent, Misreading.example).where(Misreading.state == Verdict.ACCEPTED)
        rows = session.execute(query.order_by(Misreading.id)).all()
    seen, forbidden = set(trained(besides=(to, EXPORTED))), held_out()
    by_intent, known, refused = dict[str, list[str]](), 0, 0
    for intent, example in rows:
        if alike(example) in forbidden:
            refused += 1
        elif alike(example) in seen:
            known += 1
        else:
            seen.add(alike(example))
            by_intent.setdefault(intent, []).append(example)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(_as_yaml(by_intent), "utf-8")
    return Export(sum(map(len, by_intent.values())), known, refused)


def _as_yaml(by_intent: Mapping[str, Sequence[str]]) -> str:
    lines = [_HEAD, 'version: "3.1"', "nlu:" if by_intent else "nlu: []"]
    for intent in sorted(by_intent):
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {example}" for example in by_intent[intent])]
    return "\n".join(lines) + "\n"
