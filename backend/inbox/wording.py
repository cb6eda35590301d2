"""Names that officers read."""

from collections.abc import Mapping

from backend.i18n import N_
from backend.inbox.models import Kind, Method, Priority, Reason, State

REASONS: Mapping[str, str] = {
    Reason.ASKED: N_("Công dân muốn gặp cán bộ"),
    Reason.NOT_UNDERSTOOD: N_("Trợ lý chưa hiểu"),
    Reason.COMPLAINT: N_("Phản ánh"),
    Reason.ABUSE: N_("Lời lẽ không phù hợp"),
    Reason.EMERGENCY: N_("Khẩn cấp"),
    Reason.LOW_RATING: N_("Đánh giá thấp"),
}
CHANNELS: Mapping[str, str] = {"sms": "SMS", "web": N_("Trang chat"), "zalo": "Zalo", "telegram": "Telegram"}
STATES: Mapping[str, str] = {
    State.WAITING: N_("chờ cán bộ"),
    State.OPEN: N_("cán bộ đang giữ"),
    State.SNOOZED: N_("tạm gác"),
    State.CLOSED: N_("đã đóng"),
}
PRIORITIES: Mapping[int, str] = {
    Priority.NORMAL: N_("thường"),
    Priority.HIGH: N_("cao"),
    Priority.URGENT: N_("khẩn"),
}
METHODS: Mapping[str, str] = {
    Method.BY_HAND: N_("tự nhận"),
    Method.ROUND_ROBIN: N_("chia lần lượt"),
    Method.BY_LOAD: N_("chia cho người ít việc nhất"),
}
MESSAGE_STATES: Mapping[str, str] = {
    "queued": N_("đang gửi"),
    "sending": N_("đang gửi"),
    "sent": N_("đã gửi"),
    "delivered": N_("đã đến nơi"),
    "read": N_("đã xem"),
    "failed": N_("không gửi được"),
    "suppressed": N_("trợ lý soạn, không gửi"),
    "ignored": N_("không trả lời: gửi dồn dập hoặc bị chặn"),
}
EVENTS: Mapping[str, str] = {
    Kind.OPENED: N_("chuyển đến cán bộ"),
    Kind.ESCALATED: N_("trợ lý ghi lại"),
    Kind.TAKEN: N_("nhận cuộc trò chuyện, trợ lý im lặng"),
    Kind.GIVEN_BACK: N_("trả lại cho trợ lý"),
    Kind.ANSWERED: N_("trả lời"),
    Kind.NOTED: N_("ghi chú"),
    Kind.ASSIGNED: N_("giao việc"),
    Kind.ROUTED: N_("chuyển hộp thư"),
    Kind.LABELLED: N_("đổi nhãn"),
    Kind.PRIORITISED: N_("đổi mức ưu tiên"),
    Kind.SNOOZED: N_("tạm gác"),
    Kind.WOKEN: N_("hết tạm gác"),
    Kind.CLOSED: N_("đóng việc"),
    Kind.REOPENED: N_("mở lại"),
    Kind.MERGED: N_("gộp việc"),
    Kind.BLOCKED: N_("chặn người gửi"),
    Kind.UNBLOCKED: N_("bỏ chặn"),
    Kind.CALL_BACK: N_("hẹn gọi lại"),
    Kind.CALLED: N_("đã gọi"),
    Kind.PUT_OFF: N_("hẹn giờ gửi tin"),
    Kind.TAKEN_BACK: N_("hủy tin hẹn giờ"),
    Kind.UNDONE: N_("hoàn tác"),
    Kind.FORGOTTEN: N_("quá hạn trả lời, đã báo người phụ trách"),
    Kind.AWAY: N_("đã báo công dân giờ làm việc"),
    Kind.WROTE: N_("công dân nhắn thêm"),
    Kind.OPENED_SEAL: N_("xem danh tính"),
    Kind.LINKED: N_("gửi tệp bằng liên kết"),
}
SHOWN_EVENTS = frozenset(EVENTS) - {Kind.ANSWERED, Kind.WROTE, Kind.OPENED, Kind.LINKED}
"""Between the messages; answers, with their links, are messages already."""
FILES_BY: Mapping[str, str] = {
    "sms": N_("SMS không mang được tệp. Tin nhắn có liên kết để công dân mở tệp trong %(days)s ngày."),
    "zalo": N_(
        "Zalo nhận ảnh, và PDF, DOC, DOCX, CSV đến 5 MB. Tệp khác đi bằng liên kết, mở được trong %(days)s ngày."
    ),
}
"""What happens to a file, where the channel does not carry every one."""
