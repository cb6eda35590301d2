"""Names of events, channels and states for officers, and the dossier that texts are previewed with."""

from collections.abc import Mapping

from backend.i18n import N_
from backend.notifications.events import Event

EVENTS: Mapping[Event, str] = {
    Event.FILED: N_("Đã nộp hồ sơ"),
    Event.RECEIVED: N_("Đã tiếp nhận"),
    Event.SUPPLEMENT_REQUESTED: N_("Yêu cầu bổ sung"),
    Event.SUPPLEMENT_REMINDER: N_("Nhắc bổ sung"),
    Event.SUPPLEMENT_ITEM_RETURNED: N_("Trả lại một giấy tờ bổ sung"),
    Event.SUPPLEMENT_TAKEN: N_("Đã nhận đủ bổ sung"),
    Event.CANCELLED: N_("Hồ sơ bị hủy"),
    Event.REFUSED: N_("Từ chối giải quyết"),
    Event.WITHDRAWN: N_("Rút hồ sơ"),
    Event.STOPPED: N_("Tạm dừng tính thời gian"),
    Event.RESUMED: N_("Giải quyết tiếp"),
    Event.RESULT_READY: N_("Đã có kết quả"),
    Event.RETURNED: N_("Đã trả kết quả, mời đánh giá"),
    Event.LATE: N_("Có thể trễ hẹn"),
    Event.APOLOGY: N_("Xin lỗi và hẹn lại"),
    Event.APPOINTMENT_MOVED: N_("Đổi ngày hẹn"),
    Event.FEE_NOTICE: N_("Báo phí, lệ phí"),
    Event.FEE_PAID: N_("Đã nhận phí, lệ phí"),
    Event.FEE_REFUNDED: N_("Đã hoàn phí, lệ phí"),
    Event.POSTED: N_("Bưu gửi"),
    Event.TO_CHECK: N_("Hồ sơ chờ kiểm tra"),
    Event.TO_ASSIGN: N_("Chờ phân công"),
    Event.ASSIGNED_TO_YOU: N_("Được giao hồ sơ"),
    Event.SUPPLEMENT_ARRIVED: N_("Đã có bổ sung"),
    Event.FEE_SETTLED: N_("Đã nộp phí, hồ sơ chạy tiếp"),
    Event.BACK_AT_DESK: N_("Chuyển về một cửa"),
    Event.TO_APPROVE: N_("Chờ duyệt"),
    Event.APPROVED: N_("Đã duyệt"),
    Event.SENT_BACK: N_("Trả lại để sửa"),
    Event.WARNING: N_("Nhắc thời hạn"),
    Event.APOLOGY_DRAFTED: N_("Thư xin lỗi chờ ký"),
    Event.CASE_GIVEN: N_("Được giao cuộc trò chuyện"),
    Event.CASE_MENTION: N_("Được nhắc đến trong ghi chú"),
    Event.CASE_FORGOTTEN: N_("Công dân chờ trả lời quá lâu"),
    Event.REPORT_ROUTED: N_("Phản ánh chuyển đến cơ quan"),
    Event.REPORT_GIVEN: N_("Được giao phản ánh"),
    Event.REPORT_TO_APPROVE: N_("Trả lời phản ánh chờ duyệt"),
    Event.REPORT_TO_SEND: N_("Trả lời phản ánh chờ gửi"),
    Event.REPORT_REOPENED: N_("Phản ánh được mở lại"),
    Event.REPORT_LATE: N_("Phản ánh quá hạn"),
}
VARIANTS: Mapping[str, str] = {
    "": N_("chung"),
    "online": N_("qua mạng"),
    "post": N_("qua bưu điện"),
    "desk": N_("tại một cửa"),
    "fee": N_("chờ phí, lệ phí"),
    "check_elsewhere": N_("xác minh ở nơi khác"),
    "own_request": N_("người nộp yêu cầu"),
    "before_filing": N_("nộp trước khi nhận hồ sơ"),
    "before_collecting": N_("nộp trước khi nhận kết quả"),
    "100": N_("đã quá hạn"),
    "out": N_("kết quả gửi đi"),
}
KINDS: Mapping[str, str] = {
    "sms": N_("Tin nhắn SMS"),
    "chat": N_("Zalo, Telegram, trang chat"),
    "email": N_("Thư điện tử"),
    "page": N_("Dòng trên trang cán bộ"),
}
CHANNELS: Mapping[str, str] = {
    "sms": "SMS",
    "zalo": "Zalo",
    "zns": "Zalo (ZNS)",
    "telegram": "Telegram",
    "web": N_("Trang chat"),
    "email": N_("Thư điện tử"),
}
STATES: Mapping[str, str] = {
    "waiting": N_("chờ gửi"),
    "queued": N_("đang gửi"),
    "sending": N_("đang gửi"),
    "sent": N_("đã gửi"),
    "delivered": N_("đã đến nơi"),
    "failed": N_("không gửi được"),
    "suppressed": N_("không gửi nữa"),
}
REASONS: Mapping[str, str] = {
    "undone": N_("không gửi, việc đã được hoàn tác"),
    "opted_out": N_("không gửi, người nộp đã ngừng nhận tin"),
    "no_channel": N_("không có nơi để gửi"),
}

SAMPLE: Mapping[str, str] = {
    "code": "H15.24.133-261123-0012",
    "name": "H'Liên Niê",
    "procedure": "Đăng ký khai sinh kết hợp cấp thẻ bảo hiểm y tế cho trẻ em dưới 6 tuổi",
    "agency": "UBND phường Buôn Ma Thuột",
    "desk": "UBND phường Buôn Ma Thuột",
    "due": "16:30 thứ Sáu 27/11/2026",
    "missing": "Giấy chứng sinh (bản chụp bị mờ); Giấy chứng nhận kết hôn của cha mẹ",
    "deadline": "16:30 thứ Hai 07/12/2026",
    "reason": "cơ quan phối hợp chưa gửi kết quả xác minh nơi cư trú",
    "ground": "khoản 1 Điều 16 Luật Hộ tịch 2014",
    "fee": "8.000",
    "tracking": "EV123456789VN",
    "link": "https://motcua.daklak.gov.vn/hs/Zt3kQ9vXw2LmBa7c",
    "hotline": "0262.1022",
    "per_cent": "80",
}
"""Every fact in real size, as an administrator sees a text before it is saved."""
