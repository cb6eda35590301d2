"""The smaller forms of the dossier page: fees at the desk, and the apology with a new appointment."""

from collections.abc import Callable

from flask import flash, request

from backend.dossiers import forms, page, till
from backend.dossiers.web import Answer, back, blueprint, reader_required, refused
from backend.errors import Conflict, Forbidden, InvalidInput
from backend.i18n import gettext
from backend.organisation.access import current_officer


@blueprint.post("/<int:dossier_id>/fee")
@reader_required
def set_fee(dossier_id: int) -> Answer:
    """Set or change what is to be paid."""

    def change() -> None:
        amount = forms.money(request.form, "amount")
        if amount is None:
            raise forms.wrong("amount", gettext("Anh/chị ghi số tiền, 0 nếu được miễn."))
        till.set_fee(dossier_id, current_officer(), amount, forms.long_text(request.form, "text", 200))

    return _done(dossier_id, "fee", change, gettext("Đã ghi lệ phí."), "money")


@blueprint.post("/<int:dossier_id>/payments/<int:payment_id>/take")
@reader_required
def take_fee(dossier_id: int, payment_id: int) -> Answer:
    """The money is in the till."""
    change = lambda: till.take(dossier_id, payment_id, current_officer())  # noqa: E731
    return _done(dossier_id, "fee", change, gettext("Đã thu lệ phí."), "money")


@blueprint.post("/<int:dossier_id>/payments/<int:payment_id>/give-back")
@reader_required
def give_fee_back(dossier_id: int, payment_id: int) -> Answer:
    """The money is with the applicant again."""
    change = lambda: till.give_back(dossier_id, payment_id, current_officer())  # noqa: E731
    return _done(dossier_id, "fee", change, gettext("Đã ghi hoàn lệ phí."), "money")


@blueprint.post("/<int:dossier_id>/apology")
@reader_required
def apology(dossier_id: int) -> Answer:
    """Draft, change, sign or dismiss the apology; `do` says which."""
    wanted = request.form.get("do", "save")
    said = {"sign": gettext("Đã ký. Công dân được báo ngày hẹn mới."), "dismiss": gettext("Đã bỏ dự thảo.")}

    def change() -> None:
        if wanted == "dismiss":
            page.dismiss_apology(dossier_id, current_officer())
            return
        deadline = forms.closing(request.form, "deadline")
        if deadline is None:
            raise forms.wrong("deadline", gettext("Anh/chị chọn ngày hẹn mới."))
        reason = forms.long_text(request.form, "reason")
        version = forms.version(request.form) if wanted == "sign" else None
        page.apologise(dossier_id, current_officer(), reason, deadline, sign_at=version)

    return _done(dossier_id, "apology", change, said.get(wanted, gettext("Đã lưu dự thảo.")), "apology")


def _done(dossier_id: int, form: str, change: Callable[[], None], said: str, part: str) -> Answer:
    try:
        change()
    except (InvalidInput, Conflict, Forbidden) as error:
        return refused(dossier_id, form, error)
    flash(said, "success")
    return back(dossier_id, part)
