"""Pure rules of ratings: scores, reasons, and which sums may be shown.

Nothing smaller than `MINIMUM` may be learnt, also not by taking one figure from another. So figures are not filtered
when they are asked for, but released: ratings are divided once into groups of at least `MINIMUM` that never change
afterwards and never overlap, and whatever a page shows is a sum of whole groups. The difference of two such sums is
again a sum of whole groups, whatever the filters, and however long somebody waits between two looks.

There are two divisions, of two different questions, so that figures of one say nothing of the other: scores of the
service are divided by agency, month and procedure; scores of officers five by five in the order in which they came.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import yaml

SCORES = range(1, 6)
NAMES = {1: "rất không hài lòng", 2: "không hài lòng", 3: "bình thường", 4: "hài lòng", 5: "rất hài lòng"}
MINIMUM = 5
CORRECTABLE = timedelta(days=1)
LOW = 2
"""From this score down somebody looks into it."""
LAST_LOW_REASONS = 3
WORDS_LENGTH = 1_000
INDEX_POINTS = 18
"""Of 100 that Decision 766/QĐ-TTg gives to satisfaction."""
OTHERS = ""
"""The procedure of a group that holds several, none of them large enough."""
_REASONS = Path(__file__).with_name("reasons.yml")


@lru_cache
def reason_lists() -> Mapping[str, Mapping[str, str]]:
    """`low` and `high`: titles by key."""
    read: dict[str, dict[str, str]] = yaml.safe_load(_REASONS.read_text("utf-8"))
    return read


def reasons_for(score: int) -> Mapping[str, str]:
    """What may be picked after a score."""
    return reason_lists()["low" if score <= LAST_LOW_REASONS else "high"]


def reason_titles() -> dict[str, str]:
    """All of them."""
    return {**reason_lists()["low"], **reason_lists()["high"]}


def fitting(reasons: Collection[str], score: int) -> list[str]:
    """Those of `reasons` that go with the score, each once, in the order of the list."""
    return [key for key in reasons_for(score) if key in reasons]


@dataclass(frozen=True)
class One:
    """A rating, as far as the division needs it. `month` is the first day of its month."""

    id: int
    month: date
    procedure: str


@dataclass(frozen=True)
class Group:
    """Ratings that are only ever counted together."""

    ids: tuple[int, ...]
    first_month: date
    last_month: date
    procedure: str


def divided(ratings: Sequence[One]) -> list[Group]:
    """The groups of one agency's ratings of finished months; a rest that is too small is left for a later month."""
    groups, gathered = list[Group](), list[One]()
    for _, month in groupby(sorted(ratings, key=lambda one: (one.month, one.id)), key=lambda one: one.month):
        gathered += month
        if len(gathered) >= MINIMUM:
            groups += _by_procedure(gathered)
            gathered = []
    return groups


def _by_procedure(ratings: Sequence[One]) -> list[Group]:
    """Large procedures stand alone; small ones together, and where they are too few, with the smallest large one."""
    kinds = defaultdict[str, list[One]](list)
    for one in ratings:
        kinds[one.procedure].append(one)
    large = {kind: found for kind, found in kinds.items() if len(found) >= MINIMUM and kind != OTHERS}
    rest = [one for one in ratings if one.procedure not in large]
    if rest and len(rest) < MINIMUM:
        rest += large.pop(min(large, key=lambda kind: (len(large[kind]), kind)))
    if rest:
        large[OTHERS] = rest
    first, last = ratings[0].month, ratings[-1].month
    return [Group(tuple(one.id for one in found), first, last, kind) for kind, found in large.items()]


def in_fives(ids: Sequence[int]) -> list[Sequence[int]]:
    """Whole groups of `MINIMUM` in this order; the rest waits."""
    return [ids[start : start + MINIMUM] for start in range(0, len(ids) - MINIMUM + 1, MINIMUM)]


@dataclass(frozen=True)
class Figures:
    """A sum of whole groups: how many gave 1, 2, 3, 4 and 5."""

    counts: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)

    def __add__(self, other: "Figures") -> "Figures":
        a, b = self.counts, other.counts
        return Figures((a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4]))

    @property
    def total(self) -> int:
        """How many ratings."""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """The mean score; 0 where there is none."""
        return sum(score * n for score, n in zip(SCORES, self.counts, strict=True)) / self.total if self.total else 0.0

    @property
    def satisfied(self) -> float:
        """Share, 0 to 1, of those who gave 4 or 5."""
        return (self.counts[3] + self.counts[4]) / self.total if self.total else 0.0

    @property
    def index(self) -> float:
        """What the ratings would bring of the index's points for satisfaction if those rested on them alone."""
        return self.satisfied * INDEX_POINTS
