"""What went over a channel lately, for the officers' page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from backend import clock
from backend.database import reading
from backend.messaging import channels
from backend.messaging.channels import Channel, Health, HealthState
from backend.messaging.models import Conversation, Direction, Message, Status

LATELY = timedelta(hours=24)
_KNOWN_WINDOWS = timedelta(days=40)
"""Nobody heard of longer ago is counted: no window we know is longer."""


@dataclass(frozen=True)
class Windows:
    """How many conversations can be written to free of charge, at a price, and not any more."""

    free: int
    paid: int
    closed: int


@dataclass(frozen=True)
class Line:
    """A channel as the page shows it. `windows`: None where the channel has none."""

    name: str
    health: Health
    came: int
    went: int
    failed: int
    waiting: int
    windows: Windows | None


def lines() -> list[Line]:
    """Every channel of this process, those in trouble first."""
    counted = _counts()
    found = [_line(channel, counted.get(channel.name, {})) for channel in channels.known()]
    order = {HealthState.ALARM: 0, HealthState.WARNING: 1, HealthState.WELL: 2}
    return sorted(found, key=lambda line: order[line.health.state])


def _line(channel: Channel, counted: Mapping[str, int]) -> Line:
    return Line(channel.name, channel.health() or Health(), **_all(counted), windows=_windows(channel))


def _all(counted: Mapping[str, int]) -> dict[str, int]:
    return {name: counted.get(name, 0) for name in ("came", "went", "failed", "waiting")}


def _counts() -> dict[str, dict[str, int]]:
    """Messages of the last day by channel and fate, in one statement."""
    fate = case(
        (Message.direction == Direction.IN, "came"),
        (Message.status.in_(Status.WAITS_FOR_DELIVERY), "waiting"),
        (Message.status == Status.FAILED, "failed"),
        else_="went",
    )
    query = (
        select(Message.channel, fate, func.count())
        .where(Message.created_at > clock.now() - LATELY, Message.status != Status.SUPPRESSED)
        .group_by(Message.channel, fate)
    )
    found: dict[str, dict[str, int]] = {}
    with reading() as session:
        for channel, name, number in session.execute(query):
            found.setdefault(channel, {})[name] = number
    return found


def _windows(channel: Channel) -> Windows | None:
    """Counted by moving the edges instead of each conversation: a window ends a fixed time after somebody was heard."""
    now = clock.now()
    window = channel.window(now)
    if window.free_until is None or window.closes_at is None:
        return None
    with reading() as session:

        def heard_between(earliest: datetime, latest: datetime) -> int:
            query = select(func.count()).where(
                Conversation.channel == channel.name,
                Conversation.heard_at > earliest,
                Conversation.heard_at <= latest,
            )
            return session.scalar(query) or 0

        paid_from, closed_from = now - (window.free_until - now), now - (window.closes_at - now)
        return Windows(
            free=heard_between(paid_from, now + timedelta(minutes=1)),
            paid=heard_between(closed_from, paid_from),
            closed=heard_between(now - _KNOWN_WINDOWS, closed_from),
        )
