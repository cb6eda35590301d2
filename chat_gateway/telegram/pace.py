"""How fast we may write: so many messages a second in all, one a second to each chat; for all threads of a process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

REMEMBERED = 10_000
"""Chats; the one that was written to longest ago is forgotten first, long after its second is over."""


class Pace:
    """Gives turns: `per_second` in all, evenly; one chat's are `chat_seconds` apart."""

    def __init__(
        self,
        per_second: float,
        chat_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval, self._chat_seconds = 1 / per_second, chat_seconds
        self._clock, self._sleep = clock, sleep
        self._next = float("-inf")
        self._chats: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, chat: str, longest_wait: float) -> float:
        """Wait for a turn and give 0.0; one more than `longest_wait` seconds away is not taken, its seconds given."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next, self._chats.get(chat, now))
            if turn - now > longest_wait:
                return turn - now
            self._next = max(now, self._next) + self._interval
            self._until(chat, turn + self._chat_seconds)
        if turn > now:
            self._sleep(turn - now)
        return 0.0

    def pause(self, chat: str, seconds: float) -> None:
        """Telegram has named a time for this chat."""
        with self._lock:
            self._until(chat, self._clock() + seconds)

    def _until(self, chat: str, moment: float) -> None:
        self._chats[chat] = max(moment, self._chats.get(chat, moment))
        self._chats.move_to_end(chat)
        while len(self._chats) > REMEMBERED:
            self._chats.popitem(last=False)
