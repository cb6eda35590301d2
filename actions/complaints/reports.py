"""Telling a report: what is a description, what only the wish to give one, and what answers the backend's questions.

The report being written is a row of the backend, which knows what is missing and asks for it; here it is only decided
whether a message belongs to it.

A report or proposal (phản ánh, kiến nghị) is the hotline's own. A formal complaint (khiếu nại) and a denunciation (tố
cáo) follow laws of their own; the citizen is told so, and what they wrote is taken in all the same.
"""

import re

from actions.backend_api import Meaning
from actions.fallback import safety
from actions.procedures.aspects import OF_INTENT, asks_for
from actions.text import fold, words
from actions.turn import FALLBACK, Awaited, Pick, Turn

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
    r"(?:o|tai|cho|gan|ngay|doan|truoc|doi dien|duong|so nha|so \d+|hem|thon|buon|xa|phuong|canh|ben|khoi|to dan pho|"
    r"ap|xom|nga (?:ba|tu)|ql ?\d+|quoc lo|tinh lo|km ?\d+)\b"
)
_NO_PLACE = {"khong biet", "ko biet", "k biet", "khong ro", "ko ro", "khong nho", "khong biet nua"}
_ASKS = re.compile(
    r"\b(?:may|nao|dau|gi|bao nhieu|khong|ko|sao|chua|hong(?=\W*$)|sdt|so dien thoai|dia chi|lien he|hotline)\b"
)
# What a bare place is taken for: "ở đường Y Jút, phường Buôn Ma Thuột"; the number in "thôn 5" for a score.
_TAKEN_FOR_A_PLACE = {
    FALLBACK,
    "ask_contact",
    "ask_place",
    "file_complaint",
    "out_of_scope",
    "search_procedure",
    "rate_service",
    "affirm",
}
_UNKNOWN = {FALLBACK, "out_of_scope", "file_complaint"}
_MOST_WORDS_OF_PLACE = 7
_AWAITED: dict[str, Awaited] = {
    "what": "complaint",
    "where": "complaint_place",
    "name": "complaint_name",
    "same": "complaint_check",
    "confirm": "complaint_check",
    "publish": "complaint_publish",
}
_YES = {
    "gui",
    "gui di",
    "gui luon",
    "gui nhe",
    "dung",
    "dung roi",
    "dung het roi",
    "ok gui",
    "dong y",
    "xac nhan",
    "ok",
    "oke",
}
_HIDES = re.compile(r"\b(?:giau (?:ten|danh tinh)|an danh|(?:dung|khong) (?:neu|ghi|lo) ten)\b")
_LETS_PUBLISH = {"cho", "cong khai", "cong khai di", "cho cong khai", "duoc", "duoc chu", "dong y", "cu cong khai"}
_KEEPS_PRIVATE = {"khong", "khong cong khai", "dung cong khai", "khong cho", "khong duoc", "khong dong y"}
_CORRECTS = re.compile(
    r"(?:da |a |u |uh )*(?:sai|nham|chua dung|khong dung|ko dung|khong phai|sua|noi lai)\b.*\w{2}.*\w{2}"
)
_ABOUT_REPORT = re.compile(
    r"\b(?:giau ten|an danh|(?:dung|khong|ko|k|hong) (?:muon )?(?:neu|ghi|lo|cho|noi|de)(?: biet)? ten|giau danh tinh"
    r"|cung vay|cung bi"
    r"|khong can bao lai|goi lai)\b"
)
_NO_DESCRIPTION = {"cancel", "deny", "help", "request_officer", "unsubscribe", "bot_challenge", "goodbye"}


def is_only_a_wish(text: str) -> bool:
    """Whether the text says that there is something to report, not what."""
    return len([word for word in words(text) if word not in _WISH]) < _MIN_WORDS_AT_ONCE


async def ask(turn: Turn) -> None:
    """Ask what happened and where, by the kind of report; the backend keeps the kind and whether to hide the name."""
    turn.memory.awaiting = "complaint"
    if turn.text:
        await turn.api.tell_complaint(turn.text, turn.message_id, "wish")
    folded = fold(turn.text)
    if _DENUNCIATION.search(folded):
        turn.utter("utter_ask_denunciation")
    elif _FORMAL.search(folded):
        turn.utter("utter_ask_formal_complaint")
    else:
        turn.utter("utter_ask_complaint")


async def record(turn: Turn) -> bool:
    """Take the text in; whom to call, or how to guard against fraud, is said first."""
    danger = safety.danger_in(turn.text)
    if danger:
        turn.utter(danger)
    elif safety.is_scam(turn.text):
        turn.utter("utter_scam")
    return await _tell(turn, urgent=bool(danger))


async def _tell(turn: Turn, meaning: Meaning = "", *, urgent: bool = False) -> bool:
    """Hand it to the report being written and say what comes back; False where there is none."""
    heard = await turn.api.tell_complaint(turn.text, turn.message_id, meaning, urgent=urgent)
    if heard.outcome == "none":
        return False
    turn.tell(heard, [Pick(offer.title, offer.payload) for offer in heard.choices])
    turn.memory.awaiting = _AWAITED.get(heard.question) or ("complaint_sent" if heard.outcome != "asking" else None)
    return True


def _is_bare_place(turn: Turn) -> bool:
    folded = fold(turn.text)
    return turn.intent in _TAKEN_FOR_A_PLACE and bool(_STARTS_WITH_PLACE.match(folded)) and not _ASKS.search(folded)


def says_where(turn: Turn) -> bool:
    """Whether the text tells a place that an officer could go to."""
    return bool(turn.entity("place") or turn.entity("agency") or _PLACE.search(fold(turn.text)))


async def interrupts(turn: Turn) -> bool:
    """Take what was asked for, whatever it was taken for, unless it is plainly something else."""
    match turn.awaiting:
        case "complaint":
            return _is_description(turn) and await record(turn)
        case "complaint_photo":
            told = turn.intent == "file_complaint" or (turn.intent in _UNKNOWN and says_where(turn))
            return told and _is_description(turn) and not _ASKS.search(fold(turn.text)) and await record(turn)
        case "complaint_place":
            meaning = _meaning_of_place(turn)
        case "complaint_name":
            meaning = _meaning_of_name(turn)
        case "complaint_check":
            meaning = _meaning_of_check(turn)
        case "complaint_publish" | "complaint_sent" if _HIDES.search(fold(turn.text)):
            meaning = "" if len(words(turn.text)) <= _MOST_WORDS_OF_STOP else None
        case "complaint_publish":
            meaning = _meaning_of_publish(turn)
        case _:
            return False
    return meaning is not None and await _tell(turn, meaning)


def _is_description(turn: Turn) -> bool:
    if _refuses(turn) or len(words(turn.text)) < MIN_WORDS:
        return False
    return not _asks_something_else(turn) and not is_only_a_wish(turn.text)


def _refuses(turn: Turn) -> bool:
    sure = turn.confidence >= SURE or len(words(turn.text)) <= _MOST_WORDS_OF_STOP
    return turn.intent in _NO_DESCRIPTION and sure


def _meaning_of_place(turn: Turn) -> Meaning | None:
    folded = fold(turn.text).strip(" .!")
    if folded in _NO_PLACE or turn.intent == "deny":
        return "no"
    if _refuses(turn) or _asks_something_else(turn) or turn.entity("procedure") or _ASKS.search(folded):
        return None
    short = len(words(turn.text)) <= _MOST_WORDS_OF_PLACE and turn.intent in _TAKEN_FOR_A_PLACE
    return "" if short or _is_bare_place(turn) or says_where(turn) else None


def _meaning_of_name(turn: Turn) -> Meaning | None:
    if turn.intent == "deny":
        return "no"
    few = len(words(turn.text)) <= _MOST_WORDS_OF_STOP
    return "" if few and not _refuses(turn) and not any(c.isdigit() for c in turn.text) else None


def _meaning_of_check(turn: Turn) -> Meaning | None:
    """Yes, no, a correction, "giấu tên", "tôi cũng vậy", or something to add."""
    folded = fold(turn.text).strip(" .!")
    if turn.intent == "affirm" or folded in _YES:
        return "yes"
    if _CORRECTS.match(folded) or _ABOUT_REPORT.search(folded) or _is_bare_place(turn):
        return ""
    if turn.intent == "deny":
        return "no"
    place = turn.intent in _TAKEN_FOR_A_PLACE and says_where(turn) and len(words(turn.text)) <= _MOST_WORDS_OF_PLACE
    if place and not _ASKS.search(folded):
        return ""  # "ubnd xã Ea Drăng sáng hôm qua"
    adds = turn.intent in _UNKNOWN and len(words(turn.text)) >= _MIN_WORDS_AT_ONCE and not _ASKS.search(folded)
    return "" if adds or turn.intent == "file_complaint" else None


def _meaning_of_publish(turn: Turn) -> Meaning | None:
    """Only a plain yes or no: whatever else is said leaves the report unpublished."""
    folded = fold(turn.text).strip(" .!")
    if turn.intent == "affirm" or folded in _LETS_PUBLISH:
        return "yes"
    return "no" if turn.intent == "deny" or folded in _KEEPS_PRIVATE else None


def _asks_something_else(turn: Turn) -> bool:
    """A question about a procedure in so many words, or a code: the citizen has left the report."""
    if turn.entity("dossier_code") or turn.entity("complaint_code"):
        return turn.intent in {"check_dossier", "ask_supplement", "check_complaint", "rate_service"}
    aspect = OF_INTENT.get(turn.intent)
    return aspect is not None and bool(turn.entity("procedure")) and asks_for(turn.text, aspect)
