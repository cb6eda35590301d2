"""The web chat's use cases: write into one's own conversation, read it, wait for news."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from backend import clock, storage
from backend.errors import InvalidInput, NotFound, TooMany
from backend.messaging import service as messaging
from backend.messaging.models import Status
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
MAX_TEXT = 4_000

EMPTY = "Anh/chị chưa viết gì."
TOO_LONG = "Tin nhắn dài quá 4.000 ký tự. Anh/chị viết ngắn lại hoặc chia thành nhiều tin."
TOO_FAST = "Anh/chị nhắn hơi nhanh, em chưa trả lời kịp. Xin chờ một phút rồi gửi lại."
NO_LINE = "Không có tin nhắn này."
NOT_OFFERED = "Lựa chọn này không còn. Anh/chị gõ câu hỏi giúp em."


@dataclass(frozen=True)
class Photo:
    """A file as it came."""

    name: str
    data: bytes


@dataclass(frozen=True)
class File:
    """A file of a message as the page lists it; `position` is what it is asked for by."""

    name: str
    image: bool
    position: int


@dataclass(frozen=True)
class News:
    """What a page is told. `again_in`: seconds the page should let pass before it asks again."""

    messages: tuple[Entry, ...] = ()
    answering: bool = False
    again_in: float = 0


def write(
    visitor: str, message_key: str, *, text: str = "", token: str = "", place: tuple[float, float] | None = None
) -> int:
    """Take a visitor's message, once per `message_key`; its id. `place`: latitude and longitude in degrees.

    Raises InvalidInput (nothing readable, too long), NotFound (token not offered in this conversation), TooMany.
    """
    # A leading slash would be an order to the assistant's dialogue engine, not something to understand.
    text = normalise(text).lstrip("/ \n")
    if not text and not token and place is None:
        raise InvalidInput(EMPTY)
    if len(text) > MAX_TEXT:
        raise InvalidInput(TOO_LONG)
    conversation_id = messaging.conversation_of(CHANNEL, visitor)
    before = messaging.history(conversation_id, limit=SHOWN) if conversation_id is not None else []
    if token and not any(token == offered.token for entry in before for offered in entry.offered):
        raise NotFound(NOT_OFFERED)
    _keep_pace(before)
    shared = ({"kind": "location", "latitude": place[0], "longitude": place[1]},) if place else ()
    inbound = Inbound(CHANNEL, f"{visitor}:{message_key}", visitor, text, token, shared)
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


def file(visitor: str, message_id: int, position: int) -> str:
    """The storage id of a file that this visitor sent or was sent. Raises NotFound, also for other people's."""
    ids = _file_ids(_line(visitor, message_id))
    if position not in ids:
        raise NotFound("Không có tệp này.")
    return ids[position]


def files_of(entry: Entry) -> list[File]:
    """The files of one message, without those that are gone."""
    listed = []
    for position, file_id in _file_ids(entry).items():
        try:
            info = storage.info(file_id)
        except NotFound:
            continue
        listed.append(File(info.name, info.media_type.startswith("image/"), position))
    return listed


def _file_ids(entry: Entry) -> dict[int, str]:
    if entry.direction == "out":
        return dict(enumerate(entry.extras.files))
    return {position: str(one["file_id"]) for position, one in enumerate(entry.attachments) if "file_id" in one}


def note_seen(visitor: str, until: int, *, read: bool) -> None:
    """The visitor's page shows what they were sent, up to message `until`; `read`: before somebody's eyes."""
    conversation_id = messaging.conversation_of(CHANNEL, visitor)
    shown = messaging.history(conversation_id, limit=SHOWN) if conversation_id is not None else []
    status = Status.READ if read else Status.DELIVERED
    for entry in shown:
        if entry.direction == "out" and entry.id <= until and entry.status in (Status.SENT, Status.DELIVERED):
            messaging.record_receipt(CHANNEL, str(entry.id), status)


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
    entry = _line(visitor, message_id)
    if entry.direction != "out":
        raise NotFound(NO_LINE)
    return entry


def _line(visitor: str, message_id: int) -> Entry:
    conversation_id = messaging.conversation_of(CHANNEL, visitor)
    if conversation_id is None:
        raise NotFound(NO_LINE)
    return messaging.line(conversation_id, message_id)
