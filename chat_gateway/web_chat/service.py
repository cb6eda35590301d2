"""The web chat's use cases: write into one's own conversation, read it, wait for news."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from backend import clock, storage
from backend.errors import InvalidInput, NotFound, TooMany
from backend.messaging import service as messaging
from backend.messaging.policy import MAX_TEXT
from backend.messaging.service import Entry, Inbound
from backend.text import normalise
from chat_gateway.settings import chat_settings
from chat_gateway.web_chat import waiting

CHANNEL = "web"
SHOWN = 100
"""Messages a page that is opened again gets to see."""
COME_AGAIN_SECONDS = 3.0
MINUTE = timedelta(minutes=1)
MOST_PHOTOS = 5

EMPTY = "Anh/chị chưa viết gì."
TOO_LONG = "Tin nhắn dài quá 4.000 ký tự. Anh/chị viết ngắn lại hoặc chia thành nhiều tin."
TOO_FAST = "Anh/chị nhắn hơi nhanh, em chưa trả lời kịp. Xin chờ một phút rồi gửi lại."
NOT_OFFERED = "Lựa chọn này không còn. Anh/chị gõ câu hỏi giúp em."


@dataclass(frozen=True)
class Photo:
    """A file as it came."""

    name: str
    data: bytes


@dataclass(frozen=True)
class News:
    """What a page is told. `again_in`: seconds the page should let pass before it asks again."""

    messages: tuple[Entry, ...] = ()
    answering: bool = False
    again_in: float = 0


def write(visitor: str, message_key: str, *, text: str = "", token: str = "") -> int:
    """Take a visitor's message, once per `message_key`; its id.

    Raises InvalidInput (nothing readable, too long), NotFound (token not offered in this conversation), TooMany.
    """
    # A leading slash would be an order to the assistant's dialogue engine, not something to understand.
    text = normalise(text).lstrip("/ \n")
    if not text and not token:
        raise InvalidInput(EMPTY)
    if len(text) > MAX_TEXT:
        raise InvalidInput(TOO_LONG)
    conversation_id = messaging.conversation_of(CHANNEL, visitor)
    before = messaging.history(conversation_id, limit=SHOWN) if conversation_id is not None else []
    if token and not any(token == offered.token for entry in before for offered in entry.offered):
        raise NotFound(NOT_OFFERED)
    _keep_pace(before)
    inbound = Inbound(CHANNEL, f"{visitor}:{message_key}", visitor, text, token)
    return messaging.receive(inbound).message_id


def send_photos(visitor: str, message_key: str, photos: Sequence[Photo], text: str = "") -> int:
    """Take photos or files with what was written to them, once per `message_key`; the message's id.

    Raises InvalidInput (none, too many, a kind we do not take), TooLarge, TooMany.
    """
    text = normalise(text).lstrip("/ \n")
    if not 0 < len(photos) <= MOST_PHOTOS:
        raise InvalidInput(f"Mỗi lần gửi từ 1 đến {MOST_PHOTOS} ảnh.")
    if len(text) > MAX_TEXT:
        raise InvalidInput(TOO_LONG)
    conversation_id = messaging.conversation_of(CHANNEL, visitor)
    if conversation_id is not None:
        known = messaging.received(CHANNEL, f"{visitor}:{message_key}")
        if known is not None:  # sent again: nothing is stored twice
            return known
        _keep_pace(messaging.history(conversation_id, limit=SHOWN))
    kept = [storage.store(photo.data, photo.name, actor="visitor") for photo in photos]
    files = tuple({"kind": "file", "file_id": one.id, "name": one.name, "media_type": one.media_type} for one in kept)
    inbound = Inbound(CHANNEL, f"{visitor}:{message_key}", visitor, text, attachments=files)
    return messaging.receive(inbound).message_id


def photo(visitor: str, message_id: int, position: int) -> str:
    """The storage id of a file that this visitor sent. Raises NotFound, also for other people's."""
    conversation_id = messaging.conversation_of(CHANNEL, visitor)
    if conversation_id is not None:
        sent = messaging.attachments_of(conversation_id, message_id)
        if position < len(sent) and "file_id" in sent[position]:
            return str(sent[position]["file_id"])
    raise NotFound("Không có ảnh này.")


def _keep_pace(before: list[Entry]) -> None:
    """Counted in the ledger, so it holds over all processes and restarts. Refused messages do not count."""
    since = clock.now() - MINUTE
    written = sum(1 for e in before if e.direction == "in" and e.created_at is not None and e.created_at > since)
    if written >= chat_settings().chat_messages_per_minute:
        raise TooMany(TOO_FAST)


def read(visitor: str, after: int = 0) -> News:
    """The visitor's messages after id `after`, oldest first, at most the last hundred."""
    conversation_id = messaging.conversation_of(CHANNEL, visitor)
    if conversation_id is None:
        return News()
    answering = messaging.is_answering(conversation_id)
    messages = tuple(messaging.history(conversation_id, after, SHOWN))
    # An answer may have come between the two looks; dots below the finished answer would be a lie.
    if answering and messages:
        answering = messaging.is_answering(conversation_id)
    return News(messages, answering)


def wait(visitor: str, after: int, *, shows_answering: bool, seconds: float) -> News:
    """As `read`, held up to `seconds` until there is something that the page does not show yet."""

    def done(news: News) -> bool:
        return bool(news.messages) or news.answering != shows_answering

    news = read(visitor, after)
    if done(news) or not seconds:
        return news
    later = waiting.until(lambda: read(visitor, after), done, seconds=seconds, soon=news.answering)
    return replace(news, again_in=COME_AGAIN_SECONDS) if later is None else later


def answer(visitor: str, message_id: int) -> Entry:
    """One message that this visitor was sent. Raises NotFound, also for other people's messages."""
    conversation_id = messaging.conversation_of(CHANNEL, visitor)
    if conversation_id is not None:
        for entry in messaging.history(conversation_id, after=message_id - 1, limit=10 * SHOWN):
            if entry.id == message_id and entry.direction == "out":
                return entry
    raise NotFound("Không có tin nhắn này.")
