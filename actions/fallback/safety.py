"""Danger, fraud and abuse, by the words alone (`words.yml`): a classifier may be wrong where nobody can wait for it.

Writers with a Vietnamese keyboard are read with their accents; for the others only phrases count that mean nothing
else when folded.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.backend_api import BackendError
from actions.text import fold, has_accents, lowered
from actions.turn import FALLBACK, Button, Turn

log = logging.getLogger(__name__)

_MAY_BE_DANGER = {
    "out_of_scope",
    FALLBACK,
    "file_complaint",
    "request_officer",
    "help",
    "greet",
    "ask_contact",
    "bot_challenge",
}
SURE_REPORT = 0.85
"""From this confidence on a report is taken in at once, and its action warns; below it, the citizen is asked first."""
_GAP = r"(?:\w+ ){0,4}"


class Phrases:
    """Phrases looked for in a text, with accents where the writer has them."""

    def __init__(self, phrases: Sequence[str], accented_only: Sequence[str] = ()) -> None:
        self._accented = _pattern([lowered(phrase) for phrase in (*phrases, *accented_only)])
        self._plain = _pattern([fold(phrase) for phrase in phrases])

    def are_in(self, text: str) -> bool:
        """Whether the text holds one of them."""
        pattern = self._accented if has_accents(text) else self._plain
        return bool(pattern.search(lowered(text)))

    def without(self, text: str) -> str:
        """The text in lower case with the phrases blanked out."""
        pattern = self._accented if has_accents(text) else self._plain
        return pattern.sub(" , ", lowered(text))


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    written = [re.escape(phrase).replace(r"…\ ", _GAP) for phrase in phrases]
    return re.compile(rf"\b(?:{'|'.join(written)})\b")


@dataclass(frozen=True)
class _Words:
    dangers: tuple[tuple[str, Phrases], ...]
    harmless: Phrases
    cries: Phrases
    papers: Phrases
    scams: Phrases
    abuse: Phrases


@lru_cache(maxsize=1)
def _words() -> _Words:
    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yml").read_text(encoding="utf-8"))
    return _Words(
        dangers=tuple((d["response"], Phrases(d["phrases"], d["accented_only"])) for d in data["dangers"]),
        harmless=Phrases(data["harmless"]),
        cries=Phrases(data["cries"]),
        papers=Phrases(data["papers"]),
        scams=Phrases(data["scams"]),
        abuse=Phrases(data["abuse"]["phrases"], data["abuse"]["accented_only"]),
    )


def danger_in(text: str) -> str | None:
    """The response for the danger that `text` speaks of, None when it speaks of none."""
    if not text:
        return None
    rest = _words().harmless.without(text)
    return next((response for response, phrases in _words().dangers if phrases.are_in(rest)), None)


def is_scam(text: str) -> bool:
    """Whether `text` tells of an attempt to defraud."""
    return _words().scams.are_in(text)


def is_abuse(text: str) -> bool:
    """Whether `text` abuses us."""
    return _words().abuse.are_in(text)


def is_wordless(text: str) -> bool:
    """Whether `text` holds no word at all: a heart, three dots, a number that picks nothing."""
    return not any(map(str.isalpha, text))


async def interrupts(turn: Turn) -> bool:
    """Tell the number to call at once, whatever the message was taken for; a report is also recorded by its action.

    "Sổ đỏ bị cháy, cấp lại ở đâu" is about a paper: with such words, only a cry for help interrupts.
    """
    response = danger_in(turn.text)
    if response is None or _is_taken_in(turn):
        return False
    about_papers = turn.intent not in _MAY_BE_DANGER or _words().papers.are_in(turn.text)
    if about_papers and not _words().cries.are_in(turn.text):
        return False
    turn.utter(response)
    await _tell_officers(turn)
    return True


async def scam_interrupts(turn: Turn) -> bool:
    """Warn of fraud whatever the message was taken for: "họ kêu chuyển 2 triệu để làm căn cước" asks for no papers."""
    if not is_scam(turn.text) or _is_taken_in(turn):
        return False
    turn.offer("utter_scam", [Button("Báo tổng đài việc này", "file_complaint")])
    return True


def _is_taken_in(turn: Turn) -> bool:
    """Whether the message becomes a report, which says the same."""
    return turn.awaiting == "complaint" or (turn.intent == "file_complaint" and turn.confidence >= SURE_REPORT)


async def _tell_officers(turn: Turn) -> None:
    try:
        await turn.api.escalate("emergency", turn.text, turn.message_id)
    except BackendError:
        # The only failure we go on after: the number must reach the citizen even if the inbox cannot be written.
        log.exception("emergency not escalated: conversation=%s message=%s", turn.conversation, turn.message_id)
