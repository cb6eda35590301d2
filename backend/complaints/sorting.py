"""What a text is taken for before an officer has read it: kind, category, whom it is about. Words in `kinds.yml`."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from backend import clock
from backend.complaints.policy import Kind, Subject
from backend.organisation import service as organisation
from backend.text import fold

_MIN_WORDS_OF_NAME = 3
"""A shorter name is many people's."""


@dataclass(frozen=True)
class Guess:
    """`emergency_number`: whom to call at once, "" where nobody."""

    kind: Kind
    category: str
    emergency_number: str


@cache
def _words() -> dict[str, dict[str, re.Pattern[str]]]:
    told = yaml.safe_load(Path(__file__).with_name("kinds.yml").read_text("utf-8"))
    told["office"] = {"office": told["office"]}
    return {name: {key: _any_of(words) for key, words in group.items()} for name, group in told.items()}


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")


def _first(group: str, folded: str) -> str:
    return next((key for key, pattern in _words()[group].items() if pattern.search(folded)), "")


def guess(text: str) -> Guess:
    """Kind and category proposed from the words."""
    folded = " ".join(fold(text).split())
    kind = Kind(_first("kinds", folded) or Kind.REPORT)
    number = (_first("emergency_numbers", folded) or "113") if kind == Kind.EMERGENCY else ""
    return Guess(kind, _first("categories", folded), number)


def subjects_in(text: str) -> list[Subject]:
    """Officers named in full, and the units a text about people in office names.

    Rather too many than too few: who is wrongly taken for it only does not see the report until an operator corrects.
    """
    folded = f" {' '.join(re.sub(r'[^a-z0-9]+', ' ', fold(text)).split())} "
    found = [
        Subject(officer.agency_code, officer.id)
        for officer in organisation.officers()
        if len(officer.name.split()) >= _MIN_WORDS_OF_NAME and f" {fold(officer.name)} " in folded
    ]
    if not _words()["office"]["office"].search(folded):
        return found
    for agency in organisation.agencies_at(clock.today()):
        names = {fold(name) for name in (agency.name, agency.unit) if name}
        if any(f" {name} " in folded for name in names):
            found.append(Subject(agency.code))
    return found


_DAMAGED = r"(?!(?:hong|hu|xau|lay|ngap|day|bi|sut|nut|tron|bui|toi|khong|ray|ong|lo|co|nay)\b)"
_STREET = rf"(?<!den )(?<!mat )(?<!long )(?<!via )(?<!boi )(?<!tay )duong {_DAMAGED}\w"
_UNNAMED = (
    r"(?!(?:toi|tui|em|minh|noi|doi|khong|ko|k|bat|hen|thu|keu|bao|chua|co|nay|ma|rat|qua|het|phai|nhan|tra|gay|de|cho|ai"
    r"|nao|gi|va|voi|hach|quat|khi|luc|hoi|xoi)\b)"
)
"""No commune's name begins so: "cán bộ xã đòi tiền", "ở xa quá"."""
_BARE = (
    rf"(?:{_STREET}|(?:phuong|xa|thi tran) {_UNNAMED}\w"
    r"|(?:hem|so nha|thon|buon|to dan pho|nga (?:ba|tu|nam|sau)|quoc lo|tinh lo) \w|(?:ql|km) ?\d)"
)
_AFTER_AT = (
    rf"(?:{_BARE}|(?:so|ngo|kiet|xom|ap|tdp|khoi|cau|cho|truong|benh vien|tram|ubnd|uy ban|cong vien|cong ty|vong xoay"
    r"|bung binh|khu|nha) \w)"
)
_AT = r"(?:o|tai|truoc|gan|doi dien|canh|ben|ngay|doan|tren|trong|sau|giua|dau|cuoi)"
_PLACES = tuple(re.compile(rf"\b{begin}[^.!?;\n]*") for begin in (rf"{_AT} (?:\w+ ){{0,2}}?{_AFTER_AT}", _BARE))
_COUNT = r"(?:\d+|mot|hai|ba|bon|nam|sau|bay|tam|chin|muoi|may|vai|nhieu)"
_WHEN = re.compile(
    rf"\b(?:(?:tu|ca|suot|khoang|gan|hon|luc|vao|hoi|ngay)\s+)*"
    rf"(?:{_COUNT} (?:ngay|hom|tuan|thang|nam|gio|tieng)(?: (?:nay|qua|roi|truoc|lien))?"
    r"|hom (?:nay|qua|kia)|(?:toi|dem|sang|chieu|trua) (?:nay|qua|hom qua|hom kia|thu \w+)"
    r"|(?:tuan|thang|nam) (?:nay|truoc|roi|qua)|ngay \d{1,2}(?:[/-]\d{1,2})?|\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?"
    r"|thu (?:hai|ba|tu|nam|sau|bay)(?: tuan (?:nay|truoc|roi))?|chu nhat"
    r"|\d{1,2} ?(?:h|gio)(?:\d{2})?(?: sang| toi| dem)?)\b"
)


def when_in(text: str) -> str:
    """The first words that tell a time, as written; "" where none do."""
    match = _WHEN.search(fold(text))
    return text[match.start() : match.end()].strip() if match else ""


def place_in(text: str) -> str:
    """The words that tell where, as written, without the time at their end; "" where none do."""
    folded = fold(text)
    for pattern in _PLACES:
        for match in pattern.finditer(folded):
            times = (at.start() for at in _WHEN.finditer(folded, match.start()) if at.start() > match.start())
            end = min(next(times, match.end()), match.end())
            if pattern.fullmatch(folded[match.start() : end]):  # "ở đầu hẻm 2 tuần nay" names no alley
                return text[match.start() : end].strip(" ,:-")[:300]
    return ""
