"""The gate: the project's own training data against the untouched test set, through Rasa's whole pipeline."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from bot import evaluate
from bot.nlu.text import fold

ROOT = Path(__file__).resolve().parents[2]
SETS = [ROOT / "tests/nlu/test_set.yml", ROOT / "tests/nlu/dev_set.yml"]
INTENTS = set(
    """
    greet goodbye thank affirm deny cancel help bot_challenge out_of_scope search_procedure ask_documents ask_fee
    ask_duration ask_place ask_online ask_steps ask_form ask_result check_dossier ask_supplement rate_service
    file_complaint check_complaint request_officer ask_office_hours ask_contact link_phone unsubscribe
    """.split()  # noqa: SIM905 - a paragraph reads better than 29 lines
)


@pytest.fixture(scope="module")
def parse(tmp_path_factory: pytest.TempPathFactory) -> evaluate.Parse:
    return evaluate.load(evaluate.train(tmp_path_factory.mktemp("nlu")))


def test_the_test_set_is_understood(parse: evaluate.Parse) -> None:
    utterances = evaluate.read(SETS[0])
    results = evaluate.run(parse, utterances)
    overall = evaluate.total(results)
    with_accents = evaluate.total(r for r in results if not r.utterance.text.isascii())
    bare = evaluate.total(
        evaluate.run(parse, [evaluate.without_accents(u) for u in utterances if not u.text.isascii()])
    )

    assert overall.accuracy >= 0.95
    assert overall.f1 >= 0.92
    assert bare.accuracy >= with_accents.accuracy - 0.02
    assert bare.f1 >= with_accents.f1 - 0.02


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "👍" * 5000, "a" * 10_000, "e\u0302\u0301 " * 3_000, "\x00\x01", "{" * 100, '"' * 50]
)
def test_any_text_gets_an_answer_of_the_right_shape(parse: evaluate.Parse, text: str) -> None:
    said = parse(text)
    assert said["intent"]["name"] in INTENTS | {"nlu_fallback"}
    for entity in said["entities"]:
        assert 0 <= entity["start"] < entity["end"] <= len(text)


def test_nothing_said_is_nothing_understood(parse: evaluate.Parse) -> None:
    assert parse("")["intent"]["name"] == "nlu_fallback"


def test_decomposed_text_is_understood_alike(parse: evaluate.Parse) -> None:
    text = "đăng ký kết hôn ở xã Ea Kao cần giấy tờ gì"
    composed, decomposed = parse(text), parse(unicodedata.normalize("NFD", text))
    assert composed["intent"]["name"] == decomposed["intent"]["name"] == "ask_documents"
    assert [e["entity"] for e in composed["entities"]] == [e["entity"] for e in decomposed["entities"]]


def test_entities_of_one_text_never_overlap(parse: evaluate.Parse) -> None:
    for utterance in evaluate.read(SETS[1]):
        spans = sorted((e["start"], e["end"]) for e in parse(utterance.text)["entities"])
        assert all(first[1] <= second[0] for first, second in pairwise(spans))


def training_examples() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "nlu_data/nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            for line in block.get("examples", "").splitlines() if "intent" in block else []:
                yield block["intent"], re.sub(r"\[([^\]]*)\]\([a-z_]+\)", r"\1", line.strip().removeprefix("- "))


def same(text: str) -> str:
    """Texts that differ in case, accents, signs or blanks only are the same."""
    return re.sub(r"[^a-z0-9]+", " ", fold(text).text).strip() or text


def test_every_intent_has_examples_and_no_other_has() -> None:
    assert {intent for intent, _ in training_examples()} == INTENTS


def test_no_example_is_in_a_test_set() -> None:
    trained = {same(text) for _, text in training_examples()}
    for path in SETS:
        leaked = [u.text for u in evaluate.read(path) if same(u.text) in trained]
        assert leaked == [], path.name


def test_the_sets_share_no_utterance() -> None:
    first, second = ({same(u.text) for u in evaluate.read(path)} for path in SETS)
    assert not first & second
