"""Pages of teaching: what a misread message meant, and the administrators' list of what officers said."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.errors import Conflict, InvalidInput
from backend.i18n import N_, gettext
from backend.inbox import teaching
from backend.organisation import navigation
from backend.organisation.access import current_officer, officer_required, role_required, signed_in_officer
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Group

blueprint = Blueprint("teaching", __name__, url_prefix="/officers/teaching", template_folder="templates")
REVIEWERS = frozenset({Role.ADMINISTRATOR})
_HINT = N_("Tin nhắn trợ lý hiểu sai, chờ duyệt để dạy lại")
navigation.add(Entry(N_("Dạy trợ lý"), "teaching.queue", REVIEWERS, Group.ADMINISTRATION, _HINT))
reviewer_required = role_required(*REVIEWERS)


@blueprint.app_template_global("may_teach")
def may_teach() -> bool:
    """Whether to show the link beside a message: whoever sees the talk may say what it meant."""
    return signed_in_officer() is not None


@blueprint.get("/message/<int:conversation_id>/<int:message_id>")
@officer_required
def form(conversation_id: int, message_id: int) -> str:
    """What did it mean?"""
    return _form(conversation_id, message_id)


def _form(conversation_id: int, message_id: int, wrong: str = "") -> str:
    message = teaching.said(conversation_id, message_id, current_officer())
    facts = {"message": message, "intents": teaching.intents(), "entities": teaching.entities()}
    return render_template("inbox/misread.html", **facts, wrong=wrong, typed=request.form)


@blueprint.post("/message/<int:conversation_id>/<int:message_id>")
@officer_required
def mark(conversation_id: int, message_id: int) -> Response | tuple[str, int]:
    """Keep the answer for the reviewer."""
    pointed = {name: request.form.get(f"entity-{name}", "")[: teaching.LONGEST] for name in teaching.entities()}
    try:
        teaching.mark(conversation_id, message_id, request.form.get("intent", "")[:40], pointed, current_officer())
    except (InvalidInput, Conflict) as error:
        return _form(conversation_id, message_id, error.message), error.status
    flash(gettext("Đã ghi. Quản trị hệ thống sẽ duyệt trước khi dạy lại trợ lý."), "success")
    return redirect(url_for("teaching.form", conversation_id=conversation_id, message_id=message_id), 303)


@blueprint.get("/")
@reviewer_required
def queue() -> str:
    """What waits for a decision."""
    return _queue()


def _queue(wrong: str = "", of: int = 0) -> str:
    facts = {"rows": teaching.waiting(), "counts": teaching.counts(), "intents": teaching.intents()}
    return render_template("inbox/teaching.html", **facts, wrong=wrong, of=of, typed=request.form)


@blueprint.post("/<int:misreading_id>")
@reviewer_required
def decide(misreading_id: int) -> Response | tuple[str, int]:
    """Accept it as edited, or refuse it; what was typed stays where it cannot be taken."""
    try:
        if request.form.get("verdict") == "refuse":
            teaching.refuse(misreading_id, request.form.get("reason", "")[:1000], current_officer())
            flash(gettext("Đã bỏ, không dùng để dạy."), "success")
        else:
            intent, example = request.form.get("intent", "")[:40], request.form.get("example", "")[:2000]
            teaching.accept(misreading_id, intent, example, current_officer())
            flash(gettext("Đã nhận. Lần xuất dữ liệu tới sẽ có câu này."), "success")
    except (InvalidInput, Conflict) as error:
        return _queue(error.message, misreading_id), error.status
    return redirect(url_for("teaching.queue"), 303)
