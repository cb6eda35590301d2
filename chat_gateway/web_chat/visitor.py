"""Who writes: a random key in a signed cookie, given out by the page. Nobody signs in, nobody can be impersonated.

A cookie we did not sign, or signed too long ago, is no error: the page gives a new identity, the API says 401 and
the page's script fetches one.
"""

import re
import secrets
from datetime import timedelta

from flask import Response, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from backend.errors import Forbidden, Unauthenticated
from backend.settings import settings
from chat_gateway.settings import chat_settings

COOKIE = "mot_cua_chat"
SALT = "web chat visitor"
OWN_REQUEST = "X-Mot-Cua-Chat"
"""A header that another site's page cannot send here without asking first, which we never allow."""
_KEY = re.compile(r"[A-Za-z0-9_-]{22}")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key.get_secret_value(), salt=SALT)


def _lifetime() -> int:
    return int(timedelta(days=chat_settings().chat_identity_days).total_seconds())


def known() -> str | None:
    """The key in this request's cookie, None without a cookie of ours."""
    try:
        found = _signer().loads(request.cookies.get(COOKIE, ""), max_age=_lifetime())
    except BadData:
        return None
    return found if isinstance(found, str) and _KEY.fullmatch(found) else None


def give(response: Response, visitor: str | None) -> None:
    """Set the cookie, of a new key when `visitor` is None; coming back prolongs it."""
    response.set_cookie(
        COOKIE,
        _signer().dumps(visitor or secrets.token_urlsafe(16)),
        max_age=_lifetime(),
        secure=chat_settings().cookie_secure,
        httponly=True,
        samesite="Lax",
    )


def may_read() -> None:
    """Guard: the cookie is ours. Raises Unauthenticated."""
    visitor = known()
    if visitor is None:
        raise Unauthenticated("Phiên trò chuyện đã hết. Anh/chị tải lại trang giúp em.")
    g.visitor = visitor


def may_write() -> None:
    """Guard: the request comes from our own page (not from a form on another site), and the cookie is ours."""
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin.rstrip("/") not in {request.host_url.rstrip("/"), *_origins()}
    if foreign or OWN_REQUEST not in request.headers or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden("Yêu cầu không đến từ trang trò chuyện này.")
    may_read()


def _origins() -> frozenset[str]:
    # A TLS proxy speaks plain HTTP to us: the browser then says https about the same host.
    return chat_settings().origins | {f"https://{request.host}"}


def key() -> str:
    """The visitor of this request, behind one of the guards."""
    return str(g.visitor)
