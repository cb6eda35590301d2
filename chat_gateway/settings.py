"""What differs between machines for the chat gateway alone; see `.env.example`."""

import re
from functools import lru_cache
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from backend.settings import Environment, settings


class ChatSettings(Environment):
    """Settings of the chat gateway. Shared ones (ports, secrets, hotline) are in `backend.settings`."""

    sms_url: str = ""
    """Where the SMS gateway listens, asked for the SMS form of an answer; empty: this machine, `SMS_PORT`."""
    chat_origins: str = ""
    """Further origins the page may be served from, comma separated, where a proxy changes the Host header."""
    chat_cookie_secure: bool | None = None
    """Cookie over HTTPS only; unset: yes in production, no elsewhere."""
    chat_identity_days: int = Field(default=30, ge=1)
    """How long a browser that does not come back is remembered."""
    chat_messages_per_minute: int = Field(default=20, ge=1)
    chat_waiting_limit: int = Field(default=48, ge=0)
    """Long polls held at once by one process; keep it well under gunicorn's `--threads` (Procfile). The rest come
    again by the clock; 0 holds none."""

    telegram_bot_token: SecretStr = SecretStr("")
    """`<bot id>:<secret>`, from BotFather; empty: there is no Telegram."""
    telegram_webhook_secret: SecretStr = SecretStr("")
    """What Telegram shows with every webhook; empty: every webhook is refused."""
    telegram_mode: Literal["webhook", "polling"] = "webhook"
    telegram_public_url: str = ""
    """Where Telegram reaches this gateway, over HTTPS on port 443, 80, 88 or 8443."""
    telegram_max_connections: int = Field(default=20, ge=1, le=100)
    """Webhooks that Telegram may send at once."""
    telegram_api_url: str = "https://api.telegram.org"
    """Another address of the Bot API, for tests, proxies or a Bot API server of one's own."""
    telegram_rate_per_second: float = Field(default=30.0, gt=0)
    """Messages to all chats, by each worker process: Telegram allows 30 a second together."""
    telegram_chat_seconds: float = Field(default=1.0, ge=0)
    """Between two messages to one chat."""
    telegram_rate_wait_seconds: float = Field(default=1.0, ge=0)
    """Longest time a worker thread waits for its turn to send; beyond it the message is queued again."""
    telegram_connect_timeout_seconds: float = Field(default=3.0, gt=0)
    telegram_read_timeout_seconds: float = Field(default=8.0, gt=0)
    telegram_file_timeout_seconds: float = Field(default=12.0, gt=0)
    """For a whole file, up or down: well below `TURN_LEASE_SECONDS` and half of `DELIVERY_LEASE_SECONDS`."""

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _secret_is_one_for_telegram(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret.get_secret_value(), re.ASCII):
            raise ValueError("TELEGRAM_WEBHOOK_SECRET: up to 256 of A-Z a-z 0-9 _ -")
        return secret

    @model_validator(mode="after")
    def _polling_has_a_token(self) -> "ChatSettings":
        if self.telegram_mode == "polling" and not self.telegram:
            raise ValueError("TELEGRAM_MODE=polling needs TELEGRAM_BOT_TOKEN")
        return self

    @property
    def telegram(self) -> bool:
        """Whether there is a Telegram bot at all."""
        return bool(self.telegram_bot_token.get_secret_value())

    @property
    def sms_base(self) -> str:
        """Base URL of the SMS gateway."""
        return self.sms_url.rstrip("/") or f"http://127.0.0.1:{settings().sms_port}"

    @property
    def origins(self) -> frozenset[str]:
        """Origins accepted besides the request's own."""
        return frozenset(origin.strip().rstrip("/") for origin in self.chat_origins.split(",") if origin.strip())

    @property
    def cookie_secure(self) -> bool:
        """Whether the visitor's cookie is restricted to HTTPS."""
        if self.chat_cookie_secure is None:
            return settings().environment == "production"
        return self.chat_cookie_secure


@lru_cache
def chat_settings() -> ChatSettings:
    """The process's chat settings; tests call `chat_settings.cache_clear()` after changing the environment."""
    return ChatSettings()
