"""Officers' pages of conversations that wait for them. Reading, answering, closing; takeover comes later."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.errors import InvalidInput
from backend.inbox import service
from backend.inbox.models import Reason
from backend.organisation import navigation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry

blueprint = Blueprint("inbox", __name__, url_prefix="/officers/inbox", template_folder="templates")
READERS = frozenset({Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER, Role.ADMINISTRATOR})
"""Conversations are not assigned to agencies yet, so only those who serve the whole province see them."""
navigation.add(Entry("Chờ cán bộ", "inbox.waiting", READERS))
reader_required = role_required(*READERS)

REASONS = {
    Reason.ASKED: "Công dân muốn gặp cán bộ",
    Reason.NOT_UNDERSTOOD: "Trợ lý chưa hiểu",
    Reason.COMPLAINT: "Phản ánh",
    Reason.ABUSE: "Lời lẽ không phù hợp",
    Reason.EMERGENCY: "Khẩn cấp",
    Reason.LOW_RATING: "Đánh giá thấp",
}
CHANNELS = {"sms": "SMS", "web": "Trang chat", "zalo": "Zalo", "telegram": "Telegram"}


@blueprint.get("/")
@reader_required
def waiting() -> str:
    """All conversations that wait, oldest first."""
    return render_template("inbox/waiting.html", waiting=service.waiting(), reasons=REASONS, channels=CHANNELS)


@blueprint.get("/<int:escalation_id>")
@reader_required
def one(escalation_id: int) -> str:
    """One of them with its last turns."""
    return _page(escalation_id)


def _page(escalation_id: int, *, typed: str = "", wrong: str = "") -> str:
    line, entries = service.escalation(escalation_id, actor=current_officer().actor)
    facts = {"line": line, "entries": entries, "reasons": REASONS, "channels": CHANNELS}
    return render_template("inbox/one.html", **facts, typed=typed, wrong=wrong)


@blueprint.post("/<int:escalation_id>/answer")
@reader_required
def answer(escalation_id: int) -> Response | tuple[str, int]:
    """Send the officer's words to the citizen; what was typed is kept when it cannot be sent."""
    typed = request.form.get("text", "")
    try:
        service.answer(escalation_id, typed, actor=current_officer().actor)
    except InvalidInput as error:
        return _page(escalation_id, typed=typed, wrong=error.message), error.status
    flash("Đã gửi cho công dân.", "success")
    return redirect(url_for("inbox.one", escalation_id=escalation_id), 303)


@blueprint.post("/<int:escalation_id>/close")
@reader_required
def close(escalation_id: int) -> Response:
    """Mark it as dealt with."""
    service.close(escalation_id, actor=current_officer().actor)
    flash("Đã đánh dấu xong.", "success")
    return redirect(url_for("inbox.waiting"), 303)
