"""Everything that differs between machines, read once from the environment and `.env`.

`.env.example` lists every name with its default. Rooms with settings of their own
(`sms_gateway/settings.py`, `chat_gateway/settings.py`) derive from `Environment`.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT_TOKEN = "development-only"  # noqa: S105 - refused in production, see below
EXAMPLE = "generate-me"
"""What stands in `.env.example` for a secret."""


class Environment(BaseSettings):
    """Reads `.env` at the repository root; real environment variables win."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore", frozen=True)

    @model_validator(mode="after")
    def _secrets_are_not_the_examples(self) -> Self:
        """`.env.example` copied by hand holds words that everybody knows; `make run` puts secrets in their place."""
        for name, value in self:
            if isinstance(value, SecretStr) and value.get_secret_value() == EXAMPLE:
                raise ValueError(f"{name.upper()} is still that of .env.example")
        return self


class Settings(Environment):
    """Settings of the backend and of what every process shares."""

    environment: Literal["development", "test", "production"] = "development"
    data_dir: Path = ROOT / "var"
    storage_dir: Path | None = None
    """Where uploaded files are kept; `files` in the data folder where it is not set."""
    storage_s3_bucket: str = ""
    """Uploaded files go to this bucket of an S3-compatible store instead, where it is set."""
    storage_s3_endpoint: str = ""
    """Base URL of the store, "" for Amazon's own."""
    storage_s3_region: str = "us-east-1"
    storage_s3_key_id: str = ""
    storage_s3_secret: SecretStr = SecretStr("")
    storage_s3_prefix: str = ""
    """What the keys begin with, where the bucket is shared."""
    communes_geojson: Path | None = None
    """Boundaries of the communes (`backend.organisation.boundaries` tells the form); without it a place that is
    shared has no name."""
    map_tiles_url: str = Field(default="", pattern=r"^(https?://[^\s{}]+(\{[zxy]\}[^\s{}]*){3})?$")
    """Tiles under the map of published reports, such as `https://tiles.example/{z}/{x}/{y}.png`; without it the map is
    a drawing of our own. Readers' browsers ask that server."""
    map_tiles_credit: str = ""
    """Whom the tiles' licence wants to be named, below the map."""
    open311_jurisdiction: str = "daklak.gov.vn"
    """The `jurisdiction_id` that programs may name when they ask by Open311; they need not name any."""
    database_url: str = ""
    redis_url: str = ""
    sqlite_synchronous: Literal["NORMAL", "FULL"] = "NORMAL"
    """NORMAL survives every crash of a process; FULL also a power cut, for an fsync (some ms) at every commit."""
    lock_poll_seconds: float = Field(default=0.002, gt=0)
    """How often SQLite's write lock is asked for again; the Procfile lets gateways ask more often than the rest."""
    postgresql_schema: str = "rasa"
    """Where Rasa keeps its events on PostgreSQL; Rasa reads the name, too, and makes the table but not the schema."""
    practice_schema: str = "practice"
    """Where beginners practise on PostgreSQL; on SQLite it is a file of its own."""
    rasa_urls: str = "http://127.0.0.1:5005"
    log_format: Literal["console", "json"] = "console"
    log_level: str = "INFO"

    host: str = "127.0.0.1"
    web_port: int = 8000
    sms_port: int = 8001
    chat_port: int = 8002
    actions_port: int = 5055
    rasa_port: int = 5005

    trusted_proxies: int = Field(default=0, ge=0)
    """How many reverse proxies of our own stand in front; their X-Forwarded-For is believed, nobody else's."""

    sms_url: str = ""
    """Where the SMS gateway listens, for the pages that show what it knows; empty: this machine, `SMS_PORT`."""

    internal_token: SecretStr = Field(default=SecretStr(DEVELOPMENT_TOKEN), min_length=1)
    secret_key: SecretStr = Field(default=SecretStr(DEVELOPMENT_TOKEN), min_length=1)

    hotline: str = "0262.1022"
    province: str = "Đắk Lắk"
    public_url: str = "http://127.0.0.1:8000"
    """Where citizens reach the web process: the links in messages and QR codes begin with it."""
    procedure_source: str = "Cổng Dịch vụ công quốc gia"

    payment_provider: Literal["", "sandbox"] = "sandbox"
    """Who takes fees online. The sandbox takes nothing and works outside production only; empty: at the desk alone."""
    postal_carrier: Literal["", "sandbox"] = "sandbox"
    """Who carries results. The sandbox carries nothing; in production, and where it is empty, parcels wait for
    somebody to send them by hand."""

    worker_threads: int = Field(default=6, ge=1)
    queue_poll_seconds: float = Field(default=0.02, gt=0)
    rasa_timeout_seconds: float = Field(default=8.0, gt=0)
    messages_per_minute: int = Field(default=30, ge=1)
    """More than so many of one sender are kept but not answered."""
    turn_lease_seconds: float = Field(default=20.0, gt=0)
    delivery_lease_seconds: float = Field(default=60.0, gt=0)

    @model_validator(mode="after")
    def _production_has_secrets(self) -> "Settings":
        """A production process with the published development secrets must not start."""
        secrets = {self.internal_token.get_secret_value(), self.secret_key.get_secret_value()}
        if self.environment == "production" and DEVELOPMENT_TOKEN in secrets:
            raise ValueError("INTERNAL_TOKEN and SECRET_KEY must be set in production")
        return self

    @model_validator(mode="after")
    def _bucket_has_keys(self) -> "Settings":
        """A bucket without keys would lose the first photo instead of the start."""
        if self.storage_s3_bucket and not (self.storage_s3_key_id and self.storage_s3_secret.get_secret_value()):
            raise ValueError("STORAGE_S3_BUCKET needs STORAGE_S3_KEY_ID and STORAGE_S3_SECRET")
        return self

    @property
    def sms_base(self) -> str:
        """Base URL of the SMS gateway."""
        return self.sms_url.rstrip("/") or f"http://127.0.0.1:{self.sms_port}"

    @property
    def storage(self) -> Path:
        """The folder of uploaded files."""
        return self.storage_dir or self.data_dir / "files"

    @property
    def database(self) -> str:
        """SQLAlchemy URL: `DATABASE_URL`, or SQLite in the data folder."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'mot_cua.db'}"
        return re.sub(r"^postgres(?:ql)?://", "postgresql+psycopg://", self.database_url)

    @property
    def rasa_servers(self) -> list[str]:
        """Base URLs of the Rasa servers; a conversation always goes to the same one."""
        return [url.strip().rstrip("/") for url in self.rasa_urls.split(",") if url.strip()]


@lru_cache
def settings() -> Settings:
    """The process's settings; tests call `settings.cache_clear()` after changing the environment."""
    return Settings()
