"""Taking Zalo's events into messaging: each one a single transaction there."""

from datetime import UTC, datetime

from backend.logs import logger
from backend.messaging import service as messaging
from backend.messaging.models import Status
from backend.messaging.service import Inbound
from chat_gateway.zalo.channel import ZaloChannel, ZaloTemplateChannel
from chat_gateway.zalo.events import Event, Rated, Receipt, Seen, Written

log = logger(__name__)


def take(event: Event, at: datetime) -> None:
    """Write down what an event says; repeated, it changes nothing. `at` is Zalo's time of it."""
    match event:
        case Written():
            _take_message(event)
        case Seen(left=False):
            messaging.heard_from(ZaloChannel.name, event.address)
        case Seen():
            _take_leave(event.address, at)
        case Receipt():
            channel = ZaloTemplateChannel.name if event.by_phone else ZaloChannel.name
            for message_id in event.message_ids:
                messaging.record_receipt(channel, message_id, Status.READ if event.read else Status.DELIVERED)
        case Rated():
            _take_rating(event)


def _take_message(event: Written) -> None:
    if event.token and not messaging.is_offered(ZaloChannel.name, event.address, event.token):
        log.info("a button of another conversation, or of none")
        messaging.heard_from(ZaloChannel.name, event.address)
        return
    received = messaging.receive(
        Inbound(ZaloChannel.name, event.key, event.address, event.text, event.token, event.attachments)
    )
    log.info("message received", message=received.message_id, duplicate=received.duplicate)


def _take_leave(address: str, at: datetime) -> None:
    """Events come in any order: whoever was heard of after this one has come back."""
    conversation_id = messaging.conversation_of(ZaloChannel.name, address)
    heard_at = messaging.view(conversation_id).heard_at if conversation_id is not None else None
    if heard_at is None or heard_at <= at:
        messaging.set_reachable(ZaloChannel.name, address, False)


def _take_rating(event: Rated) -> None:
    """As if it were written in the conversation that the question went to; the event itself names nobody."""
    told = None
    for channel in (ZaloChannel.name, ZaloTemplateChannel.name):
        told = told or messaging.told(channel, event.message_id)
    if told is None and event.tracking_id.isascii() and event.tracking_id.isdecimal():
        told = messaging.told_by(ZaloTemplateChannel.name, int(event.tracking_id[:9]))
    if told is None:
        log.warning("a rating of no message of ours")
        return
    text = f"DG {event.rate} {event.note}".strip()
    messaging.receive(Inbound(told.channel, event.key, told.address, text))


def moment(timestamp: str) -> datetime | None:
    """Zalo's time of an event (milliseconds since 1970), None where it is none."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 14):
        return None
    return datetime.fromtimestamp(int(timestamp) / 1000, UTC)
