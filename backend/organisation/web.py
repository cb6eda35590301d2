"""Officers' sign-in and start page, and what all officers' pages share: navigation, cookie, error pages."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from backend.organisation import access, sign_in
from backend.organisation.access import PageRefused, SignInNeeded, officer_required, public_form, signed_in_officer
from backend.organisation.navigation import entries_for
from backend.organisation.sign_in import Outcome
from backend.settings import settings

blueprint = Blueprint("officers", __name__, url_prefix="/officers", template_folder="templates")

_MESSAGES = {
    Outcome.REFUSED: "Tên đăng nhập hoặc mật khẩu không đúng.",
    Outcome.THROTTLED: "Đã nhập sai nhiều lần. Anh/chị chờ 10 phút rồi thử lại.",
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


@blueprint.app_context_processor
def _shared() -> dict[str, Any]:
    return {
        "csrf_token": access.csrf_token,
        "signed_in_officer": signed_in_officer,
        "navigation": entries_for,
        "province": settings().province,
        "hotline": settings().hotline,
    }


@blueprint.after_app_request
def _keep_private(response: Response) -> Response:
    """What an officer sees is not kept by the browser, nor shown inside another site's page."""
    ours = request.blueprint == blueprint.name or "officer" in request.cookies
    if ours and response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'; form-action 'self'")
    return response


@blueprint.app_errorhandler(SignInNeeded)
def _to_sign_in(_error: SignInNeeded) -> AnyResponse:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("officers.sign_in_page", next=wanted), 303)


@blueprint.app_errorhandler(PageRefused)
def _refused(error: PageRefused) -> tuple[str, int]:
    return render_template("organisation/refused.html", message=error.message), error.status


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
    username = request.form.get("username", "")
    result = sign_in.sign_in(username, request.form.get("password", ""), request.remote_addr or "")
    if result.outcome is Outcome.SIGNED_IN:
        access.begin_session(result.key)
        return redirect(_destination(), 303)
    page = render_template(
        "organisation/sign_in.html", next=_destination(), message=_MESSAGES[result.outcome], username=username
    )
    return page, _STATUS[result.outcome]


@blueprint.post("/sign-out")
@officer_required
def sign_out() -> AnyResponse:
    """End the session, in the database as well as in the browser."""
    sign_in.sign_out(access.end_session())
    return redirect(url_for("officers.sign_in_page"), 303)


@blueprint.get("/")
@officer_required
def home() -> str:
    """Where an officer arrives: who they are, and the pages their role opens."""
    return render_template("organisation/home.html")


def _destination() -> str:
    """The page asked for before signing in, when it is one of ours; anything else could lead elsewhere."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wanted if ours and wanted.isprintable() and "\\" not in wanted else url_for("officers.home")
