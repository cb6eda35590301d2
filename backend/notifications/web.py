"""Officers' notices, and the administrator's page of the texts that applicants and officers are told."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.errors import Conflict, InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.notifications import bell, policy, preview, versions, wording
from backend.notifications.events import Event
from backend.notifications.versions import Slot, Template
from backend.organisation import navigation
from backend.organisation.access import current_officer, officer_required, role_required, signed_in_officer
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Group

blueprint = Blueprint("notices", __name__, url_prefix="/officers", template_folder="templates")
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
administrator_required = role_required(*ADMINISTRATORS)
navigation.add_part("notices/bell.html")
navigation.add(
    Entry(
        N_("Mẫu tin báo"),
        "notices.templates",
        ADMINISTRATORS,
        Group.ADMINISTRATION,
        N_("Lời tin nhắn, thư gửi người nộp và cán bộ"),
    )
)
PAGES = {
    "dossier": ("dossiers.one", "dossier_id"),
    "case": ("inbox.one", "case_id"),
    "complaint": ("complaints.one", "complaint_id"),
}
"""Where a notice leads, by what it is about."""
GENERAL = "-"
"""Stands in addresses for the wording of everything that has none of its own."""


@blueprint.app_context_processor
def _shared() -> dict[str, Any]:
    return {"unread_notices": _unread}


def _unread() -> int:
    officer = signed_in_officer()
    return bell.unread_count(officer.id) if officer else 0


@blueprint.app_template_filter("variant_name")
def variant_name(variant: str) -> str:
    """A variant as it stands in an address."""
    return variant or GENERAL


# --- an officer's own ------------------------------------------------------------------------------------------


@blueprint.get("/notices")
@officer_required
def mine() -> str:
    """What this officer was told, the new first."""
    found = bell.notices(current_officer().id)
    return render_template("notices/mine.html", notices=found, newest=bell.newest(found))


@blueprint.get("/notices/<int:notification_id>")
@officer_required
def read(notification_id: int) -> Response:
    """Follow a notice to what it is about; it counts as read from then on."""
    kind, number = bell.open_notice(current_officer().id, notification_id) or ("", 0)
    if kind not in PAGES:
        return redirect(url_for("notices.mine"), 303)
    endpoint, parameter = PAGES[kind]
    return redirect(url_for(endpoint, **{parameter: number}), 303)  # type: ignore[arg-type]


@blueprint.post("/notices/read")
@officer_required
def read_all() -> Response:
    """Mark everything that the page showed as read."""
    shown = request.form.get("newest", "")
    if shown.isascii() and shown.isdigit() and len(shown) < 10:
        bell.read_all(current_officer().id, int(shown[:9]))
    return redirect(url_for("notices.mine"), 303)


# --- templates -------------------------------------------------------------------------------------------------


@blueprint.get("/admin/notices")
@administrator_required
def templates() -> str:
    """All texts, by event."""
    return render_template("notices/templates.html", groups=preview.overview(), **_names())


@blueprint.get("/admin/notices/<event>/<variant>/<kind>")
@administrator_required
def template(event: str, variant: str, kind: str) -> str:
    """One text with its preview and its versions."""
    where = _slot(event, variant, kind)
    return _page(where, versions.in_force(where))


@blueprint.post("/admin/notices/<event>/<variant>/<kind>")
@administrator_required
def save(event: str, variant: str, kind: str) -> Response | tuple[str, int] | str:
    """Put a new version into force, or only show what it would say; what was typed is kept in either case."""
    where = _slot(event, variant, kind)
    typed = _typed()
    if request.form.get("what") == "preview":
        return _page(where, typed)
    try:
        versions.save(where, typed.text, typed.subject_line, base=typed.number, author_id=current_officer().id)
    except (InvalidInput, Conflict) as error:
        return _page(where, typed, wrong=error.message), error.status
    flash(gettext("Đã lưu. Từ giờ tin gửi đi dùng lời mới."), "success")
    return redirect(request.path, 303)


@blueprint.post("/admin/notices/<event>/<variant>/<kind>/preview")
@administrator_required
def show(event: str, variant: str, kind: str) -> str:
    """The preview alone, for the script that shows it while somebody types."""
    where, typed = _slot(event, variant, kind), _typed()
    return render_template("notices/preview.html", preview=preview.of(where, typed.text, typed.subject_line))


@blueprint.post("/admin/notices/<event>/<variant>/<kind>/restore")
@administrator_required
def restore(event: str, variant: str, kind: str) -> Response:
    """Put an old version into force again."""
    number = request.form.get("number", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound("Không có phiên bản này.")
    versions.restore(_slot(event, variant, kind), int(number[:9]), author_id=current_officer().id)
    flash(gettext("Đã dùng lại phiên bản cũ."), "success")
    return redirect(url_for("notices.template", event=event, variant=variant, kind=kind), 303)


def _slot(event: str, variant: str, kind: str) -> Slot:
    return versions.known(event, "" if variant == GENERAL else variant, kind)


def _typed() -> Template:
    base = request.form.get("base", "")
    number = int(base[:9]) if base.isascii() and base.isdigit() else -1  # no version has it, so nothing is overwritten
    return Template(number, request.form.get("subject_line", ""), request.form.get("text", ""))


def _page(where: Slot, shown: Template, *, wrong: str = "") -> str:
    in_force = versions.in_force(where)
    return render_template(
        "notices/template.html",
        where=where,
        shown=shown,
        in_force=in_force,
        wrong=wrong,
        facts=policy.facts_of(where.event),
        preview=preview.of(where, shown.text, shown.subject_line),
        history=preview.history(where),
        siblings=[slot for slot in versions.shipped() if (slot.event, slot.variant) == (where.event, where.variant)],
        **_names(),
    )


def _names() -> dict[str, Any]:
    by_value = {str(event): name for event, name in wording.EVENTS.items()}
    return {"events": by_value, "variants": wording.VARIANTS, "kinds": wording.KINDS, "Event": Event}
