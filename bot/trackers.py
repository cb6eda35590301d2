"""The trackers in SQL, as Rasa keeps them, at the price of one read and one write a turn.

Rasa's own store opens a connection for each session on SQLite, writes a new conversation before anything was said in
it, and counts at each save what it has read a moment before. On SQLite every commit waited for the disk besides.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.trackers import ACTION_LISTEN_NAME, DialogueStateTracker
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool


class TrackerStore(SQLTrackerStore):
    """Named in endpoints.yml. The lock of `bot.channels.turn` keeps a conversation to one turn at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.engine.dialect.name == "sqlite":
            url = self.engine.url
            self.engine = sa.create_engine(url, poolclass=QueuePool, connect_args={"check_same_thread": False})
            sa.event.listen(self.engine, "connect", _set_up_sqlite)
            self.sessionmaker = sessionmaker(bind=self.engine)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A tracker for somebody new, kept when the first turn is: a turn happens whole or not at all."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        tracker.stored = 0
        return tracker

    async def _retrieve(self, sender_id: str, fetch_events_from_all_sessions: bool) -> DialogueStateTracker | None:
        tracker = await super()._retrieve(sender_id, fetch_events_from_all_sessions)
        if tracker is not None:
            tracker.stored = len(tracker.events)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write what was added since the tracker was read."""
        await super().save(tracker)
        tracker.stored = len(tracker.events)

    def _additional_events(self, session: Session, tracker: DialogueStateTracker) -> Iterator[Event]:
        if not hasattr(tracker, "stored"):  # it came from somewhere else
            additional: Iterator[Event] = super()._additional_events(session, tracker)
            return additional
        return itertools.islice(tracker.events, tracker.stored, None)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # Like the other database of ours: a power cut may cost the last moments of a dialogue, a crash of Rasa nothing.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
