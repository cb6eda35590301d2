"""Lists of cases: tabs with their counts, filters, search without accents, views that an officer keeps."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, and_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import reading, transaction
from backend.errors import InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.inbox import access, policy
from backend.inbox.models import Case, SavedView, State
from backend.inbox.policy import Timer
from backend.messaging import service as messaging
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.screening import without_sender

T = TypeVar("T")
PAGE = 50
MOST_VIEWS = 20
TABS: Mapping[str, str] = {
    "waiting": N_("Chờ nhận"),
    "mine": N_("Của tôi"),
    "all": N_("Đang mở"),
    "snoozed": N_("Tạm gác"),
    "closed": N_("Đã đóng"),
}
_NUMBER = re.compile(r"\+?\d{4,}")
_NAMES = ("tab", "q", "channel", "reason", "label", "agency", "late", "priority")


@dataclass(frozen=True)
class Filters:
    """What is shown. Unknown values show nothing rather than everything."""

    tab: str = "waiting"
    q: str = ""
    channel: str = ""
    reason: str = ""
    label: str = ""
    agency: str = ""
    late: str = ""
    priority: str = ""
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Filters":
        """From an address; what cannot be read is left out."""
        kept = {name: " ".join(given.get(name, "").split())[:100] for name in _NAMES if given.get(name)}
        if kept.get("tab") not in TABS:
            kept.pop("tab", None)
        number = given.get("page", "")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1
        return cls(**kept, page=max(page, 1))

    def address(self, **change: str) -> str:
        """As a query string, with something changed; the first page."""
        values = {name: getattr(self, name) for name in _NAMES} | change
        return urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True)
class Line:
    """A case in a list."""

    id: int
    state: str
    reason: str
    summary: str
    channel: str
    address: str
    assignee_id: int | None
    assignee: str
    agency_code: str
    skill: str
    priority: int
    labels: tuple[str, ...]
    opened_at: datetime
    waits_since: datetime | None
    closed_at: datetime | None
    snoozed_until: datetime | None
    call_back: bool
    timer: Timer
    """The first answer's while there is none, then the one of the whole case."""


@dataclass(frozen=True)
class Listed:
    """A page of the list. `more`: there is another one."""

    lines: Sequence[Line]
    counts: Mapping[str, int]
    more: bool
    labels: Sequence[str] = field(default=())


def listed(officer: OfficerInfo, filters: Filters) -> Listed:
    """The cases of a tab, most urgent first; of the closed ones the last first."""
    with reading() as session:
        query = select(Case).where(access.visible(officer), _tab(filters.tab, officer), *_conditions(session, filters))
        rows = session.scalars(_ordered(query, filters).offset((filters.page - 1) * PAGE).limit(PAGE + 1)).all()
        lines = lines_of(rows[:PAGE])
        labels = sorted({label for line in lines for label in line.labels})
        return Listed(lines, counts(session, officer), len(rows) > PAGE, labels)


def note_search(officer: OfficerInfo, found: Listed) -> None:
    """Whom somebody has searched out, in the audit log."""
    cases = [line.id for line in found.lines]
    with transaction() as session:
        audit.record(session, Audit.CASE_SEARCHED, actor=officer.actor, subject="inbox", cases=cases)


def _tab(tab: str, officer: OfficerInfo) -> ColumnElement[bool]:
    match tab:
        case "mine":
            return and_(Case.assignee_id == officer.id, Case.state.in_((State.WAITING, State.OPEN)))
        case "snoozed":
            return Case.state == State.SNOOZED
        case "closed":
            return Case.state == State.CLOSED
        case "all":
            return Case.state.in_((State.WAITING, State.OPEN))
        case _:
            return and_(Case.state == State.WAITING, Case.assignee_id.is_(None))


def _conditions(session: Session, filters: Filters) -> list[ColumnElement[bool]]:
    wanted = policy.wanted_words(filters.q) + ([policy.label_term(filters.label)] if filters.label else [])
    found = _finds(wanted, sqlite=session.get_bind().dialect.name == "sqlite") if wanted else []
    if any(_NUMBER.fullmatch(word) for word in wanted):
        found.append(~access.is_sealed())  # nobody tries a number on them
    if filters.channel:
        found.append(Case.channel == filters.channel)
    if filters.reason:
        found.append(Case.reason == filters.reason)
    if filters.agency:
        found.append(Case.agency_code == ("" if filters.agency == "-" else filters.agency))
    if filters.priority in ("1", "2"):
        found.append(Case.priority >= int(filters.priority))
    if filters.late:
        now = clock.now()
        unanswered = and_(Case.answered_at.is_(None), Case.answer_due_at < now)
        found.append(unanswered | and_(Case.answered_at.is_not(None), Case.solve_due_at < now))
    return found


def _finds(words: Sequence[str], *, sqlite: bool) -> list[ColumnElement[bool]]:
    """All of these, each at the beginning of a word. They are letters, digits, # + and @, so quoting is enough."""
    if sqlite:
        return [Case.search_text.contains(f" {word}", autoescape=True) for word in words]
    query = " & ".join(f"'{word}':*" for word in words)
    matches = Case.search_text.bool_op("@@")(cast(literal(query), TSQUERY))
    if not any(word.startswith("+") for word in words):
        return [matches]
    # Of a number there are few. Materialised, or the planner walks all cases by date in the hope of meeting many.
    hits = select(Case.id.label("id")).where(matches).cte("hits").prefix_with("MATERIALIZED")
    return [Case.id.in_(select(hits.c.id))]


def _ordered(query: Select[T], filters: Filters) -> Select[T]:
    if filters.tab == "closed":
        return query.order_by(Case.closed_at.desc(), Case.id.desc())
    if filters.tab == "snoozed":
        return query.order_by(Case.snoozed_until, Case.id)
    return query.order_by(Case.priority.desc(), Case.opened_at, Case.id)


def counts(session: Session, officer: OfficerInfo) -> dict[str, int]:
    """How many each tab has; closed ones are not counted, there are ever more."""
    columns = [func.count().filter(_tab(tab, officer)).label(tab) for tab in TABS if tab != "closed"]
    row = session.execute(select(*columns).select_from(Case).where(access.visible(officer), Case.closed_at.is_(None)))
    return dict(row.mappings().one())


def lines_of(rows: Sequence[Case]) -> list[Line]:
    """Cases as lists show them."""
    views = messaging.views({row.conversation_id for row in rows})
    with reading() as session:
        sealed = access.sealed(session, {row.id for row in rows})
    names = organisation.officers_by_id({row.assignee_id for row in rows if row.assignee_id})
    return [
        Line(
            id=row.id,
            state=row.state,
            reason=row.reason,
            summary=without_sender(row.summary) if row.id in sealed else row.summary,
            channel=row.channel,
            address=_tail(views[row.conversation_id].address) if row.channel == "sms" and row.id not in sealed else "",
            assignee_id=row.assignee_id,
            assignee=names.get(row.assignee_id or 0, ""),
            agency_code=row.agency_code,
            skill=row.skill,
            priority=row.priority,
            labels=tuple(row.labels),
            opened_at=row.opened_at,
            waits_since=row.waits_since,
            closed_at=row.closed_at,
            snoozed_until=row.snoozed_until,
            call_back=bool(row.call_back),
            timer=running(row),
        )
        for row in rows
    ]


def _tail(number: str) -> str:
    """Enough of a number to tell two apart; the whole is on the case's page, where every look is audited."""
    return f"…{number[-3:]}"


def running(row: Case) -> Timer:
    """The timer that matters now."""
    if row.answered_at is None and row.closed_at is None:
        return policy.timer(row.answer_due_at, None)
    return policy.timer(row.solve_due_at, row.closed_at)


def neighbours(officer: OfficerInfo, case_id: int, filters: Filters) -> tuple[int | None, int | None]:
    """The cases before and after one in its list, for j and k."""
    with reading() as session:
        where = (access.visible(officer), _tab(filters.tab, officer), *_conditions(session, filters))
        ordered = _ordered(select(Case.id).where(*where), filters)
        ids = list(session.scalars(ordered.limit(4 * PAGE)))
    if case_id not in ids:
        return None, (ids[0] if ids else None)
    place = ids.index(case_id)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)


# --- views -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """A filter under a name."""

    id: int
    name: str
    query: str


def views_of(officer: OfficerInfo) -> list[View]:
    """What this officer has kept, by name."""
    with reading() as session:
        rows = session.scalars(select(SavedView).where(SavedView.officer_id == officer.id).order_by(SavedView.name))
        return [View(row.id, row.name, row.query) for row in rows]


def keep_view(officer: OfficerInfo, name: str, filters: Filters) -> None:
    """Keep a filter; the same name replaces. Raises InvalidInput for no name, and when there are too many."""
    name = " ".join(name.split())[:60]
    if not name:
        raise InvalidInput(gettext("Anh/chị đặt tên cho bộ lọc."))
    with transaction() as session:
        mine = select(SavedView).where(SavedView.officer_id == officer.id)
        row = session.scalars(mine.where(SavedView.name == name)).one_or_none()
        if row is None:
            if (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST_VIEWS:
                raise InvalidInput(gettext("Anh/chị đã giữ %(n)s bộ lọc. Xóa bớt rồi thêm.", n=MOST_VIEWS))
            row = SavedView(officer_id=officer.id, name=name)
            session.add(row)
        row.query = filters.address()[:400]


def drop_view(officer: OfficerInfo, view_id: int) -> None:
    """Raises NotFound."""
    with transaction() as session:
        row = session.get(SavedView, view_id)
        if row is None or row.officer_id != officer.id:
            raise NotFound(gettext("Không có bộ lọc này."))
        session.delete(row)
