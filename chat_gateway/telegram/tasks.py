"""Worker tasks of Telegram: what takes a call to the Bot API and has no place in a webhook."""

from datetime import timedelta
from threading import Lock

from huey import crontab

from backend.logs import logger
from backend.messaging.channels import Rejected, SendError
from backend.queue import periodic_task, queue, task
from chat_gateway.settings import chat_settings
from chat_gateway.telegram import presses

log = logger(__name__)

SETTLING = timedelta(seconds=5)
AGAIN_SECONDS = 2.0


@task()
def answer_press(press_id: str) -> None:
    """Tell Telegram that a press has arrived, until it has heard; does nothing where it was told."""
    text = presses.text_of(press_id)
    if text is None:
        return
    from chat_gateway.telegram.bot_api import line  # its library takes long to import

    try:
        line().answer_press(press_id, text)
    except Rejected:  # too old, or told already by a worker that died before it could say so
        log.info("press not answerable")
    except SendError as error:
        log.warning("press not answered yet", error=type(error).__name__)
        answer_press.schedule((press_id,), delay=getattr(error, "after_seconds", None) or AGAIN_SECONDS)
        return
    presses.settle(press_id)


@periodic_task(crontab(minute="*"))
def sweep_presses() -> None:
    """A lost queue or a killed worker loses no press."""
    _sweep(SETTLING)


def _sweep(settling: timedelta) -> None:
    if chat_settings().telegram:
        for press_id in presses.unanswered(settling):
            answer_press(press_id)


_starting = Lock()


@queue().on_startup()
def sweep_presses_at_start() -> None:
    """What the last worker left."""
    if _starting.acquire(blocking=False):  # the hook runs once for each thread
        _sweep(timedelta())
