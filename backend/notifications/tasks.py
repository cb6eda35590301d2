"""Worker tasks: they take ids, re-read the rows, and do nothing when there is nothing to do any more."""

import time
from collections.abc import Sequence
from datetime import datetime

from huey import crontab

from backend import clock
from backend.notifications import dispatch
from backend.queue import periodic_task, task

AT_A_TIME = 500
SECONDS = 50
"""A sweep ends before the next one begins."""


@task()
def tell(notification_id: int) -> None:
    """Do what is due for one notification."""
    dispatch.run(notification_id)


def wake(notification_ids: Sequence[int], at: datetime) -> None:
    """See to these notifications at that moment."""
    delay = (at - clock.now()).total_seconds()
    for one in notification_ids:
        if delay > 0:
            tell.schedule((one,), delay=delay)
        else:
            tell(one)


@periodic_task(crontab(minute="*"))
def sweep() -> None:
    """Everything that is due: the end of quiet hours, deadlines of channels, what a killed worker left."""
    give_up_at = time.monotonic() + SECONDS
    while dispatch.release(AT_A_TIME) == AT_A_TIME and time.monotonic() < give_up_at:
        pass
    done: Sequence[int] = []
    while (ids := dispatch.due(AT_A_TIME)) != done and time.monotonic() < give_up_at:
        for one in ids:
            dispatch.run(one)
        done = ids  # the same again: another worker holds them
