"""Open-loop load on loopback: requests leave by the clock, whether or not the ones before were answered."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator

from tests.builders import zalo as zalo_events
from tests.end_to_end.stack import TWILIO_ACCOUNT, TWILIO_TOKEN, Stack

GETTING_READY_SECONDS = 1.0
TELEGRAM = {
    "TELEGRAM_BOT_TOKEN": "123456:benchmark-benchmark-benchmark-1234",
    "TELEGRAM_WEBHOOK_SECRET": "benchmark-secret",
    "TELEGRAM_API_URL": "http://127.0.0.1:9",
}
ZALO = zalo_events.SETTINGS
"""Settings with which the chat gateway takes what is made here; its answers have nowhere to go."""
_ids = itertools.count(10**6)


@dataclass(frozen=True)
class Sending:
    """One prepared webhook call: who it is from, and what the provider would post."""

    who: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Webhook:
    """A provider's way in: its address, and how it words one message of `who`."""

    url: str
    message: Callable[[str, str], Sending]

    def prepare(self, people: Sequence[str], texts: Sequence[str]) -> list[Sending]:
        """One message a person, texts in turn; signed before the clock starts."""
        return [self.message(who, words) for who, words in zip(people, itertools.cycle(texts), strict=False)]


def twilio(stack: Stack) -> Webhook:
    """Twilio's signed form."""
    url, validator = f"http://127.0.0.1:{stack.ports['sms']}/sms/twilio/inbound", RequestValidator(TWILIO_TOKEN)

    def message(who: str, words: str) -> Sending:
        form = {
            "MessageSid": f"SM{next(_ids):032x}",
            "AccountSid": TWILIO_ACCOUNT,
            "From": who,
            "To": "+84262000000",
            "Body": words,
            "NumMedia": "0",
        }
        signature = validator.compute_signature(url, form)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return Sending(who, urlencode(form).encode(), headers)

    return Webhook(url, message)


def telegram(stack: Stack) -> Webhook:
    """Telegram's update with its secret."""
    url = f"http://127.0.0.1:{stack.ports['chat']}/telegram/webhook"

    def message(who: str, words: str) -> Sending:
        number, person = next(_ids), int(who.lstrip("+"))
        update = {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": int(time.time()),
                "chat": {"id": person, "type": "private", "first_name": "Lan"},
                "from": {"id": person, "is_bot": False, "first_name": "Lan"},
                "text": words,
            },
        }
        headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM["TELEGRAM_WEBHOOK_SECRET"]}
        return Sending(who, json.dumps(update).encode(), headers | {"Content-Type": "application/json"})

    return Webhook(url, message)


def zalo(stack: Stack) -> Webhook:
    """Zalo's event with its mac."""
    url = f"http://127.0.0.1:{stack.ports['chat']}{zalo_events.PATH}"

    def message(who: str, words: str) -> Sending:
        event = zalo_events.said(words, msg_id=f"{next(_ids):020d}", user=who.lstrip("+"))
        body = zalo_events.raw(event)
        signature = f"mac={zalo_events.mac(body, event['timestamp'])}"
        return Sending(who, body, {"X-ZEvent-Signature": signature, "Content-Type": "application/json"})

    return Webhook(url, message)


async def post_all(url: str, sendings: Sequence[Sending], per_second: float) -> tuple[list[float], dict[str, float]]:
    """Send at a steady rate; seconds each took from its due moment, and when each one's message left (wall clock)."""
    took: list[float] = []
    left: dict[str, float] = {}
    connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector) as session:
        # Some of the future: to make thousands of tasks takes a moment, which is not the server's.
        start = time.perf_counter() + GETTING_READY_SECONDS

        async def one(position: int, sending: Sending) -> None:
            due = start + position / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            left[sending.who] = time.time()
            async with session.post(url, data=sending.body, headers=sending.headers) as response:
                await response.read()
                if response.status != 200:
                    raise RuntimeError(f"{response.status} from {url}")
            took.append(time.perf_counter() - due)

        await asyncio.gather(*(one(position, sending) for position, sending in enumerate(sendings)))
    return took, left
