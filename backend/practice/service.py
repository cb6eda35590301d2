"""The practice database: made from the house's agencies and catalogue, with made-up officers and dossiers for each
beginner. Everything here is called from outside it and enters it by itself.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import MetaData, Table, insert, inspect, select, text, update
from sqlalchemy.orm import Session

from backend import audit, clock, database
from backend.audit import Audit
from backend.database import in_practice, practice_folder, reading, transaction
from backend.dossiers import service as dossiers
from backend.dossiers.service import Action, Lesson
from backend.errors import Conflict, NotFound
from backend.i18n import N_, gettext
from backend.models import ALL
from backend.organisation import service as organisation
from backend.organisation.models import Level, Role
from backend.organisation.service import OfficerInfo
from backend.settings import settings

ROLES = {
    Role.RECEPTIONIST: N_("Một cửa"),
    Role.HEAD: N_("Trưởng phòng"),
    Role.SPECIALIST: N_("Chuyên viên"),
    Role.LEADER: N_("Lãnh đạo"),
}
_COPIED = (
    "agency", "agency_succession", "procedure", "procedure_version", "required_document",
    "filing_method", "fee", "catalogue_state",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A step of the first dossier, and which role does it. `done` is read from the dossier's history."""

    title: str
    role: Role
    done: bool


@dataclass(frozen=True)
class Guide:
    """Where a beginner is. `now` is the step to do next, None when all is done."""

    steps: list[Step]
    dossier_id: int | None
    code: str

    @property
    def now(self) -> Step | None:
        """The first step that is not done."""
        return next((step for step in self.steps if not step.done), None)


_STEPS: tuple[tuple[str, Role, Action | None], ...] = (
    (N_("Nhận một hồ sơ mới ở mục Nhận hồ sơ"), Role.RECEPTIONIST, Action.FILE),
    (N_("Kiểm tra từng giấy tờ trong hồ sơ"), Role.RECEPTIONIST, None),
    (N_("Tiếp nhận, in giấy hẹn"), Role.RECEPTIONIST, Action.RECEIVE),
    (N_("Phân công cho chuyên viên"), Role.HEAD, Action.ASSIGN),
    (N_("Bắt đầu giải quyết"), Role.SPECIALIST, Action.START),
    (N_("Trình lãnh đạo duyệt"), Role.SPECIALIST, Action.SUBMIT),
    (N_("Duyệt hồ sơ"), Role.LEADER, Action.APPROVE),
    (N_("Báo đã có kết quả"), Role.RECEPTIONIST, Action.ISSUE_RESULT),
    (N_("Thu phí nếu có, rồi trả kết quả"), Role.RECEPTIONIST, Action.HAND_OVER),
)


def enter(person: OfficerInfo) -> int:
    """Make what is missing, and return the id of the receptionist that `person` plays. May take some seconds.

    Raises Conflict where the house has no agencies yet.
    """
    with _alone():
        if not _is_made():
            _make()
        with in_practice():
            if not _crew(person):
                _hire(person)
            found = _crew(person)[Role.RECEPTIONIST].id
    _note(Audit.PRACTICE_ENTERED, person)
    return found


def reset(person: OfficerInfo) -> int:
    """Throw everything that was practised away, of everybody, and begin anew as `enter` does."""
    with _alone():
        _make()
    _note(Audit.PRACTICE_RESET, person)
    return enter(person)


def player(person: OfficerInfo, role: str) -> int:
    """The id of the practice officer whom `person` plays in this role. Raises NotFound."""
    with in_practice():
        found = _crew(person).get(Role(role)) if role in ROLES else None
    if found is None:
        raise NotFound(gettext("Không có vai này trong chế độ tập làm."))
    return found.id


def guide(person: OfficerInfo) -> Guide:
    """How far `person` is with the newest dossier they filed in practice."""
    with in_practice():
        lesson = dossiers.practice_lesson(officer.id for officer in _crew(person).values())
    steps = [Step(title, role, _is_done(lesson, action)) for title, role, action in _STEPS]
    return Guide(steps, lesson.dossier_id if lesson else None, lesson.code if lesson else "")


def _is_done(lesson: Lesson | None, action: Action | None) -> bool:
    if lesson is None:
        return False
    return lesson.checked if action is None else action in lesson.done


def _crew(person: OfficerInfo) -> dict[Role, OfficerInfo]:
    names = {_username(person, role): role for role in ROLES}
    return {names[found.username]: found for found in organisation.officers(roles=ROLES) if found.username in names}


def _username(person: OfficerInfo, role: Role) -> str:
    return f"tap-{person.id}-{role.replace('_', '-')}"


def _hire(person: OfficerInfo) -> None:
    """Four officers and some dossiers in a ward where, as far as there are enough, nobody else practises."""
    wards = organisation.agencies_at(clock.today(), level=Level.COMMUNE)
    if not wards:
        raise Conflict(gettext("Hệ thống chưa có danh mục cơ quan, chưa tập làm được."))
    ward = wards[(person.id - 1) % len(wards)]
    with transaction():
        for role, title in ROLES.items():
            organisation.add_officer(
                name=f"{title} (tập)", username=_username(person, role), password=None, agency_id=ward.id, role=role
            )
        dossiers.seed_practice(ward.code, 1000 + person.id * 100)


def _note(tag: Audit, person: OfficerInfo) -> None:
    with in_practice(False), transaction() as session:
        audit.record(session, tag, actor=person.actor, subject=person.actor)


# --- the database ----------------------------------------------------------------------------------------------


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else of this machine makes the database meanwhile."""
    practice_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with (practice_folder() / "making.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_made() -> bool:
    """True when the tables are those of this version, and filled."""
    found = inspect(database.practice_engine())
    names = set(found.get_table_names())
    wanted = {table.name: {column.name for column in table.columns} for table in ALL.sorted_tables}
    if not set(wanted) <= names:
        return False
    if any({column["name"] for column in found.get_columns(name)} != columns for name, columns in wanted.items()):
        return False
    with in_practice(), reading() as session:
        return session.scalar(select(ALL.tables["agency"].c.id).limit(1)) is not None


def _make() -> None:
    """Empty tables, then a copy of what the house itself looks things up in."""
    engine = database.practice_engine()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{settings().practice_schema}"'))
        old = MetaData()
        old.reflect(connection)
        old.drop_all(connection)
        ALL.create_all(connection)
    with in_practice(False), reading() as real, in_practice(), transaction() as session:
        for name in _COPIED:
            _copy(real, session, ALL.tables[name])


def _copy(real: Session, practice: Session, table: Table) -> None:
    rows = [dict(row) for row in real.execute(select(table)).mappings()]
    if not rows:
        return
    if "parent_id" not in table.c:
        practice.execute(insert(table), rows)
        return
    practice.execute(insert(table), [row | {"parent_id": None} for row in rows])  # a parent may come after its child
    for row in rows:
        if row["parent_id"] is not None:
            practice.execute(update(table).where(table.c.id == row["id"]).values(parent_id=row["parent_id"]))
