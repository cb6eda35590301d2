"""Telling people what has happened: one row a recipient, written in the transaction of the event.

The row is the truth; a task renders it from the template in force and tries the recipient's channels one after the
other (`dispatch`). Features say what happened and to whom; wording, channels and quiet hours are decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend.notifications.events import Event as Event


@dataclass(frozen=True)
class Applicant:
    """Whom to tell outside the house. `phone` is E.164."""

    name: str
    phone: str
    email: str = ""
    citizen_id: int | None = None


@dataclass(frozen=True)
class Telling:
    """What happened. `subject` is `dossier:<id>`; `about` its code, for the conversation to know what "HS" means.

    `key` makes it unique: the same event, key and recipient are told once, however often it is asked for.
    `facts` fill the template's placeholders. `not_before` holds it back while the event can still be undone.
    """

    event: Event
    subject: str
    about: str
    key: str
    facts: Mapping[str, str]
    variant: str = ""
    not_before: datetime | None = None


def tell_applicant(session: Session, telling: Telling, to: Applicant) -> None:
    """Write the notification of an applicant into the open transaction."""


def tell_officers(session: Session, telling: Telling, officer_ids: Sequence[int]) -> None:
    """Write the notifications of officers into the open transaction."""


def take_back(session: Session, subject: str, key: str) -> None:
    """Suppress what is still held back of an event that is undone."""
