"""The rows behind messaging: each function works inside the caller's transaction."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast

from sqlalchemy import Executable, Table, and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from backend import clock
from backend.database import Base, insert_for, insert_in
from backend.messaging import channels, policy
from backend.messaging.channels import Extras, Offered, Outgoing, Rendered, Reply
from backend.messaging.models import TITLE_LENGTH, ChoiceToken, Conversation, Direction, EarlyReceipt, Message, Status

MOST_PAGES = 12
"""Pages of one answer behind which its choices are still looked for."""


_conversations = cast(Table, Conversation.__table__)
# What every message passes is built once here: making a statement takes longer than running it.
_FIND = select(Conversation.id).where(
    Conversation.channel == bindparam("channel"), Conversation.address == bindparam("address")
)


_WAITING = (
    select(Message)
    .where(
        Message.conversation_id == bindparam("conversation_id"),
        Message.direction == Direction.IN,
        Message.status == Status.RECEIVED,
    )
    .order_by(Message.id)
)
_asked, _earlier = aliased(Message), aliased(Message)
_OFFERED = (
    select(Message.id, Message.offered, _asked.text)
    .outerjoin(_asked, _asked.id == Message.reply_to_id)
    .where(
        Message.conversation_id == bindparam("conversation_id"),
        Message.direction == Direction.OUT,
        Message.status != Status.SUPPRESSED,
        Message.id < bindparam("before"),
    )
    .order_by(Message.id.desc())
    .limit(MOST_PAGES)
)
_CHOICES = select(ChoiceToken).where(ChoiceToken.message_id == bindparam("message_id")).order_by(ChoiceToken.position)
_CLAIM_TURN = (
    update(_conversations)
    .where(
        _conversations.c.id == bindparam("conversation_id"),
        or_(
            _conversations.c.turn_lease.is_(None),
            _conversations.c.turn_lease == bindparam("lease"),
            _conversations.c.turn_lease_until < bindparam("now"),
        ),
    )
    .values(turn_lease=bindparam("lease"), turn_lease_until=bindparam("until"))
)
_HEARD = (
    update(_conversations)
    .where(_conversations.c.id == bindparam("of"))
    .values(heard_at=bindparam("now"), unreachable_since=None)
)
_RELEASE_TURN = (
    update(_conversations)
    .where(_conversations.c.id == bindparam("conversation_id"), _conversations.c.turn_lease == bindparam("lease"))
    .values(turn_lease=None, turn_lease_until=None)
)
_DELIVERABLE = (
    select(Message)
    .where(
        Message.id == bindparam("message_id"),
        Message.direction == Direction.OUT,
        Message.status.in_(Status.WAITS_FOR_DELIVERY),
        or_(Message.next_attempt_at.is_(None), Message.next_attempt_at <= bindparam("now")),
        ~exists().where(
            _earlier.conversation_id == Message.conversation_id,
            _earlier.direction == Direction.OUT,
            _earlier.status.in_(Status.WAITS_FOR_DELIVERY),
            _earlier.id < Message.id,
        ),
    )
    .with_for_update(skip_locked=True, of=Message)
)
_NEXT_IN_LINE = (
    select(Message.id)
    .where(
        Message.conversation_id == bindparam("conversation_id"),
        Message.direction == Direction.OUT,
        Message.status == Status.QUEUED,
    )
    .order_by(Message.id)
    .limit(1)
)


@lru_cache
def _insert(dialect: str, table: Table) -> Executable:
    """INSERT … ON CONFLICT DO NOTHING RETURNING id, built once: a webhook has no time to build statements."""
    built: Executable = insert_in(dialect, table).on_conflict_do_nothing().returning(table.c.id)
    return built


def conversation_id(session: Session, channel: str, address: str) -> int:
    """The conversation of that address, made at first contact; safe against two first messages at once."""
    found = find_conversation(session, channel, address)
    if found is not None:
        return found
    row = {"channel": channel, "address": address, "created_at": clock.now()}
    made = _add(session, Conversation, row) or find_conversation(session, channel, address)
    assert made is not None
    return made


def find_conversation(session: Session, channel: str, address: str) -> int | None:
    """The conversation of that address, if there is one."""
    return session.connection().execute(_FIND, {"channel": channel, "address": address}).scalar()


def add_inbound(session: Session, conversation_id: int, channel: str, values: dict[str, object]) -> int | None:
    """Insert an inbound message; None when this provider message id is already there."""
    now = clock.now()
    row = values | {
        "conversation_id": conversation_id,
        "direction": Direction.IN,
        "channel": channel,
        "status": Status.RECEIVED,
        "created_at": now,
        "updated_at": now,
    }
    return _add(session, Message, row)


def note_heard(session: Session, conversation_id: int) -> None:
    """Its citizen is there: whoever has blocked us does not write."""
    session.connection().execute(_HEARD, {"of": conversation_id, "now": clock.now()})


def _add(session: Session, model: type[Base], row: dict[str, object]) -> int | None:
    connection = session.connection()
    table = model.__table__
    assert isinstance(table, Table)
    return connection.execute(_insert(connection.dialect.name, table), row).scalar()


def is_waiting(session: Session, conversation_id: int) -> bool:
    """Whether a message of this conversation has not been answered."""
    return session.scalar(_WAITING.limit(1), {"conversation_id": conversation_id}) is not None


def assistant_answered_since(session: Session, moment: datetime) -> bool:
    """Whether the assistant has answered any message that came after `moment`."""
    answered = select(Message.id).where(Message.created_at > moment, Message.confidence.is_not(None)).limit(1)
    return session.scalar(answered) is not None


def next_waiting(session: Session, conversation_id: int, *, besides: Collection[int]) -> Message | None:
    """The oldest unanswered message of the conversation that is not among those already tried in this run."""
    waiting = session.scalars(_WAITING, {"conversation_id": conversation_id})
    return next((message for message in waiting if message.id not in besides), None)


def last_offer(session: Session, conversation_id: int, *, before: int) -> Sequence[ChoiceToken]:
    """The choices of the last message that the citizen was sent before message `before`; empty when it had none.

    The further pages of a long answer (TIEP THEO) do not close the offer that its first page made.
    """
    sent = session.execute(_OFFERED, {"conversation_id": conversation_id, "before": before})
    for message_id, offered, asked_text in sent:
        if offered:
            return session.scalars(_CHOICES, {"message_id": message_id}).all()
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
    channel = channels.get(conversation.channel)
    said = channels.merged(replies)
    said = replace(said, choices=said.choices[: channel.max_choices])
    rendered = channel.render(said, accents=conversation.accents)
    now = clock.now()
    message = Message(
        conversation_id=conversation.id,
        direction=Direction.OUT,
        channel=conversation.channel,
        status=Status.SUPPRESSED if suppressed else Status.QUEUED,
        text=channels.in_words(said),
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
            title=choice.title[:TITLE_LENGTH],
            payload=choice.payload,
        )
        for position, choice in enumerate(said.choices)
    ]
    session.add_all(tokens)
    message.offered = [{"title": token.title, "token": token.token} for token in tokens]
    return message.id


def _dress(message: Message, rendered: Rendered) -> None:
    message.body, message.segments, message.encoding = rendered.body, rendered.segments, rendered.encoding
    message.extras = rendered.extras.stored()


def claim_turn(session: Session, conversation_id: int, lease: str, seconds: float) -> bool:
    """Take or renew the right to answer this conversation; False while somebody else holds it."""
    now = clock.now()
    until = now + timedelta(seconds=seconds)
    asked = {"conversation_id": conversation_id, "lease": lease, "now": now, "until": until}
    return bool(session.connection().execute(_CLAIM_TURN, asked).rowcount)


def release_turn(session: Session, conversation_id: int, lease: str) -> None:
    """Give the right back, if it is still ours."""
    session.connection().execute(_RELEASE_TURN, {"conversation_id": conversation_id, "lease": lease})


def claim_delivery(session: Session, message_id: int, lease_seconds: float) -> tuple[Outgoing, str, bool] | None:
    """Take a message for sending: what to send, the channel's name, and whether an earlier try may have got through.

    None when there is nothing to do: sent, failed, not due yet, or an earlier message of the conversation goes first.
    """
    now = clock.now()
    message = session.scalar(_DELIVERABLE, {"message_id": message_id, "now": now})
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
        extras=Extras.of(message.extras),
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


def note_receipt(message: Message, status: str, error_code: str) -> bool:
    """Move a message on by a provider's report; False when the report says nothing new."""
    if not policy.receipt_moves(message.status, status):
        return False
    message.status, message.error_code, message.updated_at = status, error_code[:64], clock.now()
    return True


def take_early_receipt(session: Session, channel: str, provider_message_id: str) -> EarlyReceipt | None:
    """The receipt that came too early for this message, which is now used up."""
    receipt = session.get(EarlyReceipt, (channel, provider_message_id))
    if receipt is not None:
        session.delete(receipt)
    return receipt


def settle_early_receipts(session: Session, older_than: datetime) -> None:
    """Use up receipts that were written while their message was, neither seeing the other; drop the old ones."""
    same = and_(
        Message.channel == EarlyReceipt.channel, Message.provider_message_id == EarlyReceipt.provider_message_id
    )
    for receipt, message in session.execute(select(EarlyReceipt, Message).join(Message, same).with_for_update()):
        note_receipt(message, receipt.status, receipt.error_code)
        session.delete(receipt)
    session.execute(delete(EarlyReceipt).where(EarlyReceipt.at < older_than))


def suppress_replies(session: Session, conversation_id: int) -> None:
    """Keep the replies that no provider was handed yet, never to be sent; what was said unasked still goes out."""
    session.execute(
        update(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.direction == Direction.OUT,
            Message.status == Status.QUEUED,
            Message.reply_to_id.is_not(None),
        )
        .values(status=Status.SUPPRESSED, next_attempt_at=None, updated_at=clock.now())
    )


def next_in_line(session: Session, conversation_id: int) -> int | None:
    """The oldest message of the conversation that still waits to be sent."""
    return session.scalar(_NEXT_IN_LINE, {"conversation_id": conversation_id})


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
