"""Visitors who write English are told so in English; everything else here is Vietnamese."""

import re

from actions.text import fold, has_accents
from actions.turn import Turn

# Words that no Vietnamese text without accents holds ("to", "do", "can" and "me" are Vietnamese, too).
_ENGLISH = re.compile(
    r"\b(?:the|how|where|what|when|which|you|your|my|is|are|need|want|please|english|speak|lost|register|office|"
    r"passport|hello|of|for|birth|marriage|certificate|license|permit|help|does|much|long|get|have|i)\b"
)
LEAST = 3


def is_english(text: str) -> bool:
    """Whether `text` is English beyond doubt."""
    return not has_accents(text) and len(set(_ENGLISH.findall(fold(text)))) >= LEAST


async def interrupts(turn: Turn) -> bool:
    """Say in English how to reach an officer; a report that we asked for may be in any language."""
    if turn.awaiting == "complaint" or not is_english(turn.text):
        return False
    turn.utter("utter_english")
    return True
