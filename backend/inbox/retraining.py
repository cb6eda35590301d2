"""What new examples change: the understanding trained without and with them, both measured on the development set.

Rasa lives in an environment of its own, so it is a process of its own that trains and measures.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.errors import Unavailable
from backend.settings import ROOT

SECONDS = 900
DEV_SET = ROOT / "tests/nlu/dev_set.yml"
_PYTHON = ROOT / "bot/.venv/bin/python"


@dataclass(frozen=True)
class Measured:
    """Figures of one training: of the whole set, and the intent accuracy of each intent."""

    intent_accuracy: float
    entity_f1: float
    fallbacks: int
    by_intent: dict[str, float]


Trainer = Callable[[Path], Measured]


def train_and_measure(data: Path) -> Measured:
    """Train on a folder like `nlu_data` into a temporary model and measure it. Raises Unavailable."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        command = [
            str(_PYTHON), "-m", "bot.evaluate", str(DEV_SET), "--train", "--nlu-data", str(data), "--json", str(figures)
        ]  # fmt: skip
        quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command, cwd=ROOT, env=os.environ | quiet, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"Không huấn luyện thử được: {error}") from error
        if done.returncode or not figures.exists():
            raise Unavailable(f"Không huấn luyện thử được: {done.stderr.strip()[-500:]}")
        return _read(json.loads(figures.read_text("utf-8")))


def _read(figures: dict[str, Any]) -> Measured:
    whole = figures["overall"]
    by_intent = {name: one["intent_accuracy"] for name, one in figures["by_intent"].items()}
    return Measured(whole["intent_accuracy"], whole["entity_f1"], whole["fallbacks"], by_intent)


@contextmanager
def without(data: Path, taught: Path) -> Iterator[Path]:
    """A copy of the training data that lacks one file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / data.name
        shutil.copytree(data, copy, ignore=lambda at, _: [taught.name] if Path(at) == taught.parent else [])
        yield copy


@contextmanager
def with_(data: Path, taught: Path) -> Iterator[Path]:
    """A copy of the training data with one more file, wherever that was written."""
    with without(data, data / "nlu" / "taught.yml") as copy:
        shutil.copy(taught, copy / "nlu" / "taught.yml")
        yield copy
