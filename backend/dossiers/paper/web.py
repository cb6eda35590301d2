"""Administrators' page of the words on printed papers, with a picture of how they come out."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from backend import filetypes, http
from backend.dossiers.paper import service, texts
from backend.dossiers.paper.kinds import FILE_NAMES, TITLES, Kind
from backend.errors import Conflict, InvalidInput, MotCuaError, NotFound
from backend.i18n import N_, gettext
from backend.organisation import navigation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Group

blueprint = Blueprint("paper_templates", __name__, url_prefix="/officers/admin/papers", template_folder="../templates")
administrator_required = role_required(Role.ADMINISTRATOR)
navigation.add(
    Entry(
        N_("Mẫu giấy in"),
        "paper_templates.papers",
        frozenset({Role.ADMINISTRATOR}),
        group=Group.ADMINISTRATION,
        hint=N_("Lời văn trên giấy hẹn, phiếu bổ sung, phiếu từ chối, phiếu xin lỗi, phiếu kiểm soát."),
    )
)
Answer = str | AnyResponse | tuple[str, int] | tuple[Response, int]


@blueprint.get("/")
@administrator_required
def papers() -> str:
    """All papers and who changed their words last."""
    newest = {kind: service.versions(kind)[0] for kind in Kind}
    return render_template("dossiers/papers.html", titles=TITLES, newest=newest)


@blueprint.get("/<kind>")
@administrator_required
def one(kind: str) -> str:
    """The words of one paper, to be changed; what was typed and not saved is still there."""
    return _page(_kind(kind))


def _page(kind: Kind, *, typed: Mapping[str, str] | None = None, wrong: MotCuaError | None = None) -> str:
    versions = service.versions(kind)
    draft = service.drafted(kind, current_officer())
    facts = {
        "kind": kind,
        "title": TITLES[kind],
        "blocks": texts.BLOCKS[kind],
        "placeholders": {name: texts.PLACEHOLDERS[name] for name in texts.ALLOWED[kind]},
        "typed": typed or draft or versions[0].texts,
        "has_draft": draft is not None,
        "seen": request.form.get("seen", versions[0].number, int),
        "versions": versions,
        "pages": len(service.preview(kind, draft or versions[0].texts)),
        "wrong": wrong,
        "problems": {entry["field"]: entry["message"] for entry in wrong.fields} if wrong else {},
        "longest": {True: texts.LONGEST_LINE, False: texts.LONGEST},
    }
    return render_template("dossiers/paper_template.html", **facts)


@blueprint.post("/<kind>")
@administrator_required
def change(kind: str) -> Answer:
    """Show, save or forget what was typed; the button that was pressed says which."""
    known, officer = _kind(kind), current_officer()
    try:
        match request.form.get("do"):
            case "save":
                number = service.save(known, request.form, officer, seen=request.form.get("seen", 0, int))
                flash(gettext("Đã lưu. Từ nay giấy được in theo bản số %(number)s.", number=number), "success")
            case "discard":
                service.discard(known, officer)
            case _:
                service.draft(known, request.form, officer)
    except (InvalidInput, Conflict) as error:
        if _wants_json():
            raise
        return _page(known, typed=request.form, wrong=error), error.status
    if _wants_json():
        pages = len(service.preview(known, service.drafted(known, officer) or {}))
        return jsonify(pages=pages)
    return redirect(url_for("paper_templates.one", kind=kind), 303)


@blueprint.post("/<kind>/restore")
@administrator_required
def restore(kind: str) -> AnyResponse:
    """Put an earlier version in force again."""
    number = service.restore(_kind(kind), request.form.get("number", 0, int), current_officer())
    flash(gettext("Đã dùng lại. Từ nay giấy được in theo bản số %(number)s.", number=number), "success")
    return redirect(url_for("paper_templates.one", kind=kind), 303)


@blueprint.get("/<kind>/preview.png")
@administrator_required
def picture(kind: str) -> Response:
    """A page of the paper with the words being typed, or with those of a version."""
    known = _kind(kind)
    pages = service.preview(known, _words(known))
    number = request.args.get("page", 1, int)
    if not 1 <= number <= len(pages):
        raise NotFound
    return http.data_response(pages[number - 1], f"{FILE_NAMES[known]}.png", filetypes.PNG, download=False)


@blueprint.get("/<kind>/preview.pdf")
@administrator_required
def preview_pdf(kind: str) -> Response:
    """The same as PDF."""
    known = _kind(kind)
    data = service.preview_pdf(known, _words(known))
    return http.data_response(data, f"{FILE_NAMES[known]} (mẫu).pdf", filetypes.PDF, download=False)


def _words(kind: Kind) -> Mapping[str, str]:
    number = request.args.get("version", None, int)
    if number is not None:
        return service.version(kind, number).texts
    return service.drafted(kind, current_officer()) or service.versions(kind)[0].texts


def _kind(name: str) -> Kind:
    if name not in set(Kind):
        raise NotFound
    return Kind(name)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
