"""What a dossier is found by in the officers' search: words of the name, ends of the code and of the phone number.

One line of terms a dossier, the same for both databases: SQLite scans it, PostgreSQL keeps it as `tsvector` under a
GIN index. Both can only look for beginnings of terms, so numbers, of which people know the end, are kept backwards.

    #9400039062631421251 +7654321090 @h15.24.133 ban h hnie nie
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from backend.text import fold

CODE, PHONE, PLACE = "#", "+", "@"
SHORTEST_CODE_END, SHORTEST_PHONE_END = 3, 4
MOST_WORDS = 8
_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
_NUMBER = re.compile(r"\+?[\d.\-/()]+")
_WITH_AGENCY = re.compile(r"(\d[\d.]*)?[gh]\d[\d.\-]*")


@dataclass(frozen=True)
class Term:
    """One thing to be found: any of these beginnings; when `whole`, any of these and nothing longer."""

    beginnings: tuple[str, ...]
    whole: bool = False

    @property
    def is_number(self) -> bool:
        """Of a code or a phone, not a word of the name."""
        return any(text.startswith((CODE, PHONE)) for text in self.beginnings)


def of(code: str, name: str, phone: str, agencies: Iterable[str]) -> str:
    """The terms of a dossier, in order and parted by one blank. `phone` is E.164."""
    terms = {*words(name), code_term(code), phone_term(phone), *map(place, agencies)}
    return " ".join(sorted(terms))


def words(name: str) -> set[str]:
    """`H'Bia Niê` is found by hbia, by h and bia, and by nie."""
    folded = fold(name)
    return {*_WORD.findall(folded), *_WORD.findall(_APOSTROPHES.sub("", folded))}


def code_term(code: str) -> str:
    """The term of a dossier code."""
    return CODE + _backwards(code)


def phone_term(phone: str) -> str:
    """The term of a phone number (E.164)."""
    return PHONE + _backwards(_national(phone))


def place(agency_code: str) -> str:
    """The term of an agency that a dossier concerns."""
    return PLACE + agency_code.lower()


def wanted(query: str) -> list[Term]:
    """What must all be found for `query`; empty when it says too little to search for.

    Digits, with or without what is put between them, are the end of a code (from three) or of a phone number (from
    four), or all of it; anything else are beginnings of words of the name, in any order.
    """
    text = fold(query).strip()
    digits = re.sub(r"\D", "", text)
    if _is_number(text):
        return [_number(text, digits)] if len(digits) >= SHORTEST_CODE_END else []
    found: list[Term] = []
    for part in text.split()[:MOST_WORDS]:
        ending = re.sub(r"\D", "", part)
        if len(ending) >= SHORTEST_CODE_END and (_NUMBER.fullmatch(part) or _WITH_AGENCY.fullmatch(part)):
            found.append(_number(part, ending))
        else:
            found += [Term((word,)) for word in _WORD.findall(_APOSTROPHES.sub("", part))]
    return found[:MOST_WORDS]


def finished(wanted: Sequence[Term]) -> list[Term]:
    """The same where all words but the last, which may still be being typed, are whole ones."""
    last = max((position for position, term in enumerate(wanted) if not term.is_number), default=-1)
    return [
        term if term.is_number or position == last else replace(term, whole=True)
        for position, term in enumerate(wanted)
    ]


def _is_number(text: str) -> bool:
    """Nothing but a code in any spelling, or a number with what people write between its digits."""
    compact = re.sub(r"\s", "", text)
    return bool(_NUMBER.fullmatch(compact) or _WITH_AGENCY.fullmatch(compact))


def _number(text: str, digits: str) -> Term:
    if text.startswith("+84"):
        digits = "0" + digits[2:]
    beginnings = [] if text.startswith("+") else [CODE + digits[::-1]]
    if len(digits) >= SHORTEST_PHONE_END and not re.search(r"[gh]", text):
        beginnings.append(PHONE + _national(digits)[::-1])
    return Term(tuple(beginnings))


def _national(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return "0" + digits[2:] if digits.startswith("84") and len(digits) > 10 else digits


def _backwards(text: str) -> str:
    return re.sub(r"\D", "", text)[::-1]
