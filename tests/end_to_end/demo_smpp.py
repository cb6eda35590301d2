"""`make demo-smpp`: conversations by SMS through a carrier on loopback that speaks SMPP 3.4, printed."""

import sys
import tempfile
from pathlib import Path

from rich.status import Status

from tests.end_to_end import demo, dialogue, smpp
from tests.end_to_end.conversations import TEN
from tests.end_to_end.demo import console
from tests.end_to_end.dialogue import FOLDER


def main() -> int:
    """The number of turns that did not go as the script says."""
    folder = Path(tempfile.mkdtemp(prefix="mot-cua-demo-smpp-"))
    failures = 0
    with Status("seeding and starting the processes and the carrier …", console=console):
        stack = smpp.made(folder)
        stack.begin()
    try:
        for number, name in enumerate(TEN, 1):
            console.rule(f"{number}. {name.replace('_', ' ')}")
            for exchange, expected in dialogue.play(stack, dialogue.load(FOLDER / f"{name}.yml") | {"channel": "sms"}):
                wrong = dialogue.mistakes(exchange, expected)
                failures += bool(wrong)
                demo.show(exchange, wrong)
        submits, receipts = stack.carrier.of("submit"), stack.carrier.of("receipt lost")
        console.print(f"{len(submits)} segments handed to the carrier, {len(receipts)} receipts lost")
    finally:
        stack.end()
    console.print(f"{failures} turns not as expected; data and logs in {folder}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
