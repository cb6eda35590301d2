"""Webhook acknowledgement at 200 messages a second, dialogue engine down and up; baseline: a route that answers 200."""

import asyncio
import subprocess

from backend.settings import ROOT
from tests.bench import load, report
from tests.bench.report import Spread
from tests.end_to_end.stack import Stack, _answers, free_port, wait_for

RATE = 200
SECONDS = 15
TEXTS = ("lam giay khai sinh can giay to gi", "HS", "le phi dang ky ket hon", "TRO GIUP")


def _phones(prefix: str, count: int) -> list[str]:
    return [f"+84{prefix}{number:06d}" for number in range(count)]


def _measure(stack: Stack, prefix: str) -> Spread:
    sendings = load.prepare(stack, _phones(prefix, RATE * SECONDS), TEXTS)
    took, _left = asyncio.run(load.post_all(load.inbound(stack), sendings, RATE))
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
        sendings = load.prepare(stack, _phones("930", RATE * SECONDS), TEXTS)
        took, _left = asyncio.run(load.post_all(url, sendings, RATE))
        return Spread.of(took)
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
    report.row(table, "signed SMS, dialogue engine down", _measure(stack, "931"), baseline, "p99 ≤ 50")
    stack.start("worker", "rasa")
    stack.wait_until_ready()
    report.row(table, "signed SMS, dialogue engine answering", _measure(stack, "932"), baseline, "p99 ≤ 50")
    report.console.print(table)
