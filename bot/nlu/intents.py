"""Rasa component 2: the intent, from the folded text.

TF-IDF of four views of the same message, weighted: spelt out folded words and pairs; their letters (typing errors); the
words with every known name replaced by its kind, so that "[tách thửa] mất bao lâu" teaches "[cấp lại gplx] mất bao lâu";
and, at lower weight, the words as written ("dùng", "đúng", "dừng" fold alike). Above them a linear classifier.

A linear SVM, not logistic regression: on the development set it is two to three points better and trains in a tenth of
the time. Its margins become confidences by a softmax whose temperature is fitted on held-out folds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC

from bot.nlu import lookups
from bot.nlu.analyser import analysis_of
from bot.nlu.analysis import Analysis

RANKING_LENGTH = 10
_TRUSTED = {"scipy.sparse._csr.csr_matrix", "scipy.sparse.csr.csr_matrix"}
_FOLDS = 3


def folded_view(analysis: Analysis) -> str:
    """The spelt out folded words, with codes and numbers of a fixed shape replaced by their kind."""
    return " ".join(_replaced(analysis, list(analysis.norms)))


def masked_view(analysis: Analysis) -> str:
    """The same with every phrase of the lists replaced by its kind, and whether anything else is left."""
    norms = list(analysis.norms)
    for match in analysis.doc.ents:
        norms[match.start : match.end] = [f"x{match.label_}", *[""] * (match.end - match.start - 1)]
    left = _replaced(analysis, norms)
    return " ".join([*left, *(["xonly"] if left and all(w.startswith("x") for w in left) else [])])


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
    "surface": (surface_view, _WORDS),
}


class IntentModel:
    """The trained model, free of Rasa."""

    def __init__(self, weights: dict[str, float], vectorizers: list[TfidfVectorizer], linear: LinearSVC, scale: float):
        self._weights = weights
        self._vectorizers = vectorizers
        self._linear = linear
        self._scale = scale

    @classmethod
    def train(cls, analyses: Sequence[Analysis], intents: Sequence[str], weights: dict[str, float], c: float) -> IntentModel:
        """Fit on examples of at least two intents. Deterministic."""
        vectorizers = [TfidfVectorizer(**_VIEWS[view][1]) for view in weights]
        for vectorizer, view in zip(vectorizers, weights, strict=True):
            vectorizer.fit(_VIEWS[view][0](a) for a in analyses)
        linear = LinearSVC(C=c, random_state=0)
        model = cls(weights, vectorizers, linear, 1.0)
        matrix = model._matrix(analyses)
        model._scale = _fitted_scale(linear, matrix, np.asarray(intents))
        linear.fit(matrix, intents)
        return model

    def _matrix(self, analyses: Sequence[Analysis]) -> csr_matrix:
        parts = zip(self._vectorizers, self._weights.items(), strict=True)
        return hstack([v.transform([_VIEWS[view][0](a) for a in analyses]) * weight for v, (view, weight) in parts]).tocsr()

    def ranking(self, analysis: Analysis) -> list[tuple[str, float]]:
        """Intents with confidences that sum up to 1, best first."""
        margins = np.atleast_2d(self._linear.decision_function(self._matrix([analysis])))
        shares = _softmax(_columns(margins) * self._scale)[0]
        return [(str(self._linear.classes_[i]), float(shares[i])) for i in np.argsort(-shares)]

    def save(self, path: Path) -> None:
        """As a skops file: data only, no code runs at loading."""
        state = {"weights": self._weights, "vectorizers": self._vectorizers, "linear": self._linear, "scale": self._scale}
        skops.io.dump(state, path)

    @classmethod
    def load(cls, path: Path) -> IntentModel:
        """From `save`; ValueError when the file holds types that a model of ours never has."""
        unknown = set(skops.io.get_untrusted_types(file=path))
        if unknown - _TRUSTED:
            raise ValueError(f"the intent model holds unexpected types: {sorted(unknown - _TRUSTED)}")
        return cls(**skops.io.load(path, trusted=sorted(unknown)))


def _columns(margins: np.ndarray) -> np.ndarray:
    """One column a class; with two classes scikit-learn gives a single one."""
    return np.hstack([-margins.reshape(-1, 1), margins.reshape(-1, 1)]) if 1 in margins.shape and margins.shape[-1] == 1 else margins


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _fitted_scale(linear: LinearSVC, matrix: csr_matrix, intents: np.ndarray) -> float:
    """The factor on held-out margins that makes the softmax's confidences most likely."""
    names, numbers, counts = np.unique(intents, return_inverse=True, return_counts=True)
    if counts.min() < _FOLDS:
        return 4.0
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    margins = _columns(cross_val_predict(linear, matrix, intents, cv=folds, method="decision_function").reshape(len(intents), -1))

    def loss(scale: float) -> float:
        return float(-np.log(_softmax(margins * scale)[np.arange(len(intents)), numbers] + 1e-12).mean())

    return float(minimize_scalar(loss, bounds=(0.5, 20.0), method="bounded").x)


def _with_and_without_accents(examples: Sequence[tuple[Analysis, str]]) -> tuple[list[Analysis], list[str]]:
    """Each example, and each accented one once more as a phone without Vietnamese would write it."""
    bare = [(a.unaccented(), intent) for a, intent in examples]
    doubled = [*examples, *(b for b, (a, _) in zip(bare, examples, strict=True) if b[0].words != a.words)]
    return [a for a, _ in doubled], [intent for _, intent in doubled]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FoldedIntentClassifier(IntentClassifier, GraphComponent):
    """Sets `intent` and `intent_ranking`. Config: `weights` of the views, `c` of the support vector machine."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Weights and C were chosen on the development set."""
        return {"weights": {"words": 1.0, "letters": 1.0, "kinds": 1.0, "surface": 0.5}, "c": 1.0}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: IntentModel | None = None
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FoldedIntentClassifier:
        """An untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FoldedIntentClassifier:
        """The trained component; fails loudly when the model lacks it."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, IntentModel.load(folder / "intents.skops"))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Changed code below the component must lead to a new training."""
        return lookups.code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Train on all examples that have a text and an intent."""
        examples = [e for e in training_data.nlu_examples if e.get(TEXT) and e.get(INTENT) and analysis_of(e)]
        analyses, intents = _with_and_without_accents([(analysis_of(e), e.get(INTENT)) for e in examples])
        model = IntentModel.train(analyses, intents, self._config["weights"], self._config["c"])
        with self._model_storage.write_to(self._resource) as folder:
            model.save(folder / "intents.skops")
        self._model = model
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify; a message without any word gets no intent, which the fallback turns into its own."""
        for message in messages:
            analysis = analysis_of(message)
            ranking = self._model.ranking(analysis) if self._model and analysis and analysis.norms else []
            named = [{"name": name, "confidence": confidence} for name, confidence in ranking[:RANKING_LENGTH]]
            message.set("intent", named[0] if named else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", named, add_to_output=True)
        return messages
