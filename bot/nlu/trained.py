"""What every trained component of the pipeline shares: its model is kept with Rasa's and is there when it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

from bot.nlu import lookups

Model = TypeVar("Model")


class Trained(GraphComponent, Generic[Model]):
    """A component with a `model`, None until it is trained or loaded. `read_model` reads what its `train` wrote."""

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: Model | None = None
    ) -> None:
        self.config = config
        self.model_storage = model_storage
        self.resource = resource
        self.model = model

    @staticmethod
    def read_model(folder: Path) -> Model:
        """From the component's folder of the trained archive; fails loudly when it is not whole."""
        raise NotImplementedError

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
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
    ) -> Self:
        """The trained component."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, cls.read_model(folder))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Changed code below the component must lead to a new training."""
        return lookups.code_fingerprint()
