"""Officers' pages of reports: the worklists, one report with what can be done next, and filing for a caller."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend import clock, http
from backend.complaints import access, acts, answer_texts, identity, listing, publishing, wording
from backend.complaints.acts import Facts
from backend.complaints.policy import TRANSITIONS, Action, Kind, Need, Subject
from backend.database import LARGEST_ID, reading
from backend.errors import Conflict, InvalidInput, MotCuaError, NotFound
from backend.i18n import N_, gettext
from backend.organisation import navigation
from backend.organisation import service as organisation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Waiting
from backend.organisation.service import OfficerInfo
from backend.text import normalise

blueprint = Blueprint("complaints", __name__, url_prefix="/officers/complaints", template_folder="templates")
READERS = frozenset({Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER, Role.LEADER, Role.HEAD, Role.SPECIALIST})
TAKERS = frozenset({Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER})
navigation.add(Entry(N_("Phản ánh"), "complaints.lists", READERS, hint=N_("Phản ánh, kiến nghị gửi tổng đài")))
reader_required = role_required(*READERS)
taker_required = role_required(*TAKERS)

ANSWERING = frozenset(action for action, row in TRANSITIONS.items() if Need.TEXT in row.needs)
Answer = str | Response | tuple[str, int]


def names() -> dict[str, Any]:
    return {
        "kinds": wording.KINDS,
        "states": wording.STATES,
        "acts": wording.ACTIONS,
        "sealed": wording.SEALED,
        "contacts": wording.CONTACTS,
        "shown": identity.shown,
        "needs": {action: {str(need) for need in row.needs} for action, row in TRANSITIONS.items()},
        "takes": current_officer().role in TAKERS,
    }


_WAITS = {
    Role.HOTLINE_OPERATOR: ("late", "new", "to_send", "reopened"),
    Role.PROVINCE_LEADER: ("late",),
    Role.LEADER: ("late", "to_approve"),
    Role.HEAD: ("late", "working"),
    Role.SPECIALIST: ("mine",),
}


def _waiting(officer: OfficerInfo) -> list[Waiting]:
    counts = listing.counts(officer)
    return [
        Waiting(gettext(listing.TABS[tab]), counts[tab], url_for("complaints.lists", tab=tab), urgent=tab == "late")
        for tab in _WAITS[officer.role]
    ]


navigation.counted("complaints.lists", _waiting)


@blueprint.get("/")
@reader_required
def lists() -> str:
    """The worklists."""
    officer, tab, q = current_officer(), request.args.get("tab", "new"), request.args.get("q", "")[:100]
    tab = tab if tab in listing.TABS else "all"
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    lines = listing.listed(officer, tab, q, page)
    return render_template(
        "complaints/list.html", tab=tab, q=q, page=page, tabs=listing.TABS, lines=lines,
        agencies=organisation.agencies_at(clock.today()) if officer.role in TAKERS else (),
        counts=listing.counts(officer), more=len(lines) == listing.PAGE_SIZE, **names(),
    )  # fmt: skip


def sees(complaint_id: int) -> bool:
    """Whether it is still this officer's to see: what turns out to be about their unit is not."""
    try:
        with reading() as session:
            access.load(session, complaint_id, current_officer())
    except NotFound:
        return False
    return True


@blueprint.get("/<int:complaint_id>")
@reader_required
def one(complaint_id: int) -> str:
    """One report."""
    return page_of(complaint_id)


def page_of(complaint_id: int, *, use: int | None = None, **more: Any) -> str:
    """The page of one report, with what a form of it brought back; `use`: a prepared text to put below it."""
    officer = current_officer()
    found = listing.one(officer, complaint_id)
    texts = answer_texts.fitting(officer, found.complaint) if ANSWERING & set(found.actions) else []
    facts = {
        "person": None, "error": "", "typed": {}, "opened": "", "texts": texts,
        "added": next((one.text for one in texts if one.id == use), ""),
        "public": publishing.desk(officer, found.complaint), "categories": wording.CATEGORIES, **more,
    }  # fmt: skip
    return render_template("complaints/one.html", page=found, complaint=found.complaint, **facts, **names())


@blueprint.post("/<int:complaint_id>/acts/<string:name>")
@reader_required
def act(complaint_id: int, name: str) -> Answer:
    """Do something; a refusal comes back with what was typed and why."""
    officer, form = current_officer(), request.form
    if name not in set(TRANSITIONS):
        raise NotFound(gettext("Không có việc này."))
    try:
        acts.act(complaint_id, Action(name), acts.by(officer), _facts(), version=form.get("version", 0, type=int))
    except (InvalidInput, Conflict) as error:
        return page_of(complaint_id, error=str(error), typed=form, opened=name), error.status
    flash(gettext("Đã ghi nhận."))
    if sees(complaint_id):
        return redirect(url_for("complaints.one", complaint_id=complaint_id), 303)
    return redirect(url_for("complaints.lists"), 303)


def _facts() -> Facts:
    form = request.form
    about = _typed("subject_code", 32)
    return Facts(
        reason=_typed("reason", 2_000),
        text=_typed("text", 4_000),
        category=form.get("category"),
        kind=Kind(form["kind"]) if form.get("kind") in set(Kind) else None,
        agency_code=_typed("agency_code", 32),
        officer_id=form.get("officer_id", type=int),
        into=_typed("into", 24),
        subjects=(Subject(about),) if about else (),
    )


def _typed(name: str, most: int) -> str:
    """A field without the invisible characters that databases refuse."""
    return normalise(request.form.get(name, "")[:most])


@blueprint.post("/<int:complaint_id>/identity")
@reader_required
def reveal(complaint_id: int) -> Answer:
    """Open the seal, once, on this answer only."""
    try:
        person = identity.reveal(complaint_id, current_officer(), _typed("reason", 2_000))
    except InvalidInput as error:
        return page_of(complaint_id, error=str(error)), error.status
    return page_of(complaint_id, person=person)


@blueprint.post("/route")
@taker_required
def bulk_route() -> Response:
    """Route several at once; what cannot be routed stays, and is counted."""
    done = failed = 0
    ids = [number for number in request.form.getlist("complaint", type=int)[:200] if 0 < number <= LARGEST_ID]
    for complaint_id in ids:
        try:
            acts.act(complaint_id, Action.ROUTE, acts.by(current_officer()), _facts())
            done += 1
        except MotCuaError:
            failed += 1
    flash(gettext("Đã chuyển %(done)s phản ánh, %(failed)s không chuyển được.", done=done, failed=failed))
    return redirect(url_for("complaints.lists"), 303)


@blueprint.get("/<int:complaint_id>/files/<string:file_id>")
@reader_required
def file(complaint_id: int, file_id: str) -> Response:
    """A photo of a report."""
    with reading() as session:
        complaint = access.load(session, complaint_id, current_officer())
        known = next((one for one in complaint.files if one["file_id"] == file_id), None)
    if known is None:
        raise NotFound(gettext("Không có tệp này."))
    return http.file_response(file_id, small="small" in request.args)
