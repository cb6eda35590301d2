"""Officers' accounts and sessions: adding officers, signing in and out, who a browser's session belongs to."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import in_practice, reading, transaction
from backend.errors import Conflict, InvalidInput, NotFound
from backend.i18n import gettext
from backend.organisation import one_time_code, throttle
from backend.organisation.models import (
    ROLE_TITLES,
    Agency,
    Department,
    Officer,
    OfficerSession,
    Role,
)
from backend.organisation.throttle import digest

CODE_WITHIN = timedelta(minutes=5)
IDLE_LIMIT = timedelta(hours=4)
ABSOLUTE_LIMIT = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200  # argon2 would take any length, at our cost
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


class Outcome(StrEnum):
    """How a sign-in went. An unknown name, a wrong password and a closed account all look alike."""

    SIGNED_IN = "signed_in"
    CODE_NEEDED = "code_needed"
    REFUSED = "refused"
    THROTTLED = "throttled"


@dataclass(frozen=True)
class SignIn:
    """`key` is the new session's key, to be kept in the browser's cookie; empty unless signed in.

    `ticket` says that the password was right, where a one-time code is still needed; see `finish`.
    """

    outcome: Outcome
    key: str = ""
    ticket: str = ""


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
    email: str = ""
    must_change: bool = False

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
            raise NotFound(gettext("Không có cán bộ này."))
        return _info(row, session.get_one(Agency, row.agency_id))


def officers(*, agency_id: int | None = None, roles: Iterable[Role] = ()) -> list[OfficerInfo]:
    """The active officers, of one agency and of some roles where given, by name."""
    query = select(Officer, Agency).join(Agency).where(Officer.active).order_by(Officer.name, Officer.id)
    if agency_id is not None:
        query = query.where(Officer.agency_id == agency_id)
    if wanted := [str(role) for role in roles]:
        query = query.where(Officer.role.in_(wanted))
    with reading() as session:
        return [_info(row, agency) for row, agency in session.execute(query)]


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
            raise NotFound(gettext("Không có cơ quan này."))
        if session.scalar(select(Officer.id).where(Officer.username == username)):
            raise Conflict(gettext("Tên đăng nhập %(name)s đã có người dùng.", name=username))
        row = Officer(
            name=name.strip(),
            username=username,
            agency_id=agency_id,
            department_id=department_for(session, agency_id, department.strip()),
            role=str(role),
            password_hash=password_hash,
            created_at=clock.now(),
        )
        session.add(row)
        session.flush()
        audit.record(session, Audit.OFFICER_ADDED, actor=actor, subject=f"officer:{row.id}", role=str(role))
        return row.id


def set_password(username: str, password: str, *, actor: str = "system", must_change: bool = False) -> int:
    """Replace a password, end all sessions of the account and return its id.

    `must_change`: its owner has to choose another one after the next sign-in.

    Raises NotFound and InvalidInput.
    """
    password_hash = _hash(password)
    with transaction() as session:
        row = session.scalar(select(Officer).where(Officer.username == _username(username)))
        if row is None:
            raise NotFound(gettext("Không có tài khoản này."))
        row.password_hash, row.must_change = password_hash, must_change
        session.execute(delete(OfficerSession).where(OfficerSession.officer_id == row.id))
        audit.record(session, Audit.OFFICER_PASSWORD_SET, actor=actor, subject=f"officer:{row.id}")
        return row.id


def sign_in(username: str, password: str, address: str, browser: str = "") -> SignIn:
    """Check a password from the network address `address` and open a session, or ask for the one-time code.

    `browser` is what the owner of the account will see in the list of sessions.
    """
    username = username.strip().lower()[:64]
    with in_practice(False):
        with transaction() as session:
            admitted = throttle.admits(session, username, address)
            found = session.scalar(select(Officer).where(Officer.username == username))
            if not admitted:
                _record_failure(session, found, Outcome.THROTTLED)
        if not admitted:
            return SignIn(Outcome.THROTTLED)
        correct = _verified((found and found.password_hash) or _nobodys_hash(), password)  # slow: no transaction here
        with transaction() as session:
            row = session.get(Officer, found.id, with_for_update=True) if found and correct else None
            # Whoever changes a password ends all sessions: none is opened with the old one after that.
            if not (row and found and row.active and row.password_hash == found.password_hash):
                _record_failure(session, found, Outcome.REFUSED)
                return SignIn(Outcome.REFUSED)
            throttle.forgive(session, username, address)
            if _hasher().check_needs_rehash(row.password_hash):
                row.password_hash = _hasher().hash(password)
            if row.code_nonce:
                return SignIn(Outcome.CODE_NEEDED, ticket=_ticket(row))
            return SignIn(Outcome.SIGNED_IN, _open_session(session, row.id, browser))


def finish(ticket: str, code: str, address: str, browser: str = "") -> SignIn:
    """Check the one-time code, or a recovery code, of somebody whose password was right, and open a session.

    REFUSED for a wrong code or one used before; Raises NotFound when the ticket is too old or the account changed.
    """
    with in_practice(False), transaction() as session:
        row = _holder(session, ticket)
        if not throttle.admits(session, f"code:{row.id}", address):
            _record_failure(session, row, Outcome.THROTTLED)
            return SignIn(Outcome.THROTTLED)
        if not one_time_code.accept(session, row, code):
            _record_failure(session, row, Outcome.REFUSED)
            return SignIn(Outcome.REFUSED)
        throttle.forgive(session, f"code:{row.id}", address)
        return SignIn(Outcome.SIGNED_IN, _open_session(session, row.id, browser))


def _ticket(row: Officer) -> str:
    """Kept in the signed cookie between password and code; void when either was changed meanwhile."""
    return f"{row.id}:{int(clock.now().timestamp())}:{_state_of(row)}"


def _state_of(row: Officer) -> str:
    return digest(f"{row.password_hash}\n{row.code_nonce}")[:24]


def _holder(session: Session, ticket: str) -> Officer:
    number, _, rest = ticket.partition(":")
    issued, _, state = rest.partition(":")
    row = session.get(Officer, int(number)) if number.isdigit() and issued.isdigit() else None
    fresh = row is not None and clock.now().timestamp() - int(issued) <= CODE_WITHIN.total_seconds()
    if row is None or not fresh or not row.active or not row.code_nonce or state != _state_of(row):
        raise NotFound(gettext("Đã quá 5 phút. Anh/chị nhập lại tên và mật khẩu."))
    return row


def sign_out(key: str) -> None:
    """End the session; nothing happens when it has ended already."""
    with in_practice(False), transaction() as session:
        row = session.get(OfficerSession, digest(key))
        if row is not None:
            actor = f"officer:{row.officer_id}"
            session.delete(row)
            audit.record(session, Audit.OFFICER_SIGNED_OUT, actor=actor, subject=actor)


@dataclass(frozen=True)
class Browser:
    """A session as its owner sees it. `id` names it to `end_session_of`; `this` is the one that asks."""

    id: str
    browser: str
    started_at: datetime
    seen_at: datetime
    this: bool


def sessions_of(officer_id: int, key: str) -> list[Browser]:
    """Where the officer is signed in, the last used first."""
    with in_practice(False), reading() as session:
        query = select(OfficerSession).where(OfficerSession.officer_id == officer_id)
        rows = session.scalars(query.order_by(OfficerSession.seen_at.desc()))
        return [
            Browser(row.key_hash[:16], row.browser, row.started_at, row.seen_at, row.key_hash == digest(key))
            for row in rows
            if _lives(row)
        ]


def end_sessions(officer_id: int, *, only: str = "", keep: str = "") -> int:
    """End the officer's sessions: one by its `Browser.id`, or all but the one with the key `keep`; how many."""
    with in_practice(False), transaction() as session:
        rows = session.scalars(select(OfficerSession).where(OfficerSession.officer_id == officer_id)).all()
        chosen = [row for row in rows if row.key_hash.startswith(only) and row.key_hash != digest(keep)]
        for row in chosen:
            session.delete(row)
        actor = f"officer:{officer_id}"
        if chosen:
            audit.record(session, Audit.OFFICER_SIGNED_OUT, actor=actor, subject=actor, sessions=len(chosen))
        return len(chosen)


@dataclass(frozen=True)
class Visitor:
    """Whose browser asks. `practising_as`: the id of the officer they play, in the practice database."""

    officer: OfficerInfo
    practising_as: int | None


def visitor_of(key: str) -> Visitor | None:
    """The active officer whose session has this key; None when it is unknown, too old or idle for too long."""
    with in_practice(False):
        with reading() as session:
            row = session.get(OfficerSession, digest(key)) if key else None
            if row is None or not _lives(row):
                return None
            officer = session.get_one(Officer, row.officer_id)
            info = _info(officer, session.get_one(Agency, officer.agency_id))
            visitor = Visitor(info, row.practising_as)
            stale = clock.now() - row.seen_at > SEEN_EVERY
        if not info.active:
            return None
        if stale:
            _mark_seen(key)
        return visitor


def officer_of(key: str) -> OfficerInfo | None:
    """The officer alone of `visitor_of`."""
    visitor = visitor_of(key)
    return visitor.officer if visitor else None


def practise(key: str, practice_officer_id: int | None) -> None:
    """Remember in the session which officer of the practice database its owner plays; None: no longer any."""
    with in_practice(False), transaction() as session:
        row = session.get(OfficerSession, digest(key))
        if row is None:
            raise NotFound
        row.practising_as = practice_officer_id


def _lives(row: OfficerSession) -> bool:
    now = clock.now()
    return now - row.started_at <= ABSOLUTE_LIMIT and now - row.seen_at <= IDLE_LIMIT


def _mark_seen(key: str) -> None:
    with transaction() as session:
        row = session.get(OfficerSession, digest(key))
        if row is not None:
            row.seen_at = clock.now()


def _open_session(session: Session, officer_id: int, browser: str) -> str:
    now = clock.now()
    key = secrets.token_urlsafe(32)
    session.execute(delete(OfficerSession).where(OfficerSession.started_at < now - ABSOLUTE_LIMIT))
    throttle.clear_old(session)
    session.add(
        OfficerSession(
            key_hash=digest(key), officer_id=officer_id, started_at=now, seen_at=now, browser=browser[:80],
            practising_as=None,
        )
    )  # fmt: skip
    actor = f"officer:{officer_id}"
    audit.record(session, Audit.OFFICER_SIGNED_IN, actor=actor, subject=actor)
    return key


def _record_failure(session: Session, found: Officer | None, outcome: Outcome) -> None:
    subject = f"officer:{found.id}" if found else "officer:unknown"
    audit.record(session, Audit.OFFICER_SIGN_IN_FAILED, actor="system", subject=subject, outcome=str(outcome))


def ask_again(officer_id: int, password: str) -> None:
    """Ask for the password again before something important changes; slow on purpose.

    Raises InvalidInput for a wrong one, and for every one after five: a browser may have been left open.
    """
    asked = digest(f"again\n{officer_id}")
    with in_practice(False):
        with transaction() as session:
            admitted = throttle.count(session, asked) <= throttle.MOST_FAILURES
            known = session.get_one(Officer, officer_id).password_hash
        if not admitted:
            raise InvalidInput(gettext("Đã nhập sai nhiều lần. Anh/chị chờ 10 phút rồi thử lại."))
        if not _verified(known or _nobodys_hash(), password):
            raise InvalidInput(gettext("Mật khẩu hiện tại không đúng."))
        with transaction() as session:
            throttle.forget(session, asked)


def change_password(officer_id: int, old: str, new: str, *, key: str) -> None:
    """The officer's own change; other sessions than the one with `key` end. Raises InvalidInput."""
    ask_again(officer_id, old)
    if old == new:
        raise InvalidInput(gettext("Mật khẩu mới phải khác mật khẩu hiện tại."))
    password_hash = _hash(new)
    with in_practice(False), transaction() as session:
        row = session.get_one(Officer, officer_id)
        row.password_hash, row.must_change = password_hash, False
        session.execute(
            delete(OfficerSession).where(
                OfficerSession.officer_id == officer_id, OfficerSession.key_hash != digest(key)
            )
        )
        itself = f"officer:{officer_id}"
        audit.record(session, Audit.OFFICER_PASSWORD_SET, actor=itself, subject=itself)


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        text = gettext("Mật khẩu phải có từ %(least)s đến %(most)s ký tự.")
        raise InvalidInput(text % {"least": SHORTEST_PASSWORD, "most": LONGEST_PASSWORD})
    return _hasher().hash(password)


def _username(text: str) -> str:
    username = text.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise InvalidInput(gettext("Tên đăng nhập gồm 2 đến 64 chữ không dấu, số, dấu chấm, gạch nối."))
    return username


def department_for(session: Session, agency_id: int, name: str) -> int | None:
    """Id of the department of this name, made where the agency has none; None for no name."""
    if not name:
        return None
    row = session.scalar(select(Department).where(Department.agency_id == agency_id, Department.name == name))
    if row is None:
        row = Department(agency_id=agency_id, name=name)
        session.add(row)
        session.flush()
    return row.id


def _info(row: Officer, agency: Agency) -> OfficerInfo:
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
        email=row.email,
        must_change=row.must_change,
    )
