"""Handing queued messages to their providers: once where the provider lets us know, never out of order.

A message being sent carries a lease. When a worker dies between the provider's yes and our note of it, the next one
asks the provider first (`Channel.find`); only where a provider cannot tell may a message go out twice.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from backend import clock
from backend.database import reading, transaction
from backend.logs import logger
from backend.messaging import channels, ledger, policy
from backend.messaging.channels import Channel, Outgoing, Rejected, SendError, Sent, TryLater, Undecided
from backend.messaging.models import Message, Status
from backend.settings import settings

log = logger(__name__)

LOOKS = 5
"""How many look-alikes are passed over before a message counts as not found."""


@dataclass(frozen=True)
class Outcome:
    """What there is to do next: the conversation's next message, or this one again after some seconds."""

    next_id: int | None = None
    again_in: float | None = None


def deliver(message_id: int) -> Outcome:
    """Try to send one message; does nothing when it is not due, already sent, or behind an earlier one."""
    with transaction() as session:
        claimed = ledger.claim_delivery(session, message_id, settings().delivery_lease_seconds)
    if claimed is None:
        return Outcome()
    outgoing, channel_name, perhaps_taken = claimed
    stale = perhaps_taken and _is_stale(outgoing)
    # No session is open from here on: a slow provider must not hold a database connection.
    started = time.perf_counter()
    try:
        sent = _send(channels.get(channel_name), outgoing, perhaps_taken=perhaps_taken, stale=stale)
    except _Stale:
        return _suppressed(outgoing)
    except SendError as error:
        return _failed(outgoing, error)
    except Exception as error:  # a fault of ours; it may have come after the provider's yes
        log.exception("channel failed", message=message_id, channel=channel_name)
        return _failed(outgoing, Undecided(type(error).__name__))
    log.info(
        "message sent", message=message_id, provider=sent.provider, seconds=round(time.perf_counter() - started, 3)
    )
    return _sent(outgoing, channel_name, sent)


class _Stale(Exception):
    """An officer took the conversation over while a reply of the assistant waited for another try."""


def _is_stale(outgoing: Outgoing) -> bool:
    with transaction() as session:
        return ledger.is_stale(session, outgoing.id)


def _send(channel: Channel, outgoing: Outgoing, *, perhaps_taken: bool, stale: bool) -> Sent:
    found = _found(channel, outgoing) if perhaps_taken else None
    if found is None and stale:
        raise _Stale
    return found or channel.send(outgoing)


def _suppressed(outgoing: Outgoing) -> Outcome:
    with transaction() as session:
        message = session.get_one(Message, outgoing.id, with_for_update=True)
        message.status, message.next_attempt_at, message.updated_at = Status.SUPPRESSED, None, clock.now()
    return _next(outgoing)


def _found(channel: Channel, outgoing: Outgoing) -> Sent | None:
    """This message at its provider; one that stands for another row (the same words twice) is passed over."""
    for _ in range(LOOKS):
        found = channel.find(outgoing)
        if found is None:
            return None
        with reading() as session:
            if not ledger.is_known(session, channel.name, found.provider_message_id, besides=outgoing.id):
                return found
    return None


def _sent(outgoing: Outgoing, channel_name: str, sent: Sent) -> Outcome:
    with transaction() as session:
        early = ledger.take_early_receipt(session, channel_name, sent.provider_message_id)
        ledger.note_sent(session, outgoing, sent, early)
    return _next(outgoing)


def _failed(outgoing: Outgoing, error: SendError) -> Outcome:
    delay = None if isinstance(error, Rejected) else policy.delivery_delay(outgoing.attempts)
    if isinstance(error, TryLater) and error.after_seconds is not None and delay is not None:
        delay = max(delay, error.after_seconds)
    with transaction() as session:
        stale = ledger.is_stale(session, outgoing.id)
        message = session.get_one(Message, outgoing.id, with_for_update=True)
        if (message.status, message.attempts) != (Status.SENDING, outgoing.attempts):
            return Outcome()  # our lease ran out and another worker's try counts
        message.error_code = (error.code if isinstance(error, Rejected) else type(error).__name__)[:64]
        message.updated_at = clock.now()
        taken_over = stale and not isinstance(error, Undecided)
        if delay is None:
            message.status, message.next_attempt_at = Status.FAILED, None
        elif taken_over:
            message.status, message.next_attempt_at = Status.SUPPRESSED, None
        else:
            # An undecided message stays "sending": the next try asks the provider before it sends again.
            message.status = Status.SENDING if isinstance(error, Undecided) else Status.QUEUED
            message.next_attempt_at = clock.now() + timedelta(seconds=delay)
    if delay is None:
        log.error("message failed", message=outgoing.id, error=message.error_code, attempts=outgoing.attempts)
        return _next(outgoing)
    if taken_over:
        return _next(outgoing)
    log.warning("message not sent yet", message=outgoing.id, error=type(error).__name__, again_in=delay)
    return Outcome(again_in=delay)


def _next(outgoing: Outgoing) -> Outcome:
    """Looked up after our commit: a message queued before it found ours in its way, and its wake-up is used up."""
    with reading() as session:
        return Outcome(next_id=ledger.next_in_line(session, outgoing.conversation_id))
