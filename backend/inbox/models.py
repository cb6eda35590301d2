"""Cases: escalated conversations with their queue, timers and history, and what officers keep beside them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class Reason:
    """Why a conversation needs an officer."""

    ASKED = "asked"
    NOT_UNDERSTOOD = "not_understood"
    COMPLAINT = "complaint"
    ABUSE = "abuse"
    EMERGENCY = "emergency"
    LOW_RATING = "low_rating"

    ALL = frozenset({ASKED, NOT_UNDERSTOOD, COMPLAINT, ABUSE, EMERGENCY, LOW_RATING})


class State:
    """Where a case stands. waiting: nobody has taken it. open: an officer has it. Both may be snoozed; closed ends."""

    WAITING = "waiting"
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"

    ALIVE = (WAITING, OPEN, SNOOZED)


class Priority:
    """Higher goes first."""

    NORMAL, HIGH, URGENT = 0, 1, 2

    ALL = (NORMAL, HIGH, URGENT)


class Method:
    """How a queue hands out what comes in."""

    BY_HAND = "by_hand"
    ROUND_ROBIN = "round_robin"
    BY_LOAD = "by_load"

    ALL = (BY_HAND, ROUND_ROBIN, BY_LOAD)


class Kind:
    """What an event tells."""

    OPENED = "opened"
    ESCALATED = "escalated"
    TAKEN = "taken"
    GIVEN_BACK = "given_back"
    ANSWERED = "answered"
    NOTED = "noted"
    ASSIGNED = "assigned"
    ROUTED = "routed"
    LABELLED = "labelled"
    PRIORITISED = "prioritised"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    CLOSED = "closed"
    REOPENED = "reopened"
    MERGED = "merged"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    CALL_BACK = "call_back"
    CALLED = "called"
    PUT_OFF = "put_off"
    TAKEN_BACK = "taken_back"
    UNDONE = "undone"
    FORGOTTEN = "forgotten"
    AWAY = "away"
    WROTE = "wrote"
    OPENED_SEAL = "opened_seal"
    LINKED = "linked"


class Escalation(Base):
    """A moment at which a conversation was put before officers, with one line of why. At most one a message."""

    __tablename__ = "escalation"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_case.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(24))
    summary: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    """Before there were cases; kept for old rows."""


class Case(Base):
    """A conversation that officers deal with. At most one of a conversation is not closed."""

    __tablename__ = "inbox_case"
    __table_args__ = (
        Index(
            "uq_inbox_case_alive",
            "conversation_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_inbox_case_agency_code_state", "agency_code", "state", "priority"),
        Index("ix_inbox_case_assignee_id_state", "assignee_id", "state"),
        Index("ix_inbox_case_state_priority", "state", "priority", "opened_at"),
        Index("ix_inbox_case_look_at", "look_at"),
        Index("ix_inbox_case_search_text", "search_text", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12), default=State.WAITING)
    reason: Mapped[str] = mapped_column(String(24))
    """Of the gravest escalation."""
    summary: Mapped[str] = mapped_column(Text)
    """One line, of the last escalation."""
    wanted: Mapped[str] = mapped_column(Text, default="")
    """What the citizen last asked, in their words."""
    agency_code: Mapped[str] = mapped_column(String(32), default="")
    """The queue's agency; empty: the hotline's, which serves the whole province."""
    skill: Mapped[str] = mapped_column(String(120), default="")
    """A field ("Hộ tịch"); empty: anybody of the agency."""
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    priority: Mapped[int] = mapped_column(default=Priority.NORMAL)
    labels: Mapped[list[str]] = mapped_column(default=list)
    opened_at: Mapped[datetime]
    answer_due_at: Mapped[datetime]
    """By when somebody should have answered first; lateness is computed from it, never stored."""
    solve_due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    """First answer of an officer."""
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    waits_since: Mapped[datetime | None]
    """Since when the citizen waits for an answer; None when the last word is ours."""
    snoozed_until: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    """When the sweep has something to do with it."""
    told_away_at: Mapped[datetime | None]
    """Set once the citizen was told, in this case, that nobody is there now."""
    call_back: Mapped[str] = mapped_column(String(32), default="")
    """The number to ring, while a call is promised."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_case.id"))
    search_text: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"), default="")
    """Folded words of what it is found by: what it is about, and what was last said."""
    version: Mapped[int] = mapped_column(default=0)
    """Raised by every act."""


class CaseEvent(Base):
    """One act on a case. Written in its transaction, never changed."""

    __tablename__ = "inbox_event"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("inbox_case.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(64))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    text: Mapped[str] = mapped_column(Text, default="")
    """A private note, a reason."""
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Ids and what was before, for undoing."""
    key: Mapped[str | None] = mapped_column(String(64))
    """Of the form that was sent: the same form does it once."""


class Draft(Base):
    """What an officer has typed and not sent, in one case."""

    __tablename__ = "inbox_draft"

    case_id: Mapped[int] = mapped_column(ForeignKey("inbox_case.id"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]


class Later(Base):
    """An answer that goes out later, unless it is taken back before."""

    __tablename__ = "inbox_later"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("inbox_case.id"), index=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[str]] = mapped_column(default=list)
    send_at: Mapped[datetime]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    """Sent, taken back, or refused by then; see `outcome`."""
    outcome: Mapped[str] = mapped_column(String(200), default="")
    """`sent`, `taken_back`, or the sentence why it could not be sent."""


class Canned(Base):
    """A prepared answer with {blanks} that are filled from the dossier and the case."""

    __tablename__ = "inbox_canned"

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_code: Mapped[str] = mapped_column(String(32), default="", index=True)
    """Whose it is; empty: everybody's."""
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    changed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class SavedView(Base):
    """A filter of the list that an officer keeps under a name."""

    __tablename__ = "inbox_view"
    __table_args__ = (UniqueConstraint("officer_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(400))
    """As in the address, without the question mark."""


class Presence(Base):
    """Who has a case open in a browser just now, and who types."""

    __tablename__ = "inbox_presence"

    case_id: Mapped[int] = mapped_column(ForeignKey("inbox_case.id"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    seen_at: Mapped[datetime]
    typed_at: Mapped[datetime | None]


class Queue(Base):
    """How one agency's (and skill's) queue hands out cases. A queue without a row is by hand."""

    __tablename__ = "inbox_queue"
    __table_args__ = (UniqueConstraint("agency_code", "skill"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_code: Mapped[str] = mapped_column(String(32), default="")
    skill: Mapped[str] = mapped_column(String(120), default="")
    method: Mapped[str] = mapped_column(String(16), default=Method.BY_HAND)
    last_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """To whom the last one went, in round robin."""
