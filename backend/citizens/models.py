"""Who is behind a channel address, as far as it has been verified, and what they want to be told."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class Citizen(Base):
    """A person known to the province by name and phone number (E.164)."""

    __tablename__ = "citizen"

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(16), unique=True)
    created_at: Mapped[datetime]


class ChannelIdentity(Base):
    """A phone number proved for a channel address: the only ground on which personal data may be shown there."""

    __tablename__ = "channel_identity"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(128))
    phone: Mapped[str] = mapped_column(String(16), index=True)
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id"))
    verified_at: Mapped[datetime]
    verified_by: Mapped[str] = mapped_column(String(32))


class LinkCode(Base):
    """A one-time code on its way to a phone, for the conversation that asked for it. The code itself is not here."""

    __tablename__ = "link_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    phone: Mapped[str] = mapped_column(String(16), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    """Set when it was used, replaced, tried too often or found expired."""


class IdentityChange(Base):
    """A link that was made or ended: what `channel_identity` was before, should one have been wrong."""

    __tablename__ = "identity_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(128))
    phone: Mapped[str] = mapped_column(String(16), index=True)
    linked: Mapped[bool]
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class NoticePreference(Base):
    """Whether an address wants notices it did not ask for. No row means yes; answers to questions are always sent."""

    __tablename__ = "notice_preference"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(128))
    wanted: Mapped[bool]
    changed_at: Mapped[datetime]
