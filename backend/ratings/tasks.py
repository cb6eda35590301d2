"""Worker tasks: asking, and releasing the sums of a finished month."""

from huey import crontab

from backend.logs import logger
from backend.queue import periodic_task
from backend.ratings import asking, sums

log = logger(__name__)


@periodic_task(crontab(minute="*/5"))
def ask() -> None:
    """Whose result was handed over some working hours ago is asked; a fault with one must not stop the others."""
    asking.collect()
    for request_id in asking.due():
        try:
            asking.ask(request_id)
        except Exception:
            log.exception("asking for a rating failed", request=request_id)


@periodic_task(crontab(hour="2", minute="40"))
def release() -> None:
    """At night, once a day: officers' fives, and agencies' months as they end."""
    released = sums.release()
    if released:
        log.info("rating sums released", groups=released)
