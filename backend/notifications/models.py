"""Notifications with what was tried for each, the versions of the templates that word them, officers' digests."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.database import Base


class State(StrEnum):
    """Where a notification stands.

    Applicants: waiting → sent → delivered | failed, or suppressed. Officers: waiting → sent → read, or suppressed.
    `sent` of an officer means that it is no longer held back; the page is their first channel.
    """

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    READ = "read"


UNREAD = frozenset({State.WAITING, State.SENT})


class Why(StrEnum):
    """Why nothing, or nothing more, is sent."""

    UNDONE = "undone"
    OPTED_OUT = "opted_out"
    NO_CHANNEL = "no_channel"


class Notification(Base):
    """One recipient of one event. Written in the transaction of the event; worded only when it is sent."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("event", "key", "subject", "recipient"),
        Index("ix_notification_officer_id_state", "officer_id", "state"),
        Index("ix_notification_subject_id", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    audience: Mapped[str] = mapped_column(String(12))
    event: Mapped[str] = mapped_column(String(32))
    variant: Mapped[str] = mapped_column(String(24), default="")
    subject: Mapped[str] = mapped_column(String(48))
    """What it is about, `dossier:<id>`."""
    about: Mapped[str] = mapped_column(String(48))
    """Its code, as people know it."""
    key: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(String(32))
    """`phone:<E.164>` or `officer:<id>`."""
    phone: Mapped[str] = mapped_column(String(16), default="")
    email: Mapped[str] = mapped_column(String(120), default="")
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(12), default=State.WAITING)
    why: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the dispatcher has something to do with it; None when nothing is left to do."""
    channel: Mapped[str] = mapped_column(String(16), default="")
    """The channel being tried."""
    deadline: Mapped[datetime | None]
    """Until when that channel has time to deliver; after it the next one is tried."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    """The last message in the ledger."""
    read_at: Mapped[datetime | None]

    attempts: Mapped[list["NotificationAttempt"]] = relationship(order_by="NotificationAttempt.id")


class NotificationAttempt(Base):
    """One channel tried for a notification: one message in the ledger, never two."""

    __tablename__ = "notification_attempt"
    __table_args__ = (UniqueConstraint("notification_id", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"))
    channel: Mapped[str] = mapped_column(String(16))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    template: Mapped[int]
    """Number of the template's version that worded it; 0 is the shipped one."""
    at: Mapped[datetime]


class NotificationTemplate(Base):
    """A version of a text, written by an administrator. The highest number is in force, without any the shipped one."""

    __tablename__ = "notification_template"
    __table_args__ = (UniqueConstraint("event", "variant", "channel", "language", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(32))
    variant: Mapped[str] = mapped_column(String(24))
    channel: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(2), default="vi")
    number: Mapped[int]
    subject_line: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    created_at: Mapped[datetime]


class OfficerDigest(Base):
    """The morning mail of an officer, once a day; without a message where there was nothing to say."""

    __tablename__ = "officer_digest"
    __table_args__ = (UniqueConstraint("officer_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    day: Mapped[date]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    at: Mapped[datetime]
