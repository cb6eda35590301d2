"""Pages of the practice mode, and its banner on every page."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.i18n import N_, gettext
from backend.organisation import access, navigation
from backend.organisation.access import officer_required, own_account
from backend.organisation.navigation import Entry, Place
from backend.practice import service
from backend.practice.service import Guide

blueprint = Blueprint("practice", __name__, url_prefix="/officers/practice", template_folder="templates")
navigation.add(
    Entry(N_("Tập làm"), "practice.page", hint=N_("Làm thử cả quy trình trên hồ sơ giả, không gửi gì ra ngoài."))
)
navigation.add_part("practice/_banner.html", Place.BANNER)


@blueprint.app_context_processor
def _shared() -> dict[str, Any]:
    return {"practice_guide": _guide, "practice_roles": service.ROLES}


def _guide() -> Guide:
    return service.guide(access.real_officer())


@blueprint.get("/guide")
@officer_required
def page() -> str:
    """What the practice mode is; while practising, the steps of the first dossier."""
    return render_template("practice/guide.html")


@blueprint.post("/enter")
@own_account
def enter() -> Response:
    """Begin to practise, at the one-stop desk; the first time it takes some seconds."""
    access.practise(service.enter(access.real_officer()))
    return redirect(url_for("practice.page"), 303)


@blueprint.post("/leave")
@own_account
def leave() -> Response:
    """Back to the real work."""
    access.practise(None)
    return redirect(url_for("officers.home"), 303)


@blueprint.post("/role")
@own_account
def role() -> Response:
    """Play another role; `to=dossier` opens the dossier that is practised on."""
    access.must_practise()
    person = access.real_officer()
    access.practise(service.player(person, request.form.get("role", "")))
    found = service.guide(person)
    if request.form.get("to") == "dossier" and found.dossier_id:
        return redirect(url_for("dossiers.one", dossier_id=found.dossier_id), 303)
    return redirect(url_for("dossier_lists.lists"), 303)


@blueprint.post("/reset")
@own_account
def reset() -> Response:
    """Fresh data, once the box is ticked."""
    access.must_practise()
    if not request.form.get("sure"):
        flash(gettext("Anh/chị đánh dấu vào ô xác nhận trước."), "error")
        return redirect(url_for("practice.page"), 303)
    access.practise(service.reset(access.real_officer()))
    flash(gettext("Đã làm mới dữ liệu tập làm."), "success")
    return redirect(url_for("practice.page"), 303)
