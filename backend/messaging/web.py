"""The officers' page of channels: whether each works, what went over it lately, what somebody has to do."""

from flask import Blueprint, render_template

from backend.i18n import N_
from backend.messaging import traffic
from backend.organisation import navigation
from backend.organisation.access import role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Group

blueprint = Blueprint("channels", __name__, url_prefix="/officers/channels", template_folder="templates")
READERS = frozenset({Role.HOTLINE_OPERATOR, Role.ADMINISTRATOR})
navigation.add(
    Entry(
        N_("Kênh nhắn tin"),
        "channels.health",
        READERS,
        Group.ADMINISTRATION,
        N_("Zalo, Telegram, SMS còn hoạt động không, việc gì cần xử lý."),
    )
)

NAMES = {
    "sms": N_("SMS"),
    "web": N_("Trang chat"),
    "zalo": N_("Zalo"),
    "zns": N_("Mẫu tin Zalo gửi theo số điện thoại"),
    "telegram": N_("Telegram"),
    "email": N_("Thư điện tử"),
}
STATES = {"well": N_("Hoạt động"), "warning": N_("Cần xem"), "alarm": N_("Cần xử lý ngay")}


@blueprint.get("/")
@role_required(*READERS)
def health() -> str:
    """One row a channel; those in trouble come first."""
    return render_template("channels/health.html", lines=traffic.lines(), names=NAMES, states=STATES)
