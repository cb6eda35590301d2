"""Pure rules of reports: kinds, states, and the one table of what may be done, by whom, with what.

The table is `TRANSITIONS`. A *party* is what somebody is to one report, worked out by `parties`; a role alone never
allows anything. Somebody whom a report is about is no party to it, whatever their role.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backend.notifications.events import Event
from backend.organisation.models import Role

REOPEN_WITHIN = timedelta(days=60)
"""After the answer was sent; longer than the follow-up question takes, so that a "no" to it can re-open."""
FOLLOW_UP_AFTER = timedelta(weeks=4)
REMIND_AFTER, FORGET_AFTER = timedelta(hours=1), timedelta(hours=24)
"""Of a draft that nobody confirmed: asked for once, then dropped."""
DRAFT_HEARD_FOR = timedelta(minutes=30)
"""How long after our question what is written may be its answer."""
SAME_WITHIN, NEAR_METRES = timedelta(days=14), 300.0
"""How new and how near another report has to be to be about the same."""
LADDER_DAYS = (0, 1, 2, 5)
"""Working days after the deadline at which specialist, head, agency leader, province leaders are told."""
LADDER = (Role.SPECIALIST, Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER)


class Kind(StrEnum):
    """What the law takes a report for."""

    REPORT = "report"  # phản ánh
    PROPOSAL = "proposal"  # kiến nghị
    FORMAL_COMPLAINT = "formal_complaint"  # khiếu nại: its own law, needs the person's name
    DENUNCIATION = "denunciation"  # tố cáo: its own law, the person is protected
    EMERGENCY = "emergency"
    FRAUD = "fraud"


WORKING_DAYS: Mapping[Kind, int] = {
    Kind.REPORT: 5,
    Kind.PROPOSAL: 10,
    Kind.FORMAL_COMPLAINT: 30,
    Kind.DENUNCIATION: 30,
    Kind.EMERGENCY: 1,
    Kind.FRAUD: 2,
}
"""From routing to the agency's answer."""


class Protection(StrEnum):
    """How much of the person officers may see without a reasoned reveal. NAMED people, too, are sealed by default."""

    NAMED = "named"
    ANONYMOUS = "anonymous"
    PROTECTED = "protected"


class Contact(StrEnum):
    """What somebody wants to hear of their report."""

    HERE = ""  # where it came from
    CALL = "call"
    NONE = "none"


class Question(StrEnum):
    """What a draft still lacks, in the order in which it is asked for, and what is asked once it is in."""

    WHAT = "what"
    WHERE = "where"
    NAME = "name"  # of a formal complaint
    SAME = "same"  # whether it is what others reported near by
    CONFIRM = "confirm"
    PUBLISH = "publish"  # with the receipt: whether everybody may read of it


class State(StrEnum):
    """Where a report stands. A draft is being told to the assistant; it has no code and no officer sees it."""

    DRAFT = "draft"
    RECEIVED = "received"
    SORTED = "sorted"
    ROUTED = "routed"
    ANSWERED = "answered"
    APPROVED = "approved"
    SENT = "sent"
    SETTLED = "settled"
    REOPENED = "reopened"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


AT_HOTLINE = frozenset({State.RECEIVED, State.SORTED, State.REOPENED})
AT_AGENCY = frozenset({State.ROUTED, State.ANSWERED})
CLOCK_RUNS = AT_AGENCY
OPEN = AT_HOTLINE | AT_AGENCY | {State.APPROVED}
TOLD = frozenset({State.SENT, State.SETTLED})
"""The citizen has the answer."""
PUBLIC_KINDS = frozenset({Kind.REPORT, Kind.PROPOSAL})
"""Others have a law of their own, or are over before anybody reads of them."""
ENDED = frozenset({State.SETTLED, State.MERGED, State.WITHDRAWN})


class Action(StrEnum):
    """Everything that is done to a report and leaves a row in its history."""

    FILE = "file"
    ADD = "add"
    SORT = "sort"
    NAME_SUBJECT = "name_subject"
    ROUTE = "route"
    FORWARD = "forward"
    ASSIGN = "assign"
    ANSWER = "answer"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    SEND = "send"
    OUT_OF_COMPETENCE = "out_of_competence"
    MERGE = "merge"
    WITHDRAW = "withdraw"
    SETTLE = "settle"
    REOPEN = "reopen"
    REVEAL = "reveal"
    CONSENT = "consent"
    REFUSE = "refuse"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"


class Party(StrEnum):
    """What somebody is to one report."""

    OPERATOR = "operator"  # of the hotline, or a leader of the province
    HEAD = "head"  # of the agency it was routed to
    ASSIGNEE = "assignee"
    LEADER = "leader"  # of the agency it was routed to
    CITIZEN = "citizen"
    SYSTEM = "system"


class Need(StrEnum):
    """What a transition cannot be made without."""

    KIND = "kind"
    REASON = "reason"
    AGENCY = "agency"  # that may have it: not what the report is about, nor below it
    OFFICER = "officer"  # of the agency, whom the report is not about
    TEXT = "text"
    INTO = "into"
    NAME = "name"  # a formal complaint goes nowhere without the person's name
    IN_TIME = "in_time"
    FIRST_TIME = "first_time"


@dataclass(frozen=True)
class Transition:
    """A row of the table. `target` None: the state stays. `tells`: the citizen; `tells_officers`: who acts next."""

    sources: frozenset[State]
    target: State | None
    by: frozenset[Party]
    needs: frozenset[Need] = frozenset()
    tells: bool = False
    tells_officers: Event | None = None


def _row(
    sources: Iterable[State],
    target: State | None,
    by: Iterable[Party],
    needs: Iterable[Need] = (),
    *,
    tells: bool = False,
    officers: Event | None = None,
) -> Transition:
    return Transition(frozenset(sources), target, frozenset(by), frozenset(needs), tells, officers)


_S, _P, _N = State, Party, Need

TRANSITIONS: Mapping[Action, Transition] = {
    Action.SORT: _row([_S.RECEIVED, _S.SORTED, _S.REOPENED], _S.SORTED, [_P.OPERATOR], [_N.KIND]),
    Action.NAME_SUBJECT: _row(OPEN, None, [_P.OPERATOR], [_N.REASON]),
    Action.ROUTE: _row(
        [_S.SORTED, _S.REOPENED], _S.ROUTED, [_P.OPERATOR], [_N.AGENCY, _N.NAME],
        tells=True, officers=Event.REPORT_ROUTED,
    ),
    Action.FORWARD: _row(
        [_S.ROUTED], _S.ROUTED, [_P.HEAD, _P.LEADER, _P.OPERATOR], [_N.REASON, _N.AGENCY],
        tells=True, officers=Event.REPORT_ROUTED,
    ),
    Action.ASSIGN: _row([_S.ROUTED], None, [_P.HEAD, _P.LEADER], [_N.OFFICER], officers=Event.REPORT_GIVEN),
    Action.ANSWER: _row(
        [_S.ROUTED], _S.ANSWERED, [_P.ASSIGNEE, _P.HEAD], [_N.TEXT], officers=Event.REPORT_TO_APPROVE
    ),
    Action.SEND_BACK: _row([_S.ANSWERED], _S.ROUTED, [_P.LEADER], [_N.REASON], officers=Event.REPORT_GIVEN),
    Action.APPROVE: _row([_S.ANSWERED], _S.APPROVED, [_P.LEADER], officers=Event.REPORT_TO_SEND),
    Action.SEND: _row([_S.APPROVED], _S.SENT, [_P.OPERATOR], tells=True),
    Action.OUT_OF_COMPETENCE: _row(AT_HOTLINE, _S.SENT, [_P.OPERATOR], [_N.TEXT], tells=True),
    Action.MERGE: _row(AT_HOTLINE, _S.MERGED, [_P.OPERATOR], [_N.INTO], tells=True),
    Action.WITHDRAW: _row(OPEN, _S.WITHDRAWN, [_P.CITIZEN]),
    Action.SETTLE: _row([_S.SENT], _S.SETTLED, [_P.CITIZEN]),
    Action.REOPEN: _row(
        TOLD, _S.REOPENED, [_P.CITIZEN], [_N.REASON, _N.FIRST_TIME, _N.IN_TIME], officers=Event.REPORT_REOPENED
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """What `parties` needs to know of an officer."""

    officer_id: int
    role: Role
    agency_code: str


@dataclass(frozen=True)
class Subject:
    """Whom a report is about: a unit, or an officer of it."""

    agency_code: str
    officer_id: int | None = None


def is_about(officer: Desk, subjects: Iterable[Subject]) -> bool:
    """Whether the officer is whom a report is about, or of the unit it is about.

    The province's leaders stand above every unit: only what is about themselves is kept from them.
    """
    for subject in subjects:
        if subject.officer_id == officer.officer_id:
            return True
        if subject.agency_code == officer.agency_code and officer.role != Role.PROVINCE_LEADER:
            return True
    return False


def parties(
    officer: Desk, *, agency_code: str, assignee_id: int | None, subjects: Iterable[Subject]
) -> frozenset[Party]:
    """What an officer is to a report that `agency_code` ("" while with the hotline) has to answer."""
    if is_about(officer, subjects):
        return frozenset()
    found = set()
    if officer.role in (Role.HOTLINE_OPERATOR, Role.PROVINCE_LEADER):
        found.add(Party.OPERATOR)
    if agency_code and officer.agency_code == agency_code:
        found |= {Party.HEAD} if officer.role == Role.HEAD else set()
        found |= {Party.LEADER} if officer.role == Role.LEADER else set()
        found |= {Party.ASSIGNEE} if officer.officer_id == assignee_id else set()
    return frozenset(found)


def actions_for(state: State, who: frozenset[Party]) -> list[Action]:
    """What these parties may do in a state, in the table's order; what each needs is not looked at."""
    return [action for action, row in TRANSITIONS.items() if state in row.sources and who & row.by]


def is_late(state: State, due_at: datetime | None, now: datetime) -> bool:
    """Late is computed, never stored."""
    return due_at is not None and state in CLOCK_RUNS and now > due_at
