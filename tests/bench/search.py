"""Procedure search at 3,008 procedures; baseline: plain BM25 over name and field."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import bm25s

from backend import database
from backend.procedures import evaluation
from backend.procedures.index import Index
from backend.procedures.search import forget, index
from backend.settings import ROOT
from backend.text import fold, unaccented
from tests.bench import report
from tests.bench.report import Spread

SHARED = Path(os.environ.get("MOT_CUA_SHARED", ROOT.parent / "shared")) / "data"


def _imported(folder: Path) -> list[float]:
    """Seconds of importing the national records, twice."""
    environment = {**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": ""}
    flask = [str(ROOT / ".venv/bin/flask"), "--app", "backend"]
    subprocess.run([*flask, "database", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
    subprocess.run([*flask, "procedures", "load-catalogue"], cwd=ROOT, env=environment, check=True, capture_output=True)
    took = []
    for _ in range(2):
        start = time.perf_counter()
        command = [*flask, "procedures", "import", str(SHARED / "procedures.jsonl.gz")]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
        took.append(time.perf_counter() - start)
        report.console.print(f"import: {took[-1]:.1f} s, {done.stdout.strip().splitlines()[0]}")
    return took


def _ours(index: Index, texts: list[str]) -> list[float]:
    took = []
    for text in texts:
        start = time.perf_counter()
        index.search(text)
        took.append(time.perf_counter() - start)
    return took


def _plain(index: Index, texts: list[str]) -> list[float]:
    """Seconds of asking bm25s itself, over name and field."""
    corpus = [fold(f"{' '.join(entry.names)} {entry.field}").split() for entry in index.entries]
    plain = bm25s.BM25()
    plain.index(corpus, show_progress=False)
    known = set().union(*map(set, corpus))
    took = []
    for text in texts:
        start = time.perf_counter()
        words = [word for word in fold(text).split() if word in known] or [next(iter(known))]
        plain.retrieve([words], k=10, show_progress=False)
        took.append(time.perf_counter() - start)
    return took


def run() -> None:
    """Print the table, or say why not."""
    questions_file = SHARED / "procedure_questions.jsonl"
    if not questions_file.exists():
        report.console.print(f"search: skipped, {questions_file} is not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        _imported(Path(folder))
        engine, ours = database.create(f"sqlite:///{folder}/mot_cua.db"), database.engine
        database.engine = lambda: engine  # type: ignore[assignment]
        try:
            forget()
            built = index()
        finally:
            database.engine = ours
            engine.dispose()
    questions = evaluation.read(questions_file)
    texts = [question.text for question in questions]
    table = report.table(f"Search, {len(built.entries)} procedures, {len(texts)} questions", "plain BM25")
    baseline = Spread.of(_plain(built, texts))
    report.row(table, "plain BM25 over name and field (bm25s)", baseline)
    report.row(table, "ours, as written", Spread.of(_ours(built, texts)), baseline, "≤ 5")
    bare = [unaccented(text) for text in texts]
    report.row(table, "ours, without accents", Spread.of(_ours(built, bare)), baseline, "≤ 5")
    report.console.print(table)
    for accents in (True, False):
        hits = evaluation.measure(built, questions, accents=accents).hits
        figures = ", ".join(f"hit@{depth} {share:.3f}" for depth, share in hits.items())
        report.console.print(f"  {'as written' if accents else 'without accents'}: {figures}")
