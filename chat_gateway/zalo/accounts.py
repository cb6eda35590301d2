"""The Official Account's row: its pair of tokens, who may exchange them, what needs a person.

A refresh token is good for one exchange. So one worker takes the lease in a transaction of its own, asks Zalo with no
transaction open, and commits the new pair before anybody uses it. Were it to die between Zalo's answer and the commit,
the pair is lost: nobody can know, the next exchange is refused, and an administrator has to give consent anew.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import or_, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from backend import clock
from backend.database import insert_for, reading, transaction
from backend.logs import logger
from backend.settings import settings
from chat_gateway.zalo.models import ZaloAccount

log = logger(__name__)

LEASE = timedelta(seconds=30)
"""Longer than an exchange can take."""
QUOTA_NOTED_EVERY = timedelta(minutes=1)
LONGEST_LIFE = timedelta(hours=25)


@dataclass(frozen=True)
class Account:
    """The row, its secrets readable; `repr` shows none of them."""

    oa_id: str
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    verifier: str = field(default="", repr=False)
    obtained_at: datetime | None = None
    expires_at: datetime | None = None
    consent_needed_since: datetime | None = None
    trouble: str = ""
    trouble_since: datetime | None = None
    quota: Mapping[str, Any] = field(default_factory=dict)
    quota_at: datetime | None = None


@dataclass(frozen=True)
class Exchange:
    """The right to exchange this refresh token, once."""

    lease: str
    refresh_token: str = field(repr=False)


def account(oa_id: str) -> Account:
    """What is known of an account; an empty one before its first consent."""
    with reading() as session:
        row = session.get(ZaloAccount, oa_id, populate_existing=True)
        return _account(row) if row is not None else Account(oa_id)


def _account(row: ZaloAccount) -> Account:
    return Account(
        oa_id=row.oa_id,
        access_token=_opened(row.access_token),
        refresh_token=_opened(row.refresh_token),
        verifier=_opened(row.verifier),
        obtained_at=row.obtained_at,
        expires_at=row.expires_at,
        consent_needed_since=row.consent_needed_since,
        trouble=row.trouble,
        trouble_since=row.trouble_since,
        quota=dict(row.quota),
        quota_at=row.quota_at,
    )


def begin_exchange(oa_id: str, *, instead_of: str) -> Exchange | None:
    """Take the right to exchange the pair whose access token is `instead_of`.

    None when somebody else is at it, has done it meanwhile, or a person has to help first.
    """
    lease, now = secrets.token_hex(16), clock.now()
    with transaction() as session:
        taken = session.execute(
            update(ZaloAccount)
            .where(
                ZaloAccount.oa_id == oa_id,
                ZaloAccount.consent_needed_since.is_(None),
                or_(ZaloAccount.lease.is_(None), ZaloAccount.lease_until < now),
            )
            .values(lease=lease, lease_until=now + LEASE),
            execution_options={"synchronize_session": False},
        )
        if not _changed(taken):
            return None
        row = session.get_one(ZaloAccount, oa_id, populate_existing=True)
        if _opened(row.access_token) != instead_of or not row.refresh_token:
            row.lease = row.lease_until = None
            return None
        return Exchange(lease, _opened(row.refresh_token))


def finish_exchange(oa_id: str, lease: str, access_token: str, refresh_token: str, lives: timedelta) -> None:
    """Commit the new pair. It is kept even if our lease ran out: the old one is worth nothing any more."""
    with transaction() as session:
        _keep(session, oa_id, access_token, refresh_token, lives)
    log.info("zalo tokens exchanged", lease=lease[:6])


def refuse_exchange(oa_id: str, lease: str) -> None:
    """Zalo does not take the refresh token: from now on only a person can help, and nobody asks again."""
    with transaction() as session:
        session.execute(
            update(ZaloAccount)
            .where(ZaloAccount.oa_id == oa_id, ZaloAccount.lease == lease)
            .values(lease=None, lease_until=None, consent_needed_since=clock.now()),
            execution_options={"synchronize_session": False},
        )
    log.error("zalo consent needed: the refresh token is refused, see /officers/channels")


def keep_first(oa_id: str, access_token: str, refresh_token: str, lives: timedelta) -> None:
    """Keep the pair that a consent has brought; what waited for it goes on."""
    with transaction() as session:
        _make(session, oa_id)
        _keep(session, oa_id, access_token, refresh_token, lives)


def keep_verifier(oa_id: str, verifier: str) -> None:
    """Remember what the next consent is proved with."""
    with transaction() as session:
        _make(session, oa_id)
        session.get_one(ZaloAccount, oa_id).verifier = _sealed(verifier)


def _make(session: Session, oa_id: str) -> None:
    empty = {"access_token": "", "refresh_token": "", "verifier": "", "trouble": "", "quota": {}}
    session.execute(insert_for(session, ZaloAccount).values(oa_id=oa_id, **empty).on_conflict_do_nothing())


def _keep(session: Session, oa_id: str, access_token: str, refresh_token: str, lives: timedelta) -> None:
    row = session.get_one(ZaloAccount, oa_id, with_for_update=True, populate_existing=True)
    now = clock.now()
    row.access_token, row.refresh_token = _sealed(access_token), _sealed(refresh_token)
    row.obtained_at, row.expires_at = now, now + min(lives, LONGEST_LIFE)
    row.lease = row.lease_until = row.consent_needed_since = None


def note_trouble(oa_id: str, code: int) -> None:
    """Zalo will take nothing until a person has seen to this; logged once."""
    with transaction() as session:
        _make(session, oa_id)
        row = session.get_one(ZaloAccount, oa_id, with_for_update=True, populate_existing=True)
        if row.trouble == str(code):
            return
        row.trouble, row.trouble_since = str(code), clock.now()
    log.error("zalo needs a person, see /officers/channels", code=code)


def note_success(known: Account, quota: Mapping[str, Any] | None) -> None:
    """A message went out: what was wrong is over, and what Zalo told of allowances is kept, once a minute."""
    now = clock.now()
    stale = known.quota_at is None or now - known.quota_at > QUOTA_NOTED_EVERY
    if not known.trouble and not (quota and stale):
        return
    with transaction() as session:
        row = session.get_one(ZaloAccount, known.oa_id, with_for_update=True, populate_existing=True)
        row.trouble, row.trouble_since = "", None
        if quota:
            row.quota, row.quota_at = {**row.quota, **_plain(quota)}, now


def _plain(quota: Mapping[str, Any]) -> dict[str, str]:
    return {str(name)[:40]: str(value)[:40] for name, value in list(quota.items())[:20]}


def _changed(result: Any) -> bool:
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)


def _box() -> Fernet:
    key = hashlib.sha256(b"zalo-account:" + settings().secret_key.get_secret_value().encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _sealed(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode() if secret else ""


def _opened(sealed: str) -> str:
    """What was sealed; nothing where `SECRET_KEY` has changed since: then consent is needed anew."""
    try:
        return _box().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        log.error("zalo tokens unreadable: SECRET_KEY has changed")
        return ""
