"""What every web process of ours shares: who may call a route, one shape of errors, request ids, body limits.

A route without one of the decorators below is refused (and fails `tests/architecture`): there is no default.
"""

import hmac
import uuid
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from backend import filetypes, pages, storage
from backend.database import LARGEST_ID, reading
from backend.errors import Forbidden, InvalidInput, MotCuaError, NotFound, TooLarge, Unauthenticated, Unavailable
from backend.logs import REQUEST_ID_HEADER, logger
from backend.settings import settings
from backend.text import unaccented

View = TypeVar("View", bound=Callable[..., Any])
Check = Callable[[], None]
log = logger(__name__)

_FORM_AROUND_FILES = 256 * 1024
_ONLY_A_PICTURE = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"
_ONLY_A_PDF = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
"""Without `sandbox`: a viewer in one may not print, and older Chromes show none. What could act in a PDF was refused at
the upload."""


def authenticated_by(check: Check, label: str) -> Callable[[View], View]:
    """Mark a view as guarded by `check`, which raises Unauthenticated or Forbidden; `label` shows in route listings."""

    def mark(view: View) -> View:
        view.__dict__["auth"] = (label, check)
        return view

    return mark


def public(reason: str) -> Callable[[View], View]:
    """Mark a view as open to anybody, on purpose, with the reason."""
    return authenticated_by(lambda: None, f"public: {reason}")


def accepts_files(most: int) -> Callable[[View], View]:
    """Mark a view that takes up to `most` files of `storage.LARGEST` bytes each; other bodies stay small."""

    def mark(view: View) -> View:
        view.__dict__["max_body"] = most * storage.LARGEST + _FORM_AROUND_FILES
        return view

    return mark


def accepts_up_to(size: int) -> Callable[[View], View]:
    """Mark a view whose bodies may have `size` bytes, where the application's limit does not suit it."""

    def mark(view: View) -> View:
        view.__dict__["max_body"] = size
        return view

    return mark


def _has_internal_token() -> None:
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not hmac.compare_digest(sent.encode(), settings().internal_token.get_secret_value().encode()):
        raise Unauthenticated("Thiếu hoặc sai mã truy cập nội bộ.")


def internal(view: View) -> View:
    """Mark a view as callable by our own processes only (`Authorization: Bearer INTERNAL_TOKEN`)."""
    return authenticated_by(_has_internal_token, "internal token")(view)


def route_auth(app: Flask, endpoint: str) -> tuple[str, Check] | None:
    """The authentication decision of an endpoint, None where nobody took one."""
    if endpoint in app.config["PUBLIC_ENDPOINTS"] or endpoint.split(".")[-1] == "static":
        return "public: assets and API description", lambda: None
    return getattr(app.view_functions[endpoint], "auth", None)


class RowId(IntegerConverter):
    """`<int:…>` in our routes: a number that no row can have is a 404 like any other that none has."""

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, max=LARGEST_ID)


def install(app: Flask, *, max_body: int, public_endpoints: frozenset[str] = frozenset()) -> None:
    """Give `app` the shared behaviour. `max_body` in bytes; `public_endpoints` of libraries that bring own views."""
    if proxies := settings().trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.config.update(MAX_CONTENT_LENGTH=max_body, PUBLIC_ENDPOINTS=public_endpoints)
    app.url_map.converters["int"] = RowId
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.before_request(_begin)
    pages.install(app)
    app.after_request(_end)
    app.register_error_handler(MotCuaError, _answer)
    app.register_error_handler(ValidationError, lambda error: _answer(invalid(error)))
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)
    app.add_url_rule("/healthz", "healthz", healthz)


@public("monitoring")
def healthz() -> dict[str, str]:
    """200 when this process can reach its database."""
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise Unavailable from error
    return {"status": "ready"}


def _begin() -> None:
    pages.begin()
    g.request_id = request.headers.get(REQUEST_ID_HEADER, "")[:64] or uuid.uuid4().hex
    structlog.contextvars.bind_contextvars(request=g.request_id)
    if request.endpoint is None:
        return  # 404 and 405 answer themselves
    decision = route_auth(current_app, request.endpoint)
    if decision is None:
        log.error("route without an authentication decision", endpoint=request.endpoint)
        raise Forbidden
    request.max_content_length = _most_bytes(request.endpoint)
    decision[1]()


def _most_bytes(endpoint: str) -> int | None:
    """Of this endpoint's body: what `accepts_files` allows, else the application's limit."""
    view = current_app.view_functions[endpoint]
    most: int | None = getattr(view, "max_body", current_app.config["MAX_CONTENT_LENGTH"])
    return most


def _end(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = g.get("request_id", "")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def file_response(file_id: str, *, download: bool = False, small: bool = False) -> Response:
    """A stored file as an answer; the view has decided already that the asker may see it. Raises NotFound.

    Pictures and PDFs show in the page, unless `download`; everything else is only ever saved. `small`: a thumbnail.
    """
    found = storage.info(file_id)
    if small:
        return data_response(storage.small(file_id), found.name, filetypes.JPEG, download=False)
    return data_response(storage.read(file_id), found.name, found.media_type, download=download)


def data_response(data: bytes, name: str, media_type: str, *, download: bool) -> Response:
    """The same for bytes that are made here, such as a printed paper."""
    shown = not download and (media_type in filetypes.IMAGES or media_type == filetypes.PDF)
    response = Response(data, mimetype=media_type)
    name_file(response, name, shown=shown)
    response.headers["Content-Security-Policy"] = _ONLY_A_PDF if media_type == filetypes.PDF else _ONLY_A_PICTURE
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def seal(response: Response, policy: str) -> Response:
    """For pages that whoever holds their link may open: not kept, not indexed, not named to other sites."""
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response


def name_file(response: Response, name: str, *, shown: bool = False) -> None:
    """Say under which name an answer is saved, and that it is saved at once unless it is `shown`."""
    # The name twice: for any browser, and with its Vietnamese letters (RFC 5987).
    plain = unaccented(name).encode("ascii", "replace").decode().replace("?", "_")
    names = {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
    response.headers.set("Content-Disposition", "inline" if shown else "attachment", **names)
    response.headers["Cache-Control"] = "private, no-store"


def invalid(error: ValidationError) -> InvalidInput:
    """A pydantic refusal as our error, one entry a field; the refused values are not echoed."""
    fields = [{"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]} for e in error.errors()]
    return InvalidInput(fields=fields)


def _answer(error: MotCuaError) -> tuple[Response | str, int]:
    if (page := pages.error_page(error)) is not None:
        return page, error.status
    body: dict[str, Any] = {"code": error.code, "message": error.message, "request_id": g.get("request_id", "")}
    if error.fields:
        body["fields"] = error.fields
    return jsonify(error=body), error.status


def _answer_http(error: HTTPException) -> Response | tuple[Response | str, int]:
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    known = {401: Unauthenticated, 403: Forbidden, 404: NotFound, 413: TooLarge}
    if error.code in known:
        return _answer(known[error.code]())
    body = {"code": error.name.lower().replace(" ", "_"), "message": error.name, "request_id": g.get("request_id", "")}
    response = jsonify(error=body)
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response, error.code or 500


def _answer_unexpected(error: Exception) -> tuple[Response | str, int]:
    log.error("unexpected error", exc_info=error, endpoint=request.endpoint)  # a path may hold a secret key
    return _answer(MotCuaError())
