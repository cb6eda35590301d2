"""What officers should know of the bot: whether Telegram knows it, and whether updates get through to us."""

import threading
import time
from datetime import timedelta

from telegram import WebhookInfo

from backend import clock
from backend.i18n import N_
from backend.messaging.channels import Health, HealthState, SendError
from chat_gateway.settings import chat_settings
from chat_gateway.telegram import bot_api

KEPT_SECONDS = 60.0
RECENT = timedelta(minutes=15)

TOKEN = N_("Telegram không nhận mã của bot: đặt lại TELEGRAM_BOT_TOKEN, khởi động lại.")
NOT_REACHED = N_("Chưa kết nối được tới Telegram: kiểm tra mạng của máy chủ.")
NO_WEBHOOK = N_("Telegram chưa biết địa chỉ nhận tin: chạy flask --app chat_gateway.cli telegram set-webhook")
STILL_WEBHOOK = N_("Telegram vẫn gửi tin tới webhook: chạy flask --app chat_gateway.cli telegram delete-webhook")
FAILING = N_("Telegram không gửi được tin tới máy chủ: xem lỗi gần nhất.")


class Watch:
    """Asks Telegram at most once a minute: a page that is looked at often must not hang on it each time."""

    def __init__(self) -> None:
        self._health, self._until = Health(), float("-inf")
        self._lock = threading.Lock()

    def look(self) -> Health:
        """How the bot was within the last minute."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._health, self._until = _asked(), time.monotonic() + KEPT_SECONDS
            return self._health


def _asked() -> Health:
    try:
        name, webhook = bot_api.line().info()
    except bot_api.TokenRefused:
        return Health(HealthState.ALARM, steps=(TOKEN,))
    except SendError:
        return Health(HealthState.WARNING, steps=(NOT_REACHED,))
    polling = chat_settings().telegram_mode == "polling"
    facts = [
        ("Bot", f"@{name}"),
        (N_("Nhận tin"), N_("hỏi Telegram định kỳ") if polling else "webhook"),
        (N_("Tin chờ ở Telegram"), str(webhook.pending_update_count)),
    ]
    if webhook.last_error_date:
        at = webhook.last_error_date.astimezone(clock.VIETNAM)
        facts.append((N_("Lỗi gần nhất"), f"{at:%H:%M %d/%m/%Y} {webhook.last_error_message or ''}".strip()))
    state, steps = _judged(webhook, polling=polling)
    return Health(state, tuple(facts), steps)


def _judged(webhook: WebhookInfo, *, polling: bool) -> tuple[str, tuple[str, ...]]:
    if bool(webhook.url) == polling:
        return HealthState.ALARM, (STILL_WEBHOOK if polling else NO_WEBHOOK,)
    failed_at = webhook.last_error_date
    if failed_at and clock.now() - failed_at < RECENT and webhook.pending_update_count:
        return HealthState.WARNING, (FAILING,)
    return HealthState.WELL, ()
