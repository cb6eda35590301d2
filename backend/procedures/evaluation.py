"""Measures the search against questions with known answers: hit rates as written and without accents, and time."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InvalidInput
from backend.procedures.index import Index
from backend.text import unaccented

DEPTHS = (1, 3, 5, 10)


@dataclass(frozen=True)
class Question:
    """A question and the codes of the procedures it is about."""

    text: str
    codes: frozenset[str]


@dataclass(frozen=True)
class Figures:
    """`hits[k]`: share of questions with a right procedure among the first k. Times in milliseconds a question.

    `sure`: share of questions the search was sure about; `right_when_sure`: how often its first hit was right then.
    """

    questions: int
    hits: dict[int, float]
    p50_ms: float
    p95_ms: float
    sure: float
    right_when_sure: float


def read(path: Path) -> list[Question]:
    """Lines of JSON with `question` and `procedure_codes`. Raises InvalidInput."""
    try:
        entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [Question(entry["question"], frozenset(entry["procedure_codes"])) for entry in entries]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InvalidInput("Mỗi dòng cần có question và procedure_codes.") from error


def measure(index: Index, questions: Sequence[Question], *, accents: bool = True) -> Figures:
    """Ask every question once."""
    index.search(questions[0].text)  # the first one warms caches
    ranks, times, sure, right = [], [], 0, 0
    for question in questions:
        text = question.text if accents else unaccented(question.text)
        started = time.perf_counter()
        found = index.search(text, limit=max(DEPTHS))
        times.append((time.perf_counter() - started) * 1000)
        codes = [hit.entry.code for hit in found.hits]
        ranks.append(next((rank for rank, code in enumerate(codes) if code in question.codes), max(DEPTHS)))
        if found.decision == "sure":
            sure += 1
            right += ranks[-1] == 0
    times.sort()
    count = len(questions)
    return Figures(
        questions=count,
        hits={depth: sum(rank < depth for rank in ranks) / count for depth in DEPTHS},
        p50_ms=times[count // 2],
        p95_ms=times[min(count - 1, int(count * 0.95))],
        sure=sure / count,
        right_when_sure=right / sure if sure else 1.0,
    )
