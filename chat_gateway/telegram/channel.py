"""Telegram as a channel of messaging: a reply is one message with its buttons, followed by its files."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram import constants as telegram_constants

from backend import storage
from backend.errors import NotFound
from backend.logs import logger
from backend.messaging import service as messaging
from backend.messaging.channels import (
    Ask,
    Channel,
    Fetched,
    Health,
    Outgoing,
    Rejected,
    Rendered,
    Reply,
    Sent,
    TryLater,
)
from backend.settings import settings
from chat_gateway.settings import chat_settings
from chat_gateway.telegram import bot_api, rendering, service
from chat_gateway.telegram.health import Watch
from chat_gateway.telegram.pace import Pace
from chat_gateway.telegram.rendering import Button

log = logger(__name__)

PROVIDER = "telegram"
MOST_IN_PARTS = 1_000
"""Messages of several parts whose sent parts this process remembers."""
_PHOTOS = frozenset({"image/jpeg", "image/png"})
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove
Call = Callable[[], Coroutine[Any, Any, Message]]


@dataclass(frozen=True)
class Part:
    """One call. `instead` is tried where Telegram refuses it: a photo of odd proportions goes as a document."""

    call: Call
    with_file: bool = False
    instead: Call | None = None


class TelegramChannel(Channel):
    """The bot that citizens write to. Make one per process: the pace is kept in it.

    Telegram tells nobody what it has taken: after a time-out, or a worker's death between its yes and our note, the
    part in question is sent again.
    """

    name = service.CHANNEL
    max_choices = rendering.MOST_CHOICES

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace(chat_settings().telegram_rate_per_second, chat_settings().telegram_chat_seconds)
        self._watch = Watch()
        self._sent: OrderedDict[int, list[str]] = OrderedDict()
        self._lock = threading.Lock()

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """One message of at most 4,096 characters; see `rendering`."""
        return rendering.render(reply)

    def carries(self, file: storage.StoredInfo) -> bool:
        """Any: Telegram takes 50 MB of a bot, and no file of ours is as large."""
        return True

    def send(self, outgoing: Outgoing) -> Sent:
        """Its parts in order; those that went out in an earlier try of this process are not sent again."""
        parts = _parts(outgoing)
        if not parts:
            raise Rejected("nothing to send", "empty")
        sent, started = self._sent_of(outgoing.id), time.monotonic()
        try:
            for part in parts[len(sent) :]:
                if time.monotonic() - started > settings().delivery_lease_seconds / 3:
                    raise TryLater("slow parts", 0.0)  # or another worker would take the message for left behind
                sent.append(self._send(outgoing, part))
        except Rejected as error:
            self._forget(outgoing.id)
            if error.code in (bot_api.BLOCKED, bot_api.NO_CHAT):
                messaging.set_reachable(self.name, outgoing.address, False)
            raise
        self._forget(outgoing.id)
        return Sent(sent[0], PROVIDER)

    def fetch(self, reference: str) -> Fetched:
        """A file by Telegram's file id. Raises TryLater or Rejected."""
        return bot_api.line().fetch(reference)

    def health(self) -> Health:
        """How the bot is, as Telegram tells us."""
        return self._watch.look()

    def _send(self, outgoing: Outgoing, part: Part) -> str:
        too_long = self._pace.take(outgoing.address, chat_settings().telegram_rate_wait_seconds)
        if too_long:
            raise TryLater("pace", too_long)
        try:
            message = self._try(part)
        except TryLater as error:
            if error.after_seconds is not None:
                self._pace.pause(outgoing.address, error.after_seconds)
            raise
        # The second is counted from its arrival, which may have taken a while; message ids within each chat.
        self._pace.pause(outgoing.address, chat_settings().telegram_chat_seconds)
        return f"{service.bot_id()}:{outgoing.address}:{message.message_id}"

    def _try(self, part: Part) -> Message:
        line = bot_api.line()
        try:
            return line.send(part.call(), with_file=part.with_file)
        except Rejected as error:
            if part.instead is None or error.code != bot_api.REFUSED:
                raise
            return line.send(part.instead(), with_file=part.with_file)

    def _sent_of(self, message_id: int) -> list[str]:
        with self._lock:
            while len(self._sent) >= MOST_IN_PARTS:
                self._sent.popitem(last=False)
            return self._sent.setdefault(message_id, [])

    def _forget(self, message_id: int) -> None:
        with self._lock:
            self._sent.pop(message_id, None)


def _parts(outgoing: Outgoing) -> list[Part]:
    """One file with few words is one message; otherwise the words go first, with the buttons, then each file."""
    bot, chat, files = bot_api.line().bot, int(outgoing.address), outgoing.extras.files
    markup = _markup(outgoing)
    if len(files) == 1 and rendering.length(outgoing.body) <= rendering.MOST_CAPTION:
        return [_file(chat, files[0], outgoing.body, markup)]
    words = [Part(lambda: bot.send_message(chat, outgoing.body, reply_markup=markup))] if outgoing.body else []
    return words + [_file(chat, file_id, "", None) for file_id in files]


def _file(chat: int, file_id: str, caption: str, markup: Markup | None) -> Part:
    bot = bot_api.line().bot
    try:
        info, data = storage.info(file_id), storage.read(file_id)
    except NotFound as error:
        raise Rejected("a file of ours is gone", "no_file") from error

    def as_document() -> Coroutine[Any, Any, Message]:
        return bot.send_document(chat, data, filename=info.name, caption=caption or None, reply_markup=markup)

    def as_photo() -> Coroutine[Any, Any, Message]:
        return bot.send_photo(chat, data, filename=info.name, caption=caption or None, reply_markup=markup)

    if info.media_type in _PHOTOS and info.size <= telegram_constants.FileSizeLimit.PHOTOSIZE_UPLOAD:
        return Part(as_photo, with_file=True, instead=as_document)
    return Part(as_document, with_file=True)


def _markup(outgoing: Outgoing) -> Markup | None:
    """A message has one keyboard: that which asks for the phone or the place, else the buttons below it.

    Without either it takes away what an earlier one asked with; there is nothing to see where none did.
    """
    extras = outgoing.extras
    if extras.ask in rendering.ASKS:
        rows = rendering.instead_of_keyboard(outgoing.offered, extras.ask)
        return ReplyKeyboardMarkup(
            [[_key(row)] for row in rows], resize_keyboard=True, one_time_keyboard=True, is_persistent=False
        )
    try:
        buttons = rendering.below(outgoing.offered, extras.links)
    except rendering.TokenTooLong as error:
        raise Rejected(str(error), "token_too_long") from error
    if buttons:
        return InlineKeyboardMarkup([[_inline(row)] for row in buttons])
    return None if outgoing.address.startswith("-") else ReplyKeyboardRemove()


def _key(row: Button) -> KeyboardButton:
    return KeyboardButton(
        row.title,
        request_location=row.ask == Ask.LOCATION or None,
        request_contact=row.ask == Ask.PHONE or None,
    )


def _inline(row: Button) -> InlineKeyboardButton:
    if row.url:
        return InlineKeyboardButton(row.title, url=row.url)
    return InlineKeyboardButton(row.title, callback_data=row.token)
