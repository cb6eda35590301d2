"""What all pages share, officers' and public ones: their language, the policy of what they may load, error pages."""

from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, Response, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from backend import i18n
from backend.database import begin_request
from backend.errors import MotCuaError
from backend.i18n import N_
from backend.logs import logger

log = logger(__name__)

COOKIE = "language"
CHOICE = "lang"
_COOKIE_AGE = 365 * 24 * 3600
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
"""Nothing inline and nothing from elsewhere; a view with another need sets its own header."""

TITLES = {
    401: N_("Cần đăng nhập"),
    403: N_("Không mở được trang"),
    404: N_("Không tìm thấy trang"),
    409: N_("Thông tin vừa thay đổi"),
    413: N_("Nội dung quá lớn"),
    422: N_("Thông tin chưa đúng"),
    429: N_("Xin chờ một lát"),
    503: N_("Hệ thống đang bận"),
}
_OTHER = N_("Hệ thống gặp lỗi")


def install(app: Flask) -> None:
    """Give the templates of `app` their language and its pages their headers."""
    app.jinja_env.globals.update(i18n.JINJA_GLOBALS, in_language=in_language)
    app.jinja_env.filters.update(i18n.JINJA_FILTERS)
    app.before_request(_choose_language)
    app.after_request(_protect)


def has_pages(app: Flask) -> None:
    """Say that `app` has the pages' layout (`officers.html`), so that errors can be shown in it."""
    app.extensions["error_pages"] = True


def begin() -> None:
    """Speak the language this browser chose, and work in the real database: threads serve many requests.

    The first thing of a request, so that refusals are translated, too.
    """
    begin_request(practice=False)
    i18n.speak(request.cookies.get(COOKIE))


def _choose_language() -> AnyResponse | None:
    """`?lang=en` on any page: remember it and show the page again under its own address."""
    wanted = request.args.get(CHOICE)
    if wanted not in i18n.LANGUAGES or request.method != "GET" or not _is_page():
        return None
    response = redirect(_address({key: value for key, value in request.args.items(multi=True) if key != CHOICE}), 303)
    response.set_cookie(COOKIE, wanted, max_age=_COOKIE_AGE, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def in_language(name: str) -> str:
    """The address that shows the page of this request in another language."""
    if request.method == "GET":
        kept = {key: value for key, value in request.args.items(multi=True) if key != CHOICE}
        return _address({**kept, CHOICE: name})
    came_from = urlsplit(request.referrer or "")  # a form that was refused: its own address may take no GET
    path = came_from.path if came_from.netloc == request.host and came_from.path.startswith("/") else "/officers/"
    return f"{path}?{urlencode({CHOICE: name})}"


def _address(arguments: dict[str, str]) -> str:
    path = "/" + quote(request.path.lstrip("/"))  # never `//elsewhere`, nor what a browser takes for it: `/<tab>/…`
    return f"{path}?{urlencode(arguments)}" if arguments else path


def _is_page() -> bool:
    return bool(current_app.extensions.get("error_pages")) and not request.path.startswith("/api")


def _protect(response: Response) -> Response:
    if response.mimetype == "text/html" and _is_page():
        response.headers.setdefault("Content-Security-Policy", POLICY)
    return response


def error_page(error: MotCuaError) -> str | None:
    """The error in the pages' layout; None where the asker wants JSON, or is no browser."""
    asked_for_html = "text/html" in request.headers.get("Accept", "")
    if not _is_page() or not (asked_for_html or request.path.startswith("/officers")):
        return None
    if not asked_for_html and request.accept_mimetypes.best == "application/json":
        return None
    facts = {"title": i18n.gettext(TITLES.get(error.status, _OTHER)), "error": error, "request_id": g.get("request_id")}
    try:
        return render_template("error.html", **facts)
    except Exception:  # the database may be what failed, and the layout asks it who is signed in
        log.exception("error page without the layout")
        return render_template("error_plain.html", **facts)
