"""Answering: one turn at a time per conversation, in order, exactly one answer per message.

A worker takes a lease on the conversation, not a database lock: the assistant may take seconds, and nobody else's
writing should wait for it. What makes an answer unique is `_complete`: it changes the message from `received` to
`answered` and queues the reply in one transaction, and does nothing when somebody else did it first.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend import clock
from backend.database import reading, transaction
from backend.errors import Unavailable
from backend.logs import logger
from backend.messaging import assistant, keywords, ledger, policy, wording
from backend.messaging.assistant import Answer
from backend.messaging.channels import Reply
from backend.messaging.keywords import Context
from backend.messaging.models import Conversation, Message, Owner, Status
from backend.settings import settings

log = logger(__name__)


@dataclass
class Outcome:
    """What there is to do after a run: messages to deliver, and when to look again (seconds), if ever."""

    deliver: list[int] = field(default_factory=list)
    again_in: float | None = None


def run(conversation_id: int) -> Outcome:
    """Answer everything that waits in this conversation, unless another worker is at it."""
    outcome = Outcome()
    lease = secrets.token_hex(16)
    while outcome.again_in is None:
        with transaction() as session:
            if not ledger.claim_turn(session, conversation_id, lease, settings().turn_lease_seconds):
                return outcome  # the holder looks again after it has released
        _answer_waiting(conversation_id, lease, outcome)
        with transaction() as session:
            ledger.release_turn(session, conversation_id, lease)
        with reading() as session:
            if not ledger.waiting_for_turn(session, conversation_id):
                return outcome
    return outcome


def _answer_waiting(conversation_id: int, lease: str, outcome: Outcome) -> None:
    """One pass over the waiting messages. Commands are answered even while messages before them wait for Rasa."""
    with reading() as session:
        waiting = ledger.waiting_for_turn(session, conversation_id)
    for message in waiting:
        with transaction() as session:
            if not ledger.claim_turn(session, conversation_id, lease, settings().turn_lease_seconds):
                return  # we were too slow and somebody else took over
            conversation = session.get_one(Conversation, conversation_id)
            if conversation.owner == Owner.OFFICER:
                _leave_to_officer(session, message)
                continue
            epoch = conversation.epoch
            _resolve_pick(session, message)
        try:
            answer = _answer(conversation, message, assistant_down=outcome.again_in is not None)
        except Unavailable:
            outcome.again_in = _wait_for_assistant(message, outcome)
            continue
        outcome.deliver += _complete(message, answer, epoch)


def _leave_to_officer(session: Session, message: Message) -> None:
    session.execute(
        update(Message).where(Message.id == message.id).values(status=Status.FOR_OFFICER, updated_at=clock.now())
    )


def _resolve_pick(session: Session, message: Message) -> None:
    """A `2`, `hai` or a title picks from the last offer; kept with the message, so that a retry asks the same."""
    if message.payload or not message.text:
        return
    offer = ledger.last_offer(session, message.conversation_id, before=message.id)
    index = policy.picked(message.text, [choice.title for choice in offer])
    if index is not None:
        message.payload = offer[index].payload
        session.execute(update(Message).where(Message.id == message.id).values(payload=message.payload))


def _answer(conversation: Conversation, message: Message, *, assistant_down: bool) -> Answer:
    context = Context(conversation.id, conversation.channel, conversation.address, message.id)
    if not message.text and not message.payload:
        return Answer([Reply(wording.UNREADABLE)])
    if not message.payload:
        replies = _command(context, message.text)
        if replies is not None:
            return Answer(replies, intent="keyword")
    if assistant_down:
        raise Unavailable
    return assistant.ask(
        conversation_id=conversation.id,
        message_id=message.id,
        text=message.text,
        payload=message.payload,
        channel=conversation.channel,
    )


def _command(context: Context, text: str) -> Sequence[Reply] | None:
    """A keyword's replies. A fault of ours in a command is logged and told: it must not block the rest."""
    try:
        return keywords.answer(context, text)
    except OperationalError as error:  # a busy database passes
        raise Unavailable from error
    except Exception:
        log.exception("command failed", message=context.message_id)
        return [Reply(wording.FAULT)]


def _complete(message: Message, answer: Answer, epoch: int) -> list[int]:
    """Mark the message answered and queue the reply, both or neither; the ids to deliver."""
    with transaction() as session:
        conversation = session.get_one(Conversation, message.conversation_id, with_for_update=True)
        answered = session.execute(
            update(Message)
            .where(Message.id == message.id, Message.status == Status.RECEIVED)
            .values(status=Status.ANSWERED, intent=answer.intent, confidence=answer.confidence, updated_at=clock.now())
        )
        if not answered.rowcount:  # type: ignore[attr-defined]
            return []
        if answer.intent != "keyword":
            conversation.outage_told_at = None
        replies: Sequence[Reply] = answer.replies or [Reply(wording.NOTHING_TO_SAY)]
        suppressed = conversation.epoch != epoch
        if suppressed:
            log.info("reply suppressed, owner changed", message=message.id)
        queued = ledger.queue(session, conversation, replies, reply_to=message.id, suppressed=suppressed)
        return [] if suppressed else [queued]


def _wait_for_assistant(message: Message, outcome: Outcome) -> float:
    """Keep the message for later; the citizen is told once per outage."""
    with transaction() as session:
        row = session.get_one(Message, message.id)
        row.attempts += 1
        delay = policy.turn_delay(row.attempts)
        row.next_attempt_at = clock.now() + timedelta(seconds=delay)
        conversation = session.get_one(Conversation, message.conversation_id, with_for_update=True)
        log.warning("assistant unavailable", conversation=conversation.id, message=message.id, attempts=row.attempts)
        if conversation.outage_told_at is None and row.status == Status.RECEIVED:
            conversation.outage_told_at = clock.now()
            rest = conversation.rest
            outcome.deliver.append(ledger.queue(session, conversation, [Reply(wording.ASSISTANT_DOWN)]))
            conversation.rest = rest
    return delay if outcome.again_in is None else min(delay, outcome.again_in)
