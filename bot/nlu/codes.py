"""What has a fixed shape: codes, numbers, dates, scores. Found by rules on the folded text, offsets of the source kept.

Shapes are those of design.md, section 5, widened by what phones do to them: blanks around separators, other dashes,
lower case, full-width digits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.nlu.text import Folded


@dataclass(frozen=True)
class Found:
    """An entity with the offsets of the text it was found in. `certain`: the shape alone tells, whatever is around."""

    entity: str
    start: int
    end: int
    certain: bool = True


_DOT = r"(?:\s?[.,]\s?|\s)"
_DASH = r"(?:\s{0,2}[-–—−_]\s{0,2}|\s{1,2}|\.)"
_DOSSIER = (
    rf"(?<![\w.])(?:\d{{3}}{_DOT}\d{{2}}{_DOT}\d{{2}}{_DOT})?[gh]\s?\d{{2}}(?:{_DOT}\d{{2,3}}){{0,3}}"
    rf"{_DASH}\d{{6}}{_DASH}\d{{4,6}}(?![\w])"
)
_TAIL_OF_DOSSIER = r"(?<![\w.-])\d{6}\s?[-–]\s?\d{4,6}(?![\w-])"
_COMPLAINT = r"(?<!\w)pa\s?[-–—_.]?\s?\d{6}\s?[-–—_.]?\s?\d{3,6}(?!\w)"
_PROCEDURE = r"(?<![\w.,])\d\s?\.\s?\d{6}(?:\.\d{3}\.\d{2}\.\d{2}\.[gh]\d{2}(?:\.\d{2,3})*)?(?![\w])"
_PHONE = r"(?<![\w.])(?:\+\s?84|84|0)(?:[ .-]{0,2}\d){8,10}(?!\d)"
_ID_OF_TWELVE = r"(?<![\w.+-])(?:\d{12}|\d{3}[ .]\d{3}[ .]\d{3}[ .]\d{3})(?![\w-])"
_ID_OF_NINE = r"(?<![\w.+-])(?:\d{9}|\d{3}[ .]\d{3}[ .]\d{3})(?![\w-])"
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:(?:19|20)\d{2}|\d{2})"
_DATE = rf"(?<![\w./-]){_DAY}\s?[/]\s?{_MONTH}(?:\s?[/]\s?{_YEAR})?(?![\w/]|\s?sao)"
_DATE_DOTTED = rf"(?<![\w./-]){_DAY}(?P<sep>[.-]){_MONTH}(?P=sep)(?:19|20)\d{{2}}(?![\w/])"
_DATE_SPOKEN = rf"(?<![\w./-]){_DAY} thang {_MONTH}(?: nam (?:19|20)\d{{2}})?(?!\w)"
_DATE_AFTER_NGAY = rf"(?<=ngay ){_DAY}[.-]{_MONTH}(?![\w./-])"

# In the order in which they win over one another.
_SHAPES = [
    ("dossier_code", _DOSSIER),
    ("complaint_code", _COMPLAINT),
    ("procedure_code", _PROCEDURE),
    ("dossier_code", _TAIL_OF_DOSSIER),
    ("date", _DATE_DOTTED),
    ("date", _DATE),
    ("date", _DATE_SPOKEN),
    ("date", _DATE_AFTER_NGAY),
    ("id_number", _ID_OF_TWELVE),
    ("phone", _PHONE),
    ("id_number", _ID_OF_NINE),
]
_PATTERNS = [(entity, re.compile(shape)) for entity, shape in _SHAPES]

# The last part of a dossier code, alone: only digits, and only near words that speak of a dossier.
_DIGITS = re.compile(r"(?<![\w.,/+-])\d{3,6}(?![\w/-]|[.,]\d)")
_SPEAKS_OF_DOSSIER = re.compile(
    r"\b(?:hs|hso|ho so|so ho so|ma|ma so|so bien nhan|bien nhan|bien lai|duoi|so cuoi|phieu hen|giay hen|don|phieu)"
    r"(?: (?:so|ma|duoi|cua (?:toi|tui|em|minh)|la|co|ma so|nay|:|#))*\W*$"
)
# Digits that count or measure something: money, land (sào), people, days.
_COUNTED = re.compile(
    r"\s*(?:k\b|d\b|dong|nghin|ngan|trieu|ty|m2|met|m\b|ha\b|sao (?:dat|ruong|ray|lua)|cay|kg|km|nguoi|ngay|thang|nam\b"
    r"|tuoi|lan|bo\b|ban\b|to\b|tam\b)"
)
_YEAR_BEFORE = re.compile(r"\b(?:nam|tu|hoi|thang \d{1,2}) $")


def find(folded: Folded) -> list[Found]:
    """All entities of a fixed shape, in order of place, none overlapping; the earlier shape of the list wins."""
    taken: list[tuple[int, int]] = []
    found: list[Found] = []
    for entity, pattern in _PATTERNS:
        for match in pattern.finditer(folded.text):
            if not any(match.start() < end and start < match.end() for start, end in taken):
                taken.append(match.span())
                found.append(Found(entity, *folded.span(*match.span())))
    found.extend(
        Found("dossier_code", *folded.span(*span), certain=certain) for span, certain in _tails(folded.text, taken)
    )
    return sorted(found, key=lambda f: f.start)


def _tails(text: str, taken: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], bool]]:
    """Digits that are (certain) or could be (not certain: the intent decides) the last part of a dossier code."""
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        if any(start < stop and begin < end for begin, stop in taken) or _COUNTED.match(text, end):
            continue
        if _SPEAKS_OF_DOSSIER.search(text[max(0, start - 40) : start]):
            yield match.span(), True
        elif end - start >= 4 and not (
            _YEAR_BEFORE.search(text[max(0, start - 12) : start]) and match.group()[:2] in {"19", "20"}
        ):
            yield match.span(), text.strip() == match.group()
