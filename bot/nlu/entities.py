"""Rasa component 3: entities, from fixed shapes, the trained tagger and the phrase lists; spans never overlap.

Who wins where two claim the same words: certain shapes (codes, phone numbers) → the tagger → uncertain shapes (bare
digits when the intent speaks of a dossier) → the phrase lists, which only fill what the tagger left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import sequence
from bot.nlu.analyser import analysis_of
from bot.nlu.analysis import Analysis
from bot.nlu.sequence import Span, Tagger
from bot.nlu.text import fold
from bot.nlu.trained import Trained

# Their shape says everything: the tagger may not invent them.
SHAPED = frozenset({"dossier_code", "complaint_code", "procedure_code", "phone", "id_number"})
ABOUT_DOSSIER = frozenset({"check_dossier", "ask_supplement"})
ABOUT_PROCEDURE = ABOUT_DOSSIER | {
    "search_procedure",
    "ask_documents",
    "ask_fee",
    "ask_duration",
    "ask_place",
    "ask_online",
    "ask_steps",
    "ask_form",
    "ask_result",
}
_SCORES = {"mot": "1", "hai": "2", "ba": "3", "bon": "4", "tu": "4", "nam": "5", **{d: d for d in "12345"}}


@dataclass(frozen=True)
class Entity:
    """A chosen span. `value` is the canonical writing where there is one, else the words as written."""

    entity: str
    start: int
    end: int
    value: str
    confidence: float


def choose(analysis: Analysis, spans: Iterable[Span], intent: str | None) -> list[Entity]:
    """The entities of a text in order, given what the tagger found and what the message is about (None = unknown)."""
    claims: list[tuple[str, int, int, float]] = []

    def claim(entity: str, start: int, end: int, confidence: float) -> None:
        if start < end and not any(start < stop and begin < end for _, begin, stop, _ in claims):
            claims.append((entity, start, end, confidence))

    for found in analysis.found:
        if found.certain:
            claim(found.entity, found.start, found.end, 1.0)
    for span in spans:
        if span.entity not in SHAPED and _fits(span.entity, intent):
            claim(span.entity, span.start, span.end, span.confidence)
    for found in analysis.found:
        if not found.certain and intent in ABOUT_DOSSIER:
            claim(found.entity, found.start, found.end, 0.9)
    _claim_phrases(analysis, intent, claims, claim)
    return [
        _entity(analysis.text, *claimed)
        for claimed in _with_their_place(analysis.text, sorted(claims, key=lambda c: c[1]))
    ]


def _fits(entity: str, intent: str | None) -> bool:
    """A score is one only where somebody rates; a procedure only where the talk is of procedures or own dossiers."""
    if intent is None:
        return True
    if entity == "score":
        return intent == "rate_service"
    return entity != "procedure" or intent in ABOUT_PROCEDURE


def _claim_phrases(analysis: Analysis, intent: str | None, claims: Sequence[Any], claim: Any) -> None:
    named = any(c[0] == "procedure" for c in claims)
    for match in analysis.matches:
        if match.label == "procedure" and (named or intent not in ABOUT_PROCEDURE):
            continue
        if match.label == "place" and match.stop - match.start < 2:
            continue  # one syllable of a place's name is too often a word
        if match.label == "date":
            continue  # "cái thứ hai" is no day: only the tagger sees the difference
        claim(match.label, *analysis.offsets(match.start, match.stop), 0.6)


def _with_their_place(text: str, claims: list[tuple[str, int, int, float]]) -> list[tuple[str, int, int, float]]:
    """An agency directly followed by a place is one agency: "UBND" + "phường Tân Lợi"."""
    result: list[tuple[str, int, int, float]] = []
    for entity, start, end, confidence in claims:
        if result and entity == "place" and result[-1][0] == "agency" and text[result[-1][2] : start].strip() == "":
            last = result.pop()
            result.append(("agency", last[1], end, min(last[3], confidence)))
        else:
            result.append((entity, start, end, confidence))
    return result


def _entity(text: str, entity: str, start: int, end: int, confidence: float) -> Entity:
    return Entity(entity, start, end, canonical(entity, text[start:end]), round(confidence, 3))


def canonical(entity: str, written: str) -> str:
    """One way to write codes, numbers and scores; other entities stay as written, with single blanks."""
    folded = fold(written).text
    if entity == "score":
        return _SCORES.get(folded.strip(), written)
    if entity in {"phone", "id_number"}:
        return re.sub(r"[^\d+]", "", folded)
    if entity == "complaint_code":
        digits = re.sub(r"\D", "", folded)
        return f"PA-{digits[:6]}-{digits[6:]}"
    if entity == "procedure_code":
        return re.sub(r"\s", "", folded).upper()
    if entity == "dossier_code":
        return _dossier_code(folded)
    return " ".join(written.split())


def _dossier_code(folded: str) -> str:
    """`000.00.10.H15-171120-0001` from any spelling; the digits alone when only the last part was given."""
    parts = re.fullmatch(r"(.*?[gh]\W?\d{2}.*?|)\W*(\d{6})\W*(\d{4,6})", folded)
    if not parts:
        return re.sub(r"\D", "", folded)
    agency = re.sub(r"[^\da-z]+", ".", re.sub(r"(?<=[gh])\s", "", parts[1])).strip(".").upper()
    return "-".join(part for part in (agency, parts[2], parts[3]) if part)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class VietnameseEntityExtractor(Trained[Tagger], EntityExtractorMixin):
    """Sets `entities`. Comes after the intent classifier, whose answer decides what bare digits and scores mean.

    Config: `iterations` of the tagger's training.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Chosen on the development set."""
        return {"iterations": 15}

    @staticmethod
    def read_model(folder: Path) -> Tagger:
        """The tagger of spans."""
        return Tagger((folder / "entities.crfsuite").read_bytes())

    def train(self, training_data: TrainingData) -> Resource:
        """Train the tagger on all examples, those without entities too: they show where none are."""
        examples = [
            (analysis_of(e), _annotated(e)) for e in training_data.nlu_examples if e.get(TEXT) and analysis_of(e)
        ]
        rows = [(sequence.features(a), sequence.tags(a, spans)) for a, spans in examples]
        with self.model_storage.write_to(self.resource) as folder:
            path = folder / "entities.crfsuite"
            sequence.train(rows, path, iterations=self.config["iterations"])
            self.model = Tagger(path.read_bytes())
        return self.resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities found to each message."""
        for message in messages:
            analysis = analysis_of(message)
            if analysis is None:
                continue
            spans = self.model.spans(analysis) if self.model else []
            chosen = choose(analysis, spans, (message.get("intent") or {}).get("name"))
            found = [
                {
                    "entity": e.entity,
                    "start": e.start,
                    "end": e.end,
                    "value": e.value,
                    "confidence_entity": e.confidence,
                }
                for e in chosen
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(found), add_to_output=True)
        return messages


def _annotated(message: Message) -> list[tuple[str, int, int]]:
    return [(e["entity"], e["start"], e["end"]) for e in message.get(ENTITIES, [])]
