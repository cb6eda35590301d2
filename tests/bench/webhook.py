"""Webhook acknowledgement at 200 messages a second, by channel, engine down and up; baseline: an empty route."""

import asyncio
import subprocess

from backend.settings import ROOT
from tests.bench import load, report
from tests.bench.load import Webhook
from tests.bench.report import Spread
from tests.end_to_end.stack import Stack, _answers, free_port, wait_for

RATE = 200
SECONDS = 15
TEXTS = ("lam giay khai sinh can giay to gi", "HS", "le phi dang ky ket hon", "TRO GIUP")


def _phones(prefix: str, count: int) -> list[str]:
    return [f"+84{prefix}{number:06d}" for number in range(count)]


def _measure(webhook: Webhook, prefix: str) -> Spread:
    sendings = webhook.prepare(_phones(prefix, RATE * SECONDS), TEXTS)
    took, _left = asyncio.run(load.post_all(webhook.url, sendings, RATE))
    return Spread.of(took)


def _baseline(stack: Stack) -> Spread:
    port = free_port()
    command = [
        ROOT / ".venv/bin/gunicorn",
        "tests.bench.empty:app",
        "-c",
        "gunicorn.conf.py",
        "-b",
        f"127.0.0.1:{port}",
    ]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}/"
        wait_for(lambda: _answers(url), 20, "the baseline server did not start")
        return _measure(Webhook(url, load.twilio(stack).message), "930")
    finally:
        server.terminate()
        server.wait()


def run(stack: Stack) -> None:
    """Print the table. Expects all processes running; they run again afterwards."""
    table = report.table(f"Webhook acknowledged, {RATE} messages/s for {SECONDS} s", "empty route")
    baseline = _baseline(stack)
    report.row(table, "route that only answers 200", baseline)
    for name in ("worker", "rasa"):
        stack.kill(name)
    channels = {"signed SMS": load.twilio(stack), "Telegram": load.telegram(stack), "Zalo": load.zalo(stack)}
    for position, (name, webhook) in enumerate(channels.items()):
        report.row(table, f"{name}, dialogue engine down", _measure(webhook, f"95{position}"), baseline, "p99 ≤ 50")
    stack.start("worker", "rasa")
    stack.wait_until_ready()
    for position, (name, webhook) in enumerate(channels.items()):
        report.row(table, f"{name}, engine answering", _measure(webhook, f"96{position}"), baseline, "p99 ≤ 50")
    report.console.print(table)
