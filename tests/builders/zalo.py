"""Builders for Zalo tests: settings of an account, events as Zalo signs them, messages as a sender gets them."""

import hashlib
import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from backend import clock, database
from backend.messaging import channels, service
from backend.messaging.channels import Channel, Outgoing, Reply
from backend.messaging.models import Conversation, Message
from backend.queue import queue
from chat_gateway import wsgi
from chat_gateway.zalo.settings import ZaloSettings, zalo_settings
from tests.peers.zalo.client import APP_ID, APP_SECRET, OA_ID, OA_SECRET

PATH = "/zalo/webhook"
CITIZEN = "8395728409275902859"
"""Nineteen digits: a float would lose the last ones."""
_numbers = itertools.count(1)
SETTINGS = {
    "ZALO_OA_ID": OA_ID,
    "ZALO_APP_ID": APP_ID,
    "ZALO_APP_SECRET": APP_SECRET,
    "ZALO_OA_SECRET": OA_SECRET,
    "ZALO_API_URL": "http://127.0.0.1:9",
    "ZALO_TEMPLATE_URL": "http://127.0.0.1:9",
    "ZALO_OAUTH_URL": "http://127.0.0.1:9",
}
"""Of an account whose Zalo is nowhere."""


def configure(monkeypatch, **changes: str) -> ZaloSettings:
    """The account's settings for one test; undone with `monkeypatch`."""
    for name, value in (SETTINGS | changes).items():
        monkeypatch.setenv(name, value)
    zalo_settings.cache_clear()
    return zalo_settings()


def client(monkeypatch, **changes: str) -> FlaskClient:
    """A client of the gateway with these settings."""
    configure(monkeypatch, **changes)
    queue().storage.flush_all()
    monkeypatch.setattr(channels, "_channels", dict(channels._channels))  # what it registers ends with the test
    return wsgi.build().test_client()


def event(name: str = "user_send_text", *, user: str = CITIZEN, at: float | None = None, **rest: Any) -> dict[str, Any]:
    """An event of a citizen; `rest` replaces or adds."""
    stamp = str(int((time.time() if at is None else at) * 1000))
    who = {"sender": {"id": user}, "recipient": {"id": OA_ID}}
    return {"app_id": APP_ID, "user_id_by_app": f"5{user}", "event_name": name, "timestamp": stamp, **who} | rest


def said(text: str = "làm giấy khai sinh cần gì", *, msg_id: str = "", **rest: Any) -> dict[str, Any]:
    """A text, with a message id of its own."""
    return event(message={"msg_id": msg_id or f"{next(_numbers):020d}", "text": text}, **rest)


def sent(kind: str, payload: Any, text: str = "", **rest: Any) -> dict[str, Any]:
    """Something else than a text."""
    message: dict[str, Any] = {"msg_id": f"{next(_numbers):020d}", "attachments": [{"type": kind, "payload": payload}]}
    if text:
        message["text"] = text
    return event(f"user_send_{kind}", message=message, **rest)


def raw(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def mac(content: bytes, timestamp: str, *, mac_id: str = APP_ID, secret: str = OA_SECRET) -> str:
    return hashlib.sha256(mac_id.encode() + content + timestamp.encode() + secret.encode()).hexdigest()


def post(client: FlaskClient, body: Any, **signing: str) -> TestResponse:
    """Post an event with its mac; `signature`, `mac_id` and `secret` replace the right ones."""
    content = body if isinstance(body, bytes) else raw(body)
    stamp = body.get("timestamp", "") if isinstance(body, dict) else signing.get("timestamp", "")
    signature = signing.get("signature")
    if signature is None:
        keys = {name: signing[name] for name in ("mac_id", "secret") if name in signing}
        signature = f"mac={mac(content, str(stamp), **keys)}"
    headers = {"X-ZEvent-Signature": signature} if signature else {}
    return client.post(PATH, data=content, headers=headers, content_type="application/json")


def messages() -> list[Message]:
    """The whole ledger."""
    with database.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def conversations() -> list[Conversation]:
    with database.reading() as session:
        return list(session.scalars(select(Conversation).order_by(Conversation.id)))


def conversation(address: str = CITIZEN, *, heard: timedelta | None = timedelta(0), channel: str = "zalo") -> int:
    """A conversation whose citizen was last heard of so long ago; None: never."""
    conversation_id = service.conversation_with(channel, address)
    with database.transaction() as session:
        session.get_one(Conversation, conversation_id).heard_at = None if heard is None else clock.now() - heard
    return conversation_id


def outgoing(channel: Channel, reply: Reply, conversation_id: int, **changes: Any) -> Outgoing:
    """A reply as the sender gets it, its choices with tokens."""
    rendered = channel.render(reply, accents=False)
    offered = tuple(channels.Offered(one.title, f"token-{n}") for n, one in enumerate(reply.choices))
    values: dict[str, Any] = {
        "id": next(_numbers) + 1_000,
        "conversation_id": conversation_id,
        "address": service.view(conversation_id).address,
        "body": rendered.body,
        "offered": offered,
        "queued_at": datetime(2026, 11, 28, tzinfo=UTC),
        "attempts": 1,
        "extras": rendered.extras,
    }
    return Outgoing(**(values | changes))
