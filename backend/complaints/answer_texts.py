"""Prepared words for answers: an agency's and everybody's, for one category or all; the report fills their blanks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.complaints import wording
from backend.complaints.models import Complaint
from backend.complaints.public_models import AnswerText
from backend.database import reading, transaction
from backend.errors import Forbidden, InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.inbox.service import blanks_left, filled
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.settings import settings
from backend.text import normalise

EDITORS = frozenset({Role.HEAD, Role.LEADER, Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER})
FOR_ALL = frozenset({Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER})
"""Who writes words for every agency."""
LENGTH = 2_000
BLANKS = {
    "ma": N_("mã phản ánh"),
    "noi": N_("nơi xảy ra"),
    "linh_vuc": N_("lĩnh vực"),
    "ngay_nhan": N_("ngày nhận phản ánh"),
    "han": N_("hạn trả lời"),
    "co_quan": N_("cơ quan của cán bộ"),
    "tong_dai": N_("số tổng đài"),
}
"""What may stand in braces, and what it means. Nothing of who sent the report: that is sealed."""


@dataclass(frozen=True)
class Filled:
    """A prepared answer for one report; blanks nothing is known for stay to be seen."""

    id: int
    title: str
    text: str


def _offered(officer: OfficerInfo) -> ColumnElement[bool]:
    return AnswerText.removed_at.is_(None) & or_(
        AnswerText.agency_code == "", AnswerText.agency_code == officer.agency_code
    )


def texts(officer: OfficerInfo) -> Sequence[AnswerText]:
    """What this officer may use, by title."""
    with reading() as session:
        return session.scalars(select(AnswerText).where(_offered(officer)).order_by(AnswerText.title)).all()


def fitting(officer: OfficerInfo, complaint: Complaint) -> list[Filled]:
    """What this officer may answer this report with, the words of its category first."""
    values = _values(officer, complaint)
    rows = [row for row in texts(officer) if row.category in ("", complaint.category)]
    rows.sort(key=lambda row: row.category != complaint.category)
    return [Filled(row.id, row.title, filled(row.text, values)[0]) for row in rows]


def _values(officer: OfficerInfo, complaint: Complaint) -> dict[str, str]:
    due = f"{clock.local(complaint.due_at):%d/%m/%Y}" if complaint.due_at else ""
    return {
        "ma": complaint.code or "",
        "noi": complaint.place,
        "linh_vuc": wording.CATEGORIES.get(complaint.category, "").lower() if complaint.category else "",
        "ngay_nhan": f"{clock.local(complaint.created_at):%d/%m/%Y}",
        "han": due,
        "co_quan": officer.agency_name,
        "tong_dai": settings().hotline,
    }


def save(officer: OfficerInfo, text_id: int | None, title: str, text: str, *, category: str, for_all: bool) -> int:
    """Add one, or change one. Raises Forbidden, InvalidInput (an unknown blank, too), NotFound."""
    title, words = " ".join(normalise(title).split())[:80], normalise(text)
    if not title or not words or len(words) > LENGTH or category not in wording.CATEGORIES:
        raise InvalidInput(gettext("Câu mẫu cần tên, và lời từ 1 đến %(n)s ký tự.", n=LENGTH))
    if unknown := [blank for blank in blanks_left(words) if blank not in BLANKS]:
        raise InvalidInput(gettext("Không có chỗ điền %(names)s.", names=", ".join(f"{{{one}}}" for one in unknown)))
    with transaction() as session:
        _may_edit(officer, for_all=for_all)
        row = _row(session, officer, text_id) if text_id else AnswerText()
        row.title, row.text, row.category = title, words, category
        row.author_id, row.changed_at = officer.id, clock.now()
        row.agency_code = "" if for_all else officer.agency_code
        session.add(row)
        session.flush()
        subject = f"complaint_answer_text:{row.id}"
        audit.record(session, Audit.COMPLAINT_ANSWER_TEXT_SAVED, actor=officer.actor, subject=subject)
        return row.id


def remove(officer: OfficerInfo, text_id: int) -> None:
    """It is no longer offered. Raises Forbidden, NotFound."""
    with transaction() as session:
        row = _row(session, officer, text_id)
        row.removed_at = clock.now()
        subject = f"complaint_answer_text:{row.id}"
        audit.record(session, Audit.COMPLAINT_ANSWER_TEXT_REMOVED, actor=officer.actor, subject=subject)


def _may_edit(officer: OfficerInfo, *, for_all: bool) -> None:
    if officer.role not in (FOR_ALL if for_all else EDITORS):
        raise Forbidden(gettext("Anh/chị không sửa được câu mẫu này."))


def _row(session: Session, officer: OfficerInfo, text_id: int) -> AnswerText:
    row = session.scalars(select(AnswerText).where(AnswerText.id == text_id, _offered(officer))).one_or_none()
    if row is None:
        raise NotFound(gettext("Không có câu mẫu này."))
    _may_edit(officer, for_all=not row.agency_code)
    return row
