"""Zalo's error codes, by what has to happen next. Errors come as HTTP 200 with `error` other than 0."""

from datetime import datetime, timedelta
from enum import Enum, auto

from backend import clock


class Kind(Enum):
    """What an error means for the message, and for everything else."""

    REFRESH = auto()  # the access token ended before its time: exchange it once, send once more
    BACK_OFF = auto()  # too fast, or something that passes by itself
    RESCHEDULE = auto()  # at another hour or on another day
    HUMAN = auto()  # money, package, permissions: nothing goes out until somebody has seen to it
    TEMPLATE = auto()  # this template or its blanks: somebody has to see to it, other messages go out
    PERMANENT = auto()  # never to this person, or never this content
    UNKNOWN = auto()


CODES: dict[Kind, frozenset[int]] = {
    Kind.REFRESH: frozenset({-124, -216, -220}),
    Kind.BACK_OFF: frozenset({-32, -100, -200, -210}),
    Kind.RESCHEDULE: frozenset({-133, -144, -147, -234}),
    Kind.HUMAN: frozenset(
        {-101, -102, -103, -104, -105, -115, -135, -137, -204, -205, -209, -211, -212, -219, -221, -223, -224, -240}
        | {-242, -320, -321}
    ),
    Kind.TEMPLATE: frozenset({-109, -111, -1121, -1122, -117, -131, -146, -249}),
    Kind.PERMANENT: frozenset(
        {-108, -114, -118, -119, -139, -140, -141, -201, -213, -217, -218, -227, -230, -232, -233, -244, -248}
    ),
}
"""channels.md, 1.7 and 1.8."""
NO_LONGER_OPEN = frozenset({-230, -232})
"""Too long since the citizen was last heard of."""
_KINDS = {code: kind for kind, codes in CODES.items() for code in codes}

BACK_OFF_SECONDS = 15.0
HUMAN_SECONDS = 600.0
_MORNING = 6
"""Hour (Vietnam) from which templates may be told again."""


def kind(code: int) -> Kind:
    """What there is to do about this code."""
    return _KINDS.get(code, Kind.UNKNOWN)


def seconds_until_allowed(code: int, now: datetime) -> float:
    """How long a `RESCHEDULE` code asks us to wait: until morning, or for a daily limit until the next day."""
    there = clock.local(now)
    morning = there.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    if code in (-133, -234):
        following = morning if morning > there else morning + timedelta(days=1)
    else:
        following = there.replace(hour=0, minute=5, second=0, microsecond=0) + timedelta(days=1)
    return (following - there).total_seconds()
