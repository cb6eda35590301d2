"""Made-up officers for practising and for demonstrations: one of every role."""

import secrets
from dataclasses import dataclass

from backend.database import transaction
from backend.errors import Conflict
from backend.organisation import sign_in
from backend.organisation.models import Role
from backend.organisation.service import DEMO_COMMUNE as COMMUNE
from backend.organisation.service import agency_by_code


@dataclass(frozen=True)
class DemoOfficer:
    """One made-up account. `agency` is the code of an agency of today."""

    username: str
    name: str
    role: Role
    agency: str
    department: str = ""


OFFICERS = (
    DemoOfficer("demo-motcua", "Cán bộ một cửa (thử)", Role.RECEPTIONIST, COMMUNE, "Bộ phận một cửa"),
    DemoOfficer("demo-chuyenvien", "Chuyên viên (thử)", Role.SPECIALIST, COMMUNE, "Phòng Văn hóa - Xã hội"),
    DemoOfficer("demo-truongphong", "Trưởng phòng (thử)", Role.HEAD, COMMUNE),
    DemoOfficer("demo-lanhdao", "Chủ tịch phường (thử)", Role.LEADER, COMMUNE),
    DemoOfficer("demo-lanhdaotinh", "Lãnh đạo tỉnh (thử)", Role.PROVINCE_LEADER, "H15"),
    DemoOfficer("demo-tongdai", "Tổng đài viên (thử)", Role.HOTLINE_OPERATOR, "H15.901", "Tổng đài"),
    DemoOfficer("demo-quantri", "Quản trị (thử)", Role.ADMINISTRATOR, "H15.901"),
)


def seed(password: str = "") -> str:
    """Create the demo accounts, or give the existing ones the password; returns it (random when none is given)."""
    password = password or secrets.token_urlsafe(9)
    with transaction():
        for demo in OFFICERS:
            _put(demo, password)
    return password


def _put(demo: DemoOfficer, password: str) -> None:
    try:
        sign_in.add_officer(
            name=demo.name,
            username=demo.username,
            password=password,
            agency_id=agency_by_code(demo.agency).id,
            role=demo.role,
            department=demo.department,
        )
    except Conflict:
        sign_in.set_password(demo.username, password)
