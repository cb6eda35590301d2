"""The rows behind messaging: each function works inside the caller's transaction."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Executable, Table, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from backend import clock
from backend.database import Base, insert_in
from backend.messaging import channels, policy
from backend.messaging.channels import Extras, Offered, Outgoing, Receipt, Reply, Sent
from backend.messaging.models import TITLE_LENGTH, ChoiceToken, Conversation, Direction, Message, Status
from backend.settings import settings

MOST_PAGES = 12
"""Pages of one answer behind which its choices are still looked for."""


@dataclass(frozen=True)
class Claim:
    """A conversation as it was when a worker took the right to answer it."""

    id: int
    channel: str
    address: str
    owner: str
    epoch: int
    after_officer: bool
    blocked_at: datetime | None


_conversations, _messages, _tokens = (cast(Table, model.__table__) for model in (Conversation, Message, ChoiceToken))
# What every message passes is built once here, without the ORM: that takes several times as long as the database.
_FIND = select(_conversations.c.id).where(
    _conversations.c.channel == bindparam("channel"), _conversations.c.address == bindparam("address")
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
_LOCKED = select(Conversation).where(Conversation.id == bindparam("conversation_id")).with_for_update()
_asked, _earlier = _messages.alias(), _messages.alias()
_OFFERED = (
    select(_messages.c.offered, _asked.c.text)
    .outerjoin(_asked, _asked.c.id == _messages.c.reply_to_id)
    .where(
        _messages.c.conversation_id == bindparam("conversation_id"),
        _messages.c.direction == Direction.OUT,
        _messages.c.status != Status.SUPPRESSED,
        _messages.c.id < bindparam("before"),
    )
    .order_by(_messages.c.id.desc())
    .limit(MOST_PAGES)
)
_OFFER = insert(_tokens)
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
    .returning(*(_conversations.c[name] for name in Claim.__dataclass_fields__))
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
_RELEASE_TURN_IF_IDLE = _RELEASE_TURN.where(
    ~exists().where(
        _messages.c.conversation_id == bindparam("conversation_id"),
        _messages.c.direction == Direction.IN,
        _messages.c.status == Status.RECEIVED,
    )
)
_FIRST_IN_LINE = ~exists().where(
    _earlier.c.conversation_id == _messages.c.conversation_id,
    _earlier.c.direction == Direction.OUT,
    _earlier.c.status.in_(Status.WAITS_FOR_DELIVERY),
    _earlier.c.id < _messages.c.id,
)
_DUE = (
    _messages.c.id == bindparam("message_id"),
    _messages.c.direction == Direction.OUT,
    _messages.c.status.in_(Status.WAITS_FOR_DELIVERY),
    or_(_messages.c.next_attempt_at.is_(None), _messages.c.next_attempt_at <= bindparam("now")),
    _FIRST_IN_LINE,
)
_IS_DUE = select(_messages.c.id).where(*_DUE)
_WITH_ADDRESS = select(*_messages.c, _conversations.c.address).join(
    _conversations, _conversations.c.id == _messages.c.conversation_id
)
_DELIVERABLE = _WITH_ADDRESS.where(*_DUE).with_for_update(skip_locked=True, of=_messages)
_UNTRIED = (
    _WITH_ADDRESS.where(
        _messages.c.direction == Direction.OUT,
        _messages.c.channel == bindparam("channel"),
        _messages.c.status == Status.QUEUED,
        _messages.c.next_attempt_at.is_(None),
        _FIRST_IN_LINE,
    )
    .order_by(_messages.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=_messages)
)
_CHANGE = update(_messages).where(_messages.c.id == bindparam("of"))
_ANSWERED = _CHANGE.where(_messages.c.status == Status.RECEIVED).values(
    status=Status.ANSWERED,
    intent=bindparam("intent"),
    confidence=bindparam("confidence"),
    updated_at=bindparam("now"),
)
_UNDERSTOOD = _CHANGE.where(_messages.c.status == Status.FOR_OFFICER).values(
    intent=bindparam("intent"), confidence=bindparam("confidence"), updated_at=bindparam("now")
)
_EARLIER = (
    select(_messages.c.created_at)
    .where(
        _messages.c.conversation_id == bindparam("conversation_id"),
        _messages.c.direction == Direction.IN,
        _messages.c.id < bindparam("before"),
    )
    .order_by(_messages.c.id.desc())
    .offset(bindparam("most"))
    .limit(1)
)
_CLAIM_DELIVERY = _CHANGE.values(
    status=Status.SENDING,
    attempts=bindparam("attempts"),
    next_attempt_at=bindparam("until"),
    updated_at=bindparam("now"),
)
_SENT = _CHANGE.values(
    status=bindparam("status"),
    error_code=bindparam("error_code"),
    provider=bindparam("provider"),
    provider_message_id=bindparam("provider_message_id"),
    cost=bindparam("cost"),
    next_attempt_at=None,
    updated_at=bindparam("now"),
)
_NEXT_IN_LINE = (
    select(func.min(_messages.c.id))
    .where(
        _messages.c.conversation_id.in_(bindparam("conversation_ids", expanding=True)),
        _messages.c.direction == Direction.OUT,
        _messages.c.status == Status.QUEUED,
    )
    .group_by(_messages.c.conversation_id)
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


def locked(session: Session, conversation_id: int) -> Conversation:
    """The conversation, kept from everybody else until the transaction ends."""
    return session.scalars(_LOCKED, {"conversation_id": conversation_id}).one()


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


def all_waiting(session: Session, conversation_id: int) -> Sequence[Message]:
    """The unanswered messages of the conversation, locked: their attachments may be changing."""
    waiting = select(Message).where(
        Message.conversation_id == conversation_id,
        Message.direction == Direction.IN,
        Message.status == Status.RECEIVED,
    )
    return session.scalars(waiting.order_by(Message.id).with_for_update()).all()


def last_offer(session: Session, conversation_id: int, *, before: int) -> Sequence[Offered]:
    """The choices of the last message that the citizen was sent before message `before`; empty when it had none.

    The further pages of a long answer (TIEP THEO) do not close the offer that its first page made.
    """
    sent = session.connection().execute(_OFFERED, {"conversation_id": conversation_id, "before": before})
    for offered, asked_text in sent:
        if offered:
            return [Offered(choice["title"], choice["token"]) for choice in offered]
        if not policy.asks_for_rest(asked_text or ""):
            break
    return []


def last_command(session: Session, conversation_id: int) -> str:
    """The text of the last message that was answered, if a command answered it; "" where the assistant did."""
    mine = (Message.conversation_id == conversation_id, Message.direction == Direction.IN)
    query = select(Message.intent, Message.text).where(*mine, Message.status == Status.ANSWERED)
    last = session.execute(query.order_by(Message.id.desc()).limit(1)).first()
    return last.text if last is not None and last.intent == "keyword" else ""


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
    offered = [Offered(choice.title[:TITLE_LENGTH], secrets.token_urlsafe(12)) for choice in said.choices]
    row = {
        "conversation_id": conversation.id,
        "direction": Direction.OUT,
        "channel": conversation.channel,
        "status": Status.SUPPRESSED if suppressed else Status.QUEUED,
        "text": channels.in_words(said),
        "body": rendered.body,
        "segments": rendered.segments,
        "encoding": rendered.encoding,
        "extras": rendered.extras.stored(),
        "offered": [{"title": one.title, "token": one.token} for one in offered],
        "reply_to_id": reply_to,
        "epoch": conversation.epoch,
        "created_at": now,
        "updated_at": now,
    }
    message_id = _add(session, Message, row)
    assert message_id is not None
    if not suppressed:
        conversation.rest = rendered.rest
    if offered:
        common = {"conversation_id": conversation.id, "message_id": message_id}
        pairs = enumerate(zip(offered, said.choices, strict=True))
        tokens = [
            common | {"token": one.token, "position": position, "title": one.title, "payload": choice.payload}
            for position, (one, choice) in pairs
        ]
        session.connection().execute(_OFFER, tokens)
    return message_id


def claim_turn(session: Session, conversation_id: int, lease: str, seconds: float) -> Claim | None:
    """Take or renew the right to answer this conversation; None while somebody else holds it."""
    now = clock.now()
    until = now + timedelta(seconds=seconds)
    asked = {"conversation_id": conversation_id, "lease": lease, "now": now, "until": until}
    row = session.connection().execute(_CLAIM_TURN, asked).one_or_none()
    return Claim(*row) if row else None


def note_answered(session: Session, message_id: int, intent: str, confidence: float | None) -> bool:
    """From received to answered; False when somebody else was first."""
    given = {"of": message_id, "intent": intent, "confidence": confidence, "now": clock.now()}
    return bool(session.connection().execute(_ANSWERED, given).rowcount)


def note_understood(session: Session, message_id: int, intent: str, confidence: float | None) -> bool:
    """What a message was taken for that an officer answers now; False when it is not theirs."""
    given = {"of": message_id, "intent": intent, "confidence": confidence, "now": clock.now()}
    return bool(session.connection().execute(_UNDERSTOOD, given).rowcount)


def release_turn(session: Session, conversation_id: int, lease: str) -> None:
    """Give the right back, if it is still ours."""
    session.connection().execute(_RELEASE_TURN, {"conversation_id": conversation_id, "lease": lease})


def release_turn_if_idle(session: Session, conversation_id: int, lease: str) -> bool:
    """Give the right back unless another message waits for its answer; whether we did."""
    given = {"conversation_id": conversation_id, "lease": lease}
    return bool(session.connection().execute(_RELEASE_TURN_IF_IDLE, given).rowcount)


def is_due(session: Session, message_id: int) -> bool:
    """Whether `claim_delivery` would find it, without taking any lock."""
    return session.connection().execute(_IS_DUE, {"message_id": message_id, "now": clock.now()}).first() is not None


def claim_delivery(session: Session, message_id: int, lease_seconds: float) -> tuple[Outgoing, str, bool] | None:
    """Take a message for sending: what to send, the channel's name, and whether an earlier try may have got through.

    None when there is nothing to do: sent, failed, not due yet, or an earlier message of the conversation goes first.
    """
    now, connection = clock.now(), session.connection()
    row = connection.execute(_DELIVERABLE, {"message_id": message_id, "now": now}).one_or_none()
    if row is None:
        return None
    [taken] = _claimed(connection, [row], now, lease_seconds)
    return taken, row.channel, row.status == Status.SENDING


def claim_untried(session: Session, channel: str, lease_seconds: float, most: int) -> list[Outgoing]:
    """Take messages for sending that nobody has tried, the oldest first, at most one of each conversation."""
    connection = session.connection()
    rows = connection.execute(_UNTRIED, {"channel": channel, "most": most}).all()
    return _claimed(connection, rows, clock.now(), lease_seconds) if rows else []


def _claimed(connection: Connection, rows: Sequence[Any], now: datetime, lease_seconds: float) -> list[Outgoing]:
    taken = [replace(outgoing(row, row.address), attempts=row.attempts + 1) for row in rows]
    common = {"until": now + timedelta(seconds=lease_seconds), "now": now}
    connection.execute(_CLAIM_DELIVERY, [common | {"of": each.id, "attempts": each.attempts} for each in taken])
    return taken


def outgoing(message: Any, address: str) -> Outgoing:
    """A `Message`, or a row with its columns, as a sender sees it."""
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


def note_sent(session: Session, sent: Sequence[tuple[Outgoing, Sent]], early: Mapping[str, Receipt]) -> None:
    """The provider has them, and may have reported on some of them already."""
    rows, now = [], clock.now()
    for outgoing, one in sorted(sent, key=lambda pair: pair[0].id):
        receipt = early.get(one.provider_message_id) or Receipt(one.provider_message_id, Status.SENT)
        values = {"status": receipt.status, "error_code": receipt.error_code, "provider": one.provider, "now": now}
        values |= {"of": outgoing.id, "provider_message_id": one.provider_message_id, "cost": one.cost}
        rows.append(values)
    session.connection().execute(_SENT, rows)


def ignore_waiting(session: Session, conversation_id: int) -> None:
    """Keep what a blocked sender writes; nobody answers it."""
    session.execute(
        update(Message)
        .where(Message.conversation_id == conversation_id, Message.status == Status.RECEIVED)
        .values(status=Status.IGNORED, updated_at=clock.now())
    )


def ignore(session: Session, message_id: int) -> None:
    """Keep one message that nobody answers."""
    session.execute(
        update(Message)
        .where(Message.id == message_id, Message.status == Status.RECEIVED)
        .values(status=Status.IGNORED, updated_at=clock.now())
    )


def floods(session: Session, message: Message) -> bool:
    """Whether its sender wrote more than the most a minute, up to this message."""
    asked = {
        "conversation_id": message.conversation_id,
        "before": message.id,
        "most": settings().messages_per_minute - 1,
    }
    first = session.connection().execute(_EARLIER, asked).scalar()
    return first is not None and message.created_at - first < timedelta(minutes=1)


def is_stale(session: Session, message_id: int) -> bool:
    """Whether a message answers something that was asked under an older owner; locks the conversation against both."""
    message = session.get_one(Message, message_id)
    if message.reply_to_id is None:
        return False
    conversation = session.get_one(Conversation, message.conversation_id, with_for_update=True)
    return message.epoch != conversation.epoch


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


def next_in_line(session: Session, conversation_ids: Collection[int]) -> Sequence[int]:
    """The oldest message of each of these conversations that still waits to be sent."""
    asked = {"conversation_ids": list(conversation_ids)}
    return session.connection().execute(_NEXT_IN_LINE, asked).scalars().all()


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


def claim_files(session: Session, message_id: int, until: datetime) -> bool:
    """Put off what is due of a message's files, so that nobody else begins with it; False when nothing is due."""
    due = (Message.status == Status.FOR_OFFICER, Message.next_attempt_at <= clock.now())
    claimed = session.execute(update(Message).where(Message.id == message_id, *due).values(next_attempt_at=until))
    return bool(claimed.rowcount)  # type: ignore[attr-defined]


def forgotten_files(session: Session, limit: int = 1_000) -> Sequence[int]:
    """Messages left to an officer whose files are still to be fetched and due."""
    due = select(Message.id).where(Message.status == Status.FOR_OFFICER, Message.next_attempt_at <= clock.now())
    return session.scalars(due.limit(limit)).all()


def forgotten_deliveries(session: Session, older_than: datetime, limit: int = 1_000) -> Sequence[int]:
    """Outgoing messages that no wake-up is on its way for; those behind another one are woken when it is their turn."""
    query = (
        select(Message.id)
        .where(
            Message.status.in_(Status.WAITS_FOR_DELIVERY),
            Message.created_at < older_than,
            or_(Message.next_attempt_at.is_(None), Message.next_attempt_at <= clock.now()),
            _FIRST_IN_LINE,
        )
        .order_by(Message.id)
        .limit(limit)
    )
    return session.scalars(query).all()
