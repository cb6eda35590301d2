"""Handing queued messages to their providers: once where the provider lets us know, never out of order.

A message being sent carries a lease. When a worker dies between the provider's yes and our note of it, the next one
asks the provider first (`Channel.find`); only where a provider cannot tell may a message go out twice.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from backend import clock
from backend.database import reading, transaction
from backend.logs import logger
from backend.messaging import channels, ledger, policy, receipts
from backend.messaging.channels import Channel, Outgoing, Rejected, SendError, Sent, TryLater, Undecided
from backend.messaging.models import Message, Status
from backend.settings import settings

log = logger(__name__)

LOOKS = 5
"""How many look-alikes are passed over before a message counts as not found."""


@dataclass(frozen=True)
class Outcome:
    """What there is to do next: the next messages of the conversations, and those to try again after some seconds."""

    next_ids: Sequence[int] = ()
    again_in: Sequence[tuple[int, float]] = ()


def deliver(message_id: int, *, company: bool = False) -> Outcome:
    """Try to send one message; does nothing when it is not due, already sent, or behind an earlier one.

    `company`: together with others that wait for the same channel, as many as it takes at once. Fifty messages are two
    transactions then instead of a hundred.
    """
    if company and not _is_due(message_id):  # it went with another one: no write lock for that
        return Outcome()
    with transaction() as session:
        claimed = ledger.claim_delivery(session, message_id, settings().delivery_lease_seconds)
        if claimed is None:
            return Outcome()
        first, channel_name, perhaps_taken = claimed
        room = _room(channel_name) if company and not perhaps_taken else 0
        others = ledger.claim_untried(session, channel_name, settings().delivery_lease_seconds, room) if room else []
    stale = perhaps_taken and _is_stale(first)
    # No session is open from here on: a slow provider must not hold a database connection.
    started = time.perf_counter()
    try:
        channel = channels.get(channel_name)
        if others:
            results = channel.send_all([first, *others])
        else:
            results = [_send(channel, first, perhaps_taken=perhaps_taken, stale=stale)]
    except Exception as error:
        results = [error] * (1 + len(others))
    seconds = round(time.perf_counter() - started, 3)
    return _noted(channel_name, list(zip([first, *others], results, strict=True)), seconds)


def _is_due(message_id: int) -> bool:
    with reading() as session:
        return ledger.is_due(session, message_id)


def _room(channel_name: str) -> int:
    return channels.get(channel_name).at_once - 1 if channels.offers(channel_name) else 0


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


def _noted(channel_name: str, tried: Sequence[tuple[Outgoing, Sent | Exception]], seconds: float) -> Outcome:
    sent = [(outgoing, result) for outgoing, result in tried if isinstance(result, Sent)]
    if sent:
        for outgoing, one in sent:
            log.info("message sent", message=outgoing.id, provider=one.provider, seconds=seconds)
        with transaction() as session:
            early = receipts.take_early(session, channel_name, [one.provider_message_id for _, one in sent])
            ledger.note_sent(session, sent, early)
    done, again_in = [outgoing for outgoing, _ in sent], list[tuple[int, float]]()
    for outgoing, result in tried:
        if isinstance(result, Sent):
            continue
        delay = _not_sent(channel_name, outgoing, result)
        if delay is None:
            done.append(outgoing)
        elif delay:
            again_in.append((outgoing.id, delay))
    return Outcome(_next(done), again_in)


def _not_sent(channel_name: str, outgoing: Outgoing, error: Exception) -> float | None:
    """Seconds until the next try; None when there is none; 0.0 when the message is another worker's by now."""
    if isinstance(error, _Stale):
        _suppressed(outgoing)
        return None
    if not isinstance(error, SendError):  # a fault of ours; it may have come after the provider's yes
        log.error("channel failed", message=outgoing.id, channel=channel_name, exc_info=error)
        error = Undecided(type(error).__name__)
    return _failed(outgoing, error)


def _suppressed(outgoing: Outgoing) -> None:
    with transaction() as session:
        message = session.get_one(Message, outgoing.id, with_for_update=True)
        message.status, message.next_attempt_at, message.updated_at = Status.SUPPRESSED, None, clock.now()


def _failed(outgoing: Outgoing, error: SendError) -> float | None:
    delay = None if isinstance(error, Rejected) else policy.delivery_delay(outgoing.attempts)
    if isinstance(error, TryLater) and error.after_seconds is not None and delay is not None:
        delay = max(delay, error.after_seconds)
    with transaction() as session:
        stale = ledger.is_stale(session, outgoing.id)
        message = session.get_one(Message, outgoing.id, with_for_update=True)
        if (message.status, message.attempts) != (Status.SENDING, outgoing.attempts):
            return 0.0  # our lease ran out and another worker's try counts
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
        return None
    if taken_over:
        return None
    log.warning("message not sent yet", message=outgoing.id, error=type(error).__name__, again_in=delay)
    return delay


def _next(done: Sequence[Outgoing]) -> Sequence[int]:
    """Looked up after our commit: a message queued before it found ours in its way, and its wake-up is used up."""
    if not done:
        return ()
    with reading() as session:
        return ledger.next_in_line(session, {outgoing.conversation_id for outgoing in done})
