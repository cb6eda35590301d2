"""What is known about a text before anything is learnt: its words, spelt out forms, list matches and fixed shapes."""

from dataclasses import dataclass, replace

from spacy.language import Language
from spacy.tokens import Doc

from bot.nlu import codes
from bot.nlu.codes import Found
from bot.nlu.language import sources
from bot.nlu.lookups import written
from bot.nlu.text import Word, fold

# Folded, they are often common words ("An Chấn" and "ăn chặn", "tối qua" and "tội quá"): typed accents must agree.
ACCENTS_MUST_AGREE = frozenset({"place", "date"})


@dataclass(frozen=True)
class Match:
    """A phrase of the list `label` at `norms[start:stop]`."""

    label: str
    start: int
    stop: int


@dataclass(frozen=True)
class Analysis:
    """Carried from component to component inside Rasa's Message; never saved.

    `norms` are the spelt out folded words; `sources[i]` is the index in `words` of the written word behind `norms[i]`.
    """

    text: str
    words: list[Word]
    norms: list[str]
    sources: list[int]
    found: list[Found]
    matches: list[Match]

    def tokens_in(self, start: int, end: int) -> list[int]:
        """Indexes into `norms` of the words that touch the span of the text."""
        return [i for i, s in enumerate(self.sources) if self.words[s].start < end and start < self.words[s].end]

    def offsets(self, first: int, stop: int) -> tuple[int, int]:
        """The span of the text behind `norms[first:stop]` (not empty): whole written words."""
        return self.words[self.sources[first]].start, self.words[self.sources[stop - 1]].end

    def unaccented(self) -> "Analysis":
        """As if it had been written without accents; what was spelt out stays."""
        return replace(self, words=[replace(word, text=word.folded) for word in self.words])

    def followed_by(self, other: "Analysis", connector: str) -> "Analysis":
        """As if `other` had been written behind it, with `connector` (one word or sign) between them."""
        link = Word(connector, fold(connector).text, len(self.text) + 1, len(self.text) + 1 + len(connector))
        offset, words, norms = link.end + 1, len(self.words) + 1, len(self.norms) + 1
        return Analysis(
            f"{self.text} {connector} {other.text}",
            [*self.words, link, *(replace(w, start=w.start + offset, end=w.end + offset) for w in other.words)],
            [*self.norms, link.folded, *other.norms],
            [*self.sources, words - 1, *(source + words for source in other.sources)],
            [*self.found, *(replace(f, start=f.start + offset, end=f.end + offset) for f in other.found)],
            [*self.matches, *(replace(m, start=m.start + norms, stop=m.stop + norms) for m in other.matches)],
        )

    def fingerprint(self) -> str:
        """For Rasa's cache: the text says it all."""
        return self.text


def analyse(text: str, nlp: Language, max_characters: int) -> Analysis:
    """The analysis of a text; what lies behind `max_characters` is not looked at (bounded time for any input)."""
    head = text[:max_characters]
    doc = nlp(head)
    words, origins = sources(doc)
    bare = Analysis(text, words, [token.norm_ for token in doc], origins, codes.find(fold(head)), [])
    return replace(bare, matches=[m for m in _matches(doc) if _agrees(m, bare, doc)])


def _matches(doc: Doc) -> list[Match]:
    return [Match(entity.label_, entity.start, entity.end) for entity in doc.ents]


def _agrees(match: Match, analysis: Analysis, doc: Doc) -> bool:
    if match.label not in ACCENTS_MUST_AGREE:
        return True
    start, end = analysis.offsets(match.start, match.stop)
    as_written = " ".join(written(analysis.text[start:end]).split())
    return as_written.isascii() or as_written in doc[match.start].ent_id_.split("|")
