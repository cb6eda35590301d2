"""Pure rules of messaging: limits, back-off, which number picks which choice, which receipt may follow which."""

import re
from collections.abc import Sequence
from datetime import timedelta

from backend.messaging.models import Status
from backend.text import fold

MAX_TEXT = 4_096
"""Characters of an inbound text that are kept: as many as Telegram sends, of all channels the most."""
REST_COMMAND = "tiep theo"
DENY = "/deny"
"""The payload of "không phải", the last of the assistant's offers where there may be none among them."""
ABOUT_LASTS = timedelta(days=7)
"""How long a conversation is still about the dossier of its last notice."""

OFFICER_SAID_LASTS = timedelta(days=1)
FLOOD_TOLD_FOR = timedelta(minutes=10)
"""So long a citizen who writes too fast is not told again."""

_DELIVERY_DELAYS = (2, 10, 30, 60, 120)
_DELIVERY_DELAY_LATER = 300
MAX_DELIVERY_ATTEMPTS = 48
_TURN_DELAYS = (1, 2, 4, 8, 15)
_TURN_DELAY_LATER = 30
HOPELESS_ATTEMPTS = 12
"""After so many failures (about four minutes) a message is given up, if the assistant answers others meanwhile."""

_NUMBER_WORDS = ("mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi")
_PICK = re.compile(
    rf"(?:so |chon |chon so |cau |cai |muc |cai so )?(\d{{1,2}}|{'|'.join(_NUMBER_WORDS)})\s*[.)]?(?: nhe| a| nha)?"
)
_RECEIPT_RANK = {
    Status.SENDING: 0,
    Status.QUEUED: 0,
    Status.SENT: 1,
    Status.DELIVERED: 2,
    Status.FAILED: 2,
    Status.READ: 3,
}


def delivery_delay(attempts: int) -> float | None:
    """Seconds until the next try after `attempts` failed ones; None when it is time to give up (about 3.5 hours)."""
    if attempts >= MAX_DELIVERY_ATTEMPTS:
        return None
    return _DELIVERY_DELAYS[attempts - 1] if attempts <= len(_DELIVERY_DELAYS) else _DELIVERY_DELAY_LATER


def turn_delay(attempts: int) -> float:
    """Seconds until the assistant is asked again after `attempts` failures; it is asked until it answers."""
    return _TURN_DELAYS[attempts - 1] if attempts <= len(_TURN_DELAYS) else _TURN_DELAY_LATER


def asks_for_rest(text: str) -> bool:
    """Whether a text is the command TIEP THEO."""
    return " ".join(fold(text).split()) == REST_COMMAND


def picked(text: str, titles: Sequence[str]) -> int | None:
    """Index of the choice that `text` picks: its number, the number in words, or its title; None when it picks none."""
    folded = " ".join(fold(text).split())
    match = _PICK.fullmatch(folded)
    if match:
        number = int(match[1]) if match[1].isdigit() else _NUMBER_WORDS.index(match[1]) + 1
        return number - 1 if 1 <= number <= len(titles) else None
    folded_titles = [fold(title) for title in titles]
    return folded_titles.index(folded) if folded in folded_titles else None


def receipt_moves(current: str, reported: str) -> bool:
    """Whether a receipt may change the status: receipts come late and out of order, and only ever move forward."""
    return current in _RECEIPT_RANK and reported in _RECEIPT_RANK and _RECEIPT_RANK[reported] > _RECEIPT_RANK[current]
