"""The Bot API for worker threads: python-telegram-bot's client in one event loop of this process.

Nothing that leaves this module names the token: addresses of the Bot API hold it, so errors are worded anew and are
not chained. Telegram cannot be asked whether it took a message, so what may have got through is `Undecided`.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar

import httpx

os.environ.setdefault("PTB_TIMEDELTA", "true")  # what the library's next version does, without its warning

from telegram import Bot, BotCommand, Message, WebhookInfo
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from backend.logs import logger
from backend.messaging.channels import Fetched, Rejected, SendError, TryLater, Undecided
from chat_gateway.settings import ChatSettings, chat_settings
from chat_gateway.telegram.reading import LARGEST
from chat_gateway.telegram.schemas import ALLOWED, Raw

log = logger(__name__)
T = TypeVar("T")

BLOCKED = "blocked"
NO_CHAT = "no_chat"
REFUSED = "refused"
TOO_LARGE = "too_large"
NO_FILE = "gone"

_OPERATOR_PAUSE_SECONDS = 60.0
_GRACE_SECONDS = 2.0
_CONNECTIONS = 16
_COMMANDS = (BotCommand("start", "Bắt đầu"), BotCommand("help", "Cách hỏi"))
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_FAULTS_OF_HTTP = (httpx.HTTPError, httpx.InvalidURL)


class TokenRefused(TryLater):
    """Telegram does not know our bot: every message waits until somebody has set the right token."""


class Line:
    """One bot with its connections, for every thread. Its methods raise SendError and nothing else."""

    def __init__(self, settings: ChatSettings) -> None:
        self._seconds = settings.telegram_connect_timeout_seconds + settings.telegram_read_timeout_seconds
        self._file_seconds = settings.telegram_connect_timeout_seconds + settings.telegram_file_timeout_seconds
        api = settings.telegram_api_url.rstrip("/")
        self._files = f"{api}/file/bot{settings.telegram_bot_token.get_secret_value()}/"
        timeouts: Any = {
            "connect_timeout": settings.telegram_connect_timeout_seconds,
            "read_timeout": settings.telegram_read_timeout_seconds,
            "write_timeout": settings.telegram_read_timeout_seconds,
            "media_write_timeout": settings.telegram_file_timeout_seconds,
            "pool_timeout": settings.telegram_connect_timeout_seconds,
        }
        self.bot: Bot = Bot(
            settings.telegram_bot_token.get_secret_value(),
            base_url=f"{api}/bot",
            base_file_url=f"{api}/file/bot",
            request=HTTPXRequest(connection_pool_size=_CONNECTIONS, **timeouts),
            get_updates_request=HTTPXRequest(connection_pool_size=1, **timeouts),
        )
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True, name="telegram").start()

    def send(self, call: Coroutine[Any, Any, Message], *, with_file: bool = False) -> Message:
        """Do one of the bot's `send_…` calls."""
        return self._do(call, self._file_seconds if with_file else self._seconds)

    def answer_press(self, press_id: str, text: str) -> None:
        """Stop the waiting sign of a pressed button; `text` is shown above the chat."""
        self._do(self.bot.answer_callback_query(press_id, text=text or None), self._seconds)

    def fetch(self, file_id: str) -> Fetched:
        """A file that somebody sent. Raises TryLater, or Rejected for what is gone or over `LARGEST`."""
        try:
            return self._do(self._fetch(file_id), self._file_seconds)
        except Undecided as error:  # nothing was changed by asking
            raise TryLater(str(error)) from None

    def updates(self, offset: int | None, wait_seconds: int) -> list[Raw]:
        """Updates from `offset` on, unparsed, held by Telegram until there are some; asking confirms those before."""
        asked: dict[str, Any] = {"timeout": wait_seconds, "allowed_updates": list(ALLOWED)}
        if offset is not None:
            asked["offset"] = offset
        # The capital keeps the library from parsing: an update that it cannot read would block all those after it.
        call = self.bot.do_api_request("GetUpdates", api_kwargs=asked, read_timeout=wait_seconds + self._seconds)
        return list(self._do(call, wait_seconds + self._seconds))

    def set_webhook(self, url: str, secret: str, max_connections: int, *, drop_pending: bool) -> None:
        """Have updates sent to `url`, and show people the bot's commands."""
        call = self.bot.set_webhook(
            url,
            secret_token=secret,
            max_connections=max_connections,
            allowed_updates=ALLOWED,
            drop_pending_updates=drop_pending,
        )
        self._do(call, self._seconds)
        self._do(self.bot.set_my_commands(_COMMANDS), self._seconds)

    def delete_webhook(self) -> None:
        """Have updates kept for polling, those that wait, too."""
        self._do(self.bot.delete_webhook(), self._seconds)

    def info(self) -> tuple[str, WebhookInfo]:
        """The bot's user name, and what Telegram knows of its webhook."""
        me = self._do(self.bot.get_me(), self._seconds)
        return me.username or "", self._do(self.bot.get_webhook_info(), self._seconds)

    def close(self) -> None:
        """End the loop's thread; nothing can be done with this line afterwards."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _fetch(self, file_id: str) -> Fetched:
        file = await self.bot.get_file(file_id)
        url = file.file_path or ""
        # Of a Bot API server in local mode this is a path of its own machine: never opened here.
        if not url.startswith(self._files) or (file.file_size or 0) > LARGEST:
            raise Rejected("no file that we may have", TOO_LARGE if url.startswith(self._files) else NO_FILE)
        data = bytearray()
        async with (
            httpx.AsyncClient(timeout=self._file_seconds, follow_redirects=False) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                    raise TryLater(f"file server answered {answer.status_code}")
                raise Rejected(f"file server answered {answer.status_code}", NO_FILE)
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > LARGEST:
                    raise Rejected("file too large", TOO_LARGE)
        return Fetched(bytes(data), url.rsplit("/", 1)[-1])

    def _do(self, call: Coroutine[Any, Any, T], seconds: float) -> T:
        """Run `call` in the loop. Raises SendError without a trace of what was asked where."""
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result(seconds + _GRACE_SECONDS)
        except SendError as error:
            failure: SendError = error
        except TelegramError as error:
            failure = failed(error)
        except _FAULTS_OF_HTTP as error:
            failure = TryLater(f"telegram: {type(error).__name__}")
        except TimeoutError:
            future.cancel()
            failure = Undecided("telegram: no answer in time")
        raise failure


def failed(error: TelegramError) -> SendError:
    """What an error of the library means for a message."""
    match error:
        case RetryAfter():
            return TryLater("telegram: too many messages", _seconds(error.retry_after))
        case Forbidden():
            return Rejected("telegram: the bot was blocked or removed", BLOCKED)
        case InvalidToken():
            log.error("telegram does not know our bot: TELEGRAM_BOT_TOKEN is wrong or was revoked")
            return TokenRefused("telegram: token refused", _OPERATOR_PAUSE_SECONDS)
        case Conflict():
            return TryLater("telegram: a webhook is set, or another process polls")
        case ChatMigrated():
            return Rejected("telegram: the group has another id now", NO_CHAT)
        case BadRequest():
            gone = "chat not found" in error.message.lower()
            return Rejected(f"telegram: {error.message}", NO_CHAT if gone else REFUSED)
        case TimedOut() | NetworkError():
            never_sent = isinstance(error.__cause__, _NEVER_SENT)
            kind = type(error.__cause__ or error).__name__
            return TryLater(f"telegram: {kind}") if never_sent else Undecided(f"telegram: {kind}")
        case _:
            return Undecided(f"telegram: {type(error).__name__}")


def _seconds(period: int | timedelta) -> float:
    return period.total_seconds() if isinstance(period, timedelta) else float(period)


@lru_cache
def _line(_process: int) -> Line:
    return Line(chat_settings())


def line() -> Line:
    """This process's line: a forked child makes its own, as threads do not come with it."""
    return _line(os.getpid())


def forget_line() -> None:
    """For tests that change the settings."""
    if _line.cache_info().currsize:
        line().close()
    _line.cache_clear()
