"""Settings of the SMS gateway: which provider, its credentials, the address Twilio knows us by."""

from functools import lru_cache
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from backend.settings import Environment, settings

DEVELOPMENT_ACCOUNT = "AC" + "0" * 32
"""Account id that the simulator signs for where none is configured."""


class SmsSettings(Environment):
    """`SMS_PROVIDER` chooses who sends; the inbound webhook is open whenever an auth token is set."""

    sms_provider: Literal["console", "twilio"] = "console"
    sms_public_url: str = ""
    """Base of the URLs configured at Twilio, e.g. `https://sms.daklak.gov.vn`; what signatures are computed over."""
    sms_rate_per_second: float = Field(default=10.0, gt=0)
    """Messages handed to the provider per second, by each worker process."""
    sms_rate_wait_seconds: float = Field(default=1.0, ge=0)
    """Longest time a worker thread waits for its turn to send; beyond it the message is queued again."""

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_auth_token_secondary: SecretStr = SecretStr("")
    """Also accepted on webhooks, while a token is being rotated; never used for sending."""
    twilio_from: str = ""
    twilio_messaging_service_sid: str = ""
    """Wins over `TWILIO_FROM` when both are set."""
    twilio_base_url: str = ""
    """Another address of Twilio's API, for tests and egress proxies; empty means Twilio's own."""
    twilio_connect_timeout_seconds: float = Field(default=3.0, gt=0)
    twilio_read_timeout_seconds: float = Field(default=8.0, gt=0)
    """Together with the wait above well below `DELIVERY_LEASE_SECONDS`, or two workers may send the same message."""

    @model_validator(mode="after")
    def _twilio_is_complete(self) -> "SmsSettings":
        if self.sms_provider == "twilio":
            needed = {
                "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
                "TWILIO_AUTH_TOKEN": self.twilio_auth_token.get_secret_value(),
                "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID": self.twilio_from or self.twilio_messaging_service_sid,
                "SMS_PUBLIC_URL": self.sms_public_url,
            }
            missing = [name for name, value in needed.items() if not value]
            if missing:
                raise ValueError(f"SMS_PROVIDER=twilio needs {', '.join(missing)}")
        return self

    @property
    def public_url(self) -> str:
        """`SMS_PUBLIC_URL`, or this machine's own address, without a slash at the end."""
        return (self.sms_public_url or f"http://{settings().host}:{settings().sms_port}").rstrip("/")

    @property
    def webhook_tokens(self) -> list[str]:
        """Every token that may have signed a webhook; empty means that nothing can be verified."""
        tokens = (self.twilio_auth_token, self.twilio_auth_token_secondary)
        return [token.get_secret_value() for token in tokens if token.get_secret_value()]


@lru_cache
def sms_settings() -> SmsSettings:
    """The process's settings; tests call `sms_settings.cache_clear()` after changing the environment."""
    return SmsSettings()
