"""The search index over the catalogue: BM25 over weighted fields, then a second look at the best candidates.

1. `words.Vocabulary` folds and repairs the question and parts what is asked about from what only asks.
2. BM25 (bm25s) over name, field, results, papers, steps and agency gives candidates. The fields' scores are merged into
   posting lists when the index is built, so that a question adds up a few short arrays.
3. Labels (names, and the phrases of our own catalogue) are compared with the question as wholes.
4. A linear score of a few features orders the candidates; its weights are global and set in `ranking.py`.

An index is immutable and safe to share between threads; `search.py` keeps the current one.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import bm25s
import numpy as np
import numpy.typing as npt

from backend.procedures import policy, ranking
from backend.procedures.ranking import Decision
from backend.procedures.words import GAP, Question, Tokens, Vocabulary, tokens

Floats = npt.NDArray[np.float64]
Term = str | tuple[str, str]
Posting = tuple[npt.NDArray[np.int64], Floats]

FIELD_WEIGHTS = {"name": 1.0, "field": 0.3, "results": 0.2, "documents": 0.2, "body": 0.2, "agency": 0.05}
WITH_PAIRS = ("name", "results")  # fields in which two words side by side are a term of their own
K1, B = 1.2, 0.6
FILLER = 0.25  # how much a word that only asks still counts
CANDIDATES, LABEL_CANDIDATES = 50, 25
TOO_COMMON = 0.4  # a word in more entries than this share tells nothing in that field
ASKING = frozenset(("cho", "con", "em", "hoi", "lam", "muon", "sao", "thi", "thu", "toi", "tuc", "ve", "xin"))
"""Words around a bare name."""
LONGEST_RUN = 12  # words in common beyond this tell no more
DOCUMENTS_CHARACTERS, BODY_CHARACTERS = 6000, 6000


@dataclass(frozen=True)
class Entry:
    """What the index knows of a procedure. `names`: the one citizens hear first, then those of other sources."""

    code: str
    names: tuple[str, ...]
    short_name: str
    field: str
    level: str | None
    levels: tuple[str, ...]
    agency: str
    phrases: tuple[str, ...]
    documents: str
    results: str
    body: str
    ours: bool


@dataclass(frozen=True)
class Hit:
    """A procedure found. `score` orders the hits of one question; it is not comparable between questions.

    `title`: what to call it beside the other hits; set by `search.search`.
    """

    entry: Entry
    score: float
    title: str = ""


@dataclass(frozen=True)
class Found:
    """`decision`: sure (the first hit is meant), ask (one of the hits), none (nothing fits or nothing was named).

    `ask`: the question to ask with the hits, where the citizen told of a situation; "" for the usual one.
    """

    decision: Decision
    residual: str
    hits: tuple[Hit, ...]
    ask: str = ""


@dataclass(frozen=True)
class Look:
    """Candidates for a question, as positions in `Index.entries`, with one row of `ranking.FEATURES` each."""

    candidates: list[int]
    rows: Floats


class Index:
    """The index over `entries`."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = list(entries)
        self._by_code = {entry.code: entry for entry in self.entries}
        names = [tokens(" ".join(entry.names)) for entry in self.entries]
        phrases = [tokens(phrase) for entry in self.entries for phrase in entry.phrases]
        fields = {
            "name": names,
            "field": [tokens(entry.field) for entry in self.entries],
            "results": [tokens(entry.results) for entry in self.entries],
            "documents": [tokens(entry.documents[:DOCUMENTS_CHARACTERS]) for entry in self.entries],
            "body": [tokens(entry.body[:BODY_CHARACTERS]) for entry in self.entries],
            "agency": [tokens(entry.agency) for entry in self.entries],
        }
        self.vocabulary = Vocabulary(names, phrases, (*fields["results"], *fields["documents"], *fields["field"]))
        self._rarity = _Rarity([*names, *phrases])
        self._postings = _postings(fields)
        self._wide = [
            frozenset(names[i]).union(fields["field"][i], fields["results"][i], fields["agency"][i])
            for i in range(len(self.entries))
        ]
        self._names = [_Name.of(entry.names[0]) for entry in self.entries]
        self._labels = _Labels(self.entries, self.vocabulary, self._rarity)
        self._named = _named(self.entries)
        self._phrased = _phrased(self.entries)
        self._longest_name = max(map(len, self._named), default=0)

    def search(self, text: str, *, limit: int = 5, level: str | None = None, agency: str = "") -> Found:
        """The procedures `text` may mean, best first. `level` and `agency` are hints: they move, they never exclude."""
        named = next((self._by_code[word] for word in policy.codes_in(text) if word in self._by_code), None)
        question = self.vocabulary.question(text)
        if named:
            return Found("sure", question.residual, (Hit(named, ranking.NAMED_BY_CODE),))
        if not question.residual or not self.entries:
            return Found("none", question.residual, ())
        look = self.look(question, level=level, agency=agency)
        scores = look.rows @ ranking.WEIGHTS
        order = np.argsort(-scores, kind="stable")
        hits = [Hit(self.entries[look.candidates[i]], round(float(scores[i]), 3)) for i in order[:limit]]
        decision = ranking.decide(scores[order], look.rows[order], len(question.residual.split()))
        return self._began(question, Found(decision, question.residual, tuple(hits)))

    def _began(self, question: Question, found: Found) -> Found:
        """Where a phrase is asked word for word ("thủ tục kết hôn"): its procedure, if only later acts rival it.

        Everyday words of an end ("bỏ tạm trú", "nghỉ hộ kinh doanh") are fillers elsewhere, so that the bare name of a
        thing would be as near to its end as to its beginning.
        """
        named = [n for n, word in enumerate(question.said) if word not in ASKING] or [0]
        phrased = (tuple(question.said), tuple(question.said[named[0] : named[-1] + 1]))
        i = next((self._phrased[words] for words in phrased if words in self._phrased), -1)
        asked = next((hit for hit in found.hits if i >= 0 and hit.entry is self.entries[i]), None)
        if asked is None or self._names[i].acts & ranking.LATER_ACTS:
            return found
        rivals = [hit for hit in found.hits if hit is not asked and hit.score > asked.score - ranking.SAME_MARGIN]
        if not all(ranking.acts(tokens(hit.entry.names[0])) & ranking.LATER_ACTS for hit in rivals):
            return found
        return Found("sure", found.residual, (asked, *(hit for hit in found.hits if hit is not asked)))

    def entry(self, code: str) -> Entry | None:
        """The procedure of that code."""
        return self._by_code.get(code)

    def named_in(self, text: str) -> Entry | None:
        """The one procedure that a longer text calls by name; None for none, and for several.

        Said is a name, or a phrase with an act in it ("cải chính hộ tịch"): "khai sinh" alone may be a paper to bring.
        """
        codes = [word for word in policy.codes_in(text) if word in self._by_code]
        said, at = tokens(text), 0
        while at < len(said):
            longest = min(self._longest_name, len(said) - at)
            length = next((n for n in range(longest, 1, -1) if tuple(said[at : at + n]) in self._named), 0)
            if length:
                codes.append(self._named[tuple(said[at : at + length])])
            at += length or 1
        return self._by_code.get(codes[0]) if len(set(codes)) == 1 else None

    def look(
        self, question: Question, *, level: str | None = None, agency: str = "", without: str | None = None
    ) -> Look:
        """The candidates with their features, unordered. `without`: a phrase to forget meanwhile, for calibration."""
        weighted = _weighted(question)
        scores = self._bm25(weighted)
        likeness, exact, inside = self._labels.compare(question, without)
        best = np.argpartition(-scores, min(CANDIDATES, len(scores) - 1))[:CANDIDATES]
        alike = np.argpartition(-likeness, min(LABEL_CANDIDATES, len(likeness) - 1))[:LABEL_CANDIDATES]
        candidates = [int(i) for i in np.union1d(best, alike) if scores[i] > 0 or likeness[i] > 0]
        if not candidates:
            return Look([], np.zeros((0, len(ranking.FEATURES))))
        top = float(scores[candidates].max()) or 1.0
        asked = _Asked(question, self._rarity)
        wanted_agency = frozenset(tokens(agency))
        rows = [
            (
                float(scores[i]) / top,
                asked.share_in(self._wide[i]),
                *asked.of_name(self._names[i]),
                float(likeness[i]),
                float(exact[i]),
                float(inside[i]),
                float(self.entries[i].ours),
                self._hint(i, level, wanted_agency),
            )
            for i in candidates
        ]
        return Look(candidates, np.array(rows))

    def _bm25(self, weighted: dict[Term, float]) -> Floats:
        scores = np.zeros(len(self.entries))
        for term, weight in weighted.items():
            posting = self._postings.get(term)
            if posting is not None:
                scores[posting[0]] += posting[1] * weight
        return scores

    def _hint(self, i: int, level: str | None, agency: frozenset[str]) -> float:
        entry = self.entries[i]
        fits = float(level in entry.levels) if level else 0.0
        if agency:
            own = frozenset(tokens(entry.agency))
            fits += len(agency & own) / len(agency)
        return fits


def _named(entries: Iterable[Entry]) -> dict[tuple[str, ...], str]:
    """What procedures are called, with the code; "" where several are called so."""
    found: dict[tuple[str, ...], str] = {}
    for entry in entries:
        names = {tuple(tokens(name)) for name in (entry.short_name, *map(policy.core_of, entry.names))}
        names |= {words for phrase in entry.phrases if ranking.acts(words := tuple(tokens(phrase)))}
        for words in names:
            found[words] = entry.code if found.get(words, entry.code) == entry.code else ""
    return found


def _phrased(entries: Sequence[Entry]) -> dict[tuple[str, ...], int]:
    """The positions of the entries by their phrases, without phrases of several."""
    owners: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for i, entry in enumerate(entries):
        for phrase in entry.phrases:
            owners[tuple(tokens(phrase))].add(i)
    return {words: next(iter(found)) for words, found in owners.items() if len(found) == 1}


def _weighted(question: Question) -> dict[Term, float]:
    """Terms with how much they count: content fully, so too what replaced everyday words, what only asks a little."""
    weights: defaultdict[Term, float] = defaultdict(float)
    for words, weight in ((question.said, FILLER), (question.content, 1.0)):
        for term in _terms(words):
            weights[term] += weight
    if question.meant != question.content:
        for term in (Counter(_terms(question.meant)) - Counter(_terms(question.content))).elements():
            weights[term] += 1.0
    return dict(weights)


def _terms(words: Tokens) -> list[Term]:
    terms: list[Term] = [word for word in words if word != GAP]
    terms += [(a, b) for a, b in pairwise(words) if GAP not in (a, b)]
    return terms


def _postings(fields: dict[str, list[Tokens]]) -> dict[Term, Posting]:
    """For each term the entries it is in and what it adds to their scores, over all fields."""
    by_field: defaultdict[str, list[Posting]] = defaultdict(list)
    for field, texts in fields.items():
        documents = [_joined(words) if field in WITH_PAIRS else words for words in texts]
        if not any(documents):
            continue
        model = bm25s.BM25(method="lucene", k1=K1, b=B)
        model.index(documents, show_progress=False)
        data, ids, starts = (model.scores[key] for key in ("data", "indices", "indptr"))
        for term, column in model.vocab_dict.items():
            start, end = int(starts[column]), int(starts[column + 1]) if column + 1 < len(starts) else 0
            if term and 0 < end - start <= len(texts) * TOO_COMMON:
                values = data[start:end].astype(np.float64) * FIELD_WEIGHTS[field]
                by_field[term].append((ids[start:end].astype(np.int64), values))
    return {_term(joined): _merged(postings) for joined, postings in by_field.items()}


def _merged(postings: list[Posting]) -> Posting:
    if len(postings) == 1:
        return postings[0]
    ids, places = np.unique(np.concatenate([ids for ids, _ in postings]), return_inverse=True)
    return ids.astype(np.int64), np.bincount(places, np.concatenate([values for _, values in postings])).astype(
        np.float64
    )


def _term(joined: str) -> Term:
    first, tab, second = joined.partition("\t")
    return (first, second) if tab else joined


def _joined(words: Tokens) -> list[str]:
    return [*words, *(f"{a}\t{b}" for a, b in pairwise(words))]


class _Rarity:
    """How much a word tells: its inverse frequency among names and phrases."""

    def __init__(self, texts: Sequence[Tokens]) -> None:
        counts = Counter(word for text in texts for word in set(text))
        total = len(texts)
        self._known = {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in counts.items()}
        # A word that no name has may be anything, a person's name or a typo: it counts like a middling one.
        self._unknown = sum(self._known.values()) / len(self._known) if self._known else 1.0

    def __call__(self, word: str) -> float:
        return self._known.get(word, self._unknown)

    def of(self, words: Iterable[str]) -> float:
        return sum(map(self, words))


@dataclass(frozen=True)
class _Name:
    """A name prepared for the second look: its core, and the acts in it."""

    core: Tokens
    acts: frozenset[str]

    @classmethod
    def of(cls, name: str) -> "_Name":
        core = tokens(policy.core_of(name)) or tokens(name)
        return cls(core, ranking.acts(core))


class _Asked:
    """A question prepared for the second look."""

    def __init__(self, question: Question, rarity: _Rarity) -> None:
        self._places, self._length = _places(question.said), len(question.said)
        meant = [word for word in question.meant if word != GAP]
        content = {*question.content, *meant} - {GAP}
        self._weights = {w: rarity(w) * (1.0 if w in content else FILLER) for w in {*question.said, *meant}}
        self._total = sum(self._weights.values()) or 1.0
        self._acts = ranking.acts(question.said) | ranking.acts(meant)

    def share_in(self, words: frozenset[str]) -> float:
        """How much of the question is in `words`, 0 to 1."""
        return sum(weight for word, weight in self._weights.items() if word in words) / self._total

    def of_name(self, name: _Name) -> tuple[float, float]:
        """How many acts are asked for that the name has not; the longest common run, as a share of the shorter."""
        run = _longest_run(name.core, self._places) / max(1, min(len(name.core), self._length, LONGEST_RUN))
        return float(len(self._acts - name.acts)), run


def _places(words: Tokens) -> dict[str, list[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(words):
        places[word].append(place)
    return dict(places)


def _longest_run(words: Tokens, places: dict[str, list[int]]) -> int:
    """Length of the longest run of `words` that stands in the text whose words are at `places`."""
    best = 0
    previous: dict[int, int] = {}
    for word in words:
        at = places.get(word)
        if at is None:
            previous = {}
            continue
        previous = {place: previous.get(place - 1, 0) + 1 for place in at}
        best = max(best, max(previous.values()))
    return best


class _Labels:
    """Names and phrases as sets of words, to find the one that a short question is."""

    def __init__(self, entries: Sequence[Entry], vocabulary: Vocabulary, rarity: _Rarity) -> None:
        self._rarity, self._entries = rarity, len(entries)
        owners: list[int] = []
        sets: list[frozenset[str]] = []
        self._phrases: defaultdict[str, list[int]] = defaultdict(list)
        for i, entry in enumerate(entries):
            for text in (*entry.phrases, *(policy.core_of(name) for name in entry.names)):
                words = tokens(text)
                content = frozenset(vocabulary.without_fillers(words)) - {GAP} or frozenset(words)
                if not content:
                    continue
                self._phrases[" ".join(words)].append(len(sets))
                owners.append(i)
                sets.append(content)
        self._owners = np.array(owners, dtype=np.int32)
        self._mass = np.array([rarity.of(words) for words in sets])
        with_word: defaultdict[str, list[int]] = defaultdict(list)
        for label, members in enumerate(sets):
            for word in members:
                with_word[word].append(label)
        self._with_word = {word: np.array(labels, dtype=np.int32) for word, labels in with_word.items()}

    def compare(self, question: Question, without: str | None) -> tuple[Floats, Floats, Floats]:
        """For each entry: likeness of its best label (0 to 1), whether exact, what its richest one inside tells."""
        likeness, exact, inside = (np.zeros(self._entries) for _ in range(3))
        for asked_words in dict.fromkeys((frozenset(question.content), frozenset(question.meant))):
            asked = asked_words - {GAP}
            common = np.zeros(len(self._owners))
            for word in asked:
                if word in self._with_word:
                    common[self._with_word[word]] += self._rarity(word)
            if without is not None:
                common[self._phrases[without]] = 0.0
            alike = 2 * common / (self._mass + self._rarity.of(asked) + 1e-9)
            np.maximum.at(likeness, self._owners, alike)
            if asked_words == frozenset(question.content):
                exact[likeness >= ranking.EXACT] = 1.0
            covered = np.where(common >= self._mass - 1e-6, self._mass / (self._mass + ranking.TELLING), 0.0)
            np.maximum.at(inside, self._owners, covered)
        return likeness, exact, inside
