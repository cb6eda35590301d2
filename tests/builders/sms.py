"""Builders for SMS tests: settings of a gateway, webhooks as Twilio sends them, messages as a sender gets them."""

import itertools
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from backend import database
from backend.messaging import channels
from backend.messaging.channels import Outgoing
from backend.messaging.models import Message
from backend.queue import queue
from sms_gateway import wsgi
from sms_gateway.settings import sms_settings
from sms_gateway.signature import SIGNATURE_HEADER, parsed, sign

ACCOUNT = "AC" + "a1" * 16
TOKEN = "a-primary-token-of-twilio"
PUBLIC_URL = "https://sms.example.vn"
INBOUND, STATUS = "/sms/twilio/inbound", "/sms/twilio/status"
CITIZEN = "+84905123456"

_DEFAULTS = {
    "SMS_PROVIDER": "console",
    "SMS_PUBLIC_URL": PUBLIC_URL,
    "SMS_RATE_PER_SECOND": "1000",
    "SMS_RATE_WAIT_SECONDS": "5",
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_AUTH_TOKEN_SECONDARY": "",
    "TWILIO_FROM": "+15005550006",
    "TWILIO_MESSAGING_SERVICE_SID": "",
    "TWILIO_BASE_URL": "",
    "SMS_PROVIDERS": "",
    "SMS_COSTS": "",
    "SMPP_HOST": "127.0.0.1",
    "SMPP_SYSTEM_ID": "motcua",
    "SMPP_PASSWORD": "s3cret",
    "SMPP_SOURCE": "MOT CUA",
    "SMPP_SESSION_HOST": "127.0.0.1",
    "ESMS_API_KEY": "key-of-esms",
    "ESMS_SECRET_KEY": "secret-of-esms",
    "ESMS_BRANDNAME": "MOTCUA",
    "ESMS_CALLBACK_SECRET": "a-secret-path-of-esms",
}
_numbers = itertools.count(1)


def configure(monkeypatch, **changes: str):
    """The gateway's settings for one test, whatever `.env` says; undone with `monkeypatch`."""
    for name, value in (_DEFAULTS | changes).items():
        monkeypatch.setenv(name, value)
    sms_settings.cache_clear()
    return sms_settings()


def client(monkeypatch, **changes: str) -> FlaskClient:
    """A client of a gateway with these settings."""
    configure(monkeypatch, **changes)
    queue().storage.flush_all()
    monkeypatch.setattr(channels, "_channels", dict(channels._channels))  # what it registers ends with the test
    return wsgi.build().test_client()


def sid() -> str:
    return f"SM{next(_numbers):032x}"


def inbound(**changes: str) -> dict[str, str]:
    """The fields of an inbound webhook, as Twilio sends them: many of them blank."""
    message = changes.pop("MessageSid", None) or sid()
    return {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": message,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": message,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": "làm giấy khai sinh cần gì",
        "FromCountry": "VN",
        "To": "+15005550006",
        "MessagingServiceSid": "",
        "NumSegments": "1",
        "MessageSid": message,
        "AccountSid": ACCOUNT,
        "From": CITIZEN,
        "ApiVersion": "2010-04-01",
    } | changes


def receipt(message_sid: str, status: str, **changes: str) -> dict[str, str]:
    """The fields of a status callback."""
    return {
        "MessageSid": message_sid,
        "SmsSid": message_sid,
        "MessageStatus": status,
        "SmsStatus": status,
        "To": CITIZEN,
        "From": "+15005550006",
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
    } | changes


def post(client: FlaskClient, fields: dict[str, str] | bytes, path: str = INBOUND, **signing: str) -> TestResponse:
    """Post a form with Twilio's signature. `token`, `url` and `signature` replace the right ones."""
    raw = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    signature = signing.get("signature")
    if signature is None:
        signature = signature_of(raw, signing.get("url", PUBLIC_URL + path), signing.get("token", TOKEN))
    headers = {SIGNATURE_HEADER: signature} if signature else {}
    content_type = signing.get("content_type", "application/x-www-form-urlencoded; charset=UTF-8")
    return client.post(path, data=raw, headers=headers, content_type=content_type)


def signature_of(raw: bytes, url: str, token: str = TOKEN) -> str:
    """What Twilio computes for this body; of one it could not have sent, something."""
    try:
        fields = {name: values[0] for name, values in parsed(raw).items()}
    except ValueError:
        fields = {}
    return sign(token, url, fields)


def messages() -> list[Message]:
    """The whole ledger."""
    with database.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def outgoing(body: str = "Da, em chao anh/chi.", **changes) -> Outgoing:
    """A message as a sender gets it."""
    values = {
        "id": next(_numbers),
        "conversation_id": 1,
        "address": CITIZEN,
        "body": body,
        "offered": (),
        "queued_at": datetime(2026, 11, 23, 2, 0, 0, 123456, tzinfo=UTC),
        "attempts": 1,
    }
    return Outgoing(**(values | changes))
