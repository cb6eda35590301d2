"""One-time codes (TOTP) as a second proof at sign-in, and the recovery codes on paper that replace one.

The secret is derived from a nonce in the row and `SECRET_KEY`, so a copy of the database alone makes no codes.
"""

import base64
import hashlib
import hmac
import secrets

import pyotp
from sqlalchemy import CursorResult, delete, update
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import in_practice, reading, transaction
from backend.errors import InvalidInput
from backend.i18n import gettext
from backend.organisation.models import Officer, RecoveryCode
from backend.settings import settings

PERIOD = 30  # seconds a code is shown
WINDOW = 1  # steps earlier or later that are taken, for phones whose clock is off
RECOVERY_CODES = 8


def new_nonce() -> str:
    """What a secret is derived from; kept in the browser's signed cookie until the first code has proved it."""
    return secrets.token_hex(16)


def secret_of(officer_id: int, nonce: str) -> str:
    """The secret in base32, as authenticator apps take it."""
    text = f"one-time-code:{officer_id}:{nonce}"
    key = hmac.new(settings().secret_key.get_secret_value().encode(), text.encode(), hashlib.sha256).digest()
    return base64.b32encode(key[:20]).decode()


def address_of(officer_id: int, nonce: str, username: str) -> str:
    """The `otpauth://` address that the QR code holds."""
    named = f"Một Cửa {settings().province}"
    return pyotp.TOTP(secret_of(officer_id, nonce)).provisioning_uri(name=username, issuer_name=named)


def is_on(officer_id: int) -> bool:
    """True when a code is asked for at this officer's sign-in."""
    with in_practice(False), reading() as session:
        return session.get_one(Officer, officer_id).code_nonce is not None


def turn_on(officer_id: int, nonce: str, code: str) -> list[str]:
    """Ask for codes from now on, once the first one is right; the recovery codes, which are never shown again.

    Raises InvalidInput for a wrong code.
    """
    with in_practice(False), transaction() as session:
        step = _step_of(secret_of(officer_id, nonce), code)
        if step is None:
            raise InvalidInput(gettext("Mã chưa đúng. Anh/chị xem giờ trên điện thoại có đúng không rồi thử lại."))
        row = session.get_one(Officer, officer_id)
        row.code_nonce, row.code_step = nonce, step
        _record(session, officer_id, Audit.OFFICER_CODE_ON)
        return _fresh_recovery_codes(session, officer_id)


def turn_off(officer_id: int, *, actor: str) -> None:
    """Ask for none any more: by the officer, or by an administrator where the phone is lost."""
    with in_practice(False), transaction() as session:
        row = session.get_one(Officer, officer_id)
        row.code_nonce = None
        session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer_id))
        audit.record(session, Audit.OFFICER_CODE_OFF, actor=actor, subject=f"officer:{officer_id}")


def accept(session: Session, row: Officer, code: str) -> bool:
    """Take a one-time code or a recovery code, each only once, whoever else shows it at the same moment."""
    assert row.code_nonce is not None
    step = _step_of(secret_of(row.id, row.code_nonce), code)
    if step is None:
        used = delete(RecoveryCode).where(RecoveryCode.officer_id == row.id, RecoveryCode.code_hash == _hash(code))
        return _changed(session, used)
    newer = update(Officer).where(Officer.id == row.id, Officer.code_step < step).values(code_step=step)
    return _changed(session, newer)


def _changed(session: Session, statement: object) -> bool:
    result = session.execute(statement)  # type: ignore[call-overload]
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _step_of(secret: str, code: str) -> int | None:
    """The time step whose code this is; None for a wrong one."""
    given = "".join(code.split())
    now = int(clock.now().timestamp()) // PERIOD
    known = pyotp.TOTP(secret)
    for step in range(now - WINDOW, now + WINDOW + 1):
        if hmac.compare_digest(known.at(step * PERIOD).encode(), given.encode()):
            return step
    return None


def _fresh_recovery_codes(session: Session, officer_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer_id))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(code_hash=_hash(code), officer_id=officer_id) for code in codes)
    return codes


def _recovery_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def _hash(code: str) -> str:
    """80 random bits need no slow hash."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _record(session: Session, officer_id: int, tag: Audit) -> None:
    audit.record(session, tag, actor=f"officer:{officer_id}", subject=f"officer:{officer_id}")
