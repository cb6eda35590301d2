"""Where eSMS reports what became of a message: a GET without a signature, so its address holds a secret."""

import hmac
import re
from http import HTTPStatus

from flask import Blueprint, request

from backend import http
from backend.errors import NotFound
from backend.logs import logger
from backend.messaging import service
from backend.messaging.models import Status
from sms_gateway.channel import SmsChannel
from sms_gateway.providers import esms
from sms_gateway.settings import sms_settings

log = logger(__name__)
blueprint = Blueprint("sms_esms", __name__, url_prefix="/sms/esms")

REJECTED, DONE, AT_THE_NETWORK = "4", "5", "7"
"""Values of `SendStatus` that say something new; pending (1) and waiting (2) do not."""
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,50}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


def knows_the_secret() -> None:
    """Raises NotFound unless the path names our secret: who does not know it learns not even that it exists."""
    secret = sms_settings().esms_callback_secret.get_secret_value()
    named = str((request.view_args or {}).get("secret", ""))
    if not secret or not hmac.compare_digest(secret.encode(), named.encode("utf-8", "replace")):
        log.warning("eSMS webhook refused")  # without the path: it may hold most of a secret
        raise NotFound


@blueprint.get("/<secret>/status")
@http.authenticated_by(knows_the_secret, "eSMS: secret path")
def status(secret: str) -> tuple[str, int]:
    """A delivery report; they come in any order and up to five times, messaging only ever moves forward."""
    reference, told = request.args.get("RequestId", ""), _told()
    if told is None or not _REFERENCE.fullmatch(reference):
        return "", HTTPStatus.NO_CONTENT
    moved = service.record_receipt(SmsChannel.name, esms.provider_id(reference), told, _code(told))
    log.info("receipt", provider_message=reference, status=told, moved=moved)
    return "", HTTPStatus.NO_CONTENT


def _told() -> str | None:
    """The status of ours that a report means."""
    said = request.args.get("SendStatus", "")
    if said == REJECTED:
        return Status.FAILED
    if said == AT_THE_NETWORK:
        return Status.SENT
    if said != DONE:
        return None
    if _count("SendFailed"):
        return Status.FAILED
    return Status.DELIVERED if _count("SendSuccess") else None


def _code(told: str) -> str:
    return f"SendStatus {request.args['SendStatus']}" if told == Status.FAILED else ""


def _count(name: str) -> int:
    value = request.args.get(name, "")
    return int(value) if _NUMBER.fullmatch(value) else 0
