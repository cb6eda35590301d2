"""Officers' pages about SMS: what a text would cost, and for administrators how the providers do and who gets what."""

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.errors import InvalidInput
from backend.i18n import N_, gettext
from backend.messaging import sms_provider
from backend.organisation import navigation
from backend.organisation.access import current_officer, officer_required, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Group

blueprint = Blueprint("sms", __name__, url_prefix="/officers", template_folder="templates")
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
administrator_required = role_required(*ADMINISTRATORS)
navigation.add(
    Entry(N_("Xem trước SMS"), "sms.preview", hint=N_("Một đoạn tin dài mấy SMS, tốn bao nhiêu, chữ nào làm tin đắt"))
)
navigation.add(
    Entry(
        N_("Nhà mạng SMS"),
        "sms.providers",
        ADMINISTRATORS,
        Group.ADMINISTRATION,
        N_("Tỷ trọng, lỗi, độ trễ và chi phí của từng nhà cung cấp"),
    )
)


@blueprint.route("/sms-preview", methods=["GET", "POST"])
@officer_required
def preview() -> str | tuple[str, int]:
    """Any text as SMS; nothing of it is kept."""
    text = request.form.get("text", "").strip()
    page = "messaging/sms_preview.html"
    if not text:
        return render_template(page, text="", seen=None, most=sms_provider.MAX_TEXT)
    try:
        seen = sms_provider.preview(text)
    except InvalidInput as error:
        return render_template(page, text=text, seen=None, wrong=error.message, most=sms_provider.MAX_TEXT), 422
    if request.headers.get("X-Part") == "seen":  # the page's script, which swaps this part alone
        return render_template("messaging/sms_seen.html", seen=seen)
    return render_template(page, text=text, seen=seen, most=sms_provider.MAX_TEXT)


@blueprint.get("/sms-providers")
@administrator_required
def providers() -> str:
    """How the providers do."""
    return render_template("messaging/sms_providers.html", providers=sms_provider.providers())


@blueprint.post("/sms-providers/<name>")
@administrator_required
def change(name: str) -> Response | tuple[str, int]:
    """Set a provider's weight, drain it or take it back."""
    actor, what = current_officer().actor, request.form.get("what", "")
    try:
        if what == "weight":
            sms_provider.change(name, actor=actor, weight=_weight())
        elif what in ("drain", "take_back"):
            sms_provider.change(name, actor=actor, draining=what == "drain")
        else:
            raise InvalidInput
    except InvalidInput as error:
        flash(error.message, "error")
    else:
        flash(gettext("Đã đổi. Các tiến trình gửi tin theo trong vài giây."), "success")
    return redirect(url_for("sms.providers"), 303)


def _weight() -> int:
    typed = request.form.get("weight", "").strip()
    if not re.fullmatch(r"[0-9]{1,3}", typed) or int(typed) > 100:
        raise InvalidInput(gettext("Tỷ trọng là số từ 0 đến 100."))
    return int(typed)
