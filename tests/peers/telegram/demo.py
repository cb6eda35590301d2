"""`make demo-telegram`: the ten conversations through the real processes and a Telegram on this machine, printed."""

import sys
import tempfile
from pathlib import Path

from rich.status import Status

from tests.end_to_end import conversations
from tests.end_to_end import stack as stacks
from tests.end_to_end.demo import console, show
from tests.peers.telegram import client, talking


def main() -> int:
    """The number of turns that did not go as the scripts say."""
    folder = Path(tempfile.mkdtemp(prefix="mot-cua-telegram-"))
    failures = 0
    if not client.SPEC.exists():
        sys.exit(f"the Bot API schema is not at {client.SPEC}: set TELEGRAM_SPEC (see docs/channels.md)")
    with client.running() as telegram:
        stack = stacks.Stack(folder, extra=talking.settings(telegram))
        try:
            with Status("seeding, starting the processes, registering the webhook …", console=console):
                stack.seed()
                stack.start()
                stack.wait_until_ready()
                talking.connect(stack)
            for number, name in enumerate(conversations.TEN, 1):
                console.rule(f"{number}. {name.replace('_', ' ')} (telegram)")
                citizen = talking.TelegramCitizen(telegram)
                turns = conversations.lead(stack, name, channel="telegram", address=citizen.address, citizen=citizen)
                for exchange, wrong in turns:
                    failures += bool(wrong)
                    show(exchange, wrong)
        finally:
            stack.stop()
        calls = telegram.seen["calls"]
    console.print(f"{len(calls)} calls to the Bot API, {failures} turns not as expected; data and logs in {folder}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
