"""Builders of dossiers."""

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from backend import clock
from backend.database import reading, transaction
from backend.dossiers.filing import Filing
from backend.dossiers.models import Dossier
from backend.dossiers.policy import PaperState, State
from backend.dossiers.walking import Walk, walk
from backend.errors import NotFound
from backend.organisation import service as organisation
from backend.organisation.models import Level, Role
from backend.organisation.service import OfficerInfo
from backend.procedures import service as procedures
from tests.builders.organisation import make_agency, make_officer
from tests.builders.procedures import import_records, make_record

OWNER = "+84900000001"
STRANGER = "+84900000002"
AGENCY = "H15.24.316"
PROCEDURE = "9.000894"
PAPERS = ("Tờ khai", "Giấy xác nhận tình trạng hôn nhân", "Bản sao căn cước")
_numbers = itertools.count(1)


def make_house(agency: str = AGENCY, name: str = "UBND phường Tân Lợi") -> int:
    """The agency where test dossiers are filed, made when it is not there; its id."""
    try:
        return organisation.agency_by_code(agency).id
    except NotFound:
        return make_agency(code=agency, name=name, level=Level.COMMUNE, valid_from=date(2017, 1, 1))


def make_crew(agency: str = AGENCY) -> dict[Role, OfficerInfo]:
    """One officer of every role of the workflow at the agency."""
    agency_id = make_house(agency)
    roles = (Role.RECEPTIONIST, Role.SPECIALIST, Role.HEAD, Role.LEADER)
    return {role: organisation.officer(make_officer(role=role, agency_id=agency_id)) for role in roles}


def make_procedure(code: str = PROCEDURE, name: str = "Đăng ký kết hôn", days: float = 3, **values: object) -> str:
    """A procedure with three required papers and a duration in working days, made when it is not there; its code."""
    try:
        procedures.current_version(code)
    except NotFound:
        record = {
            "effective_from": "2017-01-01",
            "documents": [{"name": paper, "original": 1, "required": True} for paper in PAPERS],
            "methods": [{"channel": "counter", "duration": {"value": days, "unit": "working_day"}}],
        }
        report = import_records(make_record(code, name, **(record | values)))
        assert report.added, report
    return code


def make_filing(*, phone: str = OWNER, code: str = "", procedure: str = "Đăng ký kết hôn", **values: object) -> Filing:
    """What a citizen files, with house and procedure made where they are not there."""
    make_house()
    known = PROCEDURE if procedure == "Đăng ký kết hôn" else f"9.{100000 + sum(procedure.encode()) % 800000}"
    defaults: dict[str, object] = {
        "procedure_code": values.pop("procedure_code", None) or make_procedure(known, procedure),
        "agency_code": AGENCY,
        "applicant_name": "Trần Thị Mai",
        "applicant_phone": phone,
        "code": code or f"{AGENCY}-260930-{next(_numbers):04d}",
    }
    return Filing(**(defaults | values))  # type: ignore[arg-type]


def make_dossier(
    state: State = State.PROCESSING,
    *,
    phone: str = OWNER,
    code: str = "",
    due_at: datetime | None = None,
    missing: Sequence[str] = (),
    reason: str = "",
    procedure: str = "Đăng ký kết hôn",
    **values: object,
) -> str:
    """A dossier walked to `state`; its code. `missing` replaces the names of its papers."""
    filing = make_filing(phone=phone, code=code, procedure=procedure, **values)
    begin = clock.now() if due_at is None or due_at > clock.now() else due_at - timedelta(days=7)
    made = walk(filing, Walk(state, begin, pace=0.0, due_at=due_at))
    with transaction() as session:
        dossier = session.get_one(Dossier, made.id)
        for paper, name in itertools.zip_longest(dossier.papers, missing):
            if paper is not None and missing:
                paper.name, paper.state = name or paper.name, PaperState.MISSING if name else PaperState.PRESENT
        dossier.reason = reason or dossier.reason
    return made.code


def dossier_id(code: str) -> int:
    """The id of a dossier."""
    with reading() as session:
        return session.scalars(select(Dossier.id).where(Dossier.code == code)).one()


def get(dossier_id: int) -> Dossier:
    """The row as it is now; lists are not loaded."""
    with reading() as session:
        return session.get_one(Dossier, dossier_id)
