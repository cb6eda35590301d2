"""Sums of ratings: releasing them, and what officers, heads and leaders see. Why they are made so: `policy`."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from hashlib import sha256
from itertools import groupby

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from backend import clock
from backend.database import reading, transaction
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.ratings import policy
from backend.ratings.models import OfficerRatingSum, Rating, RatingSum
from backend.ratings.policy import Figures, Group, One

COMMENTS = 100
SHORTEST_COMMENT = 8
_COLUMNS = ("ones", "twos", "threes", "fours", "fives")


# --- releasing -------------------------------------------------------------------------------------------------


def release() -> int:
    """Turn what is complete and can no longer be corrected into sums; how many groups are new."""
    with transaction() as session:
        return _release_months(session) + _release_officers(session)


def _settled_before() -> datetime:
    return clock.now() - policy.CORRECTABLE


def _release_months(session: Session) -> int:
    query = select(Rating).where(Rating.sum_id.is_(None), Rating.created_at < _first_open_moment())
    pending = session.scalars(query.order_by(Rating.agency_code, Rating.id).with_for_update(skip_locked=True)).all()
    made = 0
    for _, of_agency in groupby(pending, key=lambda rating: rating.agency_code):
        rows = {rating.id: rating for rating in of_agency}
        groups = policy.divided([One(r.id, _month(r.created_at), r.procedure_code) for r in rows.values()])
        for group in groups:
            _release_group(session, group, [rows[one] for one in group.ids])
        made += len(groups)
    return made


def _first_open_moment() -> datetime:
    """The begin of the month that is not over yet, or whose last day can still be corrected."""
    first = clock.local(_settled_before()).date().replace(day=1)
    return datetime.combine(first, time(), clock.VIETNAM)


def _month(moment: datetime) -> date:
    return clock.local(moment).date().replace(day=1)


def _release_group(session: Session, group: Group, ratings: Sequence[Rating]) -> None:
    assert len(ratings) >= policy.MINIMUM
    row = RatingSum(
        agency_code=ratings[0].agency_code,
        agency_name=ratings[-1].agency_name,
        procedure_code=group.procedure,
        procedure_name=ratings[-1].procedure_name if group.procedure else "",
        first_month=group.first_month,
        last_month=group.last_month,
        reasons=sorted(reason for rating in ratings for reason in rating.reasons),
        released_at=clock.now(),
        **_counted(rating.score for rating in ratings),
    )
    session.add(row)
    session.flush()
    session.execute(update(Rating).where(Rating.id.in_(group.ids)).values(sum_id=row.id))


def _counted(scores: Iterable[int]) -> dict[str, int]:
    counter = Counter(scores)
    return {column: counter[score] for score, column in zip(policy.SCORES, _COLUMNS, strict=True)}


def _release_officers(session: Session) -> int:
    query = select(Rating.id, Rating.officer_id, Rating.officer_score).where(
        Rating.officer_sum_id.is_(None),
        Rating.officer_id.is_not(None),
        Rating.officer_score.is_not(None),
        Rating.created_at < _settled_before(),
    )
    query = query.order_by(Rating.officer_id, Rating.id).with_for_update(skip_locked=True)
    pending = session.execute(query).all()
    made = 0
    for officer_id, of_officer in groupby(pending, key=lambda row: row.officer_id):
        scores = {row.id: row.officer_score for row in of_officer}
        for five in policy.in_fives(list(scores)):
            counts = _counted(scores[one] for one in five)
            row = OfficerRatingSum(officer_id=officer_id, released_at=clock.now(), **counts)
            session.add(row)
            session.flush()
            session.execute(update(Rating).where(Rating.id.in_(five)).values(officer_sum_id=row.id))
            made += 1
    return made


# --- what is shown ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see; empty is all of it. `year` and `month` are those in which a group ends."""

    agency_code: str = ""
    procedure_code: str = ""
    year: int = 0
    month: int = 0


@dataclass(frozen=True)
class Line:
    """A row of a table."""

    key: str
    title: str
    figures: Figures


@dataclass(frozen=True)
class Overview:
    """The page of leaders. `pending`: ratings that are in no sum yet."""

    total: Figures
    agencies: list[Line]
    procedures: list[Line]
    months: list[Line]
    reasons: list[tuple[str, int]]
    pending: int
    agency_choices: list[tuple[str, str]]
    procedure_choices: list[tuple[str, str]]
    years: list[int]
    officers: list[Line] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


EVERYWHERE = frozenset({Role.PROVINCE_LEADER, Role.ADMINISTRATOR})


def overview(viewer: OfficerInfo, wanted: Wanted) -> Overview:
    """The figures of the viewer's agency, or of all for those of the province, with what the filters leave."""
    with reading() as session:
        mine = session.scalars(select(RatingSum).where(*_of(viewer, RatingSum)).order_by(RatingSum.last_month)).all()
        rows = [row for row in mine if _fits(row, wanted)]
        pending = session.scalar(
            select(func.count()).select_from(Rating).where(Rating.sum_id.is_(None), *_of(viewer, Rating))
        )
    reasons = Counter(reason for row in rows for reason in row.reasons)
    titles = policy.reason_titles()
    return Overview(
        total=sum((_figures(row) for row in rows), Figures()),
        agencies=_lines(rows, lambda row: (row.agency_code, row.agency_name)),
        procedures=_lines(rows, lambda row: (row.procedure_code, row.procedure_name)),
        months=sorted(_lines(rows, _period), key=lambda line: line.key),
        reasons=[(titles.get(key, key), n) for key, n in reasons.most_common()],
        pending=pending or 0,
        agency_choices=sorted({(row.agency_code, row.agency_name) for row in mine}),
        procedure_choices=sorted({(row.procedure_code, row.procedure_name) for row in mine if row.procedure_code}),
        years=sorted({row.last_month.year for row in mine}, reverse=True),
        officers=_officers(viewer),
        comments=_comments(viewer),
    )


def _of(viewer: OfficerInfo, table: type[Rating] | type[RatingSum]) -> list[ColumnElement[bool]]:
    return [] if viewer.role in EVERYWHERE else [table.agency_code == viewer.agency_code]


def _fits(row: RatingSum, wanted: Wanted) -> bool:
    return (
        wanted.agency_code in ("", row.agency_code)
        and wanted.procedure_code in ("", row.procedure_code)
        and wanted.year in (0, row.last_month.year)
        and wanted.month in (0, row.last_month.month)
    )


def _figures(row: RatingSum | OfficerRatingSum) -> Figures:
    return Figures(row.counts)


def _period(row: RatingSum) -> tuple[str, str]:
    last = f"{row.last_month:%m/%Y}"
    title = last if row.first_month == row.last_month else f"{row.first_month:%m/%Y} – {last}"
    return f"{row.last_month:%Y-%m} {row.first_month:%Y-%m}", title


def _lines(rows: Sequence[RatingSum], key_of: Callable[[RatingSum], tuple[str, str]]) -> list[Line]:
    found = defaultdict[tuple[str, str], Figures](Figures)
    for row in rows:
        found[key_of(row)] += _figures(row)
    lines = [Line(key, title, figures) for (key, title), figures in found.items()]
    return sorted(lines, key=lambda line: (-line.figures.total, line.title))


def mine(officer_id: int) -> tuple[Figures, list[Figures]]:
    """What an officer sees of themselves: everything released, and each group of five, the newest first."""
    with reading() as session:
        query = select(OfficerRatingSum).where(OfficerRatingSum.officer_id == officer_id)
        fives = [_figures(row) for row in session.scalars(query.order_by(OfficerRatingSum.id.desc()))]
    return sum(fives, Figures()), fives


def _officers(viewer: OfficerInfo) -> list[Line]:
    """Of the viewer's own people; for those of the province an officer is the agency's business."""
    if viewer.role not in (Role.HEAD, Role.LEADER):
        return []
    people = {
        one.id: one.name
        for one in organisation.officers(agency_id=viewer.agency_id)
        if viewer.role == Role.LEADER or viewer.department_id in (None, one.department_id)
    }
    found = defaultdict[int, Figures](Figures)
    with reading() as session:
        query = select(OfficerRatingSum).where(OfficerRatingSum.officer_id.in_(people))
        for row in session.scalars(query):
            found[row.officer_id] += _figures(row)
    lines = [Line(str(one), people[one], figures) for one, figures in found.items()]
    return sorted(lines, key=lambda line: line.title)


def _comments(viewer: OfficerInfo) -> list[str]:
    """Words of released ratings in no telling order, without those about what the viewer handled."""
    if viewer.role not in (Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER):
        return []
    with reading() as session:
        query = select(Rating.words).where(
            Rating.sum_id.is_not(None),
            func.length(Rating.words) >= SHORTEST_COMMENT,
            Rating.officer_id.is_distinct_from(viewer.id),
            *_of(viewer, Rating),
        )
        words = session.scalars(query.order_by(Rating.sum_id.desc()).limit(COMMENTS)).all()
    return sorted(words, key=lambda one: sha256(one.encode()).digest())
