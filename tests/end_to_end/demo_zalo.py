"""`make demo-zalo`: the ten conversations through the real processes and a Zalo of our own beside them, printed."""

import sys
import tempfile
from pathlib import Path

from rich.status import Status

from tests.end_to_end import conversations
from tests.end_to_end import stack as stacks
from tests.end_to_end.demo import console, show
from tests.end_to_end.zalo import ZaloCitizen, connect
from tests.peers.zalo import client as peer


def main() -> int:
    """The number of turns that did not go as the script says."""
    folder = Path(tempfile.mkdtemp(prefix="mot-cua-zalo-"))
    failures = 0
    with peer.running() as zalo:
        stack = stacks.Stack(folder, extra=zalo.environment())
        try:
            with Status("seeding and starting the processes …", console=console):
                stack.seed()
                connect(stack, zalo)
                stack.start()
                stack.wait_until_ready()
            for number, name in enumerate(conversations.TEN, 1):
                citizen = ZaloCitizen(zalo, f"8395728409275902{number:03d}")
                console.rule(f"{number}. {name.replace('_', ' ')} (Zalo)")
                led = conversations.lead(stack, name, channel="zalo", address=citizen.user, citizen=citizen)
                for exchange, wrong in led:
                    failures += bool(wrong)
                    show(exchange, wrong)
        finally:
            stack.stop()
    console.print(
        f"{len(conversations.TEN)} conversations, {failures} turns not as expected; data and logs in {folder}"
    )
    return failures


if __name__ == "__main__":
    sys.exit(main())
