"""Worker tasks of the inbox: what time does to cases, every minute."""

from huey import crontab

from backend.inbox import answering
from backend.inbox import sweep as sweeping
from backend.logs import logger
from backend.queue import periodic_task

log = logger(__name__)


@periodic_task(crontab(minute="*"))
def sweep() -> None:
    """Wake, escalate, send what was put off; a fault with one does not stop the others."""
    for case_id in sweeping.due():
        try:
            sweeping.look(case_id)
        except Exception:
            log.exception("case not swept", case=case_id)
    for later_id in answering.due_later():
        try:
            answering.send_later(later_id)
        except Exception:
            log.exception("answer not sent", later=later_id)
