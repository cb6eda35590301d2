"""The task queue. It only wakes workers and carries ids: the rows are the truth, and a sweep finds what it lost."""

from functools import lru_cache
from typing import Any

from huey import RedisHuey, SqliteHuey
from huey.api import Huey

from backend.database import practising
from backend.settings import settings


class _NothingLeaves:
    """While practising no task is queued: the worker would look for its rows in the real database."""

    def enqueue(self, task: Any) -> Any:
        """As Huey's; None while practising."""
        return None if practising() else super().enqueue(task)  # type: ignore[misc]


class _Sqlite(_NothingLeaves, SqliteHuey):  # type: ignore[misc]
    """Huey on a SQLite file."""


class _Redis(_NothingLeaves, RedisHuey):  # type: ignore[misc]
    """Huey on Redis."""


@lru_cache
def queue() -> Huey:
    """Huey on Redis where `REDIS_URL` is set, else on a SQLite file of its own."""
    if settings().redis_url:
        return _Redis("mot-cua", url=settings().redis_url, results=False, blocking=True)
    settings().data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    filename = str(settings().data_dir / "queue.db")
    # No fsync: a wake-up that a power cut loses is found by the sweep.
    return _Sqlite("mot-cua", filename=filename, results=False, timeout=10, fsync=False)


def task(**options: Any) -> Any:
    """Register a function as a worker task; call it to enqueue, `.schedule(…, delay=seconds)` for later."""
    return queue().task(**options)


def periodic_task(validate: Any, **options: Any) -> Any:
    """Register a function to run by the clock (`huey.crontab`)."""
    return queue().periodic_task(validate, **options)
