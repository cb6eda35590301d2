"""Officers publish an answer, look at it first, and take it back: forms of the report's own page."""

from flask import flash, redirect, request, url_for

from backend.complaints import publishing
from backend.complaints.publishing import Draft
from backend.complaints.web import Answer, blueprint, page_of, taker_required
from backend.errors import Conflict, InvalidInput
from backend.i18n import gettext
from backend.organisation.access import current_officer


@blueprint.post("/<int:complaint_id>/publication")
@taker_required
def publish(complaint_id: int) -> Answer:
    """Show how it would be read, or let everybody read it; a refusal comes back with what was typed."""
    draft, officer = _draft(), current_officer()
    try:
        if request.form.get("step") != "publish":
            ready = publishing.preview(complaint_id, officer, draft)
            return page_of(complaint_id, draft=ready, preview=ready)
        publishing.publish(complaint_id, officer, draft)
    except (InvalidInput, Conflict) as error:
        wrong = {one["field"]: one["message"] for one in error.fields or []}
        return page_of(complaint_id, draft=draft, wrong=wrong, error="" if wrong else error.message), error.status
    flash(gettext("Đã công khai."), "success")
    return _back(complaint_id)


def _draft() -> Draft:
    form = request.form
    version = form.get("version", "0")
    return Draft(
        words=form.get("words", "")[: 2 * publishing.LENGTH],
        answer=form.get("answer", "")[: 2 * publishing.LENGTH],
        category=form.get("category", "")[:24],
        area=form.get("area", "")[:200],
        with_place=bool(form.get("with_place")),
        photos=tuple(one[:80] for one in form.getlist("photo")[:20]),
        agreed=bool(form.get("agreed")),
        no_names=bool(form.get("no_names")),
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1,
    )


@blueprint.post("/<int:complaint_id>/publication/withdraw")
@taker_required
def unpublish(complaint_id: int) -> Answer:
    """Take it back."""
    try:
        publishing.unpublish(complaint_id, current_officer(), request.form.get("reason", "")[:500])
    except InvalidInput as error:
        return page_of(complaint_id, error=error.message), error.status
    flash(gettext("Đã thôi công khai."), "success")
    return _back(complaint_id)


def _back(complaint_id: int) -> Answer:
    return redirect(url_for("complaints.one", complaint_id=complaint_id), 303)
