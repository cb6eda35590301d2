"""Rasa component 1: words, spelt out forms, list matches and fixed shapes of each message.

The lists named in config.yml are compiled into a spaCy pipeline at training and saved with the model, so the server
needs no list files and never disagrees with its training.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
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

ANALYSIS = "analysis"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class Analyser(Tokenizer):
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
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, nlp: Language | None = None
    ) -> None:
        super().__init__(config)
        self._model_storage = model_storage
        self._resource = resource
        self._nlp = nlp

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Analyser:
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
    ) -> Analyser:
        """The component with the pipeline saved at training; fails loudly when the model lacks it."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, language.load(folder / "vi"))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Changed lists or code below the component must lead to a new training."""
        files = [config.get("abbreviations") or "", *(config.get("lists") or {}).values()]
        return lookups.fingerprint(files) + lookups.code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Compile and save the pipeline; the examples are not looked at."""
        path = self._config["abbreviations"]
        known = lookups.abbreviations(path) if path else lookups.Abbreviations({}, frozenset())
        lists = {entity: lookups.phrases(file) for entity, file in self._config["lists"].items()}
        with self._model_storage.write_to(self._resource) as folder:
            language.build(known, lists).to_disk(folder / "vi")
        return self._resource

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Rasa's tokens: the written words. The analysis of the text goes onto the message besides."""
        assert self._nlp is not None
        analysis = analyse(message.get(attribute) or "", self._nlp, self._config["max_characters"])
        if attribute == TEXT:
            message.set(ANALYSIS, analysis)
        return [Token(word.text, word.start, word.end) for word in analysis.words]


def analysis_of(message: Message) -> Analysis | None:
    """What the Analyser put there; None for messages without text."""
    return message.get(ANALYSIS)
