"""What a citizen's Telegram message says: its words and what comes with it, in the forms of messaging."""

import re
from dataclasses import dataclass
from typing import Any

from backend import filetypes, storage
from backend.text import normalise, phone_number
from chat_gateway.telegram.schemas import Contact, File, Message

COMMANDS = {"start": "Xin chào", "help": "TRO GIUP", "stop": "DUNG"}
"""Telegram's own commands in our words."""
LARGEST = min(20_000_000, storage.LARGEST)
"""Bytes of a file that we take: Telegram hands bots twenty million, we keep less."""
TOO_LARGE = f"Tệp quá lớn. Mỗi tệp tối đa {LARGEST // 1024 // 1024} MB."
UNKNOWN_FILE = "Tệp không còn trên ứng dụng anh/chị đã gửi."
NOT_READABLE = frozenset(
    {"sticker", "dice", "poll", "game", "story", "checklist", "paid_media", "giveaway", "invoice", "animation"}
)
"""Content that is meant for us and that we can do nothing with; everything else without words is Telegram's own."""

_COMMAND = re.compile(rf"/({'|'.join(COMMANDS)})(?:@\w+)?(?:\s|$)", re.IGNORECASE)
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,512}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
_FOREIGN = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)


@dataclass(frozen=True)
class Read:
    """`attachments` in the forms of `backend.messaging.attachments`."""

    text: str
    attachments: tuple[dict[str, Any], ...] = ()


def read(message: Message) -> Read | None:
    """What is said; without words and attachments where we cannot read it, None where nobody said anything."""
    attachments = tuple(_files(message)) + tuple(_others(message))
    text = words(message.text or message.caption) or _place(message)
    if text or attachments or message.text or message.contact or message.has(NOT_READABLE):
        return Read(text, attachments)
    return None


def words(text: str) -> str:
    """Telegram's own commands in words; any other leading slash would be an order to the dialogue engine."""
    text = normalise(text)
    command = _COMMAND.match(text)
    if command is not None:
        return COMMANDS[command[1].lower()]
    return text.lstrip("/ \n")


def _files(message: Message) -> list[dict[str, Any]]:
    found = []
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        found.append(_file(largest, "image/jpeg"))
    others = (message.document, message.voice, message.audio, message.video, message.video_note)
    if message.has(frozenset({"animation"})):  # it comes as a document, too
        return [{"kind": "refused", "name": "", "why": filetypes.refusal(filetypes.MOVING).message}]
    return found + [_file(one, "") for one in others if one is not None]


def _file(file: File, media_type: str) -> dict[str, Any]:
    name = normalise(file.file_name)[: storage.NAME_LENGTH]
    if file.file_size > LARGEST or not _FILE_ID.fullmatch(file.file_id):
        return {"kind": "refused", "name": name, "why": TOO_LARGE if file.file_size > LARGEST else UNKNOWN_FILE}
    media_type = media_type or (file.mime_type if _MEDIA_TYPE.fullmatch(file.mime_type) else "")
    return {"kind": "remote", "reference": file.file_id, "name": name, "media_type": media_type}


def _others(message: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    place = message.venue.location if message.venue else message.location
    if place is not None:
        found.append({"kind": "location", "latitude": place.latitude, "longitude": place.longitude})
    if message.contact is not None and (phone := _phone(message.contact)):
        # Anybody's card can be sent; only Telegram's own button makes it the sender's.
        own = message.sender is not None and message.contact.user_id == message.sender.id
        found.append({"kind": "contact", "phone": phone, "own": own})
    return found


def _phone(contact: Contact) -> str | None:
    """E.164; Telegram leaves out the plus as it likes."""
    digits = re.sub(r"[\s.()-]", "", contact.phone_number)
    foreign = digits if digits.startswith("+") else f"+{digits}"
    return phone_number(digits) or (foreign if _FOREIGN.fullmatch(foreign) else None)


def _place(message: Message) -> str:
    """The name under which a place was chosen from the map."""
    if message.venue is None:
        return ""
    return ", ".join(part for part in map(normalise, (message.venue.title, message.venue.address)) if part)
