"""Access tokens: the first pair by consent, later ones by exchange, one exchange at a time in the whole house."""

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from backend import clock
from backend.errors import InvalidInput, Unavailable
from backend.logs import logger
from backend.messaging.channels import TryLater
from chat_gateway.zalo import accounts
from chat_gateway.zalo.accounts import Account, Exchange
from chat_gateway.zalo.settings import ZaloSettings

log = logger(__name__)

PATH = "/v4/oa/access_token"
CONSENT_PATH = "/v4/oa/permission"
RATE_LIMIT = -32
NO_CONSENT_SECONDS = 600.0
BEING_EXCHANGED_SECONDS = 3.0


class Tokens:
    """The tokens of one Official Account."""

    def __init__(self, settings: ZaloSettings, http: httpx.Client) -> None:
        self._settings, self._http = settings, http

    def usable(self) -> Account:
        """The account with an access token to use, exchanged beforehand when it is old. Raises TryLater."""
        known = accounts.account(self._settings.zalo_oa_id)
        if not known.access_token or known.obtained_at is None or known.expires_at is None:
            raise TryLater("zalo consent needed", NO_CONSENT_SECONDS)
        now = clock.now()
        if now - known.obtained_at < timedelta(hours=self._settings.zalo_refresh_hours):
            return known
        try:
            return self.exchanged(known)
        except TryLater:
            if now < known.expires_at:  # it is still good; another worker, or a later try, brings the next one
                return known
            raise

    def exchanged(self, known: Account) -> Account:
        """The account with a newer access token than `known` has. Raises TryLater where none is to be had now."""
        right = accounts.begin_exchange(known.oa_id, instead_of=known.access_token)
        if right is not None:
            self._exchange(known.oa_id, right)
        newer = accounts.account(known.oa_id)
        if newer.access_token != known.access_token:
            return newer
        if newer.consent_needed_since is not None:
            raise TryLater("zalo consent needed", NO_CONSENT_SECONDS)
        raise TryLater("zalo token being exchanged", BEING_EXCHANGED_SECONDS)

    def _exchange(self, oa_id: str, right: Exchange) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": right.refresh_token}
        try:
            answer = self._ask(form)
        except Unavailable:
            return  # the lease stays until it runs out, so that nobody asks again at once
        pair, code = _pair(answer), _code(answer)
        if pair is not None:
            accounts.finish_exchange(oa_id, right.lease, *pair)
        elif code == RATE_LIMIT:
            log.warning("zalo exchanges no token just now")
        else:
            # Any other refusal means that this refresh token is worth nothing: asking again cannot help.
            log.warning("zalo refused an exchange", code=code)
            accounts.refuse_exchange(oa_id, right.lease)

    def first(self, code: str) -> None:
        """Exchange the code of a consent for the first pair.

        Raises InvalidInput when Zalo refuses it, Unavailable when Zalo does not answer.
        """
        oa_id = self._settings.zalo_oa_id
        verifier = accounts.account(oa_id).verifier
        answer = self._ask({"grant_type": "authorization_code", "code": code, "code_verifier": verifier})
        pair = _pair(answer)
        if pair is None:
            raise InvalidInput(f"Zalo không nhận mã này (lỗi {_code(answer)}). Mã chỉ dùng một lần, trong 10 phút.")
        accounts.keep_first(oa_id, *pair)

    def _ask(self, form: dict[str, str]) -> dict[str, Any]:
        """One POST. Raises Unavailable where nobody knows what became of it."""
        secret = self._settings.zalo_app_secret.get_secret_value()
        url = self._settings.zalo_oauth_url.rstrip("/") + PATH
        form = form | {"app_id": self._settings.zalo_app_id}
        try:
            response = self._http.post(url, data=form, headers={"secret_key": secret})
            answer = response.json()
        except (httpx.HTTPError, ValueError):
            raise Unavailable from None  # the error would hold the form
        if response.status_code >= 500 or not isinstance(answer, dict):
            raise Unavailable
        return answer


def _pair(answer: dict[str, Any]) -> tuple[str, str, timedelta] | None:
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
        return None
    named = str(answer.get("expires_in", ""))  # a string of seconds
    seconds = int(named) if named.isascii() and named.isdecimal() and len(named) < 9 else 0
    return access, refresh, timedelta(seconds=seconds or accounts.LONGEST_LIFE.total_seconds())


def _code(answer: dict[str, Any]) -> int:
    code = answer.get("error")
    return code if isinstance(code, int) else 0


def challenge(verifier: str) -> str:
    """What Zalo's console is given, of which only we hold the origin (PKCE)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def new_consent(settings: ZaloSettings) -> tuple[str, str]:
    """The challenge to enter in Zalo's console, and the address at which an administrator of the OA consents."""
    verifier = secrets.token_urlsafe(32)  # 43 characters
    accounts.keep_verifier(settings.zalo_oa_id, verifier)
    asked = {
        "app_id": settings.zalo_app_id,
        "redirect_uri": settings.callback_url,
        "code_challenge": challenge(verifier),
    }
    return asked["code_challenge"], f"{settings.zalo_oauth_url.rstrip('/')}{CONSENT_PATH}?{urlencode(asked)}"
