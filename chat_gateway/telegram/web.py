"""What Telegram calls: one webhook for everything. Verify, write down, answer; nothing else."""

import hmac
from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.exceptions import UnsupportedMediaType

from backend import http
from backend.errors import Forbidden
from backend.logs import logger
from chat_gateway.settings import chat_settings
from chat_gateway.telegram import service

log = logger(__name__)
blueprint = Blueprint("telegram", __name__, url_prefix="/telegram")

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
MAX_BODY = 1024 * 1024
"""A long message that answers another long one, with all their formatting, comes near a hundred kilobytes."""


def shown_the_secret() -> None:
    """Raises Forbidden unless the request has the secret that we told Telegram; without one nobody has it."""
    secret = chat_settings().telegram_webhook_secret.get_secret_value()
    if not secret or not chat_settings().telegram:
        log.error("webhook refused: TELEGRAM_BOT_TOKEN or TELEGRAM_WEBHOOK_SECRET is not set")
        raise Forbidden("Chưa cấu hình khóa xác thực.")
    if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
        log.warning("webhook refused", path=request.path)
        raise Forbidden("Khóa xác thực không đúng.")


@blueprint.post("/webhook")
@http.accepts_up_to(MAX_BODY)
@http.authenticated_by(shown_the_secret, "Telegram's secret token")
def webhook() -> tuple[str, int]:
    """An update. 200 means that what it asks for is in the ledger, was there already, or is nothing for us."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    service.take(service.parsed(request.get_data(cache=False)))
    return "", HTTPStatus.OK
