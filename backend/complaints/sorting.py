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
