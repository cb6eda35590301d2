"""How often one asker may ask, counted in this process: enough where a flood is only a nuisance, not a way in."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from backend import clock
from backend.errors import TooMany

MOST_ASKERS = 20_000
"""Remembered at once; the one not seen for longest is forgotten first."""


class Throttle:
    """At most `most` times within `within`, each asker for themselves."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most, self._within = most, within
        self._seen: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def count(self, asker: str) -> None:
        """Count one more. Raises TooMany, and then does not count it."""
        with self._lock:
            recent = self._recent(asker)
            if len(recent) >= self._most:
                raise TooMany
            recent.append(clock.now())

    def check(self, asker: str) -> None:
        """Raises TooMany where one more would be too many; counts nothing."""
        with self._lock:
            if len(self._recent(asker)) >= self._most:
                raise TooMany

    def forget(self) -> None:
        """Begin anew; for tests."""
        self._seen.clear()

    def _recent(self, asker: str) -> list[datetime]:
        since = clock.now() - self._within
        kept = self._seen[asker] = [at for at in self._seen.get(asker, []) if at > since]
        self._seen.move_to_end(asker)
        while len(self._seen) > MOST_ASKERS:
            self._seen.popitem(last=False)
        return kept
