"""The officers' page of chats linked to a phone number: which there are, ending one with a reason, taking that back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.citizens import linking
from backend.errors import Conflict, InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.organisation import navigation
from backend.organisation import service as organisation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Group
from backend.text import phone_number

blueprint = Blueprint("citizens", __name__, url_prefix="/officers/linked-channels", template_folder="templates")
READERS = frozenset({Role.RECEPTIONIST, Role.ADMINISTRATOR})
reader_required = role_required(*READERS)
navigation.add(
    Entry(
        N_("Kênh liên kết"),
        "citizens.linked",
        READERS,
        Group.ADMINISTRATION,
        N_("Số điện thoại này xem hồ sơ ở Zalo, Telegram nào; bỏ liên kết khi chủ số yêu cầu"),
    )
)

CHANNELS = {"zalo": N_("Zalo"), "telegram": N_("Telegram"), "web": N_("Trang chat")}
REASONS = {
    linking.Reason.OWNER_ASKS: N_("Chủ số yêu cầu"),
    linking.Reason.NOT_THEIRS: N_("Số không phải của người dùng kênh"),
    linking.Reason.NEW_OWNER: N_("Số đã đổi chủ"),
    linking.Reason.LOST: N_("Mất máy hoặc mất tài khoản"),
    linking.Reason.MISTAKE: N_("Liên kết nhầm"),
}
_LARGEST = 9


@blueprint.get("/")
@reader_required
def linked() -> str | tuple[str, int]:
    """The chats of one number, asked for by `?phone=` in any notation."""
    typed = request.args.get("phone", "").strip()
    names = {"channels": CHANNELS, "reasons": REASONS, "by": _by}
    page = "citizens/linked.html"
    if not typed:
        return render_template(page, typed="", phone=None, **names)
    phone = phone_number(typed)
    if phone is None:
        wrong = gettext("Số điện thoại chưa đúng, ví dụ: 0912345678.")
        return render_template(page, typed=typed[:40], phone=None, wrong=wrong, **names), 422
    links, changes = linking.of_phone(phone, actor=current_officer().actor)
    return render_template(page, typed=typed, phone=phone, links=links, changes=changes, **names)


@blueprint.post("/unlink")
@reader_required
def unlink() -> Response:
    """End one link."""
    phone, link_id = _asked("link")
    try:
        linking.unlink_by_officer(link_id, phone, request.form.get("reason", ""), actor=current_officer().actor)
    except (InvalidInput, Conflict) as error:
        flash(error.message, "error")
    else:
        flash(gettext("Đã bỏ liên kết và báo vào kênh đó. Nếu nhầm, bấm Khôi phục ở lịch sử bên dưới."), "success")
    return _back(phone)


@blueprint.post("/restore")
@reader_required
def restore() -> Response:
    """Take an officer's unlinking back."""
    phone, change_id = _asked("change")
    try:
        linking.restore(change_id, phone, actor=current_officer().actor)
    except Conflict as error:
        flash(error.message, "error")
    else:
        flash(gettext("Đã khôi phục liên kết và báo vào kênh đó."), "success")
    return _back(phone)


def _asked(name: str) -> tuple[str, int]:
    """The number and the row that a form names. Raises InvalidInput for what no form of ours sends."""
    phone, number = phone_number(request.form.get("phone", "")), request.form.get(name, "")
    if phone is None or not (number.isascii() and number.isdecimal() and len(number) <= _LARGEST):
        raise InvalidInput
    return phone, int(number)


def _back(phone: str) -> Response:
    return redirect(url_for("citizens.linked", phone=phone.replace("+84", "0", 1)), 303)


def _by(who: str) -> str:
    """Who or what made or ended a link, in words."""
    kind, _, number = who.partition(":")
    if kind == "code":
        return gettext("mã xác nhận qua SMS")
    if kind == "contact":
        return gettext("số do chính kênh xác nhận")
    if kind != "officer" or not number.isdecimal():
        return gettext("người dân")
    try:
        return organisation.officer(int(number)).name
    except NotFound:
        return gettext("cán bộ")
