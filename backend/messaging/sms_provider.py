"""What the SMS gateway knows, asked over HTTP: the backend does not import gateways, they speak these forms."""

from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from backend import audit
from backend.audit import Audit
from backend.database import transaction
from backend.errors import InvalidInput, NotFound, Unavailable
from backend.settings import settings

TIMEOUT_SECONDS = 3.0
MAX_TEXT = 2_000


class Form(BaseModel):
    """A text as SMS. `units` are septets or UTF-16 units; `remaining` how many the last segment still takes."""

    body: str
    encoding: str
    segments: int
    units: int
    remaining: int
    parts: list[str]


class Offending(BaseModel):
    """A character that no phone without Unicode has."""

    character: str
    name: str
    times: int


class Price(BaseModel):
    """What the text costs with a provider, in đồng; None where its price is not known."""

    name: str
    price: int | None
    as_is: int | None
    plain: int | None


class Preview(BaseModel):
    """A text as it is and unaccented."""

    as_is: Form
    plain: Form
    offending: list[Offending]
    providers: list[Price]


class Provider(BaseModel):
    """How a provider does. `errors` within the last minute; `slow`: share of the last 15 minutes, None where nobody can
    tell; `price` in đồng per segment, None where it is not known; `sent`, `failed` and `cost` of this day and month."""

    name: str
    weight: int
    rest: int
    draining: bool
    errors: int
    slow: float | None
    price: int | None
    sent_today: int
    failed_today: int
    cost_today: int
    cost_this_month: int


class Providers(BaseModel):
    """All of them."""

    providers: list[Provider]


def preview(text: str) -> Preview:
    """How a text reads and what it costs. Raises InvalidInput or Unavailable."""
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"Nội dung dài quá {MAX_TEXT} ký tự.")
    return Preview.model_validate_json(_asked("POST", "/sms/preview/text", {"text": text}))


def providers() -> list[Provider]:
    """The SMS providers of the settings. Raises Unavailable."""
    return Providers.model_validate_json(_asked("GET", "/sms/providers/")).providers


def change(name: str, *, actor: str, weight: int | None = None, draining: bool | None = None) -> None:
    """Set a provider's weight (0 to 100), drain it, take it back. Raises InvalidInput, NotFound or Unavailable."""
    wanted = {key: value for key, value in {"weight": weight, "draining": draining}.items() if value is not None}
    _asked("POST", f"/sms/providers/{quote(name, safe='')}", wanted)
    with transaction() as session:
        audit.record(session, Audit.SMS_PROVIDER_CHANGED, actor=actor, subject=f"sms_provider:{name}", **wanted)


def _asked(method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    token = settings().internal_token.get_secret_value()
    try:
        response = httpx.request(
            method,
            settings().sms_base + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
        )
        if response.status_code == 404:
            raise NotFound("Không có nhà cung cấp SMS này.")
        if response.status_code == 422:
            raise InvalidInput
        response.raise_for_status()
        return response.content
    except (httpx.HTTPError, httpx.InvalidURL, ValidationError) as error:
        raise Unavailable("Cổng SMS chưa trả lời. Anh/chị thử lại sau ít phút.") from error
