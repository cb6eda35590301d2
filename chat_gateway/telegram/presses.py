"""The small ledger of pressed buttons: written with the message, gone when Telegram has been told."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend import clock
from backend.database import insert_for, reading, transaction
from chat_gateway.telegram.models import TelegramPress

ANSWERABLE = timedelta(minutes=10)
"""Telegram forgets a press sooner; nobody waits for its answer any longer."""


def note(session: Session, press_id: str, text: str) -> bool:
    """Write a press down; False when it is there already."""
    row = insert_for(session, TelegramPress).values(id=press_id, text=text, at=clock.now())
    made = session.execute(row.on_conflict_do_nothing().returning(TelegramPress.id)).scalar()
    return made is not None


def text_of(press_id: str) -> str | None:
    """What is to be shown for a press, None when it has been answered."""
    with reading() as session:
        found = session.get(TelegramPress, press_id)
        return None if found is None else found.text


def settle(press_id: str) -> None:
    """Telegram knows."""
    with transaction() as session:
        session.execute(delete(TelegramPress).where(TelegramPress.id == press_id))


def unanswered(settling: timedelta) -> Sequence[str]:
    """Presses older than `settling`, whose wake-up may be lost; those nobody waits for any longer are dropped."""
    now = clock.now()
    with transaction() as session:
        session.execute(delete(TelegramPress).where(TelegramPress.at < now - ANSWERABLE))
        return session.scalars(select(TelegramPress.id).where(TelegramPress.at <= now - settling)).all()
