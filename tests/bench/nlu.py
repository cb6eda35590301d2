"""Understanding, per message; baseline: Rasa's stock sparse pipeline, trained on the same examples in the same run."""

import json
import os
import subprocess

from backend.settings import ROOT
from tests.bench import report
from tests.bench.report import Spread


def run() -> None:
    """Print the table. The work is done inside the rasa environment, by `nlu_in_rasa.py`."""
    command = [ROOT / "bot/.venv/bin/python", "-W", "ignore", "tests/bench/nlu_in_rasa.py"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "RASA_TELEMETRY_ENABLED": "false",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    table = report.table(f"Understanding one message, {figures['utterances']} unseen utterances", "stock pipeline")
    baseline = Spread.of(figures["stock"]["seconds"])
    for name, label in (("stock", "Rasa's stock sparse pipeline"), ("ours", "ours")):
        one = figures[name]
        what = f"{label}: intent accuracy {one['accuracy']:.3f}, without accents {one['accuracy_stripped']:.3f}"
        report.row(table, what, Spread.of(one["seconds"]), baseline)
    report.console.print(table)
