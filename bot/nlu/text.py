"""Vietnamese text for comparison: folded with offsets kept, cut into words, typing slips undone.

Pure functions, no data files. "Folded" = lower case, accents stripped, đ→d, compatibility forms (full-width letters)
resolved, invisible characters gone.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Folded:
    """A folded text and, for each of its characters, the index of the character it came from."""

    text: str
    offsets: tuple[int, ...]
    source: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the source behind `text[start:end]` (not empty), with the combining marks that belong to it."""
        first, last = self.offsets[start], self.offsets[end - 1] + 1
        while last < len(self.source) and unicodedata.category(self.source[last]) == "Mn":
            last += 1
        return first, last


@dataclass(frozen=True)
class Word:
    """One written word: its characters in the source and its folded form."""

    text: str
    folded: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if character.isspace():
        return " "
    decomposed = unicodedata.normalize("NFKD", character).lower().replace("đ", "d")
    return "".join(c for c in decomposed if unicodedata.category(c) not in {"Mn", "Cc", "Cf", "Cs", "Co"})


def fold(text: str) -> Folded:
    """`text` folded. Works on NFC and NFD alike; for plain NFC text the length stays the same."""
    characters: list[str] = []
    offsets: list[int] = []
    for index, character in enumerate(text):
        for folded in _fold_character(character):
            characters.append(folded)
            offsets.append(index)
    return Folded("".join(characters), tuple(offsets), text)


# Codes, dates and numbers stay whole ("h15.16-260930-0012", "15/10/2026", "3x4"); letters; or one sign.
_WORD = re.compile(r"[a-z]{0,3}\d[a-z\d]*(?:[./:-][a-z\d]*\d[a-z\d]*)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]|_|\w")


def words(folded: Folded) -> Iterator[Word]:
    """The words and signs of the text in order; blanks belong to none."""
    for match in _WORD.finditer(folded.text):
        start, end = folded.span(*match.span())
        yield Word(folded.source[start:end], match.group(), start, end)


# A folded Vietnamese syllable is an onset and a rhyme; what is not one may be a slip of the keyboard.
_ONSETS = frozenset("b c ch d g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split())  # noqa: SIM905
_RHYMES = frozenset(
    """
    a ac ach ai am an ang anh ao ap at au ay
    e ec ech em en eng enh eo ep et eu
    i ia ich iec iem ien ieng iep iet ieu im in inh ip it iu
    o oa oac oach oai oam oan oang oanh oao oat oay oc oe oen oeo oet oi om on ong op ot
    u ua uan uang uat uay uc ue uech uenh ui um un ung uo uoc uoi uom uon uong uop uot uou up ut uu
    uy uya uych uyen uyet uynh uyt uyu y yem yen yet yeu
    """.split()  # noqa: SIM905
)
_SYLLABLES = frozenset(onset + rhyme for onset in ["", *_ONSETS] for rhyme in _RHYMES)
_LENGTHENED = re.compile(r"([^\W\d_])\1{2,}")
_DOUBLED = re.compile(r"([^\W\d_])\1")
# Telex left as typed: aa ee oo dd uw ow aw w, and a tone key after the first vowel ("chafo", "dawng", "tooi").
_TELEX_TONE = re.compile(r"(?<=[aeiouy])([a-z]*?)[fsrxj]")
# VNI left as typed: tone and hat digits behind letters ("gia6y1").
_VNI = re.compile(r"[1-9]")


def is_syllable(folded: str) -> bool:
    """Whether a folded word could be Vietnamese."""
    return folded in _SYLLABLES


@lru_cache(maxsize=8192)
def repaired(folded: str) -> str:
    """A folded word with its typing slip undone if that makes it Vietnamese; else without drawn-out letters.

    "khoonggg"→"khong", "chafo"→"chao", "sinhh"→"sinh", "gia6y1"→"giay"; "hello" and "h15" stay as they are.
    """
    if folded in _SYLLABLES:
        return folded
    shortened = _LENGTHENED.sub(r"\1", folded)
    if shortened in _SYLLABLES:
        return shortened
    for candidate in _repairs(shortened):
        if len(candidate) > 1 and candidate in _SYLLABLES:
            return candidate
    return shortened


def _repairs(word: str) -> Iterator[str]:
    if word.isalpha():
        yield _DOUBLED.sub(r"\1", word)
        yield from _telex(word)
    elif word[0].isalpha() and not word[-1].isalpha():
        yield _VNI.sub("", word)


def _telex(word: str) -> Iterator[str]:
    plain = _DOUBLED.sub(r"\1", word).replace("w", "u" if not re.search("[aeiouy]", word) else "")
    yield plain
    for match in re.finditer("[fsrxj]", plain):
        if re.search("[aeiouy]", plain[: match.start()]):
            yield _DOUBLED.sub(r"\1", plain[: match.start()] + plain[match.end() :])
