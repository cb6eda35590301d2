"""How the providers do, for officers and the command line."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from backend import clock
from backend.database import reading
from backend.messaging.models import Direction, Message, Status
from sms_gateway import standing
from sms_gateway.settings import sms_settings


@dataclass(frozen=True)
class ProviderHealth:
    """`errors` within the last minute; `slow`: share of the last 15 minutes, None where it cannot be told;
    `price` in đồng per segment, None where it is not known; `sent`, `failed` and `cost` of this day and month."""

    name: str
    weight: int
    rest: int
    draining: bool
    errors: int
    slow: float | None
    price: int | None
    sent_today: int
    failed_today: int
    cost_today: int
    cost_this_month: int

    def stored(self) -> dict[str, Any]:
        """For the way to a page."""
        return asdict(self)


def providers() -> list[ProviderHealth]:
    """Those of the settings, in their order."""
    standings = standing.now()
    slow = standing.slow_shares([each.name for each in standings])
    costs = sms_settings().costs
    with reading():
        return [
            ProviderHealth(
                name=each.name,
                weight=each.weight,
                rest=each.rest,
                draining=each.draining,
                errors=standing.errors(each.name),
                slow=slow.get(each.name),
                price=costs.get(each.name),
                sent_today=_number(each.name, Status.SENT, Status.DELIVERED, Status.READ),
                failed_today=_number(each.name, Status.FAILED),
                cost_today=_cost(each.name, month=False),
                cost_this_month=_cost(each.name, month=True),
            )
            for each in standings
        ]


def _of(name: str, *, month: bool) -> tuple[Any, ...]:
    start = clock.now().astimezone(clock.VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
    if month:
        start = start.replace(day=1)
    of_provider = (Message.channel == "sms", Message.direction == Direction.OUT, Message.provider == name)
    return (*of_provider, Message.created_at >= start)


def _number(name: str, *statuses: str) -> int:
    query = select(func.count()).select_from(Message).where(*_of(name, month=False), Message.status.in_(statuses))
    with reading() as session:
        return int(session.scalar(query) or 0)


def _cost(name: str, *, month: bool) -> int:
    with reading() as session:
        return int(session.scalar(select(func.sum(Message.cost)).where(*_of(name, month=month))) or 0)
