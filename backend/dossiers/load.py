"""Made-up dossiers in bulk: tens of thousands on any machine, a million on PostgreSQL, to see how the lists bear them.

People, histories and dates are invented (`invention`, `stories`); agencies, procedures and working time are the real
ones. Nobody is told anything of what the stories say: `look_at` stays empty, so no sweep takes them up.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.exc import DBAPIError

from backend import clock, database
from backend.database import reading, transaction
from backend.dossiers import stories, terms
from backend.dossiers.house import Agency, Person, Work, house
from backend.dossiers.models import Dossier, DossierSequence
from backend.dossiers.policy import Action, State, StepState
from backend.dossiers.stories import REASONS, Axis, Told
from backend.errors import Conflict
from backend.links import new_key

MONTHS = 18
BATCH = 5_000
FIRST_PHONE = 100_000
"""Invented numbers are `+84900` and six digits, from here on: nobody's, and not those of the demo people."""
MOST_PEOPLE = 1_000_000 - FIRST_PHONE
_WITHOUT_INDEXES_FROM = 100_000
_COLUMNS: dict[str, tuple[str, ...]] = {
    "citizen": ("id", "full_name", "phone", "created_at"),
    "dossier": (
        "id", "code", "key", "procedure_code", "procedure_name", "service_level", "agency_code", "agency_name",
        "desk_code", "desk_name", "citizen_id", "applicant_name", "applicant_phone", "applicant_email",
        "applicant_address", "content", "filed_via", "return_by", "search_text", "state", "reason", "legal_ground",
        "submitted_at", "received_at", "duration_value", "duration_unit", "working_hours", "due_at", "finished_at",
        "clock_stopped_at", "clock_stopped_for", "supplement_from", "supplement_due_at", "version",
    ),
    "dossier_place": ("dossier_id", "agency_code", "procedure_code", "submitted_at"),
    "dossier_step": (
        "id", "dossier_id", "sequence", "title", "agency_code", "agency_name", "department_id", "share", "state",
        "officer_id", "opened_at", "due_at", "done_at",
    ),
    "dossier_paper": (
        "id", "dossier_id", "position", "name", "required", "originals", "copies", "state", "compared", "remark",
    ),
    "dossier_event": (
        "id", "dossier_id", "at", "action", "actor", "actor_name", "from_state", "to_state", "reason", "step_id",
        "details", "before",
    ),
    "payment": (
        "id", "dossier_id", "reference", "amount", "text", "state", "method", "provider", "provider_reference",
        "created_at", "paid_at", "refunded_at",
    ),
}  # fmt: skip
_TABLES: dict[str, Table] = {name: Dossier.metadata.tables[name] for name in (*_COLUMNS, DossierSequence.__tablename__)}
Rows = dict[str, list[Sequence[Any]]]


@dataclass
class Loaded:
    """How many rows were made of each kind."""

    rows: Counter[str] = field(default_factory=Counter)

    @property
    def dossiers(self) -> int:
        """Of them, dossiers."""
        return self.rows["dossier"]


def generate(
    count: int, *, seed: int = 1, force: bool = False, advanced: Callable[[int], object] = lambda _made: None
) -> Loaded:
    """Make `count` dossiers of the last 18 months; `advanced` is told how many of them are there after each batch.

    The same seed makes the same dossiers of the same day. Raises Conflict when there are dossiers and not `force`.
    """
    with reading() as session:
        there = session.scalar(select(Dossier.id).limit(1)) is not None
    if there and not force:
        raise Conflict("there are dossiers already; --force adds to them")
    with transaction():
        working_house = house(Random(seed))  # noqa: S311 - a fixed seed on purpose
    loaded = Loaded()
    with _light_indexes(fresh=count >= _WITHOUT_INDEXES_FROM and not there):
        teller = _Teller(Random(seed), working_house, count)  # noqa: S311
        for rows in teller.batches():
            with database.engine().begin() as connection:
                _write(connection, rows)
            loaded.rows.update({table: len(lines) for table, lines in rows.items()})
            advanced(loaded.dossiers)
        with database.engine().begin() as connection:
            _set_counters(connection, teller)
    return loaded


class _Teller:
    """Tells one dossier after the other, as rows."""

    def __init__(self, chance: Random, work: Work, count: int) -> None:
        now = clock.now()
        self._chance = chance
        self._work = work
        self._axis = Axis((now - timedelta(days=MONTHS * 30.4)).date(), (now + timedelta(days=400)).date())
        self._now = self._axis.hour(now)
        self._now_epoch = now.timestamp()
        self._next = _next_ids()
        self._people = _first_person(), max(1, min(count // 2, MOST_PEOPLE // 2))
        self._filed = sorted(self._now * chance.random() ** 0.75 for _ in range(count))
        self.sequences = _taken_numbers()

    def batches(self) -> Iterator[Rows]:
        """All rows, some thousand dossiers at a time, oldest first."""
        yield from self._citizens()
        for begin in range(0, len(self._filed), BATCH):
            rows: Rows = defaultdict(list)
            for filed in self._filed[begin : begin + BATCH]:
                self._tell(rows, filed)
            yield rows

    def _citizens(self) -> Iterator[Rows]:
        first, many = self._people
        self._first_citizen = self._next["citizen"]
        self._persons: list[Person] = []
        created = stories.stamp(self._axis.epoch(0.0))
        for begin in range(0, many, BATCH):
            rows: Rows = defaultdict(list)
            for number in range(begin, min(begin + BATCH, many)):
                person = Person.invented(self._chance, f"+84900{first + number:06d}")
                self._persons.append(person)
                rows["citizen"].append((self._id("citizen"), person.name, person.phone, created))
            yield rows

    def _id(self, table: str) -> int:
        number = self._next[table]
        self._next[table] = number + 1
        return number

    def _tell(self, rows: Rows, filed: float) -> None:
        chance = self._chance
        task = self._work.task(chance)
        many_steps = len(task.agencies)
        online = chance.random() < 0.45
        epoch = self._axis.night_before(filed, chance.uniform(0.5, 11)) if online else self._axis.epoch(filed)
        told = Told(self._axis, task.procedure.duration, task.procedure.unit, epoch, many_steps)
        for moment in stories.plan(chance, filed, task.granted, many_steps):
            if moment.hour > self._now:
                break
            told.happens(moment)
        number = chance.randrange(len(self._persons))
        made = _Made(self._id("dossier"), self._first_citizen + number, self._persons[number], online)
        self._dossier(rows, made, task, told)
        steps = self._steps(rows, made, task, told)
        self._papers(rows, made, task, told)
        self._history(rows, made, task, told, steps)

    def _dossier(self, rows: Rows, made: "_Made", task: Any, told: Told) -> None:
        chance, desk, agency, procedure = self._chance, task.desk, task.agencies[0], task.procedure
        day = stories.stamp(told.submitted + 7 * 3600)[2:10].replace("-", "")
        prefix = f"{desk.code}-{day}"
        self.sequences[prefix] = number = self.sequences.get(prefix, 0) + 1
        code = f"{prefix}-{number:04d}"
        codes = {desk.code, *(agency.code for agency in task.agencies)}
        search_text = made.person.terms_with(terms.code_term(code), *(terms.place(code) for code in codes))
        stamp, at = stories.stamp, told.stamp
        submitted = stamp(told.submitted)
        person = made.person
        rows["dossier"].append((
            made.id, code, new_key(), procedure.code, procedure.name, procedure.service_level, agency.code, agency.name,
            desk.code, desk.name, made.citizen_id, person.name, person.phone, "", desk.address, "",
            "online" if made.online else "desk", "post" if chance.random() < 0.08 else "desk", search_text, told.state,
            told.reason, "Điều 9 Luật Hộ tịch 2014" if told.state == State.REFUSED else "", submitted,
            at(told.received), procedure.duration, procedure.unit, round(told.granted, 3),
            at(told.due), at(told.finished), at(told.stopped) if told.received else None,
            told.stopped_for if told.received else "", told.supplement_from,
            at(told.supplement_due) if told.state == State.SUPPLEMENT_REQUESTED else None, told.acts,
        ))  # fmt: skip
        for agency_code in sorted(codes):
            rows["dossier_place"].append((made.id, agency_code, procedure.code, submitted))
        if procedure.fee:
            paid = told.state not in (State.SUBMITTED, State.CANCELLED, State.REFUSED, State.WITHDRAWN)
            rows["payment"].append((
                self._id("payment"), made.id, new_key(), procedure.fee, "Lệ phí", "paid" if paid else "due",
                "desk" if paid else "", "", None, submitted, submitted if paid else None, None,
            ))  # fmt: skip

    def _steps(self, rows: Rows, made: "_Made", task: Any, told: Told) -> list[tuple[int, Any]]:
        found = []
        for number, agency in enumerate(task.agencies):
            told_step = told.steps[number]
            department, holder = agency.desk_of(self._chance, task.procedure.field)
            step_id = self._id("dossier_step")
            title = "Thẩm định, giải quyết" if number == len(task.agencies) - 1 else "Cho ý kiến, xác minh"
            held = told_step.state not in (StepState.WAITING, StepState.OPEN)
            rows["dossier_step"].append((
                step_id, made.id, number + 1, title, agency.code, agency.name, department,
                round(1 / len(task.agencies), 3), told_step.state, holder.id if held else None,
                told.stamp(told_step.opened), told.stamp(told_step.due), told.stamp(told_step.done),
            ))  # fmt: skip
            found.append((step_id, holder))
        return found

    def _papers(self, rows: Rows, made: "_Made", task: Any, told: Told) -> None:
        waits = told.state in (State.SUPPLEMENT_REQUESTED, State.CANCELLED)
        for position, (name, originals, copies) in enumerate(task.procedure.papers, 1):
            state = "unchecked" if told.state == State.SUBMITTED else "present"
            if waits and position == 1:
                state = "missing"
            rows["dossier_paper"].append(
                (self._id("dossier_paper"), made.id, position, name, 1, originals, copies, state, 0, "")
            )

    def _history(self, rows: Rows, made: "_Made", task: Any, told: Told, steps: list[tuple[int, Any]]) -> None:
        desk = self._chance.choice(task.desk.receptionists)
        filer = ("applicant", made.person.name) if made.online else (f"officer:{desk.id}", desk.name)
        events, stamp = rows["dossier_event"], stories.stamp
        events.append((
            self._id("dossier_event"), made.id, stamp(told.submitted), Action.FILE.value, *filer, None,
            State.SUBMITTED.value, "", None, "{}", "{}",
        ))  # fmt: skip
        for moment, from_state, to_state in told.history:
            step_id, holder = steps[moment.step]
            label, name = _actor(moment.action, task, moment.step, desk, holder, made)
            about = step_id if moment.action in _OF_A_STEP else None
            events.append((
                self._id("dossier_event"), made.id, told.stamp(moment.hour), moment.action.value, label, name,
                from_state, to_state, REASONS.get(moment.action, ""), about, "{}", "{}",
            ))  # fmt: skip


@dataclass(frozen=True)
class _Made:
    id: int
    citizen_id: int
    person: Person
    online: bool


_OF_A_STEP = frozenset({
    Action.ASSIGN, Action.START, Action.FINISH_STEP, Action.SUBMIT, Action.SEND_BACK, Action.RETURN_TO_DESK,
    Action.STOP_CLOCK, Action.RESUME_CLOCK,
})  # fmt: skip
_BY_THE_DESK = frozenset({Action.RECEIVE, Action.ISSUE_RESULT, Action.HAND_OVER})


def _actor(action: Action, task: Any, step: int, desk: Any, holder: Any, made: _Made) -> tuple[str, str]:
    agency: Agency = task.agencies[step]
    match action:
        case Action.CANCEL:
            return "system", "Hệ thống"
        case Action.WITHDRAW:
            return "applicant", made.person.name
        case Action.ASSIGN:
            who = agency.head
        case Action.APPROVE | Action.SEND_BACK:
            who = task.agencies[0].leader
        case _ if action in _BY_THE_DESK:
            who = desk
        case _:
            who = holder
    return f"officer:{who.id}", who.name


# --- writing ---------------------------------------------------------------------------------------------------


def _next_ids() -> dict[str, int]:
    with reading() as session:
        tables = (name for name in _COLUMNS if "id" in _COLUMNS[name])
        return {name: (session.scalar(select(func.max(_TABLES[name].c.id))) or 0) + 1 for name in tables}


def _first_person() -> int:
    """After the invented numbers that are there already."""
    with reading() as session:
        phone = _TABLES["citizen"].c.phone
        last = session.scalar(select(func.max(phone)).where(phone > f"+84900{FIRST_PHONE}", phone < "+84901"))
    return int(last[-6:]) + 1 if last else FIRST_PHONE


def _taken_numbers() -> dict[str, int]:
    """The last number of each desk and day, of dossiers that are there already."""
    taken: dict[str, int] = {}
    with reading() as session:
        for code in session.scalars(select(Dossier.code)):
            prefix, _, number = code.rpartition("-")
            taken[prefix] = max(taken.get(prefix, 0), int(number))
    return taken


def _write(connection: Connection, rows: Rows) -> None:
    """Rows in the order of the tables' dependence; PostgreSQL copies, SQLite inserts many at once."""
    for name, told in _COLUMNS.items():
        if not rows.get(name):
            continue
        untold = _defaults(name)
        columns, rest = ", ".join((*told, *untold)), tuple(untold.values())
        lines = [(*row, *rest) for row in rows[name]] if rest else rows[name]
        cursor: Any = connection.connection.cursor()
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(lines[0]))
            cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", lines)  # noqa: S608 - our names
        else:
            _without_checking_keys(connection)
            with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                copy.write("".join(map(_copy_line, lines)))


def _defaults(name: str) -> dict[str, Any]:
    """What the model says of columns that the stories know nothing of."""
    untold = (column for column in _TABLES[name].c if column.name not in _COLUMNS[name] and not column.nullable)
    return {column.name: column.default.arg for column in untold if column.default and column.default.is_scalar}  # type: ignore[attr-defined]


def _without_checking_keys(connection: Connection) -> None:
    """Foreign keys of rows that we number ourselves need no look-up; only a superuser may say so."""
    try:
        with connection.begin_nested():
            connection.execute(text("SET LOCAL session_replication_role = replica"))
    except DBAPIError:
        return


def _copy_line(row: Sequence[Any]) -> str:
    return "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"


def _set_counters(connection: Connection, teller: _Teller) -> None:
    """The next dossier filed by hand goes on with its own number and id."""
    today = f"-{clock.local(clock.now()):%y%m%d}"
    sequences: Iterable[tuple[str, int]] = teller.sequences.items()
    rows = [{"prefix": prefix, "last": last} for prefix, last in sequences if prefix.endswith(today)]
    table = _TABLES[DossierSequence.__tablename__]
    connection.execute(table.delete().where(table.c.prefix.in_([row["prefix"] for row in rows])))
    if rows:
        connection.execute(table.insert(), rows)
    if connection.dialect.name == "sqlite":
        return
    for name in (name for name in _COLUMNS if "id" in _COLUMNS[name]):
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"))  # noqa: S608


@contextmanager
def _light_indexes(*, fresh: bool) -> Iterator[None]:
    """Into empty tables of PostgreSQL a great many rows go without indexes, which are made afterwards."""
    light = fresh and database.engine().dialect.name == "postgresql"
    indexes = [index for name in _COLUMNS for index in _TABLES[name].indexes] if light else []
    with database.engine().begin() as connection:
        for index in indexes:
            index.drop(connection, checkfirst=True)
    try:
        yield
    finally:
        with database.engine().begin() as connection:
            for index in indexes:
                index.create(connection)
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.engine().dialect.name == "sqlite" else "VACUUM ANALYZE"))
