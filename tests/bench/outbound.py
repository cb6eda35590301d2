"""Messages a second from the outbox to the provider with their receipts, by console and by SMPP, and what a bare
`smpplib` client does with the same carrier.

The queue is filled first, then `huey_consumer` (one process, as in the Procfile) delivers. Counted is from the first
message handed over to the last one whose receipt is in the ledger (console: that is handed over; it has no receipts).
"""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import smpplib.client
import smpplib.consts
import smpplib.exceptions
from rich.table import Table

from backend.messaging.models import Status
from backend.settings import ROOT
from tests.bench import report
from tests.end_to_end.stack import Stack, free_port, wait_for
from tests.peers.smsc import peer
from tests.peers.smsc.peer import Smsc

MESSAGES = 600
WORDS = "Dạ, hồ sơ số {} đã có kết quả. Mời anh/chị đến Bộ phận Một cửa nhận ạ."
WINDOW = 50


FILL = """
import sys
from backend.messaging import channels, service
from backend.messaging.channels import Reply
from sms_gateway.channel import SmsChannel

channels.register(SmsChannel())
for number in range(int(sys.argv[1])):
    service.say(service.conversation_with("sms", f"+84907{number:06d}"), Reply(sys.argv[2].format(number)))
"""


def _filled(folder: Path, **settings: str) -> Stack:
    """A system with everything queued and no worker yet; one message per person."""
    fast = {"SMS_RATE_PER_SECOND": "10000", "LOG_LEVEL": "WARNING", "QUIET_FROM": "00:00", **settings}
    stack = Stack(folder, extra=fast)
    for command in ([".venv/bin/flask", "--app", "backend", "database", "upgrade"], [sys.executable, "-c", FILL]):
        arguments = [str(MESSAGES), WORDS] if "-c" in command else []
        subprocess.run([*command, *arguments], env=stack.environment, cwd=ROOT, check=True, capture_output=True)
    return stack


def _ours(stack: Stack, done: frozenset[str], *processes: str) -> float:
    stack.start(*processes)

    # Read-only and seldom: `stack.database` would take the write lock that is being measured.
    ledger = sqlite3.connect(f"file:{stack.folder / 'mot_cua.db'}?mode=ro", uri=True)
    query = f"SELECT count(*) FROM message WHERE direction = 'out' AND status IN ({', '.join('?' * len(done))})"

    def count() -> int:
        time.sleep(0.1)
        return int(ledger.execute(query, list(done)).fetchone()[0])

    wait_for(lambda: count() > 0, 60, f"nothing goes out, see {stack.folder}")
    started, before = time.perf_counter(), count()
    try:
        wait_for(lambda: count() == MESSAGES, 180, f"{count()} of {MESSAGES} went out, see {stack.folder}")
    finally:
        seconds = time.perf_counter() - started
        ledger.close()
        stack.stop()
    return (MESSAGES - before) / seconds


def _plain_client(carrier: Smsc) -> float:
    """The same texts by `smpplib`, with a window, waiting for every receipt; no ledger, no worker."""
    client = smpplib.client.Client("127.0.0.1", carrier.port, allow_unknown_opt_params=True)
    answered, receipts = [], []
    room = threading.Semaphore(WINDOW)

    def on_answer(pdu: object) -> None:
        answered.append(pdu)
        room.release()

    client.set_message_sent_handler(on_answer)
    client.set_message_received_handler(lambda pdu: receipts.append(pdu) and None)
    client.connect()
    client.bind_transceiver(system_id="motcua", password="s3cret")
    threading.Thread(target=_listen, args=(client,), daemon=True).start()
    started = time.perf_counter()
    for number in range(MESSAGES):
        room.acquire()
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr="MOT CUA",
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            destination_addr=f"84907{number:06d}",
            short_message=f"Da, ho so so {number} da co ket qua. Moi anh/chi den Bo phan Mot cua nhan a.".encode(),
            registered_delivery=True,
        )
    wait_for(lambda: len(receipts) == MESSAGES, 60, f"{len(receipts)} receipts")
    return MESSAGES / (time.perf_counter() - started)


def _listen(client: smpplib.client.Client) -> None:
    with contextlib.suppress(smpplib.exceptions.ConnectionError):  # the carrier ends first
        client.listen()


def run() -> None:
    """Print the figures."""
    table = Table(title=f"{MESSAGES} queued messages going out", title_justify="left", title_style="bold")
    for heading in ("what", "messages/s", "× smpplib", "promise"):
        table.add_column(heading, justify="left" if heading in {"what", "promise"} else "right")
    folder = Path(tempfile.mkdtemp(prefix="mot-cua-bench-out-"))
    handed = frozenset({Status.SENT, Status.DELIVERED})
    console = _ours(_filled(folder / "console"), handed, "worker")
    carrier = peer.smsc()
    try:
        smpp = {
            "SMS_PROVIDER": "smpp",
            "SMPP_HOST": "127.0.0.1",
            "SMPP_PORT": str(carrier.port),
            "SMPP_SYSTEM_ID": "motcua",
            "SMPP_PASSWORD": "s3cret",
            "SMPP_SOURCE": "MOT CUA",
            "SMPP_WINDOW": str(WINDOW),
            "SMPP_SESSION_PORT": str(free_port()),
        }
        stack = _filled(folder / "smpp", **smpp)
        stack.start("smpp")
        carrier.wait(lambda: carrier.of("bound"), 60)
        ours = _ours(stack, frozenset({Status.DELIVERED}), "worker")
        sent_twice = len(carrier.of("submit")) - MESSAGES
        plain = _plain_client(carrier)
    finally:
        carrier.stop()
    table.add_row("a plain smpplib client, with receipts", f"{plain:.0f}", "1.00", "")
    table.add_row("worker, ledger, SMPP session, with receipts", f"{ours:.0f}", f"{ours / plain:.2f}", "≥ 100")
    table.add_row("worker, ledger, console", f"{console:.0f}", f"{console / plain:.2f}", "≥ 100")
    report.console.print(table)
    report.console.print(f"segments that the carrier got beyond one each: {sent_twice}")
    shutil.rmtree(folder, ignore_errors=True)
