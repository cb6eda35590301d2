"""The deadline sweep over 100,000 open dossiers that nobody has looked at yet, and once more right after."""

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Engine, func, insert, select, text

from backend import calendar, clock
from backend.citizens.models import Citizen
from backend.dossiers import deadlines
from backend.dossiers import sweep as sweeping
from backend.dossiers.models import Dossier, DossierPaper, DossierStep, Payment
from backend.dossiers.policy import PaperState, State, StepState
from backend.models import ALL
from backend.notifications.models import Notification
from backend.organisation.models import Agency, Officer, Role
from tests.bench import databases, report

OPEN = int(os.environ.get("BENCH_SWEEP_DOSSIERS", "100000"))
AGENCIES = 121
CREW = (Role.RECEPTIONIST, Role.HEAD, Role.LEADER, *[Role.SPECIALIST] * 10)
NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
AT_A_TIME = 5000

Row = dict[str, Any]


def _house() -> Iterator[tuple[Any, list[Row]]]:
    numbers = range(1, AGENCIES + 1)
    common = {"unit": "", "aliases": [], "level": "commune", "province": "H15", "valid_from": NOW.date()}
    yield Agency, [{"id": n, "code": f"H15.{n:03d}", "name": f"UBND xã {n}", **common} for n in numbers]
    yield (
        Officer,
        [
            {
                "id": (n - 1) * len(CREW) + seat, "name": "Nguyễn Văn An", "username": f"o{n}-{seat}", "agency_id": n,
                "role": role, "password_hash": "", "created_at": NOW,
            }
            for n in numbers
            for seat, role in enumerate(CREW, 1)
        ],
    )  # fmt: skip
    yield Citizen, [{"id": 1, "full_name": "Trần Thị Mai", "phone": "+84900000001", "created_at": NOW}]


def _dossiers() -> Iterator[tuple[Any, list[Row]]]:
    """Open ones of all kinds: a tenth waits for a supplement, the others are anywhere from begun to late."""
    chance = random.Random(1)
    for first in range(1, OPEN + 1, AT_A_TIME):
        dossiers = [_dossier(number, chance) for number in range(first, min(first + AT_A_TIME, OPEN + 1))]
        yield Dossier, dossiers
        yield DossierStep, [_step(row, chance) for row in dossiers]
        yield (
            DossierPaper,
            [
                {"dossier_id": row["id"], "position": p, "name": f"Giấy tờ thứ {p}", "state": _paper(row, p)}
                for row in dossiers
                for p in (1, 2, 3, 4)
            ],
        )
        yield Payment, [_fee(row["id"]) for row in dossiers]


def _fee(dossier_id: int) -> Row:
    return {
        "dossier_id": dossier_id, "reference": str(dossier_id), "amount": 50000, "state": "due", "created_at": NOW
    }  # fmt: skip


def _dossier(number: int, chance: random.Random) -> Row:
    agency, days = chance.randint(1, AGENCIES), chance.choice((1, 2, 3, 5, 7, 10, 15, 20, 30))
    received = calendar.add_working_hours(NOW, -chance.random() * 1.2 * days * deadlines.hours_a_day())
    due = calendar.add_working_days(received, days)
    waits = chance.random() < 0.1
    states = (State.RECEIVED, State.ASSIGNED, State.PROCESSING, State.PROCESSING, State.APPROVING, State.APPROVED)
    dossier = Dossier(
        id=number,
        code=f"H15.{agency:03d}-261101-{number:06d}",
        key=f"key{number}",
        procedure_code="1.000894",
        procedure_name="Đăng ký kết hôn",
        service_level=3,
        agency_code=f"H15.{agency:03d}",
        agency_name=f"UBND xã {agency}",
        desk_code=f"H15.{agency:03d}",
        desk_name=f"UBND xã {agency}",
        citizen_id=1,
        applicant_name="Trần Thị Mai",
        applicant_phone=f"+84900{number:06d}",
        state=State.SUPPLEMENT_REQUESTED if waits else chance.choice(states),
        submitted_at=received,
        received_at=received,
        duration_value=days,
        duration_unit="working_day",
        working_hours=calendar.working_hours_between(received, due),
        due_at=due,
        finished_at=None,
        clock_stopped_at=received if waits else None,
        supplement_from="received" if waits else "",
        supplement_due_at=NOW + timedelta(days=10 * chance.random() - 0.5) if waits else None,
        warned=0,
        late_told=False,
        version=1,
    )
    with clock.stopped_at(received):
        dossier.look_at = deadlines.next_look(dossier)
    return {c.key: getattr(dossier, c.key) for c in Dossier.__table__.columns if hasattr(dossier, c.key)} | {
        "filed_via": "desk", "return_by": "desk", "search_text": "", "reason": "", "legal_ground": "", "content": "",
        "applicant_email": "", "applicant_address": "", "clock_stopped_for": "",
    }  # fmt: skip


def _step(row: Row, chance: random.Random) -> Row:
    agency = int(row["agency_code"].split(".")[1])
    held = row["state"] != State.RECEIVED
    over = row["state"] in (State.APPROVING, State.APPROVED)
    return {
        "dossier_id": row["id"], "sequence": 1, "title": "Thẩm định", "agency_code": row["agency_code"],
        "agency_name": row["agency_name"], "share": 1.0, "opened_at": row["received_at"], "due_at": row["due_at"],
        "state": StepState.DONE if over else StepState.PROCESSING if held else StepState.OPEN,
        "officer_id": (agency - 1) * len(CREW) + chance.randint(4, len(CREW)) if held else None,
    }  # fmt: skip


def _paper(row: Row, position: int) -> PaperState:
    return PaperState.MISSING if row["state"] == State.SUPPLEMENT_REQUESTED and position == 1 else PaperState.PRESENT


def _fill(engine: Engine) -> None:
    ALL.create_all(engine)
    with engine.begin() as connection:
        for table, rows in (*_house(), *_dossiers()):
            connection.execute(insert(table.__table__), rows)
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))


def _count(engine: Engine, query: Any) -> int:
    with engine.connect() as connection:
        return connection.scalar(query) or 0


def _swept(engine: Engine) -> tuple[float, float, sweeping.Swept]:
    """Seconds of a sweep, the longest time a transaction of it took, what it did."""
    moments = [time.perf_counter()]
    done = sweeping.sweep(lambda _: moments.append(time.perf_counter()))
    return moments[-1] - moments[0], max((b - a for a, b in pairwise(moments)), default=0), done


def run() -> None:
    """Print the table."""
    headings = ("what", "s", "longest batch ms", "looked at", "told", "drafted", "cancelled", "failed", "promise")
    table = report.Table(title=f"Deadline sweep, {OPEN:,} open dossiers", title_justify="left", title_style="bold")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in {"what", "promise"} else "right")
    with clock.stopped_at(NOW):
        with databases.sqlite() as engine:
            _measure(table, "SQLite", engine)
        with databases.postgresql() as found:
            if found:
                _measure(table, "PostgreSQL", found)
    report.console.print(table)


def _measure(table: report.Table, name: str, engine: Engine) -> None:
    report.console.print(f"{name}: writing the dossiers …")
    _fill(engine)
    for which in ("first", "second"):
        took, longest, done = _swept(engine)
        figures = (done.looked_at, done.told, done.drafted, done.cancelled, done.failed)
        promise = "≤ 60" if which == "first" else "tells nobody twice"
        table.add_row(f"{name}, {which} sweep", f"{took:.1f}", f"{longest * 1000:.0f}", *map(str, figures), promise)
    told = _count(engine, select(func.count()).select_from(Notification))
    report.console.print(f"{name}: {told:,} notifications in all")
