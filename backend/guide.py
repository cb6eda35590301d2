"""`make run`'s last process: waits until all the others answer, then says where to look and how to text it."""

import signal
import sys
import time
from dataclasses import dataclass

import httpx

from backend.settings import settings

PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Part:
    """A process with the address that answers 200 once it is ready."""

    name: str
    ready_at: str


def parts() -> list[Part]:
    """Every process of the Procfile that answers HTTP."""
    known = settings()
    base = f"http://{known.host}"
    return [
        Part("backend", f"{base}:{known.web_port}/healthz"),
        Part("SMS gateway", f"{base}:{known.sms_port}/healthz"),
        Part("chat gateway", f"{base}:{known.chat_port}/healthz"),
        Part("action server", f"{base}:{known.actions_port}/health"),
        Part("Rasa", f"{known.rasa_servers[0]}/webhooks/turn/"),
    ]


def is_ready(part: Part) -> bool:
    """One try, without patience."""
    try:
        return httpx.get(part.ready_at, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def wait(patience_seconds: float = PATIENCE_SECONDS) -> list[Part]:
    """Wait for all parts, printing each as it comes; the parts that never came."""
    missing, started = parts(), time.monotonic()
    while missing and time.monotonic() - started < patience_seconds:
        for part in [part for part in missing if is_ready(part)]:
            missing.remove(part)
            print(f"  ✓ {part.name:<14} {time.monotonic() - started:5.1f} s", flush=True)
        time.sleep(0.2)
    return missing


def welcome() -> str:
    """Where to look and how to text."""
    known = settings()
    base = f"http://{known.host}"
    return f"""
  Một Cửa is running.
    Chat with it            {base}:{known.chat_port}/
    File a dossier online   {base}:{known.web_port}/nop
    Officers' pages         {base}:{known.web_port}/officers/
    API description         {base}:{known.web_port}/api/swagger

  Text it as a phone would, through a signed webhook (in another terminal):
    .venv/bin/python -m sms_gateway.simulate 0900000001 "lam giay khai sinh cho con can giay to gi"
    .venv/bin/python -m sms_gateway.simulate 0900000001 "HS"
  The same with curl: add --curl. What it would send as SMS: {known.data_dir}/sms_outbox.jsonl
  Stop with Ctrl+C.
"""


def main() -> None:
    """Wait, tell, then stay until the others are stopped."""
    print("Starting the processes, Rasa takes longest …", flush=True)
    missing = wait()
    if missing:
        sys.exit("Not ready: " + ", ".join(f"{part.name} ({part.ready_at})" for part in missing))
    print(welcome(), flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
