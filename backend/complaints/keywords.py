"""PA: report a problem, see where a report stands, say whether it is settled; photos and places put to a report."""

import re
from collections.abc import Sequence
from typing import Any

from backend.citizens import service as citizens
from backend.complaints import consent, drafting, service, wording
from backend.complaints.places import Place
from backend.dossiers import service as dossiers
from backend.errors import InvalidInput, MotCuaError
from backend.messaging import service as messaging
from backend.messaging.attachments import Attachment, Location, Sent, attachments, choice
from backend.messaging.channels import Reply
from backend.messaging.keywords import Context, command, open_question
from backend.text import fold

NOT_DONE = "Công dân báo chưa xong"
HOW = (
    "Dạ, anh/chị nhắn PA và nội dung: việc gì, ở đâu, từ khi nào. Ví dụ: PA đèn đường hỏng trước số 12 Nguyễn Du"
    " phường Tân Lợi. Việc khẩn cấp xin gọi 113, 114 hoặc 115."
)


@command("pa", accepts=r"")
def explain(_context: Context, _argument: str) -> list[Reply]:
    """PA alone."""
    return [Reply(HOW)]


@command("pa", accepts=r"(pa)?[\s.-]*\d{6}[\s.-]*\d{4,6}")
def look_up(context: Context, argument: str) -> list[Reply]:
    """PA <code>."""
    return [Reply(service.look_up(context.conversation_id, argument).text)]


_DECIDED = re.compile(r"((?:pa)?[\s.-]*\d{6}[\s.-]*\d{4,6})\s+(\S+)\s*(.*)", re.DOTALL | re.IGNORECASE)


@command("pa", accepts=r"(pa)?[\s.-]*\d{6}[\s.-]*\d{4,6}\s+(xong|chua|rut)\b.*")
def decide(context: Context, argument: str) -> list[Reply]:
    """PA <code> XONG | CHUA <why> | RUT."""
    match = _DECIDED.fullmatch(argument.strip())
    assert match is not None
    code, word, why = match[1], fold(match[2]), match[3]
    try:
        match word:
            case "xong":
                return [Reply(service.settle(context.conversation_id, code))]
            case "rut":
                return [Reply(service.withdraw(context.conversation_id, code))]
            case _:
                why = re.sub(r"(?i)^(?:xong|được|duoc|ổn|on)\b[ ,.:;-]*", "", why)
                return [Reply(service.reopen(context.conversation_id, code, why or NOT_DONE))]
    except MotCuaError as refused:
        return [Reply(str(refused))]


@command("pa", accepts=r"(pa)?[\s.-]*\d{6}[\s.-]*\d{4,6}\s+((khong|dung|thoi)\s+)?cong\s*khai\W*")
def decide_whether_public(context: Context, argument: str) -> list[Reply]:
    """PA <code> CONG KHAI | KHONG CONG KHAI."""
    match = _DECIDED.fullmatch(argument.strip())
    assert match is not None
    agrees = fold(match[2]).startswith("cong")
    try:
        return [Reply(consent.say(context.conversation_id, service.normal_code(match[1]), agrees))]
    except MotCuaError as refused:
        return [Reply(str(refused))]


@command("pa", accepts=r"(pa)?[\s.-]*\d{6}[\s.-]*\d{4,6}\s+\S.*")
def add(context: Context, argument: str) -> list[Reply]:
    """PA <code> <more words>."""
    match = _DECIDED.fullmatch(argument.strip())
    assert match is not None
    words = f"{match[2]} {match[3]}".strip()
    try:
        return [Reply(service.add(context.conversation_id, context.message_id, match[1], words))]
    except MotCuaError as refused:
        return [Reply(str(refused))]


@command("pa", accepts=r".*[a-z].*")
def file(context: Context, argument: str) -> list[Reply]:
    """PA <words>: one message, one report."""
    filed = service.file(context.conversation_id, context.message_id, argument)
    return [Reply(filed.text, choices=filed.choices)]


@choice(drafting.WORD)
def pick(context: Context, rest: str) -> list[Reply]:
    """A choice under the summary, or one of the likely duplicates."""
    return [_reply(drafting.pick(context.conversation_id, context.message_id, rest))]


@choice(wording.DECISION)
def decide_by_button(context: Context, rest: str) -> list[Reply]:
    """Settled or not, under an answer."""
    verb, _, code = rest.partition(" ")
    try:
        if verb == "settled":
            return [Reply(service.settle(context.conversation_id, code))]
        return [Reply(service.reopen(context.conversation_id, code, NOT_DONE))]
    except MotCuaError as refused:
        return [Reply(str(refused))]


@choice(consent.WORD)
def pick_whether_public(context: Context, rest: str) -> list[Reply]:
    """Yes or no under a receipt."""
    verb, _, code = rest.partition(" ")
    try:
        return [Reply(consent.say(context.conversation_id, code, verb == "yes"))]
    except MotCuaError as refused:
        return [Reply(str(refused))]


open_question(drafting.awaited)


def _reply(said: drafting.Said) -> Reply:
    return Reply(said.text, choices=said.picks(), ask=said.ask)


@attachments
def put_to_report(context: Context, text: str, sent: Sequence[Sent]) -> list[Reply] | None:
    """Photos and a shared place belong to the draft, else to the report just made; with "PA …" they make a report.

    While a dossier of this person's waits for papers, photos without these words are left to it. What comes without a
    word and belongs to nothing yet is kept in case a report follows, and answered by others.
    """
    files = [
        {"file_id": one.file_id, "name": one.name, "media_type": one.media_type}
        for one in sent
        if isinstance(one, Attachment) and one.media_type.startswith("image/")
    ]
    places = [Place(one.latitude, one.longitude, one.place) for one in sent if isinstance(one, Location)]
    place = places[-1] if places else None
    if not files and place is None:
        return None
    words = text.strip()
    report = re.fullmatch(r"pa[\s:.,-]+(.*[a-z].*)", fold(words), re.DOTALL)
    if report is not None:
        filed = service.file(context.conversation_id, context.message_id, words[report.start(1) :])
        return [Reply(filed.text, choices=filed.choices), *_to_report(context, files, place, told=False)]
    if files and _papers_awaited(context):
        if place is not None:
            _put_place(context, place)
        return None
    if words:  # the assistant reads them, and the draft takes what came with them
        return None
    said = drafting.put(context.conversation_id, context.message_id, files, place)
    if said.outcome != "none":
        return [_reply(said)]
    replies = _to_report(context, files, place, told=True)
    if not replies:
        drafting.begin_with(context.conversation_id, context.message_id, files, place)
    return replies or None


def _to_report(context: Context, files: list[dict[str, Any]], place: Place | None, *, told: bool) -> list[Reply]:
    """Put them to the report just made; nothing to say where there is none."""
    try:
        code = service.add_files(context.conversation_id, files, place)
    except InvalidInput as refusal:  # the photos are kept all the same
        service.add_files(context.conversation_id, files, None)
        return [Reply(str(refusal))]
    what = "ảnh và vị trí" if files and place else "ảnh" if files else "vị trí"
    return [Reply(f"Dạ, em đã ghi thêm {what} vào phản ánh {code}. Cảm ơn anh/chị.")] if code and told else []


def _put_place(context: Context, place: Place) -> None:
    """A place that came with papers for a dossier, which answers the message, still belongs to the report just made."""
    said = drafting.put(context.conversation_id, context.message_id, [], place)
    replies = [_reply(said)] if said.outcome != "none" else _to_report(context, [], place, told=True)
    for reply in replies:
        messaging.say(context.conversation_id, reply)


def _papers_awaited(context: Context) -> bool:
    phone = citizens.verified_phone(context.channel, context.address)
    return phone is not None and dossiers.papers_awaited(phone)
