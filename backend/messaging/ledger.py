"""The rows behind messaging: each function works inside the caller's transaction."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from backend import clock
from backend.database import insert_for
from backend.messaging import channels, policy
from backend.messaging.channels import Offered, Outgoing, Rendered, Reply
from backend.messaging.models import ChoiceToken, Conversation, Direction, EarlyReceipt, Message, Status

MOST_PAGES = 12
"""Pages of one answer behind which its choices are still looked for."""


def conversation(session: Session, channel: str, address: str) -> Conversation:
    """The conversation of that address, made at first contact; safe against two first messages at once."""
    found = find_conversation(session, channel, address)
    if found is None:
        new = insert_for(session, Conversation).values(channel=channel, address=address, created_at=clock.now())
        session.execute(new.on_conflict_do_nothing())
        found = find_conversation(session, channel, address)
    assert found is not None
    return found


def find_conversation(session: Session, channel: str, address: str) -> Conversation | None:
    """The conversation of that address, if there is one."""
    return session.scalar(select(Conversation).where(Conversation.channel == channel, Conversation.address == address))


def add_inbound(session: Session, conversation: Conversation, values: dict[str, object]) -> int | None:
    """Insert an inbound message; None when this provider message id is already there."""
    now = clock.now()
    row = values | {
        "conversation_id": conversation.id,
        "direction": Direction.IN,
        "channel": conversation.channel,
        "status": Status.RECEIVED,
        "created_at": now,
        "updated_at": now,
    }
    insert = insert_for(session, Message).values(**row).on_conflict_do_nothing().returning(Message.id)
    added: int | None = session.scalar(insert)
    return added


def waiting_for_turn(session: Session, conversation_id: int) -> Sequence[Message]:
    """The inbound messages that nobody has answered, oldest first."""
    query = (
        select(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.direction == Direction.IN,
            Message.status.in_(Status.WAITS_FOR_TURN),
        )
        .order_by(Message.id)
    )
    return session.scalars(query).all()


def last_offer(session: Session, conversation_id: int, *, before: int) -> Sequence[ChoiceToken]:
    """The choices of the last message that the citizen was sent before message `before`; empty when it had none.

    The further pages of a long answer (TIEP THEO) do not close the offer that its first page made.
    """
    asked = aliased(Message)
    query = (
        select(Message.id, Message.offered, asked.text)
        .outerjoin(asked, asked.id == Message.reply_to_id)
        .where(
            Message.conversation_id == conversation_id,
            Message.direction == Direction.OUT,
            Message.status != Status.SUPPRESSED,
            Message.id < before,
        )
        .order_by(Message.id.desc())
        .limit(MOST_PAGES)
    )
    for message_id, offered, asked_text in session.execute(query):
        if offered:
            choices = select(ChoiceToken).where(ChoiceToken.message_id == message_id).order_by(ChoiceToken.position)
            return session.scalars(choices).all()
        if not policy.asks_for_rest(asked_text or ""):
            break
    return []


def choice(session: Session, conversation_id: int, token: str) -> ChoiceToken | None:
    """The choice behind a token, only for the conversation it was offered in."""
    found = session.get(ChoiceToken, token[:24])
    return found if found is not None and found.conversation_id == conversation_id else None


def queue(
    session: Session,
    conversation: Conversation,
    replies: Sequence[Reply],
    *,
    reply_to: int | None = None,
    suppressed: bool = False,
) -> int:
    """Put replies as one message into the outbox, rendered for the channel; gives its id."""
    text = "\n\n".join(reply.text for reply in replies if reply.text)
    channel = channels.get(conversation.channel)
    choices = [choice for reply in replies for choice in reply.choices][: channel.max_choices]
    rendered = channel.render(text, [choice.title for choice in choices], accents=conversation.accents)
    now = clock.now()
    message = Message(
        conversation_id=conversation.id,
        direction=Direction.OUT,
        channel=conversation.channel,
        status=Status.SUPPRESSED if suppressed else Status.QUEUED,
        text=text,
        reply_to_id=reply_to,
        epoch=conversation.epoch,
        created_at=now,
        updated_at=now,
    )
    _dress(message, rendered)
    session.add(message)
    session.flush()
    if not suppressed:
        conversation.rest = rendered.rest
    tokens = [
        ChoiceToken(
            token=secrets.token_urlsafe(12),
            conversation_id=conversation.id,
            message_id=message.id,
            position=position,
            title=choice.title,
            payload=choice.payload,
        )
        for position, choice in enumerate(choices)
    ]
    session.add_all(tokens)
    message.offered = [{"title": token.title, "token": token.token} for token in tokens]
    return message.id


def _dress(message: Message, rendered: Rendered) -> None:
    message.body, message.segments, message.encoding = rendered.body, rendered.segments, rendered.encoding


def claim_turn(session: Session, conversation_id: int, lease: str, seconds: float) -> bool:
    """Take or renew the right to answer this conversation; False while somebody else holds it."""
    now = clock.now()
    free = or_(Conversation.turn_lease.is_(None), Conversation.turn_lease == lease, Conversation.turn_lease_until < now)
    claimed = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, free)
        .values(turn_lease=lease, turn_lease_until=now + timedelta(seconds=seconds))
    )
    return bool(claimed.rowcount)  # type: ignore[attr-defined]


def release_turn(session: Session, conversation_id: int, lease: str) -> None:
    """Give the right back, if it is still ours."""
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.turn_lease == lease)
        .values(turn_lease=None, turn_lease_until=None)
    )


def claim_delivery(session: Session, message_id: int, lease_seconds: float) -> tuple[Outgoing, str, bool] | None:
    """Take a message for sending: what to send, the channel's name, and whether an earlier try may have got through.

    None when there is nothing to do: sent, failed, not due yet, or an earlier message of the conversation goes first.
    """
    now = clock.now()
    earlier = aliased(Message)
    blocked = exists().where(
        earlier.conversation_id == Message.conversation_id,
        earlier.direction == Direction.OUT,
        earlier.status.in_(Status.WAITS_FOR_DELIVERY),
        earlier.id < Message.id,
    )
    query = (
        select(Message)
        .where(
            Message.id == message_id,
            Message.direction == Direction.OUT,
            Message.status.in_(Status.WAITS_FOR_DELIVERY),
            or_(Message.next_attempt_at.is_(None), Message.next_attempt_at <= now),
            ~blocked,
        )
        .with_for_update(skip_locked=True, of=Message)
    )
    message = session.scalar(query)
    if message is None:
        return None
    perhaps_taken = message.status == Status.SENDING
    message.status, message.attempts, message.updated_at = Status.SENDING, message.attempts + 1, now
    message.next_attempt_at = now + timedelta(seconds=lease_seconds)
    address = session.get_one(Conversation, message.conversation_id).address
    return outgoing(message, address), message.channel, perhaps_taken


def outgoing(message: Message, address: str) -> Outgoing:
    """A row as a sender sees it."""
    return Outgoing(
        id=message.id,
        conversation_id=message.conversation_id,
        address=address,
        body=message.body,
        offered=tuple(Offered(choice["title"], choice["token"]) for choice in message.offered),
        queued_at=message.created_at,
        attempts=message.attempts,
    )


def is_known(session: Session, channel: str, provider_message_id: str, *, besides: int) -> bool:
    """Whether a provider's message id already stands for another message of ours than `besides`."""
    known = exists().where(
        Message.channel == channel, Message.provider_message_id == provider_message_id, Message.id != besides
    )
    return bool(session.scalar(select(known)))


def keep_early_receipt(session: Session, channel: str, provider_message_id: str, status: str, error_code: str) -> None:
    """Keep a receipt that came before we knew the provider's id of the message; a later one replaces it."""
    key = {"channel": channel, "provider_message_id": provider_message_id[:128]}
    news = {"status": status, "error_code": error_code[:64], "at": clock.now()}
    row = insert_for(session, EarlyReceipt).values(**key, **news)
    session.execute(row.on_conflict_do_update(index_elements=list(key), set_=news))


def take_early_receipt(session: Session, channel: str, provider_message_id: str) -> EarlyReceipt | None:
    """The receipt that came too early for this message, which is now used up."""
    receipt = session.get(EarlyReceipt, (channel, provider_message_id))
    if receipt is not None:
        session.delete(receipt)
    return receipt


def forget_early_receipts(session: Session, older_than: datetime) -> None:
    """Drop receipts for messages that never became ours."""
    session.execute(delete(EarlyReceipt).where(EarlyReceipt.at < older_than))


def next_in_line(session: Session, conversation_id: int) -> int | None:
    """The oldest message of the conversation that still waits to be sent."""
    return session.scalar(
        select(Message.id)
        .where(
            Message.conversation_id == conversation_id,
            Message.direction == Direction.OUT,
            Message.status == Status.QUEUED,
        )
        .order_by(Message.id)
        .limit(1)
    )


def forgotten_turns(session: Session, older_than: datetime, limit: int = 1_000) -> Sequence[int]:
    """Conversations with an unanswered message that no wake-up is on its way for."""
    now = clock.now()
    query = (
        select(Message.conversation_id)
        .join(Conversation)
        .where(
            Message.status.in_(Status.WAITS_FOR_TURN),
            Message.created_at < older_than,
            or_(Message.next_attempt_at.is_(None), Message.next_attempt_at <= now),
            or_(Conversation.turn_lease_until.is_(None), Conversation.turn_lease_until <= now),
        )
        .distinct()
        .limit(limit)
    )
    return session.scalars(query).all()


def forgotten_deliveries(session: Session, older_than: datetime, limit: int = 1_000) -> Sequence[int]:
    """Outgoing messages that no wake-up is on its way for."""
    query = (
        select(Message.id)
        .where(
            Message.status.in_(Status.WAITS_FOR_DELIVERY),
            Message.created_at < older_than,
            or_(Message.next_attempt_at.is_(None), Message.next_attempt_at <= clock.now()),
        )
        .order_by(Message.id)
        .limit(limit)
    )
    return session.scalars(query).all()
