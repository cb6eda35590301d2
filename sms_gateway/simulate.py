"""Text the assistant without a phone: sign and post a message as Twilio does, then show the SMS that come back.

    python -m sms_gateway.simulate 0905123456 "lam giay khai sinh can giay to gi"
    python -m sms_gateway.simulate 0905123456 "1" --curl

Exit code 0: answered (or posted, where the provider is not the console one) · 1: refused or not reachable ·
2: wrong usage · 3: no answer in time.
"""

import argparse
import json
import secrets
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import httpx

from backend.settings import settings
from backend.text import phone_number
from sms_gateway.providers.console import FILE_NAME
from sms_gateway.settings import DEVELOPMENT_ACCOUNT, sms_settings
from sms_gateway.signature import SIGNATURE_HEADER, sign

PATH = "/sms/twilio/inbound"
HOTLINE = "+842621022"
_POLL_SECONDS = 0.05
_QUIET_SECONDS = 0.7


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives its exit code."""
    options = _options().parse_args(arguments)
    sender = phone_number(options.phone)
    if sender is None:
        return _fail(f"{options.phone} is not a Vietnamese phone number", 2)
    tokens = sms_settings().webhook_tokens
    if not tokens:
        return _fail("TWILIO_AUTH_TOKEN is not set: run `make setup`, which writes one into .env", 1)
    fields = webhook(sender, options.text, options.sid)
    signature = sign(tokens[0], sms_settings().public_url + PATH, fields)
    if options.curl:
        _say(curl(fields, signature))
        return 0
    outbox = settings().data_dir / FILE_NAME
    seen = outbox.stat().st_size if outbox.exists() else 0
    problem = _post(fields, signature)
    if problem:
        return _fail(problem, 1)
    if sms_settings().sms_provider != "console":
        _say("Accepted; the answer goes out through the provider.")
        return 0
    return _show_answers(outbox, seen, sender, options.wait)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m sms_gateway.simulate", description="Text the assistant by SMS.")
    parser.add_argument("phone", help="the citizen's number, e.g. 0905123456")
    parser.add_argument("text", help="what the citizen texts")
    parser.add_argument("--wait", type=float, default=10.0, help="seconds to wait for the answer (default 10)")
    parser.add_argument("--sid", default="", help="message id, to send the same message twice")
    parser.add_argument("--curl", action="store_true", help="only print the request as a curl command")
    return parser


def webhook(sender: str, text: str, sid: str = "") -> dict[str, str]:
    """The fields of Twilio's inbound webhook, blank ones included."""
    sid = sid or "SM" + secrets.token_hex(16)
    return {
        "ToCountry": "VN",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": text,
        "FromCountry": "VN",
        "To": sms_settings().twilio_from or HOTLINE,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": sms_settings().twilio_account_sid or DEVELOPMENT_ACCOUNT,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }


def _gateway() -> str:
    host = "127.0.0.1" if settings().host in ("", "0.0.0.0") else settings().host  # noqa: S104 - read, not bound
    return f"http://{host}:{settings().sms_port}"


def curl(fields: dict[str, str], signature: str) -> str:
    """The same request for a terminal."""
    return " \\\n  ".join(
        [
            f"curl -sS {_gateway()}{PATH}",
            f"-H {shlex.quote(f'{SIGNATURE_HEADER}: {signature}')}",
            f"--data {shlex.quote(urlencode(fields))}",
        ]
    )


def _post(fields: dict[str, str], signature: str) -> str:
    """Post the webhook; what is wrong, '' when it was taken."""
    try:
        with httpx.Client(timeout=15, trust_env=False) as client:  # Twilio's own patience; no proxy to this machine
            answer = client.post(_gateway() + PATH, data=fields, headers={SIGNATURE_HEADER: signature})
    except httpx.HTTPError as error:
        return f"the gateway at {_gateway()} does not answer ({type(error).__name__}): is `make run` running?"
    return "" if answer.status_code == httpx.codes.OK else f"refused, {answer.status_code}: {answer.text}"


def _show_answers(outbox: Path, seen: int, to: str, wait: float) -> int:
    """Print new messages to this number until none has come for a moment, or `wait` seconds are over."""
    deadline, answered = time.monotonic() + wait, False
    while time.monotonic() < deadline:
        records, seen = _records(outbox, seen)
        for record in (record for record in records if record.get("to") == to):
            _say(f"[{record.get('segments')} SMS]\n{record.get('body')}\n")
            deadline, answered = time.monotonic() + _QUIET_SECONDS, True
        time.sleep(_POLL_SECONDS)
    return 0 if answered else _fail(f"no answer within {wait:g} s: is the worker running?", 3)


def _records(outbox: Path, start: int) -> tuple[list[dict[str, object]], int]:
    """The whole lines after byte `start`, and the offset behind them; a line still being written is left for later."""
    if not outbox.exists():
        return [], start
    with outbox.open("rb") as file:
        file.seek(start)
        whole = file.read().rpartition(b"\n")
    lines = [_record(line) for line in whole[0].split(b"\n")]
    return lines, start + len(whole[0]) + len(whole[1])


def _record(line: bytes) -> dict[str, object]:
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return {}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _fail(text: str, code: int) -> int:
    sys.stderr.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
