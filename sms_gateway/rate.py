"""How fast we may talk to a provider."""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Lets `per_second` calls through per second on average, one second's worth of them at once after a pause.

    Shared by the threads of one process; each waiting thread has its own place in the queue.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._burst = max(0.0, 1.0 - self._interval)
        self._clock, self._sleep = clock, sleep
        self._used_up_until = float("-inf")
        self._lock = threading.Lock()

    def take(self, longest_wait: float, turns: int = 1) -> float:
        """Wait for our turn and give 0.0; a turn more than `longest_wait` seconds away is not taken but given back.

        Several `turns` in a row begin with the first one; the next one to come waits for all of them.
        """
        with self._lock:
            now = self._clock()
            until = max(self._used_up_until, now)
            wait = until - self._burst - now
            if wait > longest_wait:
                return wait
            self._used_up_until = until + turns * self._interval
        if wait > 0:
            self._sleep(wait)
        return 0.0
