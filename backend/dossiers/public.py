"""Citizens' pages: finding a procedure, filing online, and the page of one's own dossier. No login, no script needed.

Whoever holds the link `/hs/<key>` is the applicant, so the key must not leak: no page of these is kept, indexed, or
named to another site, and nothing is loaded from elsewhere.
"""

from datetime import timedelta

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from flask.wrappers import Response
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from backend import filetypes, http
from backend.dossiers import applicant, online, payment_providers, payments, supplements
from backend.dossiers.acts import APPLICANT
from backend.dossiers.applicant import Status
from backend.dossiers.online import Form, Sent, Upload
from backend.dossiers.paper import service as printed
from backend.errors import Conflict, InvalidInput, MotCuaError, NotFound, TooLarge
from backend.organisation import service as organisation
from backend.organisation.access import public_form
from backend.procedures import service as procedures
from backend.text import normalise
from backend.throttle import Throttle

blueprint = Blueprint("public", __name__, template_folder="templates")

POLICY = (
    "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)
MOST_AT_ONCE = 12
"""Files in one request: a form with more papers is sent again with the rest."""
HITS = 8
QUERY_LENGTH = 200

READING = Throttle(120, timedelta(minutes=1))
WRITING = Throttle(20, timedelta(minutes=1))
GUESSING = Throttle(10, timedelta(minutes=10))
"""Wrong keys. Keys cannot be guessed; this keeps those who try from being a load."""


@blueprint.before_request
def _keep_pace() -> None:
    address = request.remote_addr or ""
    (READING if request.method in ("GET", "HEAD") else WRITING).count(address)
    if "key" in (request.view_args or {}):
        GUESSING.check(address)


@blueprint.after_request
def _seal(response: Response) -> Response:
    provider = payment_providers.chosen()  # to whose page the form for paying is redirected
    return http.seal(response, f"{POLICY} {provider.origin if provider else ''}".strip())


@blueprint.errorhandler(MotCuaError)
def _refused(error: MotCuaError) -> tuple[str, int]:
    if isinstance(error, NotFound) and "key" in (request.view_args or {}):
        GUESSING.count(request.remote_addr or "")
    return render_template("public/error.html", message=error.message), error.status


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    message = "Các tệp gửi một lần quá lớn. Anh/chị quay lại trang trước, gửi ít tệp hơn, mỗi tệp dưới 10 MB."
    return render_template("public/error.html", message=message), TooLarge.status


# --- filing ----------------------------------------------------------------------------------------------------


@blueprint.get("/nop")
@http.public("citizens look for a procedure")
def procedures_() -> str:
    """Search by words; what can be filed online comes with a button."""
    words = _clean(request.args.get("q", ""))[:QUERY_LENGTH]
    hits = procedures.search(words, limit=HITS).hits if words else ()
    found = [(hit.title or hit.entry.short_name, procedures.current_version(hit.entry.code)) for hit in hits]
    facts = {
        "words": words,
        "found": found,
        "proof": request.args.get("tu", ""),
        "takes_online": procedures.takes_online,
    }
    return render_template("public/procedures.html", **facts)


@blueprint.get("/nop/<procedure_code>")
@public_form("citizens file online")
def form(procedure_code: str) -> str:
    """The form of one procedure, or where to file it when that cannot be done online."""
    procedure = procedures.current_version(_clean(procedure_code))
    if not procedures.takes_online(procedure):
        hours = organisation.office_hours().text
        return render_template("public/at_the_desk.html", procedure=procedure, hours=hours)
    return _form_page(online.begin(procedure.code, request.args.get("tu", "")[:400]))


def _clean(text: str) -> str:
    """Without the invisible characters that databases refuse."""
    return normalise(text[: 4 * QUERY_LENGTH])


def _form_page(shown: Form) -> str:
    return render_template(
        "public/form.html", form=shown, lengths=online.LENGTHS, consent=online.CONSENT,
        names=online.names_of_places(shown.procedure), most_files=supplements.MOST_FILES,
    )  # fmt: skip


@blueprint.post("/nop/<procedure_code>")
@http.accepts_files(MOST_AT_ONCE)
@public_form("citizens file online")
def file(procedure_code: str) -> AnyResponse | tuple[str, int]:
    """File it and lead to the receipt; 422 shows the form again with everything in it."""
    again = (one for one in request.form.getlist("again") if one.isascii() and one.isdigit() and len(one) < 10)
    sent = Sent(
        values=request.form.to_dict(),
        uploads=_uploads(),
        dropped=frozenset(request.form.getlist("drop")),
        again=frozenset(int(one) for one in again),
    )
    outcome = online.submit(_clean(procedure_code), sent)
    if isinstance(outcome, Form):
        return _form_page(outcome), InvalidInput.status
    return redirect(url_for("public.filed", key=outcome.key), 303)


def _uploads() -> list[Upload]:
    found = []
    for name, files in request.files.lists():
        position = name.removeprefix("paper-")
        if name.startswith("paper-") and position.isascii() and position.isdigit() and len(position) < 4:
            found += [Upload(int(position), file.filename or "", file.read()) for file in files if file.filename]
    return found


@blueprint.get("/hs/<key>/da-nop")
@http.public("whoever holds the link")
def filed(key: str) -> str:
    """The receipt of an online filing: code, QR, link, and what happens next."""
    status = applicant.status(key)
    qr = segno.make(status.link, error="m").svg_inline(scale=5, border=3, svgclass="qr", lineclass=None)
    return render_template("public/filed.html", status=status, qr=qr)


# --- one's own dossier -----------------------------------------------------------------------------------------


@blueprint.get("/hs/<key>")
@public_form("whoever holds the link")
def status(key: str) -> str:
    """Where the dossier stands and what to do."""
    return _status_page(applicant.status(key))


def _status_page(shown: Status, *, errors: dict[int, str] | None = None) -> str:
    proof = online.proof_of(shown.dossier_id)
    return render_template("public/status.html", status=shown, errors=errors or {}, proof=proof)


@blueprint.post("/hs/<key>/giay-to/<int:paper_id>")
@http.accepts_files(MOST_AT_ONCE)
@public_form("whoever holds the link")
def send(key: str, paper_id: int) -> AnyResponse | tuple[str, int]:
    """Add photos or scans to one paper; what cannot be taken is told beside it, what can is kept."""
    shown = applicant.status(key)
    files = [one for field in ("camera", "file") for one in request.files.getlist(field) if one.filename]
    problem = "" if files else "Anh/chị chưa chọn ảnh hoặc tệp nào."
    for one in files:
        problem = _send(key, paper_id, one) or problem
    if problem:
        page = _status_page(applicant.status(key), errors={paper_id: problem})
        return page, InvalidInput.status
    return redirect(url_for("public.status", key=shown.key, _anchor=f"paper-{paper_id}"), 303)


def _send(key: str, paper_id: int, one: FileStorage) -> str:
    try:
        supplements.send(key, paper_id, one.read(), one.filename or "", APPLICANT)
    except (InvalidInput, TooLarge, Conflict) as error:
        return f"{(one.filename or '')[:80]}: {error.message}"
    return ""


@blueprint.post("/hs/<key>/nop-phi")
@public_form("whoever holds the link")
def pay(key: str) -> AnyResponse:
    """Lead to the payment provider."""
    return redirect(payments.start(key), 303)


@blueprint.get("/hs/<key>/rut")
@public_form("whoever holds the link")
def withdrawal(key: str) -> str:
    """Why, and are you sure."""
    return _withdrawal_page(applicant.status(key))


def _withdrawal_page(shown: Status, *, typed: str = "", wrong: str = "") -> str:
    if not shown.can_withdraw:
        raise Conflict("Hồ sơ đã có kết quả hoặc đã kết thúc, không rút được nữa.")
    facts = {"typed": typed, "wrong": wrong, "most": applicant.REASON_LENGTH}
    return render_template("public/withdraw.html", status=shown, **facts)


@blueprint.post("/hs/<key>/rut")
@public_form("whoever holds the link")
def withdraw(key: str) -> AnyResponse | tuple[str, int]:
    """Take the dossier back."""
    typed = request.form.get("reason", "")
    try:
        if request.form.get("sure") != "yes":
            raise InvalidInput("Anh/chị đánh dấu vào ô xác nhận nếu chắc chắn muốn rút.")
        applicant.withdraw(key, typed)
    except InvalidInput as error:
        shown = _withdrawal_page(applicant.status(key), typed=typed[: applicant.REASON_LENGTH], wrong=error.message)
        return shown, error.status
    return redirect(url_for("public.status", key=key), 303)


@blueprint.get("/hs/<key>/ket-qua/<int:result_id>")
@http.public("whoever holds the link")
def result(key: str, result_id: int) -> Response:
    """Download a result."""
    return http.file_response(applicant.result_file(key, result_id), download=True)


@blueprint.get("/hs/<key>/giay-hen.pdf")
@http.public("the applicant's link carries the dossier's secret key")
def receipt(key: str) -> Response:
    """The receipt with the appointment, as printed at the desk."""
    made = printed.for_applicant(key)
    return http.data_response(made.data, made.name, filetypes.PDF, download=False)
