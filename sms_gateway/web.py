"""What providers call: incoming messages and delivery reports. Verify, parse, write down, answer; nothing else.

Who is answered: persons, that is senders with a phone number. Short codes and brand names ("VIETTEL", "9029") are
machines: their messages are acknowledged and dropped before the ledger, which answers everything it holds, or two
robots might talk to each other on the province's bill.
"""

import re
from http import HTTPStatus

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import UnsupportedMediaType

from backend import http
from backend.errors import Forbidden, InvalidInput
from backend.logs import logger
from backend.messaging import service
from backend.messaging.models import Status
from backend.messaging.service import Inbound
from sms_gateway.channel import SmsChannel
from sms_gateway.senders import person
from sms_gateway.settings import sms_settings
from sms_gateway.signature import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, Form, is_signed, parsed

log = logger(__name__)
blueprint = Blueprint("sms", __name__, url_prefix="/sms")

STATUSES = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.DELIVERED,
    "failed": Status.FAILED,
    "undelivered": Status.FAILED,
    "canceled": Status.FAILED,
}
"""Twilio's reports that say something new; queued, sending and the like do not."""

_FORM = "application/x-www-form-urlencoded"
_SID = re.compile(r"[A-Za-z0-9]{2,64}", re.ASCII)
_CODE = re.compile(r"\d{0,10}", re.ASCII)
_MEDIA_URL = re.compile(r"https?://[!-~]{1,2000}")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
_MOST_MEDIA = 10
_OPT_OUT = frozenset({"STOP", "START", "HELP"})
"""What Twilio may have taken a text for, whatever the word was ("Advanced Opt-Out"). It has acted on it already."""


class Malformed(InvalidInput):
    """The body is not what the provider's interface promises. 400, as providers' dashboards explain it."""

    status, code = HTTPStatus.BAD_REQUEST, "malformed"


def signed_by_twilio() -> None:
    """Raises Forbidden unless one of our tokens signed this request for our account; leaves the fields in `g.form`."""
    tokens = sms_settings().webhook_tokens
    signature = request.headers.get(SIGNATURE_HEADER, "")
    if not tokens:
        log.error("webhook refused: TWILIO_AUTH_TOKEN is not set")
        raise Forbidden("Chưa cấu hình khóa xác thực.")
    if not signature:
        raise _refused("signature missing")
    form = _form()
    url = sms_settings().public_url + request.path
    if request.query_string:
        url += "?" + request.query_string.decode("latin-1")
    if not is_signed(tokens, url, form, signature, request.headers.get(SIGNATURE_SETTINGS_HEADER, "")):
        raise _refused("signature wrong")
    if sms_settings().twilio_account_sid and form.first("AccountSid") != sms_settings().twilio_account_sid:
        raise _refused("another account")
    g.form = form


def _refused(reason: str) -> Forbidden:
    log.warning("webhook refused", reason=reason, path=request.path)
    return Forbidden("Chữ ký không hợp lệ.")


def _form() -> Form:
    if request.mimetype != _FORM:
        raise UnsupportedMediaType
    raw = request.get_data(cache=False)  # over MAX_CONTENT_LENGTH this is a 413
    try:
        return parsed(raw)
    except ValueError as error:
        raise Malformed("Nội dung không phải biểu mẫu UTF-8.") from error


@blueprint.post("/twilio/inbound")
@http.authenticated_by(signed_by_twilio, "Twilio signature")
def inbound() -> Response:
    """A citizen's message. 200 means that it is in the ledger, or was there already."""
    form: Form = g.form
    sid, sender = _required(form, "MessageSid"), _required(form, "From")
    if not _SID.fullmatch(sid):
        raise Malformed("MessageSid không hợp lệ.", fields=[{"field": "MessageSid", "message": "malformed"}])
    address = person(sender)
    if address is None or address == person(form.first("To")):
        log.info("message of a machine dropped", provider_message=sid)
        return _empty_answer()
    opted = form.first("OptOutType").upper()
    received = service.receive(
        Inbound(
            channel=SmsChannel.name,
            provider_message_id=sid,
            address=address,
            text=opted if opted in _OPT_OUT else form.first("Body"),
            attachments=_attachments(form),
        )
    )
    if opted == "STOP":  # Twilio lets nothing through from now on; START and any text do
        service.set_reachable(SmsChannel.name, address, False)
    log.info("message received", message=received.message_id, duplicate=received.duplicate)
    return _empty_answer()


@blueprint.post("/twilio/status")
@http.authenticated_by(signed_by_twilio, "Twilio signature")
def status() -> tuple[str, int]:
    """A delivery report. They come in any order; messaging only ever moves forward."""
    form: Form = g.form
    sid, reported = _required(form, "MessageSid"), _required(form, "MessageStatus").lower()
    known = STATUSES.get(reported)
    if known is None or not _SID.fullmatch(sid):
        return "", HTTPStatus.NO_CONTENT
    code = form.first("ErrorCode") if _CODE.fullmatch(form.first("ErrorCode")) else ""
    moved = service.record_receipt(SmsChannel.name, sid, known, code)
    log.info("receipt", provider_message=sid, status=known, code=code, moved=moved)
    return "", HTTPStatus.NO_CONTENT


def _required(form: Form, name: str) -> str:
    value = form.first(name).strip()
    if not value:
        raise Malformed(f"Thiếu {name}.", fields=[{"field": name, "message": "missing"}])
    return value


def _attachments(form: Form) -> tuple[dict[str, str], ...]:
    """Addresses of what came with the message. Nobody fetches them here: an inbound call must not make us call out."""
    named = form.first("NumMedia")
    number = min(int(named), _MOST_MEDIA) if re.fullmatch(r"[0-9]{1,3}", named) else 0
    media = ((form.first(f"MediaUrl{n}"), form.first(f"MediaContentType{n}")) for n in range(number))
    return tuple(
        {"kind": "remote", "reference": url, "name": "", "media_type": kind if _MEDIA_TYPE.fullmatch(kind) else ""}
        for url, kind in media
        if _MEDIA_URL.fullmatch(url)
    )


def _empty_answer() -> Response:
    """TwiML that says nothing: the reply goes out through the API when the turn has been taken."""
    return Response("<Response/>", mimetype="text/xml")
