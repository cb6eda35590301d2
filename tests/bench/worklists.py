"""Officers' worklists and search over 25,000 dossiers on both databases, and over a million on PostgreSQL.

Each figure is what the page asks the database for: a page of the list, the counts of all tabs, the filter's choices.
The baseline is one dossier fetched by its primary key in the same run.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from random import Random

from rich.table import Table
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import OperationalError

from backend import clock, database
from backend.database import reading, transaction
from backend.dossiers import load, overview, searching, worklists
from backend.dossiers.models import Dossier, DossierPlace
from backend.dossiers.worklists import Filters
from backend.models import ALL
from backend.organisation import seeding
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.procedures import service as procedures
from tests.bench import report
from tests.bench.report import Spread

SMALL = 25_000
LARGE = int(os.environ.get("BENCH_DOSSIERS", "1000000"))
REPEATS = 40
ROLES = (Role.RECEPTIONIST, Role.SPECIALIST, Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER)
POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


@dataclass(frozen=True)
class Sample:
    """A dossier to search for: what people know of it."""

    id: int
    code: str
    name: str
    phone: str


def run() -> None:
    """Print a table for each size and database."""
    with tempfile.TemporaryDirectory() as folder, _engine(f"sqlite:///{folder}/mot_cua.db"):
        _one("SQLite", SMALL, promise=100)
    for count, promise in ((SMALL, 100), (LARGE, 200)):
        with _schema() as url:
            if not url:
                report.console.print("PostgreSQL: skipped, it is not there")
                return
            with _engine(url):
                _one("PostgreSQL", count, promise=promise)


@contextmanager
def _engine(url: str) -> Iterator[None]:
    engine, ours = database.create(url), database.engine
    database.engine = lambda: engine  # type: ignore[assignment]
    try:
        yield
    finally:
        database.engine = ours
        engine.dispose()


@contextmanager
def _schema() -> Iterator[str]:
    """The address of an empty schema, dropped afterwards; empty where there is no PostgreSQL."""
    schema, server = f"bench_worklists_{os.getpid()}", create_engine(POSTGRESQL)
    try:
        with server.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError:
        yield ""
        return
    try:
        yield f"{POSTGRESQL}?options=-csearch_path%3D{schema}"
    finally:
        with server.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        server.dispose()


def _one(name: str, count: int, *, promise: int) -> None:
    fill(count)
    measure(f"{name}, {count:,} dossiers", promise)


def fill(count: int) -> None:
    """Tables, agencies, procedures and dossiers, in an empty database."""
    ALL.create_all(database.engine())
    start = time.perf_counter()
    seeding.seed()
    procedures.load_catalogue()
    loaded = load.generate(count)
    report.console.print(f"{loaded.dossiers:,} dossiers made in {time.perf_counter() - start:.0f} s")


def measure(title: str, promise: int) -> None:
    """Print what the database at hand makes of lists, searches and the overview."""
    chance, promised = Random(1), f"p95 ≤ {promise}"  # noqa: S311
    officers = _officers()
    ids = _random_ids(chance)
    baseline = _spread(_by_key, ids)
    load_average = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    table = report.table(f"{title}; {organisation_of(officers)}; load average {load_average}", "by key")
    report.row(table, "a dossier by its key", baseline)
    for role in ROLES:
        _rows_of(table, role, officers[role], chance, baseline, promised)
    report.console.print(table)


def organisation_of(officers: dict[Role, list[OfficerInfo]]) -> str:
    """The busiest agency, by its code."""
    return officers[Role.RECEPTIONIST][0].agency_code


def _rows_of(
    table: Table, role: Role, officers: Sequence[OfficerInfo], chance: Random, baseline: Spread, promised: str
) -> None:
    for tab in worklists.tabs(role):
        opened = [(officer, tab.key, filters) for filters in _filters(officers[0]) for officer in officers]
        report.row(table, f"{role}: {tab.key}", _spread(_open, opened), baseline, promised)
    report.row(table, f"{role}: all, page 20", _spread(_far, officers), baseline, promised) if _has_all(role) else None
    samples = _samples(officers[0], chance)
    for what, query in QUERIES.items():
        looked = [(officer, query(sample)) for sample in samples for officer in officers[:1]]
        report.row(table, f"{role}: search, {what}", _spread(_search, looked), baseline, promised)
    if role in overview.READERS:
        report.row(table, f"{role}: overview", _spread(_overview, officers), baseline, "p95 ≤ 500")


def _has_all(role: Role) -> bool:
    return any(tab.key == "all" for tab in worklists.tabs(role))


QUERIES: dict[str, Callable[[Sample], str]] = {
    "full code": lambda sample: sample.code,
    "4 digits of the code": lambda sample: sample.code[-4:],
    "full name": lambda sample: sample.name,
    "common name": lambda sample: "nguyen",
    "4 digits of the phone": lambda sample: sample.phone[-4:],
}


def _spread[T](call: Callable[[T], object], arguments: Sequence[T]) -> Spread:
    """How long `call` takes: one warm pass, then at least `REPEATS` calls over all arguments."""
    taken = []
    for argument in arguments:
        call(argument)
    for argument in islice(cycle(arguments), max(REPEATS, len(arguments))):
        start = time.perf_counter()
        call(argument)
        taken.append(time.perf_counter() - start)
    return Spread.of(taken)
