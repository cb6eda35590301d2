"""What Zalo's events say, as values of ours. Pure: nothing is written here.

Ids and timestamps are strings and stay so: they are larger than what a float holds. Whatever has another form than
promised is left out rather than guessed; an event without its essentials is `Malformed`.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from backend.errors import InvalidInput
from backend.text import normalise, phone_number
from chat_gateway.zalo.buttons import token_in

_ID = re.compile(r"[\w.=-]{1,100}", re.ASCII)
_URL = re.compile(r"https?://[!-~]{1,2000}")
_MOST = 10
"""Attachments of one message, or ids of one receipt, that are looked at."""
_NAME_LENGTH = 120
STICKER = "nhãn dán"
NO_STICKERS = "em chưa hiểu được nhãn dán, anh/chị nhắn bằng chữ giúp em"
NO_CARD = "danh thiếp này không có số điện thoại"


class Malformed(InvalidInput):
    """Not what Zalo's interface promises. 400, as it is no fault of a field somebody filled in."""

    status, code = HTTPStatus.BAD_REQUEST, "malformed"


@dataclass(frozen=True)
class Written:
    """A citizen has sent something. `token` is that of a pressed button."""

    address: str
    key: str
    text: str
    token: str = ""
    attachments: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Seen:
    """A citizen did something without writing: followed, opened the chat, came back or, `left`, went away."""

    address: str
    left: bool = False


@dataclass(frozen=True)
class Receipt:
    """Messages of ours that arrived or, `read`, were looked at. `by_phone`: templates to a number."""

    message_ids: tuple[str, ...]
    read: bool = False
    by_phone: bool = False


@dataclass(frozen=True)
class Rated:
    """A rating template was answered; who it was follows from the message. `tracking_id` is our own message's."""

    key: str
    message_id: str
    tracking_id: str
    rate: int
    note: str


Event = Written | Seen | Receipt | Rated
Body = Mapping[str, Any]


def parsed(raw: bytes) -> dict[str, Any]:
    """The body as an object. Raises Malformed."""
    try:
        body = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Malformed("Nội dung không phải JSON.") from None
    if not isinstance(body, dict):
        raise Malformed("Nội dung không phải một đối tượng JSON.")
    return body


def word(body: Any, *path: str) -> str:
    """The string, or whole number, at this path; "" where there is none."""
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    if isinstance(body, int) and not isinstance(body, bool) and abs(body) < 10**30:
        return str(body)
    return body if isinstance(body, str) else ""


def read(body: Body) -> Event | None:
    """What the event says; None for echoes of our own messages, visitors without an id and whatever is new at Zalo.

    Raises Malformed.
    """
    reader = _READERS.get(word(body, "event_name"))
    return None if reader is None else reader(body)


# --- what citizens send ---------------------------------------------------------------------------------------


def _written(body: Body) -> Event:
    address, message = _id(body, "sender", "id"), _message(body)
    text = normalise(word(message, "text"))
    token = token_in(text)
    if token is not None:
        return Written(address, _key(body), "", token[:24])
    text, attachments = _with_attachments(text, message)
    # A leading slash would be an order to the assistant's dialogue engine, not something to understand.
    return Written(address, _key(body), text.lstrip("/ \n"), attachments=attachments)


def _with_attachments(text: str, message: Body) -> tuple[str, tuple[dict[str, Any], ...]]:
    listed = message.get("attachments")
    sent = [one for one in listed[:_MOST] if isinstance(one, Mapping)] if isinstance(listed, list) else []
    found = [_attachment(one) for one in sent]
    links = [_link(one) for one in sent if one.get("type") == "link"]
    text = "\n".join(part for part in (text, *links) if part)
    return text, tuple(one for one in found if one is not None)


def _attachment(one: Body) -> dict[str, Any] | None:
    kind, payload = word(one, "type"), one.get("payload")
    if kind == "location":
        return _location(payload)
    if kind == "sticker":
        return {"kind": "refused", "name": STICKER, "why": NO_STICKERS}
    if kind == "business_card":
        return _card(payload)
    if kind == "link":
        return None
    url = word(payload, "url")
    if not _URL.fullmatch(url):
        return None
    name = normalise(word(payload, "name")).replace("\n", " ")[:_NAME_LENGTH]
    return {"kind": "remote", "reference": url, "name": name, "media_type": _MEDIA.get(kind, "")}


_MEDIA = {"image": "image/jpeg", "gif": "image/gif", "video": "video/mp4", "audio": "audio/aac"}
"""Only a hint: what came is looked at when it is stored."""


def _location(payload: Any) -> dict[str, Any] | None:
    """Coordinates are strings in Zalo's events."""
    where = payload.get("coordinates") if isinstance(payload, Mapping) else None
    try:
        latitude, longitude = float(word_or_number(where, "latitude")), float(word_or_number(where, "longitude"))
    except ValueError:
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # nor is NaN between them
        return None
    return {"kind": "location", "latitude": latitude, "longitude": longitude}


def word_or_number(body: Any, name: str) -> str:
    """As `word`, and a fraction as its text."""
    value = body.get(name) if isinstance(body, Mapping) else None
    return str(value) if isinstance(value, float) else word(body, name)[:40]


def _link(one: Body) -> str:
    payload = one.get("payload")
    return normalise(" ".join(part for part in (word(payload, "title"), word(payload, "url")) if part))


def _card(payload: Any) -> dict[str, Any]:
    """A card that was passed on; whose number it is nobody vouches for."""
    described: Any = {}
    with contextlib.suppress(ValueError, RecursionError):
        described = json.loads(word(payload, "description") or "{}")
    phone = phone_number(word(payload, "phone") or word(described, "phone"))
    if phone is None:
        return {"kind": "refused", "name": "danh thiếp", "why": NO_CARD}
    return {"kind": "contact", "phone": phone, "own": False}


def _submitted(body: Body) -> Event:
    """What somebody typed into the card that asks for details: a claim, not a proof that the number is theirs.

    Two forms of the rest of `info` are about; the name and the number are the same in both.
    """
    address = _id(body, "sender", "id")
    phone = phone_number(word(body, "info", "phone")[:20])
    if phone is None:
        return Seen(address)
    contact = {"kind": "contact", "phone": phone, "own": False}
    return Written(address, f"info:{address}:{word(body, 'timestamp')}"[:128], "", attachments=(contact,))


# --- what they do, and what became of ours --------------------------------------------------------------------


def _followed(body: Body) -> Event:
    return Seen(_id(body, "follower", "id"), left=word(body, "event_name") == "unfollow")


def _clicked(body: Body) -> Event:
    return Seen(_id(body, "user_id"))


def _sender_seen(body: Body) -> Event:
    return Seen(_id(body, "sender", "id"))


def _arrived(body: Body) -> Event:
    message = _message(body)
    by_phone = bool(word(message, "tracking_id")) or phone_number(word(body, "recipient", "id")) is not None
    return Receipt((_id(message, "msg_id"),), by_phone=by_phone)


def _looked_at(body: Body) -> Event:
    message = _message(body)
    listed = message.get("msg_ids")
    ids = listed if isinstance(listed, list) else [message.get("msg_id")]
    return Receipt(tuple(one for one in map(word, ids[:_MOST]) if _ID.fullmatch(one)), read=True)


def _rated(body: Body) -> Event:
    message = _message(body)
    rate = word(message, "rate")
    if rate not in {"1", "2", "3", "4", "5"}:
        raise Malformed("Điểm đánh giá không hợp lệ.")
    message_id, tracking_id = word(message, "msg_id")[:128], word(message, "tracking_id")
    key = f"feedback:{message_id}:{word(message, 'submit_time')}"[:128]
    return Rated(key, message_id, tracking_id, int(rate), _note(message))


def _note(message: Body) -> str:
    listed = message.get("feedbacks")
    picked = [word(one) for one in listed[:_MOST]] if isinstance(listed, list) else []
    return normalise(". ".join(part for part in (*picked, word(message, "note")) if part))


def _message(body: Body) -> Body:
    message = body.get("message")
    if not isinstance(message, Mapping):
        raise Malformed("Thiếu message.", fields=[{"field": "message", "message": "missing"}])
    return message


def _id(body: Body, *path: str) -> str:
    found = word(body, *path)
    if not _ID.fullmatch(found):
        where = ".".join(path)
        raise Malformed(f"Thiếu {where}.", fields=[{"field": where, "message": "missing"}])
    return found


def _key(body: Body) -> str:
    """What this message is known by when it comes again."""
    found = word(body, "message", "msg_id")
    if _ID.fullmatch(found):
        return found
    content = json.dumps(body, sort_keys=True).encode()  # no message is lost for want of an id
    return f"hash:{hashlib.sha256(content).hexdigest()}"


_SENT = ("text", "image", "gif", "video", "location", "audio", "file", "sticker", "link", "business_card")
_READERS: Mapping[str, Callable[[Body], Event]] = {
    **{f"user_send_{kind}": _written for kind in _SENT},
    "user_click_button": _written,  # told of by a community only; the same form where it exists
    "user_submit_info": _submitted,
    "follow": _followed,
    "unfollow": _followed,
    "user_click_chatnow": _clicked,
    "user_reacted_message": _sender_seen,
    "user_received_message": _arrived,
    "user_seen_message": _looked_at,
    "user_feedback": _rated,
}
EVENTS: Sequence[str] = tuple(_READERS)
