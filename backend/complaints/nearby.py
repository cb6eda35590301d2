"""Whether a report is likely about what somebody has reported already: same category, near in place or words, new."""

import math
import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock
from backend.complaints import policy
from backend.complaints.models import Complaint, ComplaintSubject
from backend.complaints.policy import Kind, Protection
from backend.text import fold

MOST = 3
_LOOKED_AT = 300
_METRES_PER_DEGREE = 111_320.0
_LIKE_ENOUGH = 0.6
_SAYS_NO_PLACE = frozenset(
    [
        "o",
        "tai",
        "truoc",
        "gan",
        "ngay",
        "doan",
        "tren",
        "trong",
        "sau",
        "giua",
        "dau",
        "cuoi",
        "canh",
        "ben",
        "doi",
        "dien",
        "duong",
        "pho",
        "phuong",
        "xa",
        "thi",
        "tran",
        "so",
        "nha",
        "cua",
        "cho",
        "khu",
        "tinh",
        "thanh",
        "huyen",
    ]
)


def alike(session: Session, report: Complaint) -> Sequence[Complaint]:
    """Open reports that this one may repeat, the likeliest first; none of whom the law or the sender keeps hidden."""
    if not report.category or report.kind not in (Kind.REPORT, Kind.PROPOSAL) or report.subjects:
        return []
    query = select(Complaint).where(
        Complaint.state.in_(policy.OPEN),
        Complaint.category == report.category,
        Complaint.kind.in_((Kind.REPORT, Kind.PROPOSAL)),
        Complaint.protection != Protection.PROTECTED,
        Complaint.created_at > clock.now() - policy.SAME_WITHIN,
        Complaint.id != report.id,
        ~Complaint.id.in_(select(ComplaintSubject.complaint_id)),
    )
    if report.conversation_id is not None:
        query = query.where(Complaint.conversation_id.is_distinct_from(report.conversation_id))
    rows = session.scalars(query.order_by(Complaint.id.desc()).limit(_LOOKED_AT))
    scored = [(score, row) for row in rows if (score := _likeness(report, row)) >= _LIKE_ENOUGH]
    return [row for _, row in sorted(scored, key=lambda pair: -pair[0])[:MOST]]


def metres(first: Complaint, second: Complaint) -> float | None:
    """Between two reports with a place on the map; None where one has none."""
    if first.latitude is None or first.longitude is None or second.latitude is None or second.longitude is None:
        return None
    east = (first.longitude - second.longitude) * math.cos(math.radians(first.latitude))
    return math.hypot(first.latitude - second.latitude, east) * _METRES_PER_DEGREE


def _likeness(first: Complaint, second: Complaint) -> float:
    """From 0 to 1. Two places on the map decide alone; else the words of the places do."""
    apart = metres(first, second)
    if apart is not None:
        return 1 - apart / policy.NEAR_METRES * (1 - _LIKE_ENOUGH)
    one, other = _words(first), _words(second)
    if min(len(one), len(other)) < 2:
        return 0.0
    return len(one & other) / min(len(one), len(other))


def _words(report: Complaint) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", fold(report.place))) - _SAYS_NO_PLACE
