"""`python -m sms_gateway.smpp`: the session process. Without `SMPP_HOST` it waits quietly for its end."""

import asyncio
import signal
import sys
from contextlib import suppress

from backend import logs
from backend.logs import logger
from backend.messaging import channels
from backend.settings import settings
from sms_gateway.channel import SmsChannel
from sms_gateway.settings import SmsSettings, sms_settings
from sms_gateway.smpp import door
from sms_gateway.smpp.journal import Journal
from sms_gateway.smpp.session import Session

log = logger(__name__)


async def keep(configured: SmsSettings, ended: asyncio.Event) -> None:
    """Hold the session until `ended`; then no new message is taken, what is under way is finished, and we unbind."""
    journal = Journal()
    session = Session(configured, journal)
    running = asyncio.create_task(session.run())
    host = configured.smpp_session_host or settings().host
    server = await door.opened(session, host, configured.smpp_session_port)
    await asyncio.wait([running, asyncio.create_task(ended.wait())], return_when=asyncio.FIRST_COMPLETED)
    server.close()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    journal.close()


async def main() -> None:
    """Until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    configured = sms_settings()
    if not configured.smpp_host:
        log.info("no carrier is configured: nothing to do")
        await ended.wait()
        return
    await keep(configured, ended)


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)  # why: gunicorn.conf.py
    logs.configure("smpp")
    channels.register(SmsChannel())
    asyncio.run(main())
