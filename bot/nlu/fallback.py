"""Rasa component 4: `nlu_fallback` when the message was not understood well enough.

The ranking stays on the message behind the fallback, so that actions can ask "did you mean …?".
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Fallback(GraphComponent, IntentClassifier):
    """Config: `threshold` the least confidence of the best intent; `margin` its least lead over the second.

    The lead counts only below `sure`, because two near meanings of one message often share the confidence.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """Some classifier has to come before."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Chosen on the development set: see the class."""
        return {"threshold": 0.25, "margin": 0.05, "sure": 0.4}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Fallback:
        """Nothing to train."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the fallback before what was not sure enough, at the confidence of the threshold."""
        for message in messages:
            ranking = message.get("intent_ranking") or []
            if not self._understood([float(entry["confidence"]) for entry in ranking]):
                fallback = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": self._config["threshold"]}
                message.set("intent", fallback, add_to_output=True)
                message.set("intent_ranking", [fallback, *ranking], add_to_output=True)
        return messages

    def _understood(self, confidences: list[float]) -> bool:
        if not confidences or confidences[0] < self._config["threshold"]:
            return False
        if len(confidences) < 2 or confidences[0] >= self._config["sure"]:
            return True
        return confidences[0] - confidences[1] >= self._config["margin"]
