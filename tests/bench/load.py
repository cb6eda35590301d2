"""Open-loop load on loopback: requests leave by the clock, whether or not the ones before were answered."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from twilio.request_validator import RequestValidator

from tests.end_to_end.stack import TWILIO_ACCOUNT, TWILIO_TOKEN, Stack

GETTING_READY_SECONDS = 1.0
_ids = itertools.count(10**6)


@dataclass(frozen=True)
class Sending:
    """One prepared webhook call."""

    phone: str
    form: dict[str, str]
    signature: str


def prepare(stack: Stack, phones: Sequence[str], texts: Sequence[str]) -> list[Sending]:
    """Signed inbound messages, one a phone, texts in turn; signed before the clock starts."""
    url, validator = inbound(stack), RequestValidator(TWILIO_TOKEN)
    prepared = []
    for phone, words in zip(phones, itertools.cycle(texts), strict=False):
        form = {
            "MessageSid": f"SM{next(_ids):032x}",
            "AccountSid": TWILIO_ACCOUNT,
            "From": phone,
            "To": "+84262000000",
            "Body": words,
            "NumMedia": "0",
        }
        prepared.append(Sending(phone, form, validator.compute_signature(url, form)))
    return prepared


def inbound(stack: Stack) -> str:
    """The webhook's address."""
    return f"http://127.0.0.1:{stack.ports['sms']}/sms/twilio/inbound"


async def post_all(url: str, sendings: Sequence[Sending], per_second: float) -> tuple[list[float], dict[str, float]]:
    """Send at a steady rate; seconds each took from its due moment, and when each phone's message left (wall clock)."""
    took: list[float] = []
    left: dict[str, float] = {}
    connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector) as session:
        # Some of the future: to make thousands of tasks takes a moment, which is not the server's.
        start = time.perf_counter() + GETTING_READY_SECONDS

        async def one(position: int, sending: Sending) -> None:
            due = start + position / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            left[sending.phone] = time.time()
            headers = {"X-Twilio-Signature": sending.signature}
            async with session.post(url, data=sending.form, headers=headers) as response:
                await response.read()
                if response.status != 200:
                    raise RuntimeError(f"{response.status} from {url}")
            took.append(time.perf_counter() - due)

        await asyncio.gather(*(one(position, sending) for position, sending in enumerate(sendings)))
    return took, left
