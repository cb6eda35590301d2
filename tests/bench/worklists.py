"""Officers' worklists and search over 25,000 dossiers on both databases, and over `BENCH_DOSSIERS` on PostgreSQL.

Each figure is what the page asks the database for: a page of the list, the counts of all tabs, the filter's choices.
The baseline is one dossier fetched by its primary key in the same run.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from random import Random
from typing import TypeVar

from rich.table import Table
from sqlalchemy import func, select

from backend import clock, database
from backend.database import reading
from backend.dossiers import load, searching, worklists
from backend.dossiers.models import Dossier, DossierPlace
from backend.dossiers.worklists import Filters
from backend.models import ALL
from backend.organisation import seeding
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.procedures import imports
from backend.procedures.models import Source
from backend.procedures.readers import files
from tests.bench import databases, report
from tests.bench.report import Spread

T = TypeVar("T")
SMALL = 25_000
LARGE = int(os.environ.get("BENCH_DOSSIERS", "100000"))
REPEATS = 40
ROLES = (Role.RECEPTIONIST, Role.SPECIALIST, Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER)


@dataclass(frozen=True)
class Sample:
    """A dossier to search for: what people know of it."""

    id: int
    code: str
    name: str
    phone: str


def run() -> None:
    """Print a table for each size and database."""
    with databases.sqlite():
        _one("SQLite", SMALL, promise=100)
    for count, promise in ((SMALL, 100), (LARGE, 200)):
        with databases.postgresql() as engine:
            if engine is None:
                return
            _one("PostgreSQL", count, promise=promise)


def _one(name: str, count: int, *, promise: int) -> None:
    fill(count)
    measure(f"{name}, {count:,} dossiers", promise)


def fill(count: int) -> None:
    """Tables, agencies, procedures and dossiers, in an empty database."""
    ALL.create_all(database.engine())
    start = time.perf_counter()
    seeding.seed()
    imports.run(files.read(files.CATALOGUE), Source.CATALOGUE)
    loaded = load.generate(count)
    report.console.print(f"{loaded.dossiers:,} dossiers made in {time.perf_counter() - start:.0f} s")


def measure(title: str, promise: int) -> None:
    """Print what the database at hand makes of lists and searches."""
    chance, promised = Random(1), f"p95 ≤ {promise}"
    officers = _officers()
    ids = _random_ids(chance)
    baseline = _spread(_by_key, ids)
    load_average = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    table = report.table(
        f"{title}; {officers[Role.RECEPTIONIST][0].agency_code}; load average {load_average}", "by key"
    )
    report.row(table, "a dossier by its key", baseline)
    for role in ROLES:
        _rows_of(table, role, officers[role], chance, baseline, promised)
    report.console.print(table)


def _rows_of(
    table: Table, role: Role, officers: Sequence[OfficerInfo], chance: Random, baseline: Spread, promised: str
) -> None:
    for tab in worklists.tabs(role):
        opened = [(officer, tab.key, filters) for filters in _filters(officers[0]) for officer in officers]
        report.row(table, f"{role}: {tab.key}", _spread(_open, opened), baseline, promised)
    samples = _samples(officers[0], chance)
    for what, query in QUERIES.items():
        looked = [(officer, query(sample)) for sample in samples for officer in officers[:1]]
        report.row(table, f"{role}: search, {what}", _spread(_search, looked), baseline, promised)


QUERIES: dict[str, Callable[[Sample], str]] = {
    "full code": lambda sample: sample.code,
    "4 digits of the code": lambda sample: sample.code[-4:],
    "full name": lambda sample: sample.name,
    "common name": lambda sample: "nguyen",
    "4 digits of the phone": lambda sample: sample.phone[-4:],
}


def _spread(call: Callable[[T], object], arguments: Sequence[T]) -> Spread:
    """How long `call` takes: one warm pass, then at least `REPEATS` calls over all arguments."""
    taken = []
    for argument in arguments:
        call(argument)
    for argument in islice(cycle(arguments), max(REPEATS, len(arguments))):
        start = time.perf_counter()
        call(argument)
        taken.append(time.perf_counter() - start)
    return Spread.of(taken)


def _open(arguments: tuple[OfficerInfo, str, Filters]) -> None:
    officer, key, filters = arguments
    worklists.counts(officer)
    worklists.listed(officer, key, filters)
    worklists.procedures(officer)


def _search(arguments: tuple[OfficerInfo, str]) -> None:
    searching.search(*arguments)


def _by_key(dossier_id: int) -> None:
    with reading() as session:
        session.execute(select(*worklists.shown_columns()).where(Dossier.id == dossier_id)).one()


def _officers() -> dict[Role, list[OfficerInfo]]:
    """Those of the busiest agency, by role, and a leader of the province."""
    many = func.count().desc()
    busiest = select(DossierPlace.agency_code).group_by(DossierPlace.agency_code).order_by(many).limit(1)
    with reading() as session:
        agency = organisation.agency_by_code(session.scalars(busiest).one())
    organisation.add_officer(
        name="Nguyễn Văn An", username="bench-province", password=None, agency_id=agency.id, role=Role.PROVINCE_LEADER
    )
    return {role: organisation.officers(agency_id=agency.id, roles=[role]) for role in ROLES}


def _filters(officer: OfficerInfo) -> list[Filters]:
    """None, two procedures, the last month, and one state."""
    known = worklists.procedures(officer)
    by_procedure = [Filters(procedure=choice.code) for choice in (known[0], known[-1])]
    return [Filters(), *by_procedure, Filters(since=clock.today() - timedelta(days=30)), Filters(state="processing")]


def _random_ids(chance: Random) -> list[int]:
    with reading() as session:
        last = session.scalar(select(func.max(Dossier.id))) or 1
    return [chance.randint(1, last) for _ in range(REPEATS)]


def _samples(officer: OfficerInfo, chance: Random) -> list[Sample]:
    """Dossiers of the officer's agency, of any age."""
    here = select(DossierPlace.dossier_id).where(DossierPlace.agency_code == officer.agency_code)
    columns = (Dossier.id, Dossier.code, Dossier.applicant_name, Dossier.applicant_phone)
    with reading() as session:
        ids = chance.sample(list(session.scalars(here.order_by(DossierPlace.dossier_id))), REPEATS)
        rows = session.execute(select(*columns).where(Dossier.id.in_(ids)))
        return [Sample(*row) for row in rows]
