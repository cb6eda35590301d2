"""Settings of the SMS gateway: which providers, their credentials, the address they know us by."""

from functools import lru_cache
from typing import Literal, get_args

from pydantic import Field, SecretStr, model_validator

from backend.settings import Environment, settings

DEVELOPMENT_ACCOUNT = "AC" + "0" * 32
"""Account id that the simulator signs for where none is configured."""
Name = Literal["console", "twilio", "smpp", "esms"]
NAMES: tuple[str, ...] = get_args(Name)
MOST_WEIGHT = 100


class SmsSettings(Environment):
    """Who sends is `SMS_PROVIDERS`, or `SMS_PROVIDER` alone; a webhook is open whenever its secret is set."""

    sms_provider: Name = "console"
    sms_providers: str = ""
    """Several providers with their weights, e.g. `smpp:80,esms:20`; wins over `SMS_PROVIDER`."""
    sms_costs: str = ""
    """Đồng per segment by provider, e.g. `smpp:350,esms:500,twilio:1800`; a provider without one costs "unknown"."""
    sms_errors_per_minute: int = Field(default=50, ge=1)
    """More passing errors than this within 60 s take weight from a provider."""
    sms_slow_share: float = Field(default=0.15, gt=0, le=1)
    """So much of what was sent in the last 15 minutes being slow takes weight from a provider."""
    sms_slow_seconds: float = Field(default=300.0, gt=0)
    """A message is slow that its receipt did not follow within this time."""
    sms_weight_step: int = Field(default=10, ge=1, le=MOST_WEIGHT)
    """How much weight is taken at once, at most once a minute, and given back, every five minutes."""
    sms_quiet_minutes: int = Field(default=15, ge=1)
    """A provider has to be without fault for so long before it is given weight back."""
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
    twilio_media_hosts: str = "api.twilio.com,*.twiliocdn.com"
    """Where pictures of citizens are fetched from, and from nowhere else."""

    smpp_host: str = ""
    """The carrier's SMSC; empty: the session process idles."""
    smpp_port: int = 2775
    smpp_tls: bool = False
    smpp_system_id: str = ""
    smpp_password: SecretStr = SecretStr("")
    smpp_system_type: str = ""
    smpp_source: str = ""
    """What messages come from: the brand name or the short code."""
    smpp_source_ton: int = 5
    smpp_source_npi: int = 0
    smpp_long_messages: Literal["udh8", "udh16", "sar", "payload"] = "udh8"
    """How a text of several segments is handed over: headers of 8 or 16 bit, parameters, or whole."""
    smpp_default_alphabet: Literal["gsm7", "latin1"] = "gsm7"
    """What `data_coding` 0 means to this carrier."""
    smpp_window: int = Field(default=10, ge=1)
    """Segments handed over whose answer is not written down yet; also how many messages a worker hands over at once."""
    smpp_enquire_seconds: float = Field(default=30.0, gt=0)
    smpp_response_seconds: float = Field(default=8.0, gt=0)
    """How long an answer is waited for. Twice of it must be well below `DELIVERY_LEASE_SECONDS`."""
    smpp_reconnect_most_seconds: float = Field(default=60.0, gt=0)
    smpp_repeat_seconds: float = Field(default=60.0, ge=0)
    """An equal message of the same sender within this time is the carrier's repetition, not the citizen's, unless the
    carrier had our answer to the first one."""
    smpp_parts_seconds: float = Field(default=600.0, gt=0)
    """How long missing parts of a long message are waited for; then what is there is passed on."""
    smpp_session_host: str = ""
    """Where workers find the session process; empty: this machine."""
    smpp_session_port: int = 2776

    esms_base_url: str = "https://rest.esms.vn"
    esms_api_key: str = ""
    esms_secret_key: SecretStr = SecretStr("")
    esms_brandname: str = ""
    esms_sandbox: bool = False
    """eSMS checks everything and sends nothing."""
    esms_callback_secret: SecretStr = SecretStr("")
    """Part of the address of delivery reports: eSMS does not sign them. At least 20 characters."""
    esms_timeout_seconds: float = Field(default=8.0, gt=0)

    @model_validator(mode="after")
    def _providers_are_complete(self) -> "SmsSettings":
        for name in self.weights:
            missing = [setting for setting, value in self._needed(name).items() if not value]
            if missing:
                raise ValueError(f"the SMS provider {name} needs {', '.join(missing)}")
        secret = self.esms_callback_secret.get_secret_value()
        if secret and len(secret) < 20:
            raise ValueError("ESMS_CALLBACK_SECRET is too short to be a secret")
        _numbers("SMS_COSTS", self.sms_costs, most=1_000_000)
        return self

    def _needed(self, name: str) -> dict[str, str]:
        if name == "twilio":
            return {
                "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
                "TWILIO_AUTH_TOKEN": self.twilio_auth_token.get_secret_value(),
                "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID": self.twilio_from or self.twilio_messaging_service_sid,
                "SMS_PUBLIC_URL": self.sms_public_url,
            }
        if name == "smpp":
            return {
                "SMPP_HOST": self.smpp_host,
                "SMPP_SYSTEM_ID": self.smpp_system_id,
                "SMPP_SOURCE": self.smpp_source,
            }
        if name == "esms":
            return {
                "ESMS_API_KEY": self.esms_api_key,
                "ESMS_SECRET_KEY": self.esms_secret_key.get_secret_value(),
                "ESMS_BRANDNAME": self.esms_brandname,
                "ESMS_CALLBACK_SECRET": self.esms_callback_secret.get_secret_value(),
                "SMS_PUBLIC_URL": self.sms_public_url,
            }
        return {}

    @property
    def weights(self) -> dict[str, int]:
        """The providers in use with the weights they rest at, 0 to 100."""
        return _numbers("SMS_PROVIDERS", self.sms_providers, most=MOST_WEIGHT) or {self.sms_provider: MOST_WEIGHT}

    @property
    def costs(self) -> dict[str, int]:
        """Đồng per segment, of the providers whose price is known."""
        return _numbers("SMS_COSTS", self.sms_costs, most=1_000_000)

    @property
    def media_hosts(self) -> tuple[str, ...]:
        """Hosts that pictures may be fetched from."""
        return tuple(host.strip() for host in self.twilio_media_hosts.split(",") if host.strip())

    @property
    def public_url(self) -> str:
        """`SMS_PUBLIC_URL`, or this machine's own address, without a slash at the end."""
        return (self.sms_public_url or f"http://{settings().host}:{settings().sms_port}").rstrip("/")

    @property
    def webhook_tokens(self) -> list[str]:
        """Every token that may have signed a webhook; empty means that nothing can be verified."""
        tokens = (self.twilio_auth_token, self.twilio_auth_token_secondary)
        return [token.get_secret_value() for token in tokens if token.get_secret_value()]


def _numbers(setting: str, text: str, *, most: int) -> dict[str, int]:
    """`name:number,…` of known providers. Raises ValueError naming the setting."""
    numbers: dict[str, int] = {}
    for entry in (entry.strip() for entry in text.split(",")):
        if not entry:
            continue
        name, _, number = entry.partition(":")
        if name not in NAMES or not number.isascii() or not number.isdecimal() or int(number) > most or name in numbers:
            raise ValueError(f"{setting}: {entry!r} is not one of {', '.join(NAMES)} with a number up to {most}")
        numbers[name] = int(number)
    return numbers


@lru_cache
def sms_settings() -> SmsSettings:
    """The process's settings; tests call `sms_settings.cache_clear()` after changing the environment."""
    return SmsSettings()
