"""The task queue. It only wakes workers and carries ids: the rows are the truth, and a sweep finds what it lost."""

from functools import lru_cache
from typing import Any

from huey import RedisHuey, SqliteHuey
from huey.api import Huey

from backend.settings import settings


@lru_cache
def queue() -> Huey:
    """Huey on Redis where `REDIS_URL` is set, else on a SQLite file of its own."""
    if settings().redis_url:
        return RedisHuey("mot-cua", url=settings().redis_url, results=False, blocking=True)
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    filename = str(settings().data_dir / "queue.db")
    # No fsync: a wake-up that a power cut loses is found by the sweep.
    return SqliteHuey("mot-cua", filename=filename, results=False, timeout=10, fsync=False)


def task(**options: Any) -> Any:
    """Register a function as a worker task; call it to enqueue, `.schedule(…, delay=seconds)` for later."""
    return queue().task(**options)


def periodic_task(validate: Any, **options: Any) -> Any:
    """Register a function to run by the clock (`huey.crontab`)."""
    return queue().periodic_task(validate, **options)
