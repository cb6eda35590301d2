"""How the queues stand: who waits, how long, who has how much, how fast answers come. Computed when asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, and_, func, select

from backend import calendar, clock
from backend.database import reading
from backend.dossiers import service as dossiers
from backend.inbox import access, assigning
from backend.inbox.models import Case, Method, Queue, State
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

LOOKS_BACK = timedelta(days=7)
MOST_SAMPLES = 2_000


@dataclass(frozen=True)
class QueueState:
    """One agency's queue; "" is the hotline's."""

    agency_code: str
    name: str
    waiting: int
    held: int
    snoozed: int
    late: int
    oldest: datetime | None
    """Since when the one who waits longest for an answer waits."""


@dataclass(frozen=True)
class Load:
    """What one officer has."""

    name: str
    held: int
    waiting: int
    """Cases in which the citizen waits for them."""


@dataclass(frozen=True)
class Speed:
    """First answers of the last days, in working hours; None where there were none."""

    opened: int
    answered: int
    median_hours: float | None
    in_time: float | None
    """Share, 0 to 1."""


@dataclass(frozen=True)
class Overview:
    """The supervisor's page."""

    queues: Sequence[QueueState]
    loads: Sequence[Load]
    speed: Speed


@dataclass(frozen=True)
class Share:
    """The cases of one skill in a queue ("": all others), and how they are handed out."""

    skill: str
    method: str
    waiting: int
    held: int
    late: int


@dataclass(frozen=True)
class Member:
    """Who serves a queue. `back_on`: away until before that day. `held`: of all queues."""

    name: str
    role_title: str
    skills: Sequence[str]
    back_on: date | None
    held: int


@dataclass(frozen=True)
class WholeQueue:
    """One agency's queue with everything an administrator wants to know of it."""

    agency_code: str
    name: str
    shares: Sequence[Share]
    members: Sequence[Member]


def overview(officer: OfficerInfo) -> Overview:
    """Of the cases that this officer may see."""
    return Overview(_queues(officer), _loads(officer), _speed(officer))


def queues(agency_code: str = "") -> tuple[list[WholeQueue], int]:
    """The hotline's queue, those with an open case or a method of their own, and that of `agency_code`.

    Besides, how many other agencies there are: their queues are empty, and handed out by hand.
    """
    names = {agency.code: agency.name for agency in organisation.agencies_at(clock.today())}
    shares = _shares()
    codes = sorted({"", *shares, agency_code} & {"", *names, *shares})
    members = _members(codes)
    nothing = [Share("", Method.BY_HAND, 0, 0, 0)]
    found = [WholeQueue(code, names.get(code, code), shares.get(code, nothing), members[code]) for code in codes]
    return found, len(names.keys() - set(codes))


def _shares() -> dict[str, list[Share]]:
    query = select(
        Case.agency_code,
        Case.skill,
        func.count().filter(Case.state == State.WAITING).label("waiting"),
        func.count().filter(Case.state == State.OPEN).label("held"),
        func.count().filter(_late()).label("late"),
    )
    with reading() as session:
        open_now = query.where(Case.closed_at.is_(None)).group_by(Case.agency_code, Case.skill)
        counted = {(row.agency_code, row.skill): row for row in session.execute(open_now)}
        methods = {(row.agency_code, row.skill): row.method for row in session.scalars(select(Queue))}
    found: dict[str, list[Share]] = {}
    for code, skill in sorted({*counted, *methods}):
        row = counted.get((code, skill))
        method = methods.get((code, skill), methods.get((code, ""), Method.BY_HAND))
        share = Share(skill, method, row.waiting, row.held, row.late) if row else Share(skill, method, 0, 0, 0)
        found.setdefault(code, []).append(share)
    return found


def _members(codes: Sequence[str]) -> dict[str, list[Member]]:
    serving: dict[str, list[OfficerInfo]] = {code: [] for code in codes}
    for one in organisation.officers(roles=assigning.SERVING):
        code = "" if one.role == Role.HOTLINE_OPERATOR else one.agency_code
        if code in serving:
            serving[code].append(one)
    ids = [one.id for group in serving.values() for one in group]
    with reading() as session:
        away, held, skills = dossiers.back_on(session, ids), assigning.loads(session, ids), dossiers.skills_of(ids)
    return {
        code: [
            Member(one.name, one.role_title, skills.get(one.id, ()), away.get(one.id), held.get(one.id, 0))
            for one in group
        ]
        for code, group in serving.items()
    }


def _late() -> ColumnElement[bool]:
    now = clock.now()
    unanswered = and_(Case.answered_at.is_(None), Case.answer_due_at < now)
    return unanswered | and_(Case.answered_at.is_not(None), Case.solve_due_at < now)


def _queues(officer: OfficerInfo) -> list[QueueState]:
    query = (
        select(
            Case.agency_code,
            func.count().filter(Case.state == State.WAITING).label("waiting"),
            func.count().filter(Case.state == State.OPEN).label("held"),
            func.count().filter(Case.state == State.SNOOZED).label("snoozed"),
            func.count().filter(_late()).label("late"),
            func.min(Case.waits_since).label("oldest"),
        )
        .where(access.visible(officer), Case.closed_at.is_(None))
        .group_by(Case.agency_code)
        .order_by(Case.agency_code)
    )
    names = {agency.code: agency.name for agency in organisation.agencies_at(clock.today())}
    with reading() as session:
        rows = session.execute(query).all()
    return [
        QueueState(
            row.agency_code, names.get(row.agency_code, row.agency_code), row.waiting, row.held, row.snoozed, row.late,
            row.oldest,
        )
        for row in rows
    ]  # fmt: skip


def _loads(officer: OfficerInfo) -> list[Load]:
    query = (
        select(
            Case.assignee_id,
            func.count().label("held"),
            func.count().filter(Case.waits_since.is_not(None)).label("waiting"),
        )
        .where(access.visible(officer), Case.state.in_((State.WAITING, State.OPEN)), Case.assignee_id.is_not(None))
        .group_by(Case.assignee_id)
    )
    with reading() as session:
        rows = {row.assignee_id: row for row in session.execute(query)}
    code = "" if officer.role in access.EVERYWHERE else officer.agency_code
    names = organisation.officers_by_id(set(rows)) | {one.id: one.name for one in assigning.colleagues(code)}
    return [
        Load(name, rows[number].held if number in rows else 0, rows[number].waiting if number in rows else 0)
        for number, name in sorted(names.items(), key=lambda pair: pair[1])
    ]


def _speed(officer: OfficerInfo) -> Speed:
    lately = and_(access.visible(officer), Case.opened_at > clock.now() - LOOKS_BACK)
    with reading() as session:
        opened = session.scalar(select(func.count()).select_from(Case).where(lately)) or 0
        columns = select(Case.opened_at, Case.answered_at, Case.answer_due_at)
        answered = columns.where(lately, Case.answered_at.is_not(None)).order_by(Case.id.desc()).limit(MOST_SAMPLES)
        rows = session.execute(answered).all()
    hours = [calendar.working_hours_between(row.opened_at, row.answered_at) for row in rows]
    in_time = sum(row.answered_at <= row.answer_due_at for row in rows)
    return Speed(opened, len(rows), median(hours) if hours else None, in_time / len(rows) if rows else None)
