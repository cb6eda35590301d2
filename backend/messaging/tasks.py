"""Worker tasks: they take ids, re-read the rows, and do nothing when there is nothing to do any more."""

from datetime import timedelta
from threading import Lock

from huey import crontab

from backend import clock
from backend.database import reading, transaction
from backend.messaging import delivery, ledger, receipts, turn
from backend.queue import periodic_task, queue, task
from backend.settings import settings

SETTLING = timedelta(seconds=5)
"""Younger messages have a wake-up on its way; the sweep leaves them alone."""
RECEIPTS_KEPT = timedelta(days=3)


@task()
def run_turn(conversation_id: int) -> None:
    """Answer what waits in a conversation, then hand over the replies."""
    outcome = turn.run(conversation_id)
    for message_id in outcome.deliver:  # at once, in this worker; were it to die now, the sweep would find them
        _hand_over(message_id)
    for message_id in outcome.fetch:
        fetch_for_officer(message_id)
    if outcome.again_in is not None:
        run_turn.schedule((conversation_id,), delay=outcome.again_in)


@task()
def fetch_for_officer(message_id: int) -> None:
    """Fetch the files of a message that an officer answers."""
    again_in = turn.fetch_for_officer(message_id)
    if again_in is not None:
        fetch_for_officer.schedule((message_id,), delay=again_in)


@task()
def deliver(message_id: int) -> None:
    """Hand one message to its provider, and others that wait where the provider takes several at once."""
    _hand_over(message_id, company=True)


def _hand_over(message_id: int, *, company: bool = False) -> None:
    outcome = delivery.deliver(message_id, company=company)
    for next_id in outcome.next_ids:
        deliver(next_id)
    for again_id, seconds in outcome.again_in:
        deliver.schedule((again_id,), delay=seconds)


@periodic_task(crontab(minute="*"))
def sweep() -> None:
    """Wake up for everything that waits too long: a lost queue, a killed worker, a crashed Rasa lose nothing."""
    _sweep(SETTLING)
    for seconds in range(10, 60, 10):
        look_again.schedule(delay=seconds)


@task()
def look_again() -> None:
    """A sweep between the minutes."""
    _sweep(SETTLING)


def _sweep(settling: timedelta) -> None:
    with reading() as session:
        older_than = clock.now() - settling
        turns = ledger.forgotten_turns(session, older_than)
        deliveries = ledger.forgotten_deliveries(session, older_than)
        files = ledger.forgotten_files(session)
    with transaction() as session:
        receipts.settle_early(session, clock.now() - RECEIPTS_KEPT)
    for conversation_id in turns:
        run_turn(conversation_id)
    for message_id in deliveries:
        deliver(message_id)
    for message_id in files:
        fetch_for_officer(message_id)


_starting = Lock()


@queue().on_startup()
def sweep_at_start() -> None:
    """A worker that comes back looks for what the last one left, and again when that one's leases have run out."""
    if not _starting.acquire(blocking=False):
        return  # the hook runs once for each thread
    _sweep(timedelta())
    for seconds in (settings().turn_lease_seconds, settings().delivery_lease_seconds):
        look_again.schedule(delay=seconds + 1)
