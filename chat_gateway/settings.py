"""What differs between machines for the chat gateway alone; see `.env.example`."""

from functools import lru_cache

from pydantic import Field

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
