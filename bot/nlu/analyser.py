"""Rasa component 1: words, spelt out forms, list matches and fixed shapes of each message.

The lists named in config.yml are compiled into a spaCy pipeline at training and saved with the model, so the server
needs no list files and never disagrees with its training.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.language import Language

from bot.nlu import language, lookups
from bot.nlu.analysis import Analysis, analyse
from bot.nlu.trained import Trained

ANALYSIS = "analysis"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class Analyser(Trained[Language], Tokenizer):
    """Puts an `Analysis` and Rasa's tokens on every message.

    Config: `abbreviations` a YAML file; `lists` {entity: phrase file}; `max_characters` beyond which nothing is read.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """See the class; the first three are Rasa's own for tokenizers."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "abbreviations": "",
            "lists": {},
            "max_characters": 2000,
        }

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["spacy"]

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: Language | None = None
    ) -> None:
        Tokenizer.__init__(self, config)
        Trained.__init__(self, config, model_storage, resource, model)

    @staticmethod
    def read_model(folder: Path) -> Language:
        """The spaCy pipeline."""
        return language.load(folder / "vi")

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Changed lists or code below the component must lead to a new training."""
        files = [config.get("abbreviations") or "", *(config.get("lists") or {}).values()]
        return lookups.fingerprint(files) + lookups.code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Compile and save the pipeline; the examples are not looked at."""
        path = self.config["abbreviations"]
        known = lookups.abbreviations(path) if path else lookups.Abbreviations({}, frozenset())
        lists = {entity: lookups.phrases(file) for entity, file in self.config["lists"].items()}
        with self.model_storage.write_to(self.resource) as folder:
            language.build(known, lists).to_disk(folder / "vi")
        return self.resource

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Rasa's tokens: the written words. The analysis of the text goes onto the message besides."""
        assert self.model is not None
        analysis = analyse(message.get(attribute) or "", self.model, self.config["max_characters"])
        if attribute == TEXT:
            message.set(ANALYSIS, analysis)
        return [Token(word.text, word.start, word.end) for word in analysis.words]


def analysis_of(message: Message) -> Analysis | None:
    """What the Analyser put there; None for messages without text."""
    return message.get(ANALYSIS)
