"""How fast we may call Zalo."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets `per_minute` calls through on average, a second's worth of them at once after a pause; for many threads."""

    def __init__(self, per_minute: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._interval = 60 / per_minute
        self._burst = max(0.0, 1.0 - self._interval)
        self._used_until = float("-inf")
        self._lock = threading.Lock()
        self._sleep = sleep

    def take(self, longest_wait: float) -> float:
        """Wait for our turn and give 0.0; a turn more than `longest_wait` seconds away is given back instead."""
        with self._lock:
            now = time.monotonic()
            until = max(self._used_until, now)
            wait = until - self._burst - now
            if wait > longest_wait:
                return wait
            self._used_until = until + self._interval
        if wait > 0:
            self._sleep(wait)
        return 0.0
