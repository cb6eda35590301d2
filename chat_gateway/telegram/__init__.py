"""Telegram: the bot's webhook, or its polling, and the Bot API. How to connect a bot: `docs/channels.md`."""

from backend.messaging import channels
from chat_gateway.settings import chat_settings


def register() -> None:
    """Make Telegram known to this process, where there is a bot."""
    if chat_settings().telegram:
        from chat_gateway.telegram.channel import TelegramChannel  # its library takes long to import

        channels.register(TelegramChannel())
