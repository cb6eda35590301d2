"""Worker tasks: what time does to dossiers, and what banks and post offices are asked, every minute."""

from collections.abc import Callable
from threading import Lock

from huey import crontab

from backend.dossiers import payments, postal
from backend.dossiers import sweep as sweeping
from backend.logs import logger
from backend.queue import periodic_task

log = logger(__name__)

_sweeping = Lock()
"""A long sweep is not joined by the next minute's in this process; another worker's would only find less to do."""


@periodic_task(crontab(minute="*"))
def sweep() -> None:
    """Warn, remind, cancel, tell who is late, move what a new holiday touches."""
    if not _sweeping.acquire(blocking=False):
        return
    try:
        done = sweeping.sweep()
        moved = sweeping.settle_calendar()
    finally:
        _sweeping.release()
    if done.looked_at or moved:
        log.info(
            "dossiers swept",
            looked_at=done.looked_at,
            told=done.told,
            drafted=done.drafted,
            cancelled=done.cancelled,
            failed=done.failed,
            moved=moved,
        )


@periodic_task(crontab(minute="*"))
def give_back() -> None:
    """Have refunds made that are due; those a provider does not answer are tried again the next minute."""
    for payment_id in payments.refunds_due():
        _one(payments.refund, payment_id)


@periodic_task(crontab(minute="*"))
def order_parcels() -> None:
    """Order the parcels of results that are to go by post."""
    for shipment_id in postal.to_order():
        _one(postal.order, shipment_id)


@periodic_task(crontab(minute="*/10"))
def follow_parcels() -> None:
    """Ask where parcels are, and end the dossiers of those delivered."""
    for shipment_id in postal.to_follow():
        _one(postal.follow, shipment_id)
    for dossier_id in postal.to_hand_over():
        _one(postal.hand_over, dossier_id)


def _one(do: Callable[[int], object], row_id: int) -> None:
    """One row; a fault with it, or somebody else having done it meanwhile, must not stop the others."""
    try:
        do(row_id)
    except Exception:
        log.exception("task failed", task=do.__name__, row=row_id)
