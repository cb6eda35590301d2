"""Settings of telling people: which channels in which order, how long each has, when not to disturb, and e-mail."""

from datetime import time
from functools import lru_cache

from pydantic import Field, SecretStr, field_validator

from backend.settings import Environment


class NotificationSettings(Environment):
    """What a province may want otherwise."""

    notice_channels: str = "zalo,telegram,zns,sms,email"
    """In the order in which they are tried; those that an applicant has not linked are passed over. `zns`: Zalo's
    approved templates to the phone number, where there is one for the event."""
    notice_hours: str = "zalo:2,telegram:2,zns:2,sms:24,email:24"
    """How long each has to deliver before the next is tried."""
    quiet_from: time = time(21)
    quiet_until: time = time(7)
    """Between them (Vietnam) nobody is texted about what can wait."""
    digest_at: time = time(7, 30)
    """When officers get their morning mail, on working days."""

    smtp_host: str = ""
    """Empty: e-mails are only noted in the log, by their ids."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = True
    smtp_from: str = "Một Cửa <khong-tra-loi@mot-cua.local>"
    smtp_timeout_seconds: float = Field(default=15.0, gt=0)

    @field_validator("notice_hours")
    @classmethod
    def _hours(cls, text: str) -> str:
        if any(hours <= 0 for hours in _pairs(text).values()):
            raise ValueError("hours must be positive")
        return text

    @property
    def left_out(self) -> list[str]:
        """Channels of the default order that the setting does not name: an older `.env` knows only older ones."""
        default = str(type(self).model_fields["notice_channels"].default)
        return [name for name in default.split(",") if name not in self.channels]

    @property
    def channels(self) -> list[str]:
        """Names of the channels, in order."""
        return [name.strip() for name in self.notice_channels.split(",") if name.strip()]

    def hours(self, channel: str) -> float:
        """How long this channel has to deliver."""
        return _pairs(self.notice_hours).get(channel, 24.0)


def _pairs(text: str) -> dict[str, float]:
    parts = [part.partition(":") for part in text.split(",") if part.strip()]
    return {name.strip(): float(hours) for name, _, hours in parts}


@lru_cache
def notification_settings() -> NotificationSettings:
    """The process's settings; tests call `cache_clear()` after changing the environment."""
    return NotificationSettings()
