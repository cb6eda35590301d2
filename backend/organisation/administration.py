"""What an administrator changes about agencies, departments and officers. Every change leaves an audit row."""

import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit, AuditEntry
from backend.database import reading, transaction
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.i18n import gettext
from backend.organisation import one_time_code, sign_in
from backend.organisation.models import (
    Agency,
    AgencySuccession,
    Department,
    Extent,
    Level,
    Officer,
    OfficerSession,
    Role,
)
from backend.organisation.seeding import PROVINCE
from backend.organisation.service import AgencyInfo, agencies_at, agency
from backend.organisation.service import officers_by_id as officers_by_id
from backend.organisation.sign_in import OfficerInfo
from backend.text import fold

PAGE = 50  # rows
_CODE = re.compile(rf"{PROVINCE}(\.[0-9]{{1,4}}){{1,4}}")
_LONGEST = {"address": 200, "phone": 40, "email": 120}  # letters, as the columns are


@dataclass(frozen=True)
class AgencyFacts:
    """What can be said of an agency. `unit` is the territory of a people's committee, empty for departments."""

    name: str
    unit: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class DepartmentInfo:
    """A specialist department and how many active officers it has."""

    id: int
    name: str
    officers: int


# --- agencies --------------------------------------------------------------------------------------------------


def find_agencies(words: str, level: Level | None) -> list[AgencyInfo]:
    """The agencies of today whose name or code holds all the words, without accents; by level."""
    wanted = fold(words).split()
    known = agencies_at(clock.today(), level=level)
    return [one for one in known if all(word in fold(f"{one.name} {one.code} {one.unit}") for word in wanted)]


def successors_of(agency_id: int) -> list[AgencyInfo]:
    """Who does the work of an agency that ended."""
    with reading() as session:
        ids = session.scalars(select(AgencySuccession.new_id).where(AgencySuccession.old_id == agency_id)).all()
    return [agency(successor) for successor in ids]


def add_agency(code: str, level: Level, facts: AgencyFacts, *, since: date, parent_id: int | None, actor: str) -> int:
    """A new agency from `since` on; its id. Raises InvalidInput, Conflict when the code is in use then."""
    code = code.strip().upper()
    if not _CODE.fullmatch(code):
        raise InvalidInput(gettext("Mã cơ quan bắt đầu bằng %(code)s., ví dụ %(code)s.16.", code=PROVINCE))
    with transaction() as session:
        if parent_id is not None:
            _open_agency(session, parent_id)
        taken = session.scalars(select(Agency).where(Agency.code == code)).all()
        if any(row.valid_to is None or row.valid_to >= since for row in taken):
            raise Conflict(gettext("Mã %(code)s đang có cơ quan dùng.", code=code))
        row = Agency(
            code=code, level=str(level), province=PROVINCE, valid_from=since, valid_to=None, parent_id=parent_id,
            unit_id=None, aliases=[], **_columns(facts),
        )  # fmt: skip
        session.add(row)
        session.flush()
        audit.record(session, Audit.AGENCY_ADDED, actor=actor, subject=f"agency:{row.id}", code=code)
        return row.id


def change_agency(agency_id: int, facts: AgencyFacts, *, actor: str) -> None:
    """Correct what is written about an agency: a wrong letter, a new telephone. A renaming is `rename_agency`."""
    with transaction() as session:
        row = _agency(session, agency_id)
        changed = _put(row, _columns(facts))
        if changed:
            audit.record(session, Audit.AGENCY_CHANGED, actor=actor, subject=f"agency:{row.id}", fields=changed)


def rename_agency(agency_id: int, facts: AgencyFacts, *, since: date, actor: str) -> int:
    """From `since` on (today or earlier) the agency has another name: a new period, with its people; its id."""
    if since > clock.today():
        raise InvalidInput(gettext("Ngày đổi tên không được ở tương lai: hãy nhập vào đúng ngày đó."))
    with transaction() as session:
        old = _open_agency(session, agency_id)
        if since <= old.valid_from:
            raise InvalidInput(gettext("Ngày phải sau ngày thành lập."))
        old.valid_to = since - timedelta(days=1)
        new = Agency(
            code=old.code, level=old.level, province=old.province, valid_from=since, valid_to=None,
            parent_id=old.parent_id, unit_id=old.unit_id, aliases=[*old.aliases], **_columns(facts),
        )  # fmt: skip
        session.add(new)
        session.flush()
        session.add(AgencySuccession(old_id=old.id, new_id=new.id, extent=str(Extent.FULL)))
        session.execute(update(Agency).where(Agency.parent_id == old.id).values(parent_id=new.id))
        _move_people(session, old.id, new.id)
        audit.record(session, Audit.AGENCY_CHANGED, actor=actor, subject=f"agency:{old.id}", renamed_to=new.id)
        return new.id


def close_agency(agency_id: int, *, last_day: date, successor_id: int | None, move_people: bool, actor: str) -> None:
    """End an agency after `last_day`; its work passes to the successor, and its people where `move_people`."""
    with transaction() as session:
        row = _open_agency(session, agency_id)
        if last_day < row.valid_from:
            raise InvalidInput(gettext("Ngày phải sau ngày thành lập."))
        if successor_id == agency_id:
            raise InvalidInput(gettext("Cơ quan kế thừa phải là cơ quan khác."))
        row.valid_to = last_day
        if successor_id is not None:
            _open_agency(session, successor_id)
            session.add(AgencySuccession(old_id=agency_id, new_id=successor_id, extent=str(Extent.FULL)))
            if move_people and last_day > clock.today():
                raise InvalidInput(gettext("Cán bộ chỉ chuyển được sau ngày kết thúc: hãy nhập vào đúng ngày đó."))
            if move_people:
                _move_people(session, agency_id, successor_id)
        audit.record(
            session, Audit.AGENCY_CLOSED, actor=actor, subject=f"agency:{agency_id}", successor=successor_id,
            last_day=last_day.isoformat(),
        )  # fmt: skip


def reopen_agency(agency_id: int, *, actor: str) -> None:
    """Take a closing back. People that were moved stay where they are. Raises Conflict when the code is in use."""
    with transaction() as session:
        row = _agency(session, agency_id)
        if row.valid_to is None:
            raise Conflict(gettext("Cơ quan này đang hoạt động."))
        later = select(Agency.id).where(Agency.code == row.code, Agency.valid_from > row.valid_from)
        if session.scalar(later) is not None:
            raise Conflict(gettext("Mã %(code)s đang có cơ quan dùng.", code=row.code))
        closed_here = select(AuditEntry.id).where(
            AuditEntry.tag == Audit.AGENCY_CLOSED, AuditEntry.subject == f"agency:{agency_id}"
        )
        if session.scalar(closed_here.limit(1)) is None:  # what the law merged stays merged
            raise Conflict(gettext("Chỉ mở lại được cơ quan đã kết thúc tại trang này."))
        row.valid_to = None
        session.execute(delete(AgencySuccession).where(AgencySuccession.old_id == agency_id))
        audit.record(session, Audit.AGENCY_REOPENED, actor=actor, subject=f"agency:{agency_id}")


def _agency(session: Session, agency_id: int) -> Agency:
    row = session.get(Agency, agency_id, with_for_update=True)
    if row is None or row.province != PROVINCE:
        raise NotFound(gettext("Không có cơ quan này."))
    return row


def _open_agency(session: Session, agency_id: int) -> Agency:
    row = _agency(session, agency_id)
    if row.valid_to is not None:
        raise Conflict(gettext("%(name)s đã có ngày kết thúc.", name=row.name))
    return row


def _columns(facts: AgencyFacts) -> dict[str, str | None]:
    if not facts.name.strip():
        raise InvalidInput(gettext("Thiếu tên cơ quan."))
    optional = {"address": facts.address, "phone": facts.phone, "email": facts.email}
    if any(len(optional[key].strip()) > most for key, most in _LONGEST.items()):
        raise InvalidInput(gettext("Địa chỉ, điện thoại hoặc thư điện tử dài quá."))
    return {
        "name": facts.name.strip()[:200],
        "unit": facts.unit.strip()[:120],
        **{key: value.strip() or None for key, value in optional.items()},
    }


def _put(row: object, values: dict[str, str | None]) -> list[str]:
    """Set what differs; the names of the columns that did."""
    changed = [key for key, value in values.items() if getattr(row, key) != value]
    for key in changed:
        setattr(row, key, values[key])
    return changed


def _move_people(session: Session, old_id: int, new_id: int) -> None:
    """Officers and departments go along; a department the new agency has already takes the officers in."""
    known = {row.name: row for row in session.scalars(select(Department).where(Department.agency_id == new_id))}
    for row in session.scalars(select(Department).where(Department.agency_id == old_id)).all():
        if row.name in known:
            session.execute(
                update(Officer).where(Officer.department_id == row.id).values(department_id=known[row.name].id)
            )
        else:
            row.agency_id = new_id
    session.execute(update(Officer).where(Officer.agency_id == old_id).values(agency_id=new_id))


# --- departments -----------------------------------------------------------------------------------------------


def departments_of(agency_id: int) -> list[DepartmentInfo]:
    """The departments of an agency by name."""
    held = select(Officer.department_id, func.count().label("n")).where(Officer.active)
    counted = held.group_by(Officer.department_id).subquery()
    query = select(Department.id, Department.name, func.coalesce(counted.c.n, 0)).where(
        Department.agency_id == agency_id
    )
    with reading() as session:
        joined = query.outerjoin(counted, counted.c.department_id == Department.id).order_by(Department.name)
        return [DepartmentInfo(*row) for row in session.execute(joined)]


def add_department(agency_id: int, name: str, *, actor: str) -> None:
    """A new department. Raises InvalidInput, Conflict when the agency has one of this name."""
    with transaction() as session:
        _open_agency(session, agency_id)
        row = Department(agency_id=agency_id, name=_free_name(session, agency_id, name))
        session.add(row)
        session.flush()
        audit.record(session, Audit.DEPARTMENT_ADDED, actor=actor, subject=f"department:{row.id}")


def rename_department(department_id: int, name: str, *, actor: str) -> int:
    """Another name; officers and dossiers keep belonging to it. Returns the agency's id."""
    with transaction() as session:
        row = session.get(Department, department_id)
        if row is None:
            raise NotFound(gettext("Không có phòng này."))
        row.name = _free_name(session, row.agency_id, name)
        audit.record(session, Audit.DEPARTMENT_RENAMED, actor=actor, subject=f"department:{row.id}")
        return row.agency_id


def _free_name(session: Session, agency_id: int, name: str) -> str:
    name = " ".join(name.split())[:120]
    if not name:
        raise InvalidInput(gettext("Thiếu tên phòng."))
    query = select(Department.id).where(Department.agency_id == agency_id, Department.name == name)
    if session.scalar(query) is not None:
        raise Conflict(gettext("Cơ quan đã có phòng tên này."))
    return name


# --- officers --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfficerFacts:
    """What an administrator says of an officer. `department`: its name, made where the agency has none such."""

    name: str
    role: Role
    agency_id: int
    department: str = ""
    email: str = ""


@dataclass(frozen=True)
class Found:
    """One page of officers, and how many there are in all."""

    officers: list[OfficerInfo]
    total: int


def find_officers(
    words: str = "", *, role: Role | None = None, agency_id: int | None = None, active: bool = True, page: int = 1
) -> Found:
    """Officers whose name, username or agency holds all the words, without accents; by name."""
    query = select(Officer.id, Officer.name, Officer.username, Agency.name.label("agency"))
    query = query.join(Agency, Agency.id == Officer.agency_id).where(Officer.active == active)
    if role is not None:
        query = query.where(Officer.role == role)
    if agency_id is not None:
        query = query.where(Officer.agency_id == agency_id)
    wanted = fold(words).split()
    with reading() as session:
        # A few thousand at most, so they are compared here: no database folds Vietnamese alike.
        rows = session.execute(query.order_by(Officer.name, Officer.id)).all()
    texts = ((row.id, fold(f"{row.name} {row.username} {row.agency}")) for row in rows)
    ids = [officer_id for officer_id, text in texts if all(word in text for word in wanted)]
    return Found([sign_in.officer(officer_id) for officer_id in ids[(page - 1) * PAGE : page * PAGE]], len(ids))


@dataclass(frozen=True)
class NewAccount:
    """`password` is shown once, to the administrator who hands it over."""

    officer_id: int
    password: str


def add_officer(username: str, facts: OfficerFacts, *, actor: str) -> NewAccount:
    """A new account with a password for its first sign-in. Raises InvalidInput, Conflict for a taken name."""
    _check(facts)
    password = _first_password()
    with transaction() as session:
        _open_agency(session, facts.agency_id)
        officer_id = sign_in.add_officer(
            name=facts.name, username=username, password=password, agency_id=facts.agency_id, role=facts.role,
            department=facts.department, actor=actor,
        )  # fmt: skip
        row = session.get_one(Officer, officer_id)
        row.email, row.must_change = facts.email.strip(), True
    return NewAccount(officer_id, password)


def change_officer(officer_id: int, facts: OfficerFacts, *, actor: str) -> None:
    """Change what is known of an officer. Raises Forbidden for administrators who take their own role away."""
    _check(facts)
    with transaction() as session:
        row = _officer(session, officer_id)
        if actor == f"officer:{officer_id}" and facts.role != row.role:
            raise Forbidden(gettext("Anh/chị không tự đổi vai trò của mình được."))
        if facts.agency_id != row.agency_id:
            _open_agency(session, facts.agency_id)
        department_id = sign_in.department_for(session, facts.agency_id, facts.department.strip())
        values = {
            "name": facts.name.strip(), "role": str(facts.role), "agency_id": facts.agency_id,
            "department_id": department_id, "email": facts.email.strip(),
        }  # fmt: skip
        changed = _put(row, values)  # type: ignore[arg-type]
        if changed:
            audit.record(session, Audit.OFFICER_CHANGED, actor=actor, subject=f"officer:{row.id}", fields=changed)


def close_account(officer_id: int, *, actor: str) -> None:
    """Keep an officer out from now on; what they did stays theirs. Raises Forbidden for one's own account."""
    if actor == f"officer:{officer_id}":
        raise Forbidden(gettext("Anh/chị không tự khóa tài khoản của mình được."))
    with transaction() as session:
        row = _officer(session, officer_id)
        row.active = False
        session.execute(delete(OfficerSession).where(OfficerSession.officer_id == officer_id))
        audit.record(session, Audit.OFFICER_CLOSED, actor=actor, subject=f"officer:{officer_id}")


def reopen_account(officer_id: int, *, actor: str) -> None:
    """Take a closing back; the password is the one they had."""
    with transaction() as session:
        _officer(session, officer_id).active = True
        audit.record(session, Audit.OFFICER_REOPENED, actor=actor, subject=f"officer:{officer_id}")


def reset_password(officer_id: int, *, actor: str) -> str:
    """A password for one sign-in, after which its owner chooses another; all their sessions end."""
    password = _first_password()
    sign_in.set_password(sign_in.officer(officer_id).username, password, actor=actor, must_change=True)
    return password


def turn_code_off(officer_id: int, *, actor: str) -> None:
    """For an officer who lost phone and recovery codes."""
    one_time_code.turn_off(officer_id, actor=actor)


def _officer(session: Session, officer_id: int) -> Officer:
    row = session.get(Officer, officer_id, with_for_update=True)
    if row is None:
        raise NotFound(gettext("Không có cán bộ này."))
    return row


def _check(facts: OfficerFacts) -> None:
    if not facts.name.strip() or len(facts.name) > 120:
        raise InvalidInput(gettext("Thiếu họ tên, hoặc họ tên dài quá 120 ký tự."))
    name, at, host = facts.email.strip().partition("@")
    if facts.email.strip() and not (name and at and "." in host and len(facts.email) <= 120):
        raise InvalidInput(gettext("Thư điện tử chưa đúng, ví dụ: an.nguyen@daklak.gov.vn."))


def _first_password() -> str:
    """Easy to read out and to type, 60 random bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))
