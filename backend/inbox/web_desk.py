"""Beside the cases: prepared answers, kept filters, how queues hand out, and the supervisor's view."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.errors import Forbidden, InvalidInput, MotCuaError
from backend.i18n import gettext
from backend.inbox import access, assigning, canned, listing, supervising, wording
from backend.inbox.listing import Filters
from backend.inbox.web import Answer, blueprint, names, reader_required
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role

supervisor_required = role_required(*access.SUPERVISORS)
administrator_required = role_required(Role.ADMINISTRATOR)


# --- prepared answers --------------------------------------------------------------------------------------------


@blueprint.get("/texts")
@reader_required
def texts() -> str:
    """All that this officer may use."""
    return _texts()


def _texts(*, wrong: MotCuaError | None = None) -> str:
    officer = current_officer()
    typed = request.form if wrong else {}
    return render_template(
        "inbox/texts.html", texts=canned.texts(officer), blanks=canned.BLANKS, wrong=wrong, typed=typed, **names()
    )


@blueprint.post("/texts")
@reader_required
def save_text() -> Answer:
    """Add one, or change one."""
    form, number = request.form, request.form.get("id", "")
    text_id = int(number) if number.isdecimal() and len(number) < 10 else None
    try:
        general = bool(form.get("general")) and current_officer().role in access.EVERYWHERE
        canned.save(current_officer(), text_id, form.get("title", ""), form.get("text", ""), general=general)
    except InvalidInput as error:
        return _texts(wrong=error), error.status
    flash(gettext("Đã lưu câu mẫu."), "success")
    return redirect(url_for("inbox.texts"), 303)


@blueprint.post("/texts/<int:text_id>/remove")
@reader_required
def remove_text(text_id: int) -> Response:
    """No longer offer it."""
    canned.remove(current_officer(), text_id)
    flash(gettext("Đã bỏ câu mẫu."), "success")
    return redirect(url_for("inbox.texts"), 303)


# --- kept filters ------------------------------------------------------------------------------------------------


@blueprint.post("/views")
@reader_required
def keep_view() -> Response:
    """Keep the filter of the list under a name."""
    filters = Filters.of(request.form)
    try:
        listing.keep_view(current_officer(), request.form.get("name", ""), filters)
        flash(gettext("Đã giữ bộ lọc."), "success")
    except InvalidInput as error:
        flash(error.message, "error")
    return redirect(f"{url_for('inbox.waiting')}?{filters.address()}", 303)


@blueprint.post("/views/<int:view_id>/drop")
@reader_required
def drop_view(view_id: int) -> Response:
    """Forget one."""
    listing.drop_view(current_officer(), view_id)
    return redirect(url_for("inbox.waiting"), 303)


# --- queues ------------------------------------------------------------------------------------------------------


@blueprint.get("/supervise")
@supervisor_required
def supervise() -> str:
    """How the queues stand, and how they hand out."""
    officer = current_officer()
    code = _own_queue()
    facts = {"overview": supervising.overview(officer), "methods": assigning.methods(code), "queue": code}
    return render_template("inbox/supervise.html", **facts, method_names=wording.METHODS, **names())


def _own_queue() -> str:
    """The queue whose setting this officer may change: the hotline's, or their agency's."""
    officer = current_officer()
    return "" if officer.role in access.EVERYWHERE else officer.agency_code


@blueprint.get("/queues")
@administrator_required
def queues() -> str:
    """All queues with their members, skills and lengths."""
    found, others = supervising.queues(request.args.get("agency", "").strip().upper()[:32])
    facts = {"queues": found, "others": others, "method_names": wording.METHODS}
    return render_template("inbox/queues.html", **facts, **names())


@blueprint.post("/queues")
@supervisor_required
def set_queue() -> Response:
    """Change how a queue hands out: one's own, and for administrators any."""
    form, everywhere = request.form, current_officer().role == Role.ADMINISTRATOR and "agency" in request.form
    if current_officer().role == Role.PROVINCE_LEADER:
        raise Forbidden(gettext("Tài khoản của anh/chị chỉ xem được phần này."))
    try:
        code = form["agency"].strip().upper()[:32] if everywhere else _own_queue()
        skill = " ".join(form.get("skill", "").split())[:120]
        assigning.set_method(current_officer(), code, skill, form.get("method", ""))
        flash(gettext("Đã lưu cách chia việc."), "success")
    except InvalidInput as error:
        flash(error.message, "error")
    return redirect(url_for("inbox.queues", agency=code) if everywhere else url_for("inbox.supervise"), 303)
