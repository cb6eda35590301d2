"""Worker tasks: what time does to dossiers, every minute."""

from threading import Lock

from huey import crontab

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
