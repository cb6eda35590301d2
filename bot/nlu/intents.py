"""Rasa component 2: the intent, from the folded text.

TF-IDF of five views of the same message, weighted: spelt out folded words and pairs; their letters (typing errors);
the words with every known name replaced by its kind, so that "[tách thửa] mất bao lâu" teaches "[cấp lại gplx] mất
bao lâu"; the first clause of that; and, at lower weight, the words as written ("dùng", "đúng", "dừng" fold alike).
Above them a linear classifier.

A linear SVM, not logistic regression: on the development set it is two to three points better and trains in a tenth
of the time. Its margins become confidences by a softmax whose temperature is fitted on held-out folds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC

from bot.nlu.analyser import analysis_of
from bot.nlu.analysis import Analysis
from bot.nlu.trained import Trained
from bot.nlu.variants import two_questions

RANKING_LENGTH = 10
_FOLDS = 3
_CLAUSE_ENDS = frozenset([*",.?;", "va", "voi", "con"])
_OPENING_WORDS = 14


def folded_view(analysis: Analysis) -> str:
    """The spelt out folded words, with codes and numbers of a fixed shape replaced by their kind."""
    return " ".join(_replaced(analysis, list(analysis.norms)))


def masked_view(analysis: Analysis) -> str:
    """The same with every phrase of the lists replaced by its kind, and whether anything else is left."""
    norms = list(analysis.norms)
    for match in analysis.matches:
        norms[match.start : match.stop] = [f"x{match.label}", *[""] * (match.stop - match.start - 1)]
    left = _replaced(analysis, norms)
    return " ".join([*left, *(["xonly"] if left and all(w.startswith("x") for w in left) else [])])


def opening_view(analysis: Analysis) -> str:
    """The first clause of the masked view: of two questions in one message the first is answered."""
    opening: list[str] = []
    for word in masked_view(analysis).split():
        if word in _CLAUSE_ENDS and len(opening) >= 2:
            break
        opening.append(f"o_{word}")
    return " ".join(opening[:_OPENING_WORDS])


def surface_view(analysis: Analysis) -> str:
    """The words as written, in lower case."""
    return " ".join(word.text.lower() for word in analysis.words)


def _replaced(analysis: Analysis, norms: list[str]) -> list[str]:
    for found in analysis.found:
        for position, index in enumerate(analysis.tokens_in(found.start, found.end)):
            norms[index] = "" if position else f"x{found.entity.replace('_', '')}"
    return [norm for norm in norms if norm]


_WORDS: dict[str, Any] = {"token_pattern": r"\S+", "sublinear_tf": True, "dtype": np.float32}
_LETTERS: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (2, 4), "sublinear_tf": True, "dtype": np.float32}
_VIEWS: dict[str, tuple[Callable[[Analysis], str], dict[str, Any]]] = {
    "words": (folded_view, {**_WORDS, "ngram_range": (1, 2)}),
    "letters": (folded_view, _LETTERS),
    "kinds": (masked_view, {**_WORDS, "ngram_range": (1, 3)}),
    "opening": (opening_view, {**_WORDS, "ngram_range": (1, 2)}),
    "surface": (surface_view, _WORDS),
}


class View:
    """One trained view: its terms with their weights (inverse frequency), ready for one message at a time.

    scikit-learn's own `transform` costs 0.35 ms a message and view, nearly all of it checks and empty matrices.
    """

    def __init__(self, name: str, terms: Sequence[str], idf: np.ndarray, coefficients: np.ndarray) -> None:
        self.terms = list(terms)
        self.idf = idf
        self.coefficients = coefficients  # (terms, intents), the view's weight included
        self._of = _VIEWS[name][0]
        self._cut = TfidfVectorizer(**_VIEWS[name][1]).build_analyzer()
        self._index = {term: i for i, term in enumerate(self.terms)}

    def margins(self, analysis: Analysis) -> np.ndarray:
        """The view's share of the margin of each intent: l2-normalised sublinear TF-IDF times coefficients."""
        counts = Counter(self._index[term] for term in self._cut(self._of(analysis)) if term in self._index)
        if not counts:
            return np.zeros(self.coefficients.shape[1], dtype=np.float32)
        where = np.fromiter(counts, dtype=np.int64)
        values = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32))) * self.idf[where]
        return (values / np.linalg.norm(values)) @ self.coefficients[where]


class IntentModel:
    """The trained model, free of Rasa."""

    def __init__(self, intents: Sequence[str], views: dict[str, View], intercept: np.ndarray, scale: float) -> None:
        self._intents = list(intents)
        self._views = views
        self._intercept = intercept
        self._scale = scale

    @classmethod
    def train(
        cls, analyses: Sequence[Analysis], intents: Sequence[str], weights: dict[str, float], c: float
    ) -> IntentModel:
        """Fit on examples of at least two intents. Deterministic."""
        vectorizers = {view: TfidfVectorizer(**_VIEWS[view][1]) for view in weights}
        parts = [
            v.fit_transform([_VIEWS[view][0](a) for a in analyses]) * weights[view] for view, v in vectorizers.items()
        ]
        matrix = hstack(parts).tocsr()
        linear = LinearSVC(C=c, random_state=0)
        scale = _fitted_scale(linear, matrix, np.asarray(intents))
        linear.fit(matrix, intents)
        coefficients = _columns(linear.coef_.T).astype(np.float32)
        views: dict[str, View] = {}
        start = 0
        for name, vectorizer in vectorizers.items():
            terms = vectorizer.get_feature_names_out()
            rows = coefficients[start : start + len(terms)] * weights[name]
            views[name] = View(name, terms, vectorizer.idf_.astype(np.float32), rows)
            start += len(terms)
        return cls([str(name) for name in linear.classes_], views, _columns(linear.intercept_)[0], scale)

    def margins(self, analysis: Analysis) -> np.ndarray:
        """The distance to each intent's border, in the order of the trained intents."""
        return self._intercept + sum(view.margins(analysis) for view in self._views.values())

    def ranking(self, analysis: Analysis) -> list[tuple[str, float]]:
        """Intents with confidences that sum up to 1, best first."""
        shares = _softmax(self.margins(analysis)[np.newaxis] * self._scale)[0]
        return [(self._intents[i], float(shares[i])) for i in np.argsort(-shares)]

    def save(self, folder: Path) -> None:
        """As JSON and plain arrays: no code runs at loading."""
        terms = {name: view.terms for name, view in self._views.items()}
        state = {"intents": self._intents, "scale": self._scale, "terms": terms}
        (folder / "intents.json").write_text(json.dumps(state, ensure_ascii=False), "utf-8")
        arrays = {f"idf_{name}": view.idf for name, view in self._views.items()}
        arrays |= {f"coefficients_{name}": view.coefficients for name, view in self._views.items()}
        np.savez(folder / "intents.npz", intercept=self._intercept, **arrays)

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """From `save`; OSError or KeyError when the folder is not whole."""
        state = json.loads((folder / "intents.json").read_text("utf-8"))
        with np.load(folder / "intents.npz", allow_pickle=False) as arrays:
            views = {
                name: View(name, terms, arrays[f"idf_{name}"], arrays[f"coefficients_{name}"])
                for name, terms in state["terms"].items()
            }
            return cls(state["intents"], views, arrays["intercept"], state["scale"])


def _columns(values: np.ndarray) -> np.ndarray:
    """One column an intent; for two intents scikit-learn keeps a single one, the second's."""
    rows = np.atleast_2d(values)
    if 1 not in values.shape:
        return rows
    single = values.reshape(-1, 1)
    return np.hstack([-single, single])


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _fitted_scale(linear: LinearSVC, matrix: csr_matrix, intents: np.ndarray) -> float:
    """The factor on held-out margins that makes the softmax's confidences most likely."""
    _, numbers, counts = np.unique(intents, return_inverse=True, return_counts=True)
    if counts.min() < _FOLDS:
        return 4.0
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    held_out = cross_val_predict(linear, matrix, intents, cv=folds, method="decision_function")
    margins = _columns(held_out.reshape(len(intents), -1))

    def loss(scale: float) -> float:
        return float(-np.log(_softmax(margins * scale)[np.arange(len(intents)), numbers] + 1e-12).mean())

    return float(minimize_scalar(loss, bounds=(0.5, 20.0), method="bounded").x)


def _with_and_without_accents(examples: Sequence[tuple[Analysis, str]]) -> tuple[list[Analysis], list[str]]:
    """Each example, and each accented one once more as a phone without Vietnamese would write it."""
    bare = [(a.unaccented(), intent) for a, intent in examples]
    doubled = [*examples, *(b for b, (a, _) in zip(bare, examples, strict=True) if b[0].words != a.words)]
    return [a for a, _ in doubled], [intent for _, intent in doubled]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FoldedIntentClassifier(Trained[IntentModel], IntentClassifier):
    """Sets `intent` and `intent_ranking`.

    Config: `weights` of the views, `c` of the machine, `pairs` of questions to make up (see bot/nlu/variants.py).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Weights and C were chosen on the development set."""
        return {
            "weights": {"words": 1.0, "letters": 1.0, "kinds": 1.0, "opening": 0.7, "surface": 0.5},
            "c": 1.0,
            "pairs": 300,
        }

    @staticmethod
    def read_model(folder: Path) -> IntentModel:
        """The model of the intents."""
        return IntentModel.load(folder)

    def train(self, training_data: TrainingData) -> Resource:
        """Train on all examples that have a text and an intent."""
        examples = [e for e in training_data.nlu_examples if e.get(TEXT) and e.get(INTENT) and analysis_of(e)]
        labelled = [(analysis_of(e), e.get(INTENT)) for e in examples]
        labelled += two_questions(labelled, self.config["pairs"])
        analyses, intents = _with_and_without_accents(labelled)
        model = IntentModel.train(analyses, intents, self.config["weights"], self.config["c"])
        with self.model_storage.write_to(self.resource) as folder:
            model.save(folder)
        self.model = model
        return self.resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify; a message without any word gets no intent, which the fallback turns into its own."""
        for message in messages:
            analysis = analysis_of(message)
            ranking = self.model.ranking(analysis) if self.model and analysis and analysis.norms else []
            named = [{"name": name, "confidence": confidence} for name, confidence in ranking[:RANKING_LENGTH]]
            message.set("intent", named[0] if named else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", named, add_to_output=True)
        return messages
