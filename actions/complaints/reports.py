"""Taking a report: what is a description and what only the wish to give one, and which of three kinds it is.

A report or proposal (phản ánh, kiến nghị) is the hotline's own. A formal complaint (khiếu nại) and a denunciation (tố
cáo) follow laws of their own; the citizen is told so, and what they wrote is taken in all the same.
"""

import re

from actions.fallback import safety
from actions.procedures.aspects import OF_INTENT, asks_for
from actions.text import fold, words
from actions.turn import FALLBACK, Turn

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
SURE = 0.8
_MOST_WORDS_OF_STOP = 8
_PLACE = re.compile(
    r"\b(?:duong|hem|ngo|so nha|so \d+|thon|buon|xom|ap|to dan pho|khoi|phuong|xa|huyen|thi tran|nga ba|nga tu|cau|cho|"
    r"truong|benh vien|ubnd|uy ban|ql ?\d+|quoc lo|tinh lo|km ?\d+|cong vien|truoc nha|gan nha|cong ty|quan)\b"
)
_STARTS_WITH_PLACE = re.compile(
    r"(?:da |a |u |uh |vang )*(?:no )?"
    r"(?:o|tai|cho|gan|ngay|doan|truoc|doi dien|duong|so nha|so \d+|hem|thon|buon|xa|phuong|canh|ben)\b"
)
_NO_PLACE = {"khong biet", "ko biet", "k biet", "khong ro", "ko ro", "khong nho", "khong biet nua"}
_ASKS = re.compile(r"\b(?:may|nao|dau|gi|bao nhieu|khong|ko|hong|sao|chua)\b")
# What a bare place is taken for: "ở đường Y Jút, phường Buôn Ma Thuột".
_TAKEN_FOR_A_PLACE = {
    FALLBACK,
    "ask_contact",
    "ask_place",
    "file_complaint",
    "out_of_scope",
    "search_procedure",
    "affirm",
}
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
    turn.memory.awaiting = "complaint_place"
    if not says_where(turn) and not safety.is_scam(turn.text):
        turn.utter("utter_ask_complaint_place", ask="location")


def _is_bare_place(turn: Turn) -> bool:
    folded = fold(turn.text)
    return turn.intent in _TAKEN_FOR_A_PLACE and bool(_STARTS_WITH_PLACE.match(folded)) and not _ASKS.search(folded)


def says_where(turn: Turn) -> bool:
    """Whether the text tells a place that an officer could go to."""
    return bool(turn.entity("place") or turn.entity("agency") or _PLACE.search(fold(turn.text)))


async def interrupts(turn: Turn) -> bool:
    """Take the text that we asked for, whatever it was taken for, unless it is plainly something else."""
    if turn.awaiting == "complaint_place" and fold(turn.text).strip(" .!") in _NO_PLACE:
        turn.utter("utter_anything_else")
        return True
    if turn.awaiting == "complaint_place" and _is_bare_place(turn):
        added = await turn.api.add_to_complaint(turn.text, turn.message_id)
        if added.outcome == "found":
            turn.say(added.text)
            return True
    refuses = turn.intent in _NO_DESCRIPTION and (
        turn.confidence >= SURE or len(words(turn.text)) <= _MOST_WORDS_OF_STOP
    )
    if turn.awaiting != "complaint" or refuses or len(words(turn.text)) < MIN_WORDS:
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
