"""Prepared answers: an agency's and everybody's, with blanks filled from the case and the citizen's dossier."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from backend import audit, clock
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers.service import Held
from backend.errors import Forbidden, InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.inbox import access, policy
from backend.inbox.models import Canned
from backend.organisation.service import OfficerInfo
from backend.settings import settings
from backend.text import normalise

BLANKS = {
    "ten": N_("tên người nộp hồ sơ"),
    "ma_ho_so": N_("mã hồ sơ mới nhất"),
    "thu_tuc": N_("tên thủ tục của hồ sơ đó"),
    "hen_tra": N_("ngày hẹn trả"),
    "tong_dai": N_("số tổng đài"),
    "can_bo": N_("tên cán bộ trả lời"),
    "co_quan": N_("cơ quan của cán bộ"),
}
"""What may stand in braces, and what it means."""


@dataclass(frozen=True)
class Text:
    """A prepared answer; `filled` for the case at hand, `missing` the blanks nothing is known for."""

    id: int
    title: str
    text: str
    filled: str
    missing: tuple[str, ...]
    is_general: bool


def texts(officer: OfficerInfo, dossiers: Sequence[Held] = ()) -> list[Text]:
    """What this officer may use, by title, filled from the newest of these dossiers."""
    values = values_for(officer, dossiers)
    mine = or_(Canned.agency_code == "", Canned.agency_code == officer.agency_code)
    with reading() as session:
        rows = session.scalars(select(Canned).where(mine, Canned.removed_at.is_(None)).order_by(Canned.title)).all()
    found = []
    for row in rows:
        filled, missing = policy.filled(row.text, values)
        found.append(Text(row.id, row.title, row.text, filled, tuple(missing), not row.agency_code))
    return found


def values_for(officer: OfficerInfo, dossiers: Sequence[Held]) -> dict[str, str]:
    """What the blanks stand for."""
    values = {"tong_dai": settings().hotline, "can_bo": officer.name, "co_quan": officer.agency_name}
    if dossiers:
        newest = dossiers[0]
        due = f"{clock.local(newest.due_at):%H:%M %d/%m/%Y}" if newest.due_at else ""
        values |= {"ten": newest.applicant_name, "ma_ho_so": newest.code, "thu_tuc": newest.procedure_name}
        values |= {"hen_tra": due}
    return values


def save(officer: OfficerInfo, text_id: int | None, title: str, text: str, *, general: bool) -> int:
    """Add one, or change one. Raises Forbidden, InvalidInput (an unknown blank, too), NotFound."""
    title, words = " ".join(title.split())[:80], normalise(text)
    if not title or not words or len(words) > policy.ANSWER_LENGTH:
        raise InvalidInput(gettext("Câu mẫu cần tên, và lời từ 1 đến %(n)s ký tự.", n=policy.ANSWER_LENGTH))
    if unknown := [blank for blank in policy.blanks_left(words) if blank not in BLANKS]:
        raise InvalidInput(gettext("Không có chỗ điền %(names)s.", names=", ".join(f"{{{one}}}" for one in unknown)))
    with transaction() as session:
        row = _row(officer, text_id) if text_id else Canned()
        row.title, row.text, row.author_id, row.changed_at = title, words, officer.id, clock.now()
        row.agency_code = "" if general else officer.agency_code
        session.add(row)
        session.flush()
        audit.record(session, Audit.INBOX_TEXT_SAVED, actor=officer.actor, subject=f"inbox_text:{row.id}")
        return row.id


def remove(officer: OfficerInfo, text_id: int) -> None:
    """It is no longer offered. Raises Forbidden, NotFound."""
    with transaction() as session:
        _row(officer, text_id).removed_at = clock.now()
        audit.record(session, Audit.INBOX_TEXT_REMOVED, actor=officer.actor, subject=f"inbox_text:{text_id}")


def _row(officer: OfficerInfo, text_id: int) -> Canned:
    with transaction() as session:
        row = session.get(Canned, text_id)
        if row is None or row.removed_at is not None or row.agency_code not in ("", officer.agency_code):
            raise NotFound(gettext("Không có câu mẫu này."))
        if not row.agency_code and officer.role not in access.EVERYWHERE:
            raise Forbidden(gettext("Anh/chị không sửa được câu mẫu này."))
        return row
