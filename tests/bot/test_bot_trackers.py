"""Our tracker store keeps what Rasa's keeps, read back by Rasa's own."""

import asyncio
from pathlib import Path

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered

from bot.trackers import TrackerStore

DOMAIN = Domain.from_dict({"intents": ["ask"], "slots": {"code": {"type": "text", "mappings": [{"type": "custom"}]}}})


def turn(number: int) -> list[Event]:
    return [UserUttered(f"câu {number}", timestamp=number), SlotSet("code", str(number)), BotUttered(f"lời {number}")]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "rasa.db")


def kept(path: str, sender: str) -> list[str]:
    """The events of all sessions as Rasa's own store reads them."""
    tracker = asyncio.run(SQLTrackerStore(DOMAIN, db=path).retrieve_full_tracker(sender))
    return [] if tracker is None else [str(event) for event in tracker.events]


def test_a_tracker_that_was_never_saved_leaves_nothing(path: str) -> None:
    tracker = asyncio.run(TrackerStore(DOMAIN, db=path).get_or_create_tracker("17"))
    assert [type(event) for event in tracker.events] == [ActionExecuted]
    assert kept(path, "17") == []


def test_each_event_is_kept_once_and_in_order_over_turns_and_sessions(path: str) -> None:
    async def converse() -> list[Event]:
        said: list[Event] = []
        for number in range(1, 5):
            store = TrackerStore(DOMAIN, db=path)  # another process each time
            tracker = await store.get_or_create_tracker("17", append_action_listen=False)
            began = [SessionStarted(timestamp=number)] if number in (1, 3) else []
            for event in (*began, *turn(number)):
                tracker.update(event)
                said.append(event)
            await store.save(tracker)
            await store.save(tracker)  # nothing new, nothing written
        return said

    said = asyncio.run(converse())
    assert kept(path, "17") == [str(event) for event in said]


def test_a_tracker_of_another_origin_is_saved_as_rasa_would(path: str) -> None:
    async def move() -> None:
        theirs, ours = SQLTrackerStore(DOMAIN, db=path), TrackerStore(DOMAIN, db=path)
        tracker = theirs.init_tracker("18")
        tracker.update_with_events(turn(1), DOMAIN)
        await ours.save(tracker)

    asyncio.run(move())
    assert len(kept(path, "18")) == 3


def test_sqlite_writes_ahead_and_waits_for_others(path: str) -> None:
    store = TrackerStore(DOMAIN, db=path)
    with store.engine.connect() as connection:
        assert connection.execute("PRAGMA journal_mode").scalar() == "wal"
        assert connection.execute("PRAGMA busy_timeout").scalar() == 10_000
