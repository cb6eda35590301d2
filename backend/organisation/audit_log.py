"""Reading the audit log: who did what to what, when. It holds ids and counts, never what citizens wrote."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.database import reading
from backend.errors import InvalidInput
from backend.i18n import N_, gettext
from backend.organisation.administration import officers_by_id

PAGE = 100  # rows

TITLES: dict[str, str] = {
    Audit.AGENCIES_SEEDED: N_("Nạp danh sách cơ quan"),
    Audit.AGENCY_ADDED: N_("Thêm cơ quan"),
    Audit.AGENCY_CHANGED: N_("Sửa cơ quan"),
    Audit.AGENCY_CLOSED: N_("Kết thúc cơ quan"),
    Audit.AGENCY_REOPENED: N_("Mở lại cơ quan"),
    Audit.CALENDAR_DAY_ADDED: N_("Thêm ngày vào lịch"),
    Audit.CALENDAR_DAY_REMOVED: N_("Bỏ ngày khỏi lịch"),
    Audit.CATALOGUE_IMPORTED: N_("Nạp thủ tục"),
    Audit.CONTACTS_IMPORTED: N_("Nạp địa chỉ cơ quan"),
    Audit.CONVERSATION_ANSWERED: N_("Trả lời cuộc trò chuyện"),
    Audit.CONVERSATION_ESCALATED: N_("Chuyển cuộc trò chuyện cho cán bộ"),
    Audit.CONVERSATION_VIEWED: N_("Xem cuộc trò chuyện"),
    Audit.DEPARTMENT_ADDED: N_("Thêm phòng"),
    Audit.DEPARTMENT_RENAMED: N_("Đổi tên phòng"),
    Audit.DOSSIER_FILE_VIEWED: N_("Xem tệp của hồ sơ"),
    Audit.DOSSIER_PRINTED: N_("In giấy của hồ sơ"),
    Audit.DOSSIER_VIEWED: N_("Xem hồ sơ"),
    Audit.ESCALATION_CLOSED: N_("Đóng yêu cầu gặp cán bộ"),
    Audit.NOTICES_RESUMED: N_("Nhận lại tin nhắn"),
    Audit.NOTICES_STOPPED: N_("Ngừng nhận tin nhắn"),
    Audit.OFFICER_ADDED: N_("Thêm cán bộ"),
    Audit.OFFICER_CHANGED: N_("Sửa thông tin cán bộ"),
    Audit.OFFICER_CLOSED: N_("Khóa tài khoản"),
    Audit.OFFICER_CODE_OFF: N_("Tắt mã xác nhận"),
    Audit.OFFICER_CODE_ON: N_("Bật mã xác nhận"),
    Audit.OFFICER_PASSWORD_SET: N_("Đặt mật khẩu"),
    Audit.OFFICER_REOPENED: N_("Mở lại tài khoản"),
    Audit.OFFICER_SIGNED_IN: N_("Đăng nhập"),
    Audit.OFFICER_SIGNED_OUT: N_("Đăng xuất"),
    Audit.OFFICER_SIGN_IN_FAILED: N_("Đăng nhập không thành công"),
    Audit.PAPER_TEMPLATE_SAVED: N_("Sửa mẫu giấy in"),
    Audit.PRACTICE_ENTERED: N_("Vào chế độ tập làm"),
    Audit.PRACTICE_RESET: N_("Làm mới dữ liệu tập làm"),
    Audit.REGISTER_EXPORTED: N_("Tải sổ theo dõi hồ sơ"),
    Audit.WORKFLOW_CHANGED: N_("Sửa các bước của thủ tục"),
}
OBJECTS = {
    "agency": N_("Cơ quan"),
    "calendar_day": N_("Ngày trong lịch"),
    "conversation": N_("Cuộc trò chuyện"),
    "department": N_("Phòng"),
    "dossier": N_("Hồ sơ"),
    "officer": N_("Cán bộ"),
    "paper_template": N_("Mẫu giấy in"),
    "procedure": N_("Thủ tục"),
    "template": N_("Mẫu"),
}


@dataclass(frozen=True)
class Wanted:
    """Which entries: of one officer, about one kind of object or one object (`dossier`, `dossier:12`), in a period."""

    officer_id: int | None = None
    subject: str = ""
    first: date | None = None
    last: date | None = None
    page: int = 1


@dataclass(frozen=True)
class Line:
    """One entry ready to be shown."""

    at: datetime
    title: str
    actor: str
    subject: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """One page of the log, the newest first. `more`: there are older ones."""

    lines: list[Line]
    more: bool


def entries(wanted: Wanted) -> Shown:
    """The entries that fit. Raises InvalidInput for a period that ends before it begins."""
    if wanted.first and wanted.last and wanted.last < wanted.first:
        raise InvalidInput(gettext("Ngày cuối phải sau ngày đầu."))
    query = select(AuditEntry).order_by(AuditEntry.id.desc())
    if wanted.officer_id is not None:
        query = query.where(AuditEntry.actor == f"officer:{wanted.officer_id}")
    if wanted.subject:
        exact = AuditEntry.subject == wanted.subject
        query = query.where(exact if ":" in wanted.subject else AuditEntry.subject.startswith(f"{wanted.subject}:"))
    if wanted.first:
        query = query.where(AuditEntry.at >= _midnight(wanted.first))
    if wanted.last:
        query = query.where(AuditEntry.at < _midnight(wanted.last + timedelta(days=1)))
    with reading() as session:
        rows = session.scalars(query.offset((wanted.page - 1) * PAGE).limit(PAGE + 1)).all()
    names = officers_by_id({number for row in rows for number in _officers_in(row)})
    return Shown([_line(row, names) for row in rows[:PAGE]], len(rows) > PAGE)


def kinds() -> list[tuple[str, str]]:
    """The kinds of objects that can be asked for, with their names."""
    return [(kind, gettext(title)) for kind, title in OBJECTS.items()]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.VIETNAM)


def _officers_in(row: AuditEntry) -> set[int]:
    labels = (label.partition(":") for label in (row.actor, row.subject))
    return {int(number) for kind, _, number in labels if kind == "officer" and number.isdigit()}


def _line(row: AuditEntry, names: dict[int, str]) -> Line:
    title = TITLES.get(row.tag)
    return Line(
        row.at, gettext(title) if title else row.tag, _named(row.actor, names), _named(row.subject, names), row.details
    )


def _named(label: str, names: dict[int, str]) -> str:
    """`officer:12` as the officer's name, others as `Hồ sơ 7`."""
    kind, _, number = label.partition(":")
    if kind == "officer" and number.isdigit():
        return names.get(int(number), label)
    if kind == "system":
        return gettext("Hệ thống")
    return f"{gettext(OBJECTS[kind])} {number}" if kind in OBJECTS else label
