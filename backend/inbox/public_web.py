"""The page behind a link that a citizen was sent because their channel carries no files. No login, and no script.

Whoever holds the link may open it, so it must not leak: the page is not kept, not indexed, not named to other sites.
"""

from datetime import timedelta

from flask import Blueprint, render_template, request
from flask.wrappers import Response

from backend import http
from backend.errors import MotCuaError, NotFound
from backend.inbox import handing_out
from backend.throttle import Throttle

blueprint = Blueprint("inbox_public", __name__, url_prefix="/tep", template_folder="templates")

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)
READING = Throttle(120, timedelta(minutes=1))
GUESSING = Throttle(10, timedelta(minutes=10))
"""Wrong keys. Keys cannot be guessed; this keeps those who try from being a load."""


@blueprint.before_request
def _keep_pace() -> None:
    address = request.remote_addr or ""
    READING.count(address)
    GUESSING.check(address)


@blueprint.after_request
def _seal(response: Response) -> Response:
    return http.seal(response, POLICY)


@blueprint.errorhandler(MotCuaError)
def _refused(error: MotCuaError) -> tuple[str, int]:
    if isinstance(error, NotFound):
        GUESSING.count(request.remote_addr or "")
    return render_template("inbox/public_files.html", handout=None, message=error.message), error.status


@blueprint.get("/<key>")
@http.public("whoever holds the link")
def files(key: str) -> str:
    """The files, to open or to save."""
    return render_template("inbox/public_files.html", handout=handing_out.opened(key), key=key)


@blueprint.get("/<key>/<int:position>")
@http.public("whoever holds the link")
def file(key: str, position: int) -> Response:
    """One of them; `?small` is its thumbnail, `?save` saves instead of showing it."""
    listed = handing_out.opened(key).files
    if position >= len(listed):
        raise NotFound(handing_out.GONE)
    return http.file_response(listed[position].id, small="small" in request.args, download="save" in request.args)
