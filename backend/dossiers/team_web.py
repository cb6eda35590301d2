"""The page of a head's or leader's people, and giving dossiers out in bulk."""

from collections.abc import Callable, Sequence
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend import clock
from backend.database import LARGEST_ID
from backend.dossiers import absences, assigning, team
from backend.dossiers.assigning import Given
from backend.errors import Conflict, InvalidInput
from backend.i18n import N_, gettext
from backend.organisation import navigation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry
from backend.procedures import service as procedures

blueprint = Blueprint("team", __name__, url_prefix="/officers/team", template_folder="templates")
VIEWERS = frozenset({Role.HEAD, Role.LEADER})
navigation.add(
    Entry(N_("Nhân sự và nghỉ phép"), "team.page", VIEWERS, hint=N_("Ai giữ bao nhiêu hồ sơ, chuyên môn, ngày nghỉ"))
)
Answer = Response | tuple[str, int]
viewer_required = role_required(*VIEWERS)
head_required = role_required(Role.HEAD)


@blueprint.get("/")
@viewer_required
def page() -> str:
    """My people: what they hold, are good at, and when they are away."""
    return _page()


def _page(wrong: str = "", of: int | None = None) -> str:
    """After a refusal with what was wrong, and what was typed about whom."""
    officer = current_officer()
    facts = {"members": team.members(officer), "fields": procedures.fields(), "today": clock.today()}
    typed = request.form if wrong else {}
    return render_template(
        "dossiers/team.html", **facts, may_assign=officer.role == Role.HEAD, wrong=wrong, of=of, typed=typed
    )


@blueprint.post("/assign")
@head_required
def assign() -> str | Response:
    """Assign the ticked dossiers to one officer, or as proposed."""
    chosen = [int(text) for text in request.form.getlist("dossier") if _is_id(text)]
    if not chosen:
        flash(gettext("Anh/chị chọn ít nhất một hồ sơ."), "error")
        return redirect(url_for("dossier_lists.lists", list="assign"), 303)
    given = assigning.give_out(chosen, current_officer(), _to())
    return _told(given, url_for("dossier_lists.lists", list="assign"))


@blueprint.post("/<int:officer_id>/reassign")
@head_required
def reassign(officer_id: int) -> str:
    """Give what one of my people holds to others."""
    head = current_officer()
    holder = team.member(officer_id, head)
    return _told(assigning.take_over(holder.id, head, _to()), url_for("team.page"))


@blueprint.post("/undo")
@head_required
def undo() -> str:
    """Take the whole lot back, as far as it is still possible."""
    pairs = [text.partition(":") for text in request.form.getlist("done")]
    given = [(int(first), int(last)) for first, _, last in pairs if _is_id(first) and _is_id(last)]
    results = assigning.take_back(given, current_officer())
    return _told(results, url_for("dossier_lists.lists", list="assign"), undone=True)


@blueprint.post("/<int:officer_id>/absences")
@viewer_required
def add_absence(officer_id: int) -> Answer:
    """Enter days on which somebody is away."""
    officer, form = current_officer(), request.form
    who = team.member(officer_id, officer)
    first, last, reason = _day(form.get("first_day", "")), _day(form.get("last_day", "")), form.get("reason", "")
    return _done(
        officer_id, lambda: absences.add(who.id, first, last, reason.strip(), officer), N_("Đã ghi thời gian nghỉ.")
    )


@blueprint.post("/<int:officer_id>/absences/<int:absence_id>/end")
@viewer_required
def end_absence(officer_id: int, absence_id: int) -> Answer:
    """They are back."""
    officer = current_officer()
    who = team.member(officer_id, officer)
    return _done(officer_id, lambda: absences.end(absence_id, who.id, officer), N_("Đã ghi là đi làm lại."))


@blueprint.post("/<int:officer_id>/absences/<int:absence_id>/remove")
@viewer_required
def remove_absence(officer_id: int, absence_id: int) -> Answer:
    """It was a mistake."""
    officer = current_officer()
    who = team.member(officer_id, officer)
    return _done(officer_id, lambda: absences.remove(absence_id, who.id, officer), N_("Đã xóa thời gian nghỉ."))


@blueprint.post("/<int:officer_id>/skills")
@viewer_required
def add_skill(officer_id: int) -> Answer:
    """Note what somebody is good at."""
    officer, skill = current_officer(), request.form.get("skill", "")
    return _done(officer_id, lambda: team.add_skill(officer_id, skill, officer), N_("Đã ghi chuyên môn."))


@blueprint.post("/<int:officer_id>/skills/<int:skill_id>/remove")
@viewer_required
def remove_skill(officer_id: int, skill_id: int) -> Answer:
    """They no longer do it."""
    officer = current_officer()
    return _done(officer_id, lambda: team.remove_skill(officer_id, skill_id, officer), N_("Đã bỏ chuyên môn."))


def _told(given: Sequence[Given], back: str, *, undone: bool = False) -> str:
    until = min((one.undo_until for one in given if one.undo_until), default=None)
    left = (until - clock.now()).total_seconds() if until else 0.0
    return render_template("dossiers/assigned.html", given=given, back=back, left=left, undone=undone)


def _done(officer_id: int, service: Callable[[], object], said: str) -> Answer:
    try:
        service()
    except (InvalidInput, Conflict) as error:
        return _page(gettext(error.message), officer_id), error.status
    flash(gettext(said), "success")
    return redirect(url_for("team.page"), 303)


def _to() -> int | None:
    """Whom the form names; None for as proposed. Raises InvalidInput for anything else."""
    text = request.form.get("officer_id", "")
    if text and not _is_id(text):
        raise InvalidInput(gettext("Anh/chị chọn một cán bộ."))
    return int(text) if text else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) <= LARGEST_ID


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
