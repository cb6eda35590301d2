"""Conversations and the ledger: every message in and out is a row, and the rows are the truth."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

TITLE_LENGTH = 200


class Owner:
    """Who answers a conversation."""

    ASSISTANT = "assistant"
    OFFICER = "officer"


class Direction:
    """Seen from us."""

    IN = "in"
    OUT = "out"


class Status:
    """Where a message stands.

    Inbound: received → answered | for_officer | ignored (a flood, a blocked sender). Outbound: queued → sending → sent
    → delivered → read, or failed | suppressed.
    """

    RECEIVED = "received"
    ANSWERED = "answered"
    FOR_OFFICER = "for_officer"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    READ = "read"
    IGNORED = "ignored"

    WAITS_FOR_TURN = frozenset({RECEIVED})
    WAITS_FOR_DELIVERY = frozenset({QUEUED, SENDING})
    SHOWN_TO_CITIZEN = frozenset({RECEIVED, ANSWERED, FOR_OFFICER, QUEUED, SENDING, SENT, DELIVERED, READ, IGNORED})


class Conversation(Base):
    """One citizen on one channel: the phone number for SMS, the browser's key for the web chat."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(128))
    owner: Mapped[str] = mapped_column(String(16), default=Owner.ASSISTANT)
    epoch: Mapped[int] = mapped_column(default=0)
    """Raised by every change of owner; a reply made under an older epoch is never sent."""
    accents: Mapped[bool] = mapped_column(default=False)
    """SMS only: the citizen asked for accented text."""
    procedure_code: Mapped[str | None] = mapped_column(String(40))
    """The procedure last spoken about, for GT, LP, TG and ND."""
    about: Mapped[str] = mapped_column(String(48), default="")
    """Code of the dossier that the last notice spoke of: what "HS" means right after it."""
    about_at: Mapped[datetime | None]
    rest: Mapped[str] = mapped_column(Text, default="")
    """What did not fit into the last message; TIEP THEO asks for it."""
    heard_at: Mapped[datetime | None]
    """When its citizen last wrote, followed or pressed something: some channels only let us answer for a while."""
    unreachable_since: Mapped[datetime | None]
    """Set while the citizen has blocked or left us on this channel."""
    outage_told_at: Mapped[datetime | None]
    """Set while the citizen has been told that the assistant is down and still waits."""
    after_officer: Mapped[bool] = mapped_column(default=False)
    """An officer gave it back and the assistant has not been asked since: what it asked before is no longer open."""
    officer_said: Mapped[str] = mapped_column(Text, default="")
    """The officer's last words, for the assistant that goes on after them."""
    officer_said_at: Mapped[datetime | None]
    flood_told_at: Mapped[datetime | None]
    """Set while messages come faster than they are answered, and the citizen has been told so."""
    blocked_at: Mapped[datetime | None]
    """Set while an officer keeps this sender out: what comes is kept and answered by nobody."""
    blocked_reason: Mapped[str] = mapped_column(String(300), default="")
    turn_lease: Mapped[str | None] = mapped_column(String(32))
    turn_lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Message(Base):
    """One message of the ledger. `text` is what was meant (accented, NFC); `body` what the provider was handed."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("channel", "provider_message_id"),
        Index("ix_message_conversation_id_id", "conversation_id", "id"),
        Index("ix_message_status_next_attempt_at", "status", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    direction: Mapped[str] = mapped_column(String(3))
    channel: Mapped[str] = mapped_column(String(16))
    provider_message_id: Mapped[str | None] = mapped_column(String(128))
    provider: Mapped[str] = mapped_column(String(32), default="")
    status: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text, default="")
    payload: Mapped[str] = mapped_column(Text, default="")
    """Inbound: what a picked choice stands for, resolved from its token; never the citizen's own typing."""
    offered: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Outbound: `[{"title", "token"}]`, the choices offered with this message."""
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Inbound: what came with it, in the forms of `backend.messaging.attachments`."""
    extras: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Outbound: links, files and the like beside the body; `channels.Extras`."""
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    epoch: Mapped[int] = mapped_column(default=0)
    segments: Mapped[int] = mapped_column(default=0)
    encoding: Mapped[str] = mapped_column(String(8), default="")
    cost: Mapped[int | None]
    """Outbound: what the provider asks for it, in đồng; NULL where its price is not known."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    error_code: Mapped[str] = mapped_column(String(64), default="")
    intent: Mapped[str] = mapped_column(String(40), default="")
    confidence: Mapped[float | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class EarlyReceipt(Base):
    """A provider's report on a message whose provider id we have not written down yet."""

    __tablename__ = "early_receipt"

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    provider_message_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    error_code: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)


class ChoiceToken(Base):
    """An offered choice. The citizen's phone only ever sees the token (or its number); the payload stays here."""

    __tablename__ = "choice_token"

    token: Mapped[str] = mapped_column(String(24), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    payload: Mapped[str] = mapped_column(Text)
