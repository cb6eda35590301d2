"""Screens at the desk: an administrator makes a key for each, typed in once; only then does it take ratings."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select

from backend import audit, clock
from backend.audit import Audit
from backend.database import reading, transaction
from backend.errors import InvalidInput, NotFound, TooMany
from backend.i18n import gettext
from backend.organisation import service as organisation
from backend.ratings import service
from backend.ratings.models import KioskDevice, Rating
from backend.ratings.service import Given
from backend.text import normalise

MOST_A_MINUTE = 6
MOST_AN_HOUR = 90
"""A desk serves fewer people; more is somebody playing with the screen."""
NAME_LENGTH = 80
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_KEY_LENGTH = 16
_SEEN_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Device:
    """A screen as pages see it."""

    id: int
    agency_code: str
    agency_name: str
    name: str
    created_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None


def add(agency_code: str, name: str, *, actor: str) -> str:
    """Allow one more screen; its key, shown this once. Raises InvalidInput."""
    name = normalise(name)
    if not 0 < len(name) <= NAME_LENGTH:
        raise InvalidInput(gettext("Tên máy cần từ 1 đến %(n)s ký tự.", n=NAME_LENGTH))
    try:
        agency = organisation.agency_by_code(agency_code)
    except NotFound as error:
        raise InvalidInput(gettext("Không có cơ quan mang mã này.")) from error
    key = "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_LENGTH))
    with transaction() as session:
        row = KioskDevice(
            agency_code=agency.code, agency_name=agency.name, name=name, key_hash=_hash(key), created_at=clock.now()
        )
        session.add(row)
        session.flush()
        audit.record(session, Audit.KIOSK_ADDED, actor=actor, subject=f"kiosk:{row.id}", agency=agency.code)
    return "-".join(re.findall("....", key))


def revoke(device_id: int, *, actor: str) -> None:
    """Take no more ratings from a screen. Raises NotFound."""
    with transaction() as session:
        row = session.get(KioskDevice, device_id, with_for_update=True)
        if row is None:
            raise NotFound(gettext("Không có máy này."))
        if row.revoked_at is None:
            row.revoked_at = clock.now()
            audit.record(session, Audit.KIOSK_REVOKED, actor=actor, subject=f"kiosk:{device_id}")


def all_devices() -> list[Device]:
    """Every screen there ever was, those in use first."""
    with reading() as session:
        query = select(KioskDevice).order_by(KioskDevice.revoked_at.is_not(None), KioskDevice.id)
        return [_device(row) for row in session.scalars(query)]


def device(key: str, agency_code: str) -> Device | None:
    """The screen of this agency that holds the key, None for a wrong, a revoked or another agency's."""
    with reading() as session:
        row = session.scalar(select(KioskDevice).where(KioskDevice.key_hash == _hash(key)))
        if row is None or row.revoked_at is not None or row.agency_code != agency_code.strip().upper():
            return None
        found = _device(row)
    if found.seen_at is None or clock.now() - found.seen_at > _SEEN_EVERY:
        with transaction() as session:
            session.get_one(KioskDevice, found.id).seen_at = clock.now()
    return found


def tap(screen: Device, score: int) -> int:
    """A score on the first page; the id of the rating. Raises InvalidInput, TooMany."""
    with transaction() as session:
        session.get_one(KioskDevice, screen.id, with_for_update=True)  # two taps at once are counted one by one
        for most, within in ((MOST_A_MINUTE, timedelta(minutes=1)), (MOST_AN_HOUR, timedelta(hours=1))):
            recent = select(func.count()).where(Rating.kiosk_id == screen.id, Rating.created_at > clock.now() - within)
            if (session.scalar(recent) or 0) >= most:
                raise TooMany("Máy vừa nhận nhiều đánh giá liền nhau. Anh/chị chờ một phút rồi chấm lại.")
        return service.begin_at_desk((screen.agency_code, screen.agency_name), screen.id, score)


def complete(screen: Device, rating_id: int, given: Given, named: str) -> None:
    """What was said on the second page. Raises InvalidInput, NotFound."""
    service.complete_at_desk(rating_id, screen.id, given, named)


def _hash(key: str) -> str:
    plain = re.sub(r"[^0-9A-Z]", "", key.upper()[: 4 * _KEY_LENGTH])
    return sha256(plain.encode()).hexdigest()


def _device(row: KioskDevice) -> Device:
    return Device(
        id=row.id,
        agency_code=row.agency_code,
        agency_name=row.agency_name,
        name=row.name,
        created_at=row.created_at,
        seen_at=row.seen_at,
        revoked_at=row.revoked_at,
    )
