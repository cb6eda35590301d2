"""Pure rules: by when a case is answered, which reason weighs more, what a search looks for, what blanks there are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from backend import calendar, clock
from backend.inbox.models import Priority, Reason
from backend.text import fold

SUMMARY_LENGTH = 500
ANSWER_LENGTH = 2_000
NOTE_LENGTH = 4_000
REASON_LENGTH = 300
LABEL_LENGTH = 40
WORD_LENGTH, MOST_WORDS = 48, 1_000
"""Of what a case is found by: a longer word is found by its beginning."""
MOST_LABELS = 8
MOST_FILES = 5
MOST_AT_ONCE = 100
"""Cases of one bulk action."""
UNDO_WITHIN = timedelta(minutes=1)
LATEST_SNOOZE = timedelta(days=60)

_ANSWER_HOURS = {Priority.NORMAL: 2.0, Priority.HIGH: 1.0, Priority.URGENT: 0.25}
_SOLVE_HOURS = {Priority.NORMAL: 16.0, Priority.HIGH: 8.0, Priority.URGENT: 4.0}
_WEIGHT = (
    Reason.ASKED, Reason.NOT_UNDERSTOOD, Reason.LOW_RATING, Reason.ABUSE, Reason.COMPLAINT, Reason.EMERGENCY,
)  # fmt: skip
_PRIORITY = {Reason.EMERGENCY: Priority.URGENT, Reason.COMPLAINT: Priority.HIGH, Reason.LOW_RATING: Priority.HIGH}
_WORD = re.compile(r"[a-z0-9#+@]+")
_BLANK = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Timer:
    """A deadline in working time. `left_hours` is negative when it has passed; `met` None while it runs."""

    due_at: datetime
    left_hours: float
    met: bool | None

    @property
    def late(self) -> bool:
        """True when it was missed, or is being missed."""
        return self.met is False or (self.met is None and self.left_hours < 0)


def priority_of(reason: str) -> int:
    """What a case begins with."""
    return _PRIORITY.get(reason, Priority.NORMAL)


def graver(first: str, second: str) -> str:
    """The reason that weighs more."""
    return max(first, second, key=_WEIGHT.index)


def answer_due(opened_at: datetime, priority: int) -> datetime:
    """By when an officer should have answered first: working hours with the lunch break. UTC."""
    return calendar.add_working_hours(opened_at, _ANSWER_HOURS[priority])


def solve_due(opened_at: datetime, priority: int) -> datetime:
    """By when it should be closed. UTC."""
    return calendar.add_working_hours(opened_at, _SOLVE_HOURS[priority])


def timer(due_at: datetime, done_at: datetime | None) -> Timer:
    """Where a deadline stands now, or stood when it was `done_at`."""
    met = None if done_at is None else done_at <= due_at
    return Timer(due_at, calendar.working_hours_between(done_at or clock.now(), due_at), met)


def search_text(*parts: str) -> str:
    """The words of what a case is found by, folded, each once; the first parts count where there are too many."""
    words = (word[:WORD_LENGTH] for part in parts for word in _WORD.findall(fold(part)))
    return " " + " ".join(islice(dict.fromkeys(words), MOST_WORDS))


def wanted_words(query: str) -> list[str]:
    """What must all be found, each at the beginning of a word; a phone number also with +84 for its 0."""
    words = [word[:WORD_LENGTH] for word in _WORD.findall(fold(query))[:8]]
    return [f"+84{word[1:]}" if re.fullmatch(r"0\d{3,10}", word) else word for word in words]


def clean_labels(text: str) -> list[str]:
    """Labels as an officer types them, parted by commas; without doubles."""
    labels = (" ".join(part.split())[:LABEL_LENGTH] for part in text.replace("#", "").split(","))
    known = {fold(label): label for label in labels if label}
    return list(known.values())[:MOST_LABELS]


def label_term(label: str) -> str:
    """How a label stands in `search_text`."""
    return "#" + "".join(_WORD.findall(fold(label)))


def filled(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """A canned answer with its {blanks} filled, and the blanks nothing is known for, which stay to be seen."""
    missing = [name for name in _BLANK.findall(text) if not values.get(name)]
    return _BLANK.sub(lambda match: values.get(match[1]) or match[0], text), missing


def blanks_left(text: str) -> list[str]:
    """The {blanks} of an answer that nobody has filled."""
    return _BLANK.findall(text)


def mentioned(text: str) -> set[str]:
    """The usernames that a note calls (`@demo-tongdai`)."""
    return {match.rstrip(".-_").lower() for match in re.findall(r"(?<![\w@])@([\w.\-]+)", text)}
