"""What is known about a text before anything is learnt: its words, spelt out forms, list matches and fixed shapes."""

from dataclasses import dataclass, field, replace

from spacy.language import Language
from spacy.tokens import Doc

from bot.nlu import codes
from bot.nlu.codes import Found
from bot.nlu.language import sources
from bot.nlu.text import Word, fold


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
    doc: Doc = field(compare=False)

    def tokens_in(self, start: int, end: int) -> list[int]:
        """Indexes into `norms` of the words that touch the span of the text."""
        return [i for i, s in enumerate(self.sources) if self.words[s].start < end and start < self.words[s].end]

    def offsets(self, first: int, stop: int) -> tuple[int, int]:
        """The span of the text behind `norms[first:stop]` (not empty): whole written words."""
        return self.words[self.sources[first]].start, self.words[self.sources[stop - 1]].end

    def unaccented(self) -> "Analysis":
        """As if it had been written without accents; what was spelt out stays."""
        return replace(self, words=[replace(word, text=word.folded) for word in self.words])

    def fingerprint(self) -> str:
        """For Rasa's cache: the text says it all."""
        return self.text


def analyse(text: str, nlp: Language, max_characters: int) -> Analysis:
    """The analysis of a text; what lies behind `max_characters` is not looked at (bounded time for any input)."""
    head = text[:max_characters]
    doc = nlp(head)
    words, origins = sources(doc)
    return Analysis(text, words, [token.norm_ for token in doc], origins, codes.find(fold(head)), doc)
