"""The worker's task of the morning digest. Not in `tasks`, which the service knows: the digest itself asks dossiers."""

from huey import crontab

from backend.logs import logger
from backend.notifications import digest
from backend.queue import periodic_task

log = logger(__name__)


@periodic_task(crontab(minute="*/5"))
def send_digests() -> None:
    """Every officer's digest, once it is time; what failed is tried again at the next look."""
    for officer_id in digest.waiting():
        try:
            digest.send(officer_id)
        except Exception:
            log.exception("digest failed", officer=officer_id)
