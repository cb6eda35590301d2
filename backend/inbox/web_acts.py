"""What officers do to cases: one at a time from its page, many from the list."""

from collections.abc import Callable, Mapping

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from backend.database import LARGEST_ID
from backend.errors import Conflict, InvalidInput, MotCuaError, NotFound
from backend.i18n import N_, gettext, ngettext
from backend.inbox import answering, cases, policy
from backend.inbox.models import CaseEvent
from backend.inbox.web import Answer, back, blueprint, moment_of, reader_required, refused
from backend.organisation.access import current_officer
from backend.organisation.service import OfficerInfo

Form = Mapping[str, str]
Act = Callable[[int, OfficerInfo, Form], CaseEvent | object | None]


def _number(form: Form, name: str) -> int | None:
    """A row's id; None where nothing is chosen. Raises InvalidInput for what can be none."""
    text = form.get(name, "").strip().lstrip("#")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > LARGEST_ID:
        raise InvalidInput(gettext("Số này không đúng."))
    return int(text)


def _merge(case_id: int, officer: OfficerInfo, form: Form) -> None:
    into = _number(form, "into")
    if into is None:
        raise InvalidInput(gettext("Anh/chị ghi số của việc nhận gộp."))
    cases.merge(case_id, officer, into)


def _give_back(case_id: int, officer: OfficerInfo, form: Form) -> CaseEvent | None:
    seen, finished = _number(form, "seen"), not form.get("keep_open")
    return cases.give_back(case_id, officer, seen=seen, procedure_code=form.get("procedure", ""), finished=finished)


ACTS: Mapping[str, tuple[Act, str]] = {
    "take": (
        lambda case, officer, form: cases.take(case, officer, from_colleague=bool(form.get("from_colleague"))),
        N_("Anh/chị đang trả lời cuộc trò chuyện này. Trợ lý im lặng."),
    ),
    "give-back": (_give_back, N_("Đã trả lại cho trợ lý.")),
    "close": (
        lambda case, officer, form: cases.close(case, officer, reason=form.get("reason", "")),
        N_("Đã đóng việc."),
    ),
    "reopen": (lambda case, officer, _: cases.reopen(case, officer), N_("Đã mở lại.")),
    "assign": (lambda case, officer, form: cases.assign(case, officer, _number(form, "to")), N_("Đã giao.")),
    "route": (
        lambda case, officer, form: cases.route(case, officer, form.get("agency", ""), form.get("skill", "")),
        N_("Đã chuyển hộp thư."),
    ),
    "priority": (
        lambda case, officer, form: cases.set_priority(case, officer, _number(form, "priority") or 0),
        N_("Đã đổi mức ưu tiên."),
    ),
    "labels": (
        lambda case, officer, form: cases.set_labels(case, officer, form.get("labels", "")),
        N_("Đã đổi nhãn."),
    ),
    "snooze": (
        lambda case, officer, form: cases.snooze(case, officer, moment_of(form.get("until", ""))),
        N_("Đã tạm gác. Việc trở lại đúng giờ, hoặc khi công dân nhắn."),
    ),
    "unsnooze": (lambda case, officer, _: cases.unsnooze(case, officer), N_("Việc đã trở lại danh sách.")),
    "merge": (_merge, N_("Đã gộp.")),
    "block": (lambda case, officer, form: cases.block(case, officer, form.get("reason", "")), N_("Đã chặn.")),
    "unblock": (lambda case, officer, _: cases.unblock(case, officer), N_("Đã bỏ chặn.")),
    "call-back": (
        lambda case, officer, form: cases.promise_call(case, officer, form.get("phone", "")),
        N_("Đã báo công dân là cán bộ sẽ gọi."),
    ),
    "called": (
        lambda case, officer, form: cases.called(case, officer, form.get("what", "")),
        N_("Đã ghi kết quả cuộc gọi."),
    ),
    "take-back": (
        lambda case, officer, form: answering.take_back(case, officer, _number(form, "later") or 0),
        N_("Đã hủy tin hẹn giờ; lời đã soạn trở lại ô trả lời. Tệp kèm theo, nếu có, cần chọn lại."),
    ),
}
"""What the page's forms do, and what the officer is told then."""
_TO_THE_LIST = frozenset({"close", "snooze", "merge"})


@blueprint.post("/<int:case_id>/do/<act>")
@reader_required
def do(case_id: int, act: str) -> Answer:
    """One act."""
    if act not in ACTS:
        raise NotFound
    officer = current_officer()
    call, told = ACTS[act]
    try:
        done = call(case_id, officer, request.form)
    except (InvalidInput, Conflict) as error:
        return refused(case_id, error)
    flash(gettext(told), "success")
    if act in _TO_THE_LIST or (act == "give-back" and done is not None):
        undo = f"{case_id}-{done.id}" if isinstance(done, CaseEvent) else None
        return redirect(url_for("inbox.waiting", tab=request.args.get("tab"), undo=undo), 303)
    return back(case_id)


@blueprint.post("/undo")
@reader_required
def undo() -> Response:
    """Take back what was just done, to one case or to many."""
    undone, wrong, last = 0, "", 0
    for pair in request.form.get("undo", "").split(",")[: policy.MOST_AT_ONCE]:
        case_id, _, event_id = pair.partition("-")
        if not (case_id.isdecimal() and event_id.isdecimal() and len(pair) < 24):
            continue
        try:
            cases.undo(int(case_id), current_officer(), int(event_id))
            undone, last = undone + 1, int(case_id)
        except MotCuaError as error:
            wrong = error.message
    if wrong or not undone:
        flash(gettext(wrong) or gettext("Không có việc này để hoàn tác."), "error")
    if undone:
        flash(ngettext("Đã hoàn tác %(num)s việc.", "Đã hoàn tác %(num)s việc.", undone), "success")
    if undone == 1:
        return redirect(url_for("inbox.one", case_id=last), 303)
    return redirect(url_for("inbox.waiting"), 303)


BULK: Mapping[str, Act] = {
    "close": lambda case, officer, _: cases.close(case, officer),
    "assign": lambda case, officer, form: cases.assign(case, officer, _number(form, "to")),
    "take": lambda case, officer, _: cases.assign(case, officer, officer.id),
    "priority": lambda case, officer, form: cases.set_priority(case, officer, _number(form, "priority") or 0),
    "label": lambda case, officer, form: cases.add_label(case, officer, form.get("label", "")),
    "snooze": lambda case, officer, form: cases.snooze(case, officer, moment_of(form.get("until", ""))),
}


@blueprint.post("/bulk")
@reader_required
def bulk() -> Response:
    """One act on the ticked cases, each with a result of its own."""
    officer, act = current_officer(), BULK.get(request.form.get("act", ""))
    ids = [int(one) for one in request.form.getlist("case") if one.isdecimal() and len(one) < 10]
    done: list[str] = []
    wrong: list[str] = []
    for case_id in dict.fromkeys(ids[: policy.MOST_AT_ONCE]) if act else ():
        try:
            assert act is not None
            event = act(case_id, officer, request.form)
            done.append(f"{case_id}-{event.id}" if isinstance(event, CaseEvent) else "")
        except MotCuaError as error:
            wrong.append(f"#{case_id}: {gettext(error.message)}")
    if not ids or act is None:
        flash(gettext("Anh/chị đánh dấu ít nhất một việc và chọn việc cần làm."), "error")
    if done:
        flash(ngettext("Đã làm với %(num)s việc.", "Đã làm với %(num)s việc.", len(done)), "success")
    if wrong:
        flash(" ".join(wrong), "error")
    undo = ",".join(one for one in done if one) or None
    return redirect(url_for("inbox.waiting", tab=request.form.get("tab") or None, undo=undo), 303)
