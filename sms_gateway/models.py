"""What the SMS gateway must remember beside the ledger: where providers stand, and segments on their way."""

from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class SmsProviderState(Base):
    """A provider as all workers see it. Providers without a row stand at the weight of the settings."""

    __tablename__ = "sms_provider_state"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    weight: Mapped[int]
    """0 to 100, as it is now."""
    rest: Mapped[int]
    """The weight it drifts back to; that of the settings until somebody changes it."""
    draining: Mapped[bool] = mapped_column(default=False)
    """Takes no new messages; what was begun with it is finished with it."""
    lowered_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]
    faulty_at: Mapped[datetime | None]
    """When it last had too many errors or was slow."""
    configured: Mapped[int]
    """The setting when `rest` was taken from it: a changed setting wins over what was changed by hand."""


class SmsProviderErrors(Base):
    """Passing errors of a provider within ten seconds (`slot`: seconds since 1970 divided by ten)."""

    __tablename__ = "sms_provider_errors"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]


class SmsChoice(Base):
    """Which provider was tried last for a message, where there are several: a retry has to ask and go there first."""

    __tablename__ = "sms_choice"

    reference: Mapped[str] = mapped_column(String(64), primary_key=True)
    provider: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(index=True)


class SmppOut(Base):
    """A segment that the carrier took, or a receipt that came before we had written that down (`reference` is NULL)."""

    __tablename__ = "smpp_out"
    __table_args__ = (UniqueConstraint("reference", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(String(64))
    number: Mapped[int]
    total: Mapped[int]
    address: Mapped[str] = mapped_column(String(32))
    message_id: Mapped[str] = mapped_column(String(64), index=True)
    """The carrier's, in the spelling of `receipts.plain_id`."""
    status: Mapped[str] = mapped_column(String(16))
    error: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(index=True)


class SmppIn(Base):
    """A segment that came in; kept a while after its message was received, to know it again."""

    __tablename__ = "smpp_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    message: Mapped[str] = mapped_column(String(64), index=True)
    """What the segments of one message share."""
    source: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    total: Mapped[int]
    data_coding: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    received: Mapped[bool] = mapped_column(default=False)
    """Its message is in the ledger."""
    at: Mapped[datetime] = mapped_column(index=True)
