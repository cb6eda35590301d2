"""Slowing down those who guess passwords and codes, without locking their owners out for long.

Three counts of failures: of a name from one address (a door that closes), of a name from anywhere (ever longer
pauses, at most half a minute), and of an address whatever the name (many officers may share one).
"""

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import case, delete, select
from sqlalchemy.orm import Session

from backend import clock
from backend.database import insert_for
from backend.organisation.models import SignInThrottle

MOST_FAILURES = 5
MOST_OF_AN_ADDRESS = 100
UNSLOWED_OF_A_NAME = 10
LONGEST_PAUSE = timedelta(seconds=30)
THROTTLED_FOR = timedelta(minutes=10)


def digest(text: str) -> str:
    """How keys are kept: as SHA-256, so that the table holds neither names nor addresses."""
    return hashlib.sha256(text.encode()).hexdigest()


def admits(session: Session, name: str, address: str) -> bool:
    """Count an attempt as failed before it is looked at, and say whether it may be looked at.

    Counting first means that guesses made at the same time in several processes cannot slip through.
    """
    if count(session, _pair(name, address)) > MOST_FAILURES or _pausing(session, _name(name)):
        return False
    count(session, _name(name), most=None)
    return count(session, _address(address), most=MOST_OF_AN_ADDRESS) <= MOST_OF_AN_ADDRESS


def forgive(session: Session, name: str, address: str) -> None:
    """Forget the failures of a name that has proved itself; the address's one attempt is taken back."""
    session.execute(delete(SignInThrottle).where(SignInThrottle.key_hash.in_([_pair(name, address), _name(name)])))
    row = session.get(SignInThrottle, _address(address), with_for_update=True)
    if row is not None:
        row.failures = max(row.failures - 1, 0)


def forget(session: Session, key_hash: str) -> None:
    """Drop one count: who it was kept of has proved themselves."""
    session.execute(delete(SignInThrottle).where(SignInThrottle.key_hash == key_hash))


def clear_old(session: Session) -> None:
    """Drop the counts that have run out."""
    session.execute(delete(SignInThrottle).where(SignInThrottle.last_at < clock.now() - THROTTLED_FOR))


def count(session: Session, key_hash: str, most: int | None = MOST_FAILURES) -> int:
    """Count one more attempt and return how many there are.

    The waiting time runs from the last attempt up to `most`; those beyond it do not make it longer.
    """
    now = clock.now()
    table = SignInThrottle
    expired = table.last_at < now - THROTTLED_FOR
    moved: list[Any] = [(expired, now)]
    if most is not None:
        moved.append((table.failures >= most, table.last_at))
    statement = insert_for(session, table).values(key_hash=key_hash, failures=1, last_at=now)
    counted: Any = statement.on_conflict_do_update(
        index_elements=[table.key_hash],
        set_={"failures": case((expired, 1), else_=table.failures + 1), "last_at": case(*moved, else_=now)},
    ).returning(table.failures)
    return int(session.scalar(counted))


def _pausing(session: Session, key_hash: str) -> bool:
    row = session.scalar(select(SignInThrottle).where(SignInThrottle.key_hash == key_hash).with_for_update())
    if row is None or row.failures < UNSLOWED_OF_A_NAME:
        return False
    pause = min(timedelta(seconds=2 ** min(row.failures - UNSLOWED_OF_A_NAME, 10)), LONGEST_PAUSE)
    return clock.now() - row.last_at < pause


def _pair(name: str, address: str) -> str:
    return digest(f"{name}\n{address}")


def _name(name: str) -> str:
    return digest(f"name\n{name}")


def _address(address: str) -> str:
    return digest(f"address\n{address}")
