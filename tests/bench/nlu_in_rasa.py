"""Runs in bot/.venv: parses the test set with our model and with a stock one, prints a line of JSON."""

import json
import sys
import tempfile
import time
from pathlib import Path

from bot import evaluate

STOCK = """
recipe: default.v1
language: vi
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: LogisticRegressionClassifier
"""


def stock(folder: Path) -> Path:
    """A model of Rasa's own sparse features and logistic regression."""
    from rasa.model_training import train_nlu

    config = folder / "config.yml"
    config.write_text(STOCK)
    trained = train_nlu(config=str(config), nlu_data=str(evaluate.ROOT / "nlu_data/nlu"), output=str(folder))
    assert trained is not None
    return Path(trained)


def figures(model: Path, utterances: list[evaluate.Utterance]) -> dict[str, object]:
    """Accuracy as written and without accents, and the seconds each took."""
    parse = evaluate.load(model)
    parse("xin chào")
    seconds = []
    for utterance in utterances:
        start = time.perf_counter()
        parse(utterance.text)
        seconds.append(time.perf_counter() - start)
    written = evaluate.total(evaluate.run(parse, utterances)).as_dict()
    stripped = evaluate.total(evaluate.run(parse, [evaluate.without_accents(u) for u in utterances])).as_dict()
    return {
        "seconds": seconds,
        "accuracy": written["first_intent_accuracy"],
        "accuracy_stripped": stripped["first_intent_accuracy"],
    }


def main() -> None:
    """Train the stock model, load ours, compare."""
    evaluate._quiet()
    utterances = evaluate.read(evaluate.ROOT / "tests/nlu/test_set.yml")
    with tempfile.TemporaryDirectory() as folder:
        ours = evaluate.newest() or evaluate.train(Path(folder))
        result = {
            "utterances": len(utterances),
            "ours": figures(ours, utterances),
            "stock": figures(stock(Path(folder)), utterances),
        }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
