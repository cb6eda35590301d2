"""Finding the agencies that a text speaks of: any case, with or without accents, apostrophes and blanks. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process

from backend.text import fold, normalise

LONGEST = 9  # words of the longest name, "so lao dong thuong binh va xa hoi"
CLOSE_ENOUGH = 88  # of 100; lower takes "Ea Tul" for "Ea Tu"
SHORTEST_BARE = 4  # letters; shorter names without their kind ("Lắk", "1") are too often something else
SHORTEST_FUZZY = 6
MOST_WORDS = 60  # of a text that are looked at
MOST_WORDS_FUZZY = 12

_JOINED = re.compile(r"(?<=\w)['’‘`´&-](?=\w)")
_WORD = re.compile(r"\w+")
_KIND = re.compile(r"^(?:xa|phuong|thi tran|huyen|thi xa|thanh pho|tinh|so|ban) ")
_KINDS = {"phuong", "thitran", "thanhpho", "thixa"}
_COMMITTEE = re.compile(r"\b(?:ubnd|uy ban(?: nhan dan)?)\b(?! tinh\b)")
_SHORT = {"p": "phuong", "tp": "thanh pho", "tx": "thi xa", "tt": "thi tran", "h": "huyen", "bmt": "buon ma thuot"}


@dataclass(frozen=True)
class Named:
    """What an agency can be found by. `above` are the ids of the agencies it belongs to."""

    id: int
    names: tuple[str, ...]
    above: frozenset[int] = field(default_factory=frozenset)


def words(text: str) -> list[str]:
    """The words of `text` as names are compared: folded, "M'gar" and "TN&MT" as one word, "P." as "phuong"."""
    plain = _JOINED.sub("", fold(normalise(text)))
    plain = " ".join(_SHORT.get(word, word) for word in _WORD.findall(plain))
    return _COMMITTEE.sub(" ", plain).split()[:MOST_WORDS]


@lru_cache(maxsize=4096)
def keys(name: str) -> tuple[str, ...]:
    """What `name` is looked up by, blanks left out: in full and, where long enough, without its kind."""
    full = " ".join(words(name))
    bare = _KIND.sub("", full)
    long_enough = len(bare.replace(" ", "")) >= SHORTEST_BARE
    return tuple(dict.fromkeys(key.replace(" ", "") for key in ([full, bare] if long_enough else [full])))


class Index:
    """The names of a set of agencies, ready for looking up."""

    def __init__(self, agencies: Iterable[Named]) -> None:
        self._agencies: dict[int, Named] = {}
        self._by_key: dict[str, list[int]] = defaultdict(list)
        for agency in agencies:
            self._agencies[agency.id] = agency
            for key in dict.fromkeys(key for name in agency.names for key in keys(name)):
                self._by_key[key].append(agency.id)
        # "phuong" alone is near "phuong 1", and "phuong 2" nearer to it than any name is to a typo.
        self._spelt = [key for key in self._by_key if key.isalpha()]

    def find(self, text: str) -> list[int]:
        """Ids of the agencies that `text` names, in the order of the text; several where the name is ambiguous.

        "xã Hòa An, huyện Krông Pắc" gives the commune of that district only.
        """
        tokens = words(text)
        matches = _maximal(self._exact(tokens)) or self._close(tokens)
        groups = [self._best_spelt(found, text) for found in matches]
        return list(dict.fromkeys(agency for group in self._qualified(groups) for agency in group))

    def _exact(self, tokens: Sequence[str]) -> list[tuple[int, int, list[int]]]:
        windows = _windows(tokens)
        return [(start, end, self._by_key[key]) for (start, end), key in windows.items() if key in self._by_key]

    def _close(self, tokens: Sequence[str]) -> list[list[int]]:
        best: tuple[float, str] = (0, "")
        for key in _windows(tokens[:MOST_WORDS_FUZZY]).values():
            if len(key) >= SHORTEST_FUZZY and key not in _KINDS:
                hit = process.extractOne(key, self._spelt, scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
                best = max(best, (hit[1], hit[0])) if hit else best
        return [self._by_key[best[1]]] if best[1] else []

    def _best_spelt(self, found: list[int], text: str) -> list[int]:
        """Those whose accented name stands in the text as it is, if any do: Ea Drông is not Ea D'Rơng."""
        text = normalise(text).lower()
        exact = [id for id in found if any(_bare(name) in text for name in self._agencies[id].names)]
        return exact if exact and len({_bare(self._agencies[id].names[0]) for id in found}) > 1 else found

    def _qualified(self, groups: list[list[int]]) -> list[list[int]]:
        """Take what stands above an earlier match as its address, not as a thing asked for."""
        kept: list[list[int]] = []
        for group in groups:
            above = set(group)
            narrowed = [[id for id in earlier if self._agencies[id].above & above] for earlier in kept]
            if any(narrowed):
                kept = [small or earlier for small, earlier in zip(narrowed, kept, strict=True)]
            else:
                kept.append(group)
        return kept


def _bare(name: str) -> str:
    kind, _, rest = name.lower().partition(" ")
    return rest.removeprefix("trấn ").removeprefix("xã ").removeprefix("phố ") if rest else kind


def _windows(tokens: Sequence[str]) -> Mapping[tuple[int, int], str]:
    ends = ((start, end) for start in range(len(tokens)) for end in range(start + 1, len(tokens) + 1))
    return {(start, end): "".join(tokens[start:end]) for start, end in ends if end - start <= LONGEST}


def _maximal(matches: list[tuple[int, int, list[int]]]) -> list[list[int]]:
    """The matches that lie inside no longer one, from left to right."""
    longest_first = sorted(matches, key=lambda match: match[0] - match[1])
    kept: list[tuple[int, int, list[int]]] = []
    for start, end, found in longest_first:
        if all(end <= other_start or start >= other_end for other_start, other_end, _ in kept):
            kept.append((start, end, found))
    return [found for _, _, found in sorted(kept, key=lambda match: match[0])]
