"""Answering: one turn at a time per conversation, in order, exactly one answer per message.

A worker takes a lease on the conversation, not a database lock: the assistant may take seconds, and nobody else's
writing should wait for it. What makes an answer unique is `_complete`: it changes the message from `received` to
`answered` and queues the reply in one transaction, and does nothing when somebody else did it first.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend import clock
from backend.database import reading, together, transaction
from backend.errors import Unavailable
from backend.logs import logger
from backend.messaging import assistant, attachments, channels, events, keywords, ledger, media, policy, wording
from backend.messaging.assistant import Answer
from backend.messaging.channels import Reply
from backend.messaging.keywords import Context
from backend.messaging.ledger import Claim
from backend.messaging.models import Message, Owner, Status
from backend.organisation import service as organisation
from backend.settings import settings

log = logger(__name__)

_OUR_FAULT = Answer([Reply(wording.FAULT)])
MOST_WAIT_FOR_FILE = 300.0
"""Seconds between two tries, whatever a provider asks for."""


@dataclass
class Outcome:
    """What there is to do after a run: messages to deliver, files to fetch for an officer (ids of their messages), and
    when to look again (seconds), if ever."""

    deliver: list[int] = field(default_factory=list)
    fetch: list[int] = field(default_factory=list)
    again_in: float | None = None


@dataclass(frozen=True)
class _Taken:
    """A message this worker may answer, with its conversation as it was when it was taken."""

    conversation: Claim
    message: Message
    lease: str
    flooding: bool = False


class _BehindFile(Exception):
    """An earlier message waits for its file, and the assistant hears everything in order."""


class _TooLate(Exception):
    """Our lease ran out, and another worker has answered the message meanwhile."""


def run(conversation_id: int) -> Outcome:
    """Answer everything that waits in this conversation, unless another worker is at it.

    Commands are answered even while messages before them wait for the assistant.
    """
    outcome, more, behind_file = Outcome(), True, False
    lease, tried = secrets.token_hex(16), set[int]()
    while more and (taken := _take(conversation_id, lease, tried, outcome)) is not None:
        tried.add(taken.message.id)
        try:
            if taken.flooding:
                outcome.deliver += _tell_flood(taken.message)
                continue
            if media.waits(taken.message):
                media.make_ready(taken.message)
                tried.discard(taken.message.id)  # taken anew, which renews the lease
                continue
            more = _answer(taken, outcome, behind_file=behind_file)
        except media.NotYet as error:
            behind_file = True
            outcome.again_in = _wait_for_file(taken.message, error, outcome)
        except _BehindFile:
            log.info("turn waits for a file", message=taken.message.id)
        except _TooLate:
            log.warning("turn took longer than its lease", message=taken.message.id)
        except (Unavailable, OperationalError) as error:  # a busy database passes, as an outage does
            if _is_hopeless(taken.message):
                log.error("assistant cannot answer", message=taken.message.id)
                more = _tell_fault(taken, outcome)
            else:
                outcome.again_in = _wait_for_assistant(taken, outcome, error)
        except Exception:  # a fault of ours would come again and again: it must not block the rest
            log.exception("turn failed", message=taken.message.id)
            more = _tell_fault(taken, outcome)
    return outcome


def _take(conversation_id: int, lease: str, tried: Collection[int], outcome: Outcome) -> _Taken | None:
    """The next message to answer; None when none waits or somebody else holds the conversation.

    Finding nothing and letting go are one transaction: a message that came before it is seen here, one that comes
    after it wakes a worker that will find the conversation free.
    """
    with transaction() as session:
        conversation = ledger.claim_turn(session, conversation_id, lease, settings().turn_lease_seconds)
        if conversation is None:
            return None
        if conversation.owner == Owner.OFFICER:
            left = media.leave_to_officer(session, conversation_id)
            outcome.fetch += [message.id for message in left if message.next_attempt_at]
            if left:
                events.left_to_officer(conversation_id)
        elif conversation.blocked_at is not None:
            ledger.ignore_waiting(session, conversation_id)
        message = ledger.next_waiting(session, conversation_id, besides=tried)
        if message is None:
            ledger.release_turn(session, conversation_id, lease)
            return None
        _resolve_pick(session, message)
        return _Taken(conversation, message, lease, ledger.floods(session, message))


def _tell_flood(message: Message) -> list[int]:
    """Keep a message of a flood without an answer; who sends it is told once, until it has calmed down."""
    with transaction() as session:
        conversation = ledger.locked(session, message.conversation_id)
        ledger.ignore(session, message.id)
        quiet = clock.now() - policy.FLOOD_TOLD_FOR
        if conversation.flood_told_at is not None and conversation.flood_told_at > quiet:
            return []
        log.warning("messages flood", conversation=conversation.id)
        conversation.flood_told_at = clock.now()
        if conversation.owner == Owner.OFFICER:
            return []
        return [ledger.queue(session, conversation, [Reply(wording.TOO_FAST)], reply_to=message.id)]


def fetch_for_officer(message_id: int) -> float | None:
    """Make ready what came with a message that an officer answers; when to try again (seconds), None when done.

    `next_attempt_at` of such a message says that files are still to be fetched, so the sweep finds a lost task. Whoever
    begins puts it off first: the sweep and the officer's own wake-up do not both fetch.
    """
    if not media.claim(message_id):
        return None
    while True:
        with reading() as session:
            message = session.get(Message, message_id)
        if message is None or message.status != Status.FOR_OFFICER or not media.waits(message):
            return None
        try:
            media.make_ready(message)
        except media.NotYet as error:
            return error.after_seconds if error.too_early else _note_try(message_id, error.after_seconds)


def _resolve_pick(session: Session, message: Message) -> None:
    """A `2`, `hai` or a title picks from the last offer; kept with the message, so that a retry asks the same."""
    if message.payload or not message.text:
        return
    offer = ledger.last_offer(session, message.conversation_id, before=message.id)
    index = policy.picked(message.text, [choice.title for choice in offer])
    chosen = None if index is None else ledger.choice(session, message.conversation_id, offer[index].token)
    if chosen is not None:
        message.payload = chosen.payload


def _answer(taken: _Taken, outcome: Outcome, *, behind_file: bool) -> bool:
    """Answer one message; whether others may wait."""
    answered = _answer_without_assistant(taken, outcome)
    if answered is not None:
        return answered
    answer = _ask(taken, behind_file=behind_file, assistant_down=outcome.again_in is not None)
    return _complete(taken, answer, outcome)


def _answer_without_assistant(taken: _Taken, outcome: Outcome) -> bool | None:
    """Answer what needs no assistant: whether others may wait, None for what does.

    What the answer does (a number linked, a report filed) is one transaction with the note that it was answered: a
    worker that dies in between has done nothing, and the next one says the same.
    """
    conversation, message = taken.conversation, taken.message
    with together():
        own = _own_answer(Context(conversation.id, conversation.channel, conversation.address, message.id), message)
        return None if own is None else _complete(taken, _with_refusals(message, own), outcome)


def _ask(taken: _Taken, *, behind_file: bool, assistant_down: bool) -> Answer:
    conversation, message = taken.conversation, taken.message
    if behind_file:
        raise _BehindFile
    if assistant_down:
        raise Unavailable
    with reading() as session:
        command = ledger.last_command(session, conversation.id)
    answer = assistant.ask(
        conversation_id=conversation.id,
        message_id=message.id,
        text=message.text,
        payload=message.payload,
        channel=conversation.channel,
        after_officer=conversation.after_officer,
        awaiting="" if conversation.after_officer else keywords.awaited(conversation.id),
        dossier=keywords.dossier_in(command),
    )
    return _with_refusals(message, answer)


def _with_refusals(message: Message, answer: Answer) -> Answer:
    """Files that were not taken are spoken of first, whoever answers the rest."""
    refusals = media.refusals(message.attachments)
    return replace(answer, replies=[*refusals, *answer.replies]) if refusals else answer


def _own_answer(context: Context, message: Message) -> Answer | None:
    """What attachments, our own choices and keywords are answered, also while Rasa is down."""
    if message.payload:
        picked = attachments.answer_choice(context, message.payload)
        return None if picked is None else Answer(picked, intent="choice")
    taken = attachments.answer(context, message.text, message.attachments)
    if taken is not None:
        return Answer(taken, intent="attachment")
    if not message.text:
        return Answer(_noted(message.attachments), intent="attachment" if message.attachments else "")
    replies = keywords.answer(context, message.text)
    return None if replies is None else Answer(replies, intent="keyword")


def _noted(came: Sequence[dict[str, Any]]) -> list[Reply]:
    """The answer to something without a word that no feature takes. A refusal is spoken of by `_with_refusals`."""
    kinds = {one.get("kind") for one in came}
    if "location" in kinds:
        place = next(one for one in came if one.get("kind") == "location")
        near = organisation.near_province(place["latitude"], place["longitude"])
        return [Reply(wording.location_noted(place["place"], near=near))]
    if "contact" in kinds:
        return [Reply(wording.CONTACT_NOTED)]
    return [] if "refused" in kinds else [Reply(wording.UNREADABLE)]


def _complete(taken: _Taken, answer: Answer, outcome: Outcome) -> bool:
    """Mark the message answered and queue the reply, both or neither; whether others may wait. Raises _TooLate.

    Where none does, the conversation is let go in the same transaction, as in `_take`.
    """
    message = taken.message
    with transaction() as session:
        conversation = ledger.locked(session, message.conversation_id)
        suppressed = conversation.epoch != taken.conversation.epoch
        mute = channels.offers(conversation.channel) and not channels.get(conversation.channel).answers
        # Taken over meanwhile, the message is the officer's; what it would have been answered is kept for them to see.
        note = ledger.note_understood if suppressed else ledger.note_answered
        if not note(session, message.id, answer.intent, answer.confidence):
            raise _TooLate
        if answer.confidence is not None:  # the assistant is back
            conversation.outage_told_at = None
            conversation.after_officer = conversation.after_officer and suppressed
        replies: Sequence[Reply] = answer.replies or [Reply(wording.NOTHING_TO_SAY)]
        if suppressed:
            log.info("reply suppressed, owner changed", message=message.id)
        queued = ledger.queue(session, conversation, replies, reply_to=message.id, suppressed=suppressed or mute)
        more = not ledger.release_turn_if_idle(session, conversation.id, taken.lease)
    if not suppressed and not mute:
        outcome.deliver.append(queued)
    return more


def _tell_fault(taken: _Taken, outcome: Outcome) -> bool:
    try:
        return _complete(taken, _OUR_FAULT, outcome)
    except _TooLate:
        return True


def _is_hopeless(message: Message) -> bool:
    """Whether it is this message, not an outage: tried often, while others were answered since it came."""
    if message.attempts < policy.HOPELESS_ATTEMPTS:
        return False
    with reading() as session:
        return ledger.assistant_answered_since(session, message.created_at)


def _wait_for_file(message: Message, error: media.NotYet, outcome: Outcome) -> float:
    """Keep the message for later; an outage is not spoken of, as the rest works."""
    delay = error.after_seconds if error.too_early else _note_try(message.id, error.after_seconds)
    return delay if outcome.again_in is None else min(delay, outcome.again_in)


def _note_try(message_id: int, after_seconds: float) -> float:
    """Count a failed try at a file; the seconds until the next."""
    with transaction() as session:
        row = session.get_one(Message, message_id, with_for_update=True)
        row.attempts += 1
        delay = max(policy.turn_delay(row.attempts), min(after_seconds, MOST_WAIT_FOR_FILE))
        row.next_attempt_at = clock.now() + timedelta(seconds=delay)
    return delay


def _wait_for_assistant(taken: _Taken, outcome: Outcome, error: Exception) -> float:
    """Keep the message for later; the citizen is told once per outage.

    Nobody is told of the database's: whenever they could be, it is there again, and the answer a moment later.
    """
    message = taken.message
    with transaction() as session:
        row = session.get_one(Message, message.id)
        row.attempts += 1
        delay = policy.turn_delay(row.attempts)
        row.next_attempt_at = clock.now() + timedelta(seconds=delay)
        conversation = ledger.locked(session, message.conversation_id)
        facts = {"conversation": conversation.id, "message": message.id, "attempts": row.attempts}
        log.warning("turn put off", error=type(error).__name__, **facts)
        untold = conversation.outage_told_at is None and conversation.epoch == taken.conversation.epoch
        if untold and row.status == Status.RECEIVED and isinstance(error, Unavailable):
            conversation.outage_told_at = clock.now()
            rest = conversation.rest
            down = [Reply(wording.ASSISTANT_DOWN)]
            outcome.deliver.append(ledger.queue(session, conversation, down, reply_to=message.id))
            conversation.rest = rest
    return delay if outcome.again_in is None else min(delay, outcome.again_in)
