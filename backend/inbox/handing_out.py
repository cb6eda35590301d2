"""Files for citizens whose channel does not carry them: the message has a link instead, which opens for a week.

The link's key is in that message and nowhere else; the row of the act (`Kind.LINKED`) says which files it opens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock, links, storage
from backend.database import reading
from backend.errors import NotFound
from backend.inbox import records
from backend.inbox.models import Case, CaseEvent, Kind
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.channels import Link, Reply
from backend.organisation.service import OfficerInfo
from backend.settings import settings
from backend.storage import StoredInfo

OPEN_FOR = timedelta(days=7)
GONE = "Liên kết này không đúng hoặc đã hết hạn. Anh/chị nhắn tin cho tổng đài để được gửi lại."


@dataclass(frozen=True)
class Handout:
    """What a link opens, until when."""

    files: Sequence[StoredInfo]
    until: datetime


def say(session: Session, case: Case, officer: OfficerInfo, words: str, files: Sequence[str]) -> int:
    """Tell the citizen these words with these files; the message's id. Raises NotFound (a file)."""
    channel = channels.get(case.channel)
    apart = [file_id for file_id in files if not channel.carries(storage.info(file_id))]
    if not apart:
        return messaging.say(case.conversation_id, Reply(words, files=tuple(files)), by_officer=True)
    key, until = links.new_key(), clock.now() + OPEN_FOR
    reply = _with_link(case, words, files, _link(key, until, len(apart)))
    message_id = messaging.say(case.conversation_id, reply, by_officer=True)
    opens: dict[str, Any] = {"message": message_id, "files": apart, "until": until.isoformat()}
    records.note_event(session, case, Kind.LINKED, officer, key=_event_key(key), **opens)
    return message_id


def _with_link(case: Case, words: str, files: Sequence[str], link: Link) -> Reply:
    """The link below the words; above them where it would wait behind TIEP THEO."""
    reply = Reply(words, links=(link,), files=tuple(files))
    accents = messaging.view(case.conversation_id).accents
    if not channels.get(case.channel).render(reply, accents=accents).rest:
        return reply
    return Reply(f"{link.title}: {link.url}\n{words}", files=tuple(files))


def _link(key: str, until: datetime, number: int) -> Link:
    what = "Tệp" if number == 1 else f"{number} tệp"
    url = f"{settings().public_url.rstrip('/')}/tep/{key}"
    return Link(f"{what} cán bộ gửi, mở được đến {clock.local(until):%d/%m/%Y}", url)


def _event_key(key: str) -> str:
    return f"link:{key}"


def opened(key: str) -> Handout:
    """What the holder of this key may open. Raises NotFound, also when its time is over."""
    if not links.is_key(key):
        raise NotFound(GONE)
    with reading() as session:
        row = session.scalars(
            select(CaseEvent).where(CaseEvent.key == _event_key(key), CaseEvent.kind == Kind.LINKED)
        ).one_or_none()
        if row is None or clock.now() >= datetime.fromisoformat(row.details["until"]):
            raise NotFound(GONE)
        files = [storage.info(file_id) for file_id in row.details["files"]]
        return Handout(files, datetime.fromisoformat(row.details["until"]))
