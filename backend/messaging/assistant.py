"""The Rasa servers, seen from here: one question per message, asked again without harm (see `bot/channels/turn.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import httpx
from pydantic import BaseModel, ValidationError

from backend.errors import InvalidInput, Unavailable
from backend.messaging.channels import Card, Choice, Link, Reply
from backend.settings import settings


class _Button(BaseModel):
    title: str
    payload: str


class _Link(BaseModel):
    title: str
    url: str


class _Card(BaseModel):
    title: str
    lines: list[str] = []


class _BotMessage(BaseModel):
    text: str = ""
    buttons: list[_Button] = []
    links: list[_Link] = []
    card: _Card | None = None
    ask: str = ""


class _Turn(BaseModel):
    replies: list[_BotMessage]
    intent: str = ""
    confidence: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What is said to one message, and what the assistant took it for; `confidence` is None where it was not asked."""

    replies: Sequence[Reply]
    intent: str = ""
    confidence: float | None = None


@lru_cache
def _client() -> httpx.Client:
    token = settings().internal_token.get_secret_value()
    limits = httpx.Limits(max_keepalive_connections=settings().worker_threads + 2)
    return httpx.Client(
        headers={"Authorization": f"Bearer {token}"},
        timeout=settings().rasa_timeout_seconds,
        limits=limits,
        trust_env=False,  # a proxy for the outside world must not see what citizens write
    )


def ask(
    *,
    conversation_id: int,
    message_id: int,
    text: str,
    payload: str,
    channel: str,
    after_officer: bool = False,
    awaiting: str = "",
    dossier: str = "",
) -> Answer:
    """The assistant's answer. `after_officer`: somebody else spoke since its last, so its questions are closed.
    `awaiting`, `dossier`: what was asked, and of which dossier was told, without it: see `keywords`.

    Raises Unavailable when no usable answer came: asking again is safe. Raises InvalidInput when the assistant calls
    the question malformed: asking again would not help.
    """
    servers = settings().rasa_servers
    question = {
        "sender": str(conversation_id),
        "message_id": str(message_id),
        "text": text,
        "payload": payload,
        "input_channel": channel,
        "after_officer": after_officer,
        "awaiting": awaiting,
        "dossier": dossier,
    }
    try:
        response = _client().post(f"{servers[conversation_id % len(servers)]}/webhooks/turn/webhook", json=question)
        if response.status_code == httpx.codes.BAD_REQUEST:
            raise InvalidInput
        response.raise_for_status()
        turn = _Turn.model_validate(response.json())
    except (httpx.HTTPError, ValidationError, ValueError) as error:
        raise Unavailable from error
    replies = tuple(_reply(message) for message in turn.replies if _says_something(message))
    return Answer(replies, turn.intent, turn.confidence)


def _says_something(message: _BotMessage) -> bool:
    return bool(message.text or message.buttons or message.links or message.card)


def _reply(message: _BotMessage) -> Reply:
    card = message.card
    return Reply(
        message.text,
        choices=tuple(Choice(button.title, button.payload) for button in message.buttons),
        links=tuple(Link(link.title, link.url) for link in message.links),
        card=Card(card.title, tuple(card.lines)) if card else None,
        ask=message.ask,
    )
