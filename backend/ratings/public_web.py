"""Pages where citizens rate: by the link they were sent, and on the screen at the desk. No login, no script needed."""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.wrappers import Response
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from backend import http
from backend.errors import Forbidden, InvalidInput, MotCuaError, NotFound
from backend.organisation.access import public_form
from backend.ratings import asking, kiosks, policy
from backend.ratings.kiosks import Device
from backend.ratings.service import Given
from backend.settings import settings
from backend.text import normalise
from backend.throttle import Throttle

blueprint = Blueprint("ratings_public", __name__, template_folder="templates")

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none';"
    " form-action 'self'"
)
COOKIE = "kiosk"
_COOKIE_AGE = 2 * 365 * 24 * 3600
SECOND_PAGE_SECONDS = 600

READING = Throttle(120, timedelta(minutes=1))
WRITING = Throttle(30, timedelta(minutes=1))
GUESSING = Throttle(10, timedelta(minutes=10))
"""Wrong links and wrong keys of screens."""


@blueprint.before_request
def _keep_pace() -> None:
    address = request.remote_addr or ""
    if _screen_of_request() is not None:
        return  # a screen has limits of its own, and shares its address with the whole office
    (READING if request.method in ("GET", "HEAD") else WRITING).count(address)
    GUESSING.check(address)


@blueprint.after_request
def _seal(response: Response) -> Response:
    return http.seal(response, POLICY)


@blueprint.errorhandler(MotCuaError)
def _refused(error: MotCuaError) -> tuple[str, int]:
    if isinstance(error, NotFound) and "token" in (request.view_args or {}):
        GUESSING.count(request.remote_addr or "")
    if "agency" in (request.view_args or {}):
        return _kiosk_page("message.html", message=error.message, seconds=8), error.status
    return render_template("public/error.html", message=error.message), error.status


def _given() -> Given:
    """What a form says. Raises InvalidInput."""
    return Given(
        score=_score("score"),
        officer_score=_score("officer_score"),
        reasons=[key for key in request.form.getlist("reason") if key in policy.reason_titles()],
        words=normalise(request.form.get("words", "")[: 2 * policy.WORDS_LENGTH]),
    )


def _score(name: str) -> int | None:
    text = request.form.get(name, "")
    if not text:
        return None
    if text not in {str(n) for n in policy.SCORES}:
        raise InvalidInput("Điểm đánh giá là số từ 1 đến 5.")
    return int(text)


# --- the link --------------------------------------------------------------------------------------------------


@blueprint.get("/danh-gia/<token>")
@public_form("whoever holds the link")
def form(token: str) -> str:
    """The form, filled in with what was said before."""
    return _form(token)


def _form(token: str, wrong: str = "") -> str:
    said = asking.opened(token)
    facts = {"said": said, "token": token, "names": policy.NAMES, "lists": policy.reason_lists(), "wrong": wrong}
    return render_template("ratings/form.html", **facts, most=policy.WORDS_LENGTH, typed=request.form)


@blueprint.post("/danh-gia/<token>")
@public_form("whoever holds the link")
def send(token: str) -> AnyResponse | str | tuple[str, int]:
    """Take the rating, or none."""
    if request.form.get("skip"):
        asking.skip_link(token)
        return render_template("ratings/thanks.html", text=asking.SKIPPED)
    try:
        given = _given()
        if given.score is None:
            raise InvalidInput("Anh/chị chọn một mức hài lòng về việc phục vụ.")
        outcome = asking.answer_link(token, given)
    except InvalidInput as error:
        return _form(token, error.message), error.status
    return render_template("ratings/thanks.html", text=outcome.text)


# --- the screen at the desk ------------------------------------------------------------------------------------


def _screen_of_request() -> Device | None:
    agency = (request.view_args or {}).get("agency", "")
    key = request.cookies.get(COOKIE, "")
    return kiosks.device(key, agency) if agency and key else None


def _screen() -> Device:
    screen = _screen_of_request()
    if screen is None:
        raise Forbidden("Máy này chưa được phép nhận đánh giá.")
    return screen


def _kiosk_page(name: str, **facts: object) -> str:
    agency = (request.view_args or {}).get("agency", "")
    return render_template(f"ratings/kiosk_{name}", agency=agency, names=policy.NAMES, **facts)


@blueprint.get("/kiosk/<agency>")
@public_form("the key of the screen, in its cookie; without it the page asks for it")
def kiosk(agency: str) -> str | tuple[str, int]:
    """The first page: five large buttons."""
    screen = _screen_of_request()
    if screen is None:
        return _kiosk_page("key.html", wrong=""), Forbidden.status
    return _kiosk_page("start.html", screen=screen)


@blueprint.post("/kiosk/<agency>/key")
@public_form("whoever types the key of a screen")
def unlock(agency: str) -> AnyResponse | tuple[str, int]:
    """Remember the key in this browser."""
    key = request.form.get("key", "")[:100]
    if kiosks.device(key, agency) is None:
        GUESSING.count(request.remote_addr or "")
        return _kiosk_page("key.html", wrong="Mã máy chưa đúng, hoặc không phải của cơ quan này."), Forbidden.status
    response = redirect(url_for("ratings_public.kiosk", agency=agency), 303)
    response.set_cookie(
        COOKIE, key, max_age=_COOKIE_AGE, path="/kiosk", httponly=True, samesite="Strict", secure=request.is_secure
    )
    return response


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key.get_secret_value(), salt="kiosk-rating")


@blueprint.post("/kiosk/<agency>")
@public_form("the key of the screen, in its cookie")
def tap(agency: str) -> AnyResponse:
    """A score: written down at once, then the page for more."""
    screen, score = _screen(), _score("score")
    if score is None:
        raise InvalidInput("Anh/chị chọn một mức hài lòng.")
    ticket = _signer().dumps([screen.id, kiosks.tap(screen, score), score])
    return redirect(url_for("ratings_public.more", agency=agency, ticket=ticket), 303)


def _ticket(ticket: str, screen: Device) -> tuple[int, int]:
    """Rating and score. Raises NotFound."""
    try:
        device_id, rating_id, score = _signer().loads(ticket, max_age=SECOND_PAGE_SECONDS)
    except BadData as error:
        raise NotFound("Lượt đánh giá này đã kết thúc.") from error
    if device_id != screen.id:
        raise NotFound("Lượt đánh giá này đã kết thúc.")
    return rating_id, score


@blueprint.get("/kiosk/<agency>/<ticket>")
@public_form("the key of the screen, in its cookie")
def more(agency: str, ticket: str) -> str:
    """The second page: why, of the officer, which dossier. All of it may be left out."""
    return _more(ticket)


def _more(ticket: str, wrong: str = "") -> str:
    _, score = _ticket(ticket, _screen())
    facts = {"ticket": ticket, "score": score, "reasons": policy.reasons_for(score), "wrong": wrong}
    return _kiosk_page("more.html", **facts, typed=request.form, most=policy.WORDS_LENGTH)


@blueprint.post("/kiosk/<agency>/<ticket>")
@public_form("the key of the screen, in its cookie")
def finish(agency: str, ticket: str) -> str | tuple[str, int]:
    """Add it, say thanks, and begin anew for the next person."""
    screen = _screen()
    rating_id, _ = _ticket(ticket, screen)
    try:
        given = _given()
        added = Given(officer_score=given.officer_score, reasons=given.reasons, words=given.words)
        kiosks.complete(screen, rating_id, added, normalise(request.form.get("dossier", "")[:300]))
    except InvalidInput as error:
        return _more(ticket, error.message), error.status
    return _kiosk_page("message.html", message="Cảm ơn anh/chị đã đánh giá!", seconds=6)
