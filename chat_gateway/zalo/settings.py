"""Settings of the Zalo Official Account; see `.env.example` and `docs/channels.md`."""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from backend.settings import Environment, settings


class ZaloSettings(Environment):
    """The channel is there once `ZALO_OA_ID` is set; then the other keys of the account are needed, too."""

    zalo_oa_id: str = ""
    zalo_app_id: str = ""
    zalo_app_secret: SecretStr = SecretStr("")
    """Of the app: asked for with every token."""
    zalo_oa_secret: SecretStr = SecretStr("")
    """"OA Secret Key" of the app's Webhook page: what the webhook's mac is made with."""
    zalo_mac_id: Literal["app_id", "oa_id"] = "app_id"
    """Which id the mac begins with; sources differ, and both are never accepted side by side."""
    zalo_webhook_hours: float = Field(default=3, ge=2)
    """How old a signed event may be: repetitions come up to an hour late, the ledger knows them."""
    zalo_callback_url: str = ""
    """Where Zalo leads the administrator after consent; the code stands in the address."""

    zalo_api_url: str = "https://openapi.zalo.me"
    zalo_template_url: str = "https://business.openapi.zalo.me"
    zalo_oauth_url: str = "https://oauth.zaloapp.com"
    zalo_file_hosts: str = "*.zdn.vn"
    """Where files that citizens send may be fetched from, comma separated."""
    zalo_templates: Path | None = None
    """YAML file that says which approved template tells which event; none: no templates."""
    zalo_template_mode: Literal["", "development"] = ""
    """`development` reaches the administrators of the app and the OA only."""
    zalo_info_picture_url: str = ""
    """Picture of the card that asks for a phone number; without it the text has to ask."""

    zalo_connect_seconds: float = Field(default=3.0, gt=0)
    zalo_read_seconds: float = Field(default=8.0, gt=0)
    """Together well below `DELIVERY_LEASE_SECONDS`, or two workers may send the same message."""
    zalo_per_minute: float = Field(default=4_000, gt=0)
    """Calls of this process; Zalo allows an app 4,000: divide them among several workers."""
    zalo_wait_seconds: float = Field(default=1.0, ge=0)
    zalo_refresh_hours: float = Field(default=20, gt=0, lt=25)
    """Age at which an access token is exchanged; it ends after 25 hours."""

    @model_validator(mode="after")
    def _is_complete(self) -> "ZaloSettings":
        if self.zalo_oa_id:
            needed = {
                "ZALO_APP_ID": self.zalo_app_id,
                "ZALO_APP_SECRET": self.zalo_app_secret.get_secret_value(),
                "ZALO_OA_SECRET": self.zalo_oa_secret.get_secret_value(),
            }
            missing = [name for name, value in needed.items() if not value]
            if missing:
                raise ValueError(f"ZALO_OA_ID needs {', '.join(missing)}, too")
        return self

    @property
    def configured(self) -> bool:
        """Whether this house has an Official Account."""
        return bool(self.zalo_oa_id)

    @property
    def mac_id(self) -> str:
        """The id that the mac of a webhook begins with."""
        return self.zalo_app_id if self.zalo_mac_id == "app_id" else self.zalo_oa_id

    @property
    def oldest_event(self) -> timedelta:
        """How old a signed event may be."""
        return timedelta(hours=self.zalo_webhook_hours)

    @property
    def file_hosts(self) -> list[str]:
        """Hosts of incoming files."""
        return [host.strip() for host in self.zalo_file_hosts.split(",") if host.strip()]

    @property
    def callback_url(self) -> str:
        """Registered in Zalo's console, byte for byte."""
        return self.zalo_callback_url or f"{settings().public_url}/zalo/consent"


@lru_cache
def zalo_settings() -> ZaloSettings:
    """The process's settings; tests call `cache_clear()` after changing the environment."""
    return ZaloSettings()
