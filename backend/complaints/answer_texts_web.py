"""Officers keep the prepared words for answers, and put them into an answer they are writing."""

from flask import flash, redirect, render_template, request, url_for

from backend.complaints import answer_texts, wording
from backend.complaints.policy import TRANSITIONS
from backend.complaints.web import Answer, blueprint, page_of, reader_required
from backend.errors import InvalidInput, NotFound
from backend.i18n import gettext
from backend.organisation.access import current_officer, role_required

editor_required = role_required(*answer_texts.EDITORS)


@blueprint.get("/texts")
@reader_required
def texts() -> str:
    """All that this officer may use."""
    return _page()


def _page(wrong: str = "") -> str:
    officer = current_officer()
    return render_template(
        "complaints/texts.html", texts=answer_texts.texts(officer), blanks=answer_texts.BLANKS, wrong=wrong,
        typed=request.form if wrong else {}, categories=wording.CATEGORIES,
        edits=officer.role in answer_texts.EDITORS, everywhere=officer.role in answer_texts.FOR_ALL,
    )  # fmt: skip


@blueprint.post("/texts")
@editor_required
def save_text() -> Answer:
    """Add one, or change one."""
    form, number = request.form, request.form.get("id", "")
    text_id = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
    try:
        answer_texts.save(
            current_officer(), text_id, form.get("title", ""), form.get("text", ""),
            category=form.get("category", ""), for_all=bool(form.get("for_all")),
        )  # fmt: skip
    except InvalidInput as error:
        return _page(error.message), error.status
    flash(gettext("Đã lưu câu mẫu."), "success")
    return redirect(url_for("complaints.texts"), 303)


@blueprint.post("/texts/<int:text_id>/remove")
@editor_required
def remove_text(text_id: int) -> Answer:
    """No longer offer it."""
    answer_texts.remove(current_officer(), text_id)
    flash(gettext("Đã bỏ câu mẫu."), "success")
    return redirect(url_for("complaints.texts"), 303)


@blueprint.post("/<int:complaint_id>/acts/<string:name>/texts/<int:text_id>")
@reader_required
def use_text(complaint_id: int, name: str, text_id: int) -> Answer:
    """The report's page again, with the prepared words below what was typed; nothing is written."""
    if name not in set(TRANSITIONS):
        raise NotFound(gettext("Không có việc này."))
    return page_of(complaint_id, typed=request.form, opened=name, use=text_id)
