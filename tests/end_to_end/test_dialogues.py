"""Every scripted dialogue, through the real processes."""

from pathlib import Path

import pytest

from tests.end_to_end import dialogue
from tests.end_to_end.stack import Stack

pytestmark = pytest.mark.end_to_end


@pytest.mark.parametrize("path", dialogue.scripts(), ids=lambda path: path.stem)
def test_dialogue(stack: Stack, path: Path) -> None:
    said = []
    for exchange, expected in dialogue.play(stack, dialogue.load(path)):
        said.append(f"> {exchange.citizen}\n{exchange.answer}\n{exchange.choices}")
        assert dialogue.mistakes(exchange, expected) == [], "\n".join(said)
