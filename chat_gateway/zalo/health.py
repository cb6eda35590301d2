"""What officers see of the Official Account."""

from collections.abc import Iterator
from datetime import datetime

from backend import clock
from backend.i18n import N_, gettext
from backend.messaging.channels import Health, HealthState
from chat_gateway.zalo import accounts
from chat_gateway.zalo.accounts import Account
from chat_gateway.zalo.templates import Templates

_MOMENT = "%H:%M %d/%m/%Y"
CONSENT_STEPS = (
    N_("Quản trị viên chạy: flask --app chat_gateway.cli zalo consent"),
    N_("Dán mã thử thách (code challenge) vào trang ứng dụng ở developers.zalo.me, mục Official Account."),
    N_("Người quản trị OA mở địa chỉ mà lệnh in ra, bấm Cho phép, rồi chép mã code trên thanh địa chỉ."),
    N_("Chạy: flask --app chat_gateway.cli zalo exchange MÃ. Tin đang chờ tự gửi tiếp."),
)
TROUBLES = {
    "-115": N_("Tài khoản Zalo Cloud hết tiền."),
    "-137": N_("Tài khoản Zalo Cloud hết tiền."),
    "-321": N_("Tài khoản Zalo Cloud hết tiền."),
    "-320": N_("OA chưa liên kết tài khoản Zalo Cloud."),
    "-221": N_("OA chưa được xác thực."),
    "-135": N_("OA chưa được xác thực hoặc gói miễn phí không gửi được mẫu tin."),
    "-224": N_("Gói dịch vụ của OA không cho gửi loại tin này."),
    "-219": N_("Ứng dụng đã bị gỡ khỏi OA."),
    "-209": N_("Ứng dụng chưa được kích hoạt."),
    "-212": N_("Ứng dụng chưa đăng ký quyền gọi API này."),
    "-223": N_("OA chưa cấp quyền gọi API này."),
    "-211": N_("OA đã hết hạn mức."),
    "-204": N_("OA đã bị khóa."),
    "-205": N_("OA không tồn tại."),
    "-131": N_("Mẫu tin chưa được duyệt."),
    "-146": N_("Mẫu tin bị khóa vì chất lượng thấp."),
    "-109": N_("Mã mẫu tin không đúng, xem tệp ZALO_TEMPLATES."),
}
QUOTAS = {
    "total": N_("Tin tư vấn được gửi"),
    "remain": N_("Tin tư vấn còn lại"),
    "dailyQuota": N_("Mẫu tin được gửi mỗi ngày"),
    "remainingQuota": N_("Mẫu tin còn lại hôm nay"),
}
"""What Zalo tells of allowances with its answers; what else there is says nothing about the account."""
UNLIMITED = N_("không giới hạn")
_OTHER = N_("Zalo từ chối vì cấu hình hoặc quyền của tài khoản.")


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
        yield N_("Quyền gửi tin"), gettext("cần cấp quyền lại") + _since(known.consent_needed_since)
    if known.expires_at is not None:
        yield N_("Mã truy cập dùng đến"), f"{clock.local(known.expires_at):{_MOMENT}}"
    if known.trouble:
        number = gettext("lỗi %(number)s", number=known.trouble) + _since(known.trouble_since)
        yield N_("Cần xử lý"), f"{_trouble(known)} ({number})"
    for name, value in known.quota.items():
        if name in QUOTAS:
            yield QUOTAS[name], UNLIMITED if value == "unlimited" else str(value)


def _since(moment: datetime | None) -> str:
    return gettext(", từ %(moment)s", moment=f"{clock.local(moment):{_MOMENT}}") if moment else ""


def _trouble(known: Account) -> str:
    return gettext(TROUBLES.get(known.trouble, _OTHER))


def _steps(known: Account) -> Iterator[str]:
    if _needs_consent(known):
        yield from CONSENT_STEPS
    if known.trouble:
        again = gettext("Xử lý xong, tin đang chờ tự gửi tiếp trong vòng 10 phút.")
        yield f"{_trouble(known)} {again}"


def of_templates(templates: Templates) -> Health:
    """Which notices have a template."""
    names = templates.names()
    shown = ", ".join(names) or N_("chưa có mẫu nào, xem ZALO_TEMPLATES")
    return Health(HealthState.WELL if names else HealthState.WARNING, ((N_("Tin báo có mẫu"), shown),))
