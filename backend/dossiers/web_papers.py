"""The checklist of the dossier page: one form for all papers, their scans, and the applicant's photos."""

import re
from collections.abc import Iterable, Mapping

from flask import flash, request
from werkzeug.datastructures import FileStorage, MultiDict

from backend import http, storage
from backend.dossiers import checklist, forms, page
from backend.dossiers.acts import Facts
from backend.dossiers.checklist import Checked, Decision, Scan, Tick
from backend.dossiers.policy import Action, FileState, PaperState
from backend.dossiers.web import Answer, back, blueprint, reader_required, refused
from backend.errors import Conflict, InvalidInput, TooLarge
from backend.i18n import gettext
from backend.organisation.access import current_officer

MOST_UPLOADS = 10
_THEN = frozenset({Action.RECEIVE, Action.TAKE_SUPPLEMENT})
_LINE = re.compile(r"paper-(\d{1,9})-state")
_SCANS = re.compile(r"paper-(\d{1,9})-files")
_FILE = re.compile(r"file-(\d{1,9})-state")


@blueprint.post("/<int:dossier_id>/checklist")
@reader_required
@http.accepts_files(MOST_UPLOADS)
def save_checklist(dossier_id: int) -> Answer:
    """Save all papers at once; files are kept also when the rest comes too late."""
    officer = current_officer()
    try:
        checklist.may_save(dossier_id, officer)
        scans = stored(request.files, officer.actor)
        if scans:
            checklist.add_scans(dossier_id, officer, scans)
        version = forms.version(request.form)
        checklist.save(dossier_id, officer, checked(request.form), version=version)
    except (InvalidInput, Conflict, TooLarge) as error:
        return refused(dossier_id, "checklist", error)
    flash(gettext("Đã lưu giấy tờ."), "success")
    return _go_on(dossier_id, request.form.get("then", ""))


def _go_on(dossier_id: int, then: str) -> Answer:
    """What the second button of the form does besides saving; the papers stay saved when it is refused."""
    if then not in _THEN:
        return back(dossier_id, "papers")
    try:
        page.do(dossier_id, Action(then), current_officer(), Facts(), version=None)
    except (InvalidInput, Conflict) as error:
        flash(gettext(error.message), "error")
        return back(dossier_id, "papers")
    return back(dossier_id)


def stored(files: MultiDict[str, FileStorage], actor: str) -> dict[int, list[Scan]]:
    """The uploaded scans, kept in the storage, by the id of their paper. Raises InvalidInput with `paper-<id>`."""
    found: dict[int, list[Scan]] = {}
    for name in files:
        match = _SCANS.fullmatch(name)
        uploads = [upload for upload in files.getlist(name) if upload.filename] if match else []
        if match and uploads:
            found[int(match[1])] = list(_kept(match[1], uploads, actor))
    return found


def _kept(paper: str, uploads: Iterable[FileStorage], actor: str) -> Iterable[Scan]:
    for upload in uploads:
        try:
            info = storage.store(upload.read(), upload.filename or "", actor=actor)
        except (InvalidInput, TooLarge) as error:
            raise forms.wrong(f"paper-{paper}", f"{upload.filename}: {error.message}") from error
        yield Scan(info.id, info.name)


def checked(form: Mapping[str, str]) -> Checked:
    """The lines of the form. Raises InvalidInput for what no form of ours sends."""
    ticks = {int(match[1]): tick(form, f"paper-{match[1]}") for name in form if (match := _LINE.fullmatch(name))}
    name = form.get("added-name", "")
    added = [(name, Tick(_state(form, "added-state")))] if name.strip() else []
    decisions = [
        Decision(int(match[1]), _decided(form[field]), form.get(f"file-{match[1]}-remark", ""))
        for field in form
        if (match := _FILE.fullmatch(field)) and form[field]
    ]
    return Checked(ticks, added, decisions)


def tick(form: Mapping[str, str], key: str) -> Tick:
    """One line, whose fields begin with `key`."""
    return Tick(
        state=_state(form, f"{key}-state"),
        compared=bool(form.get(f"{key}-compared")),
        remark=form.get(f"{key}-remark", ""),
        originals=_sheets(form, f"{key}-originals", key),
        copies=_sheets(form, f"{key}-copies", key),
    )


def _sheets(form: Mapping[str, str], name: str, key: str) -> int:
    try:
        return forms.number(form, name) or 0
    except InvalidInput:
        raise forms.wrong(key, gettext("Số bản chưa đúng.")) from None


def _state(form: Mapping[str, str], name: str) -> PaperState:
    try:
        return PaperState(form.get(name, ""))
    except ValueError:
        raise forms.wrong(name.removesuffix("-state"), "Anh/chị chọn tình trạng của giấy tờ.") from None


def _decided(value: str) -> FileState:
    if value not in (FileState.ACCEPTED, FileState.RETURNED):
        raise InvalidInput(gettext("Anh/chị chọn nhận hoặc trả lại tệp."))
    return FileState(value)
