"""What both questions about a filed dossier share."""

import re
from dataclasses import asdict

from actions.backend_api import DossierAspect
from actions.procedures.aspects import OF_INTENT
from actions.procedures.finding import picked
from actions.text import fold, words
from actions.turn import FALLBACK, Button, Turn

MAX_BUTTONS = 5
_MISTAKEN_FOR = {*OF_INTENT, FALLBACK, "out_of_scope", "bot_challenge", "help", "affirm", "greet"}

_SAYS_DOSSIER = re.compile(r"\b(?:ho so|hs|giay hen|tat ca)\b")


_WHEN = re.compile(
    r"\b(?:tre|cham|lau|xong|khi nao|bao gio|chung nao|hoi nao|toi dau|den dau|sao roi|may ngay|hen|ly do|vi sao)\b"
)
_WHERE = re.compile(
    r"\b(?:o dau|cho nao|(?:nop|lay|nhan|den|ra|toi|len|ghe|gap) (?:o )?dau|di mo|o mo|nop tre|qua han)\b"
)
_WHAT = re.compile(r"\b(?:mang|cam|dem) (?:theo )?(?:nhung )?(?:gi|giay|j)\b")
_NOT_IN_RECORD = re.compile(
    r"\b(?:thay|gium|giup|dum|ho|uy quyen|zalo|scan|chup hinh|chup anh|email|mail|buu dien)\b"
    r".*\b(?:khong|ko|k|hong|hok|dc|duoc)\b"
)
# What is said of a dossier in a list, and how its title says it, both folded.
_STANDS = (
    (re.compile(r"\b(?:tre|cham|qua han|qua hen|lo hen)\b"), "qua hen"),
    (re.compile(r"\b(?:bo sung|thieu)\b"), "cho bo sung"),
    (re.compile(r"\b(?:co ket qua|xong|lay duoc)\b"), "co ket qua"),
)
_MOST_WORDS = 8
"""A longer question where to go says itself what about."""


def speaks_of_the_last(turn: Turn) -> bool:
    """Whether a dossier was just told of, and the message names no other ("sao trễ vậy", "bao giờ xong")."""
    return bool(turn.memory.dossier_code) and turn.typed and not _SAYS_DOSSIER.search(fold(turn.text))


async def look_up(turn: Turn, aspect: DossierAspect) -> None:
    """Tell of the dossier that is named, in whatever spelling; without a code of all that are this citizen's.

    Who may see what is decided in the backend; its words are the same for "does not exist" and "not yours".
    """
    code = turn.entity("dossier_code") or (turn.memory.dossier_code if speaks_of_the_last(turn) else None)
    found = await turn.api.look_up_dossiers(code, aspect)
    buttons = []
    if found.outcome == "several":
        shown = found.dossiers[:MAX_BUTTONS]
        intent = "check_dossier" if aspect == "state" else "ask_supplement"
        buttons = [Button(d.title or d.code, intent, {"dossier_code": d.code}) for d in shown]
    turn.memory.suggestions = [asdict(button) for button in buttons] or None
    turn.memory.dossier_code = found.dossiers[0].code if found.outcome == "found" and found.dossiers else None
    turn.tell(found, buttons)


def _picked(turn: Turn) -> Button | None:
    """The dossier of the list just shown that a few words single out: "cái trễ hẹn", "cái kết hôn"."""
    offered = [button for button in turn.offered if "dossier_code" in button.entities]
    if not offered or turn.entity("dossier_code") or len(words(turn.text)) > _MOST_WORDS:
        return None
    told = fold(turn.text)
    stands = [title for pattern, title in _STANDS if pattern.search(told)]
    matching = [button for button in offered if stands and stands[0] in fold(button.title)]
    return matching[0] if len(matching) == 1 else picked(turn.text, offered)


async def interrupts(turn: Turn) -> bool:
    """Take a few words for the dossier they pick from the list just shown, "sao trễ vậy" for the one just told of."""
    choice = _picked(turn)
    if choice:
        turn.become(choice)
        await look_up(turn, "supplement" if choice.intent == "ask_supplement" else "state")
        return True
    about_the_last = speaks_of_the_last(turn) and turn.intent in _MISTAKEN_FOR and not turn.entity("procedure")
    folded = fold(turn.text)
    if about_the_last and _NOT_IN_RECORD.search(folded) and len(words(folded)) <= 2 * _MOST_WORDS:
        turn.utter("utter_ask_officer")
        return True
    asks_where = bool(_WHERE.search(folded) or _WHAT.search(folded)) and len(words(folded)) <= _MOST_WORDS
    if not about_the_last or not (asks_where or _WHEN.search(folded)):
        return False
    await look_up(turn, "state")
    return True
