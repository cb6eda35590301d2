"""Which parts of a message Zalo has taken already."""

from datetime import timedelta

from sqlalchemy import delete, select

from backend import clock
from backend.database import insert_for, reading, transaction
from chat_gateway.zalo.models import ZaloPart

KEPT = timedelta(days=2)
"""Longer than any message is tried."""


def taken(message_id: int) -> dict[int, str]:
    """Zalo's id of each part that went out, by the part's position."""
    with reading() as session:
        rows = session.scalars(select(ZaloPart).where(ZaloPart.message_id == message_id))
        return {row.position: row.provider_message_id for row in rows}


def note(message_id: int, position: int, provider_message_id: str) -> None:
    """A part went out."""
    with transaction() as session:
        row = {"provider_message_id": provider_message_id, "sent_at": clock.now()}
        new = insert_for(session, ZaloPart).values(message_id=message_id, position=position, **row)
        session.execute(new.on_conflict_do_nothing())
        if not position:
            session.execute(delete(ZaloPart).where(ZaloPart.sent_at < clock.now() - KEPT))
