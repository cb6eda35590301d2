"""Which procedure a message means, given what the conversation was about."""

import re
from dataclasses import dataclass

from actions.backend_api import Hit, Search
from actions.procedures.aspects import OVERVIEW, Aspect
from actions.text import clipped, fold, words
from actions.turn import Button, Turn

KNOWN_SHARE = 0.85
"""A procedure we spoke of before beats others in doubt when it scores at least this share of the best."""
OFFERED_SHARE = 0.65
"""Below this share of the best score a procedure is no choice worth reading."""
PICKED_SHARE = 0.75
"""What we have just offered is meant when it scores at least this share of the best: "cccd" among lost papers."""
WEAK_WORDS = 2
"""So few words beside an aspect, none of them a procedure, do not change the subject."""

NAMING = "search_procedure"
"""The intent of a message that names a procedure, or means to."""

_BACK = re.compile(
    r"\b(?:(?:cai|thu tuc|giay|viec|vu) (?:truoc|hoi nay|ban nay|luc nay|hoi dau|dau tien|kia)"
    r"|quay lai cai (?:truoc|kia|cu|dau))\b"
)
_CODE = re.compile(r"\d\.\d{6}")
_FILLERS = frozenset(
    words("cai cua so chon a da uh u ok em lay thu tuc muon toi minh tui hoi la ve vay nha nhe di dung roi do")
)

_NUMBERS = {"1": "mot", "2": "hai", "3": "ba", "4": "bon", "5": "nam"}


@dataclass(frozen=True)
class Meant:
    """This procedure."""

    code: str


@dataclass(frozen=True)
class Doubt:
    """One of these, best first; `ask`: the question to ask with them, "" for the usual one."""

    hits: list[Hit]
    ask: str = ""


@dataclass(frozen=True)
class Unknown:
    """A procedure was named, and there is none like it; `named` as the citizen wrote it, if that can be told apart."""

    named: str


@dataclass(frozen=True)
class Unnamed:
    """No procedure was named, and none was spoken of."""


@dataclass(frozen=True)
class Offered:
    """No procedure was named: one of those just offered, but which?"""


Finding = Meant | Doubt | Unknown | Unnamed | Offered


async def find(turn: Turn, aspect: Aspect) -> Finding:
    """What the turn means: a code first, then the words, then what was spoken of."""
    code = turn.entity("procedure_code")
    if code:
        match = _CODE.search(code)
        return Meant(match.group() if match else code)
    if turn.memory.previous_procedure_code and goes_back(turn.text):
        return Meant(turn.memory.previous_procedure_code)
    if not turn.text:
        return await _spoken_of(turn) if aspect != OVERVIEW else Unnamed()
    search = await _search(turn)
    picked_code = _picked_by_name(turn, search)
    if picked_code:
        return Meant(picked_code)
    if search.decision == "sure":
        return Meant(search.hits[0].code)
    if search.decision == "ask":
        return await _doubtful(turn, search)
    return await _not_found(turn, search)


async def _search(turn: Turn) -> Search:
    """The whole message is searched; where that leaves doubt, the name in it alone ("ad oi lm giay doc than z")."""
    search = await turn.api.search(turn.text, agency=turn.entity("agency") or "")
    named = turn.entity("procedure")
    if search.decision == "sure" or not named or set(words(named)) == set(search.residual.split()):
        return search
    by_name = await turn.api.search(named)
    if search.decision == "none":
        return by_name
    agree = by_name.decision == "sure" and by_name.hits[0].code == search.hits[0].code
    return by_name if agree else search


def goes_back(text: str) -> bool:
    """Whether the words mean the procedure before the current one ("quay lại cái trước")."""
    return bool(_BACK.search(fold(text)))


def picked(text: str, offered: list[Button]) -> Button | None:
    """The offer that a few words single out: "cái cấp lại" among "Cấp mới …" and "Cấp lại …"."""
    said = [word for word in _in_words(text) if word not in _FILLERS]
    if not said or len(said) > 6:
        return None
    phrase = " ".join(said)
    matching = [button for button in offered if phrase in " ".join(_in_words(button.title))]
    if len(matching) != 1:
        matching = [button for button in offered if set(said) <= set(_in_words(button.title))]
    return matching[0] if len(matching) == 1 else None


def _in_words(text: str) -> list[str]:
    return [_NUMBERS.get(word, word) for word in words(text)]


def _picked_by_name(turn: Turn, search: Search) -> str | None:
    """The one procedure among those just offered that the words may mean; None when none or several do."""
    if search.ask or search.decision == "none":
        return None
    likely = [hit.code for hit in search.hits if hit.score >= PICKED_SHARE * search.hits[0].score]
    among = [code for code in likely if code in offered_codes(turn)]
    if _is_weak(turn, search):  # "bản sao bao lâu": only what has these very words in its title
        said = set(search.residual.split())
        titles = {b.entities.get("procedure_code"): b.title for b in turn.offered}
        among = [code for code in among if said <= set(words(titles[code]))]
        return among[0] if len(among) == 1 else None
    return among[0] if len(among) == 1 or likely[:1] == among[:1] else None


def offered_codes(turn: Turn) -> list[str]:
    """The procedures that the last answer offered."""
    return [button.entities["procedure_code"] for button in turn.offered if "procedure_code" in button.entities]


async def current(turn: Turn) -> str | None:
    """What the conversation is about. The backend knows better than the slots: keyword commands change it too."""
    return (await turn.api.conversation()).procedure_code or turn.memory.procedure_code


async def _spoken_of(turn: Turn) -> Finding:
    code = await current(turn)
    return Meant(code) if code else Unnamed()


async def _doubtful(turn: Turn, search: Search) -> Finding:
    if search.ask:
        return Doubt(search.hits, search.ask)
    spoken_of = await current(turn)
    likely = {hit.code for hit in search.hits if hit.score >= KNOWN_SHARE * search.hits[0].score}
    for known in (spoken_of, turn.memory.previous_procedure_code):
        if known in likely and known is not None:
            return Meant(known)
    if spoken_of and _is_weak(turn, search):
        return Meant(spoken_of)
    if _is_weak(turn, search) and len(search.residual.split()) == 1:
        # One syllable names nothing: "lấy liền được không", "chủ nhà không cho thì sao".
        return _one_offered(turn) or Unnamed()
    return Doubt([hit for hit in search.hits if hit.score >= OFFERED_SHARE * search.hits[0].score])


def _one_offered(turn: Turn) -> Finding | None:
    """What a question without a name is about after an offer: the only one, or one of several."""
    codes = offered_codes(turn)
    return None if not codes else Meant(codes[0]) if len(codes) == 1 else Offered()


async def _not_found(turn: Turn, search: Search) -> Finding:
    named = turn.entity("procedure")
    if turn.intent != NAMING and not named:
        found = _one_offered(turn) or await _spoken_of(turn)
        if isinstance(found, Meant | Offered) or _is_weak(turn, search):
            return found
    return Unknown(clipped(named or "", 60)) if named or search.residual else Unnamed()


def _is_weak(turn: Turn, search: Search) -> bool:
    return turn.intent != NAMING and not turn.entity("procedure") and len(search.residual.split()) <= WEAK_WORDS
