"""The one search, used by the API, the keyword commands and the command line: keeps the index of today's catalogue.

The index is built on first use in each process and again when the catalogue's revision or the day changed. While it is
being rebuilt the old one answers; only the very first question waits.
"""

import threading
import time
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Engine

from backend import clock
from backend.database import engine, in_practice, reading
from backend.logs import logger
from backend.procedures import situations, titles, versions
from backend.procedures.index import Found, Hit, Index

CHECK_SECONDS = 2.0
log = logger(__name__)


@dataclass(frozen=True)
class _Built:
    database: Engine
    revision: tuple[int, datetime] | None
    day: date
    index: Index


_lock = threading.Lock()
_built: _Built | None = None
_checked_at = 0.0


def search(text: str, *, limit: int = 5, level: str | None = None, agency: str = "") -> Found:
    """The procedures that a citizen's words may mean, best first, each with a title, and how sure that is.

    `level` (province, district, commune) and `agency` (words of its name) are hints: they move hits, they exclude none.
    Words that tell what happened ("mẹ tôi mất tuần trước") find what it calls for: see `situations`.
    """
    catalogue = index()
    found = catalogue.search(text, limit=limit, level=level, agency=agency)
    situation = situations.told(text, found.residual, sure=found.decision == "sure")
    if situation is not None:
        known = [(entry, title) for code, title in situation.offer if (entry := catalogue.entry(code))]
        if known:
            hits = tuple(Hit(entry, float(len(known) - n), title) for n, (entry, title) in enumerate(known[:limit]))
            return Found("ask", found.residual, hits, situation.ask)
    shown = titles.distinct([hit.entry for hit in found.hits])
    return replace(found, hits=tuple(replace(hit, title=title) for hit, title in zip(found.hits, shown, strict=True)))


def index() -> Index:
    """The index of the catalogue in force today."""
    built = _built if _built is not None and _built.database is engine() else None
    if built is not None and time.monotonic() - _checked_at < CHECK_SECONDS:
        return built.index
    if not _lock.acquire(blocking=built is None):
        assert built is not None
        return built.index  # somebody is checking or rebuilding
    try:
        return _checked()
    finally:
        _lock.release()


def _checked() -> Index:
    """The index, rebuilt when what it was built from changed; called with the lock held."""
    global _built, _checked_at
    day = clock.today()
    with in_practice(False), reading() as session:  # practice has a copy of the same catalogue
        revision = versions.revision(session)
        if _built is None or _built.database is not engine() or (_built.revision, _built.day) != (revision, day):
            started = time.monotonic()
            _built = _Built(engine(), revision, day, Index(versions.entries(session, day)))
            seconds = round(time.monotonic() - started, 1)
            log.info("search index built", procedures=len(_built.index.entries), seconds=seconds)
    _checked_at = time.monotonic()
    return _built.index


def forget() -> None:
    """Drop the index, so that the next question builds it; called after an import in the same process."""
    global _built
    with _lock:
        _built = None
