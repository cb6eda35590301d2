"""eSMS, a domestic aggregator over HTTP. Its answers are HTTP 200 with a code in the body.

`RequestId` is our reference: within 24 hours eSMS refuses to take the same one twice (124), so that a message without
an answer is simply handed over again. Messages are known to the ledger by it, too, as a 124 names no id of theirs.
"""

import httpx
from pydantic import BaseModel, ValidationError

from backend.logs import logger
from backend.messaging.channels import Rejected, SendError, TryLater, Undecided
from sms_gateway.providers.base import Provider, Unclassified
from sms_gateway.segments import is_gsm7
from sms_gateway.settings import SmsSettings

log = logger(__name__)

PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
CUSTOMER_CARE = "2"
"""`SmsType`: a brand name's message to somebody about their own matter."""
TAKEN = frozenset({"100", "124"})
"""Accepted; accepted already under this RequestId."""
PERMANENT = frozenset({"108", "146", "177"})
"""Bad phone number, text not of a registered template, network without our brand name."""
OPERATOR = frozenset({"101", "103", "104", "140"})
"""Keys, money, brand name, address of ours not allowed: all messages wait until somebody has repaired it."""
_OPERATOR_PAUSE_SECONDS = 60.0


class Answer(BaseModel):
    """What eSMS says; `CodeResult` comes as a string or a number."""

    CodeResult: str | int


class EsmsProvider(Provider):
    """Delivery reports come to `sms_gateway.web`, at an address with a secret in it."""

    name = "esms"

    def __init__(self, configured: SmsSettings) -> None:
        self._url = configured.esms_base_url.rstrip("/") + PATH
        self._account = {
            "ApiKey": configured.esms_api_key,
            "SecretKey": configured.esms_secret_key.get_secret_value(),
            "Brandname": configured.esms_brandname,
            "SmsType": CUSTOMER_CARE,
            "Sandbox": "1" if configured.esms_sandbox else "0",
            "CallbackUrl": callback_url(configured),
        }
        self._http = httpx.Client(timeout=configured.esms_timeout_seconds)

    def try_send(self, to: str, body: str, reference: str) -> str:
        """One POST."""
        message = {
            "Phone": _domestic(to),
            "Content": body,
            "IsUnicode": "0" if is_gsm7(body) else "1",
            "RequestId": reference,
        }
        try:
            response = self._http.post(self._url, json=self._account | message)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryLater("esms cannot be reached") from error
        except httpx.HTTPError as error:
            raise Undecided(f"esms did not answer: {type(error).__name__}") from error
        code = _code(response)
        if code not in TAKEN:
            raise _failure(code)
        return provider_id(reference)


def provider_id(reference: str) -> str:
    """How the ledger knows a message."""
    return f"esms-{reference}"


def callback_url(configured: SmsSettings) -> str:
    """Where eSMS reports to."""
    return f"{configured.public_url}/sms/esms/{configured.esms_callback_secret.get_secret_value()}/status"


def _domestic(number: str) -> str:
    return "0" + number.removeprefix("+84") if number.startswith("+84") else number.removeprefix("+")


def _code(response: httpx.Response) -> str:
    """Raises TryLater or Undecided for what is no answer of eSMS itself."""
    if response.status_code in (429, 503):
        raise TryLater(f"esms answered {response.status_code}")
    if response.status_code >= 500:
        raise Undecided(f"esms answered {response.status_code}")
    if response.status_code >= 400:
        raise Unclassified(f"esms answered {response.status_code}", str(response.status_code))
    try:
        return str(Answer.model_validate_json(response.content).CodeResult)[:16]
    except ValidationError as error:
        raise Undecided("esms's answer is unreadable") from error


def _failure(code: str) -> SendError:
    reason = f"esms answered {code}"
    if code in PERMANENT:
        return Rejected(reason, code)
    if code in OPERATOR:
        log.error("esms refuses our account or settings", code=code)
        return TryLater(reason, _OPERATOR_PAUSE_SECONDS)
    return Unclassified(reason, code)
