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
    Audit.ABSENCE_ADDED: N_("Ghi thời gian nghỉ"),
    Audit.ABSENCE_ENDED: N_("Cho nghỉ đến sớm hơn"),
    Audit.ABSENCE_REMOVED: N_("Bỏ thời gian nghỉ"),
    Audit.AGENCIES_SEEDED: N_("Nạp danh sách cơ quan"),
    Audit.AGENCY_ADDED: N_("Thêm cơ quan"),
    Audit.AGENCY_CHANGED: N_("Sửa cơ quan"),
    Audit.AGENCY_CLOSED: N_("Kết thúc cơ quan"),
    Audit.AGENCY_REOPENED: N_("Mở lại cơ quan"),
    Audit.CALENDAR_DAY_ADDED: N_("Thêm ngày vào lịch"),
    Audit.CALENDAR_DAY_REMOVED: N_("Bỏ ngày khỏi lịch"),
    Audit.CASE_ASSIGNED: N_("Giao cuộc trò chuyện"),
    Audit.CASE_BLOCKED: N_("Chặn người nhắn"),
    Audit.CASE_CALLED: N_("Ghi cuộc gọi"),
    Audit.CASE_CALL_BACK: N_("Hẹn gọi lại"),
    Audit.CASE_CLOSED: N_("Đóng cuộc trò chuyện"),
    Audit.CASE_GIVEN_BACK: N_("Trả cuộc trò chuyện về hộp thư"),
    Audit.CASE_IDENTITY_REVEALED: N_("Xem danh tính trong cuộc trò chuyện"),
    Audit.CASE_LABELLED: N_("Gắn nhãn cuộc trò chuyện"),
    Audit.CASE_MERGED: N_("Gộp cuộc trò chuyện"),
    Audit.CASE_NOTED: N_("Ghi chú cuộc trò chuyện"),
    Audit.CASE_PRIORITISED: N_("Đặt mức ưu tiên"),
    Audit.CASE_PUT_OFF: N_("Hoãn gửi câu trả lời"),
    Audit.CASE_REOPENED: N_("Mở lại cuộc trò chuyện"),
    Audit.CASE_ROUTED: N_("Chuyển cuộc trò chuyện sang hộp thư khác"),
    Audit.CASE_SEARCHED: N_("Tìm trong hộp thư"),
    Audit.CASE_SNOOZED: N_("Tạm gác cuộc trò chuyện"),
    Audit.CASE_TAKEN: N_("Nhận cuộc trò chuyện"),
    Audit.CASE_TAKEN_BACK: N_("Rút lại câu trả lời"),
    Audit.CASE_UNBLOCKED: N_("Bỏ chặn người nhắn"),
    Audit.CASE_UNDONE: N_("Hoàn tác trong hộp thư"),
    Audit.CASE_WOKEN: N_("Thôi tạm gác cuộc trò chuyện"),
    Audit.CATALOGUE_IMPORTED: N_("Nạp thủ tục"),
    Audit.CITIZEN_VIEWED: N_("Xem hồ sơ điện tử của công dân"),
    Audit.COMPLAINT_ANSWER_TEXT_REMOVED: N_("Bỏ câu trả lời mẫu phản ánh"),
    Audit.COMPLAINT_ANSWER_TEXT_SAVED: N_("Lưu câu trả lời mẫu phản ánh"),
    Audit.COMPLAINT_IDENTITY_REVEALED: N_("Xem danh tính người phản ánh"),
    Audit.COMPLAINT_PUBLISHED: N_("Công khai phản ánh"),
    Audit.COMPLAINT_UNPUBLISHED: N_("Gỡ phản ánh đã công khai"),
    Audit.COMPLAINT_VIEWED: N_("Xem phản ánh"),
    Audit.CONTACTS_IMPORTED: N_("Nạp địa chỉ cơ quan"),
    Audit.CONVERSATION_ANSWERED: N_("Trả lời cuộc trò chuyện"),
    Audit.CONVERSATION_ESCALATED: N_("Chuyển cuộc trò chuyện cho cán bộ"),
    Audit.CONVERSATION_FILE_VIEWED: N_("Xem tệp của cuộc trò chuyện"),
    Audit.CONVERSATION_VIEWED: N_("Xem cuộc trò chuyện"),
    Audit.DEPARTMENT_ADDED: N_("Thêm phòng"),
    Audit.DEPARTMENT_RENAMED: N_("Đổi tên phòng"),
    Audit.DOSSIER_CHECKLIST_SAVED: N_("Lưu danh mục giấy tờ"),
    Audit.DOSSIER_FILE_VIEWED: N_("Xem tệp của hồ sơ"),
    Audit.DOSSIER_PRINTED: N_("In giấy của hồ sơ"),
    Audit.DOSSIER_VIEWED: N_("Xem hồ sơ"),
    Audit.ESCALATION_CLOSED: N_("Đóng yêu cầu gặp cán bộ"),
    Audit.FEE_SET: N_("Ghi lệ phí"),
    Audit.INBOX_QUEUE_SET: N_("Sửa hộp thư"),
    Audit.INBOX_TEXT_REMOVED: N_("Bỏ câu trả lời mẫu"),
    Audit.INBOX_TEXT_SAVED: N_("Lưu câu trả lời mẫu"),
    Audit.KIOSK_ADDED: N_("Thêm máy đánh giá"),
    Audit.KIOSK_REVOKED: N_("Ngừng máy đánh giá"),
    Audit.LINK_CODE_SENT: N_("Gửi mã liên kết số điện thoại"),
    Audit.MISREADING_ACCEPTED: N_("Nhận tin hiểu sai để dạy trợ lý"),
    Audit.MISREADING_MARKED: N_("Đánh dấu tin hiểu sai"),
    Audit.MISREADING_REFUSED: N_("Không nhận tin hiểu sai"),
    Audit.NOTICES_RESUMED: N_("Nhận lại tin nhắn"),
    Audit.NOTICES_STOPPED: N_("Ngừng nhận tin nhắn"),
    Audit.NOTICE_TEMPLATE_SAVED: N_("Sửa mẫu tin báo"),
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
    Audit.OFFICER_SKILL_ADDED: N_("Thêm chuyên môn"),
    Audit.OFFICER_SKILL_REMOVED: N_("Bỏ chuyên môn"),
    Audit.OPEN311_CLIENT_ADDED: N_("Thêm bên gửi Open311"),
    Audit.OPEN311_CLIENT_REVOKED: N_("Ngừng bên gửi Open311"),
    Audit.PAPER_FILE_ACCEPTED: N_("Nhận ảnh giấy tờ"),
    Audit.PAPER_FILE_RETURNED: N_("Trả lại ảnh giấy tờ"),
    Audit.PAPER_TEMPLATE_SAVED: N_("Sửa mẫu giấy in"),
    Audit.PAYMENT_PAID: N_("Thu lệ phí"),
    Audit.PAYMENT_REFUNDED: N_("Hoàn lệ phí"),
    Audit.PAYMENT_REFUSED: N_("Tiền nộp không nhận được, chờ hoàn"),
    Audit.PHONE_LINKED: N_("Liên kết số điện thoại"),
    Audit.PHONE_LINKS_VIEWED: N_("Xem kênh liên kết của một số"),
    Audit.PHONE_UNLINKED: N_("Bỏ liên kết số điện thoại"),
    Audit.PRACTICE_ENTERED: N_("Vào chế độ tập làm"),
    Audit.PRACTICE_RESET: N_("Làm mới dữ liệu tập làm"),
    Audit.REGISTER_EXPORTED: N_("Tải sổ theo dõi hồ sơ"),
    Audit.RESULT_DOWNLOADED: N_("Tải kết quả"),
    Audit.SMS_PROVIDER_CHANGED: N_("Đổi nhà mạng SMS"),
    Audit.WORKFLOW_CHANGED: N_("Sửa các bước của thủ tục"),
}
OBJECTS = {
    "agency": N_("Cơ quan"),
    "calendar_day": N_("Ngày trong lịch"),
    "case": N_("Yêu cầu gặp cán bộ"),
    "citizen": N_("Công dân"),
    "complaint": N_("Phản ánh"),
    "conversation": N_("Cuộc trò chuyện"),
    "department": N_("Phòng"),
    "dossier": N_("Hồ sơ"),
    "kiosk": N_("Máy đánh giá"),
    "misreading": N_("Tin hiểu sai"),
    "notice_template": N_("Mẫu tin báo"),
    "officer": N_("Cán bộ"),
    "paper_template": N_("Mẫu giấy in"),
    "procedure": N_("Thủ tục"),
    "sms_provider": N_("Nhà mạng SMS"),
    "template": N_("Mẫu"),
}
DETAILS = {
    "after": N_("sau"),
    "agency": N_("cơ quan"),
    "amount": N_("số tiền"),
    "before": N_("trước"),
    "case": N_("yêu cầu"),
    "count": N_("số lượng"),
    "fields": N_("các ô"),
    "file": N_("tệp"),
    "first": N_("từ"),
    "kind": N_("loại"),
    "last": N_("đến"),
    "last_day": N_("ngày cuối"),
    "links": N_("số kênh"),
    "message": N_("tin"),
    "method": N_("cách chia"),
    "missing": N_("số giấy thiếu"),
    "outcome": N_("kết quả"),
    "payment": N_("khoản"),
    "reason": N_("lý do"),
    "renamed_to": N_("tên mới"),
    "result": N_("kết quả số"),
    "role": N_("vai trò"),
    "rows": N_("số dòng"),
    "sessions": N_("số phiên"),
    "skill": N_("chuyên môn"),
    "successor": N_("cơ quan tiếp nhận"),
    "via": N_("qua"),
}
"""What the details that go with an entry are called."""


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
    details = {gettext(DETAILS[key]) if key in DETAILS else key: value for key, value in row.details.items()}
    return Line(
        row.at, gettext(title) if title else row.tag, _named(row.actor, names), _named(row.subject, names), details
    )


def _named(label: str, names: dict[int, str]) -> str:
    """`officer:12` as the officer's name, others as `Hồ sơ 7`."""
    kind, _, number = label.partition(":")
    if kind == "officer" and number.isdigit():
        return names.get(int(number), label)
    if kind == "system":
        return gettext("Hệ thống")
    return f"{gettext(OBJECTS[kind])} {number}" if kind in OBJECTS else label
