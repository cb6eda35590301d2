"""Papers of a dossier as PDF, its files, and the register as a spreadsheet."""

from datetime import date

from flask import Blueprint, Response, render_template, request, send_file

from backend import clock, filetypes, http
from backend.dossiers.paper import files, register, service
from backend.dossiers.paper.kinds import Kind
from backend.dossiers.paper.register import Period
from backend.errors import InvalidInput, MotCuaError, NotFound
from backend.i18n import N_, gettext
from backend.organisation import navigation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry

blueprint = Blueprint("dossiers_paper", __name__, template_folder="templates")
READERS = (Role.RECEPTIONIST, Role.SPECIALIST, Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER)
reader_required = role_required(*READERS)
navigation.add(
    Entry(
        N_("Sổ hồ sơ"),
        "dossiers_paper.register_page",
        frozenset(READERS),
        hint=N_("Tải sổ theo dõi hồ sơ theo thời gian, mở bằng Excel."),
    )
)


@blueprint.get("/officers/dossiers/<int:dossier_id>/paper/<kind>.pdf")
@reader_required
def pdf(dossier_id: int, kind: str) -> Response:
    """A paper of the dossier, shown by the browser, which prints it; `?download=1` saves it."""
    if kind not in set(Kind):
        raise NotFound
    made = service.for_officer(dossier_id, Kind(kind), current_officer())
    return http.data_response(made.data, made.name, filetypes.PDF, download=_flag("download"))


@blueprint.get("/officers/dossiers/<int:dossier_id>/files/<file_id>")
@reader_required
def file(dossier_id: int, file_id: str) -> Response:
    """A file of the dossier; `?small=1` its thumbnail, `?download=1` to save it."""
    small = _flag("small")
    files.check(dossier_id, file_id, current_officer(), glance=small)
    return http.file_response(file_id, download=_flag("download"), small=small)


@blueprint.get("/officers/dossiers/register")
@reader_required
def register_page() -> str:
    """Choose the period of the register."""
    return _register_page()


def _register_page(wrong: MotCuaError | None = None) -> str:
    today = clock.today()
    days = {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
    typed = {name: request.args.get(name, day) for name, day in days.items()}
    return render_template("dossiers/register.html", typed=typed, today=today.isoformat(), wrong=wrong)


@blueprint.get("/officers/dossiers/register.xlsx")
@reader_required
def register_file() -> Response | tuple[str, int]:
    """The register of what was filed from `first` to `last` and this officer may see."""
    try:
        made = register.register(Period(_day("first"), _day("last")), current_officer())
    except MotCuaError as error:
        return _register_page(error), error.status
    response = send_file(made.file, filetypes.XLSX)
    http.name_file(response, made.name)
    return response


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        raise InvalidInput(gettext("Anh/chị chọn ngày đầu và ngày cuối.")) from None


def _flag(name: str) -> bool:
    return request.args.get(name) == "1"
