"""PA: report a problem, see where a report stands, say whether it is settled; photos and places put to a report."""

import re
from collections.abc import Sequence

from backend.citizens import service as citizens
from backend.complaints import service
from backend.complaints.service import Place
from backend.dossiers import service as dossiers
from backend.errors import InvalidInput, MotCuaError
from backend.messaging import service as messaging
from backend.messaging.attachments import Attachment, Location, Refused, Sent, attachments
from backend.messaging.channels import Reply
from backend.messaging.keywords import Context, command
from backend.text import fold

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
                return [Reply(service.reopen(context.conversation_id, code, why or argument))]
    except MotCuaError as refused:
        return [Reply(str(refused))]


@command("pa", accepts=r".*[a-z].*")
def file(context: Context, argument: str) -> list[Reply]:
    """PA <words>."""
    return [Reply(service.file(context.conversation_id, context.message_id, argument).text)]


@attachments
def put_to_report(context: Context, text: str, sent: Sequence[Sent]) -> list[Reply] | None:
    """Photos and a shared place belong to the report just made; with the words "PA …" they make one.

    Photos without these words are left to the dossiers while one of this person's waits for papers.
    """
    files = [
        {"file_id": one.file_id, "name": one.name, "media_type": one.media_type}
        for one in sent
        if isinstance(one, Attachment) and one.media_type.startswith("image/")
    ]
    places = [Place(one.latitude, one.longitude, one.place) for one in sent if isinstance(one, Location)]
    if not files and not places:
        return None
    words = text.strip()
    report = re.fullmatch(r"pa[\s:.,-]+(.*[a-z].*)", fold(words), re.DOTALL)
    if report is None and files and _papers_awaited(context):
        if places:
            _put_place(context, places[-1])
        return None
    replies = []
    if report is not None:
        replies.append(Reply(service.file(context.conversation_id, context.message_id, words[report.start(1) :]).text))
    try:
        code = service.add_files(context.conversation_id, files, places[-1] if places else None)
    except InvalidInput as refusal:  # the photos are kept all the same
        service.add_files(context.conversation_id, files, None)
        return [*replies, Reply(str(refusal))]
    if code is None:
        return None
    refused = [Reply(one.why) for one in sent if isinstance(one, Refused)]
    if report is None:
        what = "ảnh và vị trí" if files and places else "ảnh" if files else "vị trí"
        replies.append(Reply(f"Dạ, em đã ghi thêm {what} vào phản ánh {code}. Cảm ơn anh/chị."))
    return [*replies, *refused]


def _put_place(context: Context, place: Place) -> None:
    """A place that came with papers for a dossier, which answers the message, still belongs to the report just made."""
    try:
        code = service.add_files(context.conversation_id, [], place)
    except InvalidInput as refusal:
        messaging.say(context.conversation_id, Reply(str(refusal)))
        return
    if code is not None:
        messaging.say(context.conversation_id, Reply(f"Dạ, em đã ghi thêm vị trí vào phản ánh {code}."))


def _papers_awaited(context: Context) -> bool:
    phone = citizens.verified_phone(context.channel, context.address)
    return phone is not None and dossiers.papers_awaited(phone)
