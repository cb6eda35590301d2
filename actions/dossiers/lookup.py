"""What both questions about a filed dossier share."""

import re

from actions.backend_api import DossierAspect
from actions.procedures.aspects import OF_INTENT
from actions.text import fold
from actions.turn import FALLBACK, Button, Turn

MAX_BUTTONS = 5
_MISTAKEN_FOR = {*OF_INTENT, FALLBACK, "out_of_scope", "bot_challenge", "help", "affirm", "greet"}

_SAYS_DOSSIER = re.compile(r"\b(?:ho so|hs|giay hen|tat ca)\b")


_WHEN = re.compile(
    r"\b(?:tre|cham|lau|xong|khi nao|bao gio|chung nao|hoi nao|toi dau|den dau|sao roi|may ngay|hen|ly do|vi sao)\b"
)


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
        buttons = [Button(dossier.code, intent, {"dossier_code": dossier.code}) for dossier in shown]
    turn.memory.dossier_code = found.dossiers[0].code if found.outcome == "found" and found.dossiers else None
    turn.say(found.text, buttons)


async def interrupts(turn: Turn) -> bool:
    """Take "sao trễ vậy" and "bao giờ xong" for what they are when a dossier was just told of."""
    about_the_last = speaks_of_the_last(turn) and turn.intent in _MISTAKEN_FOR and not turn.entity("procedure")
    if not about_the_last or not _WHEN.search(fold(turn.text)):
        return False
    await look_up(turn, "state")
    return True
