"""Tests of what runs inside Rasa; they use bot/.venv and know nothing of the services' test fixtures.

bot/.venv/bin/python -m pytest -c tests/bot/pytest.ini --confcutdir tests/bot tests/bot
"""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
