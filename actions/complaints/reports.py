"""Taking a report: what is a description and what only the wish to give one, and which of three kinds it is.

A report or proposal (phản ánh, kiến nghị) is the hotline's own. A formal complaint (khiếu nại) and a denunciation (tố
cáo) follow laws of their own; the citizen is told so, and what they wrote is taken in all the same.
"""

import re

from actions.fallback import safety
from actions.procedures.aspects import OF_INTENT, asks_for
from actions.text import fold, words
from actions.turn import Turn

MIN_WORDS = 4
"""Fewer are no description of what is wrong and where."""
_MIN_WORDS_AT_ONCE = 3

# What only announces a report, or is polite.
_WISH = frozenset(
    words(
        "toi tui minh em con chau bac co anh chi ad oi a da vang alo chao cho muon can xin duoc dc gui viet lam nop "
        "hoi bao phan anh an kien nghi khieu nai to cao de gop y don su viec van mot vu cai nay nhu the nao ntn kieu "
        "gi o dau sao ra voi ve giup dum gium nha nhe tong dai pa len ubnd tinh quan la"
    )
)
_FORMAL = re.compile(r"\bkhieu nai\b")
_DENUNCIATION = re.compile(r"\bto cao\b")
# A stop, a refusal, a question about ourselves, a person: the citizen does not describe anything.
_NO_DESCRIPTION = {"cancel", "deny", "help", "request_officer", "unsubscribe", "bot_challenge", "goodbye"}


def is_only_a_wish(text: str) -> bool:
    """Whether the text says that there is something to report, not what."""
    return len([word for word in words(text) if word not in _WISH]) < _MIN_WORDS_AT_ONCE


def ask(turn: Turn) -> None:
    """Ask what happened and where, by the kind of report."""
    turn.memory.awaiting = "complaint"
    folded = fold(turn.text)
    if _DENUNCIATION.search(folded):
        turn.utter("utter_ask_denunciation")
    elif _FORMAL.search(folded):
        turn.utter("utter_ask_formal_complaint")
    else:
        turn.utter("utter_ask_complaint")


async def record(turn: Turn) -> None:
    """Take the text in; whom to call, or how to guard against fraud, is said first."""
    danger = safety.danger_in(turn.text)
    if danger:
        turn.utter(danger)
    elif safety.is_scam(turn.text):
        turn.utter("utter_scam")
    filed = await turn.api.file_complaint(turn.text, turn.message_id)
    turn.say(filed.text)


async def interrupts(turn: Turn) -> bool:
    """Take the text that we asked for, whatever it was taken for, unless it is plainly something else."""
    if turn.awaiting != "complaint" or turn.intent in _NO_DESCRIPTION or len(words(turn.text)) < MIN_WORDS:
        return False
    if _asks_something_else(turn) or is_only_a_wish(turn.text):
        return False
    await record(turn)
    return True


def _asks_something_else(turn: Turn) -> bool:
    """A question about a procedure in so many words, or a code: the citizen has left the report."""
    if turn.entity("dossier_code") or turn.entity("complaint_code"):
        return turn.intent in {"check_dossier", "ask_supplement", "check_complaint", "rate_service"}
    aspect = OF_INTENT.get(turn.intent)
    return aspect is not None and bool(turn.entity("procedure")) and asks_for(turn.text, aspect)
