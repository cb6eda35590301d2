"""Officers' sign-in and start page, and what all officers' pages share: navigation, cookie, error pages."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from backend import pages
from backend.errors import NotFound
from backend.i18n import N_, gettext
from backend.organisation import access, account_web, navigation, sign_in
from backend.organisation.access import (
    PageRefused,
    PasswordChangeNeeded,
    SignInNeeded,
    officer_required,
    own_account,
    public_form,
    signed_in_officer,
)
from backend.organisation.sign_in import Outcome
from backend.settings import settings

blueprint = Blueprint("officers", __name__, url_prefix="/officers", template_folder="templates")
blueprint.register_blueprint(account_web.blueprint)

TICKET = "ticket"  # of the signed cookie, between password and code

_MESSAGES = {
    Outcome.REFUSED: N_("Tên đăng nhập hoặc mật khẩu không đúng."),
    Outcome.THROTTLED: N_("Đã nhập sai nhiều lần. Anh/chị chờ 10 phút rồi thử lại."),
}
_CODE_MESSAGES = {
    Outcome.REFUSED: N_("Mã không đúng, hoặc đã được dùng. Anh/chị chờ mã tiếp theo trên điện thoại rồi nhập lại."),
    Outcome.THROTTLED: N_("Đã nhập sai nhiều lần. Anh/chị chờ 10 phút rồi thử lại."),
}
# The first that is found counts: Edge and Chrome both say "Chrome", Chrome says "Safari".
_BROWSERS = {
    "Edg/": "Edge", "CocCoc": "Cốc Cốc", "coc_coc": "Cốc Cốc", "OPR/": "Opera", "Firefox/": "Firefox",
    "Chrome/": "Chrome", "Safari/": "Safari",
}  # fmt: skip
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}
_STATUS = {Outcome.REFUSED: 401, Outcome.THROTTLED: 429}


@blueprint.record_once
def _cookie(state: BlueprintSetupState) -> None:
    state.app.config.update(
        SESSION_COOKIE_NAME="officer",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings().environment == "production",
    )


@blueprint.record_once
def _layout(state: BlueprintSetupState) -> None:
    pages.has_pages(state.app)  # type: ignore[arg-type]


@blueprint.app_context_processor
def _shared() -> dict[str, Any]:
    return {
        "csrf_token": access.csrf_token,
        "signed_in_officer": signed_in_officer,
        "practising": access.practises,
        "navigation": navigation.entries_for,
        "navigation_groups": navigation.groups_for,
        "layout_parts": navigation.parts,
        "may_search": navigation.may_search,
        "province": settings().province,
        "hotline": settings().hotline,
    }


@blueprint.after_app_request
def _keep_private(response: Response) -> Response:
    """What an officer sees is not kept by the browser."""
    if request.path.startswith("/officers") or ("officer" in request.cookies and response.mimetype == "text/html"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


@blueprint.app_errorhandler(SignInNeeded)
def _to_sign_in(_error: SignInNeeded) -> AnyResponse:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("officers.sign_in_page", next=wanted), 303)


@blueprint.app_errorhandler(PasswordChangeNeeded)
def _to_new_password(error: PasswordChangeNeeded) -> AnyResponse:
    flash(error.message, "error")
    return redirect(url_for("officers.me.page"), 303)


@blueprint.app_errorhandler(PageRefused)
def _refused(error: PageRefused) -> tuple[str, int]:
    page = pages.error_page(error) or error.message
    return page, error.status


@blueprint.get("/sign-in")
@public_form("officers' sign-in page")
def sign_in_page() -> str | AnyResponse:
    """The form; who is signed in already goes on."""
    if signed_in_officer():
        return redirect(_destination(), 303)
    return render_template("organisation/sign_in.html", next=_destination(), message="", username="")


@blueprint.post("/sign-in")
@public_form("officers' sign-in form")
def sign_in_form() -> tuple[str, int] | AnyResponse:
    """Check the password; 401 and 429 show the form again."""
    username, password = request.form.get("username", ""), request.form.get("password", "")
    result = sign_in.sign_in(username, password, request.remote_addr or "", _browser())
    if result.outcome is Outcome.SIGNED_IN:
        access.begin_session(result.key)
        return redirect(_destination(), 303)
    if result.outcome is Outcome.CODE_NEEDED:
        wanted = _destination()
        session.clear()
        session[TICKET] = result.ticket
        return redirect(url_for("officers.code_page", next=wanted), 303)
    return _sign_in_again(gettext(_MESSAGES[result.outcome]), _STATUS[result.outcome], username)


def _sign_in_again(message: str, status: int, username: str = "") -> tuple[str, int]:
    facts = {"next": _destination(), "message": message, "username": username}
    return render_template("organisation/sign_in.html", **facts), status


@blueprint.get("/sign-in/code")
@public_form("second step of the officers' sign-in")
def code_page() -> str | AnyResponse:
    """The form for the one-time code, after the right password."""
    if TICKET not in session:
        return redirect(url_for("officers.sign_in_page", next=_destination()), 303)
    return render_template("organisation/sign_in_code.html", next=_destination(), message="")


@blueprint.post("/sign-in/code")
@public_form("second step of the officers' sign-in")
def code_form() -> tuple[str, int] | AnyResponse:
    """Check the code; a ticket that is too old leads back to the password."""
    try:
        result = sign_in.finish(
            session.get(TICKET, ""), request.form.get("code", "")[:40], request.remote_addr or "", _browser()
        )
    except NotFound as error:
        session.pop(TICKET, None)
        return _sign_in_again(error.message, 401)
    if result.outcome is Outcome.SIGNED_IN:
        access.begin_session(result.key)
        return redirect(_destination(), 303)
    message = gettext(_CODE_MESSAGES[result.outcome])
    page = render_template("organisation/sign_in_code.html", next=_destination(), message=message)
    return page, _STATUS[result.outcome]


def _browser() -> str:
    """`Chrome, Windows`: enough for its owner to recognise, too little to follow anybody."""
    sent = request.headers.get("User-Agent", "")
    name = next((name for token, name in _BROWSERS.items() if token in sent), "")
    system = next((name for token, name in _SYSTEMS.items() if token in sent), "")
    return ", ".join(part for part in (name, system) if part)


@blueprint.post("/sign-out")
@own_account
def sign_out() -> AnyResponse:
    """End the session, in the database as well as in the browser."""
    sign_in.sign_out(access.end_session())
    return redirect(url_for("officers.sign_in_page"), 303)


@blueprint.get("/")
@officer_required
def home() -> str:
    """Where an officer arrives: what waits for them, and the pages their role opens."""
    return render_template("organisation/home.html", waiting=navigation.waiting())


def _destination() -> str:
    """The page asked for before signing in, when it is one of ours; anything else could lead elsewhere."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wanted if ours and wanted.isprintable() and "\\" not in wanted else url_for("officers.home")
