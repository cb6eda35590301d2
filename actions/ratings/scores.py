"""Reading a score from 1 to 5 out of a message."""

import re

from actions.text import fold, words
from actions.turn import FALLBACK, Turn

NAMES = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")
"""In this order, so that the number a phone shows before a choice is the score."""

_MISTAKEN_FOR = {FALLBACK, "affirm", "out_of_scope", "thank", "check_dossier"}
SURE = 0.8
"""From this confidence on a short answer to our question for a score is what it seems to be."""
_NUMBERS = {"mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5} | {str(n): n for n in range(1, 6)}
_NO = r"(?:khong|ko|k|kg|hong|hok|hem|chua|khg)"
# Negations before what they negate.
_SATISFACTION = (
    (1, re.compile(rf"\brat {_NO} (?:duoc )?hai long|{_NO} hai long (?:chut|ti|tí)|qua te|te (?:qua|hai)|rat te\b")),
    (2, re.compile(rf"\b{_NO} (?:duoc )?hai long|{_NO} tot\b")),
    (5, re.compile(r"\b(?:rat|vo cung|cuc ky|cuc|qua) hai long|tuyet voi|hai long (?:lam|tuyet doi)\b")),
    (3, re.compile(r"\bbinh thuong|tam duoc|tam on\b")),
    (4, re.compile(r"\bhai long\b")),
)
_POINTS = re.compile(r"\b([1-5]) ?(?:sao|diem|d|\*)(?!\w)")
_DIGIT = re.compile(r"(?<![\w.,/-])([1-5])(?![\w.,/-])")
_SHORT_ANSWER = 6
_BARE = re.compile(
    r"(?:muc |so |cho |cham |chac )?([1-5]|mot|hai|ba|bon|nam)(?: (?:diem|sao))?(?: a| nhe| nha| di| thoi)?"
)

_NUMBER_ALONE = re.compile(r"(?:so )?(?:[1-5]|mot|hai|ba|bon|nam)")


def is_stray(turn: Turn) -> bool:
    """Whether the text is a number alone that nobody asked for: it may mean some list, so it is asked about first."""
    return turn.typed and turn.awaiting != "score" and bool(_NUMBER_ALONE.fullmatch(fold(turn.text).strip(" .!")))


def score_of(turn: Turn) -> int | None:
    """The score given, None when there is none or more than one is named."""
    named = {_NUMBERS[fold(value)] for entity, value in turn.entities if entity == "score" and fold(value) in _NUMBERS}
    if len(named) == 1:
        return named.pop()
    folded = fold(turn.text)
    bare = _BARE.fullmatch(folded)
    if bare:
        return _NUMBERS[bare[1]]
    points = set(_POINTS.findall(folded)) or (set(_DIGIT.findall(folded)) if _answers_shortly(turn) else set())
    if len(points) == 1:
        return int(points.pop())
    return next((score for score, pattern in _SATISFACTION if pattern.search(folded)), None) if not named else None


def _answers_shortly(turn: Turn) -> bool:
    """Whether a lone digit is the score: we asked for one, and little else is said ("à nhầm, 4 thôi")."""
    return turn.awaiting == "score" and len(words(turn.text)) <= _SHORT_ANSWER


async def record(turn: Turn, score: int, said: str) -> None:
    """Rate the named dossier, or the last one returned."""
    outcome = await turn.api.rate(score, said, turn.entity("dossier_code"), turn.message_id)
    turn.say(outcome.text)


async def interrupts(turn: Turn) -> bool:
    """Take the score we asked for, when the bare answer ("4", "tạm được") was taken for something else."""
    if turn.awaiting != "score":
        return False
    if turn.intent not in _MISTAKEN_FOR and not (_answers_shortly(turn) and turn.confidence < SURE):
        return False
    score = score_of(turn)
    if score is None:
        return False
    await record(turn, score, turn.text)
    return True
