"""Taking a notification to its recipient: one channel after the other until one has delivered.

Every step is one transaction that locks the row, so each channel is tried with exactly one message of the ledger,
however many workers look at it and whenever one dies. `next_at` says when there is something to do again; a wake-up
or the sweep finds it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.citizens import service as citizens
from backend.database import reading, transaction
from backend.errors import NotFound
from backend.logs import logger
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.channels import Template as ApprovedTemplate
from backend.notifications import policy, texts, versions
from backend.notifications.events import Audience, Event
from backend.notifications.models import Notification, NotificationAttempt, State, Why
from backend.notifications.settings import notification_settings
from backend.notifications.versions import Template
from backend.organisation import service as organisation

log = logger(__name__)

SMS_SEGMENTS = 2
APPROVED_ON = frozenset({"zalo", "zns"})
"""Channels of which one may need the approved form, outside its window or always."""
AFTER_A_FAULT = timedelta(minutes=5)
_PAGE_ONLY = frozenset(
    event
    for event, rule in policy.RULES.items()
    if rule.audience == Audience.OFFICER and event not in policy.SETTLES and (not rule.at_once or rule.only_as)
)
UNFINISHED = frozenset({State.WAITING, State.SENT})


def warn_of_left_out() -> None:
    """Say at start which channels this process has and `NOTICE_CHANNELS` does not name: nothing is told there."""
    if left_out := [name for name in notification_settings().left_out if channels.offers(name)]:
        log.warning("NOTICE_CHANNELS leaves out channels that are configured", channels=left_out)


def run(notification_id: int) -> None:
    """Do what is due for one notification; nothing when that was done meanwhile.

    What waits to be told of the same thing before it goes first: another worker may have begun with the later one.
    """
    for one in _before(notification_id):
        _run(one, wait=True)
    _run(notification_id)


def _before(notification_id: int) -> Sequence[int]:
    with reading() as session:
        mine = session.get(Notification, notification_id)
        if mine is None or mine.audience != Audience.APPLICANT or mine.state != State.WAITING:
            return ()
        query = select(Notification.id).where(
            Notification.subject == mine.subject,
            Notification.audience == Audience.APPLICANT,
            Notification.state == State.WAITING,
            Notification.next_at <= clock.now(),
            Notification.id < mine.id,
        )
        return session.scalars(query.order_by(Notification.id)).all()


def _run(notification_id: int, *, wait: bool = False) -> None:
    try:
        with transaction() as session:
            row = _due(session, notification_id, wait=wait)
            if row is not None:
                _step(session, row)
    except Exception:  # a fault of ours must neither lose the notification nor stop the others
        log.exception("notification failed", notification=notification_id)
        _put_off(notification_id)


def due(limit: int) -> Sequence[int]:
    """The notifications that have something to do by now, oldest first."""
    with reading() as session:
        query = select(Notification.id).where(Notification.next_at <= clock.now())
        return session.scalars(query.order_by(Notification.next_at, Notification.id).limit(limit)).all()


def release(limit: int) -> int:
    """Let go of what officers only see in their page, in one statement: after a sweep of deadlines it is thousands."""
    with transaction() as session:
        query = select(Notification.id).where(
            Notification.audience == Audience.OFFICER,
            Notification.state == State.WAITING,
            Notification.next_at <= clock.now(),
            Notification.event.in_(_PAGE_ONLY),
            Notification.variant.not_in(policy.RULES[Event.WARNING].only_as),
        )
        ids = session.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()
        session.execute(
            update(Notification).where(Notification.id.in_(ids)).values(state=State.SENT, next_at=None),
            execution_options={"synchronize_session": False},
        )
        return len(ids)


def _due(session: Session, notification_id: int, *, wait: bool = False) -> Notification | None:
    """The row, locked; None while another worker has it, unless it is to be waited for."""
    query = select(Notification).where(
        Notification.id == notification_id,
        Notification.next_at <= clock.now(),
        Notification.state.in_(UNFINISHED),
    )
    return session.scalar(query.with_for_update(skip_locked=not wait))


def _put_off(notification_id: int) -> None:
    with transaction() as session:
        row = session.get(Notification, notification_id, with_for_update=True)
        if row is not None and row.next_at is not None:
            row.next_at = max(row.next_at, clock.now() + AFTER_A_FAULT)


def _step(session: Session, row: Notification) -> None:
    if row.state == State.WAITING:
        _settle(session, row)
    if row.audience == Audience.OFFICER:
        _tell_officer(session, row)
    elif row.state == State.WAITING:
        _try_next(session, row)
    else:
        _look_after(session, row)


def _settle(session: Session, row: Notification) -> None:
    """What this event has seen to is no longer new to the other officers who were told; only now, past any undo."""
    settled = policy.SETTLES.get(Event(row.event))
    if not settled:
        return
    session.execute(
        update(Notification)
        .where(
            Notification.subject == row.subject,
            Notification.audience == Audience.OFFICER,
            Notification.event.in_(settled),
            Notification.state.in_(UNFINISHED),
            Notification.id < row.id,
        )
        .values(state=State.READ, read_at=clock.now(), next_at=None)
    )


# --- applicants ------------------------------------------------------------------------------------------------


def _look_after(session: Session, row: Notification) -> None:
    """What became of the message; the next channel when it failed or its time is over."""
    assert row.message_id is not None
    assert row.deadline is not None
    now = clock.now()
    status = messaging.entries([row.message_id])[row.message_id].status
    if status in ("delivered", "read"):
        row.state, row.next_at = State.DELIVERED, None
    elif status in ("failed", "suppressed"):
        _try_next(session, row)
    elif now < row.deadline:
        row.next_at = policy.next_check(row.attempts[-1].at, now, row.deadline)
    else:
        # A message that no provider has taken in all that time must not follow the one on the next channel.
        if _next_channel(row) is not None:
            messaging.unsay(row.message_id)
        _try_next(session, row)


def _try_next(session: Session, row: Notification) -> None:
    now = clock.now()
    begins = now if policy.at_once(Event(row.event), row.variant) else _after_quiet(now)
    if begins > now:
        row.next_at = begins
        return
    following = _next_channel(row)
    if following is None:
        _give_up(row)
        return
    channel, address = following
    _say(session, row, channel, address)
    row.state, row.channel = State.SENT, channel
    row.deadline = now + timedelta(hours=notification_settings().hours(channel))
    row.next_at = policy.next_check(now, now, row.deadline)


def _after_quiet(now: datetime) -> datetime:
    mine = notification_settings()
    return policy.after_quiet(now, mine.quiet_from, mine.quiet_until)


def _next_channel(row: Notification) -> tuple[str, str] | None:
    """The next channel in the order of the settings that has not been tried, with the applicant's address there."""
    tried = {attempt.channel for attempt in row.attempts}
    for channel, address in _ways(row):
        if (
            channel not in tried
            and _is_wanted(row, channel, address)
            and channels.get(channel).can_tell(_approved(row))
        ):
            return channel, address
    return None


def _is_wanted(row: Notification, channel: str, address: str) -> bool:
    """Who stopped notices by SMS, or left us on Zalo, gets none by Zalo's templates either, which nobody can answer.

    A chat that its citizen has blocked or left is over for every notice. A phone is not: what the law requires is tried
    there even when the provider said that its owner wants nothing, as another provider may carry it.
    """
    if _has_left(channel, address) and not (channel == "sms" and _by_law(row)):
        return False
    if _by_law(row):
        return True
    return citizens.wants_notices(channel, address) and (channel != "zns" or _wants_templates(row))


def _wants_templates(row: Notification) -> bool:
    """Zalo shows them to whoever has the number, also to those who have left us there."""
    chat = citizens.addresses(row.phone).get("zalo")
    return citizens.wants_notices("sms", row.phone) and (chat is None or not _has_left("zalo", chat))


def _has_left(channel: str, address: str) -> bool:
    conversation_id = messaging.conversation_of(channel, address)
    return conversation_id is not None and messaging.view(conversation_id).unreachable_since is not None


def _approved(row: Notification) -> ApprovedTemplate:
    """What names this notice on channels that want the form of notices approved beforehand."""
    name = f"{row.event}.{row.variant}" if row.variant else row.event
    return ApprovedTemplate(name, {fact: str(value) for fact, value in row.facts.items()})


def _ways(row: Notification) -> list[tuple[str, str]]:
    by_phone = {"sms": row.phone, "zns": row.phone.removeprefix("+")}  # as Zalo writes numbers
    known = citizens.addresses(row.phone) | by_phone | {"email": row.email}
    order = notification_settings().channels
    return [(name, known[name]) for name in order if known.get(name) and channels.offers(name)]


def _by_law(row: Notification) -> bool:
    return policy.RULES[Event(row.event)].by_law


def _give_up(row: Notification) -> None:
    """No channel is left. A message that was never confirmed nor refused counts as sent."""
    row.next_at = None
    if row.attempts:
        statuses = messaging.entries([attempt.message_id for attempt in row.attempts]).values()
        failed = all(entry.status in ("failed", "suppressed") for entry in statuses)
        row.state = State.FAILED if failed else State.SENT
    else:
        row.state, row.why = State.SUPPRESSED, Why.OPTED_OUT if _ways(row) else Why.NO_CHANNEL
    if row.state == State.FAILED:
        log.error("notification failed on every channel", notification=row.id)


def _say(session: Session, row: Notification, channel: str, address: str) -> None:
    kind = channel if channel in ("sms", "email") else "chat"
    template = versions.in_force(versions.slot(Event(row.event), row.variant, kind))
    text = worded(template, kind, row.facts)
    conversation_id = messaging.conversation_with(channel, address)
    approved = _approved(row) if channel in APPROVED_ON else None
    row.message_id = messaging.say(conversation_id, Reply(text, template=approved), about=row.about)
    row.attempts.append(
        NotificationAttempt(channel=channel, message_id=row.message_id, template=template.number, at=clock.now())
    )
    session.flush()


def worded(template: Template, kind: str, facts: texts.Facts) -> str:
    """The words of a notification on a kind of channel; of an e-mail the first line is its subject."""
    if kind == "sms":
        return texts.fill_to_fit(template.text, facts, fits_sms)
    text = texts.fill(template.text, facts)
    return f"{texts.fill(template.subject_line, facts)}\n\n{text}" if kind == "email" else text


def fits_sms(text: str) -> bool:
    """Whether a text fits into two unaccented SMS."""
    rendered = channels.get("sms").render(Reply(text), accents=False)
    return rendered.segments <= SMS_SEGMENTS and not rendered.rest


# --- officers --------------------------------------------------------------------------------------------------


def _tell_officer(session: Session, row: Notification) -> None:
    """It is on their page; what cannot wait for the morning digest goes by mail, too, while they are at work."""
    row.state, row.next_at = State.SENT, None
    urgent = policy.at_once(Event(row.event), row.variant)
    if not urgent or not calendar.is_open(clock.now()) or not channels.offers("email"):
        return
    address = _email_of(row.officer_id)
    if address:
        _say(session, row, "email", address)
        row.channel = "email"


def _email_of(officer_id: int | None) -> str:
    assert officer_id is not None
    try:
        found = organisation.officer(officer_id)
    except NotFound:
        return ""
    return found.email if found.active else ""
