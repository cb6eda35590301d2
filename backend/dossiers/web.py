"""Officers' page of one dossier: where it stands, what to do next, its papers, history and money.

A page that refuses something comes back with everything that was typed (`typed`) and what is wrong (`Wrong`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend import clock, http
from backend.dossiers import deadlines, forms, offers, page, records
from backend.dossiers.paper.kinds import Kind
from backend.dossiers.policy import Action
from backend.dossiers.records import NoteKind
from backend.errors import Conflict, InvalidInput, MotCuaError, NotFound, TooLarge
from backend.i18n import gettext, moment
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role

blueprint = Blueprint("dossiers", __name__, url_prefix="/officers/dossiers", template_folder="templates")
READERS = (Role.RECEPTIONIST, Role.SPECIALIST, Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER)
reader_required = role_required(*READERS)

_WRITTEN = frozenset({"reason", "legal_ground", "text", "title", "number", "remark", "name"})

Answer = Response | tuple[str, int]


@dataclass(frozen=True)
class Wrong:
    """What a form was refused for. `form` names it, `fields` the sentences beside its fields."""

    form: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: str, error: MotCuaError) -> "Wrong":
        """An error as its page tells it."""
        return cls(form, error.message, {entry["field"]: entry["message"] for entry in error.fields})


@blueprint.app_template_filter("national_phone")
def national_phone(phone: str) -> str:
    """`0905 123 456` of `+84905123456`."""
    digits = "0" + phone.removeprefix("+84") if phone.startswith("+84") else phone
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}".strip() if digits.isdigit() else phone


@blueprint.app_template_filter("iso_time")
def iso_time(text: str | None) -> str:
    """A moment kept as ISO text, as pages show moments."""
    return moment(datetime.fromisoformat(text)) if text else ""


@blueprint.get("/<int:dossier_id>")
@reader_required
def one(dossier_id: int) -> str:
    """Everything about a dossier, and the next actions of whoever looks."""
    return shown(dossier_id)


def shown(dossier_id: int, *, typed: Mapping[str, str] | None = None, wrong: Wrong | None = None) -> str:
    """The page; after a refusal with what was typed and what was wrong."""
    found = page.look(dossier_id, current_officer())
    facts: dict[str, Any] = {
        "page": found,
        "dossier": found.dossier,
        "per_day": deadlines.hours_a_day(),
        "now": clock.now(),
        "today": clock.today(),
    }
    facts["print_receipt"] = request.args.get("print") == "receipt" and Kind.RECEIPT in found.printed
    homeless = _typed_texts(typed or {}) if wrong and wrong.form not in found.forms else []
    return render_template("dossiers/one.html", **facts, typed=typed or {}, wrong=wrong, homeless=homeless)


def _typed_texts(typed: Mapping[str, str]) -> list[str]:
    """What somebody wrote in a form that the page no longer has; ticks and dates are not worth keeping."""
    return [text for name, text in typed.items() if name.rsplit("-", 1)[-1] in _WRITTEN and text.strip()]


def refused(dossier_id: int, form: str, error: MotCuaError) -> tuple[str, int]:
    """The page again, with the error beside the form and everything typed kept."""
    return shown(dossier_id, typed=request.form, wrong=Wrong.of(form, error)), error.status


def back(dossier_id: int, part: str = "") -> Response:
    """To the page, at one of its parts."""
    return redirect(url_for("dossiers.one", dossier_id=dossier_id, _anchor=part or None), 303)


@blueprint.post("/<int:dossier_id>/act/<name>")
@reader_required
def act(dossier_id: int, name: str) -> Answer:
    """Do one of the next actions; the form that was used names it."""
    try:
        action = Action(name)
    except ValueError:
        raise NotFound from None
    form_name = offers.form_name(action, request.form.get("step_id"))
    try:
        facts, version = forms.facts(request.form), forms.version(request.form)
        done = page.do(dossier_id, action, current_officer(), facts, version=version)
    except (InvalidInput, Conflict) as error:
        return refused(dossier_id, form_name, error)
    if done.undo_until is None:
        flash(gettext("Đã ghi nhận."), "success")
    return back(dossier_id)


@blueprint.post("/<int:dossier_id>/undo/<int:event_id>")
@reader_required
def undo(dossier_id: int, event_id: int) -> Answer:
    """Take back what was just done."""
    try:
        page.undo(dossier_id, event_id, current_officer())
    except Conflict as error:
        flash(gettext(error.message), "error")
    else:
        flash(gettext("Đã hoàn tác. Chưa có ai được báo."), "success")
    return back(dossier_id)


@blueprint.post("/<int:dossier_id>/notes")
@reader_required
@http.accepts_files(1)
def add_note(dossier_id: int) -> Answer:
    """Write a note, an opinion or a draft down for colleagues."""
    try:
        kind = NoteKind(request.form.get("kind", NoteKind.NOTE))
        file = forms.file(request.files, "file")
        records.add_note(dossier_id, current_officer(), kind, request.form.get("text", ""), file)
    except ValueError:
        return refused(dossier_id, "note", InvalidInput(gettext("Anh/chị chọn loại ghi chú.")))
    except (InvalidInput, TooLarge, Conflict) as error:
        return refused(dossier_id, "note", error)
    return back(dossier_id, "notes")


@blueprint.post("/<int:dossier_id>/results")
@reader_required
@http.accepts_files(1)
def add_result(dossier_id: int) -> Answer:
    """Attach a result file."""
    try:
        file = forms.file(request.files, "file")
        title, number = request.form.get("title", ""), request.form.get("number", "")
        records.add_result(dossier_id, current_officer(), title, number, file)
    except (InvalidInput, TooLarge, Conflict) as error:
        return refused(dossier_id, "result", error)
    flash(gettext("Đã đính kèm kết quả."), "success")
    return back(dossier_id, "results")
