"""What this process needs to know, from the environment and `.env` (names shared with the backend, code is not)."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_TOKEN = "development-only"  # noqa: S105 - refused in production, see below
PUBLISHED = frozenset({"", DEVELOPMENT_TOKEN, "generate-me"})
"""What everybody knows: the defaults of the code and of `.env.example`."""


class Settings(BaseSettings):
    """Real environment variables win over `.env` at the repository root."""

    model_config = SettingsConfigDict(
        env_file=Path(__file__).resolve().parent.parent / ".env", extra="ignore", frozen=True
    )

    environment: Literal["development", "test", "production"] = "development"
    host: str = "127.0.0.1"
    web_port: int = 8000
    backend_url: str = ""
    internal_token: SecretStr = SecretStr(DEVELOPMENT_TOKEN)
    actions_port: int = 5055
    log_level: str = "INFO"
    # The backend waits 8 s for a turn, and a turn asks the backend three times at most: no step may eat it all.
    backend_connect_seconds: float = Field(default=1.0, gt=0)
    backend_read_seconds: float = Field(default=3.0, gt=0)

    @model_validator(mode="after")
    def _production_has_a_secret(self) -> "Settings":
        if self.environment == "production" and self.internal_token.get_secret_value() in PUBLISHED:
            raise ValueError("INTERNAL_TOKEN must be set in production")
        return self

    @property
    def backend(self) -> str:
        """Base URL of the backend: `BACKEND_URL`, or where this machine's web process listens."""
        return (self.backend_url or f"http://{self.host}:{self.web_port}").rstrip("/")


@lru_cache
def settings() -> Settings:
    """The process's settings; tests call `settings.cache_clear()` after changing the environment."""
    return Settings()
