"""Twilio: sending, and finding again what an unanswered request may have sent.

Its endpoint knows no idempotency key, so whatever may have got through is looked up before the next try. Twilio
itself warns against hard-wiring its error codes; the sets below hold those whose meaning decides what we do, and
everything else is left to be judged by repetition (`Unclassified`).
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from backend import clock
from backend.logs import logger
from backend.messaging.channels import Rejected, SendError, TryLater, Undecided
from sms_gateway.plain import plain
from sms_gateway.providers.base import OptedOut, Provider, Unclassified
from sms_gateway.settings import SmsSettings

log = logger(__name__)

PASSING = frozenset({20429, 21611, 30001, 30003})
"""Too many requests, sender's queue or account's queue full, phone off."""
PERMANENT = frozenset(
    {21211, 21214, 21217, 21265, 21408, 21612, 21614, 21617, 21619, 21635, 30004, 30005, 30006, 30007}
)
"""About this recipient or this text: bad or unreachable number, region not enabled, too long, filtered."""
OPTED_OUT = frozenset({21610})
OPERATOR = frozenset(
    {20003, 20005, 20404, 21212, 21603, 21606, 21607, 21608, 21609, 21659, 21660, 21703, 21704, 21705, 30002}
)
"""About our account, sender or settings: no message is to blame, all of them wait until somebody has repaired it."""

_OPERATOR_PAUSE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 3600.0
_CLOCK_SKEW = timedelta(seconds=5)
_LOOKED_THROUGH = 200
_REMEMBERED = 10_000
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What twilio-python raises for a 2xx answer that is not the promised JSON."""
_TRIAL_PREFIX = "Sent from your Twilio trial account - "


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's own client, which keeps `Retry-After` from its callers and knows only one limit of time."""

    def __init__(self, connect_seconds: float, read_seconds: float) -> None:
        super().__init__()
        self.timeout = (connect_seconds, read_seconds)  # its constructor refuses the pair that requests takes

    def request(self, *args: Any, **options: Any) -> Any:
        """As inherited. Raises TryLater for 429 and 503."""
        response = super().request(*args, **options)
        if response.status_code in (429, 503):
            raise TryLater(f"twilio answered {response.status_code}", _retry_after(response.headers))
        return response


class TwilioProvider(Provider):
    """Sends by a Messaging Service or a fixed sender; delivery reports come to `sms_gateway.web`."""

    name = "twilio"

    def __init__(self, settings: SmsSettings) -> None:
        self._client = Client(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            http_client=_HttpClient(settings.twilio_connect_timeout_seconds, settings.twilio_read_timeout_seconds),
        )
        if settings.twilio_base_url:
            self._client.api.base_url = settings.twilio_base_url.rstrip("/")
        self._sender: dict[str, str] = {"status_callback": f"{settings.public_url}/sms/twilio/status"}
        if settings.twilio_messaging_service_sid:
            self._sender["messaging_service_sid"] = settings.twilio_messaging_service_sid
        else:
            self._sender["from_"] = settings.twilio_from
        self._handed: deque[str] = deque(maxlen=_REMEMBERED)
        """Ids that are some message's already, so that an equal text sent before is not taken for this one."""

    def try_send(self, to: str, body: str, reference: str) -> str:
        """One POST. `reference` has no place in Twilio's interface."""
        try:
            sid = self._client.messages.create(to=to, body=body, **self._sender).sid
        except (TwilioRestException, TwilioServiceException) as error:
            raise _failure(error.status, error.code) from error
        except requests.RequestException as error:
            raise _broken(error) from error
        except _UNREADABLE as error:
            raise Undecided("twilio's answer is unreadable") from error
        if not sid:
            raise Undecided("twilio's answer names no message")
        self._handed.append(sid)
        return str(sid)

    def find(self, to: str, body: str, reference: str, since: datetime) -> str | None:
        """The oldest message to `to` with this text that Twilio made since then and that is not another one of ours."""
        earliest = since.astimezone(UTC).replace(microsecond=0) - _CLOCK_SKEW
        try:
            messages = self._client.messages.list(to=to, date_sent_after=earliest, limit=_LOOKED_THROUGH)
        except (SendError, TwilioException, requests.RequestException, *_UNREADABLE) as error:
            raise Undecided("twilio's list is not to be had") from error
        for message in reversed(messages):
            if message.sid not in self._handed and _same(message, body, earliest):
                self._handed.append(message.sid)
                return str(message.sid)
        return None


def _same(message: Any, body: str, earliest: datetime) -> bool:
    made = message.date_created
    if made is not None and made < earliest:
        return False
    # A Messaging Service may have replaced punctuation (Smart Encoding): compared in their plain forms.
    return plain((message.body or "").removeprefix(_TRIAL_PREFIX)) == plain(body)


def _failure(status: int, code: object) -> SendError:
    """What Twilio's refusal means for the message; only codes are named, its sentences hold phone numbers."""
    known = int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0
    reason = f"twilio answered {status}, code {known}"
    if known in PASSING:
        return TryLater(reason)
    if known in OPTED_OUT:
        return OptedOut(reason, str(known))
    if known in PERMANENT:
        return Rejected(reason, str(known))
    if known in OPERATOR or status in (401, 403, 404):
        log.error("twilio refuses our account or settings", status=status, code=known)
        return TryLater(reason, _OPERATOR_PAUSE_SECONDS)
    if status >= 500:  # some gateways say 502 or 504 after the message went through
        return Undecided(reason)
    return Unclassified(reason, str(known or status))


def _broken(error: requests.RequestException) -> SendError:
    """A connection that never came about carried no message; one that broke may have."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return TryLater("twilio cannot be reached")
    return Undecided(f"twilio did not answer: {type(error).__name__}")


def _retry_after(headers: Any) -> float | None:
    """Seconds of `Retry-After`, which is a number or a date; None where it is neither."""
    named = str((headers or {}).get("Retry-After", "")).strip()
    try:
        seconds = float(named) if named.isdecimal() else (parsedate_to_datetime(named) - clock.now()).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE_SECONDS)
