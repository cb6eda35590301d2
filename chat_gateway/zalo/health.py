"""What officers see of the Official Account."""

from collections.abc import Iterator

from backend import clock
from backend.messaging.channels import Health, HealthState
from chat_gateway.zalo import accounts
from chat_gateway.zalo.accounts import Account
from chat_gateway.zalo.templates import Templates

_MOMENT = "%H:%M %d/%m/%Y"
CONSENT_STEPS = (
    "Quản trị viên chạy: flask --app chat_gateway.cli zalo consent",
    "Dán mã thử thách (code challenge) vào trang ứng dụng ở developers.zalo.me, mục Official Account.",
    "Người quản trị OA mở địa chỉ mà lệnh in ra, bấm Cho phép, rồi chép mã code trên thanh địa chỉ.",
    "Chạy: flask --app chat_gateway.cli zalo exchange MÃ. Tin đang chờ tự gửi tiếp.",
)
TROUBLES = {
    "-115": "Tài khoản Zalo Cloud hết tiền.",
    "-137": "Tài khoản Zalo Cloud hết tiền.",
    "-321": "Tài khoản Zalo Cloud hết tiền.",
    "-320": "OA chưa liên kết tài khoản Zalo Cloud.",
    "-221": "OA chưa được xác thực.",
    "-135": "OA chưa được xác thực hoặc gói miễn phí không gửi được mẫu tin.",
    "-224": "Gói dịch vụ của OA không cho gửi loại tin này.",
    "-219": "Ứng dụng đã bị gỡ khỏi OA.",
    "-209": "Ứng dụng chưa được kích hoạt.",
    "-212": "Ứng dụng chưa đăng ký quyền gọi API này.",
    "-223": "OA chưa cấp quyền gọi API này.",
    "-211": "OA đã hết hạn mức.",
    "-204": "OA đã bị khóa.",
    "-205": "OA không tồn tại.",
    "-131": "Mẫu tin chưa được duyệt.",
    "-146": "Mẫu tin bị khóa vì chất lượng thấp.",
    "-109": "Mã mẫu tin không đúng, xem tệp ZALO_TEMPLATES.",
}
QUOTAS = {
    "total": "Tin tư vấn được gửi",
    "remain": "Tin tư vấn còn lại",
    "dailyQuota": "Mẫu tin được gửi mỗi ngày",
    "remainingQuota": "Mẫu tin còn lại hôm nay",
}
"""What Zalo tells of allowances with its answers; what else there is says nothing about the account."""
UNLIMITED = "không giới hạn"
_OTHER = "Zalo từ chối vì cấu hình hoặc quyền của tài khoản."


def of_account(oa_id: str) -> Health:
    """The Official Account's tokens, trouble and allowances."""
    known = accounts.account(oa_id)
    return Health(_state(known), tuple(_facts(known)), tuple(_steps(known)))


def _needs_consent(known: Account) -> bool:
    return known.consent_needed_since is not None or not known.access_token


def _state(known: Account) -> str:
    if _needs_consent(known) or known.trouble:
        return HealthState.ALARM
    late = known.expires_at is not None and known.expires_at < clock.now()
    return HealthState.WARNING if late else HealthState.WELL


def _facts(known: Account) -> Iterator[tuple[str, str]]:
    yield "OA", known.oa_id
    if _needs_consent(known):
        since = known.consent_needed_since
        yield "Quyền gửi tin", "cần cấp quyền lại" + (f", từ {clock.local(since):{_MOMENT}}" if since else "")
    if known.expires_at is not None:
        yield "Mã truy cập dùng đến", f"{clock.local(known.expires_at):{_MOMENT}}"
    if known.trouble:
        since = known.trouble_since
        said = TROUBLES.get(known.trouble, _OTHER)
        yield "Cần xử lý", f"{said} (lỗi {known.trouble}" + (f", từ {clock.local(since):{_MOMENT}})" if since else ")")
    for name, value in known.quota.items():
        if name in QUOTAS:
            yield QUOTAS[name], UNLIMITED if value == "unlimited" else str(value)


def _steps(known: Account) -> Iterator[str]:
    if _needs_consent(known):
        yield from CONSENT_STEPS
    if known.trouble:
        yield f"{TROUBLES.get(known.trouble, _OTHER)} Xử lý xong, tin đang chờ tự gửi tiếp trong vòng 10 phút."


def of_templates(templates: Templates) -> Health:
    """Which notices have a template."""
    names = templates.names()
    shown = ", ".join(names) or "chưa có mẫu nào, xem ZALO_TEMPLATES"
    return Health(HealthState.WELL if names else HealthState.WARNING, (("Tin báo có mẫu", shown),))
