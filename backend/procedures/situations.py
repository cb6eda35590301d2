"""Citizens tell what happened ("mẹ tôi mất tuần trước"), not which procedure they need: `situations.yml` knows which.

A situation speaks up only where the message says little beside it ("mẹ mất, xin tiền mai táng cựu chiến binh" has named
what it wants) and the search is not sure, unless its words are known to mislead the search (`always`).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from backend.text import fold

MOST_BESIDE = 3
"""So many words that name something may stand beside what tells of the situation, unless it says otherwise."""
_FILE = Path(__file__).with_name("situations.yml")


@dataclass(frozen=True)
class Situation:
    """`ask`: what to ask the citizen; `offer`: code and title of each procedure that may be needed, in order.

    `beside`: how many naming words may stand beside; `always`: also where the search is sure.
    """

    name: str
    ask: str
    offer: tuple[tuple[str, str], ...]
    when: tuple[re.Pattern[str], ...]
    beside: int = MOST_BESIDE
    always: bool = False


def told(text: str, residual: str, *, sure: bool = False) -> Situation | None:
    """The situation that `text` tells of. `residual`: its words that could name a procedure; `sure`: they name one."""
    folded = fold(text)
    for situation in known():
        match = next(filter(None, (pattern.search(folded) for pattern in situation.when)), None)
        if match:
            beside = [word for word in residual.split() if word not in match.group().split() and not word.isdigit()]
            return situation if len(beside) <= situation.beside and (situation.always or not sure) else None
    return None


@lru_cache(maxsize=1)
def known() -> tuple[Situation, ...]:
    """All situations, in the order in which they are tried. A malformed file raises here, at the first question."""
    data = yaml.safe_load(_FILE.read_text("utf-8"))
    return tuple(
        Situation(
            name=entry["name"],
            ask=" ".join(entry["ask"].split()),
            offer=tuple(entry["offer"].items()),
            when=tuple(re.compile(pattern.format(**data["words"])) for pattern in entry["when"]),
            beside=entry.get("beside", MOST_BESIDE),
            always=entry.get("always", False),
        )
        for entry in data["situations"]
    )
