"""`make demo`: ten scripted conversations run through the real processes and printed."""

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.status import Status
from rich.text import Text

from tests.end_to_end import dialogue
from tests.end_to_end import stack as stacks
from tests.end_to_end.conversations import TEN
from tests.end_to_end.dialogue import FOLDER, Exchange

console = Console(width=100)


def show(exchange: Exchange, wrong: list[str]) -> None:
    """One turn: the citizen on the right, the answer on the left."""
    console.print(Panel(Text(exchange.citizen), width=60, border_style="green"), justify="right")
    answer = Text(exchange.answer)
    if exchange.choices:
        answer.append("\n" + "  ".join(f"[{title}]" for title in exchange.choices), style="bold")
    console.print(Panel(answer, width=72, border_style="red" if wrong else "blue"))
    for complaint in wrong:
        console.print(f"[red]expected otherwise: {complaint}[/]")


def main() -> int:
    """The number of turns that did not go as the script says."""
    folder = Path(tempfile.mkdtemp(prefix="mot-cua-demo-"))
    stack = stacks.Stack(folder)
    failures = 0
    try:
        with Status("seeding and starting the processes …", console=console):
            stack.seed()
            stack.start()
            stack.wait_until_ready()
        for number, name in enumerate(TEN, 1):
            script = dialogue.load(FOLDER / f"{name}.yml")
            console.rule(f"{number}. {name.replace('_', ' ')} ({script['channel']})")
            for exchange, expected in dialogue.play(stack, script):
                wrong = dialogue.mistakes(exchange, expected)
                failures += bool(wrong)
                show(exchange, wrong)
    finally:
        stack.stop()
    console.print(f"{len(TEN)} conversations, {failures} turns not as expected; data and logs in {folder}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
