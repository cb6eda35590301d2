"""What Zalo calls. Verify, read, write down, answer 200; Zalo waits two seconds, the assistant may take longer."""

from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, g, request

from backend import clock, http
from backend.errors import Forbidden, Unauthenticated
from backend.logs import logger
from chat_gateway.zalo import events, service, signature
from chat_gateway.zalo.events import Malformed
from chat_gateway.zalo.settings import zalo_settings

log = logger(__name__)
blueprint = Blueprint("zalo", __name__, url_prefix="/zalo")

AHEAD = timedelta(minutes=10)
"""How far Zalo's clock may be before ours."""
FORGED = "Chữ ký không hợp lệ."


def signed_by_zalo() -> None:
    """Raises unless our Official Account's secret signed these bytes lately; leaves the event in `g.event`."""
    mine = zalo_settings()
    header = request.headers.get(signature.HEADER, "")
    if not mine.configured:
        raise Forbidden("Chưa cấu hình Zalo.")
    if not header:
        log.warning("webhook refused", reason="signature missing")
        raise Unauthenticated("Thiếu chữ ký.")
    raw = request.get_data(cache=False)  # over MAX_CONTENT_LENGTH this is a 413
    body = events.parsed(raw)
    timestamp = events.word(body, "timestamp")
    at = service.moment(timestamp)
    if at is None:
        raise Malformed("Thiếu timestamp.", fields=[{"field": "timestamp", "message": "missing"}])
    if not signature.is_right(header, mine.mac_id, raw, timestamp, mine.zalo_oa_secret.get_secret_value()):
        raise _refused("signature wrong")
    if events.word(body, "app_id") != mine.zalo_app_id:
        raise _refused("another app")
    if not -AHEAD < clock.now() - at < mine.oldest_event:
        raise _refused("too old")
    g.event, g.event_at = body, at


def _refused(reason: str) -> Forbidden:
    log.warning("webhook refused", reason=reason)
    return Forbidden(FORGED)


@blueprint.post("/webhook")
@http.authenticated_by(signed_by_zalo, "Zalo signature")
def webhook() -> tuple[str, int]:
    """An event. 200 means that it is in the ledger, was there already, or says nothing to us."""
    event = events.read(g.event)
    if event is None:
        log.info("event without meaning to us", name=events.word(g.event, "event_name")[:40])
    else:
        service.take(event, g.event_at)
    return "", HTTPStatus.OK


@blueprint.get("/consent")
@http.public(
    "where Zalo leads an administrator of the Official Account after consent; it shows what to do and does nothing"
)
def consent() -> tuple[str, int, dict[str, str]]:
    """The code stands in the browser's address bar; exchanging it takes the command line."""
    said = "Đã cho phép. Chép giá trị sau `code=` trên thanh địa chỉ, rồi chạy trong vòng 10 phút:\n\n"
    said += "  flask --app chat_gateway.cli zalo exchange MÃ\n"
    return said, HTTPStatus.OK, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
