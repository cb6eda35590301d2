"""The one clock. Stored times are UTC; decisions are taken in the province's time zone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """The current instant, timezone-aware, in UTC."""
    return _source()


def today() -> date:
    """The current calendar day in Vietnam."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """`moment` on the clocks of Vietnam."""
    return moment.astimezone(VIETNAM)


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Within the block `now()` is `moment` (aware); for tests and for replaying history."""
    global _source
    before, _source = _source, lambda: moment.astimezone(UTC)
    try:
        yield
    finally:
        _source = before
