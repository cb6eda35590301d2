"""Officers' accounts and sessions: adding officers, signing in and out, who a browser's session belongs to."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, delete, select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import insert_for, reading, transaction
from backend.errors import Conflict, InvalidInput, NotFound
from backend.organisation.models import (
    ROLE_TITLES,
    Agency,
    Department,
    Officer,
    OfficerSession,
    Role,
    SignInThrottle,
)

MOST_FAILURES = 5
THROTTLED_FOR = timedelta(minutes=10)
IDLE_LIMIT = timedelta(hours=4)
ABSOLUTE_LIMIT = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200  # argon2 would take any length, at our cost
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


class Outcome(StrEnum):
    """How a sign-in went. An unknown name, a wrong password and a closed account all look alike."""

    SIGNED_IN = "signed_in"
    REFUSED = "refused"
    THROTTLED = "throttled"


@dataclass(frozen=True)
class SignIn:
    """`key` is the new session's key, to be kept in the browser's cookie; empty unless signed in."""

    outcome: Outcome
    key: str = ""


@dataclass(frozen=True)
class OfficerInfo:
    """An officer as other features see them."""

    id: int
    name: str
    username: str
    role: Role
    agency_id: int
    agency_code: str
    agency_name: str
    department_id: int | None
    active: bool

    @property
    def role_title(self) -> str:
        """The role in Vietnamese."""
        return ROLE_TITLES[self.role]

    @property
    def actor(self) -> str:
        """How audit entries and histories name this officer."""
        return f"officer:{self.id}"


@lru_cache
def _hasher() -> PasswordHasher:
    # OWASP's setting for Argon2id: a third of the library's default memory, because the web process that answers
    # citizens hashes too, on small machines. A stronger one here renews the stored hashes as officers sign in.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@lru_cache
def _nobodys_hash() -> str:
    """What an unknown user's password is compared with, so that the answer takes as long as for a known one."""
    return _hasher().hash(secrets.token_urlsafe(16))


def officer(officer_id: int) -> OfficerInfo:
    """One officer, active or not. Raises NotFound."""
    with reading() as session:
        row = session.get(Officer, officer_id)
        if row is None:
            raise NotFound("Không có cán bộ này.")
        return _info(session, row)


def officers(*, agency_id: int | None = None, roles: Iterable[Role] = ()) -> list[OfficerInfo]:
    """The active officers, of one agency and of some roles where given, by name."""
    query = select(Officer).where(Officer.active).order_by(Officer.name, Officer.id)
    if agency_id is not None:
        query = query.where(Officer.agency_id == agency_id)
    if wanted := [str(role) for role in roles]:
        query = query.where(Officer.role.in_(wanted))
    with reading() as session:
        return [_info(session, row) for row in session.scalars(query)]


def add_officer(
    *,
    name: str,
    username: str,
    password: str | None,
    agency_id: int,
    role: Role,
    department: str = "",
    actor: str = "system",
) -> int:
    """Create an account and return its id. `department` is made where the agency does not have it yet.

    Without a password (None) nobody can sign in with it until one is set.

    Raises InvalidInput for a malformed username or a password that is too short, Conflict for a taken username,
    NotFound for an unknown agency.
    """
    username = _username(username)
    password_hash = _hash(password) if password is not None else ""
    with transaction() as session:
        if session.get(Agency, agency_id) is None:
            raise NotFound("Không có cơ quan này.")
        if session.scalar(select(Officer.id).where(Officer.username == username)):
            raise Conflict(f"Tên đăng nhập {username} đã có người dùng.")
        row = Officer(
            name=name.strip(),
            username=username,
            agency_id=agency_id,
            department_id=_department(session, agency_id, department.strip()),
            role=str(role),
            password_hash=password_hash,
            created_at=clock.now(),
        )
        session.add(row)
        session.flush()
        audit.record(session, Audit.OFFICER_ADDED, actor=actor, subject=f"officer:{row.id}", role=str(role))
        return row.id


def set_password(username: str, password: str, *, actor: str = "system") -> int:
    """Replace a password, end all sessions of the account and return its id.

    Raises NotFound and InvalidInput.
    """
    password_hash = _hash(password)
    with transaction() as session:
        row = session.scalar(select(Officer).where(Officer.username == _username(username)))
        if row is None:
            raise NotFound("Không có tài khoản này.")
        row.password_hash = password_hash
        session.execute(delete(OfficerSession).where(OfficerSession.officer_id == row.id))
        audit.record(session, Audit.OFFICER_PASSWORD_SET, actor=actor, subject=f"officer:{row.id}")
        return row.id


def sign_in(username: str, password: str, address: str) -> SignIn:
    """Check a password from the network address `address` and open a session.

    The attempt is counted as a failure before the password is looked at, so that guesses made at the same time in
    several processes cannot slip through; a success clears the count.
    """
    username = username.strip().lower()[:64]
    throttle_key = _digest(f"{username}\n{address}")
    with transaction() as session:
        failures = _count_failure(session, throttle_key)
        found = session.execute(
            select(Officer.id, Officer.password_hash, Officer.active).where(Officer.username == username)
        ).one_or_none()
        if failures > MOST_FAILURES:
            _record_failure(session, found.id if found else None, Outcome.THROTTLED)
    if failures > MOST_FAILURES:
        return SignIn(Outcome.THROTTLED)
    correct = _verified(found.password_hash if found else _nobodys_hash(), password)  # slow: outside the transaction
    with transaction() as session:
        if not (found and found.active and correct):
            _record_failure(session, found.id if found else None, Outcome.REFUSED)
            return SignIn(Outcome.REFUSED)
        session.execute(delete(SignInThrottle).where(SignInThrottle.key_hash == throttle_key))
        return SignIn(Outcome.SIGNED_IN, _open_session(session, found.id, found.password_hash, password))


def sign_out(key: str) -> None:
    """End the session; nothing happens when it has ended already."""
    with transaction() as session:
        row = session.get(OfficerSession, _digest(key))
        if row is not None:
            actor = f"officer:{row.officer_id}"
            session.delete(row)
            audit.record(session, Audit.OFFICER_SIGNED_OUT, actor=actor, subject=actor)


def officer_of(key: str) -> OfficerInfo | None:
    """The active officer whose session has this key; None when it is unknown, too old or idle for too long."""
    now = clock.now()
    with reading() as session:
        row = session.get(OfficerSession, _digest(key)) if key else None
        if row is None or now - row.started_at > ABSOLUTE_LIMIT or now - row.seen_at > IDLE_LIMIT:
            return None
        account = session.get_one(Officer, row.officer_id)
        info = _info(session, account)
        stale = now - row.seen_at > SEEN_EVERY
    if not info.active:
        return None
    if stale:
        _mark_seen(key)
    return info


def _mark_seen(key: str) -> None:
    with transaction() as session:
        row = session.get(OfficerSession, _digest(key))
        if row is not None:
            row.seen_at = clock.now()


def _open_session(session: Session, officer_id: int, password_hash: str, password: str) -> str:
    now = clock.now()
    key = secrets.token_urlsafe(32)
    session.execute(delete(OfficerSession).where(OfficerSession.started_at < now - ABSOLUTE_LIMIT))
    session.execute(delete(SignInThrottle).where(SignInThrottle.last_at < now - THROTTLED_FOR))
    session.add(OfficerSession(key_hash=_digest(key), officer_id=officer_id, started_at=now, seen_at=now))
    if _hasher().check_needs_rehash(password_hash):
        session.get_one(Officer, officer_id).password_hash = _hasher().hash(password)
    actor = f"officer:{officer_id}"
    audit.record(session, Audit.OFFICER_SIGNED_IN, actor=actor, subject=actor)
    return key


def _count_failure(session: Session, key_hash: str) -> int:
    """Count one more attempt and return how many there are; the waiting time runs from the last counted one."""
    now = clock.now()
    table = SignInThrottle
    expired = table.last_at < now - THROTTLED_FOR
    full = table.failures >= MOST_FAILURES
    statement = insert_for(session, table).values(key_hash=key_hash, failures=1, last_at=now)
    counted: Any = statement.on_conflict_do_update(
        index_elements=[table.key_hash],
        set_={
            "failures": case((expired, 1), else_=table.failures + 1),
            "last_at": case((expired, now), (full, table.last_at), else_=now),
        },
    ).returning(table.failures)
    return int(session.scalar(counted))


def _record_failure(session: Session, officer_id: int | None, outcome: Outcome) -> None:
    subject = f"officer:{officer_id}" if officer_id else "officer:unknown"
    audit.record(session, Audit.OFFICER_SIGN_IN_FAILED, actor="system", subject=subject, outcome=str(outcome))


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(f"Mật khẩu phải có từ {SHORTEST_PASSWORD} đến {LONGEST_PASSWORD} ký tự.")
    return _hasher().hash(password)


def _username(text: str) -> str:
    username = text.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise InvalidInput("Tên đăng nhập gồm 2 đến 64 chữ không dấu, số, dấu chấm, gạch nối.")
    return username


def _department(session: Session, agency_id: int, name: str) -> int | None:
    if not name:
        return None
    row = session.scalar(select(Department).where(Department.agency_id == agency_id, Department.name == name))
    if row is None:
        row = Department(agency_id=agency_id, name=name)
        session.add(row)
        session.flush()
    return row.id


def _info(session: Session, row: Officer) -> OfficerInfo:
    agency = session.get_one(Agency, row.agency_id)
    return OfficerInfo(
        id=row.id,
        name=row.name,
        username=row.username,
        role=Role(row.role),
        agency_id=row.agency_id,
        agency_code=agency.code,
        agency_name=agency.name,
        department_id=row.department_id,
        active=row.active,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
