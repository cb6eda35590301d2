"""The operator's form for a report by telephone: filled with the keyboard alone while the caller speaks."""

from flask import flash, redirect, render_template, request, url_for

from backend.complaints import publishing, service, wording
from backend.complaints.policy import Kind, Protection
from backend.complaints.service import Call
from backend.complaints.web import Answer, blueprint, names, sees, taker_required
from backend.errors import InvalidInput
from backend.i18n import gettext
from backend.organisation.access import current_officer
from backend.text import normalise


@blueprint.get("/new")
@taker_required
def new() -> str:
    """The empty form."""
    return _form({}, {})


def _form(typed: dict[str, str], wrong: dict[str, str]) -> str:
    lists = {"categories": wording.CATEGORIES, "areas": publishing.communes(), "callers": wording.CALLERS}
    return render_template("complaints/new.html", typed=typed, wrong=wrong, **lists, **names())


@blueprint.post("/new")
@taker_required
def take() -> Answer:
    """File it, then show it or take the next call; what is wrong comes back with everything typed."""
    try:
        taken = service.file_for_caller(current_officer(), _call())
    except InvalidInput as error:
        wrong = {one["field"]: one["message"] for one in error.fields or []}
        return _form(request.form.to_dict(), wrong), error.status
    flash(gettext("Đã ghi %(code)s. Anh/chị đọc mã này cho người gọi.", code=taken.code), "success")
    if taken.emergency_number:
        flash(gettext("Việc khẩn cấp: bảo người gọi gọi ngay %(n)s.", n=taken.emergency_number), "error")
    if request.form.get("then") == "next":
        return redirect(url_for("complaints.new"), 303)
    if sees(taken.id):
        return redirect(url_for("complaints.one", complaint_id=taken.id), 303)
    return redirect(url_for("complaints.lists"), 303)


def _call() -> Call:
    form = request.form
    category = form.get("category", "")
    return Call(
        text=normalise(form.get("text", "")),
        place=normalise(form.get("place", "")),
        name=normalise(form.get("name", "")),
        phone=normalise(form.get("phone", "")),
        kind=Kind(form["kind"]) if form.get("kind") in set(Kind) else None,
        category=category if category and category in wording.CATEGORIES else None,
        protection=Protection(form["protection"]) if form.get("protection") in set(Protection) else None,
        agrees=bool(form.get("agrees")),
    )
