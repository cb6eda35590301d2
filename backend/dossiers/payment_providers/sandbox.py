"""A payment provider that takes no money: its page asks "pay or not", and its callbacks are signed like a real one's.

The signature is `X-Sandbox-Signature: t=<unix seconds>,v1=<HMAC-SHA256 of "<t>." and the raw body, hexadecimal>`.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Annotated, Literal

from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend import clock
from backend.dossiers.payment_providers.base import Failed, Order, Paid, PaymentProvider
from backend.errors import Forbidden, InvalidInput
from backend.logs import logger
from backend.settings import settings

log = logger(__name__)

SIGNATURE = "X-Sandbox-Signature"
FRESH_SECONDS = 300
"""A callback signed longer ago, or that much in the future, is refused: it may be replayed."""
_SALT = "sandbox payment"


class _Callback(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    reference: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    amount: Annotated[int, Field(gt=0, le=2**31 - 1)]
    status: Literal["paid", "failed"]
    transaction: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Sandbox(PaymentProvider):
    """Nothing is taken, nothing is given back."""

    name = "sandbox"

    @property
    def origin(self) -> str:
        """Our own."""
        return settings().public_url.rstrip("/")

    def start(self, order: Order) -> str:
        """The address of our own page that plays the provider."""
        fields = {"r": order.reference, "a": order.amount, "t": order.text, "b": order.back_url}
        return f"{self.origin}/sandbox/pay/{_serializer().dumps(fields)}"

    def verify(self, body: bytes, headers: Mapping[str, str]) -> Paid | Failed:
        """As the interface says."""
        _check_signature(body, headers.get(SIGNATURE, ""))
        try:
            told = _Callback.model_validate_json(body)
        except ValidationError as error:
            raise InvalidInput("callback not understood") from error
        if told.status == "failed":
            return Failed(told.reference)
        return Paid(told.reference, told.amount, told.transaction)

    def refund(self, paid: Paid) -> None:
        """Nothing was taken, so there is nothing to give back."""
        log.info("sandbox refund", amount=paid.amount)


def order_of(token: str) -> Order | None:
    """The order behind the address of the sandbox's page, None for an address we did not make."""
    try:
        fields = _serializer().loads(token)
    except BadData:
        return None
    return Order(fields["r"], fields["a"], fields["t"], fields["b"])


def callback(order: Order, status: Literal["paid", "failed"], transaction: str) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the callback that the sandbox makes."""
    told = {"reference": order.reference, "amount": order.amount, "status": status, "transaction": transaction}
    body = json.dumps(told).encode()
    return body, {"Content-Type": "application/json", SIGNATURE: signature(body, int(clock.now().timestamp()))}


def signature(body: bytes, at: int) -> str:
    """The header's value for a body signed at a moment (Unix seconds)."""
    return f"t={at},v1={_hmac(body, at)}"


def _check_signature(body: bytes, sent: str) -> None:
    parts = dict(part.split("=", 1) for part in sent.split(",") if "=" in part)
    at = parts.get("t", "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12):
        raise Forbidden("signature missing")
    if not hmac.compare_digest(_hmac(body, int(at)).encode(), parts.get("v1", "").encode()):
        raise Forbidden("signature wrong")
    if abs(clock.now().timestamp() - int(at)) > FRESH_SECONDS:
        raise Forbidden("signature too old")


def _hmac(body: bytes, at: int) -> str:
    key = hashlib.sha256(f"{_SALT}:{settings().secret_key.get_secret_value()}".encode()).digest()
    return hmac.new(key, f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key.get_secret_value(), salt=_SALT)
