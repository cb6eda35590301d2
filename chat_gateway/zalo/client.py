"""Calls to Zalo's interface: the token in a header of its own, errors as HTTP 200, one exchange and one repetition."""

from collections.abc import Mapping
from typing import Any

import httpx

from backend import clock
from backend.logs import logger
from backend.messaging.channels import Rejected, SendError, TryLater, Undecided
from chat_gateway.zalo import accounts, codes
from chat_gateway.zalo.accounts import Account
from chat_gateway.zalo.codes import Kind
from chat_gateway.zalo.pace import Pace
from chat_gateway.zalo.settings import ZaloSettings
from chat_gateway.zalo.tokens import Tokens

log = logger(__name__)

Data = Mapping[str, Any]


class ZaloError(Exception):
    """Zalo's own refusal, before it is decided what it means for the message."""

    def __init__(self, code: int) -> None:
        super().__init__(f"zalo answered error {code}")
        self.code = code
        self.kind = codes.kind(code)


class Client:
    """One Official Account. Raises ZaloError, or TryLater and Undecided where Zalo did not answer."""

    def __init__(self, settings: ZaloSettings) -> None:
        self.settings = settings
        connect, read = settings.zalo_connect_seconds, settings.zalo_read_seconds
        # A proxy of the machine must not see tokens; the pool serves all threads of the worker.
        self._http = httpx.Client(timeout=httpx.Timeout(read, connect=connect), trust_env=False)
        self._tokens = Tokens(settings, self._http)
        self._pace = Pace(settings.zalo_per_minute)

    @property
    def tokens(self) -> Tokens:
        """The account's tokens."""
        return self._tokens

    def post(self, path: str, body: Data, *, templates: bool = False) -> Data:
        """POST JSON; the `data` of the answer. `templates`: to the address of messages by phone."""
        return self._call("POST", self._url(path, templates), {"json": body})

    def get(self, path: str, query: Mapping[str, str], *, templates: bool = False) -> Data:
        """GET; the `data` of the answer."""
        return self._call("GET", self._url(path, templates), {"params": query})

    def upload(self, path: str, name: str, data: bytes, media_type: str) -> Data:
        """POST one file; the `data` of the answer."""
        return self._call("POST", self._url(path), {"files": {"file": (name, data, media_type)}})

    def _url(self, path: str, templates: bool = False) -> str:
        base = self.settings.zalo_template_url if templates else self.settings.zalo_api_url
        return base.rstrip("/") + path

    def _call(self, method: str, url: str, content: dict[str, Any]) -> Data:
        known = self._tokens.usable()
        try:
            data = self._try(method, url, content, known)
        except ZaloError as error:
            if error.kind is not Kind.REFRESH:
                raise
            # Once: a token refused straight after its exchange has another cause than its age.
            known = self._tokens.exchanged(known)
            data = self._try(method, url, content, known)
        quota = data.get("quota")
        accounts.note_success(known, quota if isinstance(quota, dict) else None)
        return data

    def _try(self, method: str, url: str, content: dict[str, Any], known: Account) -> Data:
        too_long = self._pace.take(self.settings.zalo_wait_seconds)
        if too_long:
            raise TryLater("rate limit", too_long)
        try:
            response = self._http.request(method, url, headers={"access_token": known.access_token}, **content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryLater(f"zalo cannot be reached: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            raise Undecided(f"zalo did not answer: {type(error).__name__}") from None
        return _data(response)


def _data(response: httpx.Response) -> Data:
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise ZaloError(-32)
    if response.status_code >= 500:
        raise Undecided(f"zalo answered {response.status_code}")
    try:
        answer = response.json()
        code = int(answer["error"])
    except (ValueError, KeyError, TypeError):
        raise Undecided("zalo's answer is unreadable") from None
    if code:
        raise ZaloError(code)
    data = answer.get("data")
    return data if isinstance(data, dict) else {}


TRIES_OF_UNKNOWN = 3


def meaning(error: ZaloError, oa_id: str, attempts: int, *, has_alternative: bool = False) -> SendError:
    """What a refusal means for the message that was refused.

    `has_alternative`: another channel waits for this one to fail, so nothing is gained by waiting for a person.
    """
    reason, code = str(error), str(error.code)
    match error.kind:
        case Kind.HUMAN | Kind.TEMPLATE:
            accounts.note_trouble(oa_id, error.code)
            if error.kind is Kind.TEMPLATE or has_alternative:
                return Rejected(reason, code)
            return TryLater(reason, codes.HUMAN_SECONDS)
        case Kind.BACK_OFF:
            return TryLater(reason, codes.BACK_OFF_SECONDS)
        case Kind.RESCHEDULE:
            return TryLater(reason, codes.seconds_until_allowed(error.code, clock.now()))
        case Kind.REFRESH:
            return TryLater(reason, codes.HUMAN_SECONDS)
        case Kind.UNKNOWN if attempts < TRIES_OF_UNKNOWN:
            log.warning("unknown refusal of zalo", code=error.code)
            return TryLater(reason)
        case _:
            return Rejected(reason, code)
