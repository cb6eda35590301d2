"""Proving that a chat belongs to a phone number: a one-time code by SMS, or a contact that the provider vouches for.

Only what is proved here shows personal data in a chat (`service.verified_phone`). A code is kept as a keyed digest,
lives for minutes, allows few tries and works once, in the conversation that asked for it. Every link and its end stays
in `identity_change`, so that a wrong one can be seen and taken back.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit, AuditEntry
from backend.citizens import wording
from backend.citizens.models import ChannelIdentity, IdentityChange, LinkCode
from backend.database import insert_for, transaction
from backend.errors import Conflict, InvalidInput
from backend.i18n import gettext
from backend.logs import logger
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.service import ConversationView
from backend.settings import settings
from backend.text import phone_number

log = logger(__name__)

DIGITS = 6
LIVES = timedelta(minutes=5)
MOST_TRIES = 5
HOUR = timedelta(hours=1)
MOST_TO_A_PHONE = 3
"""Codes an hour, so that nobody's phone is made to ring by strangers."""
MOST_FROM_A_CONVERSATION = 5
BY_OFFICER = "officer:"
MOMENT = timedelta(seconds=5)
"""Between a change and its row of the audit, at most: both are of one transaction."""
SHOWN = 50
"""Changes of the links of one number."""
MOST_IN_ALL = 600
"""Codes an hour to everybody: a stop for whoever would empty the province's SMS budget."""


def start(conversation_id: int, phone: str) -> str:
    """Text a code to `phone` (any notation); what to tell the citizen."""
    number = phone_number(phone)
    if number is None:
        return wording.NOT_A_PHONE
    view = messaging.view(conversation_id)
    if view.channel == "sms":
        return wording.SMS_PROVES_ITSELF
    with transaction() as session:
        messaging.hold(conversation_id)
        if _linked(session, view) == number:
            return wording.linked_already(number)
        if not _may_ask(session, view, number):
            log.warning("one-time code refused", conversation=conversation_id)
            return wording.TOO_MANY_CODES
        code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        session.execute(
            update(LinkCode).where(LinkCode.conversation_id == conversation_id, _open()).values(ended_at=clock.now())
        )
        row = LinkCode(
            conversation_id=conversation_id, phone=number, tries=0, digest="", created_at=clock.now(), ended_at=None
        )
        session.add(row)
        session.flush()
        row.digest = _digest(row.id, code)
        channel = wording.CHANNELS.get(view.channel, view.channel)
        messaging.say(messaging.conversation_with("sms", number), Reply(wording.code(code, channel)), secret=code)
        audit.record(session, Audit.LINK_CODE_SENT, actor=_actor(view), subject=f"link_code:{row.id}")
    return wording.code_sent(number)


def confirm(conversation_id: int, code: str) -> str | None:
    """Take a code that was texted; what to tell the citizen, None while this conversation awaits none."""
    view = messaging.view(conversation_id)
    with transaction() as session:
        messaging.hold(conversation_id)
        asked = select(LinkCode).where(LinkCode.conversation_id == conversation_id, _open())
        row = session.scalars(asked.order_by(LinkCode.id.desc()).limit(1).with_for_update()).first()
        if row is None:
            return None
        if clock.now() - row.created_at > LIVES:
            row.ended_at = clock.now()
            return wording.EXPIRED
        row.tries += 1
        if not hmac.compare_digest(row.digest, _digest(row.id, code)):
            if row.tries < MOST_TRIES:
                return wording.wrong(MOST_TRIES - row.tries)
            row.ended_at = clock.now()
            return wording.TOO_MANY_TRIES
        row.ended_at = clock.now()
        _link(session, view, row.phone, by="code")
    return wording.linked(row.phone)


def take_contact(conversation_id: int, phone: str, *, own: bool) -> str:
    """A contact that was shared: one's own, as the provider vouches, links at once; any other is texted a code."""
    number = phone_number(phone)
    if number is None:
        return wording.NOT_A_PHONE
    if not own:
        return start(conversation_id, number)
    view = messaging.view(conversation_id)
    with transaction() as session:
        messaging.hold(conversation_id)
        _link(session, view, number, by=f"contact:{view.channel}")
    return wording.linked(number)


def unlink(conversation_id: int) -> str:
    """End the link of a conversation; it shows nothing personal from now on. What to tell the citizen."""
    view = messaging.view(conversation_id)
    if view.channel == "sms":
        return wording.SMS_PROVES_ITSELF
    with transaction() as session:
        messaging.hold(conversation_id)
        phone = _linked(session, view)
        if phone is None:
            return wording.NOT_LINKED
        _unlink(session, view, phone, by=_actor(view))
    return wording.unlinked(phone)


# --- by officers ------------------------------------------------------------------------------------------------


class Reason:
    """Why an officer ends a link. One of these, not words: it stays in the audit, which holds nothing personal."""

    OWNER_ASKS = "owner_asks"
    NOT_THEIRS = "not_theirs"
    NEW_OWNER = "new_owner"
    LOST = "lost"
    MISTAKE = "mistake"

    ALL = (OWNER_ASKS, NOT_THEIRS, NEW_OWNER, LOST, MISTAKE)


@dataclass(frozen=True)
class LinkInfo:
    """A chat that is linked. `by`: `code`, `contact:<channel>` or `officer:<id>`."""

    id: int
    channel: str
    since: datetime
    by: str


@dataclass(frozen=True)
class ChangeInfo:
    """A link made or ended, `reason` where an officer ended it. `can_restore`: and nothing has come after that."""

    id: int
    channel: str
    linked: bool
    by: str
    at: datetime
    reason: str
    can_restore: bool


def of_phone(phone: str, *, actor: str) -> tuple[list[LinkInfo], list[ChangeInfo]]:
    """The chats linked to a number (E.164), and the last changes of them, newest first; the look is audited."""
    with transaction() as session:
        links = session.scalars(
            select(ChannelIdentity).where(ChannelIdentity.phone == phone).order_by(ChannelIdentity.verified_at)
        ).all()
        changes = session.scalars(
            select(IdentityChange).where(IdentityChange.phone == phone).order_by(IdentityChange.id.desc()).limit(SHOWN)
        ).all()
        subject = f"links_of:{links[0].id if links else changes[0].id if changes else 0}"
        audit.record(session, Audit.PHONE_LINKS_VIEWED, actor=actor, subject=subject, links=len(links))
        return (
            [LinkInfo(row.id, row.channel, row.verified_at, row.verified_by) for row in links],
            [_change(session, row) for row in changes],
        )


def _change(session: Session, row: IdentityChange) -> ChangeInfo:
    reason = ""
    if row.by.startswith(BY_OFFICER) and not row.linked:
        then = AuditEntry.at.between(row.at - MOMENT, row.at + MOMENT)
        written = select(AuditEntry.details).where(AuditEntry.tag == Audit.PHONE_UNLINKED, then)
        reason = next((str(d.get("reason", "")) for d in session.scalars(written) if d.get("change") == row.id), "")
    return ChangeInfo(row.id, row.channel, row.linked, row.by, row.at, reason, _can_restore(session, row))


def _can_restore(session: Session, row: IdentityChange) -> bool:
    if row.linked or not row.by.startswith(BY_OFFICER):
        return False
    of_chat = (IdentityChange.channel == row.channel, IdentityChange.address == row.address)
    return session.scalar(select(func.max(IdentityChange.id)).where(*of_chat)) == row.id


def unlink_by_officer(link_id: int, phone: str, reason: str, *, actor: str) -> None:
    """End a link that the officer saw at `phone`; the chat is told. Raises InvalidInput (no reason) or Conflict."""
    if reason not in Reason.ALL:
        raise InvalidInput(gettext("Anh/chị chọn lý do bỏ liên kết."))
    with transaction() as session:
        view = _held(session.get(ChannelIdentity, link_id), phone)
        if _linked(session, view) != phone:
            raise _changed_meanwhile()
        _unlink(session, view, phone, by=actor, reason=reason)
        _tell(view, wording.unlinked_by_officer(phone))


def restore(change_id: int, phone: str, *, actor: str) -> None:
    """Take back what an officer ended, where nothing has come after it; the chat is told. Raises Conflict."""
    with transaction() as session:
        row = session.get(IdentityChange, change_id)
        view = _held(row, phone)
        if row is None or not _can_restore(session, row) or _linked(session, view) is not None:
            raise _changed_meanwhile()
        _link(session, view, phone, by=actor)
        _tell(view, wording.linked(phone))


def _held(row: ChannelIdentity | IdentityChange | None, phone: str) -> ConversationView:
    """The conversation of what an officer saw at `phone`, held so that nothing else links it meanwhile."""
    if row is None or row.phone != phone:
        raise _changed_meanwhile()
    view = messaging.view(messaging.conversation_with(row.channel, row.address))
    messaging.hold(view.id)
    return view


def _changed_meanwhile() -> Conflict:
    return Conflict(gettext("Liên kết này đã thay đổi. Anh/chị xem lại danh sách."))


def _tell(view: ConversationView, words: str) -> None:
    if channels.offers(view.channel):  # a channel that was switched off tells nobody anything
        messaging.say(view.id, Reply(words))


# --- rows -------------------------------------------------------------------------------------------------------


def _unlink(session: Session, view: ConversationView, phone: str, *, by: str, reason: str = "") -> None:
    chat = (ChannelIdentity.channel == view.channel, ChannelIdentity.address == view.address)
    session.execute(delete(ChannelIdentity).where(*chat))
    _note(session, view, phone, linked=False, by=by, reason=reason)


def _link(session: Session, view: ConversationView, phone: str, *, by: str) -> None:
    """Write the proof down; one that was there for another number ends. The talk goes on where SMS left it."""
    before = _linked(session, view)
    if before == phone:
        return
    if before is not None:
        _note(session, view, before, linked=False, by=by)
    proof = {"phone": phone, "verified_at": clock.now(), "verified_by": by}
    row = insert_for(session, ChannelIdentity).values(channel=view.channel, address=view.address, **proof)
    session.execute(row.on_conflict_do_update(index_elements=["channel", "address"], set_=proof))
    _note(session, view, phone, linked=True, by=by)
    messaging.go_on_from(messaging.conversation_with("sms", phone), view.id)


def _note(session: Session, view: ConversationView, phone: str, *, linked: bool, by: str, reason: str = "") -> None:
    now = clock.now()
    change = IdentityChange(channel=view.channel, address=view.address, phone=phone, linked=linked, by=by, at=now)
    session.add(change)
    session.flush()
    tag = Audit.PHONE_LINKED if linked else Audit.PHONE_UNLINKED
    actor = by if by.startswith(BY_OFFICER) else _actor(view)
    details = {"by": by, "change": change.id} | ({"reason": reason} if reason else {})
    audit.record(session, tag, actor=actor, subject=_actor(view), **details)


def _linked(session: Session, view: ConversationView) -> str | None:
    return session.scalar(
        select(ChannelIdentity.phone).where(
            ChannelIdentity.channel == view.channel, ChannelIdentity.address == view.address
        )
    )


def _may_ask(session: Session, view: ConversationView, number: str) -> bool:
    since = LinkCode.created_at > clock.now() - HOUR
    for most, whose in (
        (MOST_TO_A_PHONE, LinkCode.phone == number),
        (MOST_FROM_A_CONVERSATION, LinkCode.conversation_id == view.id),
        (MOST_IN_ALL, LinkCode.id > 0),
    ):
        if (session.scalar(select(func.count()).where(since, whose)) or 0) >= most:
            return False
    return True


def _open() -> ColumnElement[bool]:
    return LinkCode.ended_at.is_(None)


def _digest(number: int, code: str) -> str:
    """Keyed, so that a copy of the table does not give the codes away."""
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"link:{number}:{code}".encode(), hashlib.sha256).hexdigest()


def _actor(view: ConversationView) -> str:
    return f"conversation:{view.id}"
