"""Open311 GeoReport v2 over HTTP, in JSON and XML by the address's ending; errors in the standard's shape."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from backend import http
from backend.complaints import open311
from backend.complaints.public_models import Open311Client
from backend.errors import InvalidInput, MotCuaError, NotFound
from backend.logs import logger
from backend.settings import settings
from backend.throttle import Throttle

log = logger(__name__)
blueprint = Blueprint("open311", __name__, url_prefix="/open311/v2")

READING = Throttle(120, timedelta(minutes=1))
POSTING = Throttle(60, timedelta(minutes=1))
"""Of one key."""
GUESSING = Throttle(10, timedelta(minutes=10))
"""Wrong keys of one address."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STATUS = {422: 400}
"""The standard knows no 422."""


@blueprint.before_request
def _keep_pace() -> None:
    address = request.remote_addr or ""
    READING.count(address)
    if "%00" in request.query_string.decode("ascii", "replace"):
        raise InvalidInput("no NUL in a query, please")
    asked = request.args.get("jurisdiction_id") or request.form.get("jurisdiction_id") or ""
    if asked not in ("", settings().open311_jurisdiction):
        raise NotFound("jurisdiction_id was not found")


@blueprint.errorhandler(Exception)
def _refused(error: Exception) -> tuple[Response, int]:
    """Whatever goes wrong, in the standard's shape."""
    if isinstance(error, MotCuaError):
        status, text = _STATUS.get(error.status, error.status), error.message
    elif isinstance(error, HTTPException):
        status, text = error.code or 500, error.name
    else:
        log.error("unexpected error", exc_info=error, endpoint=request.endpoint)
        status, text = 500, "the server failed"
    return _answer([{"code": status, "description": text}], "errors", "error", format_=_format()), status


def _format() -> str:
    return "xml" if request.path.endswith(".xml") else "json"


def _answer(items: list[dict[str, Any]], root: str, each: str, *, format_: str) -> Response:
    if format_ == "json":
        return jsonify(items)
    top = Element(root)
    for item in items:
        _fill(SubElement(top, each), item)
    return _xml(top)


def _xml(top: Element) -> Response:
    return Response(tostring(top, "utf-8", xml_declaration=True), content_type="text/xml; charset=utf-8")


def _fill(element: Element, item: Mapping[str, Any]) -> None:
    """Lists become elements within: `values` of `value`, `attributes` of `attribute`."""
    for name, value in item.items():
        child = SubElement(element, name)
        if isinstance(value, list):
            for one in value:
                _fill(SubElement(child, name.removesuffix("s")), one)
        elif isinstance(value, bool):
            child.text = str(value).lower()
        elif value is not None:
            child.text = _NOT_XML.sub("", str(value))


def _client() -> Open311Client:
    """Whose key comes with the request. Raises Forbidden, TooMany."""
    address = request.remote_addr or ""
    GUESSING.check(address)
    try:
        return open311.client_of(request.form.get("api_key") or request.args.get("api_key") or "")
    except MotCuaError:
        GUESSING.count(address)
        raise


def _known_client() -> Open311Client | None:
    return _client() if request.args.get("api_key") else None


@blueprint.get("/services.<any(json,xml):format_>")
@http.public("Open311: what can be reported")
def services(format_: str) -> Response:
    """The list of services."""
    return _answer(open311.services(), "services", "service", format_=format_)


@blueprint.get("/services/<string:code>.<any(json,xml):format_>")
@http.public("Open311: what can be reported")
def definition(code: str, format_: str) -> Response:
    """The attributes of one service."""
    found = open311.definition(code)
    if format_ == "json":
        return jsonify(found)
    top = Element("service_definition")
    _fill(top, found)
    return _xml(top)


@blueprint.get("/requests.<any(json,xml):format_>")
@http.public("Open311: published answers")
def requests(format_: str) -> Response:
    """The requests that a query asks for."""
    found = open311.requests(open311.wanted(request.args))
    return _answer(found, "service_requests", "request", format_=format_)


@blueprint.get("/requests/<string:code>.<any(json,xml):format_>")
@http.public("Open311: published answers; the state of what a key posted")
def one(code: str, format_: str) -> Response:
    """One request."""
    found = open311.request(code, _known_client())
    return _answer([found], "service_requests", "request", format_=format_)


@blueprint.get("/tokens/<string:token>.<any(json,xml):format_>")
@http.public("Open311: the number of what a key posted")
def token(token: str, format_: str) -> Response:
    """The number of a token."""
    found = open311.number_of(token, _known_client())
    return _answer([found], "service_requests", "request", format_=format_)


@blueprint.post("/requests.<any(json,xml):format_>")
@http.public("Open311: whoever has a key")
def post(format_: str) -> Response:
    """Take a report in."""
    client = _client()
    POSTING.count(str(client.id))
    made = open311.post(client, open311.posted(request.form))
    return _answer([made], "service_requests", "request", format_=format_)


@blueprint.route("/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@blueprint.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@http.public("Open311: there is nothing here")
def nothing(rest: str) -> Response:
    """Any other address, also of a known one in another format or method."""
    raise NotFound("no such resource; those of GeoReport v2 end in .json or .xml")
