"""The page and the few requests its script makes."""

import hashlib
from dataclasses import asdict
from pathlib import Path

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from backend import http, storage
from backend.messaging.service import Entry
from backend.settings import settings
from chat_gateway.web_chat import service, sms_form, visitor, wording
from chat_gateway.web_chat.schemas import Asked, Seen, Written

LANGUAGE_COOKIE = "mot_cua_lang"
YEAR_SECONDS = 365 * 24 * 3600
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # the script builds nodes, never HTML; the browser holds it to that
    )
)

blueprint = Blueprint(
    "web_chat", __name__, template_folder="templates", static_folder="static", static_url_path="/chat/static"
)


@blueprint.after_request
def _seal(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if request.endpoint == "web_chat.static":
        if request.args.get("v"):
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/")
@blueprint.get("/chat")
@http.public("the page that gives a visitor an identity")
def page() -> ResponseReturnValue:
    """The chat page; gives or prolongs the visitor's cookie. `?lang=en` changes the language of what is around."""
    language = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    words = wording.LANGUAGES.get(language, wording.VIETNAMESE)
    response = make_response(
        render_template(
            "web_chat/page.html",
            words=words,
            hotline=settings().hotline,
            province=settings().province,
            max_text=service.MAX_TEXT,
            max_photos=service.MOST_PHOTOS,
            max_photo_mb=storage.LARGEST // 1024 // 1024,
            asset=_asset,
            keywords=wording.KEYWORDS,
            suggestions=wording.SUGGESTIONS,
            examples=wording.EXAMPLES,
        )
    )
    visitor.give(response, visitor.known())
    if request.args.get("lang") in wording.LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
    return response


def _asset(name: str) -> str:
    """Address of a static file that changes with its content, so that phones may keep it for a year."""
    content = (Path(__file__).parent / "static" / name).read_bytes()
    return url_for("web_chat.static", filename=name, v=hashlib.sha256(content).hexdigest()[:10])


@blueprint.post("/chat/messages")
@http.authenticated_by(visitor.may_write, "visitor cookie, own page")
def write() -> ResponseReturnValue:
    """Take a message: 202 with its id, the same id when it is repeated."""
    written = Written.model_validate_json(request.get_data())
    place = (written.place.latitude, written.place.longitude) if written.place else None
    message_id = service.write(visitor.key(), str(written.id), text=written.text, token=written.token, place=place)
    return jsonify(message_id=message_id), 202


@blueprint.post("/chat/photos")
@http.accepts_files(service.MOST_PHOTOS)
@http.authenticated_by(visitor.may_write, "visitor cookie, own page")
def send_photos() -> ResponseReturnValue:
    """Take photos (fields `photo`) with an `id` and perhaps a `text`: 202 with the message's id."""
    written = Written.model_validate({"id": request.form.get("id", ""), "text": request.form.get("text", "")})
    files = [one for one in request.files.getlist("photo") if one.filename]
    photos = [service.Photo(one.filename or "", one.read()) for one in files[: service.MOST_PHOTOS + 1]]
    message_id = service.send_photos(visitor.key(), str(written.id), photos, written.text)
    return jsonify(message_id=message_id), 202


@blueprint.get("/chat/photos/<int:message_id>/<int:position>")
@http.authenticated_by(visitor.may_read, "visitor cookie")
def photo(message_id: int, position: int) -> Response:
    """A file that the visitor sent or was sent; `?small` is its thumbnail, `?save` saves instead of showing it."""
    file_id = service.file(visitor.key(), message_id, position)
    return http.file_response(file_id, small="small" in request.args, download="save" in request.args)


@blueprint.get("/chat/messages")
@http.authenticated_by(visitor.may_read, "visitor cookie")
def read() -> ResponseReturnValue:
    """The visitor's own messages after one, held for a while when there are none yet."""
    asked = Asked.model_validate(request.args.to_dict())
    news = service.wait(visitor.key(), asked.after, shows_answering=asked.answering, seconds=asked.wait)
    return jsonify(messages=[_line(entry) for entry in news.messages], answering=news.answering, again_in=news.again_in)


def _line(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "direction": entry.direction,
        "text": entry.body if entry.direction == "out" else entry.text,
        "choices": [{"title": choice.title, "token": choice.token} for choice in entry.offered],
        "links": [asdict(link) for link in entry.extras.links],
        "card": asdict(entry.extras.card) if entry.extras.card else None,
        "ask": entry.extras.ask,
        "photos": [asdict(one) for one in service.files_of(entry)],
        "place": next((one.get("place", "") for one in entry.attachments if one["kind"] == "location"), None),
        "at": entry.created_at.isoformat() if entry.created_at else None,
    }


@blueprint.post("/chat/seen")
@http.authenticated_by(visitor.may_write, "visitor cookie, own page")
def seen() -> ResponseReturnValue:
    """Note what the page shows, so that officers see whether their words arrived."""
    noted = Seen.model_validate_json(request.get_data())
    service.note_seen(visitor.key(), noted.until, read=noted.read)
    return jsonify(noted=True)


@blueprint.get("/chat/messages/<int:message_id>/sms")
@http.authenticated_by(visitor.may_read, "visitor cookie")
def as_sms(message_id: int) -> ResponseReturnValue:
    """How one answer reads as SMS, with its parts."""
    entry = service.answer(visitor.key(), message_id)
    form = sms_form.of(entry.text, tuple(choice.title for choice in entry.offered))
    return jsonify(form.model_dump())


@blueprint.post("/chat/forget")
@http.authenticated_by(visitor.may_write, "visitor cookie, own page")
def forget() -> ResponseReturnValue:
    """Leave the conversation on this device, for phones and computers that are shared: a new identity."""
    response = jsonify(forgotten=True)
    visitor.give(response, None)
    return response
