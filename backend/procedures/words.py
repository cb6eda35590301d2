"""Makes a citizen's question comparable with the catalogue: folds, repairs typos, expands, drops what only asks.

Everything here works on folded tokens, so that a question with and without accents is the same question.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import yaml
from rapidfuzz import process
from rapidfuzz.distance import OSA

HERE = Path(__file__).resolve().parent
GAP = ""  # stands in a token list where something was dropped, so that what is left and right of it does not join
BOUND = 3  # a filler word stays when procedure names have it this often beside its neighbour
BOUND_FILLERS = 20  # the same when the neighbour is a filler word too
ACRONYM, ACRONYM_WORDS = range(3, 7), 30

Tokens = list[str]

_TOKEN = re.compile(r"[a-z0-9]+(?:/[a-z]+)*")
_MARKS = re.compile("[\u0300-\u036f]+")
_TONE = re.compile(r"[sfrxj]$")
_TELEX = (("aw", "a"), ("aa", "a"), ("ow", "o"), ("oo", "o"), ("uw", "u"), ("ee", "e"), ("dd", "d"), ("w", "u"))


def tokens(text: str) -> Tokens:
    """Folded words of `text`; a date or a number stays in pieces, "c/o" stays whole."""
    return _TOKEN.findall(_MARKS.sub("", unicodedata.normalize("NFD", text.lower()).replace("đ", "d")))


@dataclass(frozen=True)
class _Words:
    phrases: dict[str, list[tuple[str, ...]]]
    single: frozenset[str]
    synonyms: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]


@lru_cache
def _words() -> _Words:
    fillers = yaml.safe_load((HERE / "fillers.yml").read_text(encoding="utf-8"))
    synonyms = yaml.safe_load((HERE / "synonyms.yml").read_text(encoding="utf-8"))
    phrases = {tuple(tokens(phrase)) for phrase in fillers["phrases"]}
    pairs = {tuple(tokens(say)): tuple(tokens(entry["means"])) for entry in synonyms for say in entry["say"]}
    by_first: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for phrase in sorted(phrases, key=len, reverse=True):
        by_first[phrase[0]].append(phrase)
    said: defaultdict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = defaultdict(list)
    for say in sorted(pairs, key=len, reverse=True):
        if say != pairs[say]:
            said[say[0]].append((say, pairs[say]))
    single = frozenset(word for entry in fillers["words"] for word in tokens(entry))
    return _Words(dict(by_first), single, dict(said))


@dataclass(frozen=True)
class Question:
    """A question as the search sees it. `said`: all its words, repaired. `content`: without fillers, with gaps.

    `meant`: the content with everyday words replaced by those of procedure names; `content` itself when none.
    """

    said: Tokens
    content: Tokens
    meant: Tokens

    @property
    def residual(self) -> str:
        """The folded words that name something; "" when the question names no procedure."""
        return " ".join(token for token in self.content if token != GAP)


class Vocabulary:
    """What is known of words from the names in the catalogue; reads questions."""

    def __init__(self, names: Sequence[Tokens], phrases: Sequence[Tokens], others: Iterable[Tokens]) -> None:
        self.pairs = Counter(pair for name in names for pair in set(pairwise(name)))
        labels = Counter(word for label in (*names, *phrases) for word in label)
        synonyms = {word for entries in _words().synonyms.values() for say, means in entries for word in (*say, *means)}
        fillers = {word for group in _words().phrases.values() for phrase in group for word in phrase}
        self.known = set(labels) | {word for text in others for word in text} | synonyms | fillers | _words().single
        self.near_pairs = Counter(self.pairs)
        self.near_pairs.update(pair for phrase in phrases for pair in pairwise(phrase))
        # Corrections go to words of names and phrases only: those of long texts hold typos of their own.
        self.spellings = [word for word in set(labels) | fillers if len(word) >= 2 and word.isalpha()]
        self.acronyms = _acronyms(names)
        self.around = _around_fillers(names)
        self._repaired: dict[str, list[str]] = {}

    def question(self, text: str) -> Question:
        """Read a citizen's words."""
        said = self._repair(tokens(text))
        content = self.without_fillers(said)
        return Question(said, content, self._translated(said, content))

    def without_fillers(self, said: Tokens) -> Tokens:
        """`said` with a `GAP` where something only asked."""
        words = _words()
        kept: Tokens = []
        everyday: set[int] = set()  # places of everyday words for something: "do" of "so do" is no filler
        i = 0
        while i < len(said):
            phrase = next((p for p in words.phrases.get(said[i], ()) if tuple(said[i : i + len(p)]) == p), None)
            synonym = next((p for p, _ in words.synonyms.get(said[i], ()) if tuple(said[i : i + len(p)]) == p), ())
            if phrase and len(phrase) >= len(synonym) and not self._is_part(said, i, phrase):
                kept.append(GAP)
                i += len(phrase)
                continue
            everyday.update(range(len(kept), len(kept) + len(synonym)))
            kept.append(said[i])
            i += 1
        return [
            word if i in everyday or word not in words.single or self._bound(kept, i) else GAP
            for i, word in enumerate(kept)
        ]

    def _is_part(self, said: Tokens, i: int, phrase: tuple[str, ...]) -> bool:
        """Whether a filler phrase is part of a name here: "hướng dẫn" of "hướng dẫn viên"."""
        end = i + len(phrase)
        after = said[end] if end < len(said) else GAP
        before = said[i - 1] if i else GAP
        single = _words().single
        return any(
            neighbour not in single and self.around[key] >= BOUND
            for neighbour, key in ((after, (*phrase, after)), (before, (before, *phrase)))
        )

    def _bound(self, words: Tokens, i: int) -> bool:
        word = words[i]
        before = words[i - 1] if i else GAP
        after = words[i + 1] if i + 1 < len(words) else GAP
        single = _words().single
        return any(
            self.pairs[pair] >= (BOUND_FILLERS if neighbour in single else BOUND)
            for pair, neighbour in (((before, word), before), ((word, after), after))
        )

    def _translated(self, said: Tokens, content: Tokens) -> Tokens:
        """Everyday words replaced. Synonyms are looked up in all that was said: "mất" alone would be a filler."""
        synonyms = _words().synonyms
        translated: Tokens = []
        i, changed = 0, False
        while i < len(said):
            pair = next((p for p in synonyms.get(said[i], ()) if tuple(said[i : i + len(p[0])]) == p[0]), None)
            translated += [GAP, *pair[1], GAP] if pair else [said[i]]
            changed |= pair is not None
            i += len(pair[0]) if pair else 1
        return self.without_fillers(translated) if changed else content

    def _repair(self, words: Tokens) -> Tokens:
        repaired: Tokens = []
        for i, word in enumerate(words):
            if word in self.known or not word.isalpha() or len(word) < 2:
                repaired.append(word)
                continue
            before = repaired[-1] if repaired else GAP
            after = words[i + 1] if i + 1 < len(words) else GAP
            repaired += self._spelled(word, before, after)
        return repaired

    def _spelled(self, word: str, before: str, after: str) -> list[str]:
        """What an unknown word was meant to be: an acronym, two words run together, a typo; itself when none fits."""
        if word in self.acronyms:
            return list(self.acronyms[word])
        telexed = _without_telex(word)
        if telexed in self.known:
            return [telexed]
        for cut in range(2, len(word) - 1):
            if self.near_pairs[(word[:cut], word[cut:])]:
                return [word[:cut], word[cut:]]
        found = process.extract(
            word, self.spellings, scorer=OSA.distance, score_cutoff=1 if len(word) < 6 else 2, limit=12
        )
        if not found or len(word) < 3:
            return [word]
        # of equally near spellings the one that names know beside the neighbours
        best = min(found, key=lambda f: (f[1], -self.near_pairs[(before, f[0])] - self.near_pairs[(f[0], after)]))
        return [best[0]]


def _around_fillers(names: Sequence[Tokens]) -> Counter[tuple[str, ...]]:
    """In how many places of names a filler phrase stands with which word before or after it."""
    around: Counter[tuple[str, ...]] = Counter()
    for name in names:
        for i, word in enumerate(name):
            for phrase in _words().phrases.get(word, ()):
                end = i + len(phrase)
                if tuple(name[i:end]) == phrase:
                    around.update([(*phrase, *name[end : end + 1]), (*name[max(0, i - 1) : i], *phrase)])
    return around


def _without_telex(word: str) -> str:
    """A word typed with Telex keys while the input method was off: "dawng" → "dang", "kys" → "ky"."""
    plain = _TONE.sub("", word)
    for keys, letter in _TELEX:
        plain = plain.replace(keys, letter)
    return plain


def _acronyms(names: Sequence[Tokens]) -> dict[str, tuple[str, ...]]:
    """First letters of three to six words that stand together in names, with the words most often meant."""
    meant: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for whole in names:
        name = whole[:ACRONYM_WORDS]
        letters = "".join(word[0] for word in name)
        seen = set()
        for n in ACRONYM:
            for i in range(len(name) - n + 1):
                short = letters[i : i + n]
                if short.isalpha():
                    seen.add((short, tuple(name[i : i + n])))
        for short, run in seen:
            meant[short][run] += 1
    return {letters: max(runs.items(), key=lambda item: (item[1], item[0]))[0] for letters, runs in meant.items()}
