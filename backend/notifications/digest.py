"""The officers' morning mail: what is new since the last one, what is due, what is late. Once a day, or not at all."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.database import insert_for, reading, transaction
from backend.dossiers import service as dossiers
from backend.dossiers.service import Agenda
from backend.logs import logger
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.notifications import bell, texts
from backend.notifications.models import UNREAD, Notification, OfficerDigest
from backend.notifications.settings import notification_settings
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.settings import settings

log = logger(__name__)

MOST_NEW = 20
LOOKS_BACK = timedelta(days=14)
"""How far the first digest of an officer reaches."""
MAY_BE_LATE = timedelta(hours=4)
"""A worker that was down at half past seven still sends until then; later the page is enough."""


def waiting() -> list[int]:
    """The officers whose digest of today is due and not sent; empty outside its time and on days off."""
    today, mine = clock.today(), notification_settings()
    begins = datetime.combine(today, mine.digest_at, clock.VIETNAM).astimezone(UTC)
    if not calendar.is_working_day(today) or not begins <= clock.now() <= begins + MAY_BE_LATE:
        return []
    with reading() as session:
        done = set(session.scalars(select(OfficerDigest.officer_id).where(OfficerDigest.day == today)))
    return [officer.id for officer in organisation.officers() if officer.email and officer.id not in done]


def send(officer_id: int) -> None:
    """Put today's digest of an officer into the outbox, if that was not done yet. A digest of nothing is not sent."""
    now = clock.now()
    officer = organisation.officer(officer_id)
    with transaction() as session:
        since = session.scalar(select(func.max(OfficerDigest.at)).where(OfficerDigest.officer_id == officer_id))
        row = {"officer_id": officer_id, "day": clock.today(), "at": now}
        first = insert_for(session, OfficerDigest).values(row).on_conflict_do_nothing().returning(OfficerDigest.id)
        made = session.scalar(first)
        if made is None or not channels.offers("email"):
            return
        text = compose(officer, _news(session, officer_id, since or now - LOOKS_BACK))
        if text:
            conversation_id = messaging.conversation_with("email", officer.email)
            session.get_one(OfficerDigest, made).message_id = messaging.say(conversation_id, Reply(text))


def _news(session: Session, officer_id: int, since: datetime) -> list[str]:
    query = select(Notification).where(
        Notification.officer_id == officer_id,
        Notification.state.in_(UNREAD),
        Notification.not_before > since,
        Notification.not_before <= clock.now(),
    )
    return bell.lines(session.scalars(query.order_by(Notification.id)))


def compose(officer: OfficerInfo, news: Sequence[str]) -> str:
    """Subject, blank line and text of a digest; empty when there is nothing to say."""
    agenda = dossiers.agenda(officer)
    counts = [(agenda.late_count, "quá hạn"), (agenda.due_count, "sắp đến hạn"), (len(news), "tin mới")]
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    if not said:
        return ""
    parts = [
        f"Kính gửi anh/chị {officer.name},",
        *_section("QUÁ HẠN", agenda.late_count, _dossiers(agenda, late=True)),
        *_section("SẮP ĐẾN HẠN (hôm nay và ngày làm việc tới)", agenda.due_count, _dossiers(agenda, late=False)),
        *_section("TIN MỚI", len(news), news[:MOST_NEW]),
        f"Xem và xử lý: {settings().public_url.rstrip('/')}/officers/",
    ]
    return f"Việc hôm nay của anh/chị: {said}\n\n" + "\n\n".join(parts)


def _section(title: str, count: int, lines: Sequence[str]) -> list[str]:
    if not count:
        return []
    more = [f"… và {count - len(lines)} mục nữa"] if count > len(lines) else []
    return ["\n".join([f"{title}: {count}", *(f"- {line}" for line in lines), *more])]


def _dossiers(agenda: Agenda, *, late: bool) -> list[str]:
    return [
        f"{line.code}, {texts.shorten(line.procedure, 60)}, hạn {clock.local(line.due_at):%H:%M %d/%m/%Y}"
        for line in (agenda.late if late else agenda.due)
    ]
