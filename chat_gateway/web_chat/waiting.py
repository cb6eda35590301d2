"""Holding a request until there is news, without holding anything else.

A held request costs one gunicorn thread, so only so many are held at once; the rest are told to come again. Nothing
is subscribed to: the ledger is looked at, often while an answer is due, seldom while nothing is.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from threading import BoundedSemaphore
from typing import TypeVar

from chat_gateway.settings import chat_settings

Seen = TypeVar("Seen")

SOON_SECONDS = 0.15
SELDOM_SECONDS = 1.0
SLOWING = 1.2
"""From every 150 ms to once a second within about four seconds."""

sleep = time.sleep


@lru_cache
def places() -> BoundedSemaphore:
    """The places for held requests of this process."""
    return BoundedSemaphore(chat_settings().chat_waiting_limit or 1)


def until(look: Callable[[], Seen], done: Callable[[Seen], bool], *, seconds: float, soon: bool) -> Seen | None:
    """Look again and again until `done` or `seconds` are over; what was seen last. None: no place left to wait."""
    if not chat_settings().chat_waiting_limit or not places().acquire(blocking=False):
        return None
    try:
        left, pause = seconds, SOON_SECONDS if soon else SELDOM_SECONDS
        while True:
            sleep(min(pause, left))
            left, pause = left - pause, min(pause * SLOWING, SELDOM_SECONDS)
            seen = look()
            if done(seen) or left <= 0:
                return seen
    finally:
        places().release()
