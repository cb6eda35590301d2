"""How figures are printed: machine and versions first, then p50, p95, p99 and a ratio to a baseline."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

console = Console(width=118)


@dataclass(frozen=True)
class Spread:
    """Percentiles of some durations, in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """From durations in seconds; at least two."""
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(len(seconds), cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000)


def machine() -> None:
    """Print what this was measured on."""
    model = "unknown processor"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    packages = ("flask", "gunicorn", "sqlalchemy", "huey", "rasa-sdk", "bm25s")
    console.print(
        f"[bold]{model}[/], {os.cpu_count()} cores, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in packages)
    )


def table(title: str, baseline: str) -> Table:
    """An empty table of spreads."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("what", "n", "p50 ms", "p95 ms", "p99 ms", f"× {baseline}", "promise"):
        made.add_column(heading, justify="left" if heading in {"what", "promise"} else "right")
    return made


def row(to: Table, what: str, spread: Spread, baseline: Spread | None = None, promise: str = "") -> None:
    """One line; the ratio is of the medians."""
    ratio = f"{spread.p50 / baseline.p50:.1f}" if baseline else "1.0"
    figures = (f"{spread.p50:.1f}", f"{spread.p95:.1f}", f"{spread.p99:.1f}")
    to.add_row(what, str(spread.count), *figures, ratio, promise)
