"""Start Rasa without loading TensorFlow, which it imports for components that this project does not use.

Measured on the import of the server: 2.1 s of CPU instead of 5.5 s, 198 MB instead of 559 MB, for every Rasa process.

Rasa's modules only need TensorFlow's names to exist, as base classes, decorators and annotations of DIET, TED and their
kin. After `install()` an import of `tensorflow` gives stand-ins: classes that can be derived from and nothing else. A
component that really needs TensorFlow cannot run then; tests/bot/test_bot_serve.py guards that config.yml names none,
and RASA_WITH_TENSORFLOW=1 makes bot.serve load the real one.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any

_REPLACED = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"})
# thinc (below spaCy) asks for this one to learn whether it may use TensorFlow: it may not.
_MISSING = "tensorflow.experimental"


class _StandIn(type):
    """A class whose every attribute is again one; as a decorator it leaves the function as it is."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _named(name)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if "_is_stand_in" not in vars(cls):
            return super().__call__(*args, **kwargs)
        return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else cls

    def __or__(cls, other: Any) -> Any:
        return cls

    def __ror__(cls, other: Any) -> Any:
        return cls

    def __getitem__(cls, item: Any) -> Any:
        return cls


def _named(name: str) -> Any:
    return _StandIn(name, (), {"_is_stand_in": True})


class _Module(types.ModuleType):
    __path__: list[str] = []  # noqa: RUF012 - what makes it a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _named(name)
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in _REPLACED:
            return None
        if name.startswith(_MISSING):
            raise ModuleNotFoundError(name)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def install() -> None:
    """Put the stand-ins in place; RuntimeError when the real TensorFlow is loaded already."""
    if "tensorflow" in sys.modules:
        raise RuntimeError("TensorFlow is loaded already")
    sys.meta_path.insert(0, _Finder())
