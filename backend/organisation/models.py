"""Agencies with their periods and successors, their departments, officers, the sessions of signed-in officers, and days
that an administrator has set in the calendar."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base
from backend.i18n import N_


class Level(StrEnum):
    """What kind of agency: the people's committee of a unit, or a specialised agency of the province."""

    PROVINCE = "province"
    DEPARTMENT = "department"
    DISTRICT = "district"
    COMMUNE = "commune"


class Extent(StrEnum):
    """How much of an agency passed to its successor."""

    FULL = "full"
    PARTIAL = "partial"


class Role(StrEnum):
    """What an officer may do. One officer has one role."""

    RECEPTIONIST = "receptionist"
    SPECIALIST = "specialist"
    HEAD = "head"
    LEADER = "leader"
    PROVINCE_LEADER = "province_leader"
    HOTLINE_OPERATOR = "hotline_operator"
    ADMINISTRATOR = "administrator"


ROLE_TITLES = {
    Role.RECEPTIONIST: N_("Cán bộ một cửa"),
    Role.SPECIALIST: N_("Chuyên viên"),
    Role.HEAD: N_("Lãnh đạo phòng chuyên môn"),
    Role.LEADER: N_("Lãnh đạo cơ quan"),
    Role.PROVINCE_LEADER: N_("Lãnh đạo UBND tỉnh"),
    Role.HOTLINE_OPERATOR: N_("Tổng đài viên"),
    Role.ADMINISTRATOR: N_("Quản trị hệ thống"),
}


class Agency(Base):
    """An agency over a period in which its name and place in the hierarchy stayed the same."""

    __tablename__ = "agency"
    __table_args__ = (UniqueConstraint("code", "valid_from"), Index("ix_agency_province_level", "province", "level"))

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    """Electronic identifier, e.g. `H15.16`; successors may carry on with it, so it is unique only per period."""
    name: Mapped[str] = mapped_column(String(200))
    """As citizens are told: "UBND xã Ea Tul", "Sở Xây dựng"."""
    unit: Mapped[str] = mapped_column(String(120), default="")
    """The territory of a people's committee, "Xã Ea Tul"; empty for departments."""
    unit_id: Mapped[str | None] = mapped_column(String(8))
    """The statistics office's number of that territory."""
    aliases: Mapped[list[str]] = mapped_column(default=list)
    level: Mapped[str] = mapped_column(String(16))
    province: Mapped[str] = mapped_column(String(8))
    """Code of the province it belongs to; a former neighbour's agencies are kept for their old names only."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """The last day; None while it exists."""
    address: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(120))


class AgencySuccession(Base):
    """The work of `old` passed to `new`, wholly or in part."""

    __tablename__ = "agency_succession"

    old_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    new_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True, index=True)
    extent: Mapped[str] = mapped_column(String(8))


class Department(Base):
    """A specialist department (phòng chuyên môn) inside an agency."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("agency_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    name: Mapped[str] = mapped_column(String(120))


class Officer(Base):
    """A person who works with the system. Never deleted: history names them; `active` False keeps them out."""

    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    username: Mapped[str] = mapped_column(String(64), unique=True)
    """Lower-case ASCII."""
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    role: Mapped[str] = mapped_column(String(24))
    email: Mapped[str] = mapped_column(String(120), default="")
    """For digests; empty where unknown."""
    password_hash: Mapped[str] = mapped_column(String(160))
    code_nonce: Mapped[str | None] = mapped_column(String(32))
    """Of the one-time code's secret, which is derived from it and `SECRET_KEY`; None where none is asked."""
    code_step: Mapped[int] = mapped_column(default=0)
    """The time step of the last one-time code used: none is taken twice."""
    must_change: Mapped[bool] = mapped_column(default=False)
    """The password was set by an administrator; its owner is asked for a new one."""
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code on paper that replaces one one-time code, once. Only its hash is kept; used ones are deleted."""

    __tablename__ = "recovery_code"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)


class OfficerSession(Base):
    """A signed-in browser. The cookie holds a random key, this row its hash, so that signing out really ends it."""

    __tablename__ = "officer_session"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(String(80), default="")
    """Such as `Chrome, Windows`: so that its owner recognises it."""
    practising_as: Mapped[int | None]
    """Id of an officer of the practice database while this browser practises; no foreign key, it is another one."""


class SignInThrottle(Base):
    """Failed sign-ins, counted by name and address together, by name and by address (as hashes)."""

    __tablename__ = "sign_in_throttle"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]


class CalendarDay(Base):
    """A day that an administrator has set: off, or worked. Kept when it is removed, for what its removal costs."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    """off | worked; see `calendar_days.Kind`."""
    name: Mapped[str] = mapped_column(String(120))
    """What citizens are told about the day."""
    changed_at: Mapped[datetime]
    """When it was set or removed last."""
    removed: Mapped[bool] = mapped_column(default=False)
    settled: Mapped[bool] = mapped_column(default=False, index=True)
    """Whether the appointments of open dossiers have been moved for the last change."""
