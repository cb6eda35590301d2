"""Worker tasks of the hotline: what time does to reports, every minute."""

from huey import crontab

from backend.complaints import sweep as sweeping
from backend.logs import logger
from backend.queue import periodic_task

log = logger(__name__)


@periodic_task(crontab(minute="*"))
def sweep() -> None:
    """Remind of what is late, ask after what was answered; a fault with one does not stop the others."""
    for complaint_id in sweeping.due():
        try:
            sweeping.look(complaint_id)
        except Exception:
            log.exception("report not swept", complaint=complaint_id)
