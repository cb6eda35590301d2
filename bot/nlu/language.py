"""The spaCy pipeline: a blank `vi` with a tokenizer of our own and an EntityRuler on the folded form.

Why not `vi`'s own tokenizer (pyvi): it cuts dossier codes apart and does not segment text without accents.

A Doc has one token per *spelt out* word: "gks" gives three tokens whose NORM is "giay", "khai", "sinh", so that the
phrase "giấy khai sinh" is found in it. `sources(doc)` leads from tokens back to the written words and their offsets.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.nlu.lookups import Abbreviations, written
from bot.nlu.text import Word, fold, is_syllable, repaired, words

TOKENIZER = "mot_cua.vietnamese.v1"
# Before a paper's name people say "làm", "xin" …; lists written by people hold such phrases too.
GENERIC_VERBS = frozenset(["làm", "xin", "muốn", "mở", "đi", "nộp", "lấy", "hỏi", "cần", "thủ", "tục"])
_JOINED_WORDS = range(2, 5)


class VietnameseTokenizer:
    """Text → Doc. Abbreviations written out, slips repaired, words typed together ("giaykhaisinh") taken apart.

    `joined` maps such a run of letters to its folded words; it is filled from the phrase lists at training.
    """

    def __init__(self, vocab: Vocab, known: Abbreviations, joined: Mapping[str, Sequence[str]] | None = None) -> None:
        self.vocab = vocab
        self._known = known
        self._expansions = {short: _plain(long) for short, long in known.words.items()}
        self._joined = {run: tuple(parts) for run, parts in (joined or {}).items()}

    def __call__(self, text: str) -> Doc:
        """The Doc of a text of any length; empty for an empty one."""
        written_words = list(words(fold(text)))
        norms: list[str] = []
        sources: list[int] = []
        for index, word in enumerate(written_words):
            for norm in self.spelt_out(word):
                norms.append(norm)
                sources.append(index)
        doc = Doc(self.vocab, words=norms)
        for token, norm in zip(doc, norms, strict=True):
            token.norm_ = norm
        doc.user_data["words"] = written_words
        doc.user_data["sources"] = sources
        return doc

    def spelt_out(self, word: Word) -> tuple[str, ...]:
        """The folded words a written word stands for; itself when it is nothing special."""
        as_written = written(word.text)
        expansion = self._expansions.get(as_written) or self._expansions.get(as_written.replace("đ", "d"))
        if expansion:
            return expansion
        if is_syllable(word.folded) or word.folded in self._known.keep or len(word.folded) < 2:
            return (word.folded,)
        joined = self._joined.get(word.folded)
        if joined:
            return joined
        fixed = repaired(word.folded)
        return self._expansions.get(fixed, (fixed,)) if fixed != word.folded else (fixed,)

    def to_bytes(self, **_: Any) -> bytes:
        """All state as JSON bytes (spaCy's saving protocol)."""
        state = {"words": self._known.words, "keep": sorted(self._known.keep), "joined": self._joined}
        return json.dumps(state, ensure_ascii=False).encode()

    def from_bytes(self, data: bytes, **_: Any) -> "VietnameseTokenizer":
        """Take over the state of `to_bytes`."""
        state = json.loads(data)
        self.__init__(self.vocab, Abbreviations(state["words"], frozenset(state["keep"])), state["joined"])  # type: ignore[misc]
        return self

    def to_disk(self, path: str | Path, **_: Any) -> None:
        """`to_bytes` into a file."""
        Path(path).write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, **_: Any) -> "VietnameseTokenizer":
        """`from_bytes` of a file."""
        return self.from_bytes(Path(path).read_bytes())


@spacy.registry.tokenizers(TOKENIZER)
def _tokenizer() -> Any:
    return lambda nlp: VietnameseTokenizer(nlp.vocab, Abbreviations({}, frozenset()))


def _plain(text: str) -> tuple[str, ...]:
    return tuple(word.folded for word in words(fold(text)))


def build(known: Abbreviations, lists: Mapping[str, Iterable[str]]) -> Language:
    """The pipeline for the abbreviations and, per entity label, the phrases to find."""
    lists = {label: list(phrases) for label, phrases in lists.items()}
    nlp = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
    nlp.tokenizer = VietnameseTokenizer(nlp.vocab, known, _runs(lists.values()))
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "NORM"})
    ruler.add_patterns(list(_patterns(nlp, lists)))
    return nlp


def _patterns(nlp: Language, lists: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    """One pattern a folded phrase; its id tells the ways it is written with accents (see `matches`)."""
    for label, phrases in lists.items():
        spellings: dict[str, set[str]] = {}
        for phrase in filter(None, map(without_generic_verbs, phrases)):
            folded = " ".join(token.norm_ for token in nlp.make_doc(phrase))
            spellings.setdefault(folded, set()).add(written(phrase))
        for folded, ways in sorted(spellings.items()):
            yield {"label": label, "pattern": folded, "id": "|".join(sorted(ways))}


def _runs(lists: Iterable[Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Phrases of two to four words as people type them without blanks, unless that is a word itself."""
    runs = {"".join(parts): parts for phrases in lists for parts in map(_plain, phrases) if len(parts) in _JOINED_WORDS}
    return {run: parts for run, parts in runs.items() if run.isalpha() and len(run) >= 6 and not is_syllable(run)}


def without_generic_verbs(phrase: str) -> str:
    """The part of an accented phrase that names something: "làm căn cước" → "căn cước"."""
    parts = phrase.split()
    first = next((i for i, part in enumerate(parts) if part.lower() not in GENERIC_VERBS), len(parts))
    return " ".join(parts[first:])


def load(path: str | Path) -> Language:
    """A pipeline saved with `nlp.to_disk(path)`."""
    return spacy.load(path)


def sources(doc: Doc) -> tuple[list[Word], list[int]]:
    """The written words of a Doc, and for each token the index of the word it came from."""
    return doc.user_data["words"], doc.user_data["sources"]
