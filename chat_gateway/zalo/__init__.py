"""Zalo Official Account: webhook, consultation messages, approved templates. There once `ZALO_OA_ID` is set."""

from backend.messaging import channels
from chat_gateway.zalo.settings import zalo_settings


def register() -> None:
    """Make the channels known to this process where they are configured; templates by phone with their file only."""
    if not zalo_settings().configured:
        return
    from chat_gateway.zalo.channel import ZaloChannel, ZaloTemplateChannel  # `backend.models` imports this package
    from chat_gateway.zalo.client import Client

    client = Client(zalo_settings())
    channels.register(ZaloChannel(client))
    if zalo_settings().zalo_templates is not None:
        channels.register(ZaloTemplateChannel(client))
