"""What the worker does for the SMS gateway by the clock."""

from huey import crontab

from backend.queue import periodic_task
from sms_gateway import standing
from sms_gateway.settings import sms_settings


@periodic_task(crontab(minute="*"))
def balance() -> None:
    """Weights follow how the providers do; with one provider there is nothing to weigh."""
    if len(sms_settings().weights) > 1:
        standing.balance()
