"""Where each provider stands: its weight now, its faults, and how weights move. Shared by all workers in the database.

A provider with too many errors, or too many slow messages, loses weight to the others, a step a minute at most. It is
given back slowly, a step every five minutes, and only after a quiet time: a provider that fails again and again does
not get half of the messages in between. Nothing moves where all are slow, as then none is better than the others.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend import clock
from backend.database import insert_for, reading, transaction
from backend.errors import InvalidInput, NotFound
from backend.logs import logger
from backend.messaging.models import Direction, Message, Status
from sms_gateway.models import SmsChoice, SmsProviderErrors, SmsProviderState
from sms_gateway.settings import MOST_WEIGHT, sms_settings

log = logger(__name__)

_SLOT_SECONDS = 10
_ERROR_SLOTS = 6
_SLOW_WINDOW = timedelta(minutes=15)
_MOVE_EVERY = timedelta(minutes=1)
_DRIFT_EVERY = timedelta(minutes=5)
_CHOICES_KEPT = timedelta(days=3)
_LOOKED_AT = 2_000
_CACHED_SECONDS = 2.0


@dataclass(frozen=True)
class Standing:
    """A provider now. `weight` is its share of new messages; `rest` what it returns to."""

    name: str
    weight: int
    rest: int
    draining: bool

    @property
    def takes(self) -> int:
        """The weight for new messages."""
        return 0 if self.draining else self.weight


def now() -> list[Standing]:
    """The configured providers as they stand in the database."""
    with reading() as session:
        rows = {row.name: row for row in session.scalars(select(SmsProviderState))}
    standings = []
    for name, configured in sms_settings().weights.items():
        row = rows.get(name)
        if row is None or row.configured != configured:
            standings.append(Standing(name, configured, configured, bool(row and row.draining)))
        else:
            standings.append(Standing(name, row.weight, row.rest, row.draining))
    return standings


class Cached:
    """`now`, at most two seconds old: asked for every message."""

    def __init__(self) -> None:
        self._standings: list[Standing] = []
        self._until = 0.0

    def now(self) -> list[Standing]:
        if time.monotonic() >= self._until:
            self._standings, self._until = now(), time.monotonic() + _CACHED_SECONDS
        return self._standings


def _rows(session: Session) -> dict[str, SmsProviderState]:
    """Every configured provider's row, made where there is none, locked in one order."""
    weights = sms_settings().weights
    for name in sorted(weights):
        values = {"name": name, "weight": weights[name], "rest": weights[name], "configured": weights[name]}
        session.execute(insert_for(session, SmsProviderState).values(draining=False, **values).on_conflict_do_nothing())
    query = select(SmsProviderState).where(SmsProviderState.name.in_(weights)).order_by(SmsProviderState.name)
    rows = {row.name: row for row in session.scalars(query.with_for_update())}
    for name, row in rows.items():
        if row.configured != weights[name]:
            row.weight = row.rest = row.configured = weights[name]
    return rows


# --- by hand ----------------------------------------------------------------------------------------------


def set_weight(name: str, weight: int) -> None:
    """From now on it rests at `weight`, 0 to 100, until the setting is changed. Raises InvalidInput or NotFound."""
    if not 0 <= weight <= MOST_WEIGHT:
        raise InvalidInput(f"Trọng số từ 0 đến {MOST_WEIGHT}.", fields=[{"field": "weight", "message": "out of range"}])
    with transaction() as session:
        row = _row(session, name)
        row.weight = row.rest = weight
        row.moved_at = clock.now()
    log.info("provider's weight set", provider=name, weight=weight)


def set_draining(name: str, draining: bool) -> None:
    """Let the provider finish what it has and give it nothing new, or take it back into use. Raises NotFound."""
    with transaction() as session:
        _row(session, name).draining = draining
    log.info("provider's draining set", provider=name, draining=draining)


def _row(session: Session, name: str) -> SmsProviderState:
    row = _rows(session).get(name)
    if row is None:
        raise NotFound("Không có nhà cung cấp SMS này.")
    return row


# --- by itself --------------------------------------------------------------------------------------------


def note_error(name: str) -> None:
    """A passing error of a provider; when they become too many it loses weight."""
    slot = _slot()
    with transaction() as session:
        insert = insert_for(session, SmsProviderErrors).values(name=name, slot=slot, count=1)
        more = {"count": SmsProviderErrors.count + 1}
        session.execute(insert.on_conflict_do_update(index_elements=["name", "slot"], set_=more))
        if len(sms_settings().weights) > 1 and _errors(session, name) > sms_settings().sms_errors_per_minute:
            _lower(session, [name], "errors")


def _slot() -> int:
    return int(clock.now().timestamp()) // _SLOT_SECONDS


def _errors(session: Session, name: str) -> int:
    recent = (SmsProviderErrors.name == name, SmsProviderErrors.slot > _slot() - _ERROR_SLOTS)
    return int(session.scalar(select(func.sum(SmsProviderErrors.count)).where(*recent)) or 0)


def errors(name: str) -> int:
    """Passing errors within the last minute."""
    with reading() as session:
        return _errors(session, name)


def slow_shares(names: Sequence[str]) -> dict[str, float]:
    """Which share of the messages of the last 15 minutes was slow, of the providers that send receipts at all."""
    slow_after = timedelta(seconds=sms_settings().sms_slow_seconds)
    moment = clock.now()
    columns = (Message.provider, Message.status, Message.created_at, Message.updated_at)
    recent = (Message.created_at > moment - _SLOW_WINDOW - slow_after, Message.created_at <= moment)
    query = (
        select(*columns)
        .where(Message.channel == "sms", Message.direction == Direction.OUT, *recent)
        .where(Message.provider.in_(names), Message.status.in_((Status.SENT, Status.DELIVERED)))
        .order_by(Message.id.desc())
        .limit(_LOOKED_AT)
    )
    arrived: dict[str, list[bool]] = {}
    with_receipts: set[str] = set()
    with reading() as session:
        for provider, status, created_at, updated_at in session.execute(query):
            took = (updated_at if status == Status.DELIVERED else moment) - created_at
            if status == Status.DELIVERED:
                with_receipts.add(provider)
            if status == Status.DELIVERED or took > slow_after:  # of the others nobody can say yet
                arrived.setdefault(provider, []).append(took > slow_after)
    return {name: sum(slow) / len(slow) for name, slow in arrived.items() if name in with_receipts}


def balance() -> None:
    """Every minute: slow providers lose weight, quiet ones drift back, what is old is forgotten."""
    weights = sms_settings().weights
    shares = slow_shares(list(weights))
    slow = [name for name, share in shares.items() if share >= sms_settings().sms_slow_share]
    with transaction() as session:
        if slow and len(slow) < len(weights):
            _lower(session, slow, "slowness")
        _drift(_rows(session))
        session.execute(delete(SmsProviderErrors).where(SmsProviderErrors.slot < _slot() - 60 * _ERROR_SLOTS))
        session.execute(delete(SmsChoice).where(SmsChoice.at < clock.now() - _CHOICES_KEPT))


def _lower(session: Session, names: Sequence[str], reason: str) -> None:
    rows, moment, step = _rows(session), clock.now(), sms_settings().sms_weight_step
    others = [row for name, row in rows.items() if name not in names and not row.draining]
    for row in (rows[name] for name in names):
        row.faulty_at = moment
        if not others or row.weight == 0 or (row.lowered_at is not None and moment - row.lowered_at < _MOVE_EVERY):
            continue
        taken = min(step, row.weight)
        row.weight -= taken
        row.lowered_at = row.moved_at = moment
        for other in others:
            other.weight = min(MOST_WEIGHT, other.weight + taken // len(others))
            other.moved_at = moment
        log.warning("provider lost weight", provider=row.name, weight=row.weight, reason=reason)


def _drift(rows: Mapping[str, SmsProviderState]) -> None:
    moment, step = clock.now(), sms_settings().sms_weight_step
    quiet = timedelta(minutes=sms_settings().sms_quiet_minutes)
    if any(row.faulty_at is not None and moment - row.faulty_at < quiet for row in rows.values()):
        return
    for row in rows.values():
        if row.weight == row.rest or (row.moved_at is not None and moment - row.moved_at < _DRIFT_EVERY):
            continue
        way = max(-step, min(step, row.rest - row.weight))
        row.weight, row.moved_at = row.weight + way, moment
        log.info("provider's weight drifts back", provider=row.name, weight=row.weight)
