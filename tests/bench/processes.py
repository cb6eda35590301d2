"""Start-up time and memory of each process."""

import time

import httpx
import psutil
from rich.table import Table

from tests.bench import report
from tests.end_to_end.stack import Stack, wait_for

READY = {"web": "/healthz", "sms": "/healthz", "chat": "/healthz", "actions": "/health", "rasa": "/webhooks/turn/"}


def _ready_after(stack: Stack, name: str, started: float) -> float:
    url = f"http://127.0.0.1:{stack.ports[name]}{READY[name]}"

    def answers() -> bool:
        try:
            return httpx.get(url, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(answers, 120, f"{name} did not start")
    return time.perf_counter() - started


def start(stack: Stack, *, show: bool) -> None:
    """Start all processes one by one (so that the times are each one's own) and print what they need."""
    table = Table(title="Start-up alone, and memory once ready", title_justify="left", title_style="bold")
    for heading in ("process", "ready after s", "memory MiB"):
        table.add_column(heading, justify="right" if heading != "process" else "left")
    for name in ("web", "sms", "chat", "actions", "rasa", "worker"):
        started = time.perf_counter()
        stack.start(name)
        ready = f"{_ready_after(stack, name, started):.1f}" if name in READY else "–"
        if name not in READY:
            time.sleep(3)
        root = psutil.Process(stack.processes[name].pid)
        rss = sum(process.memory_info().rss for process in [root, *root.children(recursive=True)])
        table.add_row(name, ready, f"{rss / 2**20:.0f}")
    if show:
        report.console.print(table)
