"""Text in → reply handed to the provider, at 1, 5, 10 messages a second and at saturation; baseline: Rasa alone."""

import asyncio
import json
import time
from datetime import datetime

import httpx

from backend.messaging import ledger
from tests.bench import load, report
from tests.bench.report import Spread
from tests.end_to_end.stack import Stack

TEXTS = (
    "lam giay khai sinh cho con can giay to gi",
    "le phi dang ky ket hon",
    "đăng ký tạm trú mất mấy ngày",
    "sang ten so do nop o dau",
    "cap lai cccd lam online dc ko",
    "xin chao",
    "ho so cua toi toi dau roi",
)
STEADY = {1: 20, 5: 15, 10: 20}  # messages a second: for how many seconds
BURST = 300
TARGETS = {10: "p50 ≤ 150, p95 ≤ 300"}


def _handed_over(stack: Stack, phones: set[str]) -> dict[str, float]:
    """When the console provider was handed the answer for each phone (wall clock)."""
    lines = (json.loads(line) for line in (stack.folder / "sms_outbox.jsonl").read_text("utf-8").splitlines())
    return {line["to"]: datetime.fromisoformat(line["at"]).timestamp() for line in lines if line["to"] in phones}


def _run(stack: Stack, prefix: str, count: int, per_second: float) -> tuple[list[float], float]:
    """Seconds from sending to hand-over for each message, and messages a second over the whole run."""
    phones = [f"+84{prefix}{number:06d}" for number in range(count)]
    webhook = load.twilio(stack)
    sendings = webhook.prepare(phones, TEXTS)
    started = time.time()
    _took, left = asyncio.run(load.post_all(webhook.url, sendings, per_second))
    wanted = set(phones)
    while len(_handed_over(stack, wanted)) < count:  # seldom: reading the file takes time from what is measured
        time.sleep(0.5)
    handed = _handed_over(stack, wanted)
    return [handed[phone] - left[phone] for phone in phones], count / (max(handed.values()) - started)


def _rasa_alone(stack: Stack, count: int = 60) -> Spread:
    url = f"http://127.0.0.1:{stack.ports['rasa']}/webhooks/turn/webhook"
    headers = {"Authorization": f"Bearer {stack.environment['INTERNAL_TOKEN']}"}
    took = []
    with stack.database() as session:
        senders = [ledger.conversation_id(session, "sms", f"+84938{number:06d}") for number in range(count)]
    with httpx.Client(headers=headers, timeout=20) as client:
        for sender in senders:
            body = {
                "sender": str(sender),
                "message_id": str(10**9 + sender),
                "text": "xin chao",
                "payload": "",
                "input_channel": "sms",
            }
            start = time.perf_counter()
            client.post(url, json=body).raise_for_status()
            took.append(time.perf_counter() - start)
    return Spread.of(took[5:])


def run(stack: Stack) -> None:
    """Print the table."""
    table = report.table("Text in → reply handed to the provider", "Rasa turn alone")
    baseline = _rasa_alone(stack)
    report.row(table, "one greeting asked of Rasa directly", baseline)
    for position, (rate, seconds) in enumerate(STEADY.items()):
        took, _throughput = _run(stack, f"94{position}", rate * seconds, rate)
        report.row(table, f"{rate} messages/s for {seconds} s", Spread.of(took), baseline, TARGETS.get(rate, ""))
    took, throughput = _run(stack, "949", BURST, per_second=400)
    what = f"{BURST} at once: {throughput:.1f} messages/s answered"
    report.row(table, what, Spread.of(took), baseline, "≥ 40 messages/s")
    report.console.print(table)
