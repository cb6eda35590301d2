"""Builders for Telegram tests: settings of a gateway with a bot, updates as Telegram sends them."""

import itertools
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from backend import database
from backend.messaging import channels
from backend.messaging.channels import Outgoing
from backend.messaging.models import Conversation, Message
from backend.queue import queue
from chat_gateway import wsgi
from chat_gateway.settings import ChatSettings, chat_settings
from chat_gateway.telegram import bot_api
from chat_gateway.telegram.web import SECRET_HEADER
from tests.peers.telegram.client import SECRET, TOKEN

WEBHOOK = "/telegram/webhook"
BOT = TOKEN.split(":")[0]
ANH = 4_503_599_627_370_000
"""A person whose id needs 52 bits."""
_update_ids = itertools.count(100_000)
_DEFAULTS = {
    "TELEGRAM_BOT_TOKEN": TOKEN,
    "TELEGRAM_WEBHOOK_SECRET": SECRET,
    "TELEGRAM_API_URL": "http://127.0.0.1:9",
    "TELEGRAM_MODE": "webhook",
    "TELEGRAM_PUBLIC_URL": "https://chat.example.vn",
    "TELEGRAM_CHAT_SECONDS": "0",
    "TELEGRAM_RATE_PER_SECOND": "1000",
    "TELEGRAM_CONNECT_TIMEOUT_SECONDS": "2",
    "TELEGRAM_READ_TIMEOUT_SECONDS": "2",
    "TELEGRAM_FILE_TIMEOUT_SECONDS": "5",
}


def configure(monkeypatch: Any, **changes: str) -> ChatSettings:
    """The gateway's settings for one test, whatever `.env` says; undone with `monkeypatch`."""
    for name, value in (_DEFAULTS | changes).items():
        monkeypatch.setenv(name, value)
    chat_settings.cache_clear()
    bot_api.forget_line()
    return chat_settings()


def client(monkeypatch: Any, **changes: str) -> FlaskClient:
    """A client of a gateway with these settings."""
    configure(monkeypatch, **changes)
    queue().storage.flush_all()
    monkeypatch.setattr(channels, "_channels", dict(channels._channels))  # what it registers ends with the test
    return wsgi.build().test_client()


def person(user: int = ANH) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": "Nguyễn Thị Ánh"}


def chat(user: int = ANH) -> dict[str, Any]:
    return {"id": user, "type": "private", "first_name": "Nguyễn Thị Ánh"}


def update(content: dict[str, Any], update_id: int | None = None) -> dict[str, Any]:
    return {"update_id": next(_update_ids) if update_id is None else update_id, **content}


def message(user: int = ANH, update_id: int | None = None, **content: Any) -> dict[str, Any]:
    """An update with a message; `content` is what it has, by default a question."""
    said = content or {"text": "làm giấy khai sinh cần gì"}
    return update(
        {"message": {"message_id": 7, "date": 1_790_000_000, "chat": chat(user), "from": person(user), **said}},
        update_id,
    )


def press(data: str | None, user: int = ANH, **changes: Any) -> dict[str, Any]:
    """An update with a pressed button; a `message` of None is one that Telegram does not tell."""
    query = {
        "id": f"{next(_update_ids):018d}",
        "from": person(user),
        "chat_instance": "-1",
        "data": data,
        "message": {"message_id": 7, "date": 1_790_000_000, "chat": chat(user), "text": "Anh/chị chọn"},
    } | changes
    return update({"callback_query": {name: value for name, value in query.items() if value is not None}})


def membership(status: str, user: int = ANH, **changes: Any) -> dict[str, Any]:
    bot = {"id": int(BOT), "is_bot": True, "first_name": "Một Cửa"}
    return update(
        {
            "my_chat_member": {
                "chat": chat(user),
                "from": person(user),
                "date": 1_790_000_000,
                "old_chat_member": {"status": "member", "user": bot},
                "new_chat_member": {"status": status, "user": bot},
                **changes,
            }
        }
    )


def post(
    gateway: FlaskClient, body: Any, *, secret: str | None = SECRET, content_type: str = "application/json"
) -> TestResponse:
    """Post an update (or raw bytes) to the webhook."""
    headers = {} if secret is None else {SECRET_HEADER: secret}
    if isinstance(body, bytes):
        return gateway.post(WEBHOOK, data=body, headers=headers, content_type=content_type)
    return gateway.post(WEBHOOK, json=body, headers=headers)


def messages() -> list[Message]:
    """The whole ledger."""
    with database.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def conversation(user: int = ANH) -> Conversation | None:
    with database.reading() as session:
        return session.scalar(
            select(Conversation).where(Conversation.channel == "telegram", Conversation.address == str(user))
        )


def outgoing(body: str = "Dạ, em chào anh/chị.", user: int = ANH, **changes: Any) -> Outgoing:
    """A message as a sender gets it."""
    values: dict[str, Any] = {
        "id": next(_update_ids),
        "conversation_id": 1,
        "address": str(user),
        "body": body,
        "offered": (),
        "queued_at": datetime(2026, 11, 23, 2, tzinfo=UTC),
        "attempts": 1,
    }
    return Outgoing(**(values | changes))
