"""The intent model: the same after saving, the same as scikit-learn, the same without accents; and the fallback."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from analysing import make_analysis
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bot.nlu import intents
from bot.nlu.fallback import Fallback
from bot.nlu.intents import FoldedIntentClassifier, IntentModel
from bot.nlu.variants import two_questions

EXAMPLES = [
    ("cần giấy tờ gì", "ask_documents"),
    ("hồ sơ gồm những gì", "ask_documents"),
    ("mang theo giấy gì", "ask_documents"),
    ("lệ phí bao nhiêu", "ask_fee"),
    ("hết bao nhiêu tiền", "ask_fee"),
    ("có mất phí không", "ask_fee"),
    ("xin chào", "greet"),
    ("chào bạn", "greet"),
    ("chào cán bộ", "greet"),
]
WEIGHTS = FoldedIntentClassifier.get_default_config()["weights"]


def make_model(examples: list[tuple[str, str]] = EXAMPLES) -> IntentModel:
    return IntentModel.train([make_analysis(t) for t, _ in examples], [i for _, i in examples], WEIGHTS, 1.0)


@pytest.mark.parametrize("text", ["can giay to j", "cần những giấy tờ nào", "CẦN GIẤY TỜ GÌ???", "cần jấy tờ gì"])
def test_unseen_writings_of_a_question(text: str) -> None:
    assert make_model().ranking(make_analysis(text))[0][0] == "ask_documents"


def test_confidences_sum_up_to_one() -> None:
    shares = [share for _, share in make_model().ranking(make_analysis("lệ phí"))]
    assert (sum(shares), shares) == (pytest.approx(1), sorted(shares, reverse=True))


def test_a_loaded_model_says_the_same(tmp_path: Path) -> None:
    model = make_model()
    model.save(tmp_path)
    for text in ("lệ phí", "chào", "", "không có gì liên quan"):
        assert IntentModel.load(tmp_path).ranking(make_analysis(text)) == model.ranking(make_analysis(text))


def test_margins_are_those_of_scikit_learn() -> None:
    analyses = [make_analysis(text) for text, _ in EXAMPLES]
    vectorizers = {view: TfidfVectorizer(**intents._VIEWS[view][1]) for view in WEIGHTS}
    matrix = hstack(
        [v.fit_transform([intents._VIEWS[n][0](a) for a in analyses]) * WEIGHTS[n] for n, v in vectorizers.items()]
    )
    linear = LinearSVC(C=1.0, random_state=0).fit(matrix.tocsr(), [intent for _, intent in EXAMPLES])
    text = make_analysis("chào, cần giấy tờ gì và lệ phí bao nhiêu")
    row = hstack([v.transform([intents._VIEWS[n][0](text)]) * WEIGHTS[n] for n, v in vectorizers.items()]).tocsr()
    assert np.allclose(make_model().margins(text), linear.decision_function(row)[0], atol=1e-4)


def test_two_intents_are_enough() -> None:
    model = make_model([e for e in EXAMPLES if e[1] != "greet"])
    assert [name for name, _ in model.ranking(make_analysis("lệ phí bao nhiêu"))] == ["ask_fee", "ask_documents"]


def test_of_two_questions_the_first_is_the_label() -> None:
    made = list(two_questions([(make_analysis(t), i) for t, i in EXAMPLES], 20))
    assert len(made) == 20
    for joined, intent in made:
        first = next(text for text, i in EXAMPLES if joined.text.startswith(text) and i == intent)
        assert joined.text.startswith(first)
        assert [joined.text[w.start : w.end] for w in joined.words] == [w.text for w in joined.words]


def heard(*confidences: float) -> dict[str, Any]:
    ranking = [{"name": f"intent_{i}", "confidence": c} for i, c in enumerate(confidences)]
    message = Message(
        {"text": "x", "intent": ranking[0] if ranking else {"name": None, "confidence": 0.0}, "intent_ranking": ranking}
    )
    component = Fallback({"threshold": 0.3, "margin": 0.1, "sure": 0.5})
    return component.process([message])[0].as_dict()


@pytest.mark.parametrize("confidences", [(), (0.29, 0.1), (0.45, 0.4)])
def test_what_is_not_sure_falls_back_and_keeps_the_ranking(confidences: tuple[float, ...]) -> None:
    said = heard(*confidences)
    assert said["intent"]["name"] == said["intent_ranking"][0]["name"] == "nlu_fallback"
    assert [entry["confidence"] for entry in said["intent_ranking"][1:]] == list(confidences)


@pytest.mark.parametrize("confidences", [(0.31,), (0.45, 0.3), (0.52, 0.48)])
def test_what_is_sure_stays(confidences: tuple[float, ...]) -> None:
    assert heard(*confidences)["intent"]["name"] == "intent_0"
