"""What of reports is for everybody: published answers, the words officers begin answers with, who posts by Open311."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, event, inspect
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base
from backend.text import fold


class Publication(Base):
    """How one report is told in public: words of an officer's, never the citizen's row itself."""

    __tablename__ = "complaint_publication"

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    words: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    agency_name: Mapped[str] = mapped_column(String(200), default="")
    """Who answered; "" for the hotline itself."""
    category: Mapped[str] = mapped_column(String(24), default="")
    area: Mapped[str] = mapped_column(String(200), default="", index=True)
    """The commune's name, "" where it is not told."""
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    """Degrees, rounded to about 100 m: a shared place may be somebody's home."""
    photos: Mapped[list[str]] = mapped_column(default=list)
    """Ids of those files of the report that everybody may see."""
    search_text: Mapped[str] = mapped_column(Text, default="")
    published_at: Mapped[datetime] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    """Taken back since; the words are kept for publishing it again."""
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - the protocol of SQLAlchemy


class AnswerText(Base):
    """Prepared words for answers, of an agency or ("") of all, with {blanks}."""

    __tablename__ = "complaint_answer_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_code: Mapped[str] = mapped_column(String(32), default="", index=True)
    category: Mapped[str] = mapped_column(String(24), default="")
    """For reports of this category only; "" for all."""
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    changed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Open311Client(Base):
    """Somebody whose programs may post reports; of the key only its digest is kept."""

    __tablename__ = "open311_client"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    key_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


@event.listens_for(Publication, "before_insert")
@event.listens_for(Publication, "before_update")
def _found_by_what_it_says(_mapper: object, _connection: object, row: Publication) -> None:
    changed = inspect(row).attrs
    if any(changed[name].history.has_changes() for name in ("code", "words", "answer", "area")):
        row.search_text = fold(f"{row.code} {row.words} {row.answer} {row.area}")
