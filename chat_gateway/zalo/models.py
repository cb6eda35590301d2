"""What the gateway has to remember of an Official Account, and of messages that take several calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class ZaloAccount(Base):
    """An Official Account with its pair of tokens. The tokens are encrypted with `SECRET_KEY` and never logged."""

    __tablename__ = "zalo_account"

    oa_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    access_token: Mapped[str] = mapped_column(Text, default="")
    refresh_token: Mapped[str] = mapped_column(Text, default="")
    """Good for one exchange: whoever uses it holds `lease`."""
    obtained_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """Of the access token."""
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    verifier: Mapped[str] = mapped_column(Text, default="")
    """What the next consent is proved with (PKCE); encrypted."""
    consent_needed_since: Mapped[datetime | None]
    """Zalo refused to exchange the refresh token: only a person can help."""
    trouble: Mapped[str] = mapped_column(String(16), default="")
    """Zalo's code of a fault that a person has to see to: money, package, permissions."""
    trouble_since: Mapped[datetime | None]
    quota: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What Zalo last told of allowances, by their name."""
    quota_at: Mapped[datetime | None]


class ZaloPart(Base):
    """A part of a message that Zalo took already: were the rest to fail, the next try goes on behind it."""

    __tablename__ = "zalo_part"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True)
    provider_message_id: Mapped[str] = mapped_column(String(128))
    sent_at: Mapped[datetime] = mapped_column(index=True)
