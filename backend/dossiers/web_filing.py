"""Filing at the desk: one form from the phone number to the receipt. And the electronic file of a citizen.

Nothing typed is lost: a refused form comes back filled in, scans included (they are kept already, and the form
carries their signed ids).
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from backend import clock, http
from backend.dossiers import electronic_file, filing, forms, intake
from backend.dossiers.checklist import Scan
from backend.dossiers.electronic_file import ElectronicFile
from backend.dossiers.filing import Filing
from backend.dossiers.intake import Intake, Then
from backend.dossiers.page import supplement_day
from backend.dossiers.policy import FiledVia, ReturnBy
from backend.dossiers.web import Answer, Wrong, blueprint, reader_required
from backend.dossiers.web_papers import MOST_UPLOADS, checked, stored
from backend.errors import Conflict, InvalidInput, MotCuaError, TooLarge
from backend.i18n import N_, gettext
from backend.organisation import service as organisation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, add
from backend.procedures import service as procedures
from backend.text import normalise, phone_number

_HINT = N_("Ghi hồ sơ nộp tại quầy hoặc gửi qua bưu điện")
add(Entry(N_("Nhận hồ sơ"), "dossiers.file", frozenset({Role.RECEPTIONIST}), hint=_HINT))
desk_required = role_required(Role.RECEPTIONIST)

FIND = "find"
SHOWN = 10
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")
_LENGTHS = {"name": 200, "address": 300, "email": 120, "content": 2000, "tracking_code": 40}
_REUSE = re.compile(r"paper-(\d{1,9})-reuse")
_KEPT = re.compile(r"paper-(\d{1,9})-kept")

Scans = dict[int, list[Scan]]


@blueprint.get("/new")
@desk_required
def file() -> str:
    """Pick the procedure; once picked, the form."""
    code, words = request.args.get("procedure", "").strip(), request.args.get("q", "").strip()[:200]
    if code:
        return _form(code)
    officer = current_officer()
    hits = procedures.search(words, limit=SHOWN, agency=officer.agency_name).hits if words else ()
    return render_template("dossiers/pick.html", words=words, hits=hits, recent=intake.recent(officer))


def _form(
    code: str, *, typed: Mapping[str, str] | None = None, wrong: Wrong | None = None, kept: Scans | None = None
) -> str:
    officer = current_officer()
    typed = typed or {}
    phone = phone_number(typed.get("phone", ""))
    known = electronic_file.by_phone(phone, officer) if phone else None
    facts: dict[str, Any] = {
        "procedure": procedures.current_version(code),
        "agencies": organisation.agencies_at(clock.today()),
        "officer": officer,
        "known": known,
        "kept": {at: [(scan.name, _sealed(scan)) for scan in scans] for at, scans in (kept or {}).items()},
        "today": clock.today(),
        "supplement_day": supplement_day(),
        "form_key": typed.get("form_key") or secrets.token_urlsafe(12),
    }
    return render_template("dossiers/new.html", **facts, typed=typed, wrong=wrong)


@blueprint.post("/new")
@desk_required
@http.accepts_files(MOST_UPLOADS)
def file_form() -> Answer:
    """Look the applicant up, or take the dossier in; refused, the form comes back as it was."""
    officer, form, kept = current_officer(), request.form, Scans()
    code = form.get("procedure", "")
    try:
        kept = _kept_before(form)
        for at, scans in stored(request.files, officer.actor).items():
            kept.setdefault(at, []).extend(scans)
        if form.get("do") == FIND:
            return _found(code, form, kept)
        made = intake.take_in(_intake(form, kept), officer)
    except (InvalidInput, Conflict, TooLarge) as error:
        return _form(code, typed=form, wrong=Wrong.of("new", error), kept=kept), error.status
    flash(gettext("Đã ghi hồ sơ %(code)s.", code=made.code), "success")
    receipt = "receipt" if form.get("do") == Then.RECEIVE else None
    return redirect(url_for("dossiers.one", dossier_id=made.id, print=receipt), 303)


def _found(code: str, form: Mapping[str, str], kept: Scans) -> Answer:
    phone = phone_number(form.get("phone", ""))
    if phone is None:
        error: MotCuaError = forms.wrong("phone", gettext("Số điện thoại chưa đúng, ví dụ 0905 123 456."))
        return _form(code, typed=form, wrong=Wrong.of("new", error), kept=kept), error.status
    known = electronic_file.by_phone(phone, current_officer())
    return _form(code, typed=_filled(form, known), kept=kept), 200


def _filled(form: Mapping[str, str], known: ElectronicFile | None) -> Mapping[str, str]:
    """What was typed, and what is known of the applicant where nothing was; `looked_up` says that it was tried."""
    typed = dict(form) | {"looked_up": "1"}
    for name in ("name", "address", "email") if known else ():
        typed[name] = typed.get(name) or getattr(known, name)
    return typed


def _intake(form: Mapping[str, str], kept: Scans) -> Intake:
    """The filled-in form. Raises InvalidInput naming every field that is not right."""
    try:
        then = Then(form.get("do", ""))
    except ValueError:
        raise InvalidInput(gettext("Anh/chị chọn Tiếp nhận, Yêu cầu bổ sung hoặc Lưu.")) from None
    wrongs = _wrongs(form)
    if wrongs:
        fields = [{"field": name, "message": message} for name, message in wrongs.items()]
        raise InvalidInput(gettext("Hồ sơ chưa ghi được. Anh/chị xem các ô có dòng chữ đỏ."), fields=fields)
    return Intake(_filing(form), then, checked(form), kept, _reused(form), forms.facts(form))


def _wrongs(form: Mapping[str, str]) -> dict[str, str]:
    text = {name: normalise(form.get(name, "")) for name in _LENGTHS}
    found = {
        name: gettext("Không quá %(n)s ký tự.", n=longest)
        for name, longest in _LENGTHS.items()
        if len(text[name]) > longest
    }
    if phone_number(form.get("phone", "")) is None:
        found["phone"] = gettext("Số điện thoại chưa đúng, ví dụ 0905 123 456.")
    if not text["name"]:
        found["name"] = gettext("Cần ghi họ tên người nộp.")
    if text["email"] and not _EMAIL.fullmatch(text["email"]):
        found["email"] = gettext("Thư điện tử chưa đúng, ví dụ an@gmail.com.")
    if form.get("return_by") == ReturnBy.POST and not text["address"]:
        found["address"] = gettext("Cần địa chỉ để bưu điện gửi kết quả.")
    if form.get("filed_via") not in (FiledVia.DESK, FiledVia.POST):
        found["filed_via"] = gettext("Anh/chị chọn cách nộp.")
    if form.get("return_by") not in set(ReturnBy):
        found["return_by"] = gettext("Anh/chị chọn cách trả kết quả.")
    return found


def _filing(form: Mapping[str, str]) -> Filing:
    desk = current_officer().agency_code
    phone = phone_number(form.get("phone", ""))
    assert phone is not None
    return Filing(
        procedure_code=form.get("procedure", ""),
        agency_code=form.get("agency_code") or desk,
        desk_code=desk,
        applicant_name=normalise(form.get("name", "")),
        applicant_phone=phone,
        applicant_email=normalise(form.get("email", "")),
        applicant_address=normalise(form.get("address", "")),
        content=normalise(form.get("content", "")),
        filed_via=FiledVia(form["filed_via"]),
        return_by=ReturnBy(form["return_by"]),
        tracking_code=normalise(form.get("tracking_code", "")),
        key=_key(form, phone),
    )


def _key(form: Mapping[str, str], phone: str) -> str:
    """The same for the same form with the same content; a form that is used again for somebody else is another one."""
    if not form.get("form_key"):
        return ""
    told = (form.get(name, "") for name in ("form_key", "procedure", "name", "content"))
    return filing.key_of_form("\n".join((str(current_officer().id), phone, *told)))


def _reused(form: Mapping[str, str]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for name in form:
        match = _REUSE.fullmatch(name)
        file_id = forms.number(form, name) if match else None
        if match and file_id:
            found[int(match[1])] = [file_id]
    return found


# --- scans of a form that came back ----------------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    assert isinstance(current_app.secret_key, str)
    return URLSafeSerializer(current_app.secret_key, salt="scan of a desk form")


def _sealed(scan: Scan) -> str:
    """Only the officer who sent a file in may go on with it."""
    return str(_signer().dumps([current_officer().id, scan.file_id, scan.name]))


def _kept_before(form: Any) -> Scans:
    found = Scans()
    for name in form:
        for value in form.getlist(name) if (match := _KEPT.fullmatch(name)) else ():
            try:
                officer_id, file_id, shown = _signer().loads(value)
            except (BadSignature, ValueError, TypeError):
                raise InvalidInput(gettext("Tệp đã gửi không còn nhận ra được. Anh/chị chọn lại tệp.")) from None
            if match and officer_id == current_officer().id:
                found.setdefault(int(match[1]), []).append(Scan(file_id, shown))
    return found


# --- the electronic file ---------------------------------------------------------------------------------------


def citizen(citizen_id: int) -> str:
    """All dossiers of a citizen that this officer may see, and their papers."""
    return render_template("dossiers/citizen.html", file=electronic_file.of(citizen_id, current_officer()))


@blueprint.record_once
def _citizens_have_their_own_address(state: Any) -> None:
    state.app.add_url_rule("/officers/citizens/<int:citizen_id>", "dossiers.citizen", reader_required(citizen))
