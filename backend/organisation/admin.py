"""Administrators' pages: agencies, departments, officers, the calendar, the audit log."""

import calendar as standard
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend import clock
from backend.errors import Conflict, Forbidden, InvalidInput
from backend.i18n import N_, gettext
from backend.organisation import administration, audit_log, calendar_days, navigation, one_time_code, service, sign_in
from backend.organisation.access import current_officer, role_required
from backend.organisation.administration import AgencyFacts, OfficerFacts
from backend.organisation.audit_log import Wanted
from backend.organisation.models import ROLE_TITLES, Level, Role
from backend.organisation.navigation import Entry, Group

blueprint = Blueprint("admin", __name__, url_prefix="/officers/admin", template_folder="templates")
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
admin_required = role_required(*ADMINISTRATORS)
for _title, _endpoint, _hint in (
    (N_("Cơ quan"), "admin.agencies", N_("Địa chỉ, điện thoại, phòng chuyên môn, đổi tên, kết thúc")),
    (N_("Cán bộ"), "admin.officers", N_("Tài khoản, vai trò, mật khẩu")),
    (N_("Lịch làm việc"), "admin.calendar", N_("Ngày nghỉ, ngày làm bù")),
    (N_("Nhật ký"), "admin.audit", N_("Ai đã xem gì, đổi gì")),
):
    navigation.add(Entry(_title, _endpoint, ADMINISTRATORS, Group.ADMINISTRATION, _hint))

LEVELS = {
    Level.PROVINCE: N_("UBND tỉnh"),
    Level.DEPARTMENT: N_("Sở, ban, ngành"),
    Level.DISTRICT: N_("Cấp huyện (trước 01/07/2025)"),
    Level.COMMUNE: N_("Xã, phường"),
}


@blueprint.app_template_global("pages_of")
def pages_of(total: int, size: int) -> int:
    """How many pages `total` rows fill."""
    return max(1, -(-total // size))


def _attempt(act: Callable[[], object], done: str) -> bool:
    """Do it and say so, or say why not: what was typed wrong is corrected on the page it came from."""
    try:
        act()
    except (InvalidInput, Conflict, Forbidden) as error:
        flash(error.message, "error")
        return False
    flash(done, "success")
    return True


def _back(endpoint: str, **values: Any) -> Response:
    return redirect(url_for(endpoint, **values), 303)


def _day(name: str, default: date | None = None) -> date:
    """A date of the form. Raises InvalidInput."""
    text = request.form.get(name, "")
    if not text and default:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(gettext("Ngày chưa đúng.")) from error


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _page_number() -> int:
    return max(1, _number(request.args.get("page")) or 1)


def _level(text: str) -> Level | None:
    return Level(text) if text in set(Level) else None


def _role(text: str) -> Role | None:
    return Role(text) if text in set(Role) else None


# --- agencies --------------------------------------------------------------------------------------------------


@blueprint.get("/agencies")
@admin_required
def agencies() -> str:
    """The agencies of today, by level, found by words."""
    words, level = request.args.get("q", "")[:100], _level(request.args.get("level", ""))
    found = administration.find_agencies(words, level)
    return render_template("organisation/agencies.html", found=found, words=words, level=level, levels=LEVELS)


@blueprint.get("/agencies/new")
@admin_required
def new_agency() -> str:
    """The form for a new agency."""
    return _new_agency_page()


def _new_agency_page(wrong: str = "") -> str:
    known = service.agencies_at(clock.today())
    parents = [one for one in known if one.level in (Level.PROVINCE, Level.DEPARTMENT)]
    facts = {"parents": parents, "levels": LEVELS, "today": clock.today(), "typed": request.form, "wrong": wrong}
    return render_template("organisation/agency_new.html", **facts)


def _agency_facts() -> AgencyFacts:
    names = ("name", "unit", "address", "phone", "email")
    return AgencyFacts(**{name: request.form.get(name, "")[:200] for name in names})


@blueprint.post("/agencies/new")
@admin_required
def add_agency() -> Response | tuple[str, int]:
    """Add it; what was typed is kept when it cannot be."""
    try:
        agency_id = administration.add_agency(
            request.form.get("code", ""), _level(request.form.get("level", "")) or Level.COMMUNE, _agency_facts(),
            since=_day("since"), parent_id=_number(request.form.get("parent")), actor=current_officer().actor,
        )  # fmt: skip
    except (InvalidInput, Conflict) as error:
        return _new_agency_page(error.message), error.status
    flash(gettext("Đã thêm cơ quan."), "success")
    return _back("admin.agency", agency_id=agency_id)


@blueprint.get("/agencies/<int:agency_id>")
@admin_required
def agency(agency_id: int) -> str:
    """One agency: its facts, departments and officers, and how it ends."""
    known = service.agency(agency_id)
    return render_template(
        "organisation/agency.html",
        agency=known,
        levels=LEVELS,
        successors=administration.successors_of(agency_id),
        departments=administration.departments_of(agency_id),
        officers=administration.find_officers(agency_id=agency_id),
        others=[one for one in service.agencies_at(clock.today()) if one.id != agency_id],
        today=clock.today(),
    )


@blueprint.post("/agencies/<int:agency_id>")
@admin_required
def change_agency(agency_id: int) -> Response:
    """Correct its facts."""
    actor = current_officer().actor
    facts = _agency_facts()
    _attempt(lambda: administration.change_agency(agency_id, facts, actor=actor), gettext("Đã lưu."))
    return _back("admin.agency", agency_id=agency_id)


@blueprint.post("/agencies/<int:agency_id>/rename")
@admin_required
def rename_agency(agency_id: int) -> Response:
    """Begin a new period under another name; the old one stays in history."""
    actor, known = current_officer().actor, service.agency(agency_id)
    facts = AgencyFacts(
        request.form.get("name", "")[:200], request.form.get("unit", known.unit)[:120], known.address or "",
        known.phone or "", known.email or "",
    )  # fmt: skip
    try:
        agency_id = administration.rename_agency(agency_id, facts, since=_day("since"), actor=actor)
        flash(gettext("Đã đổi tên. Tên cũ vẫn tra được."), "success")
    except (InvalidInput, Conflict) as error:
        flash(error.message, "error")
    return _back("admin.agency", agency_id=agency_id)


@blueprint.post("/agencies/<int:agency_id>/close")
@admin_required
def close_agency(agency_id: int) -> Response:
    """Its last day, and who takes over."""
    actor, form = current_officer().actor, request.form

    def close() -> None:
        administration.close_agency(
            agency_id, last_day=_day("last_day"), successor_id=_number(form.get("successor")),
            move_people="move_people" in form, actor=actor,
        )  # fmt: skip

    _attempt(close, gettext("Đã ghi ngày kết thúc. Nếu nhầm, bấm “Mở lại cơ quan”."))
    return _back("admin.agency", agency_id=agency_id)


@blueprint.post("/agencies/<int:agency_id>/reopen")
@admin_required
def reopen_agency(agency_id: int) -> Response:
    """Take the closing back."""
    actor = current_officer().actor
    _attempt(lambda: administration.reopen_agency(agency_id, actor=actor), gettext("Cơ quan hoạt động trở lại."))
    return _back("admin.agency", agency_id=agency_id)


@blueprint.post("/agencies/<int:agency_id>/departments")
@admin_required
def add_department(agency_id: int) -> Response:
    """A new department."""
    actor, name = current_officer().actor, request.form.get("name", "")
    _attempt(lambda: administration.add_department(agency_id, name, actor=actor), gettext("Đã thêm phòng."))
    return _back("admin.agency", agency_id=agency_id)


@blueprint.post("/departments/<int:department_id>")
@admin_required
def rename_department(department_id: int) -> Response:
    """Another name for a department."""
    actor, name = current_officer().actor, request.form.get("name", "")
    agency_id = _number(request.form.get("agency_id")) or 0
    _attempt(lambda: administration.rename_department(department_id, name, actor=actor), gettext("Đã đổi tên phòng."))
    return _back("admin.agency", agency_id=agency_id)


# --- officers --------------------------------------------------------------------------------------------------


@blueprint.get("/officers")
@admin_required
def officers() -> str:
    """Officers found by words, role and agency; the closed accounts apart."""
    args, page = request.args, _page_number()
    words, role, active = args.get("q", "")[:100], _role(args.get("role", "")), args.get("closed") != "1"
    found = administration.find_officers(
        words, role=role, agency_id=_number(args.get("agency")), active=active, page=page
    )
    facts = {"words": words, "role": role, "active": active, "page": page, "size": administration.PAGE}
    return render_template("organisation/officers.html", found=found, roles=ROLE_TITLES, **facts)


@blueprint.get("/officers/new")
@admin_required
def new_officer() -> str:
    """The form for a new account."""
    return _officer_page(None)


@blueprint.post("/officers/new")
@admin_required
def add_officer() -> str | tuple[str, int]:
    """Add it; the password for the first sign-in is shown this once."""
    try:
        made = administration.add_officer(
            request.form.get("username", ""), _officer_facts(), actor=current_officer().actor
        )
    except (InvalidInput, Conflict) as error:
        return _officer_page(None, wrong=error.message), error.status
    return _first_password(made.officer_id, made.password)


def _first_password(officer_id: int, password: str) -> str:
    facts = {"officer": sign_in.officer(officer_id), "password": password}
    return render_template("organisation/first_password.html", **facts)


def _officer_facts() -> OfficerFacts:
    form = request.form
    role, agency_id = _role(form.get("role", "")), _number(form.get("agency"))
    if role is None or agency_id is None:
        raise InvalidInput(gettext("Hãy chọn vai trò và cơ quan."))
    return OfficerFacts(
        form.get("name", "")[:200], role, agency_id, form.get("department", "")[:120], form.get("email", "")[:200]
    )


def _officer_page(officer_id: int | None, *, wrong: str = "") -> str:
    known = sign_in.officer(officer_id) if officer_id else None
    rooms = administration.departments_of(known.agency_id) if known else []
    return render_template(
        "organisation/officer.html",
        officer=known,
        code_on=one_time_code.is_on(known.id) if known else False,
        department=next((room.name for room in rooms if known and room.id == known.department_id), ""),
        departments=rooms,
        agencies=service.agencies_at(clock.today()),
        roles=ROLE_TITLES,
        typed=request.form,
        chosen_agency=_number(request.args.get("agency")),
        myself=current_officer().id == officer_id,
        wrong=wrong,
    )


@blueprint.get("/officers/<int:officer_id>")
@admin_required
def officer(officer_id: int) -> str:
    """One account."""
    return _officer_page(officer_id)


@blueprint.post("/officers/<int:officer_id>")
@admin_required
def change_officer(officer_id: int) -> Response | tuple[str, int]:
    """Save what changed; what was typed is kept when it cannot be."""
    try:
        administration.change_officer(officer_id, _officer_facts(), actor=current_officer().actor)
    except (InvalidInput, Conflict, Forbidden) as error:
        return _officer_page(officer_id, wrong=error.message), error.status
    flash(gettext("Đã lưu."), "success")
    return _back("admin.officer", officer_id=officer_id)


@blueprint.post("/officers/<int:officer_id>/close")
@admin_required
def close_account(officer_id: int) -> Response:
    """Keep them out; one click takes it back."""
    actor = current_officer().actor
    done = gettext("Đã khóa tài khoản. Nếu nhầm, bấm “Mở lại tài khoản”.")
    _attempt(lambda: administration.close_account(officer_id, actor=actor), done)
    return _back("admin.officer", officer_id=officer_id)


@blueprint.post("/officers/<int:officer_id>/reopen")
@admin_required
def reopen_account(officer_id: int) -> Response:
    """Let them in again."""
    actor = current_officer().actor
    _attempt(lambda: administration.reopen_account(officer_id, actor=actor), gettext("Tài khoản dùng lại được."))
    return _back("admin.officer", officer_id=officer_id)


@blueprint.post("/officers/<int:officer_id>/password")
@admin_required
def reset_password(officer_id: int) -> str:
    """A password for one sign-in, shown this once."""
    password = administration.reset_password(officer_id, actor=current_officer().actor)
    return _first_password(officer_id, password)


@blueprint.post("/officers/<int:officer_id>/code-off")
@admin_required
def code_off(officer_id: int) -> Response:
    """Ask for no one-time code until its owner turns it on again."""
    administration.turn_code_off(officer_id, actor=current_officer().actor)
    flash(gettext("Đã tắt mã xác nhận."), "success")
    return _back("admin.officer", officer_id=officer_id)


# --- calendar --------------------------------------------------------------------------------------------------


@blueprint.get("/calendar")
@admin_required
def calendar() -> str:
    """A year: what is off, what is worked, and why."""
    asked = _number(request.args.get("year")) or clock.today().year
    year = min(max(asked, calendar_days.FIRST_YEAR), calendar_days.LAST_YEAR)
    return render_template(
        "organisation/calendar.html",
        year=year,
        months=_months(year),
        days={day.day: day for day in calendar_days.days(year)},
        today=clock.today(),
        first=calendar_days.FIRST_YEAR,
        last=calendar_days.LAST_YEAR,
    )


def _months(year: int) -> list[list[list[date | None]]]:
    """The weeks of each month, Monday first, with None before the first and after the last day."""
    weeks = standard.Calendar(standard.MONDAY)
    return [
        [[day if day.month == month else None for day in week] for week in weeks.monthdatescalendar(year, month)]
        for month in range(1, 13)
    ]


@blueprint.post("/calendar")
@admin_required
def add_day() -> Response:
    """A day off, or a day worked."""
    actor, form = current_officer().actor, request.form
    year = clock.today().year
    try:
        day = _day("day")
        year = day.year
        calendar_days.add(day, form.get("kind", ""), form.get("name", ""), actor)
        flash(gettext("Đã thêm vào lịch. Các hẹn trả bị ảnh hưởng sẽ được tính lại."), "success")
    except (InvalidInput, Conflict) as error:
        flash(error.message, "error")
    return _back("admin.calendar", year=year)


@blueprint.post("/calendar/remove")
@admin_required
def remove_day() -> Response:
    """Let a day be what it was."""
    day = _day("day")
    calendar_days.remove(day, current_officer().actor)
    flash(gettext("Đã bỏ ngày %(day)s khỏi lịch.", day=f"{day:%d/%m/%Y}"), "success")
    return _back("admin.calendar", year=day.year)


# --- audit -----------------------------------------------------------------------------------------------------


@blueprint.get("/audit")
@admin_required
def audit() -> str:
    """The log, filtered."""
    args = request.args
    wanted = Wanted(
        officer_id=_number(args.get("officer")),
        subject=args.get("subject", "").strip()[:96],
        first=_asked_day("first"),
        last=_asked_day("last"),
        page=_page_number(),
    )
    wrong, shown = "", audit_log.Shown([], False)
    try:
        shown = audit_log.entries(wanted)
    except InvalidInput as error:
        wrong = error.message
    officers = service.officers()
    facts = {"wanted": wanted, "wrong": wrong, "officers": officers, "kinds": audit_log.kinds()}
    return render_template("organisation/audit.html", shown=shown, **facts)


def _asked_day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if calendar_days.FIRST_YEAR <= day.year <= calendar_days.LAST_YEAR else None
