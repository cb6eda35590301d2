"""How well the assistant understands a labelled set of utterances.

    bot/.venv/bin/python -m bot.evaluate tests/nlu/test_set.yml [--errors] [--model FILE | --train [--nlu-data FOLDER]]
        [--json FILE]

Loads the newest model of `models/`; with `--train`, or when there is none, trains the understanding alone on
`nlu_data/` into a temporary folder (never into `models/`, where a server would pick it up). `--errors` lists what went
wrong: for the development set only, the test set is looked at as a figure.

A set is a YAML list of `{text, intent, register}` with entities inline as `[words](entity)`. Figures: intent accuracy
(`nlu_fallback` counts as wrong) and token-level entity F1, micro-averaged without the "no entity" label, which is what
Rasa's own `rasa test nlu` prints.
"""

# ruff: noqa: T201 - a command that prints

import argparse
import asyncio
import json
import logging
import os
import platform
import re
import sys
import tempfile
import time
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FALLBACK = "nlu_fallback"
_ENTITY = re.compile(r"\[([^\]]+)\]\(([a-z_]+)\)")


@dataclass(frozen=True)
class Utterance:
    """One labelled text; entities as (entity, start, end)."""

    text: str
    intent: str
    register: str
    entities: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Parsed:
    """What the model said. `first` is its best intent before the fallback stepped in."""

    utterance: Utterance
    intent: str
    first: str
    confidence: float
    entities: tuple[tuple[str, int, int], ...]
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether the intent is the labelled one."""
        return self.intent == self.utterance.intent


@dataclass
class Figures:
    """Counts of one slice of a set."""

    utterances: int = 0
    right: int = 0
    right_first: int = 0
    fallbacks: int = 0
    tokens: Counter[str] = field(default_factory=Counter)

    def add(self, parsed: Parsed) -> None:
        """Count one utterance in."""
        self.utterances += 1
        self.right += parsed.right
        self.right_first += parsed.first == parsed.utterance.intent
        self.fallbacks += parsed.intent == FALLBACK
        for labelled, said in zip(*_labels(parsed), strict=True):
            self.tokens.update(hit=int(labelled == said != ""), said=int(said != ""), labelled=int(labelled != ""))

    @property
    def accuracy(self) -> float:
        """Share of right intents, a fallback being wrong."""
        return self.right / max(1, self.utterances)

    @property
    def precision(self) -> float:
        """Of the tokens said to be in an entity, those that are in it."""
        return self.tokens["hit"] / self.tokens["said"] if self.tokens["said"] else 1.0

    @property
    def recall(self) -> float:
        """Of the tokens in an entity, those said to be in it."""
        return self.tokens["hit"] / self.tokens["labelled"] if self.tokens["labelled"] else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 1.0 where there is nothing to find and nothing was found."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Rounded, for JSON."""
        return {
            "utterances": self.utterances,
            "intent_accuracy": round(self.accuracy, 4),
            "first_intent_accuracy": round(self.right_first / max(1, self.utterances), 4),
            "fallbacks": self.fallbacks,
            "entity_f1": round(self.f1, 4),
            "entity_precision": round(self.precision, 4),
            "entity_recall": round(self.recall, 4),
        }


def read(path: Path) -> list[Utterance]:
    """The utterances of a set; KeyError or YAML errors when it is not one."""
    return [_utterance(entry) for entry in yaml.safe_load(path.read_text("utf-8"))]


def _utterance(entry: dict[str, Any]) -> Utterance:
    marked = unicodedata.normalize("NFC", entry["text"])
    text, entities, position = "", [], 0
    for match in _ENTITY.finditer(marked):
        text += marked[position : match.start()]
        entities.append((match[2], len(text), len(text) + len(match[1])))
        text += match[1]
        position = match.end()
    return Utterance(text + marked[position:], entry["intent"], entry.get("register", ""), tuple(entities))


def without_accents(utterance: Utterance) -> Utterance:
    """The same from a phone without Vietnamese; offsets stay because NFC text keeps its length."""
    letters = (unicodedata.normalize("NFD", c)[0] if c.isalpha() else c for c in utterance.text)
    text = "".join(letters).replace("đ", "d").replace("Đ", "D")
    return Utterance(text, utterance.intent, utterance.register, utterance.entities)


def _labels(parsed: Parsed) -> tuple[list[str], list[str]]:
    """Per token the labelled and the said entity, '' for none."""
    from bot.nlu.text import fold, words

    tokens = list(words(fold(parsed.utterance.text)))

    def of(entities: Iterable[tuple[str, int, int]]) -> list[str]:
        spans = list(entities)
        return [next((e for e, start, end in spans if t.start < end and start < t.end), "") for t in tokens]

    return of(parsed.utterance.entities), of(parsed.entities)


Parse = Callable[[str], dict[str, Any]]


def load(model: Path) -> Parse:
    """A function that parses like the server does, for a model file."""
    from rasa.core.agent import Agent

    agent = Agent.load(model_path=str(model))
    if not agent.is_ready():
        raise SystemExit(f"no usable model in {model}")
    loop = asyncio.new_event_loop()
    return lambda text: loop.run_until_complete(agent.parse_message(text))


def train(folder: Path, data: Path = ROOT / "nlu_data") -> Path:
    """Train the understanding alone on the project's data, or a copy of it; the model file in `folder`."""
    from rasa.model_training import train_nlu

    model = train_nlu(str(ROOT / "config.yml"), str(data), output=str(folder))
    if model is None:
        raise SystemExit("training failed")
    return Path(model)


def newest(folder: Path = ROOT / "models") -> Path | None:
    """The model a server would start with."""
    return max(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)


def run(parse: Parse, utterances: Iterable[Utterance]) -> list[Parsed]:
    """Parse all, one by one, timed."""
    results = []
    for utterance in utterances:
        started = time.perf_counter()
        said = parse(utterance.text)
        elapsed = (time.perf_counter() - started) * 1000
        ranking = [entry["name"] for entry in said.get("intent_ranking", []) if entry["name"] != FALLBACK]
        intent = said["intent"]["name"] or FALLBACK
        entities = tuple((e["entity"], e["start"], e["end"]) for e in said["entities"])
        confidence = float(said["intent"]["confidence"])
        results.append(Parsed(utterance, intent, ranking[0] if ranking else "", confidence, entities, elapsed))
    return results


def total(results: Iterable[Parsed]) -> Figures:
    """The figures of some results."""
    figures = Figures()
    for parsed in results:
        figures.add(parsed)
    return figures


def _by(results: list[Parsed], key: Callable[[Parsed], str]) -> dict[str, Figures]:
    return {name: total(r for r in results if key(r) == name) for name in sorted({key(r) for r in results})}


def by_entity(results: list[Parsed]) -> dict[str, tuple[float, float, int]]:
    """Precision, recall and labelled tokens of each kind of entity."""
    counts: dict[str, Counter[str]] = {}
    for parsed in results:
        for labelled, said in zip(*_labels(parsed), strict=True):
            for name in {labelled, said} - {""}:
                kind = counts.setdefault(name, Counter())
                kind.update(hit=int(labelled == said), said=int(said == name), labelled=int(labelled == name))
    return {
        name: (
            c["hit"] / c["said"] if c["said"] else 1.0,
            c["hit"] / c["labelled"] if c["labelled"] else 1.0,
            c["labelled"],
        )
        for name, c in sorted(counts.items())
    }


def report(results: list[Parsed], stripped: list[Parsed]) -> dict[str, Any]:
    """All figures as data. `stripped` are the same accented utterances parsed without their accents."""
    accented = [r for r in results if any(ord(c) > 0x7F for c in r.utterance.text)]
    times = sorted(r.milliseconds for r in results)
    intents = _by(results, lambda r: r.utterance.intent)
    return {
        "overall": total(results).as_dict(),
        "accented": total(accented).as_dict(),
        "accents_stripped": total(stripped).as_dict(),
        "by_register": {name: f.as_dict() for name, f in _by(results, lambda r: r.utterance.register).items()},
        "by_intent": {n: f.as_dict() for n, f in sorted(intents.items(), key=lambda item: item[1].accuracy)},
        "by_entity": {n: [round(p, 3), round(r, 3), count] for n, (p, r, count) in by_entity(results).items()},
        "parse_ms": {"p50": round(_quantile(times, 0.5), 2), "p95": round(_quantile(times, 0.95), 2)},
        "machine": machine(),
    }


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def machine() -> dict[str, str]:
    """Where and with what the figures were made."""
    from importlib.metadata import version

    packages = {name: version(name) for name in ("rasa", "scikit-learn", "spacy", "python-crfsuite")}
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": str(os.cpu_count()),
        **packages,
    }


def _print(figures: dict[str, Any]) -> None:
    def line(name: str, f: dict[str, Any]) -> None:
        print(
            f"  {name:<18} {f['utterances']:>5}"
            f"  intent {f['intent_accuracy']:.3f} (first {f['first_intent_accuracy']:.3f}, fallback {f['fallbacks']})"
            f"  entity F1 {f['entity_f1']:.3f} (P {f['entity_precision']:.3f} R {f['entity_recall']:.3f})"
        )

    for name in ("overall", "accented", "accents_stripped"):
        line(name, figures[name])
    for title in ("by_register", "by_intent"):
        print(f"\n{title.replace('_', ' ')}")
        for name, one in figures[title].items():
            line(name, one)
    print("\nby entity (precision, recall, tokens)")
    for name, (precision, recall, count) in figures["by_entity"].items():
        print(f"  {name:<18} {precision:.3f} {recall:.3f} {count}")
    print(f"\nparse ms  p50 {figures['parse_ms']['p50']}  p95 {figures['parse_ms']['p95']}")
    print("machine  " + ", ".join(f"{name} {value}" for name, value in figures["machine"].items()))


def _print_errors(results: list[Parsed]) -> None:
    for r in results:
        labelled, said = _labels(r)
        if not r.right:
            said_intent = f"{r.intent} ({r.first} {r.confidence:.2f})"
            print(f"INTENT {r.utterance.intent} -> {said_intent} [{r.utterance.register}] {r.utterance.text}")
        if labelled != said:
            text = r.utterance.text
            want = [(e, text[s:t]) for e, s, t in r.utterance.entities]
            print(f"ENTITY {want} <> {[(e, text[s:t]) for e, s, t in r.entities]} [{r.utterance.intent}] {text}")


def _quiet() -> None:
    """Rasa prints each parse at its default level, which would be measured too."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.showwarning = lambda *_, **__: None  # Rasa resets the filters, not this
    from rasa.utils.log_utils import configure_structlog

    logging.disable(logging.WARNING)
    configure_structlog(logging.ERROR)


def main(arguments: list[str] | None = None) -> int:
    """The command line; see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--train", action="store_true", help="train afresh, even when there is a model")
    parser.add_argument("--nlu-data", type=Path, default=ROOT / "nlu_data", help="what --train trains on")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    _quiet()
    utterances = read(options.set)
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or (None if options.train else newest()) or train(Path(folder), options.nlu_data)
        parse = load(model)
        parse("xin chào")  # the first message pays for lazy imports
        results = run(parse, utterances)
        stripped = run(parse, [without_accents(u) for u in utterances if any(ord(c) > 0x7F for c in u.text)])
    figures = report(results, stripped)
    print(f"{options.set}  model {model.name}\n")
    _print(figures)
    if options.errors:
        _print_errors(results)
    if options.json:
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
