"""What gateways and features do with messages. Every function here owns, or joins, its transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, select, tuple_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend import clock
from backend.database import LARGEST_ID, after_commit, reading, transaction
from backend.errors import NotFound
from backend.logs import logger
from backend.messaging import ledger, media, policy, receipts, tasks, wording
from backend.messaging.channels import Extras, Offered, Receipt, Reply
from backend.messaging.models import Conversation, Direction, Message, Owner, Status
from backend.settings import settings
from backend.text import normalise

log = logger(__name__)


@dataclass(frozen=True)
class Inbound:
    """A message as a gateway understood it, verified and parsed. `token` is that of a pressed button.

    `attachments` are in the forms of `backend.messaging.attachments`.
    """

    channel: str
    provider_message_id: str
    address: str
    text: str
    token: str = ""
    attachments: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Received:
    """Where the message is in the ledger. `duplicate`: it was there already, and nothing changed."""

    message_id: int
    conversation_id: int
    duplicate: bool


@dataclass(frozen=True)
class Entry:
    """A line of a conversation as its citizen sees it."""

    id: int
    direction: str
    text: str
    body: str
    offered: tuple[Offered, ...] = field(default=())
    status: str = ""
    segments: int = 0
    encoding: str = ""
    created_at: datetime | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    extras: Extras = field(default_factory=Extras)
    intent: str = ""
    confidence: float | None = None
    error_code: str = ""
    is_reply: bool = False
    """Of ours: to what the citizen wrote, not said unasked."""


@dataclass(frozen=True)
class ConversationView:
    """What the assistant may know of a conversation; who may see what is not decided from this."""

    id: int
    channel: str
    address: str
    owner: str
    procedure_code: str | None
    heard_at: datetime | None = None
    unreachable_since: datetime | None = None
    epoch: int = 0
    blocked_at: datetime | None = None
    blocked_reason: str = ""
    accents: bool = False
    """Whether texts go out with accents where without them they are cheaper."""
    about: str | None = None
    """Code of the dossier that the last notice spoke of; None when there was none lately."""


def receive(inbound: Inbound) -> Received:
    """Write the message down, once, and wake a worker. One transaction; after it the provider may be told 2xx.

    Done once more where the database's connection broke, as some providers tell us only once. Whether it broke before
    the commit or after it, the message is there once.
    """
    try:
        return _write_down(inbound)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        log.warning("database connection lost, message written down again", channel=inbound.channel)
        return _write_down(inbound)


def _write_down(inbound: Inbound) -> Received:
    text = normalise(inbound.text)[: policy.MAX_TEXT]
    with transaction() as session:
        conversation_id = ledger.conversation_id(session, inbound.channel, inbound.address)
        values: dict[str, object] = {
            "provider_message_id": inbound.provider_message_id,
            "text": text,
            "attachments": list(inbound.attachments),
        }
        chosen = ledger.choice(session, conversation_id, inbound.token) if inbound.token else None
        if chosen is not None:
            values |= {"payload": chosen.payload, "text": chosen.title}
        message_id = ledger.add_inbound(session, conversation_id, inbound.channel, values)
        if message_id is None:
            return _repeated(inbound)
        ledger.note_heard(session, conversation_id)
        after_commit(session, lambda: tasks.run_turn(conversation_id))
        return Received(message_id, conversation_id, duplicate=False)


def _repeated(inbound: Inbound) -> Received:
    with reading() as session:
        first = session.scalars(
            select(Message).where(
                Message.channel == inbound.channel, Message.provider_message_id == inbound.provider_message_id
            )
        ).one()
        return Received(first.id, first.conversation_id, duplicate=True)


def heard_from(channel: str, address: str) -> int:
    """Somebody followed us or pressed something without writing: the time in which we may write begins anew."""
    with transaction() as session:
        conversation_id = ledger.conversation_id(session, channel, address)
        ledger.note_heard(session, conversation_id)
        return conversation_id


def set_reachable(channel: str, address: str, reachable: bool) -> None:
    """Somebody has blocked us or left (False), or has come back."""
    with transaction() as session:
        conversation = session.get_one(Conversation, ledger.conversation_id(session, channel, address))
        if not reachable:
            conversation.unreachable_since = conversation.unreachable_since or clock.now()
        else:
            conversation.unreachable_since = None


def received(channel: str, provider_message_id: str) -> int | None:
    """The id of an inbound message that is there already."""
    with reading() as session:
        return session.scalar(
            select(Message.id).where(Message.channel == channel, Message.provider_message_id == provider_message_id)
        )


def is_offered(channel: str, address: str, token: str) -> bool:
    """Whether this token stands for a choice that was offered in the conversation of this address."""
    with reading() as session:
        conversation_id = ledger.find_conversation(session, channel, address)
        return conversation_id is not None and ledger.choice(session, conversation_id, token) is not None


def told(channel: str, provider_message_id: str) -> ConversationView | None:
    """The conversation that a message of ours went out in, by the provider's id of the message."""
    return _told(Message.channel == channel, Message.provider_message_id == provider_message_id)


def told_by(channel: str, message_id: int) -> ConversationView | None:
    """The same by our own id."""
    return _told(Message.channel == channel, Message.id == message_id)


def _told(*which: ColumnElement[bool]) -> ConversationView | None:
    with reading() as session:
        query = select(Message.conversation_id).where(Message.direction == Direction.OUT, *which)
        conversation_id = session.scalar(query)
    return view(conversation_id) if conversation_id is not None else None


def say(conversation_id: int, reply: Reply, *, about: str = "", by_officer: bool = False, secret: str = "") -> int:
    """Tell a citizen something unasked (a notice, an officer's answer); the id of the queued message.

    `about` is the code of the dossier it speaks of, so that the citizen's next "HS" means that one. `by_officer`: kept
    for the assistant, which goes on after it. `secret` is for the phone alone: the ledger's text shows dots for it.
    """
    with transaction() as session:
        conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
        if about:
            conversation.about, conversation.about_at = about, clock.now()
        if by_officer:
            conversation.officer_said, conversation.officer_said_at = reply.text, clock.now()
        message_id = ledger.queue(session, conversation, [reply])
        if secret:
            row = session.get_one(Message, message_id)
            row.text = row.text.replace(secret, "•" * len(secret))
        after_commit(session, lambda: tasks.deliver(message_id))
        return message_id


def about(conversation_id: int) -> str | None:
    """Code of the dossier that the last notice of this conversation spoke of; None when there was none lately."""
    with reading() as session:
        found = session.get(Conversation, conversation_id)
        return None if found is None else _about(found)


def _about(row: Conversation) -> str | None:
    lasts = row.about_at is not None and clock.now() - row.about_at <= policy.ABOUT_LASTS
    return row.about if lasts else None


def officer_said(conversation_id: int) -> str:
    """An officer's last words in this conversation; empty when there were none within a day."""
    with reading() as session:
        found = session.get(Conversation, conversation_id)
        if found is None or found.officer_said_at is None:
            return ""
        return found.officer_said if clock.now() - found.officer_said_at < policy.OFFICER_SAID_LASTS else ""


def set_blocked(conversation_id: int, reason: str) -> bool:
    """Keep a sender out for `reason`, or with "" let them in again; False when it was so already.

    What comes meanwhile is kept and answered by nobody. The sender is told either.
    """
    with transaction() as session:
        conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
        if bool(reason) == (conversation.blocked_at is not None):
            return False
        conversation.blocked_at, conversation.blocked_reason = (clock.now() if reason else None), reason
        hotline = settings().hotline
        words = wording.BLOCKED.format(reason=reason, hotline=hotline) if reason else wording.UNBLOCKED
        say(conversation_id, Reply(words))
        return True


def conversation_with(channel: str, address: str) -> int:
    """The conversation of an address (an E.164 number for SMS), made where there is none yet."""
    with transaction() as session:
        return ledger.conversation_id(session, channel, address)


def conversations_at(addresses: Mapping[str, str]) -> set[int]:
    """The conversations with these addresses (by channel) that there are."""
    theirs = tuple_(Conversation.channel, Conversation.address).in_(list(addresses.items()))
    with reading() as session:
        return set(session.scalars(select(Conversation.id).where(theirs)))


def go_on_from(conversation_id: int, other_id: int) -> None:
    """Let a citizen go on in another conversation of theirs: what was last spoken of, where that one has nothing."""
    with transaction() as session:
        here, there = session.get_one(Conversation, conversation_id), session.get_one(Conversation, other_id)
        there.procedure_code = there.procedure_code or here.procedure_code
        if here.about_at is not None and (there.about_at is None or there.about_at < here.about_at):
            there.about, there.about_at = here.about, here.about_at


def hold(conversation_id: int) -> None:
    """Lock a conversation until the end of the transaction: who locks more than it locks this first."""
    with transaction() as session:
        session.execute(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update())


def unsay(message_id: int) -> bool:
    """Keep back a message that no provider was handed yet; False when it is too late for that."""
    with transaction() as session:
        kept_back = session.execute(
            update(Message)
            .where(Message.id == message_id, Message.status == Status.QUEUED)
            .values(status=Status.SUPPRESSED, next_attempt_at=None, updated_at=clock.now())
        )
        return bool(kept_back.rowcount)  # type: ignore[attr-defined]


def entries(message_ids: Collection[int]) -> dict[int, Entry]:
    """These messages by id, whatever became of them."""
    with reading() as session:
        found = session.scalars(select(Message).where(Message.id.in_(message_ids)))
        return {message.id: _entry(message) for message in found}


def record_receipt(channel: str, provider_message_id: str, status: str, error_code: str = "") -> bool:
    """Note a provider's report on a sent message (`sent`, `delivered`, `failed`); False when it changes nothing."""
    return record_receipts(channel, [Receipt(provider_message_id, status, error_code)]) > 0


def record_receipts(channel: str, reports: Sequence[Receipt]) -> int:
    """The same for many at once, in the order in which they came; how many messages they changed."""
    with transaction() as session:
        known = receipts.reported(session, channel, {receipt.provider_message_id for receipt in reports})
        early = {r.provider_message_id: r for r in reports if r.provider_message_id not in known}
        if early:
            receipts.keep_early(session, channel, list(early.values()))
        changed: dict[int, Receipt] = {}
        for receipt in reports:
            message_id, status = known.get(receipt.provider_message_id, (0, ""))
            if policy.receipt_moves(status, receipt.status):
                known[receipt.provider_message_id] = message_id, receipt.status
                changed[message_id] = receipt
        receipts.note(session, changed)
        return len(changed)


def history(conversation_id: int, after: int = 0, limit: int = 100) -> list[Entry]:
    """The last `limit` messages after id `after`, oldest first, without what was suppressed or has failed."""
    with reading() as session:
        query = (
            select(Message)
            .where(
                Message.conversation_id == conversation_id,
                Message.id > after,
                Message.status.in_(Status.SHOWN_TO_CITIZEN),
            )
            .order_by(Message.id.desc())
            .limit(limit)
        )
        return [_entry(message) for message in reversed(session.scalars(query).all())]


def line(conversation_id: int, message_id: int) -> Entry:
    """One message of this conversation, as its citizen sees it. Raises NotFound."""
    with reading() as session:
        message = session.get(Message, message_id)
        shown = message is not None and message.status in Status.SHOWN_TO_CITIZEN
        if message is None or not shown or message.conversation_id != conversation_id:
            raise NotFound("Không có tin nhắn này.")
        return _entry(message)


def _entry(message: Message) -> Entry:
    return Entry(
        id=message.id,
        direction=message.direction,
        text=message.text,
        body=message.body,
        offered=tuple(Offered(choice["title"], choice["token"]) for choice in message.offered),
        status=message.status,
        segments=message.segments,
        encoding=message.encoding,
        created_at=message.created_at,
        attachments=tuple(message.attachments or ()),
        extras=Extras.of(message.extras),
        intent=message.intent,
        confidence=message.confidence,
        error_code=message.error_code,
        is_reply=message.reply_to_id is not None,
    )


def record_of(conversation_id: int, *, before: int = LARGEST_ID, limit: int = 60) -> list[Entry]:
    """The last messages with id below `before`, oldest first, also what was suppressed or has failed: for officers."""
    with reading() as session:
        query = (
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.id < before)
            .order_by(Message.id.desc())
            .limit(limit)
        )
        return [_entry(message) for message in reversed(session.scalars(query).all())]


def newest(conversation_id: int, direction: str = "") -> int:
    """Id of the last message, or of the last one in a direction; 0 when there is none."""
    with reading() as session:
        query = select(Message.id).where(Message.conversation_id == conversation_id)
        if direction:
            query = query.where(Message.direction == direction)
        return session.scalar(query.order_by(Message.id.desc()).limit(1)) or 0


def talked_in_since(message_id: int, limit: int = 2_000) -> tuple[int, set[int]]:
    """The last message's id anywhere, and the conversations that have had one since `message_id`."""
    with reading() as session:
        query = select(Message.id, Message.conversation_id).where(Message.id > message_id).order_by(Message.id.desc())
        rows = session.execute(query.limit(limit)).all()
        return (rows[0].id if rows else message_id), {row.conversation_id for row in rows}


def conversation_of(channel: str, address: str) -> int | None:
    """The conversation of an address, None before its first message."""
    with reading() as session:
        return ledger.find_conversation(session, channel, address)


def is_answering(conversation_id: int) -> bool:
    """Whether a message still waits for its answer, for a typing indicator."""
    with reading() as session:
        return ledger.is_waiting(session, conversation_id)


def view(conversation_id: int) -> ConversationView:
    """A conversation by id. Raises NotFound."""
    with reading() as session:
        found = session.get(Conversation, conversation_id)
        if found is None:
            raise NotFound("Không có cuộc trò chuyện này.")
        return _view(found)


def views(conversation_ids: Collection[int]) -> dict[int, ConversationView]:
    """Conversations by id."""
    if not conversation_ids:
        return {}
    with reading() as session:
        found = session.scalars(select(Conversation).where(Conversation.id.in_(conversation_ids)))
        return {row.id: _view(row) for row in found}


def _view(row: Conversation) -> ConversationView:
    return ConversationView(
        id=row.id,
        channel=row.channel,
        address=row.address,
        owner=row.owner,
        procedure_code=row.procedure_code,
        heard_at=row.heard_at,
        unreachable_since=row.unreachable_since,
        epoch=row.epoch,
        blocked_at=row.blocked_at,
        blocked_reason=row.blocked_reason,
        accents=row.accents,
        about=_about(row),
    )


def current_procedure(conversation_id: int) -> str | None:
    """Code of the procedure last spoken about, for GT, LP, TG and ND."""
    return view(conversation_id).procedure_code


def remember_procedure(conversation_id: int, code: str) -> None:
    """Note the procedure being spoken about. Raises NotFound."""
    with transaction() as session:
        conversation = session.get(Conversation, conversation_id)
        if conversation is None:
            raise NotFound("Không có cuộc trò chuyện này.")
        conversation.procedure_code = code


def may_be_denied(conversation_id: int, before: int) -> bool:
    """Whether the last message sent before message `before` offers to say no: then it may be answered "đúng", too."""
    with reading() as session:
        offer = ledger.last_offer(session, conversation_id, before=before)
        last = ledger.choice(session, conversation_id, offer[-1].token) if offer else None
        return last is not None and last.payload == policy.DENY


def message_text(conversation_id: int, message_id: int) -> str:
    """What the citizen wrote in one message of this conversation. Raises NotFound."""
    with reading() as session:
        message = session.get(Message, message_id)
        if message is None or message.conversation_id != conversation_id:
            raise NotFound("Không có tin nhắn này.")
        return message.text


@dataclass(frozen=True)
class Understood:
    """What a citizen wrote, and what the assistant took it for; `intent` is empty where it never reached it."""

    text: str
    intent: str
    confidence: float | None


def understood(conversation_id: int, message_id: int) -> Understood:
    """One message of a citizen in this conversation. Raises NotFound."""
    with reading() as session:
        message = session.get(Message, message_id)
        if message is None or message.conversation_id != conversation_id or message.direction != Direction.IN:
            raise NotFound("Không có tin nhắn này.")
        return Understood(message.text, message.intent, message.confidence)


def attachments_of(conversation_id: int, message_id: int) -> list[dict[str, Any]]:
    """The files that came with one message of this conversation. Raises NotFound."""
    with reading() as session:
        message = session.get(Message, message_id)
        if message is None or message.conversation_id != conversation_id:
            raise NotFound("Không có tin nhắn này.")
        return message.attachments


def hand_over(conversation_id: int, owner: str) -> int:
    """Give the conversation to `Owner.OFFICER` or back to `Owner.ASSISTANT`; the new epoch.

    Replies of the older epoch that still wait to be sent are suppressed. What nobody has answered when an officer takes
    over is the officer's; what comes between giving back and the next turn is the assistant's.
    """
    if owner not in (Owner.ASSISTANT, Owner.OFFICER):
        raise ValueError(owner)
    with transaction() as session:
        conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
        if conversation.owner != owner:
            conversation.owner, conversation.epoch = owner, conversation.epoch + 1
            conversation.after_officer = owner == Owner.ASSISTANT
            ledger.suppress_replies(session, conversation_id)
            if owner == Owner.OFFICER:
                _leave_to_officer(session, conversation_id)
        return conversation.epoch


def _leave_to_officer(session: Session, conversation_id: int) -> None:
    fetch = [message.id for message in media.leave_to_officer(session, conversation_id) if message.next_attempt_at]
    for message_id in fetch:
        after_commit(session, partial(tasks.fetch_for_officer, message_id))
