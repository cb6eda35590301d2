"""Who is looking at an officers' page. Every such page is marked with `officer_required` or `role_required`.

Both also check the CSRF token of every request that changes something, so a page cannot forget it: its forms carry
`<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">`, scripts send the header `X-CSRF-Token`.
"""

import hmac
import secrets
from collections.abc import Callable

from flask import g, request, session

from backend import database, http
from backend.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from backend.http import View
from backend.i18n import gettext
from backend.organisation import sign_in
from backend.organisation.models import Role
from backend.organisation.sign_in import OfficerInfo, Visitor

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
KEY = "key"  # of the signed cookie: the session's key
CSRF = "csrf"


class SignInNeeded(Unauthenticated):
    """A browser without a valid session asks for a page; it is led to the sign-in page."""


class PageRefused(Forbidden):
    """A browser asks for a page its officer may not see, or sends a form without a valid token."""


class PasswordChangeNeeded(Forbidden):
    """An administrator gave the officer a password; they choose their own before anything else."""


def visitor() -> Visitor | None:
    """Whose browser this is, None when nobody is signed in; looked up once a request, in the real database."""
    if "visitor" not in g:
        g.visitor = sign_in.visitor_of(session.get(KEY, ""))
    found: Visitor | None = g.visitor
    return found


def signed_in_officer() -> OfficerInfo | None:
    """The officer of this request: who is signed in or, while they practise, the made-up officer they play."""
    if "officer" not in g:
        g.officer = _officer(visitor())
    found: OfficerInfo | None = g.officer
    return found


def _officer(found: Visitor | None) -> OfficerInfo | None:
    if found is None or found.practising_as is None:
        return found.officer if found else None
    try:
        with database.in_practice():
            return sign_in.officer(found.practising_as)
    except NotFound:  # the practice data were made anew meanwhile
        return found.officer


def practises() -> bool:
    """True when the officer of this request is a made-up one."""
    found, officer = visitor(), signed_in_officer()
    return found is not None and found.practising_as is not None and officer is not found.officer


def current_officer() -> OfficerInfo:
    """The officer of this request. Raises Unauthenticated when nobody is signed in."""
    officer = signed_in_officer()
    if officer is None:
        raise SignInNeeded if _wants_page() else Unauthenticated
    return officer


def real_officer() -> OfficerInfo:
    """Who really sits there, also while they practise: for pages about their own account."""
    found = visitor()
    if found is None:
        raise SignInNeeded if _wants_page() else Unauthenticated
    return found.officer


def session_key() -> str:
    """The key of this browser's session, empty when it has none."""
    key: str = session.get(KEY, "")
    return key


def own_account(view: View) -> View:
    """Mark a view as one about the signed-in person's own account: always in the real database, never as another."""
    return http.authenticated_by(_own_account_check, "officer: own account")(view)


def _own_account_check() -> None:
    g.officer = real_officer()
    _check_csrf()


def practise(practice_officer_id: int | None) -> None:
    """From the next request on this browser plays that officer of the practice database; None: nobody any more."""
    sign_in.practise(session_key(), practice_officer_id)


def must_practise() -> None:
    """Raises Forbidden where this browser does not practise."""
    found = visitor()
    if found is None or found.practising_as is None:
        raise _refusal(gettext("Anh/chị chưa vào chế độ tập làm."))


def officer_required(view: View) -> View:
    """Mark a view as open to every signed-in officer."""
    return http.authenticated_by(_officer_check(frozenset(Role)), "officer")(view)


def role_required(*roles: Role) -> Callable[[View], View]:
    """Mark a view as open to officers of these roles."""
    return http.authenticated_by(_officer_check(frozenset(roles)), f"officer: {', '.join(sorted(roles))}")


def public_form(reason: str) -> Callable[[View], View]:
    """Mark a view as open to anybody, on purpose, whose forms carry the token all the same."""
    return http.authenticated_by(_check_csrf, f"public: {reason}")


def csrf_token() -> str:
    """The token of this browser's session, for forms."""
    if CSRF not in session:
        session[CSRF] = secrets.token_urlsafe(24)
    token: str = session[CSRF]
    return token


def begin_session(key: str) -> None:
    """Make the browser carry the session `key`; nothing of what it carried before stays."""
    session.clear()
    session[KEY] = key


def end_session() -> str:
    """Make the browser forget its session and return the key it had."""
    key: str = session.get(KEY, "")
    session.clear()
    return key


def _officer_check(roles: frozenset[Role]) -> Callable[[], None]:
    def check() -> None:
        if "%00" in request.query_string.decode("ascii", "replace"):
            raise InvalidInput  # PostgreSQL takes no NUL, and nobody means one
        officer = current_officer()
        if real_officer().must_change:
            raise PasswordChangeNeeded(gettext("Anh/chị đổi mật khẩu trước khi làm việc."))
        if officer.role not in roles:
            raise _refusal(gettext("Tài khoản của anh/chị không có quyền dùng trang này."))
        _check_csrf()
        database.begin_request(practice=practises())

    return check


def _check_csrf() -> None:
    if request.method in SAFE_METHODS:
        return
    sent = request.form.get("csrf_token") or request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), session.get(CSRF, "").encode()) or not sent:
        raise _refusal(gettext("Trang đã mở quá lâu. Anh/chị tải lại trang rồi thử lại."))


def _refusal(message: str) -> Forbidden:
    return PageRefused(message) if _wants_page() else Forbidden(message)


def _wants_page() -> bool:
    """False only for scripts that ask for JSON; a missing header or `*/*` is a browser or a person with curl."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "text/html"
