"""How the providers do, for officers and the command line."""

from typing import Any

from sqlalchemy import func, select

from backend import clock
from backend.database import reading
from backend.i18n import N_, gettext, money
from backend.messaging.channels import Health, HealthState
from backend.messaging.models import Direction, Message, Status
from backend.messaging.sms_provider import Provider
from backend.settings import settings
from sms_gateway import standing
from sms_gateway.settings import sms_settings


def providers() -> list[Provider]:
    """Those of the settings, in their order."""
    standings = standing.now()
    slow = standing.slow_shares([each.name for each in standings])
    costs = sms_settings().costs
    with reading():
        return [
            Provider(
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


def of_channel() -> Health:
    """The channel's health for officers: a line for each provider, and what somebody should look at."""
    known = providers()
    working = [each for each in known if not each.draining]
    steps = [
        gettext("%(name)s: nhiều lỗi, xem nhật ký và hỏi nhà cung cấp.", name=each.name)
        for each in known
        if _is_faulty(each)
    ]
    if "console" in sms_settings().weights and settings().environment == "production":
        steps.append(N_("SMS chỉ được in ra màn hình: khai SMS_PROVIDER hoặc SMS_PROVIDERS."))
    if not working:
        return Health(
            HealthState.ALARM, _lines(known), (N_("Mọi nhà cung cấp SMS đều đang ngừng nhận tin mới."), *steps)
        )
    return Health(HealthState.WARNING if steps else HealthState.WELL, _lines(known), tuple(steps))


def _is_faulty(each: Provider) -> bool:
    much = each.errors > sms_settings().sms_errors_per_minute
    return much or (each.slow is not None and each.slow >= sms_settings().sms_slow_share)


def _lines(known: list[Provider]) -> tuple[tuple[str, str], ...]:
    return tuple((each.name, _line(each)) for each in known)


def _line(each: Provider) -> str:
    told = [gettext("tỷ trọng %(n)s", n=each.weight) + (gettext(" (ngừng giao tin mới)") if each.draining else "")]
    told.append(gettext("%(n)s lỗi trong phút qua", n=each.errors))
    if each.slow is not None:
        told.append(gettext("%(share)s tin chậm", share=f"{each.slow:.0%}"))
    month = money(each.cost_this_month)
    told.append(gettext("%(n)s tin hôm nay, tháng này %(cost)s", n=each.sent_today, cost=month))
    return ", ".join(told)


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
