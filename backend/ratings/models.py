"""Ratings, who is to be asked for one, the devices that take them at the desk, and the sums that may be shown.

Nobody sees single ratings: pages read `RatingSum` and `OfficerRatingSum`, whose every row is the sum of at least
`policy.MINIMUM` of them.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class Way:
    """How a rating came in, where it was no channel of messaging."""

    LINK = "link"
    KIOSK = "kiosk"


class Asked:
    """Where a request stands: waiting → asked → answered | skipped, or not_asked for a reason."""

    WAITING = "waiting"
    ASKED = "asked"
    ANSWERED = "answered"
    SKIPPED = "skipped"
    NOT_ASKED = "not_asked"


class RatingRequest(Base):
    """The applicant of one returned dossier is asked once; a dossier that has a row here is never asked about again."""

    __tablename__ = "rating_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_code: Mapped[str] = mapped_column(String(48), unique=True)
    phone: Mapped[str] = mapped_column(String(16))
    """E.164."""
    returned_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(12), default=Asked.WAITING)
    why: Mapped[str] = mapped_column(String(16), default="")
    """Of `not_asked`: undone | opted_out | no_channel | handoff."""
    look_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it is to be asked; None once that is settled."""
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    message_id: Mapped[int | None]
    """The message that asked; a low score given by link becomes a case on it."""
    asked_at: Mapped[datetime | None]


class Rating(Base):
    """What somebody thought of the service, and of the officer: 1 (very dissatisfied) to 5 (very satisfied)."""

    __tablename__ = "rating"
    __table_args__ = (
        Index("ix_rating_sum_id_agency_code", "sum_id", "agency_code"),
        Index("ix_rating_officer_sum_id_officer_id", "officer_sum_id", "officer_id"),
        Index("ix_rating_kiosk_id_created_at", "kiosk_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_code: Mapped[str | None] = mapped_column(String(48), unique=True)
    """None: at the desk, of the agency as a whole."""
    proved: Mapped[bool] = mapped_column(default=True)
    """Whether it surely is the applicant's: not where a code was only typed at the desk."""
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    kiosk_id: Mapped[int | None] = mapped_column(ForeignKey("kiosk_device.id"))
    way: Mapped[str] = mapped_column(String(16))
    agency_code: Mapped[str] = mapped_column(String(32))
    agency_name: Mapped[str] = mapped_column(String(200), default="")
    procedure_code: Mapped[str] = mapped_column(String(40), default="")
    procedure_name: Mapped[str] = mapped_column(String(300), default="")
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """Who handled the dossier."""
    score: Mapped[int]
    officer_score: Mapped[int | None]
    reasons: Mapped[list[str]] = mapped_column(default=list)
    """Keys of `reasons.yml`."""
    words: Mapped[str] = mapped_column(Text, default="")
    """Screened (`screening`) before it is written down."""
    case_opened: Mapped[bool] = mapped_column(default=False)
    sum_id: Mapped[int | None] = mapped_column(ForeignKey("rating_sum.id"))
    officer_sum_id: Mapped[int | None] = mapped_column(ForeignKey("officer_rating_sum.id"))
    created_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]


class _Counts:
    """How many gave 1, 2, 3, 4 and 5."""

    ones: Mapped[int] = mapped_column(default=0)
    twos: Mapped[int] = mapped_column(default=0)
    threes: Mapped[int] = mapped_column(default=0)
    fours: Mapped[int] = mapped_column(default=0)
    fives: Mapped[int] = mapped_column(default=0)

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """In this order."""
        return self.ones, self.twos, self.threes, self.fours, self.fives


class RatingSum(_Counts, Base):
    """Scores of the service at one agency in whole months, of one procedure or of the rest (""). Never changed."""

    __tablename__ = "rating_sum"
    __table_args__ = (Index("ix_rating_sum_agency_code_last_month", "agency_code", "last_month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_code: Mapped[str] = mapped_column(String(32))
    agency_name: Mapped[str] = mapped_column(String(200))
    procedure_code: Mapped[str] = mapped_column(String(40))
    procedure_name: Mapped[str] = mapped_column(String(300))
    first_month: Mapped[date]
    last_month: Mapped[date]
    """First days of the months; several months where one alone had too few."""
    reasons: Mapped[list[str]] = mapped_column(default=list)
    """The reasons picked, each as often as it was picked."""
    released_at: Mapped[datetime]


class OfficerRatingSum(_Counts, Base):
    """Scores of one officer, `policy.MINIMUM` in a row. Never changed."""

    __tablename__ = "officer_rating_sum"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    released_at: Mapped[datetime]


class KioskDevice(Base):
    """A screen at a desk. It holds a key, this row its hash."""

    __tablename__ = "kiosk_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_code: Mapped[str] = mapped_column(String(32), index=True)
    agency_name: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(80))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
