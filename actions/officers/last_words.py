"""What an officer said last, for a citizen who asks the assistant after it has taken over again."""

import re

from actions.text import words
from actions.turn import Turn

_WHO = r"(?:can bo|(?:anh|chi|co|chu|ban|nguoi)(?: can bo| ay| do| kia| luc nay| hoi nay)|ho)"
_WHEN = r"(?: (?:luc nay|hoi nay|ban nay|khi nay|vua roi|vua|moi|da))?"
_SAID = r"(?:noi|bao|dan|tra loi|nhan|viet|ghi|huong dan|chi)(?: (?:lai|minh|em|toi|tui|con))?"
_WHAT = r"(?:lam )?(?:sao|gi|cai gi|dieu gi|nhung gi|the nao|nhu the nao|ra sao)"
_ASKS = re.compile(
    rf"(?:{_WHO}{_WHEN} {_SAID}{_WHEN} {_WHAT}|(?:nhac|noi|gui|doc) lai (?:loi |cau |tin )?.*\bcan bo\b)"
)
_MOST_WORDS = 10
"""A longer message says more than this question."""


async def interrupts(turn: Turn) -> bool:
    """Say again what the officer said, where one did within a day."""
    said = words(turn.text)
    if len(said) > _MOST_WORDS or not _ASKS.search(" ".join(said)):
        return False
    last = (await turn.api.conversation()).officer_said
    if last:
        turn.say(last)
    return bool(last)
