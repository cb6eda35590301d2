"""The SMS form of an answer, as the SMS gateway would send it. Asked over HTTP: gateways do not import each other."""

from functools import lru_cache

import httpx
from pydantic import BaseModel, ValidationError

from backend.errors import Unavailable
from backend.settings import settings
from chat_gateway.settings import chat_settings

TIMEOUT_SECONDS = 3.0


class SmsPage(BaseModel):
    """What one TIEP THEO brings: one text, sent in `segments` parts."""

    body: str
    segments: int
    encoding: str


class SmsForm(SmsPage):
    """The first text, and all texts of the answer (`pages`, the first one included)."""

    rest: str = ""
    pages: list[SmsPage]


@lru_cache(maxsize=512)
def of(text: str, titles: tuple[str, ...]) -> SmsForm:
    """How `text` with choices `titles` reads on a phone without Vietnamese. Raises Unavailable."""
    token = settings().internal_token.get_secret_value()
    try:
        response = httpx.post(
            f"{chat_settings().sms_base}/sms/preview",
            json={"text": text, "titles": titles, "accents": False},
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
        )
        response.raise_for_status()
        return SmsForm.model_validate_json(response.content)
    except (httpx.HTTPError, ValidationError) as error:
        raise Unavailable("Chưa xem được dạng SMS. Anh/chị thử lại sau.") from error
